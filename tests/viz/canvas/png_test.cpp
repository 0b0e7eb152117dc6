#include "viz/canvas/png.h"

#include "engine/base/rng.h"

#include <gtest/gtest.h>

namespace dg::viz {
namespace {

Image noise(int width, int height, bool opaque) {
    Image image(width, height, Color{});
    Rng rng(7);
    for (std::size_t i = 0; i < image.rgba.size(); ++i) {
        image.rgba[i] = opaque && i % 4 == 3 ? 255 : static_cast<std::uint8_t>(rng.below(256));
    }
    return image;
}

TEST(Png, PixelsComeBack) {
    for (const bool opaque : {true, false}) {
        const Image image = noise(37, 23, opaque);
        const auto bytes = encode_png(image, {}, 192);
        ASSERT_TRUE(bytes);
        const auto back = decode_png(*bytes);
        ASSERT_TRUE(back) << back.error().plain();
        EXPECT_EQ(back->width, 37);
        EXPECT_EQ(back->height, 23);
        EXPECT_TRUE(back->rgba == image.rgba);
        EXPECT_EQ(*bytes, *encode_png(image, {}, 192));
    }
}

TEST(Png, TextIsTExtOrITxtInFrontOfThePixels) {
    const auto bytes =
        encode_png(noise(4, 4, true), {{"Software", "deepglass"}, {"Title", "注意力"}});
    ASSERT_TRUE(bytes);
    const std::size_t ascii = bytes->find("tEXtSoftware"), utf8 = bytes->find("iTXtTitle"),
                      pixels = bytes->find("IDAT");
    EXPECT_LT(ascii, pixels);
    EXPECT_LT(utf8, pixels);
}

TEST(Png, EveryTruncationIsAnError) {
    const Image image = noise(16, 16, true);
    const std::string bytes = *encode_png(image, {{"Title", "学"}});
    for (std::size_t n = 0; n + 12 < bytes.size(); ++n) {
        const auto cut = decode_png(bytes.substr(0, n), "cut.png");
        if (cut) {
            // only the end mark may be missing
            EXPECT_TRUE(cut->rgba == image.rgba) << n;
        } else {
            EXPECT_EQ(cut.error().code, "png_decode");
            EXPECT_EQ(cut.error().where, "cut.png");
        }
        EXPECT_FALSE(decode_png_text(bytes.substr(0, n))) << n;
    }
}

TEST(Png, FlippedBytesNeverCrash) {
    const std::string bytes = *encode_png(noise(16, 16, false), {{"Title", "学"}, {"a", "b"}});
    Rng rng(3);
    for (int i = 0; i < 2000; ++i) {
        std::string bad = bytes;
        bad[rng.below(static_cast<std::uint32_t>(bad.size()))] ^=
            static_cast<char>(1U << rng.below(8));
        const auto image = decode_png(bad);
        const auto text = decode_png_text(bad);
        if (image) {
            EXPECT_EQ(image->rgba.size(), 4U * static_cast<std::size_t>(image->width) *
                                              static_cast<std::size_t>(image->height));
        }
        if (text) {
            EXPECT_LE(text->size(), 2U);
        }
    }
}

TEST(Png, EmptyImageIsAnError) {
    EXPECT_EQ(encode_png(Image{}).error().code, "image_empty");
}

}  // namespace
}  // namespace dg::viz
