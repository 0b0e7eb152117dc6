#include "viz/canvas/backends.h"

#include "../text/sample_text.h"
#include "engine/io/files.h"
#include "sample_drawing.h"
#include "viz/canvas/pdf_canvas.h"
#include "viz/canvas/svg_canvas.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <thread>

namespace dg::viz {
namespace {

constexpr PageSize kPage = {1920, 1080};

/// $DEEPGLASS_SAMPLES keeps the pictures for looking at.
std::filesystem::path out_dir() {
    const char* wanted = std::getenv("DEEPGLASS_SAMPLES");
    const std::filesystem::path dir = wanted ? wanted : testing::TempDir() + "deepglass_backends";
    std::filesystem::create_directories(dir);
    return dir;
}

DrawFunction sample_in(const Theme& t) {
    return [&t](Canvas& c) { draw_sample(c, t); };
}

TEST(Backends, SamplesInEveryThemeAndFormat) {
    for (const ThemeId id :
         {ThemeId::kLight, ThemeId::kDark, ThemeId::kProjector, ThemeId::kPaper}) {
        const Theme& t = theme(id);
        for (const char* extension : {".png", ".svg", ".pdf"}) {
            const std::string name(t.name);
            const OutputOptions options{.background = t.ground,
                                        .metadata = {{"Title", "样张 sample"}}};
            const auto done =
                write_picture(out_dir() / (name + extension), kPage, options, sample_in(t));
            ASSERT_TRUE(done) << done.error().plain();
            const auto texts = write_picture(out_dir() / (name + "-text" + extension), kPage,
                                             options, [&t](Canvas& c) { draw_text_sample(c, t); });
            ASSERT_TRUE(texts) << texts.error().plain();
            EXPECT_GT(std::filesystem::file_size(out_dir() / (name + extension)), 20000U);
        }
    }
    const auto other =
        write_picture(out_dir() / "a.bmp", kPage, {}, sample_in(theme(ThemeId::kLight)));
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, "picture_format");
}

TEST(Backends, SameDrawingSameBytesOnAnyThread) {
    const Theme& t = theme(ThemeId::kLight);
    const auto first = render_image(kPage, 1.5F, t.ground, sample_in(t)),
               second = render_image(kPage, 1.5F, t.ground, sample_in(t));
    ASSERT_TRUE(first);
    EXPECT_EQ(first->width, 2880);
    EXPECT_TRUE(first->rgba == second->rgba);
    std::vector<std::uint8_t> elsewhere;
    std::thread([&] {
        elsewhere = render_image(kPage, 1.5F, t.ground, sample_in(t)).value().rgba;
    }).join();
    EXPECT_TRUE(first->rgba == elsewhere);

    const auto a = out_dir() / "a.pdf", b = out_dir() / "b.pdf";
    ASSERT_TRUE(write_pdf(a, kPage, {}, sample_in(t)));
    ASSERT_TRUE(write_pdf(b, kPage, {}, sample_in(t)));
    EXPECT_TRUE(read_file(a).value() == read_file(b).value());
}

TEST(Backends, DrawsWhatItIsAskedTo) {
    const auto image = render_image({40, 40}, 1, Color::hex(0xFFFFFF), [](Canvas& c) {
        c.fill_rect({4, 4, 8, 8}, Color::hex(0x0072B2));
        c.push_clip({20, 20, 5, 5});
        c.fill_rect({0, 0, 40, 40}, Color::hex(0x000000));
        c.pop_clip();
        c.line({0, 35}, {40, 35}, {Color::hex(0xD55E00), 1});
    });
    ASSERT_TRUE(image);
    EXPECT_EQ(image->at(4, 4), Color::hex(0x0072B2));
    EXPECT_EQ(image->at(11, 11), Color::hex(0x0072B2));
    EXPECT_EQ(image->at(12, 11), Color::hex(0xFFFFFF));
    EXPECT_EQ(image->at(3, 4), Color::hex(0xFFFFFF));
    EXPECT_EQ(image->at(20, 20), Color::hex(0x000000));
    EXPECT_EQ(image->at(25, 20), Color::hex(0xFFFFFF));
    EXPECT_EQ(image->at(7, 35), Color::hex(0xD55E00));
    EXPECT_EQ(image->at(7, 34), Color::hex(0xFFFFFF));
    EXPECT_EQ(image->at(7, 36), Color::hex(0xFFFFFF));
}

TEST(Backends, HeatmapCellsTileWithoutSeams) {
    // 7 cells over 100 px: every pixel belongs to exactly one cell, in order
    std::vector<Color> cells;
    for (std::uint8_t i = 0; i < 49; ++i)
        cells.push_back({static_cast<std::uint8_t>(i * 5), 0, 200});
    const auto image = render_image({100, 100}, 1, Color::hex(0xFFFFFF), [&](Canvas& c) {
        c.heatmap({0, 0, 100, 100}, 7, 7, cells);
    });
    for (int x = 0; x < 100; ++x) {
        const Color here = image->at(x, x);
        EXPECT_EQ(here.b, 200) << x;
        const int cell = here.r / 5;
        EXPECT_EQ(cell / 7, cell % 7) << x;
        if (x > 0) {
            EXPECT_GE(here.r, image->at(x - 1, x - 1).r);
        }
    }
}

TEST(Backends, RefusesPagesThatCannotBe) {
    const auto nothing = [](Canvas&) {};
    for (const PageSize page : {PageSize{0, 100}, PageSize{100, -1}, PageSize{30000, 10},
                                PageSize{std::numeric_limits<float>::quiet_NaN(), 10}}) {
        const auto image = render_image(page, 1, {}, nothing);
        ASSERT_FALSE(image);
        EXPECT_EQ(image.error().code, "page_size");
        EXPECT_FALSE(write_svg(out_dir() / "never.svg", page, {}, nothing));
    }
    EXPECT_FALSE(std::filesystem::exists(out_dir() / "never.svg"));
}

TEST(Backends, SurvivesNumbersThatAreNone) {
    const float nan = std::numeric_limits<float>::quiet_NaN(),
                inf = std::numeric_limits<float>::infinity();
    const auto hostile = [&](Canvas& c) {
        for (const float v : {nan, inf, -inf, 1e30F, -1e30F, 1e9F}) {
            const Color black = Color::hex(0);
            c.fill_rect({v, 0, 10, 10}, black);
            c.fill_rect({0, 0, v, 10}, black, 4);
            c.stroke_rect({0, v, 10, 10}, {black, 2}, 3);
            c.line({0, 0}, {v, 5}, {black, 2});
            c.line({0, 0}, {5, 5}, {black, v});
            const std::vector<Vec2> points = {{0, 0}, {v, v}, {10, 3}, {4, v}};
            c.polyline(points, {black, 3});
            c.fill_path(Path().move({0, 0}).line({v, 3}).cubic({1, 1}, {v, 2}, {3, 3}).close(),
                        black);
            c.fill_circle({v, 3}, 4, black);
            c.fill_circle({3, 3}, v, black);
            c.text({v, 3}, "学", {20, black});
            c.hatch({v, 0, 10, 10}, black, 6, 1);
            c.hatch({0, 0, v, v}, black, 6, 1);
            c.line({0, 7}, {v, 9}, {black, 1, 3, 2});
            c.push_clip({v, v, 3, 3});
            c.pop_clip();
        }
        c.line({0, 0}, {50, 50}, {Color::hex(0x00FF00), 4});
    };
    const auto image = render_image({100, 100}, 1, Color::hex(0xFFFFFF), hostile);
    ASSERT_TRUE(image);
    EXPECT_EQ(image->at(25, 25), Color::hex(0x00FF00));
    EXPECT_TRUE(write_svg(out_dir() / "hostile.svg", {100, 100}, {}, hostile));
    EXPECT_TRUE(write_pdf(out_dir() / "hostile.pdf", {100, 100}, {}, hostile));
    EXPECT_FALSE(draw_log({100, 100}, hostile).empty());
}

TEST(Backends, MetadataComesBackFromPngAndSvg) {
    const Metadata metadata = {
        {"Title", "注意力 <Attention> & \"weights\""},
        {"Software", "deepglass 0.1.0"},
        {"deepglass.recipe", "{\"scene\":\"attention\",\"prompt\":\"湖南大\",\n\t\"note\":\"" +
                                 std::string(20000, 'x') + "\"}"}};
    for (const char* name : {"meta.png", "meta.svg"}) {
        const auto file = out_dir() / name;
        ASSERT_TRUE(write_picture(file, {60, 40}, {.metadata = metadata}, [](Canvas&) {}));
        const auto back = read_metadata(file);
        ASSERT_TRUE(back) << back.error().plain();
        EXPECT_EQ(*back, metadata) << name;
    }
}

TEST(Backends, PdfHasOnePagePerDrawing) {
    const auto file = out_dir() / "pages.pdf";
    const std::vector<DrawFunction> pages(3, [](Canvas& c) {
        c.text({10, 30}, "第一页 page", {20, Color::hex(0)});
    });
    ASSERT_TRUE(write_pdf(file, {794, 1123}, {.metadata = {{"Title", "讲义"}}}, pages));
    const std::string bytes = read_file(file).value();
    EXPECT_EQ(bytes.substr(0, 5), "%PDF-");
    EXPECT_NE(bytes.find("/Count 3"), std::string::npos);
    EXPECT_NE(bytes.find("20000101"), std::string::npos) << "the creation date is fixed";
}

}  // namespace
}  // namespace dg::viz
