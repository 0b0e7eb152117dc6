#include "viz/canvas/mesh_recording.h"

#include <limits>

namespace dg::viz {

void MeshRecording::set_clip(std::optional<PixelRect> clip) {
    steps_.emplace_back(Clip{clip});
}

void MeshRecording::add(const Texture& texture, const Mesh& mesh) {
    constexpr std::size_t kMost = std::numeric_limits<std::uint16_t>::max();
    Batch* last = steps_.empty() ? nullptr : std::get_if<Batch>(&steps_.back());
    if (!last || last->texture != &texture ||
        last->mesh.vertices.size() + mesh.vertices.size() > kMost) {
        steps_.emplace_back(Batch{&texture, mesh});
        return;
    }
    Mesh& all = last->mesh;
    const auto first = static_cast<std::uint16_t>(all.vertices.size());
    all.vertices.insert(all.vertices.end(), mesh.vertices.begin(), mesh.vertices.end());
    for (const std::uint16_t i : mesh.indices)
        all.indices.push_back(static_cast<std::uint16_t>(first + i));
}

void MeshRecording::replay(MeshSink& sink) const {
    for (const auto& step : steps_) {
        if (const Clip* clip = std::get_if<Clip>(&step)) {
            sink.set_clip(clip->rect);
        } else {
            const Batch& batch = std::get<Batch>(step);
            sink.add(*batch.texture, batch.mesh);
        }
    }
}

}  // namespace dg::viz
