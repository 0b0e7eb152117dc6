// What the program opens with: the running model, the course round it, scenes, and the ways in.
#pragma once

#include "app/window/course_map.h"
#include "app/window/living_model.h"
#include "app/window/recent.h"
#include "app/window/ui.h"

#include <memory>
#include <optional>

namespace dg::app {

class Shell;

class StartPage {
  public:
    StartPage();

    /// Reads the lessons' titles and recent work beside the frame thread.
    void load(Shell& shell);
    [[nodiscard]] bool busy() const;
    void wait() const;
    void poll();
    /// Time for the model in the case; it stands still while the pointer is over it and under reduced motion.
    void advance(Shell& shell, double dt);
    /// Seconds until a frame is needed; negative: none.
    [[nodiscard]] double next_frame(const Shell& shell) const;
    void draw(Shell& shell, Ui& u, Rect area);

    /// The lab's picture goes to the recent ones.
    void remember_lab(Shell& shell);

    [[nodiscard]] const LivingModel* living() const { return living_.get(); }

    [[nodiscard]] const std::vector<RecentWork>& recent() const { return recent_; }

  private:
    void draw_welcome(Shell& shell, Ui& u, Rect area);
    float draw_recent(Shell& shell, Ui& u, Vec2 at, float width, float limit);
    float draw_map(Shell& shell, Ui& u, Rect area, float height);
    float draw_list(Shell& shell, Ui& u, Rect area);
    float draw_scenes(Shell& shell, Ui& u, Rect area);
    [[nodiscard]] CourseMap course(const Shell& shell) const;
    void open_part(Shell& shell, CasePart part);
    [[nodiscard]] bool still(const Shell& shell) const;

    std::unique_ptr<Lane> lane_;
    std::unique_ptr<LivingModel> living_;
    std::vector<RecentWork> recent_;
    CasePart lit_ = CasePart::kNone;  // by the lesson pointed at in the last frame
    bool over_case_ = false;
    float content_ = 0;
};

}  // namespace dg::app
