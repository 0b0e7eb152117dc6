#include "viz/text/fonts.h"

#include "viz/text/font_files.h"
#include "viz/text/utf8.h"

#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_FONT_FORMATS_H
#include FT_OUTLINE_H

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace dg::viz {

namespace {

constexpr float kAscent = 0.88F, kDescent = 0.24F;
constexpr float kMissingAdvance = 0.6F;
constexpr FT_Int32 kLoad = FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP;

struct Face {
    FT_Face ft = nullptr;
    FaceFile file;
    bool bold = false;
};

/// A line in em, as it was placed before: frames ask for the same words again and again.
struct EmLine {
    std::vector<PlacedGlyph> glyphs;
    float width = 0;
};

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

constexpr std::size_t kKnownLines = 8192;  // of one weight; forgotten together when more come

struct Metric {
    GlyphRef ref;
    float advance = kMissingAdvance;  // em
};

bool is_blank(char32_t c) {
    return c == U' ' || c == 0xA0 || (c >= 0x2000 && c <= 0x200B) || c == 0x202F || c == 0x3000 ||
           c < 0x20;
}

bool is_figure(char32_t c) {
    return (c >= U'0' && c <= U'9') || c == 0x2212 || c == U'+' || c == 0x2007;
}

std::vector<std::filesystem::path> split_paths(const char* list) {
    std::vector<std::filesystem::path> paths;
    std::string_view rest = list ? list : "";
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(':'), rest.size());
        if (end > 0) paths.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return paths;
}

/// Quotes, dots and dashes exist in Latin and in Chinese width under one code. Says for every
/// character whether the Chinese form is meant: quotes go by what stands outside of them, the
/// others by their neighbours.
std::vector<bool> chinese_forms(const std::u32string& text) {
    std::vector<bool> chinese(text.size(), false);
    const auto wide = [&](std::size_t i) {
        return i < text.size() && (is_wide(text[i]) || chinese[i]);
    };

    // form of the last opening quote: Latin, Chinese, or none yet (the text may start inside a
    // quotation)
    enum Form { kNone, kLatin, kChinese };

    Form in_double = kNone, in_single = kNone;
    const auto close = [](Form& opened, bool guess) {
        const Form form = std::exchange(opened, kNone);
        return form == kNone ? guess : form == kChinese;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char32_t c = text[i];
        const bool before = i > 0 ? wide(i - 1) : wide(i + 1);
        if (c == 0x201C || c == 0x2018) {
            (c == 0x201C ? in_double : in_single) = before ? kChinese : kLatin;
            chinese[i] = before;
        }
        if (c == 0x201D) chinese[i] = close(in_double, i > 0 && before);
        if (c == 0x2019) chinese[i] = close(in_single, i > 0 && before);
        if (c == 0x2026 || c == 0x2014) chinese[i] = before;
        if (c == 0xB7) chinese[i] = i > 0 && wide(i - 1) && wide(i + 1);
    }
    return chinese;
}

}  // namespace

struct Fonts::State {
    mutable std::mutex mutex;
    FT_Library library = nullptr;
    std::vector<Face> faces;
    std::array<std::vector<int>, 2> stack;  // by weight: face numbers in order of preference
    std::array<int, 2> han = {-1, -1};      // face of Chinese punctuation
    std::array<std::unordered_map<char32_t, Metric>, 2> known, known_chinese;
    // by weight, then tabular or not
    std::array<std::array<std::unordered_map<std::string, EmLine, TextHash, std::equal_to<>>, 2>, 2>
        lines;
    std::vector<Error> problems;
    bool system = true;

    ~State() {
        for (const Face& face : faces) FT_Done_Face(face.ft);
        if (library) FT_Done_FreeType(library);
    }

    /// The number of a font file, opening it if needed; -1 when it cannot be read.
    int open(const FoundFont& font) {
        for (std::size_t i = 0; i < faces.size(); ++i) {
            if (faces[i].file.file == font.file.file && faces[i].file.index == font.file.index)
                return static_cast<int>(i);
        }
        Face face{nullptr, font.file, font.bold};
        if (!library ||
            FT_New_Face(library, font.file.file.c_str(), font.file.index, &face.ft) != 0)
            return -1;
        if (!FT_IS_SCALABLE(face.ft) || face.ft->units_per_EM == 0) {
            FT_Done_Face(face.ft);
            return -1;
        }
        const char* format = FT_Get_Font_Format(face.ft);
        face.file.postscript = format != nullptr && std::string_view(format) != "TrueType";
        faces.push_back(face);
        return static_cast<int>(faces.size()) - 1;
    }

    bool add(const std::optional<FoundFont>& font, Weight weight) {
        const int face = font ? open(*font) : -1;
        auto& order = stack[static_cast<std::size_t>(weight)];
        if (face >= 0 && std::ranges::find(order, face) == order.end()) order.push_back(face);
        return face >= 0;
    }

    Metric metric_in(int face, char32_t code, Weight weight) const {
        const Face& f = faces[static_cast<std::size_t>(face)];
        const FT_UInt glyph = FT_Get_Char_Index(f.ft, code);
        // linearHoriAdvance is wrong under NO_SCALE: the unscaled advance is metrics.horiAdvance
        if (glyph == 0 || FT_Load_Glyph(f.ft, glyph, FT_LOAD_NO_SCALE) != 0) return {};
        const float em = static_cast<float>(f.ft->units_per_EM);
        return {{static_cast<std::int16_t>(face), weight == Weight::kBold && !f.bold, glyph},
                static_cast<float>(f.ft->glyph->metrics.horiAdvance) / em};
    }

    Metric look_up(char32_t code, Weight weight, bool chinese) {
        const auto w = static_cast<std::size_t>(weight);
        if (chinese && han[w] >= 0) {
            if (const Metric m = metric_in(han[w], code, weight); !m.ref.missing()) return m;
        }
        for (const int face : stack[w]) {
            if (const Metric m = metric_in(face, code, weight); !m.ref.missing()) return m;
        }
        if (!system || is_blank(code)) return {};
        // last resort: whatever is installed and has it
        const auto font = find_covering(code, weight);
        const int face = font ? open(*font) : -1;
        return face >= 0 ? metric_in(face, code, weight) : Metric{};
    }

    const Metric& metric(char32_t code, Weight weight, bool chinese) {
        auto& table = (chinese ? known_chinese : known)[static_cast<std::size_t>(weight)];
        auto found = table.find(code);
        if (found == table.end()) found = table.emplace(code, look_up(code, weight, chinese)).first;
        return found->second;
    }

    float digit_advance(Weight weight) {
        float widest = 0;
        for (char32_t c = U'0'; c <= U'9'; ++c)
            widest = std::max(widest, metric(c, weight, false).advance);
        return widest;
    }

    /// Calls each(code, metric, advance in em) for every character of a line.
    template <class Each>
    void walk(std::string_view utf8, Weight weight, bool tabular, Each each) {
        const std::u32string text = decode_utf8(utf8);
        const std::vector<bool> chinese = chinese_forms(text);
        const float digit = tabular ? digit_advance(weight) : 0;
        for (std::size_t i = 0; i < text.size(); ++i) {
            const Metric& m = metric(text[i], weight, chinese[i]);
            float advance = text[i] < 0x20 || text[i] == 0x200B ? 0 : m.advance;
            if (m.ref.missing() && is_wide(text[i])) advance = 1;
            if (m.ref.missing() && is_blank(text[i]) && advance > 0) advance = 0.28F;
            if (tabular && is_figure(text[i])) advance = digit;
            each(text[i], m, advance);
        }
    }

    const EmLine& line(std::string_view utf8, Weight weight, bool tabular) {
        auto& table = lines[static_cast<std::size_t>(weight)][tabular ? 1 : 0];
        if (const auto found = table.find(utf8); found != table.end()) return found->second;
        if (table.size() >= kKnownLines) table.clear();
        EmLine line;
        line.glyphs.reserve(utf8.size());
        float pen = 0;
        walk(utf8, weight, tabular, [&](char32_t code, const Metric& m, float advance) {
            // a digit narrower than its column stands in the middle of it
            const float own = m.ref.missing() ? advance : m.advance;
            if (!is_blank(code))
                line.glyphs.push_back({m.ref, code, pen + (advance - own) / 2, own});
            pen += advance;
        });
        line.width = pen;
        return table.emplace(utf8, std::move(line)).first->second;
    }

    void find_system_fonts() {
        for (const Weight weight : {Weight::kRegular, Weight::kBold}) {
            const bool latin = add(find_family(kLatinFamilies, weight), weight);
            const bool math = add(find_family(kMathFamilies, weight), weight);
            auto chinese = find_family(kHanFamilies, weight);
            if (!chinese) chinese = find_covering(0x5B66, weight);
            if (chinese) han[static_cast<std::size_t>(weight)] = open(*chinese);
            const bool has_han = add(chinese, weight);
            if (weight == Weight::kBold) continue;
            if (!latin)
                problems.push_back({"fonts_no_latin", {{"package", "fonts-noto-core"}}, ""});
            if (!math) problems.push_back({"fonts_no_math", {{"package", "fonts-noto-core"}}, ""});
            if (!has_han)
                problems.push_back({"fonts_no_chinese", {{"package", "fonts-noto-cjk"}}, ""});
        }
    }
};

Fonts::Fonts(const FontOptions& options) : state_(std::make_unique<State>()) {
    State& s = *state_;
    s.system = options.system;
    if (FT_Init_FreeType(&s.library) != 0) s.library = nullptr;
    if (options.system) s.find_system_fonts();
    std::vector<std::filesystem::path> extra = options.extra;
    if (options.system) {
        for (auto& path : split_paths(std::getenv("DEEPGLASS_FONTS")))
            extra.push_back(std::move(path));
    }
    for (const auto& path : extra) {
        for (const Weight weight : {Weight::kRegular, Weight::kBold})
            s.add(FoundFont{{path, 0, false}, false}, weight);
    }
    if (s.faces.empty())
        s.problems = {{"fonts_none", {{"package", "fonts-noto-core fonts-noto-cjk"}}, ""}};
}

Fonts::~Fonts() = default;

Fonts& Fonts::shared() {
    static Fonts fonts{FontOptions{}};
    return fonts;
}

GlyphLine Fonts::place(std::string_view utf8, float size, Weight weight, bool tabular) const {
    const std::scoped_lock lock(state_->mutex);
    const EmLine& known = state_->line(utf8, weight, tabular);
    GlyphLine line{known.glyphs, known.width * size};
    for (PlacedGlyph& g : line.glyphs) g.x *= size, g.advance *= size;
    return line;
}

TextSize Fonts::measure(std::string_view utf8, const TextStyle& style) const {
    const std::scoped_lock lock(state_->mutex);
    const float width = state_->line(utf8, style.weight, style.tabular).width;
    return {width * style.size, kAscent * style.size, kDescent * style.size};
}

bool Fonts::covers(char32_t code, Weight weight) const {
    const std::scoped_lock lock(state_->mutex);
    return !state_->metric(code, weight, false).ref.missing();
}

GlyphBitmap Fonts::rasterize(GlyphRef glyph, float pixels, float shift, bool upwards) const {
    GlyphBitmap bitmap;
    if (glyph.missing()) return bitmap;
    const std::scoped_lock lock(state_->mutex);
    const FT_Face face = state_->faces[static_cast<std::size_t>(glyph.face)].ft;
    if (FT_Set_Char_Size(face, 0, std::lround(pixels * 64.0F), 72, 72) != 0) return bitmap;
    if (FT_Load_Glyph(face, glyph.index, kLoad) != 0 ||
        face->glyph->format != FT_GLYPH_FORMAT_OUTLINE)
        return bitmap;
    FT_Outline& outline = face->glyph->outline;
    if (glyph.embolden) FT_Outline_Embolden(&outline, std::lround(pixels * 64.0F / 24.0F));
    if (upwards) {
        FT_Matrix turn{0, -0x10000, 0x10000, 0};
        FT_Outline_Transform(&outline, &turn);
        FT_Outline_Translate(&outline, 0, std::lround(shift * 64.0F));
    } else {
        FT_Outline_Translate(&outline, std::lround(shift * 64.0F), 0);
    }
    if (FT_Render_Glyph(face->glyph, FT_RENDER_MODE_NORMAL) != 0) return bitmap;
    const FT_Bitmap& source = face->glyph->bitmap;
    bitmap.left = face->glyph->bitmap_left, bitmap.top = face->glyph->bitmap_top;
    bitmap.width = static_cast<int>(source.width), bitmap.height = static_cast<int>(source.rows);
    bitmap.coverage.reserve(static_cast<std::size_t>(bitmap.width) *
                            static_cast<std::size_t>(bitmap.height));
    for (int y = 0; y < bitmap.height; ++y) {
        const unsigned char* row = source.buffer + static_cast<std::ptrdiff_t>(y) * source.pitch;
        bitmap.coverage.insert(bitmap.coverage.end(), row, row + bitmap.width);
    }
    return bitmap;
}

namespace {

struct OutlineSink {
    Path path;
    float scale = 1;
    Vec2 pen;
    bool open = false;

    [[nodiscard]] Vec2 at(const FT_Vector* v) const {
        return {static_cast<float>(v->x) * scale, static_cast<float>(v->y) * -scale};
    }

    static OutlineSink& of(void* user) { return *static_cast<OutlineSink*>(user); }

    static int move(const FT_Vector* to, void* user) {
        OutlineSink& s = of(user);
        if (s.open) s.path.close();
        s.open = true;
        s.path.move(s.pen = s.at(to));
        return 0;
    }

    static int line(const FT_Vector* to, void* user) {
        OutlineSink& s = of(user);
        s.path.line(s.pen = s.at(to));
        return 0;
    }

    static int conic(const FT_Vector* control, const FT_Vector* to, void* user) {
        OutlineSink& s = of(user);
        const Vec2 a = s.pen, c = s.at(control), b = s.at(to);
        s.path.cubic({a.x + (c.x - a.x) * 2 / 3, a.y + (c.y - a.y) * 2 / 3},
                     {b.x + (c.x - b.x) * 2 / 3, b.y + (c.y - b.y) * 2 / 3}, b);
        s.pen = b;
        return 0;
    }

    static int cubic(const FT_Vector* c1, const FT_Vector* c2, const FT_Vector* to, void* user) {
        OutlineSink& s = of(user);
        s.path.cubic(s.at(c1), s.at(c2), s.at(to));
        s.pen = s.at(to);
        return 0;
    }
};

}  // namespace

Path Fonts::outline(GlyphRef glyph) const {
    if (glyph.missing()) return {};
    const std::scoped_lock lock(state_->mutex);
    const FT_Face face = state_->faces[static_cast<std::size_t>(glyph.face)].ft;
    if (FT_Load_Glyph(face, glyph.index, FT_LOAD_NO_SCALE) != 0) return {};
    if (face->glyph->format != FT_GLYPH_FORMAT_OUTLINE) return {};
    if (glyph.embolden) FT_Outline_Embolden(&face->glyph->outline, face->units_per_EM / 24);
    OutlineSink sink;
    sink.scale = 1.0F / static_cast<float>(face->units_per_EM);
    const FT_Outline_Funcs funcs{
        &OutlineSink::move, &OutlineSink::line, &OutlineSink::conic, &OutlineSink::cubic, 0, 0};
    FT_Outline_Decompose(&face->glyph->outline, &funcs, &sink);
    if (sink.open) sink.path.close();
    return std::move(sink.path);
}

FaceFile Fonts::face_file(int face) const {
    const std::scoped_lock lock(state_->mutex);
    return state_->faces.at(static_cast<std::size_t>(face)).file;
}

const std::vector<Error>& Fonts::problems() const {
    return state_->problems;
}

}  // namespace dg::viz
