#include "viz/canvas/svg_canvas.h"

#include "engine/base/check.h"
#include "viz/canvas/hatch.h"
#include "viz/text/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace dg::viz {

namespace {

std::string trimmed(std::string s) {
    if (s.find('.') == std::string::npos) return s;
    while (s.back() == '0') s.pop_back();
    if (s.back() == '.') s.pop_back();
    return s == "-0" ? "0" : s;
}

/// Two decimals in page units; what is not a number cannot be drawn and goes far outside.
std::string num(float v) {
    return trimmed(fmt::format("{:.2f}", std::isfinite(v) ? v : -1e5F));
}

/// Four decimals: glyph outlines in em.
std::string fine(float v) {
    return trimmed(fmt::format("{:.4f}", v));
}

/// XML text and attribute values; control characters that XML forbids are left out.
std::string escaped(std::string_view text) {
    std::string out;
    for (std::size_t pos = 0; pos < text.size();) {
        const char32_t c = next_code_point(text, pos);
        switch (c) {
            case U'&':
                out += "&amp;";
                break;
            case U'<':
                out += "&lt;";
                break;
            case U'>':
                out += "&gt;";
                break;
            case U'"':
                out += "&quot;";
                break;
            case U'\n':
                out += "&#10;";
                break;
            case U'\t':
                out += "&#9;";
                break;
            default:
                if (c >= 0x20 && c != 0xFFFE && c != 0xFFFF) append_utf8(out, c);
        }
    }
    return out;
}

std::string paint(const char* attribute, Color c) {
    std::string s = fmt::format(" {}=\"#{:02x}{:02x}{:02x}\"", attribute, c.r, c.g, c.b);
    return c.a == 255 ? s
                      : s + fmt::format(" {}-opacity=\"{}\"", attribute,
                                        trimmed(fmt::format("{:.3f}", c.a / 255.0)));
}

std::string outline(const Stroke& s) {
    std::string out =
        fmt::format(" fill=\"none\"{} stroke-width=\"{}\"", paint("stroke", s.color), num(s.width));
    return s.dash > 0 ? out + fmt::format(" stroke-dasharray=\"{} {}\"", num(s.dash), num(s.gap))
                      : out;
}

std::string rect_attributes(Rect r, float radius) {
    const std::string box =
        fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"", num(r.x), num(r.y),
                    num(std::max(r.w, 0.0F)), num(std::max(r.h, 0.0F)));
    return radius > 0 ? box + fmt::format(" rx=\"{}\"", num(std::min({radius, r.w / 2, r.h / 2})))
                      : box;
}

template <class Format>
std::string path_data(const Path& p, Format format) {
    std::string d;
    const auto add = [&](Vec2 v) { d += fmt::format("{} {} ", format(v.x), format(v.y)); };
    for (const Path::Step& s : p.steps) {
        d += s.op;
        if (s.op == 'M' || s.op == 'L') add(s.a);
        if (s.op == 'C') add(s.a), add(s.b), add(s.c);
    }
    while (!d.empty() && d.back() == ' ') d.pop_back();
    return d;
}

}  // namespace

void SvgCanvas::fill_rect(Rect r, Color c, float radius) {
    body_ += fmt::format("{}{}/>\n", rect_attributes(r, radius), paint("fill", c));
}

void SvgCanvas::stroke_rect(Rect r, const Stroke& s, float radius) {
    body_ += fmt::format("{}{}/>\n", rect_attributes(r, radius), outline(s));
}

void SvgCanvas::line(Vec2 a, Vec2 b, const Stroke& s) {
    body_ += fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"{}/>\n", num(a.x), num(a.y),
                         num(b.x), num(b.y), outline(s));
}

void SvgCanvas::polyline(std::span<const Vec2> points, const Stroke& s) {
    std::string list;
    for (const Vec2 p : points)
        list += fmt::format("{}{},{}", list.empty() ? "" : " ", num(p.x), num(p.y));
    body_ +=
        fmt::format("<polyline points=\"{}\"{} stroke-linejoin=\"round\"/>\n", list, outline(s));
}

void SvgCanvas::fill_path(const Path& p, Color c) {
    body_ += fmt::format("<path d=\"{}\"{}/>\n", path_data(p, num), paint("fill", c));
}

void SvgCanvas::stroke_path(const Path& p, const Stroke& s) {
    body_ += fmt::format("<path d=\"{}\"{}/>\n", path_data(p, num), outline(s));
}

void SvgCanvas::fill_circle(Vec2 center, float radius, Color c) {
    if (!(radius > 0)) return;
    body_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\"{}/>\n", num(center.x), num(center.y),
                         num(radius), paint("fill", c));
}

void SvgCanvas::hatch(Rect r, Color c, float spacing, float width) {
    r = intersection(r, page_);
    if (!(spacing > 0) || r.w <= 0 || r.h <= 0) return;
    push_clip(r);
    stroke_path(hatch_lines(r, spacing, width), {c, width});
    pop_clip();
}

void SvgCanvas::heatmap(Rect r, int rows, int cols, std::span<const Color> cells) {
    DG_CHECK_EQ(cells.size(), static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols));
    // cells of one colour are one path; crisp edges leave no seams between neighbours
    std::map<std::tuple<int, int, int, int>, std::string> paths;
    for (int y = 0; y < rows; ++y) {
        const float y0 = r.y + r.h * static_cast<float>(y) / static_cast<float>(rows);
        const float h = r.h / static_cast<float>(rows);
        const Color* row = cells.data() + static_cast<std::ptrdiff_t>(y) * cols;
        for (int x = 0, end = 0; x < cols; x = end) {
            for (end = x + 1; end < cols && row[end] == row[x];) ++end;
            const float x0 = r.x + r.w * static_cast<float>(x) / static_cast<float>(cols);
            const float w = r.w * static_cast<float>(end - x) / static_cast<float>(cols);
            paths[{row[x].r, row[x].g, row[x].b, row[x].a}] +=
                fmt::format("M{} {}h{}v{}h{}z", num(x0), num(y0), num(w), num(h), num(-w));
        }
    }
    body_ += "<g shape-rendering=\"crispEdges\">\n";
    for (const auto& [key, d] : paths) {
        const auto [red, green, blue, alpha] = key;
        const Color c = {static_cast<std::uint8_t>(red), static_cast<std::uint8_t>(green),
                         static_cast<std::uint8_t>(blue), static_cast<std::uint8_t>(alpha)};
        if (alpha > 0) body_ += fmt::format("<path d=\"{}\"{}/>\n", d, paint("fill", c));
    }
    body_ += "</g>\n";
}

std::string SvgCanvas::glyph_id(GlyphRef glyph) {
    std::string id = fmt::format("g{}-{}{}", glyph.face, glyph.index, glyph.embolden ? "b" : "");
    if (ids_.insert(id).second) {
        defs_ +=
            fmt::format("<path id=\"{}\" d=\"{}\"/>\n", id, path_data(fonts_.outline(glyph), fine));
    }
    return id;
}

void SvgCanvas::text(Vec2 at, std::string_view utf8, const TextStyle& style) {
    const GlyphLine line = fonts_.place(utf8, style.size, style.weight, style.tabular);
    if (line.glyphs.empty() || !std::isfinite(at.x) || !std::isfinite(at.y)) return;
    const float back =
        style.align == Align::kLeft ? 0 : line.width * (style.align == Align::kRight ? 1.0F : 0.5F);
    // glyph outlines are in em: one transform places the line, the rest is in em too
    body_ += fmt::format("<g transform=\"translate({} {}){} scale({})\"{} aria-label=\"{}\">\n",
                         num(at.x), num(at.y), style.rotate < -45 ? " rotate(-90)" : "",
                         num(style.size), paint("fill", style.color), escaped(utf8));
    for (const PlacedGlyph& g : line.glyphs) {
        const float x = (g.x - back) / style.size;
        if (g.ref.missing()) {
            const float w = g.advance / style.size;
            body_ += fmt::format("<rect x=\"{}\" y=\"-0.7\" width=\"{}\" height=\"0.7\"{}/>\n",
                                 fine(x + w * 0.1F), fine(w * 0.8F), outline({style.color, 0.05F}));
        } else {
            body_ += fmt::format("<use xlink:href=\"#{}\" x=\"{}\"/>\n", glyph_id(g.ref), fine(x));
        }
    }
    body_ += "</g>\n";
}

TextSize SvgCanvas::measure(std::string_view utf8, const TextStyle& style) const {
    return fonts_.measure(utf8, style);
}

void SvgCanvas::push_clip(Rect r) {
    const std::string id = fmt::format("clip{}", ++clips_);
    defs_ += fmt::format("<clipPath id=\"{}\">{}/></clipPath>\n", id, rect_attributes(r, 0));
    body_ += fmt::format("<g clip-path=\"url(#{})\">\n", id);
    ++open_;
}

void SvgCanvas::pop_clip() {
    end_group();
}

std::string SvgCanvas::unique_id(std::string_view name) {
    // an XML name: a letter, then letters, digits, '-', '_', '.'
    std::string id = "dg-";
    for (const char c : name) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '.' || c == '_';
        id += plain ? c : '-';
    }
    const std::string base = id;
    for (int n = 2; !ids_.insert(id).second; ++n) id = fmt::format("{}-{}", base, n);
    return id;
}

void SvgCanvas::begin_group(std::string_view name) {
    body_ += fmt::format("<g id=\"{}\">\n", unique_id(name));
    ++open_;
}

void SvgCanvas::end_group() {
    DG_CHECK(open_ > 0);
    --open_;
    body_ += "</g>\n";
}

std::string SvgCanvas::document(Color background, const Metadata& metadata) const {
    DG_CHECK_EQ(open_, 0);
    std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    out += fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" "
        "width=\"{0}\" height=\"{1}\" viewBox=\"{2} {3} {0} {1}\">\n",
        num(page_.w), num(page_.h), num(page_.x), num(page_.y));
    for (const auto& [key, value] : metadata) {
        if (key == "Title") out += fmt::format("<title>{}</title>\n", escaped(value));
        if (key == "Description") out += fmt::format("<desc>{}</desc>\n", escaped(value));
    }
    if (!metadata.empty()) {
        out += "<metadata xmlns:dg=\"urn:deepglass:metadata\">\n";
        for (const auto& [key, value] : metadata)
            out +=
                fmt::format("<dg:entry key=\"{}\" value=\"{}\"/>\n", escaped(key), escaped(value));
        out += "</metadata>\n";
    }
    if (!defs_.empty()) out += fmt::format("<defs>\n{}</defs>\n", defs_);
    if (background.a > 0)
        out += fmt::format("{}{}/>\n", rect_attributes(page_, 0), paint("fill", background));
    return out + body_ + "</svg>\n";
}

namespace {

std::string unescaped(std::string_view text) {
    constexpr std::pair<std::string_view, char> kEntities[] = {{"&amp;", '&'},  {"&lt;", '<'},
                                                               {"&gt;", '>'},   {"&quot;", '"'},
                                                               {"&#10;", '\n'}, {"&#9;", '\t'}};
    std::string out;
    for (std::size_t pos = 0; pos < text.size();) {
        const auto* const found = std::ranges::find_if(
            kEntities, [&](const auto& e) { return text.substr(pos, e.first.size()) == e.first; });
        if (found == std::end(kEntities)) {
            out += text[pos++];
        } else {
            out += found->second, pos += found->first.size();
        }
    }
    return out;
}

}  // namespace

Result<Metadata> decode_svg_metadata(std::string_view document, const std::string& name) {
    constexpr std::string_view kKey = "<dg:entry key=\"", kValue = "\" value=\"";
    if (document.find("<svg") == std::string_view::npos) return Error{"svg_metadata", {}, name};
    Metadata metadata;
    for (std::size_t at = document.find(kKey); at != std::string_view::npos;
         at = document.find(kKey, at)) {
        const std::size_t key = at + kKey.size(), middle = document.find(kValue, key);
        const std::size_t end = middle == std::string_view::npos
                                    ? middle
                                    : document.find("\"/>", middle + kValue.size());
        if (end == std::string_view::npos) return Error{"svg_metadata", {}, name};
        const std::size_t value = middle + kValue.size();
        metadata.emplace_back(unescaped(document.substr(key, middle - key)),
                              unescaped(document.substr(value, end - value)));
        at = end;
    }
    return metadata;
}

}  // namespace dg::viz
