// The export dialog: format, size, theme and file of the picture on the stage; written beside the frame thread.
#pragma once

#include "app/window/lane.h"
#include "app/window/ui.h"

#include <optional>
#include <string>

namespace dg::app {

class Shell;

class ExportPanel {
  public:
    explicit ExportPanel(std::function<void()> wake) : lane_(std::move(wake)) {}

    void open(Shell& shell);
    void draw(Shell& shell, Ui& u, Rect page);
    /// Says how the last export ended.
    void report(Shell& shell);

    [[nodiscard]] Lane& lane() { return lane_; }

    [[nodiscard]] const Lane& lane() const { return lane_; }

    /// File endings that can be written.
    static std::vector<std::string> formats();

  private:
    void start(Shell& shell);
    void set_format(int format);

    int format_ = 0, size_ = 1, theme_ = 0;
    std::string path_;
    std::optional<Result<void>> ended_;
    std::string ended_file_;
    Lane lane_;
};

}  // namespace dg::app
