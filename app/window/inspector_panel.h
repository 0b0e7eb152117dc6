// The inspector at the right: why the clicked cell has its value, operand by operand, down to weights and token ids.
#pragma once

#include "app/window/ui.h"
#include "viz/inspector/inspector.h"

#include <optional>

namespace dg::app {

class Shell;

class InspectorPanel {
  public:
    /// Explains a cell of the scene's trace; what fails is said by the shell.
    void open(Shell& shell, const viz::CellRef& cell);
    /// The picture changed: the same cells are explained anew; closes when the first is gone.
    void refresh(Shell& shell);
    void close(Shell& shell);
    void back(Shell& shell);

    [[nodiscard]] bool is_open() const { return trail_.is_open(); }

    [[nodiscard]] const viz::Inspector& trail() const { return trail_; }

    /// 0 hidden .. 1 in place.
    [[nodiscard]] float slide() const;
    [[nodiscard]] bool moving() const { return at_ != (is_open() ? 1.0F : 0.0F); }

    /// Keeps the present cell beside every other one that is opened; again: lets it go.
    void pin(Shell& shell);

    [[nodiscard]] const std::optional<viz::InspectorPage>& pinned() const { return pinned_; }

    [[nodiscard]] const std::optional<viz::Deeper>& deeper() const { return deeper_; }

    void advance(double dt, bool at_once);
    void draw(Shell& shell, Ui& u, Rect area);

  private:
    float draw_head(Shell& shell, Ui& u, Rect area, float y);
    float draw_formula(Ui& u, Rect area, float y);
    float draw_pinned(Shell& shell, Ui& u, Rect area, float y);
    float draw_source(Shell& shell, Ui& u, Rect area, float y);
    float draw_deeper(Shell& shell, Ui& u, Rect area, float y);
    void draw_title(Shell& shell, Ui& u, Rect inner);
    void push(Shell& shell, const viz::CellRef& cell);
    float draw_operands(Shell& shell, Ui& u, Rect area, float y);
    float draw_recheck(Ui& u, Rect area, float y);
    float draw_copy(Shell& shell, Ui& u, Rect area, float y);
    void sync(Shell& shell);

    viz::Inspector trail_;
    std::optional<viz::InspectorPage> pinned_;
    std::optional<viz::Deeper> deeper_;  // of the page on top
    viz::Lang lang_ = viz::Lang::kZh;
    float at_ = 0;
    float content_ = 0;  // height of the last frame's content
};

}  // namespace dg::app
