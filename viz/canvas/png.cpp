#include "viz/canvas/png.h"

#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>

namespace dg::viz {

namespace {

constexpr int kMaxSide = 32768;

/// libpng reports through longjmp: the message waits here, and no object with a destructor may live
/// between the setjmp and the calls, so each step below works on plain data that its caller owns.
struct Trouble {
    char message[200] = "";
};

void on_error(png_structp png, png_const_charp message) {
    auto* trouble = static_cast<Trouble*>(png_get_error_ptr(png));
    std::strncpy(trouble->message, message, sizeof trouble->message - 1);
    longjmp(png_jmpbuf(png), 1);
}

void on_warning(png_structp, png_const_charp) {}

struct Source {
    const char* data;
    std::size_t size, at;
};

void read_bytes(png_structp png, png_bytep out, png_size_t count) {
    auto* source = static_cast<Source*>(png_get_io_ptr(png));
    if (source->size - source->at < count) png_error(png, "the file ends too early");
    std::memcpy(out, source->data + source->at, count);
    source->at += count;
}

void append_bytes(png_structp png, png_bytep bytes, png_size_t count) {
    static_cast<std::string*>(png_get_io_ptr(png))
        ->append(reinterpret_cast<const char*>(bytes), count);
}

void no_flush(png_structp) {}

bool is_ascii(const std::string& text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::vector<png_text> text_chunks(const Metadata& metadata) {
    std::vector<png_text> chunks;
    for (const auto& [key, value] : metadata) {
        png_text chunk;
        std::memset(&chunk, 0, sizeof chunk);
        chunk.compression = is_ascii(value) ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE;
        chunk.key = const_cast<char*>(key.c_str());
        chunk.text = const_cast<char*>(value.c_str());
        chunk.text_length = is_ascii(value) ? value.size() : 0;
        chunk.itxt_length = is_ascii(value) ? 0 : value.size();
        chunk.lang = const_cast<char*>("");
        chunk.lang_key = const_cast<char*>("");
        chunks.push_back(chunk);
    }
    return chunks;
}

struct Writing {
    png_structp png = nullptr;
    png_infop info = nullptr;

    ~Writing() { png_destroy_write_struct(&png, &info); }
};

struct Reading {
    png_structp png = nullptr;
    png_infop info = nullptr;

    ~Reading() { png_destroy_read_struct(&png, &info, nullptr); }
};

bool write_image(Writing& w, const Image& image, int channels, const std::vector<png_text>& chunks,
                 const std::vector<png_bytep>& rows, double dpi, std::string& out) {
    if (setjmp(png_jmpbuf(w.png))) return false;
    png_set_write_fn(w.png, &out, append_bytes, no_flush);
    const auto width = static_cast<png_uint_32>(image.width),
               height = static_cast<png_uint_32>(image.height);
    png_set_IHDR(w.png, w.info, width, height, 8,
                 channels == 4 ? PNG_COLOR_TYPE_RGBA : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_sRGB(w.png, w.info, PNG_sRGB_INTENT_PERCEPTUAL);
    if (dpi > 0) {
        const auto per_metre = static_cast<png_uint_32>(dpi / 0.0254 + 0.5);
        png_set_pHYs(w.png, w.info, per_metre, per_metre, PNG_RESOLUTION_METER);
    }
    if (!chunks.empty())
        png_set_text(w.png, w.info, chunks.data(), static_cast<int>(chunks.size()));
    // pictures of flat colour: the cheap filters compress as well as the adaptive choice and take
    // half the time
    png_set_filter(w.png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE | PNG_FILTER_SUB);
    png_set_compression_level(w.png, 6);
    png_write_info(w.png, w.info);
    png_write_image(w.png, const_cast<png_bytepp>(rows.data()));
    png_write_end(w.png, nullptr);
    return true;
}

bool read_header(Reading& r, Source& source) {
    if (setjmp(png_jmpbuf(r.png))) return false;
    png_set_read_fn(r.png, &source, read_bytes);
    png_set_user_limits(r.png, kMaxSide, kMaxSide);
    png_read_info(r.png, r.info);
    return true;
}

bool read_pixels(Reading& r, std::vector<png_bytep>& rows) {
    if (setjmp(png_jmpbuf(r.png))) return false;
    png_read_image(r.png, rows.data());
    return true;
}

/// Reads past the pixels: libpng does not skip them by itself.
bool read_rest(Reading& r) {
    if (setjmp(png_jmpbuf(r.png))) return false;
    const int passes = png_set_interlace_handling(r.png);
    const png_uint_32 rows = png_get_image_height(r.png, r.info);
    png_start_read_image(r.png);
    for (int pass = 0; pass < passes; ++pass) {
        for (png_uint_32 y = 0; y < rows; ++y) png_read_row(r.png, nullptr, nullptr);
    }
    png_read_end(r.png, r.info);
    return true;
}

bool to_rgba(Reading& r) {
    if (setjmp(png_jmpbuf(r.png))) return false;
    png_set_expand(r.png);
    png_set_strip_16(r.png);
    png_set_gray_to_rgb(r.png);
    png_set_add_alpha(r.png, 255, PNG_FILLER_AFTER);
    png_read_update_info(r.png, r.info);
    return true;
}

Error decode_error(const Trouble& trouble, const std::string& name) {
    return {"png_decode", {{"reason", trouble.message}}, name};
}

/// Opens a reader and stops in front of the pixels.
bool open_reader(Reading& r, Source& source, Trouble& trouble) {
    if (source.size < 8 || png_sig_cmp(reinterpret_cast<png_const_bytep>(source.data), 0, 8) != 0) {
        std::strcpy(trouble.message, "not a PNG file");
        return false;
    }
    r.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &trouble, on_error, on_warning);
    r.info = r.png ? png_create_info_struct(r.png) : nullptr;
    return r.info && read_header(r, source);
}

}  // namespace

Result<std::string> encode_png(const Image& image, const Metadata& metadata, double dpi) {
    if (image.width <= 0 || image.height <= 0) return Error{"image_empty", {}, ""};
    const std::size_t pixels =
        static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height);
    bool opaque = true;
    for (std::size_t i = 0; i < pixels && opaque; ++i) opaque = image.rgba[4 * i + 3] == 255;
    std::vector<std::uint8_t> bytes;
    const std::size_t channels = opaque ? 3 : 4;
    bytes.reserve(pixels * channels);
    for (std::size_t i = 0; i < pixels; ++i) {
        bytes.insert(bytes.end(), &image.rgba[4 * i], &image.rgba[4 * i] + channels);
    }
    std::vector<png_bytep> rows;
    for (int y = 0; y < image.height; ++y) {
        rows.push_back(bytes.data() + static_cast<std::size_t>(y) *
                                          static_cast<std::size_t>(image.width) * channels);
    }
    std::string out;
    Trouble trouble;
    Writing w;
    w.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &trouble, on_error, on_warning);
    w.info = w.png ? png_create_info_struct(w.png) : nullptr;
    if (!w.info ||
        !write_image(w, image, static_cast<int>(channels), text_chunks(metadata), rows, dpi, out)) {
        return Error{"png_encode", {{"reason", trouble.message}}, ""};
    }
    return out;
}

Result<Image> decode_png(std::string_view bytes, const std::string& name) {
    Trouble trouble;
    Source source{bytes.data(), bytes.size(), 0};
    Reading r;
    if (!open_reader(r, source, trouble) || !to_rgba(r)) return decode_error(trouble, name);
    Image image(static_cast<int>(png_get_image_width(r.png, r.info)),
                static_cast<int>(png_get_image_height(r.png, r.info)), Color{});
    std::vector<png_bytep> rows;
    for (int y = 0; y < image.height; ++y) {
        rows.push_back(image.rgba.data() +
                       4 * static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width));
    }
    if (!read_pixels(r, rows)) return decode_error(trouble, name);
    return image;
}

Result<Metadata> decode_png_text(std::string_view bytes, const std::string& name) {
    Trouble trouble;
    Source source{bytes.data(), bytes.size(), 0};
    Reading r;
    // other programs may have moved the chunks behind the pixels: read to the end
    if (!open_reader(r, source, trouble) || !read_rest(r)) return decode_error(trouble, name);
    png_textp chunks = nullptr;
    const auto count = static_cast<std::size_t>(png_get_text(r.png, r.info, &chunks, nullptr));
    Metadata metadata;
    for (const png_text& chunk : std::span(chunks, count)) {
        const std::size_t size =
            chunk.compression >= PNG_ITXT_COMPRESSION_NONE ? chunk.itxt_length : chunk.text_length;
        metadata.emplace_back(chunk.key, std::string(chunk.text, size));
    }
    return metadata;
}

}  // namespace dg::viz
