// What the program opens with: lessons by chapter, scenes, and the ways in.
#pragma once

#include "app/window/lane.h"
#include "app/window/ui.h"

#include <memory>

namespace dg::app {

class Shell;

class StartPage {
  public:
    StartPage();

    /// Reads the lessons' titles beside the frame thread.
    void load(Shell& shell);
    [[nodiscard]] bool busy() const;
    void wait() const;
    void poll();
    void draw(Shell& shell, Ui& u, Rect area);

  private:
    void draw_welcome(Shell& shell, Ui& u, Rect area);
    float draw_chapter(Shell& shell, Ui& u, Rect area, int chapter, bool draw);
    float draw_scenes(Shell& shell, Ui& u, Rect area, bool draw);

    std::unique_ptr<Lane> lane_;
    float content_ = 0;
};

}  // namespace dg::app
