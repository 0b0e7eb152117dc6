#include "viz/text/formula_boxes.h"

#include <algorithm>

namespace dg::viz {

namespace {

using Box = FormulaBox;
using Mode = FormulaMode;

float rule_width(const Mode& m) {
    return std::max(0.055F * m.size, 1.0F);
}

FormulaPiece stroke_piece(float width, const Mode& m) {
    FormulaPiece piece;
    piece.kind = FormulaPiece::Kind::kStroke;
    piece.size = width, piece.color = m.color;
    return piece;
}

/// A bracket reaching equally far above and below the axis. `right`: mirrored.
Box fence(char32_t kind, float reach, const Mode& m, bool right) {
    Box box;
    if (kind == U'.' || kind == 0) return box;
    const float axis = kFormulaAxis * m.size, w = 0.24F * m.size, pad = 0.08F * m.size;
    // u: 0 outside .. 1 inside, v: -1 top .. 1 bottom
    const auto at = [&](float u, float v) {
        return Vec2{pad + w * (right ? 1 - u : u), -axis + reach * v};
    };
    FormulaPiece piece = stroke_piece(std::max(0.07F * m.size, 1.0F), m);
    Path& p = piece.path;
    switch (kind) {
        case U'(':
        case U')':
            p.move(at(1, -1)).cubic(at(-0.2F, -0.55F), at(-0.2F, 0.55F), at(1, 1));
            break;
        case U'[':
        case U']':
            p.move(at(0.9F, -1)).line(at(0.2F, -1)).line(at(0.2F, 1)).line(at(0.9F, 1));
            break;
        case U'{':
        case U'}':
            p.move(at(1, -1))
                .cubic(at(0.1F, -1), at(0.9F, -0.1F), at(0, 0))
                .cubic(at(0.9F, 0.1F), at(0.1F, 1), at(1, 1));
            break;
        case 0x27E8:
        case 0x27E9:
            p.move(at(0.9F, -1)).line(at(0.1F, 0)).line(at(0.9F, 1));
            break;
        case 0x230A:
        case 0x230B:
            p.move(at(0.2F, -1)).line(at(0.2F, 1)).line(at(0.9F, 1));
            break;
        case 0x2308:
        case 0x2309:
            p.move(at(0.2F, 1)).line(at(0.2F, -1)).line(at(0.9F, -1));
            break;
        default:
            p.move(at(0.5F, -1)).line(at(0.5F, 1));
    }
    const float doubled = kind == 0x2016 ? 0.16F * m.size : 0;  // a norm has two bars
    box.pieces.push_back(std::move(piece));
    if (doubled > 0) {
        FormulaPiece second = box.pieces.back();
        second.at.x += doubled;
        box.pieces.push_back(std::move(second));
    }
    box.width = w + 2 * pad + doubled, box.up = reach + axis, box.down = reach - axis;
    return box;
}

}  // namespace

void place_box(FormulaBox& into, FormulaBox from, float x, float y) {
    for (FormulaPiece& piece : from.pieces) {
        piece.at = {piece.at.x + x, piece.at.y + y};
        into.pieces.push_back(std::move(piece));
    }
    into.up = std::max(into.up, from.up - y);
    into.down = std::max(into.down, from.down + y);
    into.width = std::max(into.width, x + from.width);
}

FormulaBox fraction_box(FormulaBox top, FormulaBox low, const FormulaMode& m) {
    const float pad = 0.12F * m.size, side = 0.07F * m.size, rule = rule_width(m),
                axis = kFormulaAxis * m.size;
    const float width = std::max(top.width, low.width) + 2 * pad, near = 0.12F * m.size;
    // letters without descenders leave room below themselves: less is needed above the bar
    const float top_y = -(axis + rule / 2 + near * 0.4F + top.down),
                low_y = -axis + rule / 2 + near + low.up;
    const float top_x = side + (width - top.width) / 2, low_x = side + (width - low.width) / 2;
    Box box;
    place_box(box, std::move(top), top_x, top_y);
    place_box(box, std::move(low), low_x, low_y);
    FormulaPiece bar;
    bar.kind = FormulaPiece::Kind::kRule;
    bar.at = {side, -axis - rule / 2}, bar.w = width, bar.h = rule, bar.color = m.color;
    box.pieces.push_back(std::move(bar));
    box.width = width + 2 * side;
    return box;
}

FormulaBox root_box(FormulaBox inner, const FormulaMode& m) {
    const float rule = rule_width(m), hook = 0.55F * m.size, up = inner.up + 0.1F * m.size;
    const float down = std::max(inner.down * 0.8F, 0.04F * m.size), tall = up + down,
                width = inner.width;
    FormulaPiece sign = stroke_piece(rule * 1.2F, m);
    sign.path.move({0.04F * m.size, down - tall * 0.42F})
        .line({0.14F * m.size, down - tall * 0.48F})
        .line({0.28F * m.size, down})
        .line({hook - 0.04F * m.size, -up})
        .line({hook + width + 0.06F * m.size, -up});
    Box box;
    place_box(box, std::move(inner), hook, 0);
    box.pieces.push_back(std::move(sign));
    box.up = std::max(box.up, up + rule), box.down = std::max(box.down, down + rule);
    box.width = hook + width + 0.1F * m.size;
    return box;
}

FormulaBox accent_box(FormulaBox inner, std::string_view name, const FormulaMode& m) {
    FormulaPiece mark = stroke_piece(rule_width(m), m);
    const float em = m.size, middle = inner.width / 2 + 0.04F * em, half = 0.2F * em,
                y = -0.80F * em;
    if (name == "bar") mark.path.move({middle - half, y}).line({middle + half, y});
    if (name == "hat")
        mark.path.move({middle - half, y + 0.06F * em})
            .line({middle, y - 0.08F * em})
            .line({middle + half, y + 0.06F * em});
    if (name == "tilde") {
        mark.path.move({middle - half, y + 0.04F * em})
            .cubic({middle - half / 2, y - 0.16F * em}, {middle + half / 2, y + 0.16F * em},
                   {middle + half, y - 0.04F * em});
    }
    inner.up = std::max(inner.up, 0.92F * em);
    inner.pieces.push_back(std::move(mark));
    return inner;
}

FormulaBox fenced_box(FormulaBox inner, char32_t open, char32_t close, const FormulaMode& m) {
    const float axis = kFormulaAxis * m.size;
    const float reach =
        std::max({inner.up - axis, inner.down + axis, 0.55F * m.size}) + 0.04F * m.size;
    Box box = fence(open, reach, m, false);
    const float x = box.width, width = inner.width;
    place_box(box, std::move(inner), x, 0);
    place_box(box, fence(close, reach, m, true), x + width, 0);
    return box;
}

}  // namespace dg::viz
