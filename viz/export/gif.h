// Animated GIF (GIF89a): one palette for all frames, each frame only where it differs from the one before.
#pragma once

#include "engine/base/result.h"
#include "viz/canvas/image.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace dg::viz {

/// Up to 256 colours that stand for all: median cut over a histogram with 5 bits a channel, each box represented by its
/// most frequent colour, so that grounds and fills keep theirs.
class Palette {
  public:
    /// Counts the pixels of a sample frame.
    void add(const Image& image);
    /// Chooses the colours; call once, after all add().
    void choose();

    [[nodiscard]] const std::vector<Color>& colors() const { return colors_; }

    /// Index of the nearest colour, the same for equal pixels.
    [[nodiscard]] std::uint8_t index(Color c) const;

  private:
    static constexpr std::size_t kBins = 1U << 15U;

    struct Bin {
        std::uint64_t count = 0, r = 0, g = 0, b = 0;  // sums
    };
    std::vector<Bin> bins_ = std::vector<Bin>(kBins);
    std::vector<Color> colors_;
    std::vector<std::uint8_t> nearest_;  // bin -> colour
};

/// Collects frames and returns the file's bytes. All frames have the size of the first.
class GifWriter {
  public:
    /// centiseconds: how long a frame stays, >= 2. The animation repeats for ever.
    GifWriter(int width, int height, const Palette& palette, int centiseconds);
    void add(const Image& frame);
    /// The last frame stays this long instead.
    std::string finish(int last_centiseconds);

  private:
    struct Frame {
        int x = 0, y = 0, w = 0, h = 0;
    };
    void append_frame(const Frame& frame, const std::vector<std::uint8_t>& pixels);
    [[nodiscard]] Frame changed(const std::vector<std::uint8_t>& pixels) const;

    int width_, height_, delay_;
    const Palette& palette_;
    std::string out_;
    std::vector<std::uint8_t> last_;
    std::size_t delay_at_ = 0;  // where the last frame's delay stands
};

/// The LZW code stream of GIF with its size byte and sub-blocks. min_bits: 2..8, pixels < 2^min_bits.
std::string gif_lzw(const std::vector<std::uint8_t>& pixels, int min_bits);

}  // namespace dg::viz
