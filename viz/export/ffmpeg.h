// Frames through a pipe into ffmpeg, when the machine has it.
#pragma once

#include "engine/base/result.h"
#include "viz/canvas/image.h"

#include <sys/types.h>

#include <filesystem>

namespace dg::viz {

/// Is there an executable ffmpeg on PATH?
bool has_ffmpeg();

class Ffmpeg {
  public:
    /// Starts ffmpeg (from PATH) writing `file`. Error code: ffmpeg_missing.
    static Result<Ffmpeg> start(const std::filesystem::path& file, int width, int height, double fps);
    /// Ends an encoder that was not finished.
    ~Ffmpeg();
    Ffmpeg(Ffmpeg&& other) noexcept;
    Ffmpeg& operator=(Ffmpeg&&) = delete;

    /// Error code: ffmpeg_failed.
    Result<void> write(const Image& frame);
    /// Closes the pipe and waits. Error code: ffmpeg_failed.
    Result<void> finish();

  private:
    Ffmpeg(pid_t process, int pipe) : process_(process), pipe_(pipe) {}

    /// Exit status of the process; -1 when it did not exit by itself.
    int wait();

    pid_t process_ = -1;
    int pipe_ = -1;
};

}  // namespace dg::viz
