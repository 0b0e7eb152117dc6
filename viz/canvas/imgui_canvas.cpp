#include "viz/canvas/imgui_canvas.h"

#include "viz/canvas/texture_id.h"

#include <algorithm>

namespace dg::viz {

ImGuiSink::~ImGuiSink() {
    if (clipped_) list_.PopClipRect();
    if (bound_) list_.PopTextureID();
}

void ImGuiSink::set_clip(std::optional<PixelRect> clip) {
    if (clipped_) list_.PopClipRect();
    clipped_ = clip.has_value();
    if (!clip) return;
    list_.PushClipRect(ImVec2(static_cast<float>(clip->x0), static_cast<float>(clip->y0)),
                       ImVec2(static_cast<float>(clip->x1), static_cast<float>(clip->y1)), true);
}

void ImGuiSink::add(const Texture& texture, const Mesh& mesh) {
    if (bound_ != &texture) {
        if (bound_) list_.PopTextureID();
        list_.PushTextureID(id_of_texture(texture));
        bound_ = &texture;
    }
    // PrimReserve starts a new vertex window by itself when 16-bit indices run out
    list_.PrimReserve(static_cast<int>(mesh.indices.size()),
                      static_cast<int>(mesh.vertices.size()));
    const auto first = static_cast<ImDrawIdx>(list_._VtxCurrentIdx);
    // what PrimWriteIdx and PrimWriteVtx do, whole meshes at once
    list_._IdxWritePtr = std::transform(
        mesh.indices.begin(), mesh.indices.end(), list_._IdxWritePtr,
        [first](std::uint16_t i) { return static_cast<ImDrawIdx>(first + i); });
    list_._VtxWritePtr =
        std::copy(mesh.vertices.begin(), mesh.vertices.end(), list_._VtxWritePtr);
    list_._VtxCurrentIdx += static_cast<unsigned int>(mesh.vertices.size());
}

}  // namespace dg::viz
