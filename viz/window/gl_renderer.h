// OpenGL 3 rendering of a frame, through Dear ImGui's own backend. Used only when the driver is a real GPU.
#pragma once

#include "viz/canvas/glyph_atlas.h"
#include "viz/canvas/image.h"

#include <memory>
#include <string>

struct ImDrawData;

namespace dg::viz {

class GlRenderer {
  public:
    /// A context must be current. nullptr when the backend is not compiled in or does not start.
    static std::unique_ptr<GlRenderer> create();
    virtual ~GlRenderer() = default;

    /// The driver's name.
    [[nodiscard]] virtual const std::string& name() const = 0;
    /// Uploads what changed and draws; the texture ids in `frame` are replaced.
    virtual void render(ImDrawData& frame, int width, int height, Color ground) = 0;
    /// The picture last rendered, before the buffers are swapped.
    virtual Image read(int width, int height) = 0;
};

/// Is this the name of a renderer that runs on the CPU (llvmpipe, softpipe, SwiftShader)?
bool is_software_gl(const std::string& renderer);

}  // namespace dg::viz
