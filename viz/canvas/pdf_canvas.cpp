#include "viz/canvas/pdf_canvas.h"

#include "engine/base/check.h"
#include "viz/canvas/hatch.h"
#include "viz/text/utf8.h"

#include <cairo-ft.h>
#include <cairo-pdf.h>
#include <fontconfig/fontconfig.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

namespace dg::viz {

namespace {

constexpr double kPointsPerUnit = 0.75, kPi = 3.14159265358979323846;
// no clock in a figure: a fixed date makes the bytes repeatable
constexpr const char* kDate = "2000-01-01T00:00:00Z";

cairo_status_t append(void* out, const unsigned char* bytes, unsigned int count) {
    static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(bytes), count);
    return CAIRO_STATUS_SUCCESS;
}

void set_source(cairo_t* c, Color color) {
    cairo_set_source_rgba(c, color.r / 255.0, color.g / 255.0, color.b / 255.0, color.a / 255.0);
}

void set_stroke(cairo_t* c, const Stroke& s) {
    set_source(c, s.color);
    cairo_set_line_width(c, static_cast<double>(s.width));
    const double dashes[2] = {static_cast<double>(s.dash),
                              static_cast<double>(std::max(s.gap, 0.01F))};
    cairo_set_dash(c, dashes, s.dash > 0 ? 2 : 0, 0);
}

void trace_rect(cairo_t* c, Rect r, float radius) {
    const double x = static_cast<double>(r.x), y = static_cast<double>(r.y),
                 w = static_cast<double>(r.w), h = static_cast<double>(r.h);
    const double d = std::min({static_cast<double>(radius), w / 2, h / 2});
    if (d <= 0) return cairo_rectangle(c, x, y, w, h);
    cairo_new_sub_path(c);
    cairo_arc(c, x + w - d, y + d, d, -kPi / 2, 0);
    cairo_arc(c, x + w - d, y + h - d, d, 0, kPi / 2);
    cairo_arc(c, x + d, y + h - d, d, kPi / 2, kPi);
    cairo_arc(c, x + d, y + d, d, kPi, 1.5 * kPi);
    cairo_close_path(c);
}

void trace_path(cairo_t* c, const Path& p) {
    const auto x = [](Vec2 v) { return static_cast<double>(v.x); };
    const auto y = [](Vec2 v) { return static_cast<double>(v.y); };
    for (const Path::Step& s : p.steps) {
        if (s.op == 'M') cairo_move_to(c, x(s.a), y(s.a));
        if (s.op == 'L') cairo_line_to(c, x(s.a), y(s.a));
        if (s.op == 'C') cairo_curve_to(c, x(s.a), y(s.a), x(s.b), y(s.b), x(s.c), y(s.c));
        if (s.op == 'Z') cairo_close_path(c);
    }
}

/// cairo keeps its first error for ever: numbers that are none must not reach it.
bool finite(Vec2 p) {
    return std::isfinite(p.x) && std::isfinite(p.y);
}

bool finite(Rect r) {
    return finite(Vec2{r.x, r.y}) && finite(Vec2{r.w, r.h});
}

bool finite(const Path& p) {
    return std::ranges::all_of(
        p.steps, [](const Path::Step& s) { return finite(s.a) && finite(s.b) && finite(s.c); });
}

}  // namespace

struct PdfCanvas::State {
    std::string bytes;
    cairo_surface_t* surface = nullptr;
    cairo_t* cairo = nullptr;
    std::map<std::pair<int, bool>, cairo_font_face_t*> faces;  // by face number and emboldening

    ~State() {
        for (const auto& [key, face] : faces) cairo_font_face_destroy(face);
        cairo_destroy(cairo);
        cairo_surface_destroy(surface);
    }

    cairo_font_face_t* face(const Fonts& fonts, GlyphRef glyph) {
        cairo_font_face_t*& face = faces[{glyph.face, glyph.embolden}];
        if (face) return face;
        const FaceFile file = fonts.face_file(glyph.face);
        if (file.postscript) return face = outline_face(fonts, glyph);
        // cairo opens the file itself: FreeType faces may not be shared between threads
        FcPattern* pattern = FcPatternCreate();
        FcPatternAddString(pattern, FC_FILE, reinterpret_cast<const FcChar8*>(file.file.c_str()));
        FcPatternAddInteger(pattern, FC_INDEX, file.index);
        face = cairo_ft_font_face_create_for_pattern(pattern);
        FcPatternDestroy(pattern);
        if (glyph.embolden) cairo_ft_font_face_set_synthesize(face, CAIRO_FT_SYNTHESIZE_BOLD);
        return face;
    }

    struct OutlineFont {
        const Fonts* fonts;
        GlyphRef glyph;  // face and emboldening
    };

    std::vector<std::unique_ptr<OutlineFont>> outline_fonts;

    /// cairo 1.16 loses glyphs when it cuts a subset out of a CFF font (如 of Noto Sans CJK is
    /// blank): those fonts are embedded as outlines instead, which stay searchable.
    cairo_font_face_t* outline_face(const Fonts& fonts, GlyphRef glyph) {
        outline_fonts.push_back(std::make_unique<OutlineFont>(OutlineFont{&fonts, glyph}));
        cairo_font_face_t* face = cairo_user_font_face_create();
        static cairo_user_data_key_t key;
        cairo_font_face_set_user_data(face, &key, outline_fonts.back().get(), nullptr);
        cairo_user_font_face_set_render_glyph_func(
            face, [](cairo_scaled_font_t* scaled, unsigned long index, cairo_t* c,
                     cairo_text_extents_t* extents) {
                const auto* font = static_cast<const OutlineFont*>(
                    cairo_font_face_get_user_data(cairo_scaled_font_get_font_face(scaled), &key));
                GlyphRef ref = font->glyph;
                ref.index = static_cast<std::uint32_t>(index);
                trace_path(c, font->fonts->outline(ref));
                cairo_fill(c);
                extents->x_advance = 1;
                return CAIRO_STATUS_SUCCESS;
            });
        return face;
    }
};

PdfCanvas::PdfCanvas(Rect page, const Metadata& metadata, const Fonts& fonts)
    : page_(page), fonts_(fonts), state_(std::make_unique<State>()) {
    State& s = *state_;
    const auto points = [](float side) { return static_cast<double>(side) * kPointsPerUnit; };
    s.surface =
        cairo_pdf_surface_create_for_stream(append, &s.bytes, points(page.w), points(page.h));
    cairo_pdf_surface_set_metadata(s.surface, CAIRO_PDF_METADATA_CREATE_DATE, kDate);
    cairo_pdf_surface_set_metadata(s.surface, CAIRO_PDF_METADATA_MOD_DATE, kDate);
    std::string keywords;
    for (const auto& [key, value] : metadata) {
        if (key == "Title")
            cairo_pdf_surface_set_metadata(s.surface, CAIRO_PDF_METADATA_TITLE, value.c_str());
        else if (key == "Author")
            cairo_pdf_surface_set_metadata(s.surface, CAIRO_PDF_METADATA_AUTHOR, value.c_str());
        else if (key == "Description")
            cairo_pdf_surface_set_metadata(s.surface, CAIRO_PDF_METADATA_SUBJECT, value.c_str());
        else if (key == "Software")
            cairo_pdf_surface_set_metadata(s.surface, CAIRO_PDF_METADATA_CREATOR, value.c_str());
        else
            keywords += (keywords.empty() ? "" : "; ") + key + "=" + value;
    }
    if (!keywords.empty())
        cairo_pdf_surface_set_metadata(s.surface, CAIRO_PDF_METADATA_KEYWORDS, keywords.c_str());
    s.cairo = cairo_create(s.surface);
    cairo_scale(s.cairo, kPointsPerUnit, kPointsPerUnit);
    cairo_translate(s.cairo, static_cast<double>(-page.x), static_cast<double>(-page.y));
    cairo_font_options_t* options = cairo_font_options_create();
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_set_font_options(s.cairo, options);
    cairo_font_options_destroy(options);
}

PdfCanvas::~PdfCanvas() = default;

void PdfCanvas::next_page(Rect page) {
    cairo_show_page(state_->cairo);
    cairo_pdf_surface_set_size(state_->surface, static_cast<double>(page.w) * kPointsPerUnit,
                               static_cast<double>(page.h) * kPointsPerUnit);
    cairo_translate(state_->cairo, static_cast<double>(page_.x - page.x),
                    static_cast<double>(page_.y - page.y));
    page_ = page;
}

Result<std::string> PdfCanvas::finish() {
    cairo_show_page(state_->cairo);
    cairo_surface_finish(state_->surface);
    for (const cairo_status_t status :
         {cairo_status(state_->cairo), cairo_surface_status(state_->surface)}) {
        if (status != CAIRO_STATUS_SUCCESS)
            return Error{"pdf_encode", {{"reason", cairo_status_to_string(status)}}, ""};
    }
    return std::move(state_->bytes);
}

void PdfCanvas::fill_rect(Rect r, Color c, float radius) {
    if (!finite(r) || r.w <= 0 || r.h <= 0) return;
    set_source(state_->cairo, c);
    trace_rect(state_->cairo, r, radius);
    cairo_fill(state_->cairo);
}

void PdfCanvas::stroke_rect(Rect r, const Stroke& s, float radius) {
    if (!finite(r) || s.width <= 0) return;
    set_stroke(state_->cairo, s);
    trace_rect(state_->cairo, r, radius);
    cairo_stroke(state_->cairo);
}

void PdfCanvas::line(Vec2 a, Vec2 b, const Stroke& s) {
    const std::vector<Vec2> ends = {a, b};
    polyline(ends, s);
}

void PdfCanvas::polyline(std::span<const Vec2> points, const Stroke& s) {
    if (s.width <= 0) return;
    cairo_t* c = state_->cairo;
    set_stroke(c, s);
    cairo_set_line_join(c, CAIRO_LINE_JOIN_ROUND);
    for (const Vec2 p : points) {
        if (finite(p)) cairo_line_to(c, static_cast<double>(p.x), static_cast<double>(p.y));
    }
    cairo_stroke(c);
    cairo_set_line_join(c, CAIRO_LINE_JOIN_MITER);
}

void PdfCanvas::fill_path(const Path& p, Color c) {
    if (!finite(p)) return;
    set_source(state_->cairo, c);
    trace_path(state_->cairo, p);
    cairo_fill(state_->cairo);
}

void PdfCanvas::stroke_path(const Path& p, const Stroke& s) {
    if (!finite(p) || s.width <= 0) return;
    set_stroke(state_->cairo, s);
    trace_path(state_->cairo, p);
    cairo_stroke(state_->cairo);
}

void PdfCanvas::fill_circle(Vec2 center, float radius, Color c) {
    if (!finite(center) || !(radius > 0) || !std::isfinite(radius)) return;
    set_source(state_->cairo, c);
    cairo_arc(state_->cairo, static_cast<double>(center.x), static_cast<double>(center.y),
              static_cast<double>(radius), 0, 2 * kPi);
    cairo_fill(state_->cairo);
}

void PdfCanvas::hatch(Rect r, Color c, float spacing, float width) {
    r = intersection(r, page_);
    if (!(spacing > 0) || r.w <= 0 || r.h <= 0) return;
    push_clip(r);
    stroke_path(hatch_lines(r, spacing, width), {c, width});
    pop_clip();
}

void PdfCanvas::heatmap(Rect r, int rows, int cols, std::span<const Color> cells) {
    DG_CHECK_EQ(cells.size(), static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols));
    if (!finite(r) || rows <= 0 || cols <= 0 || r.w <= 0 || r.h <= 0) return;
    // an image, enlarged by whole factors: viewers smooth small images, and rectangles would show
    // seams
    const auto factor = [](float side, int n) {
        return std::clamp(static_cast<int>(2 * side / static_cast<float>(n)) + 1, 1,
                          std::max(1, 4096 / n));
    };
    const int kx = factor(r.w, cols), ky = factor(r.h, rows), w = cols * kx, h = rows * ky;
    const bool opaque = std::ranges::all_of(cells, [](Color c) { return c.a == 255; });
    cairo_surface_t* image =
        cairo_image_surface_create(opaque ? CAIRO_FORMAT_RGB24 : CAIRO_FORMAT_ARGB32, w, h);
    const int stride = cairo_image_surface_get_stride(image);
    cairo_surface_flush(image);
    unsigned char* data = cairo_image_surface_get_data(image);
    for (int y = 0; data && y < h; ++y) {
        auto* row =
            reinterpret_cast<std::uint32_t*>(data + static_cast<std::ptrdiff_t>(y) * stride);
        for (int x = 0; x < w; ++x) {
            const Color c =
                cells[static_cast<std::size_t>(y / ky) * static_cast<std::size_t>(cols) +
                      static_cast<std::size_t>(x / kx)];
            const auto weighted = [&c](std::uint32_t v) { return (v * c.a + 127) / 255; };
            row[x] = (std::uint32_t{c.a} << 24U) | (weighted(c.r) << 16U) | (weighted(c.g) << 8U) |
                     weighted(c.b);
        }
    }
    cairo_surface_mark_dirty(image);
    cairo_t* c = state_->cairo;
    cairo_save(c);
    cairo_translate(c, static_cast<double>(r.x), static_cast<double>(r.y));
    cairo_scale(c, static_cast<double>(r.w) / w, static_cast<double>(r.h) / h);
    cairo_set_source_surface(c, image, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(c), CAIRO_FILTER_NEAREST);
    cairo_rectangle(c, 0, 0, w, h);
    cairo_fill(c);
    cairo_restore(c);
    cairo_surface_destroy(image);
}

void PdfCanvas::text(Vec2 at, std::string_view utf8, const TextStyle& style) {
    if (!finite(at) || !(style.size > 0)) return;
    const GlyphLine line = fonts_.place(utf8, style.size, style.weight, style.tabular);
    const float back =
        style.align == Align::kLeft ? 0 : line.width * (style.align == Align::kRight ? 1.0F : 0.5F);
    cairo_t* c = state_->cairo;
    cairo_save(c);
    cairo_translate(c, static_cast<double>(at.x), static_cast<double>(at.y));
    if (style.rotate < -45) cairo_rotate(c, -kPi / 2);
    set_source(c, style.color);
    cairo_set_font_size(c, static_cast<double>(style.size));
    for (std::size_t i = 0; i < line.glyphs.size();) {
        // glyphs of one face together, each with its own characters for searching and copying
        const GlyphRef ref = line.glyphs[i].ref;
        std::vector<cairo_glyph_t> glyphs;
        std::vector<cairo_text_cluster_t> clusters;
        std::string words;
        for (; i < line.glyphs.size() && line.glyphs[i].ref.face == ref.face &&
               line.glyphs[i].ref.embolden == ref.embolden;
             ++i) {
            const PlacedGlyph& g = line.glyphs[i];
            const std::size_t before = words.size();
            append_utf8(words, g.code);
            glyphs.push_back({g.ref.index, static_cast<double>(g.x - back), 0});
            clusters.push_back({static_cast<int>(words.size() - before), 1});
            if (ref.missing())
                stroke_rect({g.x - back + g.advance * 0.1F, -0.7F * style.size, g.advance * 0.8F,
                             0.7F * style.size},
                            {style.color, style.size / 20}, 0);
        }
        if (ref.missing()) continue;
        cairo_set_font_face(c, state_->face(fonts_, ref));
        cairo_show_text_glyphs(c, words.data(), static_cast<int>(words.size()), glyphs.data(),
                               static_cast<int>(glyphs.size()), clusters.data(),
                               static_cast<int>(clusters.size()), {});
    }
    cairo_restore(c);
}

TextSize PdfCanvas::measure(std::string_view utf8, const TextStyle& style) const {
    return fonts_.measure(utf8, style);
}

void PdfCanvas::push_clip(Rect r) {
    cairo_save(state_->cairo);
    trace_rect(state_->cairo, finite(r) ? r : Rect{}, 0);
    cairo_clip(state_->cairo);
}

void PdfCanvas::pop_clip() {
    cairo_restore(state_->cairo);
}

}  // namespace dg::viz
