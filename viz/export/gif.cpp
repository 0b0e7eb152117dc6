#include "viz/export/gif.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace dg::viz {
namespace {

constexpr int kMaxCode = 4096;

void append_u16(std::string& out, int value) {
    out += static_cast<char>(value & 0xFF);
    out += static_cast<char>((value >> 8) & 0xFF);
}

/// Codes of varying width, least significant bit first, cut into sub-blocks of at most 255 bytes.
class BitBlocks {
  public:
    explicit BitBlocks(std::string& out) : out_(out) {}

    void put(int code, int width) {
        bits_ |= static_cast<std::uint32_t>(code) << static_cast<unsigned>(filled_);
        filled_ += width;
        while (filled_ >= 8) push_byte();
    }

    void finish() {
        if (filled_ > 0) push_byte();
        flush();
        out_ += '\0';
    }

  private:
    void push_byte() {
        block_ += static_cast<char>(bits_ & 0xFFU);
        bits_ >>= 8U;
        filled_ = std::max(0, filled_ - 8);
        if (block_.size() == 255) flush();
    }

    void flush() {
        if (block_.empty()) return;
        out_ += static_cast<char>(block_.size());
        out_ += block_;
        block_.clear();
    }

    std::string& out_;
    std::string block_;
    std::uint32_t bits_ = 0;
    int filled_ = 0;
};

/// Children of every code: next[code * 256 + pixel], -1 for none.
class LzwTable {
  public:
    LzwTable() : next_(static_cast<std::size_t>(kMaxCode) * 256, -1) {}

    void clear() { std::ranges::fill(next_, std::int16_t{-1}); }

    std::int16_t& child(int code, std::uint8_t pixel) { return next_[static_cast<std::size_t>(code) * 256 + pixel]; }

  private:
    std::vector<std::int16_t> next_;
};

}  // namespace

std::string gif_lzw(const std::vector<std::uint8_t>& pixels, int min_bits) {
    std::string out(1, static_cast<char>(min_bits));
    BitBlocks bits(out);
    const int clear = 1 << min_bits, end = clear + 1;
    int width = min_bits + 1, next = end + 1;
    LzwTable table;
    bits.put(clear, width);
    int code = -1;
    for (const std::uint8_t pixel : pixels) {
        if (code < 0) {
            code = pixel;
            continue;
        }
        std::int16_t& child = table.child(code, pixel);
        if (child >= 0) {
            code = child;
            continue;
        }
        // the longest known run ends here: send it and learn it with one more pixel
        bits.put(code, width);
        if (next < kMaxCode) {
            child = static_cast<std::int16_t>(next);
            if (next == 1 << width) ++width;
            ++next;
        } else {
            bits.put(clear, width);
            table.clear();
            width = min_bits + 1, next = end + 1;
        }
        code = pixel;
    }
    if (code >= 0) bits.put(code, width);
    // the decoder learns one entry late; it may need one more bit for the end code
    if (code >= 0 && next == 1 << width && width < 12) ++width;
    bits.put(end, width);
    bits.finish();
    return out;
}

GifWriter::GifWriter(int width, int height, const Palette& palette, int centiseconds)
    : width_(width), height_(height), delay_(std::max(2, centiseconds)), palette_(palette) {
    out_ = "GIF89a";
    append_u16(out_, width);
    append_u16(out_, height);
    out_ += static_cast<char>(0xF7);  // global table of 256 colours, 8 bits
    out_ += '\0';
    out_ += '\0';
    for (std::size_t i = 0; i < 256; ++i) {
        const Color c = i < palette.colors().size() ? palette.colors()[i] : Color{};
        out_ += static_cast<char>(c.r);
        out_ += static_cast<char>(c.g);
        out_ += static_cast<char>(c.b);
    }
    // repeat for ever
    out_ += "\x21\xFF\x0BNETSCAPE2.0\x03\x01";
    append_u16(out_, 0);
    out_ += '\0';
}

GifWriter::Frame GifWriter::changed(const std::vector<std::uint8_t>& pixels) const {
    if (last_.empty()) return {0, 0, width_, height_};
    int left = width_, right = -1, top = height_, bottom = -1;
    for (int y = 0; y < height_; ++y) {
        for (int x = 0; x < width_; ++x) {
            const auto i = static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(x);
            if (pixels[i] == last_[i]) continue;
            left = std::min(left, x), right = std::max(right, x);
            top = std::min(top, y), bottom = std::max(bottom, y);
        }
    }
    // nothing new: a single pixel keeps the time
    return right < 0 ? Frame{0, 0, 1, 1} : Frame{left, top, right - left + 1, bottom - top + 1};
}

void GifWriter::append_frame(const Frame& f, const std::vector<std::uint8_t>& pixels) {
    out_ += "\x21\xF9\x04\x04";  // keep what was drawn
    delay_at_ = out_.size();
    append_u16(out_, delay_);
    out_ += '\0';
    out_ += '\0';
    out_ += '\x2C';
    append_u16(out_, f.x);
    append_u16(out_, f.y);
    append_u16(out_, f.w);
    append_u16(out_, f.h);
    out_ += '\0';
    std::vector<std::uint8_t> part;
    part.reserve(static_cast<std::size_t>(f.w) * static_cast<std::size_t>(f.h));
    for (int y = f.y; y < f.y + f.h; ++y) {
        const auto row = pixels.begin() + static_cast<std::ptrdiff_t>(y) * width_ + f.x;
        part.insert(part.end(), row, row + f.w);
    }
    out_ += gif_lzw(part, 8);
}

void GifWriter::add(const Image& frame) {
    DG_CHECK_EQ(frame.width, width_);
    DG_CHECK_EQ(frame.height, height_);
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_));
    for (std::size_t i = 0; i < pixels.size(); ++i) {
        const std::uint8_t* p = frame.rgba.data() + 4 * i;
        pixels[i] = palette_.index({p[0], p[1], p[2]});
    }
    append_frame(changed(pixels), pixels);
    last_ = std::move(pixels);
}

std::string GifWriter::finish(int last_centiseconds) {
    if (delay_at_ > 0) {
        std::string delay;
        append_u16(delay, std::clamp(last_centiseconds, 2, 65535));
        out_.replace(delay_at_, 2, delay);
    }
    out_ += '\x3B';
    return std::move(out_);
}

}  // namespace dg::viz
