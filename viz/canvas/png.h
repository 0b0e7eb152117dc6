// PNG files with text chunks: the recipe of a figure travels inside it.
#pragma once

#include "engine/base/result.h"
#include "viz/canvas/image.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dg::viz {

/// Key and UTF-8 value. PNG keys: 1..79 Latin-1 characters ("Title", "Software",
/// "deepglass.recipe").
using Metadata = std::vector<std::pair<std::string, std::string>>;

/// The file's bytes. ASCII values become tEXt chunks, others iTXt, all in front of the pixels;
/// `dpi` > 0 adds pHYs. An opaque image is stored without alpha. Same input, same bytes. Error
/// codes: image_empty, png_encode (args reason).
Result<std::string> encode_png(const Image& image, const Metadata& metadata = {}, double dpi = 0);
/// Pixels of a PNG file. Error code: png_decode (args reason); where = `name`.
Result<Image> decode_png(std::string_view bytes, const std::string& name = {});
/// Every text chunk of a PNG, in order. Error code: png_decode.
Result<Metadata> decode_png_text(std::string_view bytes, const std::string& name = {});

}  // namespace dg::viz
