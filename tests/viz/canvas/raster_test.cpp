#include "viz/canvas/raster.h"

#include "engine/base/mathfn.h"
#include "engine/base/rng.h"
#include "sample_drawing.h"
#include "viz/canvas/backends.h"
#include "viz/canvas/imgui_canvas.h"
#include "viz/canvas/tessellate.h"
#include "viz/canvas/texture_id.h"

#include <gtest/gtest.h>
#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace dg::viz {
namespace {

const Color kWhite = Color::hex(0xFFFFFF), kBlack = Color::hex(0x000000);

void draw(Image& image, const Mesh& mesh) {
    raster_triangles(image, {0, 0, image.width, image.height}, nullptr, mesh.vertices,
                     std::span<const std::uint16_t>(mesh.indices));
}

/// Sum of darkness in pixels: the area that black ink covers.
double inked(const Image& image) {
    double sum = 0;
    for (std::size_t i = 0; i < image.rgba.size(); i += 4) sum += (255 - image.rgba[i]) / 255.0;
    return sum;
}

TEST(Raster, SharedEdgesAreDrawnOnce) {
    // a fan of translucent triangles round a centre that is no pixel centre: one even shade inside
    Mesh mesh;
    Rng rng(1);
    const auto add = [&mesh](Vec2 p) {
        ImDrawVert v;
        v.pos = ImVec2(p.x, p.y), v.uv = ImVec2(0, 0), v.col = IM_COL32(0, 0, 0, 100);
        mesh.vertices.push_back(v);
    };
    add({50.3F, 49.7F});
    std::vector<double> angles;
    for (int i = 0; i < 23; ++i) angles.push_back((i + 0.8 * rng.uniform()) * 6.283185307 / 23);
    for (const double a : angles)
        add({static_cast<float>(50.3 + 45 * dg::cos(a)),
             static_cast<float>(49.7 + 45 * dg::sin(a))});
    for (std::uint16_t i = 0; i < 23; ++i) {
        for (const int k : {0, 1 + i, 1 + (i + 1) % 23})
            mesh.indices.push_back(static_cast<std::uint16_t>(k));
    }
    Image image(100, 100, kWhite);
    draw(image, mesh);
    for (int y = 0; y < 100; ++y) {
        for (int x = 0; x < 100; ++x) {
            const double d = std::hypot(x + 0.5 - 50.3, y + 0.5 - 49.7);
            if (d < 40) {
                ASSERT_EQ(image.at(x, y), Color::hex(0x9B9B9B)) << x << "," << y;
            }
        }
    }
}

TEST(Raster, RectanglePathEqualsTrianglePath) {
    Rng rng(2);
    for (int i = 0; i < 500; ++i) {
        const float x0 = static_cast<float>(rng.uniform() * 30),
                    y0 = static_cast<float>(rng.uniform() * 30);
        const float x1 = x0 + static_cast<float>(rng.uniform() * 20),
                    y1 = y0 + static_cast<float>(rng.uniform() * 20);
        Mesh mesh;
        Tessellator(mesh, 0).rectangle(std::floor(x0 * 256) / 256, std::floor(y0 * 256) / 256,
                                       std::floor(x1 * 256) / 256, std::floor(y1 * 256) / 256,
                                       Color{10, 20, 30, 180});
        Image fast(50, 50, kWhite), slow(50, 50, kWhite);
        draw(fast, mesh);
        std::rotate(mesh.indices.begin(), mesh.indices.begin() + 1,
                    mesh.indices.begin() + 3);  // no longer ImGui's order
        draw(slow, mesh);
        ASSERT_TRUE(fast.rgba == slow.rgba) << i;
    }
}

TEST(Raster, ClipIsExact) {
    Mesh mesh;
    Tessellator(mesh, 0).fill(circle_outline({25, 25}, 20), kBlack);
    Image whole(50, 50, kWhite), part(50, 50, kWhite);
    draw(whole, mesh);
    const PixelRect clip = {10, 12, 31, 33};
    raster_triangles(part, clip, nullptr, mesh.vertices,
                     std::span<const std::uint16_t>(mesh.indices));
    for (int y = 0; y < 50; ++y) {
        for (int x = 0; x < 50; ++x) {
            const bool in = x >= clip.x0 && x < clip.x1 && y >= clip.y0 && y < clip.y1;
            ASSERT_EQ(part.at(x, y), in ? whole.at(x, y) : kWhite);
        }
    }
}

TEST(Tessellate, FilledAreaIsTheArea) {
    const auto area_of = [](const std::vector<Vec2>& outline) {
        Mesh mesh;
        Tessellator(mesh, 0).fill(outline, kBlack);
        Image image(200, 200, kWhite);
        draw(image, mesh);
        return inked(image);
    };
    EXPECT_NEAR(area_of(circle_outline({100.3F, 99.6F}, 60)), 3.14159265 * 3600, 30);
    EXPECT_NEAR(area_of(rounded_outline({20, 30, 100, 50}, 10)), 5000 - (4 - 3.14159265) * 100, 10);
    // a comb: concave, many ears
    std::vector<Vec2> comb;
    for (int i = 0; i < 10; ++i) {
        const float x = 20 + 16 * static_cast<float>(i);
        comb.insert(comb.end(), {{x, 150}, {x, 30}, {x + 8, 30}, {x + 8, 150}});
    }
    comb.insert(comb.end(), {{172, 170}, {20, 170}});
    EXPECT_NEAR(area_of(comb), 10 * 8 * 120 + 152 * 20, 12);
    std::reverse(comb.begin(), comb.end());
    EXPECT_NEAR(area_of(comb), 10 * 8 * 120 + 152 * 20, 12);
}

TEST(Tessellate, StrokesCoverLengthTimesWidth) {
    for (const float width : {0.4F, 1.0F, 2.0F, 3.5F, 12.0F}) {
        for (const double angle : {0.1, 0.7, 1.2, 2.5}) {
            const Vec2 d = {static_cast<float>(60 * dg::cos(angle)),
                            static_cast<float>(60 * dg::sin(angle))};
            const std::vector<Vec2> line = {{100 - d.x, 100 - d.y}, {100 + d.x, 100 + d.y}};
            Mesh mesh;
            Tessellator(mesh, 0).stroke(line, false, width, kBlack);
            Image image(200, 200, kWhite);
            draw(image, mesh);
            EXPECT_NEAR(inked(image), 120 * static_cast<double>(width),
                        6 + 1.5 * static_cast<double>(width))
                << width << " at " << angle;
        }
    }
}

TEST(Tessellate, SharpTurnsMakeNoSpikes) {
    std::vector<Vec2> zigzag;
    for (int i = 0; i < 40; ++i)
        zigzag.push_back({20 + 4 * static_cast<float>(i), i % 2 == 0 ? 60.0F : 140.0F});
    Mesh mesh;
    Tessellator(mesh, 0).stroke(zigzag, false, 3, kBlack);
    for (const ImDrawVert& v : mesh.vertices) {
        EXPECT_GT(v.pos.y, 60 - 4);
        EXPECT_LT(v.pos.y, 140 + 4);
    }
}

TEST(Tessellate, DashesKeepTheirLength) {
    const std::vector<Vec2> line = {{0, 0}, {60, 0}, {60, 40}};
    const auto dashes = cut_dashes(line, false, 10, 5);
    ASSERT_EQ(dashes.size(), 7U);
    float sum = 0;
    for (const FlatPath& d : dashes) {
        for (std::size_t i = 1; i < d.points.size(); ++i)
            sum += std::hypot(d.points[i].x - d.points[i - 1].x, d.points[i].y - d.points[i - 1].y);
    }
    EXPECT_NEAR(sum, 70, 1e-3);
}

TEST(Tessellate, ThinnedLineKeepsItsExtremes) {
    std::vector<Vec2> points;
    Rng rng(5);
    for (int i = 0; i < 10000; ++i)
        points.push_back({static_cast<float>(i) / 100, static_cast<float>(rng.uniform() * 100)});
    const auto thin = thin_columns(points);
    EXPECT_LE(thin.size(), 400U);
    const auto range = [](const std::vector<Vec2>& p) {
        const auto [low, high] =
            std::minmax_element(p.begin(), p.end(), [](Vec2 a, Vec2 b) { return a.y < b.y; });
        return std::pair{low->y, high->y};
    };
    EXPECT_EQ(range(thin), range(points));
}

/// Dear ImGui without a window, its first frame (which lays out nothing yet) behind it; `font` takes the atlas.
void start_imgui(int width, int height, Texture& font) {
    ImGui::CreateContext();
    ImGuiIO& io = ImGui::GetIO();
    io.DisplaySize = ImVec2(static_cast<float>(width), static_cast<float>(height));
    io.DeltaTime = 1.0F / 60;
    io.IniFilename = nullptr;
    io.BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;
    unsigned char* pixels = nullptr;
    io.Fonts->GetTexDataAsAlpha8(&pixels, &font.width, &font.height);
    font.alpha.assign(pixels, pixels + font.width * font.height);
    io.Fonts->SetTexID(id_of_texture(font));
    ImGui::NewFrame();
    ImGui::EndFrame();
}

/// One frame of Dear ImGui with the sample on its background, rasterised.
Image imgui_frame(const Theme& t, Vec2 origin, float scale, int width, int height) {
    Texture font;
    start_imgui(width, height, font);
    Image image(width, height, t.ground);
    GlyphAtlas atlas;
    ImGui::NewFrame();
    {
        ImGuiCanvas canvas(*ImGui::GetBackgroundDrawList(), atlas, {0, 0, 1920, 1080}, origin,
                           scale);
        draw_sample(canvas, t);
    }
    ImGui::Render();
    raster_draw_data(*ImGui::GetDrawData(), image);
    ImGui::DestroyContext();
    return image;
}

TEST(ImGuiCanvas, WindowAndPngAreTheSamePixels) {
    for (const ThemeId id : {ThemeId::kLight, ThemeId::kDark}) {
        const Theme& t = theme(id);
        const auto png =
            render_image({1920, 1080}, 1, t.ground, [&](Canvas& c) { draw_sample(c, t); });
        EXPECT_TRUE(imgui_frame(t, {0, 0}, 1, 1920, 1080).rgba == png->rgba) << t.name;
    }
}

TEST(ImGuiCanvas, MovedAndScaledOnTheStage) {
    const Theme& t = theme(ThemeId::kLight);
    const auto png =
        render_image({1920, 1080}, 0.5F, t.ground, [&](Canvas& c) { draw_sample(c, t); });
    const Image window = imgui_frame(t, {100, 60}, 0.5F, 1280, 720);
    // coordinates far from 0 round differently in their last bit: a few fringe pixels by one step
    // of grey
    int differing = 0, worst = 0;
    for (int y = 0; y < 540; ++y) {
        for (int x = 0; x < 960; ++x) {
            const Color a = window.at(x + 100, y + 60), b = png->at(x, y);
            differing += a == b ? 0 : 1;
            worst =
                std::max({worst, std::abs(a.r - b.r), std::abs(a.g - b.g), std::abs(a.b - b.b)});
        }
    }
    EXPECT_LT(differing, 100);
    EXPECT_LE(worst, 3);
}

TEST(ImGuiCanvas, MoreVerticesThanSixteenBits) {
    Texture font;
    start_imgui(300, 300, font);
    ImGui::NewFrame();
    std::vector<Color> cells;
    for (int i = 0; i < 256 * 256; ++i)
        cells.push_back(
            {static_cast<std::uint8_t>(i % 251), static_cast<std::uint8_t>(i / 256), 7});
    GlyphAtlas atlas;
    {
        ImGuiCanvas canvas(*ImGui::GetBackgroundDrawList(), atlas, {0, 0, 300, 300}, {0, 0}, 1);
        canvas.heatmap({10, 10, 256, 256}, 256, 256, cells);
    }
    ImGui::Render();
    Image image(300, 300, kWhite);
    raster_draw_data(*ImGui::GetDrawData(), image);
    ImGui::DestroyContext();
    for (int y = 0; y < 256; ++y) {
        for (int x = 0; x < 256; ++x)
            ASSERT_EQ(image.at(10 + x, 10 + y), cells[static_cast<std::size_t>(y * 256 + x)])
                << x << "," << y;
    }
}

TEST(GlyphAtlas, ClearsBetweenFramesWhenFull) {
    GlyphAtlas atlas;
    const Fonts& fonts = Fonts::shared();
    const GlyphLine line = fonts.place("湖南大学深度学习注意力", 20, Weight::kRegular, true);
    const auto draw_all = [&](float from) {
        for (float size = from; size < from + 60; size += 1) {
            for (const PlacedGlyph& g : line.glyphs) atlas.find(g.ref, size, 0, false);
        }
    };
    for (int i = 0;
         i < 40 && atlas.pages().size() <= static_cast<std::size_t>(GlyphAtlas::kMaxPages); ++i)
        draw_all(100 + 7.3F * static_cast<float>(i));
    ASSERT_GT(atlas.pages().size(), static_cast<std::size_t>(GlyphAtlas::kMaxPages));
    const GlyphBitmap direct = fonts.rasterize(line.glyphs[0].ref, 33, 0.25F, false);
    const std::size_t pages = atlas.pages().size();
    atlas.begin_frame();
    EXPECT_EQ(atlas.pages().size(), pages) << "GPU handles of pages stay valid";
    EXPECT_EQ(atlas.current_page(), atlas.pages().front().get());
    const GlyphAtlas::Entry& e = atlas.find(line.glyphs[0].ref, 33, 1, false);
    ASSERT_NE(e.page, nullptr);
    EXPECT_EQ(e.width, direct.width);
    for (int y = 0; y < e.height; ++y) {
        for (int x = 0; x < e.width; ++x) {
            ASSERT_EQ(e.page, atlas.current_page());
            ASSERT_EQ(e.page->alpha[static_cast<std::size_t>((e.y + y) * e.page->width + e.x + x)],
                      direct.coverage[static_cast<std::size_t>(y * e.width + x)]);
        }
    }
}

}  // namespace
}  // namespace dg::viz
