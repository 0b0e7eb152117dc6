// One drawing function, every output. The export of figures, handouts and screenshots calls these;
// they need neither a window nor a GPU, may run on any thread, and give the same bytes for the same
// drawing (fonts and build being the same).
//
//     const auto draw = [&](Canvas& canvas) { scene.draw(canvas, *data, params, view); };
//     DG_TRY(write_png("a.png", {1920, 1080}, {.scale = 2, .background = t.ground, .metadata =
//     recipe}, draw));
//
// The background is painted before `draw` is called. A file appears whole or not at all.
#pragma once

#include "engine/base/result.h"
#include "viz/canvas/canvas.h"
#include "viz/canvas/image.h"
#include "viz/canvas/png.h"

#include <filesystem>
#include <functional>
#include <span>
#include <string>

namespace dg::viz {

using DrawFunction = std::function<void(Canvas&)>;

/// The page in the drawing's units (pixels at 100 %, 96 per inch).
struct PageSize {
    float width = 1920, height = 1080;
};

/// scale: PNG pixels per unit (dpi / 96); vectors ignore it. Keys "Title", "Author", "Description"
/// and "Software" have their usual meaning; any other key ("deepglass.recipe") is carried along.
struct OutputOptions {
    float scale = 1;
    Color background = Color::hex(0xFFFFFF);
    Metadata metadata = {};
};

/// The picture in memory: round(width * scale) x round(height * scale) pixels, at least 1x1. Error
/// code: page_size (args width, height) for sides above 20,000 pixels, not positive or not finite.
Result<Image> render_image(PageSize page, float scale, Color background, const DrawFunction& draw);

/// PNG with the metadata as text chunks. Error codes: page_size, png_encode, file_write.
Result<void> write_png(const std::filesystem::path& file, PageSize page,
                       const OutputOptions& options, const DrawFunction& draw);

/// SVG (svg_canvas.h), metadata inside. Error codes: page_size, file_write.
Result<void> write_svg(const std::filesystem::path& file, PageSize page,
                       const OutputOptions& options, const DrawFunction& draw);

/// PDF, one page per drawing, all of one size; 1 unit = 0.75 pt (A4 portrait: 793.7 x 1122.5).
/// Error codes: page_size, pdf_encode, file_write.
Result<void> write_pdf(const std::filesystem::path& file, PageSize page,
                       const OutputOptions& options, std::span<const DrawFunction> pages);
Result<void> write_pdf(const std::filesystem::path& file, PageSize page,
                       const OutputOptions& options, const DrawFunction& draw);

/// By the file's extension: .png .svg .pdf, in any case. Error code in addition: picture_format
/// (args extension).
Result<void> write_picture(const std::filesystem::path& file, PageSize page,
                           const OutputOptions& options, const DrawFunction& draw);

/// Every command of the drawing as text (log_canvas.h).
std::string draw_log(PageSize page, const DrawFunction& draw);

/// The metadata of a PNG or SVG written here. Error codes: file_read, png_decode, svg_metadata.
Result<Metadata> read_metadata(const std::filesystem::path& file);

}  // namespace dg::viz
