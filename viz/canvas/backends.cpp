#include "viz/canvas/backends.h"

#include "engine/io/files.h"
#include "viz/canvas/log_canvas.h"
#include "viz/canvas/mesh_canvas.h"
#include "viz/canvas/pdf_canvas.h"
#include "viz/canvas/raster.h"
#include "viz/canvas/svg_canvas.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz {

namespace {

constexpr float kMaxPixels = 20000;

/// Draws triangles into an image as they come.
class ImageSink : public MeshSink {
  public:
    explicit ImageSink(Image& image) : image_(image) { set_clip(std::nullopt); }

    void set_clip(std::optional<PixelRect> clip) override {
        clip_ = clip.value_or(PixelRect{0, 0, image_.width, image_.height});
    }

    void add(const Texture& texture, const Mesh& mesh) override {
        raster_triangles(image_, clip_, &texture, mesh.vertices,
                         std::span<const std::uint16_t>(mesh.indices));
    }

  private:
    Image& image_;
    PixelRect clip_;
};

Result<void> check_page(PageSize page, float scale) {
    const float w = page.width * scale, h = page.height * scale;
    // written so that NaN fails
    if (w > 0 && h > 0 && w <= kMaxPixels && h <= kMaxPixels) return {};
    return Error{
        "page_size", {{"width", fmt::format("{:g}", w)}, {"height", fmt::format("{:g}", h)}}, ""};
}

}  // namespace

Result<Image> render_image(PageSize page, float scale, Color background, const DrawFunction& draw) {
    DG_TRY(check_page(page, scale));
    const auto pixels = [scale](float side) {
        return std::max(1, static_cast<int>(std::lround(side * scale)));
    };
    Image image(pixels(page.width), pixels(page.height), background);
    // glyphs stay for the next frame of an animation; every thread has its own
    thread_local GlyphAtlas atlas;
    atlas.begin_frame();
    ImageSink sink(image);
    MeshCanvas canvas(sink, atlas, {0, 0, page.width, page.height}, {0, 0}, scale);
    draw(canvas);
    return image;
}

Result<void> write_png(const std::filesystem::path& file, PageSize page,
                       const OutputOptions& options, const DrawFunction& draw) {
    DG_ASSIGN(const Image image, render_image(page, options.scale, options.background, draw));
    DG_ASSIGN(const std::string bytes,
              encode_png(image, options.metadata, 96.0 * static_cast<double>(options.scale)));
    return write_file(file, bytes);
}

Result<void> write_svg(const std::filesystem::path& file, PageSize page,
                       const OutputOptions& options, const DrawFunction& draw) {
    DG_TRY(check_page(page, 1));
    SvgCanvas canvas({0, 0, page.width, page.height});
    draw(canvas);
    return write_file(file, canvas.document(options.background, options.metadata));
}

Result<void> write_pdf(const std::filesystem::path& file, PageSize page,
                       const OutputOptions& options, std::span<const DrawFunction> pages) {
    DG_TRY(check_page(page, 1));
    const Rect whole = {0, 0, page.width, page.height};
    PdfCanvas canvas(whole, options.metadata);
    for (std::size_t i = 0; i < pages.size(); ++i) {
        if (i > 0) canvas.next_page(whole);
        canvas.fill_rect(whole, options.background, 0);
        pages[i](canvas);
    }
    DG_ASSIGN(const std::string bytes, canvas.finish());
    return write_file(file, bytes);
}

Result<void> write_pdf(const std::filesystem::path& file, PageSize page,
                       const OutputOptions& options, const DrawFunction& draw) {
    return write_pdf(file, page, options, std::span<const DrawFunction>(&draw, 1));
}

Result<void> write_picture(const std::filesystem::path& file, PageSize page,
                           const OutputOptions& options, const DrawFunction& draw) {
    std::string extension = file.extension().string();
    for (char& c : extension) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (extension == ".png") return write_png(file, page, options, draw);
    if (extension == ".svg") return write_svg(file, page, options, draw);
    if (extension == ".pdf") return write_pdf(file, page, options, draw);
    return Error{"picture_format", {{"extension", extension}}, file.string()};
}

std::string draw_log(PageSize page, const DrawFunction& draw) {
    LogCanvas canvas({0, 0, page.width, page.height});
    draw(canvas);
    return canvas.log();
}

Result<Metadata> read_metadata(const std::filesystem::path& file) {
    DG_ASSIGN(const std::string bytes, read_file(file));
    const bool png = bytes.compare(0, 4, "\x89PNG") == 0;
    return png ? decode_png_text(bytes, file.string()) : decode_svg_metadata(bytes, file.string());
}

}  // namespace dg::viz
