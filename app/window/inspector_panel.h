// The inspector at the right: why the clicked cell has its value, operand by operand, down to weights and token ids.
#pragma once

#include "app/window/ui.h"
#include "viz/inspector/inspector.h"

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

    void advance(double dt, bool at_once);
    void draw(Shell& shell, Ui& u, Rect area);

  private:
    float draw_head(Shell& shell, Ui& u, Rect area, float y);
    float draw_formula(Ui& u, Rect area, float y);
    float draw_operands(Shell& shell, Ui& u, Rect area, float y);
    float draw_recheck(Ui& u, Rect area, float y);
    void draw_copy(Shell& shell, Ui& u, Rect area, float y);
    void sync(Shell& shell);

    viz::Inspector trail_;
    viz::Lang lang_ = viz::Lang::kZh;
    float at_ = 0;
    float content_ = 0;  // height of the last frame's content
};

}  // namespace dg::app
