#include "viz/window/painter.h"

#include "viz/canvas/raster.h"
#include "viz/canvas/texture_id.h"

#include <imgui.h>

#include <algorithm>

namespace dg::viz {

Painter::Painter() : context_(ImGui::CreateContext()) {
    ImGui::SetCurrentContext(context_);
    ImGuiIO& io = ImGui::GetIO();
    io.IniFilename = nullptr;
    io.LogFilename = nullptr;
    io.DeltaTime = 1.0F / 60.0F;
    io.BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;
    unsigned char* pixels = nullptr;
    int width = 0, height = 0;
    io.Fonts->GetTexDataAsAlpha8(&pixels, &width, &height);
    font_.width = width, font_.height = height;
    font_.alpha.assign(pixels, pixels + static_cast<std::ptrdiff_t>(width) * height);
    font_.version = 1;
    io.Fonts->SetTexID(id_of_texture(font_));
}

Painter::~Painter() { ImGui::DestroyContext(context_); }

void Painter::begin(int width, int height) {
    ImGui::SetCurrentContext(context_);
    atlas_.begin_frame();
    ImGui::GetIO().DisplaySize = ImVec2(static_cast<float>(width), static_cast<float>(height));
    ImGui::NewFrame();
    open_ = true;
}

std::unique_ptr<Canvas> Painter::open(Rect page, Vec2 origin, float scale) {
    DG_CHECK(open_);
    return std::make_unique<ImGuiCanvas>(*ImGui::GetBackgroundDrawList(), atlas_, page, origin, scale);
}

std::unique_ptr<Canvas> Painter::record(MeshRecording& kept, Rect page, Vec2 origin, float scale) {
    kept.clear();
    return std::make_unique<MeshCanvas>(kept, atlas_, page, origin, scale);
}

void Painter::play(const MeshRecording& kept) {
    DG_CHECK(open_);
    ImGuiSink sink(*ImGui::GetBackgroundDrawList());
    kept.replay(sink);
}

void Painter::end(bool keep) {
    if (!open_) return;
    open_ = false;
    if (keep) {
        ImGui::Render();
    } else {
        ImGui::EndFrame();
    }
}

ImDrawData* Painter::draw_data() const {
    ImGui::SetCurrentContext(context_);
    return ImGui::GetDrawData();
}

void Painter::raster(Image& target, Color ground) const {
    const ImDrawData* data = draw_data();
    if (!data) return;
    const int width = std::max(1, static_cast<int>(data->DisplaySize.x)), height = std::max(1, static_cast<int>(data->DisplaySize.y));
    if (target.width != width || target.height != height) target = Image(width, height, ground);
    raster_draw_data(*data, target);
}

int Painter::vertices() const {
    const ImDrawData* data = draw_data();
    return data ? data->TotalVtxCount : 0;
}

}  // namespace dg::viz
