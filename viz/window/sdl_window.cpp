#include "viz/window/sdl_window.h"

#include "viz/window/gl_renderer.h"
#include "viz/window/sdl_events.h"

#include <SDL.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace dg::viz {
namespace {

struct WindowDeleter {
    void operator()(SDL_Window* window) const { SDL_DestroyWindow(window); }
};

struct CursorDeleter {
    void operator()(SDL_Cursor* cursor) const { SDL_FreeCursor(cursor); }
};

Error sdl_error() { return {"window_sdl", {{"reason", SDL_GetError()}}, ""}; }

/// Straight RGBA bytes into the surface's own pixel order.
void blit(const Image& image, SDL_Surface& surface) {
    const int rows = std::min(image.height, surface.h), cols = std::min(image.width, surface.w);
    const SDL_PixelFormat& f = *surface.format;
    if (f.BytesPerPixel != 4) {
        SDL_ConvertPixels(cols, rows, SDL_PIXELFORMAT_RGBA32, image.rgba.data(), image.width * 4, f.format, surface.pixels, surface.pitch);
        return;
    }
    for (int y = 0; y < rows; ++y) {
        const std::uint8_t* from = image.rgba.data() + static_cast<std::ptrdiff_t>(y) * image.width * 4;
        auto* to = reinterpret_cast<std::uint32_t*>(static_cast<std::uint8_t*>(surface.pixels) + static_cast<std::ptrdiff_t>(y) * surface.pitch);
        for (int x = 0; x < cols; ++x, from += 4) {
            to[x] = static_cast<std::uint32_t>(from[0]) << f.Rshift | static_cast<std::uint32_t>(from[1]) << f.Gshift |
                    static_cast<std::uint32_t>(from[2]) << f.Bshift;
        }
    }
}

class Sdl : public SdlWindow {
  public:
    explicit Sdl(Painter& painter) : painter_(painter) {}

    ~Sdl() override {
        gl_.reset();
        if (context_) SDL_GL_DeleteContext(context_);
        for (auto& cursor : cursors_) cursor.reset();
        window_.reset();
        SDL_QuitSubSystem(SDL_INIT_VIDEO);
    }

    Result<void> start(const WindowOptions& options) {
        SDL_SetHint(SDL_HINT_IME_SHOW_UI, "1");
        SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");  // else X11 goes through GL: 20 ms instead of 1 at 1080p
        SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
        SDL_SetHint(SDL_HINT_MOUSE_FOCUS_CLICKTHROUGH, "1");
        SDL_SetMainReady();
        if (SDL_InitSubSystem(SDL_INIT_VIDEO) != 0) return sdl_error();
        wake_event_ = SDL_RegisterEvents(1);
        if (options.renderer != "software") open_gl(options);
        if (!window_ && !open_window(options, 0)) return sdl_error();
        SDL_StopTextInput();
        SDL_SetWindowMinimumSize(window_.get(), 480, 360);
        if (options.full_screen) set_full_screen(true);
        measure();
        return {};
    }

    [[nodiscard]] int width() const override { return width_; }

    [[nodiscard]] int height() const override { return height_; }

    [[nodiscard]] const std::string& renderer() const override { return renderer_; }

    void wait(int milliseconds, std::vector<InputEvent>& events) override {
        SDL_Event event;
        const int got = milliseconds < 0 ? SDL_WaitEvent(&event) : milliseconds == 0 ? SDL_PollEvent(&event) : SDL_WaitEventTimeout(&event, milliseconds);
        if (!got) return;
        do take(event, events);
        while (SDL_PollEvent(&event));
    }

    void wake() override {
        SDL_Event event{};
        event.type = wake_event_;
        SDL_PushEvent(&event);
    }

    PresentTimes present(Color ground, Image* copy) override {
        using Clock = std::chrono::steady_clock;
        const auto seconds = [](Clock::time_point since) { return std::chrono::duration<double>(Clock::now() - since).count(); };
        const auto start = Clock::now();
        if (gl_) {
            SDL_GL_MakeCurrent(window_.get(), context_);
            if (ImDrawData* frame = painter_.draw_data()) gl_->render(*frame, width_, height_, ground);
            if (copy) *copy = gl_->read(width_, height_);
            SDL_GL_SwapWindow(window_.get());
            return {-1, seconds(start)};
        }
        painter_.raster(shown_, ground);
        const double rastered = seconds(start);
        if (copy) *copy = shown_;
        SDL_Surface* surface = SDL_GetWindowSurface(window_.get());
        if (!surface) return {rastered, 0};  // the window is going away
        if (SDL_MUSTLOCK(surface)) SDL_LockSurface(surface);
        blit(shown_, *surface);
        if (SDL_MUSTLOCK(surface)) SDL_UnlockSurface(surface);
        SDL_UpdateWindowSurface(window_.get());
        return {rastered, seconds(start) - rastered};
    }

    void set_title(const std::string& title) override {
        if (title == title_) return;
        title_ = title;
        SDL_SetWindowTitle(window_.get(), title.c_str());
    }

    void set_full_screen(bool on) override {
        SDL_SetWindowFullscreen(window_.get(), on ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0);
        full_screen_ = on;
        measure();
    }

    [[nodiscard]] bool full_screen() const override { return full_screen_; }

    void set_text_input(bool on, Rect caret) override {
        if (on) {
            const SDL_Rect rect = {static_cast<int>(caret.x / pixels_), static_cast<int>(caret.y / pixels_),
                                   std::max(1, static_cast<int>(caret.w / pixels_)), std::max(1, static_cast<int>(caret.h / pixels_))};
            SDL_SetTextInputRect(&rect);
        }
        if (on == typing_) return;
        typing_ = on;
        if (on) SDL_StartTextInput();
        else SDL_StopTextInput();
    }

    void set_clipboard(const std::string& text) override { SDL_SetClipboardText(text.c_str()); }

    [[nodiscard]] std::string clipboard() const override {
        char* text = SDL_GetClipboardText();
        std::string copy = text ? text : "";
        SDL_free(text);
        return copy;
    }

    void set_cursor(Cursor cursor) override {
        if (cursor == cursor_) return;
        cursor_ = cursor;
        auto& made = cursors_.at(static_cast<std::size_t>(cursor));
        constexpr std::array kShapes = {SDL_SYSTEM_CURSOR_ARROW, SDL_SYSTEM_CURSOR_HAND, SDL_SYSTEM_CURSOR_IBEAM};
        if (!made) made.reset(SDL_CreateSystemCursor(kShapes.at(static_cast<std::size_t>(cursor))));
        if (made) SDL_SetCursor(made.get());
    }

  private:
    bool open_window(const WindowOptions& options, Uint32 flags) {
        window_.reset(SDL_CreateWindow(options.title.c_str(), SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, options.width, options.height,
                                       SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI | flags));
        return window_ != nullptr;
    }

    /// Leaves window_ empty when OpenGL is missing or (unless it was asked for) not a GPU's.
    void open_gl(const WindowOptions& options) {
        SDL_GL_SetAttribute(SDL_GL_CONTEXT_PROFILE_MASK, SDL_GL_CONTEXT_PROFILE_CORE);
        SDL_GL_SetAttribute(SDL_GL_CONTEXT_MAJOR_VERSION, 3);
        SDL_GL_SetAttribute(SDL_GL_CONTEXT_MINOR_VERSION, 2);
        SDL_GL_SetAttribute(SDL_GL_DOUBLEBUFFER, 1);
        SDL_GL_SetAttribute(SDL_GL_DEPTH_SIZE, 0);
        SDL_GL_SetAttribute(SDL_GL_STENCIL_SIZE, 0);
        if (!open_window(options, SDL_WINDOW_OPENGL)) return;
        context_ = SDL_GL_CreateContext(window_.get());
        if (context_) gl_ = GlRenderer::create();
        if (gl_ && (options.renderer == "gl" || !is_software_gl(gl_->name()))) {
            renderer_ = gl_->name();
            SDL_GL_SetSwapInterval(1);
            return;
        }
        gl_.reset();
        if (context_) SDL_GL_DeleteContext(context_);
        context_ = nullptr;
        window_.reset();
    }

    void measure() {
        int w = 0, h = 0, dw = 0, dh = 0;
        SDL_GetWindowSize(window_.get(), &w, &h);
        dw = w, dh = h;
        if (gl_) {
            SDL_GL_GetDrawableSize(window_.get(), &dw, &dh);
        } else if (const SDL_Surface* surface = SDL_GetWindowSurface(window_.get())) {
            dw = surface->w, dh = surface->h;
        }
        width_ = std::max(1, dw), height_ = std::max(1, dh);
        pixels_ = w > 0 ? static_cast<float>(dw) / static_cast<float>(w) : 1.0F;
    }

    void take(const SDL_Event& event, std::vector<InputEvent>& events) {
        std::optional<InputEvent> translated = translate(event, pixels_);
        if (event.type == SDL_DROPFILE) SDL_free(event.drop.file);
        if (!translated) return;
        if (translated->type == InputEvent::Type::kResize) {
            measure();
            translated->at = {static_cast<float>(width_), static_cast<float>(height_)};
        }
        events.push_back(std::move(*translated));
    }

    Painter& painter_;
    std::unique_ptr<SDL_Window, WindowDeleter> window_;
    SDL_GLContext context_ = nullptr;
    std::unique_ptr<GlRenderer> gl_;
    std::array<std::unique_ptr<SDL_Cursor, CursorDeleter>, 3> cursors_;
    Cursor cursor_ = Cursor::kArrow;
    std::string renderer_ = "software", title_;
    Image shown_;
    int width_ = 1, height_ = 1;
    float pixels_ = 1;
    bool full_screen_ = false, typing_ = false;
    Uint32 wake_event_ = SDL_USEREVENT;
};

}  // namespace

Result<std::unique_ptr<SdlWindow>> SdlWindow::open(const WindowOptions& options, Painter& painter) {
    auto window = std::make_unique<Sdl>(painter);
    if (Result<void> started = window->start(options); !started) return started.error();
    return Result<std::unique_ptr<SdlWindow>>(std::move(window));
}

}  // namespace dg::viz
