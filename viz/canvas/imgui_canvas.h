// Canvas on an ImDrawList: the window's way to draw a scene.
//     GlyphAtlas atlas;                                     // one for the window;
//     atlas.begin_frame() every frame ImGuiCanvas canvas(*ImGui::GetWindowDrawList(), atlas, {0, 0,
//     w, h}, origin, scale); scene.draw(canvas, ...);                              // then
//     canvas.regions()
// Text uses textures of the atlas: every ImTextureID it hands over is a `Texture*` (image.h). The
// software rasteriser takes them as they are; a GPU renderer uploads them and replaces the ids
// before it renders.
#pragma once

#include "viz/canvas/mesh_canvas.h"

struct ImDrawList;

namespace dg::viz {

class ImGuiSink : public MeshSink {
  public:
    explicit ImGuiSink(ImDrawList& list) : list_(list) {}

    ~ImGuiSink() override;
    ImGuiSink(const ImGuiSink&) = delete;
    ImGuiSink& operator=(const ImGuiSink&) = delete;

    void set_clip(std::optional<PixelRect> clip) override;
    void add(const Texture& texture, const Mesh& mesh) override;

  private:
    ImDrawList& list_;
    const Texture* bound_ = nullptr;
    bool clipped_ = false;
};

class ImGuiCanvas : private ImGuiSink, public MeshCanvas {
  public:
    /// `page`: the drawing's coordinates; its corner lands on `origin` (whole pixels keep it
    /// crisp), `scale` pixels per unit.
    ImGuiCanvas(ImDrawList& list, GlyphAtlas& atlas, Rect page, Vec2 origin, float scale)
        : ImGuiSink(list), MeshCanvas(static_cast<MeshSink&>(*this), atlas, page, origin, scale) {}
};

}  // namespace dg::viz
