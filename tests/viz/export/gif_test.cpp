#include "viz/export/gif.h"

#include "engine/base/rng.h"

#include <gtest/gtest.h>

#include <optional>

namespace dg::viz {
namespace {

/// A second opinion: reads a GIF as the specification describes it. Fails the test on anything odd.
class Decoder {
  public:
    explicit Decoder(const std::string& bytes) : in_(bytes) {}

    struct Animation {
        int width = 0, height = 0;
        std::vector<std::vector<std::uint8_t>> frames;  // palette indices, whole pictures
        std::vector<int> delays;
        std::vector<Color> palette;
    };

    Animation read() {
        Animation a;
        EXPECT_EQ(in_.substr(0, 6), "GIF89a");
        at_ = 6;
        a.width = u16(), a.height = u16();
        EXPECT_EQ(u8(), 0xF7);
        at_ += 2;
        for (int i = 0; i < 256; ++i) {
            const auto r = static_cast<std::uint8_t>(u8()), g = static_cast<std::uint8_t>(u8()), b = static_cast<std::uint8_t>(u8());
            a.palette.push_back({r, g, b});
        }
        std::vector<std::uint8_t> picture(static_cast<std::size_t>(a.width * a.height));
        for (int block = u8(); block != 0x3B; block = u8()) {
            if (block == 0x21) {
                const int label = u8();
                if (label == 0xF9) {
                    EXPECT_EQ(u8(), 4);
                    EXPECT_EQ(u8(), 4);
                    a.delays.push_back(u16());
                    at_ += 2;
                } else {
                    skip_blocks();
                }
                continue;
            }
            EXPECT_EQ(block, 0x2C) << "at byte " << at_;
            if (block != 0x2C) return a;
            read_image(a, picture);
            a.frames.push_back(picture);
        }
        EXPECT_EQ(at_, in_.size());
        return a;
    }

  private:
    int u8() {
        EXPECT_LT(at_, in_.size());
        return at_ < in_.size() ? static_cast<unsigned char>(in_[at_++]) : 0x3B;
    }

    int u16() {
        const int low = u8();
        return low | u8() << 8;
    }

    void skip_blocks() {
        at_ += static_cast<std::size_t>(u8());
        for (int n = u8(); n > 0; n = u8()) at_ += static_cast<std::size_t>(n);
    }

    void read_image(const Animation& a, std::vector<std::uint8_t>& picture) {
        const int x = u16(), y = u16(), w = u16(), h = u16();
        EXPECT_EQ(u8(), 0);
        EXPECT_LE(x + w, a.width);
        EXPECT_LE(y + h, a.height);
        const int bits = u8();
        std::string data;
        for (int n = u8(); n > 0; n = u8()) {
            data += in_.substr(at_, static_cast<std::size_t>(n));
            at_ += static_cast<std::size_t>(n);
        }
        const std::vector<std::uint8_t> pixels = lzw(data, bits);
        ASSERT_EQ(pixels.size(), static_cast<std::size_t>(w * h));
        for (int i = 0; i < w * h; ++i) picture[static_cast<std::size_t>((y + i / w) * a.width + x + i % w)] = pixels[static_cast<std::size_t>(i)];
    }

  public:
    static std::vector<std::uint8_t> lzw(const std::string& data, int bits) {
        const int clear = 1 << bits, end = clear + 1;
        std::vector<std::vector<std::uint8_t>> table;
        const auto reset = [&] {
            table.clear();
            for (int i = 0; i < clear; ++i) table.push_back({static_cast<std::uint8_t>(i)});
            table.resize(static_cast<std::size_t>(end) + 1);
        };
        reset();
        int width = bits + 1;
        std::vector<std::uint8_t> out;
        std::optional<std::vector<std::uint8_t>> last;
        for (std::size_t bit = 0; bit + static_cast<std::size_t>(width) <= data.size() * 8;) {
            int code = 0;
            for (int i = 0; i < width; ++i, ++bit) code |= (static_cast<unsigned char>(data[bit / 8]) >> (bit % 8) & 1) << i;
            if (code == end) return out;
            if (code == clear) {
                reset(), width = bits + 1, last.reset();
                continue;
            }
            std::vector<std::uint8_t> run;
            if (static_cast<std::size_t>(code) < table.size()) {
                run = table[static_cast<std::size_t>(code)];
            } else {
                EXPECT_TRUE(last && static_cast<std::size_t>(code) == table.size()) << "code " << code << " table " << table.size();
                if (!last) return out;
                run = *last;
                run.push_back(last->front());
            }
            out.insert(out.end(), run.begin(), run.end());
            if (last && table.size() < 4096) {
                last->push_back(run.front());
                table.push_back(*last);
                if (table.size() == 1U << static_cast<unsigned>(width) && width < 12) ++width;
            }
            last = run;
        }
        ADD_FAILURE() << "no end code";
        return out;
    }

  private:
    const std::string& in_;
    std::size_t at_ = 0;
};

/// The data bytes of gif_lzw's sub-blocks.
std::string unblocked(const std::string& stream) {
    std::string data;
    std::size_t at = 1;
    while (stream[at] != '\0') {
        const auto n = static_cast<unsigned char>(stream[at]);
        data += stream.substr(at + 1, n);
        at += n + 1U;
    }
    EXPECT_EQ(at + 1, stream.size());
    return data;
}

TEST(Gif, LzwReadsBackForManyShapesOfData) {
    Rng rng = Rng::keyed(3, "gif");
    // lengths around the places where codes get wider and the table is full
    for (const std::size_t n : {0U, 1U, 2U, 254U, 255U, 256U, 257U, 258U, 511U, 767U, 768U, 3838U, 3839U, 3840U, 3841U, 5000U, 70000U}) {
        for (const std::uint32_t colours : {1U, 2U, 16U, 256U}) {
            std::vector<std::uint8_t> pixels(n);
            for (auto& p : pixels) p = static_cast<std::uint8_t>(rng.below(colours));
            const std::string stream = gif_lzw(pixels, 8);
            EXPECT_EQ(Decoder::lzw(unblocked(stream), 8), pixels) << n << " pixels of " << colours;
        }
    }
}

TEST(Gif, AnimationReadsBack) {
    Rng rng = Rng::keyed(4, "gif frames");
    const int w = 61, h = 37;
    std::vector<Image> frames(4, Image(w, h, Color::hex(0xF7F7F4)));
    for (std::size_t f = 1; f < frames.size(); ++f) {
        frames[f] = frames[f - 1];
        if (f == 2) continue;  // one frame repeats
        const auto x0 = rng.below(40), y0 = rng.below(20);
        for (std::uint32_t y = y0; y < y0 + 9; ++y) {
            for (std::uint32_t x = x0; x < x0 + 13; ++x) {
                frames[f].rgba[4 * (y * w + x)] = static_cast<std::uint8_t>(60 * f);
                frames[f].rgba[4 * (y * w + x) + 1] = 0;
            }
        }
    }
    Palette palette;
    for (const Image& f : frames) palette.add(f);
    palette.choose();
    GifWriter gif(w, h, palette, 4);
    for (const Image& f : frames) gif.add(f);
    const std::string bytes = gif.finish(100);
    const auto a = Decoder(bytes).read();
    ASSERT_EQ(a.frames.size(), frames.size());
    EXPECT_EQ(a.delays, (std::vector<int>{4, 4, 4, 100}));
    for (std::size_t f = 0; f < frames.size(); ++f) {
        for (int i = 0; i < w * h; ++i) {
            const Color got = a.palette[a.frames[f][static_cast<std::size_t>(i)]], want = frames[f].at(i % w, i / w);
            ASSERT_EQ(got, want) << "frame " << f << " pixel " << i;
        }
    }
}

TEST(Gif, PaletteKeepsGroundsAndStaysNear) {
    // a picture that is mostly one colour, with a ramp of 4,096 others
    Image image(256, 256, Color::hex(0xFBFAF6));
    for (int i = 0; i < 4096; ++i) {
        std::uint8_t* p = image.rgba.data() + 4 * i;
        p[0] = static_cast<std::uint8_t>(i % 16 * 17), p[1] = static_cast<std::uint8_t>(i / 16 % 16 * 17), p[2] = static_cast<std::uint8_t>(i / 256 * 17);
    }
    Palette palette;
    palette.add(image);
    palette.choose();
    EXPECT_LE(palette.colors().size(), 256U);
    EXPECT_EQ(palette.colors()[palette.index(Color::hex(0xFBFAF6))], Color::hex(0xFBFAF6));
    for (int i = 0; i < 4096; ++i) {
        const Color c = image.at(i % 256, i / 256), got = palette.colors()[palette.index(c)];
        EXPECT_LT(std::abs(c.r - got.r) + std::abs(c.g - got.g) + std::abs(c.b - got.b), 140) << i;
    }
}

TEST(Gif, EmptyPaletteIsSound) {
    Palette palette;
    palette.choose();
    EXPECT_EQ(palette.colors().size(), 1U);
    EXPECT_EQ(palette.index(Color::hex(0x123456)), 0);
}

}  // namespace
}  // namespace dg::viz
