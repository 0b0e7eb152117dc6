// The export dialog: format, size, resolution, theme, language and file of the picture on the stage, or of its whole
// animation (GIF, MP4, a folder of frames); written beside the frame thread.
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

    /// What can be written, as file endings; "frames" is a folder of pictures.
    static std::vector<std::string> formats();

  private:
    void start(Shell& shell);
    void set_format(int format);
    [[nodiscard]] bool moves() const;
    [[nodiscard]] std::string summary(const Shell& shell) const;
    void draw_choices(Shell& shell, Ui& u, Rect area, float& y);
    void draw_foot(Shell& shell, Ui& u, Rect area, float y, bool entered);
    [[nodiscard]] std::string trouble(const Shell& shell) const;

    int format_ = 0, size_ = 1, theme_ = 0, sharpness_ = 0, lang_ = 0;
    bool ffmpeg_ = false;  // looked for when the dialog opens
    std::string path_, scene_;  // the scene the file was named for
    std::optional<Result<void>> ended_;
    std::string ended_file_;
    Lane lane_;
};

}  // namespace dg::app
