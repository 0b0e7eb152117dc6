// Triangles kept for later frames: a drawing that did not change is copied instead of made again.
//     MeshRecording kept;
//     { MeshCanvas canvas(kept, atlas, page, origin, scale); scene.draw(canvas, ...); }
//     kept.replay(sink);   // every frame, while atlas.generation() is the same
#pragma once

#include "viz/canvas/mesh_canvas.h"

#include <variant>
#include <vector>

namespace dg::viz {

class MeshRecording : public MeshSink {
  public:
    void set_clip(std::optional<PixelRect> clip) override;
    /// Neighbours on one texture become one mesh.
    void add(const Texture& texture, const Mesh& mesh) override;

    /// Hands everything on in the order it came.
    void replay(MeshSink& sink) const;
    void clear() { steps_.clear(); }

    [[nodiscard]] bool empty() const { return steps_.empty(); }

  private:
    struct Clip {
        std::optional<PixelRect> rect;
    };

    struct Batch {
        const Texture* texture = nullptr;
        Mesh mesh;
    };

    std::vector<std::variant<Clip, Batch>> steps_;
};

}  // namespace dg::viz
