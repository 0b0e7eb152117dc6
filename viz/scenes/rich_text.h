// Text with coloured words, wrapping and cutting, on any Canvas. Catalogue strings carry the colours as tags:
//     "<q>{query}</q> takes <b>{share}</b> of <k>{key}</k>"
// Tags: q k v latent rotary gradient error (role inks), b (bold), dim (third ink). "<<" is a "<".
#pragma once

#include "viz/canvas/canvas.h"
#include "viz/theme/theme.h"

#include <string>
#include <string_view>
#include <vector>

namespace dg::viz {

struct RichPart {
    std::string text;
    Color color;
    Weight weight = Weight::kRegular;
    friend bool operator==(const RichPart&, const RichPart&) = default;
};

using RichText = std::vector<RichPart>;

/// Reads the tags; words outside take `base`. Unknown or unclosed tags are text.
RichText rich(const Theme& theme, std::string_view markup, Color base, Weight weight = Weight::kRegular);
/// For arguments of tr() that go into markup: "<" becomes "<<".
std::string rich_escape(std::string_view text);
/// The text without tags.
std::string plain(const RichText& text);

/// One line from `at` on the baseline; size, alignment and digits from `style`. Returns its width.
float draw_rich(Canvas& canvas, Vec2 at, const RichText& text, const TextStyle& style);
float measure_rich(const Canvas& canvas, const RichText& text, const TextStyle& style);

/// Lines no wider than `width`: breaks at spaces and beside Chinese characters, never before a closing mark or after an
/// opening one. A word wider than the line is cut.
std::vector<RichText> wrap_rich(const Canvas& canvas, const RichText& text, const TextStyle& style, float width);
std::vector<std::string> wrap(const Canvas& canvas, std::string_view text, const TextStyle& style, float width);

/// The text if it fits in `width`, else cut in the middle: "begin…end".
std::string elide(const Canvas& canvas, std::string_view text, const TextStyle& style, float width);

/// Draws wrapped lines downwards from the first baseline; returns the last baseline. At most `max_lines` (0 = all), the
/// last of them elided.
float draw_wrapped(Canvas& canvas, Vec2 at, std::string_view text, const TextStyle& style, float width, int max_lines = 0);

/// Bytes of the UTF-8 character at the start of `text` (1 for a stray byte; 0 when empty) and its code point.
std::size_t utf8_length(std::string_view text);
char32_t utf8_code(std::string_view text);

}  // namespace dg::viz
