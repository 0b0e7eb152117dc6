// One frame of the window as triangles: hands out canvases, then gives the frame to a renderer. Needs no window: the
// headless mode and the tests paint with it too.
//     Painter painter;
//     painter.begin(1920, 1080);
//     { auto canvas = painter.open({0, 0, 1920, 1080}, {0, 0}, 1); shell.draw(*canvas); }
//     painter.end();
//     Image image = painter.raster(ground);
#pragma once

#include "viz/canvas/glyph_atlas.h"
#include "viz/canvas/image.h"
#include "viz/canvas/imgui_canvas.h"
#include "viz/canvas/mesh_recording.h"

#include <memory>

struct ImDrawData;
struct ImGuiContext;

namespace dg::viz {

class Painter {
  public:
    Painter();
    ~Painter();
    Painter(const Painter&) = delete;
    Painter& operator=(const Painter&) = delete;

    /// Starts a frame of this many pixels (>= 1 each).
    void begin(int width, int height);
    /// A canvas whose `page` lies at `origin` (pixels), `scale` pixels per unit. Close (destroy) canvases in the reverse
    /// order of opening, all of them before end().
    std::unique_ptr<Canvas> open(Rect page, Vec2 origin, float scale);
    /// The same into `kept` instead of the frame; play() shows it, now and in later frames of the same atlas generation.
    std::unique_ptr<Canvas> record(MeshRecording& kept, Rect page, Vec2 origin, float scale);
    void play(const MeshRecording& kept);
    /// Ends the frame. With `keep` = false the frame is thrown away (after an exception).
    void end(bool keep = true);

    /// The frame as the last end() left it; nullptr before the first.
    [[nodiscard]] ImDrawData* draw_data() const;
    /// Draws the frame with the software rasteriser over `ground`; `target` is resized when needed.
    void raster(Image& target, Color ground) const;

    [[nodiscard]] GlyphAtlas& atlas() { return atlas_; }

    [[nodiscard]] const GlyphAtlas& atlas() const { return atlas_; }

    /// Vertices of the last frame.
    [[nodiscard]] int vertices() const;

  private:
    ImGuiContext* context_;
    Texture font_;  // Dear ImGui's own; nothing is drawn with it
    GlyphAtlas atlas_;
    bool open_ = false;
};

}  // namespace dg::viz
