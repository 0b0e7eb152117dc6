#include "viz/scenes/tokens_picture.h"

#include "viz/scenes/clock.h"
#include "viz/scenes/tokens_chat.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz::tokens {
namespace {

std::string counted(std::int64_t n) {
    return grouped(n);
}

/// The text as a title can carry it: blanks shown, long ones cut.
std::string quoted(const Canvas& canvas, const Data& d, const Theme& t) {
    std::string text = d.text;
    for (char& c : text) {
        if (c == '\n' || c == '\t' || c == '\r') c = ' ';
    }
    return rich_escape(elide(canvas, text,
                             {.size = t.title * 0.82F, .color = {}, .weight = Weight::kBold},
                             canvas.page().w * 0.42F));
}

}  // namespace

Painter::Painter(Canvas& canvas, const Data& data, const View& view, const Layout& layout)
    : canvas_(canvas),
      d_(data),
      view_(view),
      l_(layout),
      t_(layout.type),
      slider_(slider_at(data, view)) {
    known_ = static_cast<std::int64_t>(std::floor(slider_));
    roots_ = d_.roots(known_);
    // the lesson on bytes asks how many there are
    if (view.stage == kBytes) bytes_in_ = view.revealed ? static_cast<float>(ease(view.u)) : 0.0F;
    ids_in_ = view.stage < kTokens    ? 0.0F
              : view.stage == kTokens ? static_cast<float>(ease(view.u))
                                      : 1.0F;
}

bool Painter::is_root(int i) const {
    const Node& n = d_.node(i);
    return n.number <= known_ && (n.parent < 0 || d_.node(n.parent).number > known_);
}

/// Pale columns tie a token to its bytes; neighbours alternate warm and cool.
void Painter::bands() {
    const Group group(canvas_, "bands");
    if (view_.stage < kMerge) return;
    bool warm = true;
    for (const int root : roots_) {
        const Node& n = d_.node(root);
        if (l_.shows(n.bytes)) {
            const float top = l_.glyph_y - l_.glyph_size * 1.2F;
            const Rect columns = l_.columns(n.bytes, {0, top, 0, l_.ids.bottom() - top});
            canvas_.fill_rect(columns.inset(1), warm ? t_.band_warm : t_.band_cool, 8);
        }
        warm = !warm;
    }
}

void Painter::names() {
    const Group group(canvas_, "names");
    const auto name = [&](float y, std::string_view key, const std::string& count) {
        const TextStyle bold{.size = t_.label, .color = t_.ink, .weight = Weight::kBold};
        const std::string word = tr(view_.lang, key);
        canvas_.text({l_.names_x, y}, word, bold);
        if (!count.empty())
            canvas_.text({l_.names_x + canvas_.measure(word, bold).width + 10, y}, count,
                         {.size = t_.label, .color = t_.ink3});
    };
    name(l_.glyph_y - l_.glyph_size * 0.25F, "scene.tokens.characters",
         counted(static_cast<std::int64_t>(d_.characters.size())));
    name(l_.bytes.center().y + t_.label * 0.35F, "scene.tokens.bytes",
         view_.stage == kBytes && !view_.revealed ? "?" : counted(d_.bytes()));
    if (view_.stage < kMerge) return;
    const auto tokens = static_cast<std::int64_t>(roots_.size());
    name(l_.boxes.center().y - t_.label * 0.1F, "scene.tokens.tokens", "");
    canvas_.text(
        {l_.axis_x + 8, l_.boxes.center().y + t_.big * 0.36F},
        view_.revealed ? counted(tokens) : "?",
        {.size = t_.big, .color = t_.ink, .weight = Weight::kBold, .align = Align::kRight});
    if (ids_in_ <= 0) return;
    const bool ordered = d_.id_base >= 0;
    name(l_.ids.center().y, "scene.tokens.ids", "");
    if (!ordered) return;
    canvas_.text({l_.names_x, l_.ids.center().y + t_.caption * 1.35F},
                 tr(view_.lang, "scene.tokens.ids.rule", {{"base", fmt::format("{}", d_.id_base)}}),
                 {.size = t_.caption, .color = t_.ink3});
}

/// The axis is the slider: a click sets how many merges are known.
void Painter::axis() {
    const Group group(canvas_, "axis");
    const std::int64_t all = d_.all_merges();
    const float x = l_.axis_x;
    const float head = l_.tree.y - t_.caption * 0.4F;
    canvas_.text({l_.names_x, head}, tr(view_.lang, "scene.tokens.axis"),
                 {.size = t_.label, .color = t_.ink, .weight = Weight::kBold});
    canvas_.text({l_.names_x, head + t_.caption * 1.35F}, tr(view_.lang, "scene.tokens.axis.scale"),
                 {.size = t_.caption, .color = t_.ink3});
    const float handle = l_.axis_y(slider_, all);
    canvas_.line({x, l_.tree.y}, {x, l_.tree.bottom()}, {.color = t_.border, .width = 4});
    canvas_.line({x, l_.tree.y}, {x, handle}, {.color = t_.ink, .width = 5});

    // round numbers, as close as their text allows; the slider's own number replaces a neighbour
    const TextStyle style{.size = t_.caption, .color = t_.ink3, .align = Align::kRight};
    float last = -1000;
    for (const std::int64_t tick : {0, 10, 50, 100, 200, 300, 500, 700, 1000, 2000, 4000, 8000,
                                    16000, 32000, 64000, 128000, 256000}) {
        const float y = l_.axis_y(static_cast<double>(tick), all);
        if (tick > all || y - last < t_.caption * 1.4F || std::abs(y - handle) < t_.caption * 1.3F)
            continue;
        canvas_.line({x - 14, y}, {x - 6, y}, {.color = t_.ink3, .width = t_.line});
        canvas_.text({x - 20, y + style.size * 0.35F}, counted(tick), style);
        last = y;
    }
    canvas_.fill_circle({x, handle}, 13, t_.ink);
    canvas_.fill_circle({x, handle}, 10, t_.ground);
    TextStyle bold = style;
    bold.color = t_.ink, bold.weight = Weight::kBold;
    canvas_.text({x - 20, handle + style.size * 0.35F}, counted(known_), bold);

    constexpr int kSlices = 48;
    for (int i = 0; i < kSlices; ++i) {
        const double from = static_cast<double>(i) / (kSlices - 1);
        const auto merges =
            static_cast<std::int64_t>(std::llround(static_cast<double>(all) * from * from));
        const float h = l_.tree.h / kSlices, y = l_.tree.y + static_cast<float>(i) * h;
        canvas_.region({{x - 60, y, 84, h},
                        std::nullopt,
                        fmt::format("set merges={}", merges),
                        tr(view_.lang, "scene.tokens.axis.tip", {{"merges", counted(merges)}})});
    }
}

void Painter::bracket(const Range& part, const Range& character) {
    const Rect at = l_.columns(part, {0, l_.bracket_y, 0, 0});
    const float x0 = at.x + 4, x1 = at.right() - 4, y = at.y;
    const Vec2 points[] = {{x0, y + 7}, {x0, y}, {x1, y}, {x1, y + 7}};
    canvas_.polyline(points, {.color = t_.ink2, .width = 1.5F});
    if (part == character || view_.stage < kMerge) return;
    const TextStyle style{.size = t_.caption, .color = t_.ink2, .align = Align::kCenter};
    const TextArgs args{{"part", fmt::format("{}", part.size())},
                        {"all", fmt::format("{}", character.size())}};
    std::string text = tr(view_.lang, "scene.tokens.split", args);
    if (canvas_.measure(text, style).width > at.w - 6)
        text = fmt::format("{}/{}", part.size(), character.size());
    canvas_.text({at.center().x, y + t_.caption * 1.15F}, text, style);
}

/// A character of several bytes gets a bracket; one per token when a border cuts it.
void Painter::brackets(const Range& character) {
    if (view_.stage < kMerge) return bracket(character, character);
    for (const int root : roots_) {
        const Range& token = d_.node(root).bytes;
        const Range part{std::max(token.begin, character.begin),
                         std::min(token.end, character.end)};
        if (part.size() > 0) bracket(part, character);
    }
}

void Painter::characters() {
    const Group group(canvas_, "characters");
    for (const Range& c : d_.characters) {
        if (!l_.shows(c)) continue;
        std::string glyph =
            d_.text.substr(static_cast<std::size_t>(c.begin), static_cast<std::size_t>(c.size()));
        // blanks and invisible characters by their names, as token labels write them
        glyph = glyph == " "    ? "␣"
                : glyph == "\n" ? "⏎"
                : glyph == "\t" ? "⇥"
                : glyph == "\r" ? "␍"
                                : glyph;
        const Rect at = l_.columns(c, l_.bytes);
        TextStyle style{.size = c.size() > 1 ? l_.glyph_size : l_.glyph_size * 0.72F,
                        .color = t_.ink,
                        .align = Align::kCenter};
        if (const float width = canvas_.measure(glyph, style).width; width > at.w)
            style.size *= at.w / width;
        canvas_.text({at.center().x, l_.glyph_y}, glyph, style);
        if (c.size() > 1) brackets(c);
    }
}

void Painter::byte_pills() {
    const Group group(canvas_, "bytes");
    if (view_.stage == kBytes && !view_.revealed) return;
    const auto shown = static_cast<int>(l_.shown.size());
    for (int i = 0; i < shown; ++i) {
        const std::int64_t byte = l_.shown.begin + i;
        const auto in = view_.stage == kBytes
                            ? static_cast<float>(ease(staggered(view_.u, i, shown, 4)))
                            : 1.0F;
        if (in <= 0) continue;
        Rect pill{l_.begin_x(byte) + 1.5F, l_.bytes.y - (1 - in) * 14, l_.byte_w - 3, l_.bytes.h};
        canvas_.fill_rect(pill, t_.ground.with_alpha(in), 5);
        canvas_.stroke_rect(pill, {.color = t_.border.with_alpha(in), .width = t_.line}, 5);
        draw_centered(canvas_, pill,
                      fmt::format("{:02X}", static_cast<unsigned char>(
                                                d_.text[static_cast<std::size_t>(byte)])),
                      {.size = t_.caption, .color = t_.ink.with_alpha(in)});
        canvas_.region(
            {pill, std::nullopt, "",
             tr(view_.lang, "scene.tokens.byte.tip",
                {{"at", fmt::format("{}", byte)},
                 {"value", fmt::format("{}", static_cast<unsigned char>(
                                                 d_.text[static_cast<std::size_t>(byte)]))}})});
    }
}

void draw(Canvas& canvas, const SceneData& data, const Params&, const View& view) {
    if (const auto* chat = dynamic_cast<const ChatData*>(&data)) return draw_chat(canvas, *chat, view);
    const auto& d = dynamic_cast<const Data&>(data);
    const Theme& t = theme(view.theme);
    const auto known = static_cast<std::int64_t>(std::floor(slider_at(d, view)));
    const TextArgs args{
        {"text", quoted(canvas, d, t)},
        {"bytes", counted(d.bytes())},
        {"characters", counted(static_cast<std::int64_t>(d.characters.size()))},
        {"merges", counted(d.merges_used(known))},
        {"tokens", view.revealed ? counted(d.tokens_at[static_cast<std::size_t>(known)]) : "?"}};
    PageText page{
        .title = tr(view.lang,
                    view.stage < kMerge ? "scene.tokens.title.bytes" : "scene.tokens.title", args),
        .subtitle =
            tr(view.lang,
               view.stage < kMerge ? "scene.tokens.subtitle.bytes" : "scene.tokens.subtitle", args),
        .notes = view.presenter ? std::vector<std::string>{}
                                : std::vector<std::string>{tr(view.lang, "scene.tokens.note")},
        .badge = {.kind = Kind::kComputed,
                  .detail = badge_detail(view.lang, d.model->name, d.model_hash())}};
    const Rect place = draw_frame(canvas, view, page);
    const Layout layout = lay_out(canvas, d, view, place);
    Painter painter(canvas, d, view, layout);
    painter.names();
    if (layout.cut)
        canvas.push_clip({layout.left - 2, place.y, layout.right - layout.left + 4, place.h});
    painter.bands();
    painter.characters();
    if (view.stage >= kMerge) painter.tree();
    painter.byte_pills();
    if (view.stage >= kMerge) painter.token_boxes();
    if (layout.cut) canvas.pop_clip();
    if (view.stage >= kMerge) painter.axis();
    painter.pager();
}

}  // namespace dg::viz::tokens
