#include "viz/window/gl_renderer.h"

#include "viz/canvas/texture_id.h"

#include <imgui.h>

#include <SDL.h>
#include <SDL_opengl.h>

#ifdef DG_GL3
#if __has_include(<imgui_impl_opengl3.h>)
#include <imgui_impl_opengl3.h>
#else
#include <backends/imgui_impl_opengl3.h>
#endif
#endif

#include <algorithm>
#include <unordered_map>

namespace dg::viz {

bool is_software_gl(const std::string& renderer) {
    constexpr const char* kSoftware[] = {"llvmpipe", "softpipe", "SwiftShader", "Software Rasterizer", "GDI Generic"};
    return std::ranges::any_of(kSoftware, [&](const char* name) { return renderer.find(name) != std::string::npos; });
}

#ifdef DG_GL3
namespace {

template <class Function>
bool load(Function& function, const char* name) {
    function = reinterpret_cast<Function>(SDL_GL_GetProcAddress(name));
    return function != nullptr;
}

/// The few GL calls that textures and screenshots need.
struct Gl {
    decltype(&glGenTextures) gen_textures = nullptr;
    decltype(&glBindTexture) bind_texture = nullptr;
    decltype(&glTexParameteri) tex_parameter = nullptr;
    decltype(&glTexImage2D) tex_image = nullptr;
    decltype(&glPixelStorei) pixel_store = nullptr;
    decltype(&glClearColor) clear_color = nullptr;
    decltype(&glClear) clear = nullptr;
    decltype(&glViewport) viewport = nullptr;
    decltype(&glReadPixels) read_pixels = nullptr;
    decltype(&glGetString) get_string = nullptr;

    bool load_all() {
        return load(gen_textures, "glGenTextures") && load(bind_texture, "glBindTexture") && load(tex_parameter, "glTexParameteri") &&
               load(tex_image, "glTexImage2D") && load(pixel_store, "glPixelStorei") && load(clear_color, "glClearColor") &&
               load(clear, "glClear") && load(viewport, "glViewport") && load(read_pixels, "glReadPixels") &&
               load(get_string, "glGetString");
    }
};

class Gl3 : public GlRenderer {
  public:
    bool start() {
        if (!gl_.load_all()) return false;
        if (const auto* name = gl_.get_string(GL_RENDERER)) name_ = reinterpret_cast<const char*>(name);
        started_ = ImGui_ImplOpenGL3_Init("#version 150");
        if (started_) ImGui_ImplOpenGL3_NewFrame();  // makes shaders and the unused font texture
        return started_;
    }

    ~Gl3() override {
        if (started_) ImGui_ImplOpenGL3_Shutdown();
    }

    [[nodiscard]] const std::string& name() const override { return name_; }

    void render(ImDrawData& frame, int width, int height, Color ground) override {
        for (int n = 0; n < frame.CmdListsCount; ++n) {
            for (ImDrawCmd& cmd : frame.CmdLists[n]->CmdBuffer) {
                if (cmd.ElemCount == 0 || cmd.UserCallback) continue;
                cmd.TextureId = static_cast<ImTextureID>(reinterpret_cast<void*>(static_cast<std::uintptr_t>(upload(cmd.GetTexID()))));
            }
        }
        gl_.viewport(0, 0, width, height);
        gl_.clear_color(static_cast<float>(ground.r) / 255, static_cast<float>(ground.g) / 255, static_cast<float>(ground.b) / 255, 1);
        gl_.clear(GL_COLOR_BUFFER_BIT);
        ImGui_ImplOpenGL3_RenderDrawData(&frame);
    }

    Image read(int width, int height) override {
        Image image(width, height, Color{});
        gl_.pixel_store(GL_PACK_ALIGNMENT, 1);
        gl_.read_pixels(0, 0, width, height, GL_RGBA, GL_UNSIGNED_BYTE, image.rgba.data());
        // GL's first row is the lowest
        const auto stride = static_cast<std::ptrdiff_t>(width) * 4;
        for (int y = 0; y < height / 2; ++y) {
            std::swap_ranges(image.rgba.begin() + y * stride, image.rgba.begin() + (y + 1) * stride,
                             image.rgba.begin() + (height - 1 - y) * stride);
        }
        for (std::size_t i = 3; i < image.rgba.size(); i += 4) image.rgba[i] = 255;
        return image;
    }

  private:
    GLuint upload(ImTextureID id) {
        Texture* texture = texture_of_id(id);
        if (!texture) return 0;
        if (texture->gpu != 0 && texture->gpu_version == texture->version) return static_cast<GLuint>(texture->gpu);
        if (texture->gpu == 0) {
            GLuint handle = 0;
            gl_.gen_textures(1, &handle);
            texture->gpu = handle;
        }
        pixels_.assign(texture->alpha.size() * 4, 255);
        for (std::size_t i = 0; i < texture->alpha.size(); ++i) pixels_[4 * i + 3] = texture->alpha[i];
        gl_.bind_texture(GL_TEXTURE_2D, static_cast<GLuint>(texture->gpu));
        gl_.tex_parameter(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
        gl_.tex_parameter(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
        gl_.pixel_store(GL_UNPACK_ALIGNMENT, 1);
        gl_.tex_image(GL_TEXTURE_2D, 0, GL_RGBA, texture->width, texture->height, 0, GL_RGBA, GL_UNSIGNED_BYTE, pixels_.data());
        texture->gpu_version = texture->version;
        return static_cast<GLuint>(texture->gpu);
    }

    Gl gl_;
    std::string name_;
    bool started_ = false;
    std::vector<std::uint8_t> pixels_;
};

}  // namespace

std::unique_ptr<GlRenderer> GlRenderer::create() {
    auto renderer = std::make_unique<Gl3>();
    if (!renderer->start()) return nullptr;
    return renderer;
}
#else
std::unique_ptr<GlRenderer> GlRenderer::create() { return nullptr; }
#endif

}  // namespace dg::viz
