// show=meters of scene moe: what is stored against what is multiplied, counted from configs; show=gates: three gate formulas
// on the same logits.
#include "viz/scenes/moe.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz::moe {
namespace {

/// Experts as small tiles, those that run filled.
void expert_wall(Canvas& c, const Theme& t, Rect place, const Meter& m, bool covered) {
    const std::int64_t n = m.routed + m.shared;
    const auto columns = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(std::sqrt(static_cast<double>(n) * static_cast<double>(place.w / std::max(1.0F, place.h))))));
    const std::int64_t rows = (n + columns - 1) / columns;
    const float side = std::min({place.w / static_cast<float>(columns), place.h / static_cast<float>(rows), 72.0F}), gap = side > 40 ? 4.0F : side > 8 ? 2.0F : side > 4 ? 1.0F : 0.0F;
    std::vector<Color> cells;
    for (std::int64_t i = 0; i < n; ++i) {
        // which experts run changes from token to token: here only their number, spread evenly
        const bool shared = i >= m.routed, run = shared || (i * m.chosen) / m.routed != ((i + 1) * m.chosen) / m.routed;
        const Rect cell{place.x + side * static_cast<float>(i % columns), place.y + side * static_cast<float>(i / columns), side - gap, side - gap};
        c.fill_rect(cell, run && !covered ? (shared ? t.bar : t.bar_strong) : t.border, side > 12 ? 3.0F : 0.0F);
    }
}

class MeterPainter {
  public:
    MeterPainter(Canvas& canvas, const View& view, const Meter& m, Rect place) : c_(canvas), v_(view), t_(theme(view.theme)), m_(m), r_(place), y_(place.y) {}

    void draw() {
        const Group group(c_, "meter");
        c_.fill_rect({r_.x - 20, r_.y, r_.w + 40, r_.h}, t_.panel, 12);
        y_ += t_.heading * 1.5F;
        c_.text({r_.x, y_}, elide(c_, m_.name, heading(t_), r_.w), heading(t_));
        y_ += t_.label * 1.7F;
        const TextArgs args{{"routed", grouped(m_.routed)}, {"shared", grouped(m_.shared)}, {"chosen", grouped(m_.chosen)}};
        y_ = draw_wrapped(c_, {r_.x, y_}, tr(v_.lang, m_.shared > 0 ? "scene.moe.meter.experts" : "scene.moe.meter.experts.routed", args), label(t_), r_.w, 2) + t_.label;
        const float wall = std::max(0.0F, r_.bottom() - y_ - t_.label * (m_.total > 0 ? 15.0F : 10.5F));
        expert_wall(c_, t_, {r_.x, y_, r_.w, wall}, m_, !v_.revealed);
        y_ += wall + t_.label;
        pair("scene.moe.meter.per_token", m_.multiplied(), m_.stored(), m_.share());
        if (m_.total > 0) pair("scene.moe.meter.model", m_.active, m_.total, m_.active / m_.total);
        combinations();
    }

  private:
    [[nodiscard]] static std::string count(double v) { return short_count(v); }

    void pair(const char* key, double used, double stored, double share) {
        c_.text({r_.x, y_ + t_.label}, elide(c_, tr(v_.lang, key), strong(t_), r_.w), strong(t_));
        TextStyle value = strong(t_, Align::kRight);
        const std::string text = v_.revealed ? percent(share) : "?";
        if (c_.measure(tr(v_.lang, key), strong(t_)).width + c_.measure(text, value).width + 12 < r_.w) c_.text({r_.right(), y_ + t_.label}, text, value);
        y_ += t_.label * 1.6F;
        draw_bar(c_, t_, {r_.x, y_, r_.w, t_.label}, share, {.fill = t_.bar_strong, .covered = !v_.revealed});
        y_ += t_.label * 2.1F;
        const TextArgs args{{"used", v_.revealed ? count(used) : "?"}, {"stored", count(stored)}, {"flop", v_.revealed ? count(2 * used) : "?"}, {"bytes", bytes_text(2 * stored)}};
        const char* detail = m_.total > 0 ? "scene.moe.meter.detail" : "scene.moe.meter.detail.relative";
        c_.text({r_.x, y_}, elide(c_, tr(v_.lang, detail, args), caption(t_), r_.w), caption(t_));
        y_ += t_.label * 1.5F;
    }

    void combinations() {
        y_ += t_.label * 0.6F;
        const TextArgs args{{"n", grouped(m_.routed)}, {"k", grouped(m_.chosen)}};
        c_.text({r_.x, y_}, elide(c_, tr(v_.lang, "scene.moe.meter.combinations", args), label(t_), r_.w), label(t_));
        const std::string text = !v_.revealed ? "?" : m_.combinations < 9e15 ? grouped(static_cast<std::int64_t>(m_.combinations)) : number(m_.combinations, 3);
        TextStyle style = heading(t_);
        style.size = t_.heading * 0.9F;
        c_.text({r_.x, y_ + t_.heading * 1.15F}, elide(c_, text, style, r_.w), style);
    }

    Canvas& c_;
    const View& v_;
    const Theme& t_;
    const Meter& m_;
    Rect r_;
    float y_;
};

}  // namespace

void draw_meters(Canvas& canvas, const Data& d, const View& view) {
    const Meter& first = d.meters.front();
    const TextArgs args{{"run", grouped(first.chosen + first.shared)}, {"all", grouped(first.routed + first.shared)}, {"share", percent(first.share())},
                        {"name", first.name}, {"split", fmt::format("{}", first.split)}};
    const std::string title = tr(view.lang, !view.revealed ? "scene.moe.meter.title.covered" : first.split > 1 ? "scene.moe.meter.title.split" : "scene.moe.meter.title", args);
    PageText text = page(d, view, title, tr(view.lang, "scene.moe.meter.subtitle", args), {tr(view.lang, "scene.moe.meter.note")});
    const Rect place = draw_frame(canvas, view, text);
    const Theme& t = theme(view.theme);
    const std::size_t shown = place.w < t.label * 40 ? std::min<std::size_t>(2, d.meters.size()) : d.meters.size();
    const float gap = 72, w = (place.w - 40 - gap * static_cast<float>(shown - 1)) / static_cast<float>(shown);
    for (std::size_t i = 0; i < shown; ++i)
        MeterPainter(canvas, view, d.meters[i], {place.x + 20 + (w + gap) * static_cast<float>(i), place.y, w, place.h}).draw();
}

void draw_gates(Canvas& canvas, const Data& d, const View& view) {
    const Theme& t = theme(view.theme);
    const std::string token = rich_escape(d.labels[static_cast<std::size_t>(d.position)]);
    const TextArgs args{{"token", token}, {"layer", fmt::format("{}", d.layer)}, {"experts", fmt::format("{}", d.experts)}, {"k", fmt::format("{}", d.chosen)}};
    const Rect place = draw_frame(canvas, view, page(d, view, tr(view.lang, view.revealed ? "scene.moe.gates.title" : "scene.moe.gates.title.covered", args), tr(view.lang, "scene.moe.gates.subtitle", args)));
    const float label_w = std::clamp(place.w * 0.22F, t.label * 9, t.label * 19), value_w = t.label * 9, row = place.h / 3;
    const Columns columns{.x = place.x + label_w, .w = place.w - label_w - value_w, .gap = 0, .experts = d.experts, .groups = 1};
    for (std::size_t i = 0; i < d.gates.size(); ++i) {
        const Gate& g = d.gates[i];
        const Group group(canvas, g.id);
        const Rect r{place.x, place.y + row * static_cast<float>(i), place.w, row - 28};
        canvas.text({r.x, r.y + t.heading}, elide(canvas, tr(view.lang, "scene.moe.gates." + g.id, args), strong(t), label_w - 16), strong(t));
        draw_wrapped(canvas, {r.x, r.y + t.heading + t.label * 1.5F}, tr(view.lang, "scene.moe.gates." + g.id + ".about", args), label(t), label_w - 24, 4);
        const double top = std::max(1e-9, *std::ranges::max_element(g.values));
        const float base = r.bottom() - t.caption * 1.5F, room = base - r.y - t.caption * 1.6F;
        canvas.line({columns.x, base}, {columns.x + columns.w, base}, {.color = t.border, .width = t.line});
        for (std::int64_t e = 0; e < d.experts; ++e) {
            const double value = g.values[static_cast<std::size_t>(e)];
            const float h = static_cast<float>(value / top) * room, w = columns.column_w() * 0.7F;
            const bool run = value > 0 || g.id == "softmax";
            if (view.revealed) canvas.fill_rect({columns.center(e) - w / 2, base - h, w, h}, expert_color(t, e), 2);
            TextStyle name = caption(t, Align::kCenter);
            if (run && view.revealed) name.color = t.ink, name.weight = Weight::kBold;
            if (columns.column_w() > t.caption * 1.3F) canvas.text({columns.center(e), base + t.caption * 1.2F}, fmt::format("{}", e), name);
            if (view.revealed && value > 0 && columns.column_w() > canvas.measure("0.00", caption(t)).width + 2)
                canvas.text({columns.center(e), base - h - 5}, fixed(value, 2), {.size = t.caption, .color = t.ink, .align = Align::kCenter});
            const auto k = d.choice(d.position, e);
            const CellRef cell = g.id == "v3" && k ? d.cell("gate.topk_weights", {0, d.position, *k}) : d.cell("gate.logits", {0, d.position, e});
            canvas.region({{columns.left(e), r.y, columns.column_w(), base - r.y}, cell, "", ""});
        }
        const TextArgs values{{"sum", view.revealed ? fixed(g.sum, 2) : "?"}, {"run", view.revealed ? fmt::format("{}", g.run) : "?"}};
        canvas.text({place.right(), r.center().y}, tr(view.lang, "scene.moe.gates.sum", values), strong(t, Align::kRight));
        canvas.text({place.right(), r.center().y + t.label * 1.6F}, tr(view.lang, "scene.moe.gates.run", values), label(t, Align::kRight));
    }
}

}  // namespace dg::viz::moe
