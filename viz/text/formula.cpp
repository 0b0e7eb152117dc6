#include "viz/text/formula.h"

#include "viz/text/fonts.h"
#include "viz/text/formula_boxes.h"
#include "viz/text/formula_symbols.h"
#include "viz/text/utf8.h"

#include <algorithm>
#include <optional>

namespace dg::viz {

namespace {

using Box = FormulaBox;
using Mode = FormulaMode;

constexpr float kScript = 0.72F,
                kSmallest =
                    0.5F;  // script size, and the least of nested ones, to the formula's size
constexpr float kLetterUp = 0.74F, kLetterDown = 0.22F;
constexpr int kDeepest = 40;  // nested groups

struct Atom {
    Box box;
    Spacing spacing = Spacing::kOrdinary;
    bool limits = false;
};

/// Sans-serif italic letters of the mathematical block: the italic of the text's own family.
char32_t italic(char32_t c) {
    const char32_t turned = c >= U'A' && c <= U'Z'   ? 0x1D608 + (c - U'A')
                            : c >= U'a' && c <= U'z' ? 0x1D622 + (c - U'a')
                                                     : c;
    return turned != c && Fonts::shared().covers(turned) ? turned : c;
}

bool is_letter(char32_t c) {
    return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z');
}

class Setter {
  public:
    Setter(const Canvas& canvas, std::string_view tex, const FormulaStyle& style)
        : canvas_(canvas), tex_(tex), style_(style) {}

    Result<Box> run() {
        Mode mode;
        mode.size = style_.size, mode.color = style_.color, mode.display = style_.display;
        Box box = list(mode, "");
        if (!error_ && at_ < tex_.size()) fail("formula_brace", "}");
        if (error_) return *error_;
        return box;
    }

  private:
    void fail(const char* code, std::string_view command) {
        if (!error_)
            error_ = Error{code,
                           {{"command", std::string(command)}, {"column", std::to_string(at_ + 1)}},
                           std::string(tex_)};
        at_ = tex_.size();
    }

    [[nodiscard]] bool more() const { return at_ < tex_.size(); }

    void skip_blanks() {
        while (more() && tex_[at_] == ' ') ++at_;
    }

    bool accept(std::string_view text) {
        if (tex_.substr(at_, text.size()) != text) return false;
        at_ += text.size();
        return true;
    }

    Box glyphs(std::string_view utf8, const Mode& m, float scale = 1) const {
        FormulaPiece piece;
        piece.text = utf8, piece.size = m.size * scale, piece.color = m.color,
        piece.weight = m.weight;
        TextStyle style;
        style.size = piece.size, style.weight = m.weight;
        Box box;
        box.width = canvas_.measure(utf8, style).width;
        box.up = kLetterUp * piece.size, box.down = kLetterDown * piece.size;
        box.pieces.push_back(std::move(piece));
        return box;
    }

    /// Everything up to `end` ("}", "\\right" or the end of the source), which stays unread.
    Box list(const Mode& m, std::string_view end) {
        Box line;
        if (++depth_ > kDeepest) fail("formula_brace", "{");
        line.up = kLetterUp * m.size * 0.6F, line.down = 0;
        std::optional<Spacing> last;
        skip_blanks();
        while (more() && tex_[at_] != '}' &&
               (end != "\\right" || tex_.substr(at_, 6) != "\\right")) {
            const std::size_t from = at_;
            if (const float space = blank(); space >= 0) {
                line.width += space * m.size;
            } else {
                Atom atom = scripted(m, from);
                // a sign at the start or after another sign is no operation
                const bool unary = !last || *last == Spacing::kBinary ||
                                   *last == Spacing::kRelation || *last == Spacing::kOpen ||
                                   *last == Spacing::kPunctuation;
                if (atom.spacing == Spacing::kBinary && unary) atom.spacing = Spacing::kOrdinary;
                line.width += gap(last, atom.spacing, m);
                last = atom.spacing;
                place_box(line, std::move(atom.box), line.width, 0);
            }
            skip_blanks();
        }
        --depth_;
        return line;
    }

    /// Width of a space command, in em; negative when there is none here.
    float blank() {
        if (tex_[at_] != '\\') return -1;
        const std::string_view name = command_name();
        const float width = space_width(name);
        if (width >= 0) at_ += 1 + name.size();
        return width;
    }

    /// Name of the command at the cursor, which stays.
    [[nodiscard]] std::string_view command_name() const {
        std::size_t end = at_ + 1;
        while (end < tex_.size() && is_letter(static_cast<unsigned char>(tex_[end]))) ++end;
        if (end == at_ + 1 && end < tex_.size()) ++end;
        return tex_.substr(at_ + 1, end - at_ - 1);
    }

    static float gap(std::optional<Spacing> left, Spacing right, const Mode& m) {
        if (!left || m.size <= 0) return 0;
        const auto is = [&](Spacing s) { return *left == s || right == s; };
        float em = 0;
        if (is(Spacing::kRelation) && *left != right) em = 0.27F;
        if (is(Spacing::kBinary)) em = 0.2F;
        if (*left == Spacing::kPunctuation) em = 0.17F;
        if (*left == Spacing::kOperator && right != Spacing::kOpen && em == 0) em = 0.17F;
        if (right == Spacing::kOperator &&
            (*left == Spacing::kOrdinary || *left == Spacing::kClose))
            em = 0.17F;
        if (*left == Spacing::kOpen || right == Spacing::kClose || right == Spacing::kPunctuation)
            em = 0;
        return em * m.size * (m.roles ? 1.0F : 0.4F);  // scripts stand close
    }

    /// A nucleus with its scripts and primes, in its role's colour.
    Atom scripted(const Mode& m, std::size_t from) {
        Atom atom = nucleus(m);
        const std::size_t after_nucleus = at_;
        std::optional<Box> sub, sup;
        Mode small = m;
        small.size = std::max(m.size * kScript, style_.size * kSmallest),
        small.display = small.roles = false;
        while (more() && !error_) {
            if (accept("'")) {
                Box prime = glyphs("′", small);
                sup ? place_box(*sup, std::move(prime), sup->width, 0)
                    : void(sup = std::move(prime));
            } else if (tex_[at_] == '_' || tex_[at_] == '^') {
                std::optional<Box>& which = tex_[at_] == '_' ? sub : sup;
                ++at_;
                Box script = argument(small, "^");
                which ? place_box(*which, std::move(script), which->width, 0)
                      : void(which = std::move(script));
            } else {
                break;
            }
        }
        if (sub || sup) attach(atom, sub, sup, m);
        if (m.roles)
            color_role(atom.box, tex_.substr(from, after_nucleus - from),
                       tex_.substr(from, at_ - from), m.color);
        return atom;
    }

    void color_role(Box& box, std::string_view nucleus, std::string_view whole, Color plain) const {
        const auto squeezed = [](std::string_view s) {
            std::string out;
            std::ranges::copy_if(s, std::back_inserter(out), [](char c) { return c != ' '; });
            return out;
        };
        auto role = style_.roles.find(squeezed(whole));
        if (role == style_.roles.end()) role = style_.roles.find(squeezed(nucleus));
        if (role == style_.roles.end()) return;
        for (FormulaPiece& piece : box.pieces) {
            if (piece.color == plain) piece.color = role->second;
        }
    }

    static void attach(Atom& atom, std::optional<Box>& sub, std::optional<Box>& sup,
                       const Mode& m) {
        Box& core = atom.box;
        if (atom.limits && m.display) {
            const float width = std::max({core.width, sub ? sub->width : 0, sup ? sup->width : 0});
            Box stack;
            const float up = core.up, down = core.down, own = core.width;
            place_box(stack, std::move(core), (width - own) / 2, 0);
            const float near = 0.13F * m.size;
            if (sub)
                place_box(stack, std::move(*sub), (width - sub->width) / 2, down + near + sub->up);
            if (sup)
                place_box(stack, std::move(*sup), (width - sup->width) / 2,
                          -(up + near + sup->down));
            stack.width = width;
            core = std::move(stack);
            return;
        }
        const float x = core.width + 0.03F * m.size;
        const float rise = std::max(0.36F * m.size, core.up - 0.42F * m.size),
                    drop = std::max(0.17F * m.size, core.down - 0.05F * m.size);
        if (sub) place_box(core, std::move(*sub), x, drop);
        if (sup) place_box(core, std::move(*sup), x, -rise);
        core.width += 0.03F * m.size;
    }

    /// {...}, one command or one character.
    Box argument(const Mode& m, std::string_view command) {
        skip_blanks();
        if (!more() || tex_[at_] == '}') {
            fail("formula_argument", command);
            return {};
        }
        return nucleus(m).box;
    }

    /// {...} read as plain text.
    std::string raw_argument(std::string_view command) {
        skip_blanks();
        const std::size_t end = tex_.find('}', at_);
        if (!more() || tex_[at_] != '{' || end == std::string_view::npos) {
            fail("formula_argument", command);
            return {};
        }
        const std::string text(tex_.substr(at_ + 1, end - at_ - 1));
        at_ = end + 1;
        return text;
    }

    Atom nucleus(const Mode& m) {
        if (tex_[at_] == '\\') return command(m);
        if (accept("{")) {
            Atom group{list(m, "}")};
            if (!accept("}")) fail("formula_brace", "{");
            return group;
        }
        const char32_t first = next_code_point(tex_, at_);
        std::string shown;
        append_utf8(shown, first == U'-'   ? char32_t{0x2212}
                           : first == U'*' ? char32_t{0x2217}
                           : m.upright     ? first
                                           : italic(first));
        // digits of a number, and neighbouring Chinese characters, are one piece
        const auto joins = [first](char32_t c) {
            const auto number = [](char32_t d) { return (d >= U'0' && d <= U'9') || d == U'.'; };
            return (number(first) && number(c)) || (is_wide(first) && is_wide(c));
        };
        while (more() && tex_[at_] != '\\') {
            std::size_t next = at_;
            const char32_t c = next_code_point(tex_, next);
            if (!joins(c)) break;
            append_utf8(shown, c);
            at_ = next;
        }
        return {glyphs(shown, m), spacing_of(first)};
    }

    Atom command(const Mode& m) {
        const std::string_view name = command_name();
        const std::size_t start = at_;
        at_ += 1 + name.size();
        if (const FormulaSymbol* symbol = find_symbol(name))
            return {glyphs(symbol->text, m), symbol->spacing};
        if (!large_operator(name).empty()) return large(m, name);
        if (is_function(name))
            return {glyphs(name == "argmax"   ? "arg max"
                           : name == "argmin" ? "arg min"
                                              : name,
                           m),
                    Spacing::kOperator, takes_limits(name)};
        if (name == "frac") {
            Mode inner = m;
            inner.display = false;
            Box top = argument(inner, name);
            return {fraction_box(std::move(top), argument(inner, name), m)};
        }
        if (name == "sqrt") return {root_box(argument(m, name), m)};
        if (name == "left") return {delimited(m)};
        if (name == "text" || name == "mathrm" || name == "textbf") {
            Mode upright = m;
            if (name == "textbf") upright.weight = Weight::kBold;
            return {glyphs(raw_argument(name), upright)};
        }
        if (name == "operatorname") return {glyphs(raw_argument(name), m), Spacing::kOperator};
        if (name == "mathbf") {
            Mode bold = m;
            bold.weight = Weight::kBold, bold.upright = true;
            return {argument(bold, name)};
        }
        if (name == "mathbb" && raw_argument(name) == "R") return {glyphs("ℝ", m)};
        if (name == "hat" || name == "bar" || name == "tilde")
            return {accent_box(argument(m, name), name, m)};
        at_ = start;
        fail("formula_unknown", name);
        return {};
    }

    Atom large(const Mode& m, std::string_view name) {
        const float scale = m.display && name != "int" ? 1.4F : 1.15F;
        Box sign = glyphs(large_operator(name), m, scale);
        // centred on the axis: these signs reach from the descender to above the capitals
        const float middle = (0.74F - 0.14F) / 2 * m.size * scale,
                    shift = middle - kFormulaAxis * m.size;
        Box box;
        sign.up = 0.76F * m.size * scale, sign.down = 0.16F * m.size * scale;
        place_box(box, std::move(sign), 0, shift);
        return {std::move(box), Spacing::kOperator, takes_limits(name)};
    }

    /// The character behind \left or \right; 0 after an error, '.' for none.
    char32_t delimiter() {
        skip_blanks();
        if (!more()) return fail("formula_delimiter", "left"), 0;
        if (tex_[at_] != '\\') return next_code_point(tex_, at_);
        const std::string_view name = command_name();
        const FormulaSymbol* symbol = find_symbol(name);
        if (!symbol) return fail("formula_delimiter", name), 0;
        at_ += 1 + name.size();
        std::size_t pos = 0;
        return next_code_point(symbol->text, pos);
    }

    Box delimited(const Mode& m) {
        const char32_t open = delimiter();
        Box inner = list(m, "\\right");
        if (!error_ && !accept("\\right")) fail("formula_delimiter", "left");
        const char32_t close = error_ ? 0 : delimiter();
        return fenced_box(std::move(inner), open, close, m);
    }

    const Canvas& canvas_;
    std::string_view tex_;
    const FormulaStyle& style_;
    std::size_t at_ = 0;
    int depth_ = 0;
    std::optional<Error> error_;
};

}  // namespace

Result<FormulaBox> layout_formula(const Canvas& canvas, std::string_view tex,
                                  const FormulaStyle& style) {
    return Setter(canvas, tex, style).run();
}

TextSize measure_formula(const Canvas& canvas, std::string_view tex, const FormulaStyle& style) {
    const auto box = layout_formula(canvas, tex, style);
    if (!box) return canvas.measure(tex, {style.size, style.color});
    return {box->width, box->up, box->down};
}

float draw_formula(Canvas& canvas, Vec2 at, std::string_view tex, const FormulaStyle& style) {
    const auto box = layout_formula(canvas, tex, style);
    if (!box) {
        canvas.text(at, tex, {style.size, style.color});
        return canvas.measure(tex, {style.size, style.color}).width;
    }
    for (const FormulaPiece& piece : box->pieces) {
        const Vec2 p = {at.x + piece.at.x, at.y + piece.at.y};
        if (piece.kind == FormulaPiece::Kind::kText) {
            canvas.text(p, piece.text, {piece.size, piece.color, piece.weight});
        } else if (piece.kind == FormulaPiece::Kind::kRule) {
            canvas.fill_rect({p.x, p.y, piece.w, piece.h}, piece.color);
        } else {
            Path moved = piece.path;
            for (Path::Step& s : moved.steps) {
                for (Vec2* v : {&s.a, &s.b, &s.c}) *v = {v->x + p.x, v->y + p.y};
            }
            canvas.stroke_path(moved, {piece.color, piece.size});
        }
    }
    return box->width;
}

}  // namespace dg::viz
