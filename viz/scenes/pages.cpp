// Page frame, badge and the three state pages of widgets.h.
#include "viz/scenes/widgets.h"

#include <algorithm>
#include <cmath>

namespace dg::viz {
namespace {

constexpr float kLeading = 1.45F;  // baseline to baseline, in ems

/// Left and right margin of a page: 96 at 1920, never under 24.
float margin(Rect page) { return std::clamp(page.w * 0.05F, 24.0F, 96.0F); }

std::string_view kind_key(Kind kind) {
    switch (kind) {
        case Kind::kComputed: return "badge.computed";
        case Kind::kPublished: return "badge.published";
        case Kind::kIllustration: return "badge.illustration";
    }
    return "";
}

Color kind_dot(const Theme& t, Kind kind) {
    return kind == Kind::kComputed ? t.computed_dot : kind == Kind::kPublished ? t.published_dot : t.illustration_dot;
}

/// Title of one or two lines and subtitle; returns the y where the subject may begin.
float draw_head(Canvas& canvas, const Theme& t, const PageText& text) {
    const Group group(canvas, "title");
    const Rect page = canvas.page();
    const float left = page.x + margin(page), width = page.w - 2 * margin(page);
    TextStyle style{.size = t.title, .color = t.ink, .weight = Weight::kBold};
    const RichText title = rich(t, text.title, t.ink, Weight::kBold);
    if (measure_rich(canvas, title, style) > width) style.size = t.title * 0.82F;

    float y = page.y + std::clamp(page.h * 0.055F, 16.0F, 60.0F) + style.size;
    for (const RichText& line : wrap_rich(canvas, title, style, width)) {
        draw_rich(canvas, {left, y}, line, style);
        y += style.size * 1.25F;
    }
    y -= style.size * 1.25F;
    if (text.subtitle.empty()) return y + 28;

    const TextStyle second{.size = t.label, .color = t.ink3};
    y += second.size * 1.8F;
    for (const RichText& line : wrap_rich(canvas, rich(t, text.subtitle, t.ink3), second, width)) {
        draw_rich(canvas, {left, y}, line, second);
        y += second.size * kLeading;
    }
    return y - second.size * kLeading + 28;
}

/// Notes at the left of the foot; returns the y above them.
float draw_foot(Canvas& canvas, const View& view, const PageText& text) {
    const Group group(canvas, "foot");
    const Theme& t = theme(view.theme);
    const Rect page = canvas.page();
    const float side = margin(page), bottom = page.bottom() - std::clamp(page.h * 0.03F, 12.0F, 32.0F);
    const Rect badge = draw_badge(canvas, view, {page.right() - side, bottom}, text.badge);

    // notes wrap beside the badge, the last baseline level with its text
    const TextStyle style{.size = t.caption, .color = t.ink2};
    std::vector<std::string> lines;
    for (const std::string& note : text.notes) {
        const auto wrapped = wrap(canvas, note, style, badge.x - page.x - side - 32);
        lines.insert(lines.end(), wrapped.begin(), wrapped.end());
    }
    float y = badge.bottom() - (badge.h - t.caption * 0.7F) / 2;
    for (std::size_t i = lines.size(); i-- > 0;) {
        canvas.text({page.x + side, y}, lines[i], style);
        y -= t.caption * kLeading;
    }
    const float top = lines.empty() ? badge.y - 16 : std::min(badge.y, y + t.caption * (kLeading - 1)) - 16;
    canvas.line({page.x + side, top}, {page.right() - side, top}, {.color = t.hairline, .width = t.line});
    return top - 16;
}

/// A message in the middle of the page under a heading.
float draw_message(Canvas& canvas, const Theme& t, std::string_view head, std::string_view text, Color head_color) {
    const Rect page = canvas.page();
    const float width = std::min(page.w - 2 * margin(page), 900.0F);
    float y = page.y + page.h * 0.42F;
    canvas.text({page.center().x, y}, elide(canvas, head, heading(t), width),
                {.size = t.heading, .color = head_color, .weight = Weight::kBold, .align = Align::kCenter});
    y += t.heading * 0.6F;
    TextStyle style = body(t, Align::kCenter);
    style.color = t.ink2;
    for (const std::string& line : wrap(canvas, text, style, width)) {
        y += style.size * kLeading;
        canvas.text({page.center().x, y}, line, style);
    }
    return y + 32;
}

/// A button in the middle, at most as wide as its text needs.
void draw_button(Canvas& canvas, const Theme& t, float y, std::string_view text, std::string action) {
    const float width = canvas.measure(text, body(t)).width + 64;
    const Rect rect{canvas.page().center().x - width / 2, y, width, t.body * 2.2F};
    canvas.stroke_rect(rect, {.color = t.border, .width = t.line}, 8);
    draw_centered(canvas, rect, text, body(t));
    canvas.region({rect, std::nullopt, std::move(action), std::string(text)});
}

}  // namespace

std::string badge_detail(Lang lang, const std::string& model, const std::string& hash, const std::string& seed) {
    std::string detail = hash.empty() ? model : fmt::format("{} {}", model, hash.substr(0, 4));
    if (seed.empty()) return detail;
    if (!detail.empty()) detail += " · ";
    return detail += tr(lang, "badge.seed", {{"seed", seed}});
}

Rect draw_badge(Canvas& canvas, const View& view, Vec2 corner, const Badge& badge) {
    const Group group(canvas, "badge");
    const Theme& t = theme(view.theme);
    std::string text = tr(view.lang, kind_key(badge.kind));
    if (!badge.detail.empty()) text += " · " + badge.detail;
    const TextStyle style{.size = t.caption, .color = t.ink2};
    text = elide(canvas, text, style, canvas.page().w * 0.45F);

    const float height = std::round(t.caption * 2);
    const float width = std::round(canvas.measure(text, style).width + height * 1.35F);
    const Rect rect{corner.x - width, corner.y - height, width, height};
    canvas.fill_rect(rect, t.ground, height / 2);
    canvas.stroke_rect(rect, {.color = t.border, .width = t.line}, height / 2);
    canvas.fill_circle({rect.x + height * 0.55F, rect.center().y}, t.caption * 0.28F, kind_dot(t, badge.kind));
    canvas.text({rect.x + height * 0.9F, rect.center().y + t.caption * 0.35F}, text, style);
    canvas.region({rect, std::nullopt, "", tr(view.lang, std::string(kind_key(badge.kind)) + ".tip")});
    return rect;
}

std::string numbers_covered(std::string_view title) {
    if (title.ends_with("?") || title.ends_with("？")) return std::string(title);  // a question gives nothing away
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    std::string out;
    for (std::size_t i = 0; i < title.size();) {
        if (!digit(title[i]) || (i > 0 && letter(title[i - 1]))) {
            // a digit inside a name stays with its name
            do out += title[i++];
            while (i < title.size() && digit(title[i]) && (letter(title[i - 1]) || digit(title[i - 1])));
            continue;
        }
        std::size_t end = i;
        while (end < title.size() && (digit(title[end]) || ((title[end] == '.' || title[end] == ',') && end + 1 < title.size() && digit(title[end + 1])))) ++end;
        if (end < title.size() && letter(title[end])) {
            out += title.substr(i, end - i);
        } else {
            out += '?';
        }
        i = end;
    }
    return out;
}

Rect draw_frame(Canvas& canvas, const View& view, const PageText& text) {
    const Theme& t = theme(view.theme);
    const Rect page = canvas.page();
    canvas.fill_rect(page, t.ground);
    PageText head = text;
    if (!view.revealed) head.title = numbers_covered(text.title);
    const float top = draw_head(canvas, t, head);
    const float bottom = draw_foot(canvas, view, text);
    return {page.x + margin(page), top, page.w - 2 * margin(page), std::max(0.0F, bottom - top)};
}

void draw_empty(Canvas& canvas, const View& view, std::string_view message) {
    const Group group(canvas, "empty");
    const Theme& t = theme(view.theme);
    canvas.fill_rect(canvas.page(), t.ground);
    draw_message(canvas, t, tr(view.lang, "state.empty.title"), message, t.ink);
}

void draw_loading(Canvas& canvas, const View& view, double fraction, std::string_view what) {
    const Group group(canvas, "loading");
    const Theme& t = theme(view.theme);
    const Rect page = canvas.page();
    canvas.fill_rect(page, t.ground);
    float y = draw_message(canvas, t, tr(view.lang, "state.loading.title"), what, t.ink);
    if (fraction >= 0) {
        const float width = std::min(page.w * 0.5F, 560.0F);
        draw_bar(canvas, t, {page.center().x - width / 2, y, width, 12}, std::min(fraction, 1.0), {.fill = t.ink, .radius = 6});
        canvas.text({page.center().x, y + 20 + t.body}, percent(std::min(fraction, 1.0), 0), body(t, Align::kCenter));
        y += 44 + t.body;
    }
    draw_button(canvas, t, y, tr(view.lang, "state.loading.cancel"), "cancel");
}

void draw_error(Canvas& canvas, const View& view, const Error& error) {
    const Group group(canvas, "error");
    const Theme& t = theme(view.theme);
    canvas.fill_rect(canvas.page(), t.ground);
    const std::string head = fmt::format("▲ {}", tr(view.lang, "state.error.title"));
    const float y = draw_message(canvas, t, head, describe(view.lang, error), t.error.ink);
    draw_button(canvas, t, y, tr(view.lang, "state.error.retry"), "retry");
}

}  // namespace dg::viz
