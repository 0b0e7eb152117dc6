// Pixels: what the software rasteriser writes to and reads from.
#pragma once

#include "viz/canvas/canvas.h"

#include <cstdint>
#include <vector>

namespace dg::viz {

/// RGBA, 8 bits each, straight alpha, row-major from the top; rgba.size() == 4 * width * height.
struct Image {
    int width = 0, height = 0;
    std::vector<std::uint8_t> rgba;

    Image() = default;
    Image(int w, int h, Color background);

    [[nodiscard]] Color at(int x, int y) const;
};

/// One-channel coverage that drawings sample: the glyphs of a canvas, or ImGui's font atlas. An
/// ImTextureID of deepglass always points to one of these. `version` grows when pixels change; a
/// GPU renderer uploads (white, alpha) when its `gpu_version` lags behind and keeps its own handle
/// in `gpu`.
struct Texture {
    int width = 0, height = 0;
    std::vector<std::uint8_t> alpha;
    std::uint64_t version = 0;
    std::uint64_t gpu = 0, gpu_version = 0;
};

}  // namespace dg::viz
