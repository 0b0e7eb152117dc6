// The font stack behind every text of the program: Noto Sans, Noto Sans Math, Noto Sans CJK SC,
// each regular and bold, found through fontconfig, with fallbacks down to "any installed font that
// has the character". The first font of the stack that has a glyph wins, advances are unhinted,
// code points are 32 bits wide. Window, PNG, SVG and PDF place the same glyphs at the same
// positions because all of them ask here. Thread-safe.
#pragma once

#include "engine/base/result.h"
#include "viz/canvas/canvas.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace dg::viz {

/// One glyph of one font file. face < 0: no font has the character; canvases draw an outlined box.
struct GlyphRef {
    std::int16_t face = -1;
    bool embolden = false;  // bold made from a regular outline
    std::uint32_t index = 0;

    [[nodiscard]] bool missing() const { return face < 0; }

    friend bool operator==(const GlyphRef&, const GlyphRef&) = default;
};

/// A glyph on a line: x from the line's start, both in the unit of the size that was asked for.
struct PlacedGlyph {
    GlyphRef ref;
    char32_t code = 0;
    float x = 0, advance = 0;
};

struct GlyphLine {
    std::vector<PlacedGlyph> glyphs;  // blanks are left out
    float width = 0;
};

/// 8-bit coverage; left and top place its upper left corner relative to the pen on the baseline
/// (top > 0 is above it).
struct GlyphBitmap {
    int left = 0, top = 0, width = 0, height = 0;
    std::vector<std::uint8_t> coverage;
};

/// Where a face lives, for writers that embed fonts.
struct FaceFile {
    std::filesystem::path file;
    int index = 0;            // within a collection
    bool postscript = false;  // CFF outlines
};

struct FontOptions {
    bool system = true;  // ask fontconfig
    std::vector<std::filesystem::path>
        extra;  // tried after the stack; also from $DEEPGLASS_FONTS (':' between paths)
};

class Fonts {
  public:
    /// Never fails: without any font every character is a missing glyph and problems() says so.
    explicit Fonts(const FontOptions& options);
    ~Fonts();
    Fonts(const Fonts&) = delete;
    Fonts& operator=(const Fonts&) = delete;

    /// The program's fonts, opened at the first call.
    static Fonts& shared();

    /// Glyphs of one line, left to right. `size`: em. `tabular`: digits and signs take the width of
    /// the widest digit.
    [[nodiscard]] GlyphLine place(std::string_view utf8, float size, Weight weight,
                                  bool tabular) const;
    /// Width as placed; ascent 0.88 em and descent 0.24 em whatever the text, so that lines align.
    [[nodiscard]] TextSize measure(std::string_view utf8, const TextStyle& style) const;
    [[nodiscard]] bool covers(char32_t code, Weight weight = Weight::kRegular) const;

    /// The glyph at `pixels` per em, moved right by `shift` in [0, 1) pixels; `upwards`: turned by
    /// -90 degrees.
    [[nodiscard]] GlyphBitmap rasterize(GlyphRef glyph, float pixels, float shift,
                                        bool upwards) const;
    /// The outline in em units, y downwards; empty for blanks and missing glyphs.
    [[nodiscard]] Path outline(GlyphRef glyph) const;
    [[nodiscard]] FaceFile face_file(int face) const;

    /// What is missing, one per script. Error codes: fonts_none, fonts_no_latin, fonts_no_chinese,
    /// fonts_no_math.
    [[nodiscard]] const std::vector<Error>& problems() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace dg::viz
