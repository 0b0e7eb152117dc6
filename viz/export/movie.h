// A scene in motion, without a window: its clock played from the first stage to the last, as PNG frames, GIF or MP4.
#pragma once

#include "viz/export/figure.h"

#include <filesystem>
#include <utility>
#include <vector>

namespace dg::viz {

struct MovieOptions {
    double fps = 25;   // 1..60; a GIF rounds to whole centiseconds
    double speed = 1;  // 1/4..4
    double hold = 1;   // seconds that the finished picture stays (GIF, MP4)
};

/// Moments (stage, u) of all frames: from (0, 0) to the last stage's end, both included.
std::vector<std::pair<int, double>> movie_moments(const Scene& scene, const MovieOptions& options);

/// Writes by the name: "x.gif", "x.mp4" (needs ffmpeg), else a folder of frame-0001.png ... with their recipes inside.
/// Whole or not at all; an existing folder must be empty. Error codes: usage_movie, param_fps, animate_exists,
/// ffmpeg_missing, ffmpeg_failed, file_write, cancelled, those of render_image.
Result<void> export_movie(const Figure& figure, const MovieOptions& options, const std::filesystem::path& target,
                          const Progress& progress);

}  // namespace dg::viz
