// Scene networks: the wiring of the three networks over the places of one sequence. Cells are lit by measured gradients: how
// strongly the answer depends on what stands there.
#include "engine/base/mathfn.h"
#include "viz/scenes/networks.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::networks {
namespace {

/// A network's lane: cells [row][place], row 0 (the symbols) at the foot.
struct Lane {
    Rect area;
    std::int64_t rows = 1, places = 1;
    float cell_w = 0, cell_h = 0;

    [[nodiscard]] Rect cell(std::int64_t row, std::int64_t place) const {
        const float pitch_x = area.w / static_cast<float>(places), pitch_y = rows > 1 ? (area.h - cell_h) / static_cast<float>(rows - 1) : 0;
        const float x = area.x + pitch_x * (static_cast<float>(place) + 0.5F), y = area.bottom() - cell_h / 2 - pitch_y * static_cast<float>(row);
        return {x - cell_w / 2, y - cell_h / 2, cell_w, cell_h};
    }
};

Lane lane_of(Rect area, std::int64_t rows, std::int64_t places) {
    Lane lane{area, rows, places};
    lane.cell_w = std::clamp(area.w / static_cast<float>(places) * 0.62F, 1.0F, 64.0F);
    lane.cell_h = std::clamp(area.h / static_cast<float>(rows) * 0.52F, 2.0F, 30.0F);
    return lane;
}

constexpr double kFloor = 1e-6;  // gradients at or below this share of the largest take the faintest tone

/// 0: nothing arrives at all; else .12 .. 1 on a logarithmic scale over six decades.
float strength(double value, double most) {
    if (value == 0 || most == 0) return 0;
    const double share = std::clamp(1 - dg::log(value / most) / dg::log(kFloor), 0.0, 1.0);
    return static_cast<float>(0.12 + 0.88 * share);
}

double most_of(const Shown& s) {
    double most = 0;
    for (const auto& row : s.gradient) most = std::max(most, *std::ranges::max_element(row));
    return most;
}

/// The gradient runs back from the query: places light up from the right (RNN), from the top (CNN), at once (Transformer).
float lit(const Shown& s, double progress, std::int64_t row, std::int64_t place, std::int64_t rows) {
    const auto places = static_cast<double>(s.gradient.front().size());
    double at = 0;
    if (s.dims.kind == net::Kind::kCnn) at = rows > 1 ? 1 - static_cast<double>(row) / static_cast<double>(rows - 1) : 0;
    if (s.dims.kind == net::Kind::kRnn) at = 1 - static_cast<double>(place + 1) / places;
    return static_cast<float>(std::clamp((progress - 0.8 * at) / 0.2, 0.0, 1.0));
}

/// The largest entry of a place's vector: the cell that a click asks about.
CellRef cell_ref(const Data& d, const std::string& tensor, std::int64_t place) {
    const Tensor<float>& t = d.recorded->tape.value(d.recorded->tape.find(tensor));
    const float* row = t.row(place);
    const auto at = std::max_element(row, row + t.cols(), [](float a, float b) { return std::abs(a) < std::abs(b); }) - row;
    return {tensor, {0, place, at}};
}

std::string tensor_of(const Shown& s, std::int64_t row) {
    const std::string id(net::id_of(s.dims.kind));
    if (row == 0) return id + ".x";
    if (s.dims.kind != net::Kind::kCnn || row == s.dims.layers) return id + ".out";
    return fmt::format("{}.layers.{}.out", id, row - 1);
}

std::int64_t rows_of(const Shown& s) { return s.dims.kind == net::Kind::kCnn ? s.dims.layers + 1 : 2; }

/// Gradient of a cell of the lane; the upper rows of RNN and Transformer pass on what arrives below.
double value_at(const Shown& s, std::int64_t row, std::int64_t place) {
    if (s.dims.kind == net::Kind::kCnn) return s.gradient[static_cast<std::size_t>(row)][static_cast<std::size_t>(place)];
    const auto last = static_cast<std::int64_t>(s.gradient.front().size()) - 1;
    if (s.dims.kind == net::Kind::kTransformer && row == 1 && place != last) return 0;
    return s.gradient.front()[static_cast<std::size_t>(place)];
}

struct Picture {
    Canvas& canvas;
    const Data& d;
    const View& view;
    const Theme& t;
    const Shown& s;
    Lane lane;
    double spread;

    void wire(std::int64_t row, std::int64_t place, std::int64_t to_row, std::int64_t to_place, float weight) const {
        const Rect a = lane.cell(row, place), b = lane.cell(to_row, to_place);
        const bool level = row == to_row;
        const Vec2 from = level ? Vec2{a.right(), a.center().y} : Vec2{a.center().x, a.y}, to = level ? Vec2{b.x, b.center().y} : Vec2{b.center().x, b.bottom()};
        const double value = std::min(value_at(s, row, place), value_at(s, to_row, to_place));
        const float on = strength(value, most_of(s)) * lit(s, spread, row, place, lane.rows);
        canvas.line(from, to, {.color = mix(t.hairline, t.gradient.fill, on), .width = std::max(t.line, on * weight)});
    }

    void wires() const {
        const std::int64_t last = lane.places - 1;
        if (lane.places > 80) return;  // lines would be one grey area
        if (s.dims.kind == net::Kind::kCnn) {
            for (std::int64_t row = 1; row < lane.rows; ++row)
                for (std::int64_t p = 0; p < lane.places; ++p)
                    for (std::int64_t q = std::max<std::int64_t>(0, p - net::kKernel + 1); q <= p; ++q) wire(row - 1, q, row, p, 3);
            return;
        }
        for (std::int64_t p = 0; p < lane.places; ++p) {
            if (s.dims.kind == net::Kind::kTransformer) {
                wire(0, p, 1, last, 2 + 8 * d.attention[static_cast<std::size_t>(p)]);
            } else {
                wire(0, p, 1, p, 3);
                if (p > 0) wire(1, p - 1, 1, p, 4);
            }
        }
    }

    void cells() const {
        const double most = most_of(s);
        for (std::int64_t row = 0; row < lane.rows; ++row) {
            for (std::int64_t p = 0; p < lane.places; ++p) {
                const Rect cell = lane.cell(row, p);
                const float on = strength(value_at(s, row, p), most) * lit(s, spread, row, p, lane.rows);
                canvas.fill_rect(cell, mix(t.track, t.gradient.fill, on), 4);
                if (view.revealed && cell.w >= 4) canvas.region({.rect = cell, .cell = cell_ref(d, tensor_of(s, row), p), .action = {}, .tip = tr(view.lang, "networks.tip", {{"value", number(value_at(s, row, p))}})});
            }
        }
    }
};

std::string symbol_text(const Data& d, Lang lang, std::size_t place) {
    const std::int64_t id = d.symbols[place];
    if (id == net::kQuery) return tr(lang, "networks.query");
    return id < net::kSymbols ? std::string(1, static_cast<char>('A' + id)) : "·";
}

/// The sequence below its places: the symbol, noise, the query.
void draw_symbols(Canvas& canvas, const Data& d, const View& view, const Lane& lane, float y) {
    const Theme& t = theme(view.theme);
    for (std::int64_t p = 0; p < lane.places; ++p) {
        const bool end = p == 0 || p + 1 == lane.places;
        if (!end && lane.places > 40) continue;
        TextStyle style = end ? strong(t, Align::kCenter) : label(t, Align::kCenter);
        style.color = end ? t.ink : t.ink3;
        const std::string text = symbol_text(d, view.lang, static_cast<std::size_t>(p));
        // the query's word must not leave the page
        const float half = canvas.measure(text, style).width / 2, x = std::min(lane.cell(0, p).center().x, lane.area.right() + 24 - half);
        canvas.text({x, y}, text, style);
    }
}

/// Left of a lane: name, parameters, path, answer.
void draw_facts(Canvas& canvas, const Data& d, const View& view, const Shown& s, Rect area) {
    const Theme& t = theme(view.theme);
    TextStyle name = heading(t);
    name.color = t.ink;
    const float step = std::min(t.label * 1.5F, (area.h - name.size) / 3);
    float y = area.y + name.size;
    canvas.text({area.x, y}, name_of(view.lang, s.dims.kind), name);
    TextStyle line = label(t);
    line.size = std::min(line.size, step / 1.25F);
    const TextArgs args = {{"parameters", grouped(s.parameters)}, {"path", fmt::format("{}", net::cost_of(s.dims, d.n + 2).path)}, {"p", percent(s.p)}};
    std::vector<std::string> lines = {tr(view.lang, "networks.parameters", args)};
    if (view.revealed) lines.push_back(tr(view.lang, fmt::format("networks.path.{}", net::id_of(s.dims.kind)), args));
    if (done(view, kAnswer) > 0) lines.push_back(tr(view.lang, "networks.answer", args));
    for (const std::string& text : lines) {
        y += step;
        line.color = &text == &lines.back() && done(view, kAnswer) > 0 ? t.ink : t.ink2;
        canvas.text({area.x, y}, elide(canvas, text, line, area.w), line);
    }
}

/// The logarithmic scale of the lit cells.
void draw_scale(Canvas& canvas, const View& view, Rect area) {
    const Theme& t = theme(view.theme);
    TextStyle words = caption(t);
    const std::string text = tr(view.lang, "networks.scale");
    const float ramp = 140, x = area.right() - ramp - 90, y = area.y;
    canvas.text({x - 16, y + 12}, elide(canvas, text, words, area.w - ramp - 120), caption(t, Align::kRight));
    for (int i = 0; i < 28; ++i) canvas.fill_rect({x + 5.0F * static_cast<float>(i), y, 5, 14}, mix(t.track, t.gradient.fill, 0.12F + 0.88F * static_cast<float>(i) / 27));
    canvas.text({x + ramp + 8, y + 12}, tr(view.lang, "networks.scale.max"), words);
}

}  // namespace

void draw_flow(Canvas& canvas, const Data& d, const View& view, Rect area) {
    const Group group(canvas, "flow");
    const Theme& t = theme(view.theme);
    const float facts = std::min(area.w * 0.27F, t.label * 17), foot = t.body * 2.2F, scale = 26, gap = t.label * 1.5F;
    draw_scale(canvas, view, {area.x, area.y, area.w, scale});
    const float room = area.h - foot - scale - 2 * gap - 8;
    const std::array<float, 3> shares = {0.46F, 0.27F, 0.27F};
    float y = area.y + scale + 8;
    for (std::size_t k = 0; k < 3; ++k) {
        const Rect strip{area.x, y, area.w, room * shares[k]};
        draw_facts(canvas, d, view, d.nets[k], {strip.x, strip.y, facts - 24, strip.h});
        const Lane lane = lane_of({strip.x + facts, strip.y, strip.w - facts - 24, strip.h}, rows_of(d.nets[k]), static_cast<std::int64_t>(d.symbols.size()));
        const Picture picture{canvas, d, view, t, d.nets[k], lane, done(view, kSpread)};
        picture.wires();
        picture.cells();
        if (k == 2) draw_symbols(canvas, d, view, lane, area.bottom() - foot * 0.3F);
        if (k < 2) canvas.line({area.x, strip.bottom() + gap / 2}, {area.right(), strip.bottom() + gap / 2}, {.color = t.hairline, .width = t.line});
        y = strip.bottom() + gap;
    }
}

void draw_reach(Canvas& canvas, const Data& d, const View& view, Rect area) {
    const Group group(canvas, "reach");
    const Theme& t = theme(view.theme);
    const float facts = std::min(area.w * 0.27F, t.label * 17), foot = t.body * 2.2F, scale = 30;
    draw_scale(canvas, view, {area.x, area.y, area.w, scale});
    const Rect body{area.x, area.y + scale + 8, area.w, area.h - scale - 8 - foot};
    const Lane lane = lane_of({body.x + facts, body.y, body.w - facts - 24, body.h}, rows_of(d.nets[0]), static_cast<std::int64_t>(d.symbols.size()));
    const Picture picture{canvas, d, view, t, d.nets[0], lane, done(view, kSpread)};
    picture.wires();
    picture.cells();
    draw_symbols(canvas, d, view, lane, area.bottom() - foot * 0.3F);
    TextStyle big = heading(t);
    float y = body.y + big.size;
    canvas.text({body.x, y}, tr(view.lang, "networks.reach.layers", {{"layers", fmt::format("{}", d.layers)}}), big);
    if (!view.revealed) return;
    const std::string sum = fmt::format("1 + 2 × {} = {}", d.layers, d.reach(0));
    big.size = t.big;
    big.size *= std::min(1.0F, (facts - 24) / canvas.measure(sum, big).width);
    y += t.big * 1.5F;
    canvas.text({body.x, y}, sum, big);
    const std::int64_t beyond = static_cast<std::int64_t>(d.symbols.size()) - d.reach(0);
    for (const std::string& line : {tr(view.lang, "networks.reach.measured", {{"reach", fmt::format("{}", d.reach(0))}}),
                                    tr(view.lang, "networks.reach.beyond", {{"count", fmt::format("{}", beyond)}})}) {
        y = draw_wrapped(canvas, {body.x, y + t.label * 2}, line, label(t), facts - 24);
    }
}

}  // namespace dg::viz::networks
