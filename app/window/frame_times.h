// How long frames take, for `--measure`: building the triangles in CPU time of the frame thread, the rest by the clock.
#pragma once

#include <string>
#include <vector>

namespace dg::app {

/// CPU seconds of the calling thread so far.
double thread_seconds();

struct FrameTimes {
    std::vector<double> build;    // ms of CPU: input, controls and scene to triangles
    std::vector<double> raster;   // ms: triangles to pixels by the software rasteriser; empty with OpenGL
    std::vector<double> present;  // ms: pixels (or, with OpenGL, triangles) to the screen
    std::vector<double> edit;     // ms from a typed letter to the new picture's pixels

    /// "frame build (CPU) p50 1.2 p95 2.3 max 4.0 ms (n 100); raster ...; present ...; frame rate 40 / s; letter to picture ...".
    [[nodiscard]] std::string summary() const;
};

}  // namespace dg::app
