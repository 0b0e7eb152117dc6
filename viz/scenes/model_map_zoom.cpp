// zoom=map: both models in one world where area is weights, from all of DeepSeek-V3 down to single weights of the running
// model. What is small on screen is a plain block; grown, it shows its parts, then names and formulas, then values.
#include "viz/scenes/model_map.h"
#include "viz/scenes/next_token.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace dg::viz::model_map {
namespace {

constexpr double kMostScale = 19;      // powers of two
constexpr double kStep = 0.5;          // of one turn of the wheel
constexpr std::int64_t kShownCells = 96;  // of a matrix, along each side

/// A rectangle of the world; its area is a number of weights (gaps apart).
struct Box {
    double x = 0, y = 0, w = 0, h = 0;
};

/// One model in the world: columns of equal width, feet on one line.
struct Site {
    const Parts* parts = nullptr;
    double x = 0, foot = 0, column = 0, pitch = 0;

    [[nodiscard]] double left(std::size_t i) const { return x + pitch * static_cast<double>(i); }

    [[nodiscard]] double width() const { return pitch * static_cast<double>(parts->layers.size() + 2); }

    [[nodiscard]] double height() const { return static_cast<double>(parts->largest_layer()) / column; }
};

/// Columns such that the model is `aspect` times as wide as high.
Site site_of(const Parts& parts, double aspect) {
    Site s{.parts = &parts};
    const auto n = static_cast<double>(parts.layers.size() + 2);
    s.column = std::sqrt(aspect * static_cast<double>(parts.largest_layer()) / (n * 1.22));
    s.pitch = s.column * 1.22;
    return s;
}

struct World {
    Site big, small;
    double w = 0, h = 0;
};

World world_of(const Data& d) {
    World world{.big = site_of(d.big, 2.1), .small = site_of(d.small, 2.1)};
    world.w = world.big.width(), world.h = world.big.height() * 1.16;
    world.big.foot = world.big.height();
    // below the wall, where nothing else is
    world.small.x = world.w * 0.36, world.small.foot = world.big.height() * 1.1;
    return world;
}

/// From the world to the page.
struct Lens {
    Rect place;
    double cx = 0, cy = 0, zoom = 1;  // world centre; pixels per world unit

    [[nodiscard]] Rect rect(const Box& b) const {
        return {static_cast<float>(place.center().x + (b.x - cx) * zoom), static_cast<float>(place.center().y + (b.y - cy) * zoom), static_cast<float>(b.w * zoom), static_cast<float>(b.h * zoom)};
    }

    [[nodiscard]] bool sees(const Rect& r) const { return r.x < place.right() && r.right() > place.x && r.y < place.bottom() && r.bottom() > place.y; }
};

double fit_zoom(const World& w, double width, double height) { return std::min(width / w.w, height / w.h); }

/// The part of a rectangle that is on the page: text stays in sight while its block is larger than the page.
Rect clipped(const Rect& r, const Rect& place) {
    const float x = std::max(r.x, place.x), y = std::max(r.y, place.y);
    return {x, y, std::min(r.right(), place.right()) - x, std::min(r.bottom(), place.bottom()) - y};
}

std::string short_name(std::string name) {
    for (const std::string_view cut : {"self_attn.", "mlp.", "shared_experts.", ".weight"})
        if (const std::size_t at = name.find(cut); at != std::string::npos) name.erase(at, cut.size());
    return name;
}

/// What the matrix computes, in the report's symbols.
const char* formula_of(std::string_view name) {
    constexpr std::pair<std::string_view, const char*> kFormulas[] = {{"q_a_proj", "c_q = Wᴰᑫ h"},       {"q_b_proj", "q = Wᵁᑫ c_q"},         {"kv_a_proj_with_mqa", "[c_kv ; k_R] = Wᴰᴷⱽ h"},
                                                                      {"kv_b_proj", "[k ; v] = Wᵁ c_kv"}, {"o_proj", "u = Wᴼ o"},              {"q_proj", "q = W h"},
                                                                      {"k_proj", "k = W h"},              {"v_proj", "v = W h"},               {"mlp.gate.weight", "s = σ(W h)"},
                                                                      {"gate_proj", "g = W h"},           {"up_proj", "u = W h"},              {"down_proj", "y = W (silu(g) ⊙ u)"},
                                                                      {"embed_tokens", "x = E[id]"},      {"lm_head", "z = W h"}};
    for (const auto& [key, text] : kFormulas)
        if (name.find(key) != std::string_view::npos) return text;
    return "";
}

class Painter {
  public:
    Painter(Canvas& canvas, const Data& d, const View& view, const Theme& t, const Lens& lens) : canvas_(canvas), d_(d), view_(view), t_(t), lens_(lens) {}

    void site(const Site& s, bool big) {
        const Group group(canvas_, big ? "map-v3" : "map-model");
        const Parts& p = *s.parts;
        const std::size_t n = p.layers.size();
        const Rect all = lens_.rect({s.x, s.foot - s.height(), s.width(), s.height()});
        if (!lens_.sees({all.x - 40, all.y - 40, all.w + 80, all.h + 120})) return;
        if (all.w < 12) return dot(all);
        end(s, 0, static_cast<double>(p.embedding), "model.embed_tokens.weight", big);
        for (std::size_t i = 0; i < n; ++i) layer(s, i, big);
        end(s, n + 1, static_cast<double>(p.head), "lm_head.weight", big);
        stream(s);
    }

  private:
    Color faded(Color c, double lit) const { return mix(mix(t_.ground, c, 0.35F), c, static_cast<float>(lit)); }

    /// How far the running token has come to column i of a site.
    [[nodiscard]] double lit(const Parts& p, std::size_t column) const {
        const std::size_t n = p.layers.size();
        if (column == 0) return done(view_, kEmbed);
        if (column == n + 1) return done(view_, kUnembed);
        const auto dense = static_cast<double>(std::ranges::count(p.layers, false, &LayerParts::moe)), index = static_cast<double>(column - 1);
        const double reached = p.layers[column - 1].moe ? done(view_, kMoe) * (static_cast<double>(n) - dense) - (index - dense) : done(view_, kDense) * dense - index;
        return std::clamp(reached, 0.0, 1.0);
    }

    /// Too small to show: a ring round it, its name beside.
    void dot(const Rect& at) {
        const Vec2 c = at.center();
        canvas_.fill_circle(c, 15, t_.ink2);
        canvas_.fill_circle(c, 13, t_.ground);
        canvas_.fill_rect({c.x - at.w / 2, c.y - at.h / 2, std::max(1.0F, at.w), std::max(1.0F, at.h)}, t_.ink);
        canvas_.text({c.x + 24, c.y + t_.label * 0.35F}, tr(view_.lang, "scene.map.zoom.dot", {{"name", d_.small_name}}), {.size = t_.label, .color = t_.ink, .weight = Weight::kBold});
        action_region(canvas_, {c.x - 16, c.y - 16, 32, 32}, "goto model", tr(view_.lang, "scene.map.zoom.goto", {{"name", d_.small_name}}));
    }

    void stream(const Site& s) {
        const Rect line = lens_.rect({s.x - s.pitch * 0.3, s.foot + s.height() * 0.012, s.width() + s.pitch * 0.5, 0});
        const float y = std::max(line.y, lens_.rect({0, s.foot, 0, 0}).y + 6);
        if (y < lens_.place.y || y > lens_.place.bottom()) return;
        const float from = std::max(line.x, lens_.place.x), to = std::min(line.right(), lens_.place.right());
        if (to - from < 20) return;
        canvas_.line({from, y}, {to, y}, {.color = t_.stream, .width = 4});
        if (line.right() < lens_.place.right()) draw_arrow(canvas_, {to - 4, y}, {to + 12, y}, {.color = t_.stream, .width = 4}, 14);
    }

    /// Embedding or head.
    void end(const Site& s, std::size_t column, double weights, const char* name, bool big) {
        const double h = weights / s.column;
        const Box box{s.left(column), s.foot - h, s.column, h};
        const Rect r = lens_.rect(box);
        if (!lens_.sees(r)) return;
        Part part{.name = name, .group = column == 0 ? "embedding" : "head"};
        part.rows = s.parts->config.vocab_size, part.cols = s.parts->config.hidden_size;
        matrix(box, part, name, t_.bar, lit(*s.parts, column), big, opens(d_, part.group, 0));
    }

    void layer(const Site& s, std::size_t i, bool big) {
        const LayerParts& l = s.parts->layers[i];
        const double on = lit(*s.parts, i + 1), height = static_cast<double>(l.total()) / s.column;
        const Rect whole = lens_.rect({s.left(i + 1), s.foot - height, s.column, height});
        if (!lens_.sees({whole.x, whole.y, whole.w, whole.h + 60})) return;
        if (whole.w > t_.caption * 1.8F && whole.bottom() + t_.caption * 2.2F < lens_.place.bottom())
            canvas_.text({clipped(whole, lens_.place).center().x, whole.bottom() + t_.caption * 2}, fmt::format("{}", i), caption(t_, Align::kCenter));
        if (whole.w < 40) action_region(canvas_, {whole.x, whole.y, std::max(6.0F, whole.w), std::max(24.0F, whole.h)}, fmt::format("goto {} {}", big ? "v3" : "model", i),
                                        tr(view_.lang, "scene.map.tip.layer", {{"layer", fmt::format("{}", i)}, {"n", short_count(static_cast<double>(l.total()))}, {"awake", short_count(static_cast<double>(l.awake()))}}));
        const std::vector<Part>& parts = big ? (l.moe ? d_.big_moe : d_.big_dense) : (l.moe ? d_.small_moe : d_.small_dense);
        const auto at = static_cast<std::int64_t>(i), own = big ? std::min<std::int64_t>(at, static_cast<std::int64_t>(d_.small.layers.size()) - 1) : at;
        double y = s.foot;
        for (const char* name : {"attention", "dense", "shared", "router"}) {
            double weights = 0;
            for (const Part& part : parts)
                if (part.group == name && part.cols > 1) weights += static_cast<double>(part.weights());
            if (weights == 0) continue;
            y -= weights / s.column;
            slices({s.left(i + 1), y, s.column, weights / s.column}, parts, name, at, name == std::string_view("attention") ? t_.latent.fill : t_.stream, on, big, opens(d_, name, own), -1);
        }
        if (l.moe) experts(s, i, y, parts, on, big, own);
    }

    void experts(const Site& s, std::size_t i, double foot, const std::vector<Part>& parts, double on, bool big, std::int64_t own) {
        const LayerParts& l = s.parts->layers[i];
        const double tile = static_cast<double>(l.expert) / s.column;
        const Color asleep = mix(t_.ground, t_.border, 0.45F);
        const std::vector<std::int64_t>* chosen = big ? nullptr : &d_.awake[i];
        const Rect all = lens_.rect({s.left(i + 1), foot - tile * static_cast<double>(l.experts), s.column, tile * static_cast<double>(l.experts)});
        if (!lens_.sees(all)) return;
        if (static_cast<float>(tile * lens_.zoom) < 1.5F) {  // a band of how many, not which
            const double awake = tile * static_cast<double>(l.chosen);
            canvas_.fill_rect(lens_.rect({s.left(i + 1), foot - tile * static_cast<double>(l.experts), s.column, tile * static_cast<double>(l.experts) - awake}), asleep);
            canvas_.fill_rect(lens_.rect({s.left(i + 1), foot - awake, s.column, awake}), faded(t_.bar_strong, on));
            return;
        }
        for (std::int64_t e = 0; e < l.experts; ++e) {
            const Box box{s.left(i + 1), foot - tile * static_cast<double>(e + 1), s.column, tile};
            const Rect r = lens_.rect(box);
            if (!lens_.sees(r)) continue;
            // V3's weights are not here: how many experts wake is known, which is not
            const bool mine = chosen != nullptr ? std::ranges::find(*chosen, e) != chosen->end() : e < l.chosen;
            const Color hue = chosen != nullptr ? t_.experts[static_cast<std::size_t>(e) % t_.experts.size()] : t_.bar_strong;
            slices(box, parts, "expert", static_cast<std::int64_t>(i), mine ? hue : asleep, mine ? on : 1, big, opens(d_, "expert", own), e);
        }
    }

    /// A group of matrices side by side when there is room, else one block.
    void slices(const Box& box, const std::vector<Part>& parts, std::string_view group, std::int64_t layer, Color color, double on, bool big, const std::string& action, std::int64_t expert) {
        const Rect r = lens_.rect(box);
        if (!lens_.sees(r)) return;
        if (r.w < 70 || r.h < 12) {
            canvas_.fill_rect({r.x, r.y, r.w, std::max(0.6F, r.h - (r.h > 4 ? 1.0F : 0.0F))}, faded(color, on), r.h > 24 ? 2 : 0);
            if (r.w >= 40 && r.h >= 12) action_region(canvas_, clipped(r, lens_.place), action, tr(view_.lang, "scene.map.tip.open"));
            return;
        }
        double x = box.x, total = 0;
        for (const Part& part : parts)
            if (part.group == group && part.cols > 1) total += static_cast<double>(part.weights());
        for (const Part& part : parts) {
            if (part.group != group || part.cols == 1) continue;
            const double w = box.w * static_cast<double>(part.weights()) / total;
            std::string name = part.name;
            if (const std::size_t zero = name.find("experts.0."); expert >= 0 && zero != std::string::npos) name.replace(zero, 10, fmt::format("experts.{}.", expert));
            matrix({x, box.y, w, box.h}, part, fmt::format("model.layers.{}.{}", layer, name), color, on, big, action);
            x += w;
        }
    }

    /// A matrix: block, then name and shape, then formula, then its values.
    void matrix(const Box& box, const Part& part, const std::string& full, Color color, double on, bool big, const std::string& action) {
        const Rect r = lens_.rect(box);
        if (!lens_.sees(r)) return;
        const Rect seen = clipped(r, lens_.place);
        const bool values = !big && r.w > 90 && r.h > 60 && show_values(r, full);
        if (!values) {
            canvas_.fill_rect({r.x, r.y, std::max(0.6F, r.w - 1), std::max(0.6F, r.h - 1)}, faded(color, on), r.h > 24 ? 2 : 0);
            if (r.w >= 24 && r.h >= 10) action_region(canvas_, seen, action, fmt::format("{} · {} × {} = {}", full, grouped(part.rows), grouped(part.cols), grouped(part.weights())));
        }
        if (seen.w < 80 || seen.h < t_.caption * 1.9F) return;
        const std::string name = short_name(full.starts_with("model.layers.") ? full.substr(full.find('.', 13) + 1) : full);
        std::vector<std::string> lines{name};
        if (seen.h > t_.caption * 3.6F) lines.push_back(fmt::format("{} × {} = {}", grouped(part.rows), grouped(part.cols), short_count(static_cast<double>(part.weights()))));
        if (seen.h > t_.caption * 7 && *formula_of(full) != 0) lines.emplace_back(formula_of(full));
        float widest = 0;
        for (std::string& line : lines) line = elide(canvas_, line, caption(t_), seen.w - 16), widest = std::max(widest, canvas_.measure(line, {.size = t_.caption, .color = t_.ink, .weight = Weight::kBold}).width);
        const float line_h = t_.caption * 1.4F;
        if (values || mix(t_.ground, color, 0.4F) != color) canvas_.fill_rect({seen.x + 4, seen.y + 4, widest + 10, line_h * static_cast<float>(lines.size()) + 6}, t_.ground, 4);
        for (std::size_t i = 0; i < lines.size(); ++i)
            canvas_.text({seen.x + 8, seen.y + 6 + line_h * (static_cast<float>(i) + 0.8F)}, lines[i], {.size = t_.caption, .color = t_.ink, .weight = i == 0 ? Weight::kBold : Weight::kRegular});
    }

    /// The visible rows and columns of a weight matrix of the running model, the largest of each block.
    bool show_values(const Rect& r, const std::string& name) {
        const auto& tensors = d_.run->model->model.weights.tensors;
        const auto found = tensors.find(name);
        if (found == tensors.end() || found->second.rank() != 2) return false;
        const Tensor<float>& w = found->second;
        const Rect seen = clipped(r, lens_.place);
        const auto first = [](float from, float begin, float size, std::int64_t n) { return std::clamp<std::int64_t>(static_cast<std::int64_t>(std::floor((from - begin) / size * static_cast<float>(n))), 0, n - 1); };
        const auto last = [](float to, float begin, float size, std::int64_t n) { return std::clamp<std::int64_t>(static_cast<std::int64_t>(std::ceil((to - begin) / size * static_cast<float>(n))), 1, n); };
        const std::int64_t r0 = first(seen.y, r.y, r.h, w.rows()), r1 = std::max(r0 + 1, last(seen.bottom(), r.y, r.h, w.rows())), c0 = first(seen.x, r.x, r.w, w.cols()), c1 = std::max(c0 + 1, last(seen.right(), r.x, r.w, w.cols()));
        const std::int64_t block_r = (r1 - r0 + kShownCells - 1) / kShownCells, block_c = (c1 - c0 + kShownCells - 1) / kShownCells;
        const std::int64_t rows = (r1 - r0 + block_r - 1) / block_r, cols = (c1 - c0 + block_c - 1) / block_c;
        const double limit = d_.limits.at(name);
        std::vector<float> cells(static_cast<std::size_t>(rows * cols), 0);
        for (std::int64_t y = r0; y < r1; ++y)
            for (std::int64_t x = c0; x < c1; ++x) {
                float& cell = cells[static_cast<std::size_t>((y - r0) / block_r * cols + (x - c0) / block_c)];
                if (const float v = w.row(y)[x]; !(std::abs(v) <= std::abs(cell))) cell = v;
            }
        std::vector<Color> colors;
        for (const float v : cells) colors.push_back(std::isfinite(v) ? t_.diverging_at(limit > 0 ? static_cast<double>(v) / limit : 0) : t_.error.fill);
        const float cw = r.w / static_cast<float>(w.cols()), ch = r.h / static_cast<float>(w.rows());
        const Rect map{r.x + cw * static_cast<float>(c0), r.y + ch * static_cast<float>(r0), cw * static_cast<float>(std::min(cols * block_c, w.cols() - c0)), ch * static_cast<float>(std::min(rows * block_r, w.rows() - r0))};
        canvas_.heatmap(map, static_cast<int>(rows), static_cast<int>(cols), colors);
        canvas_.stroke_rect({r.x, r.y, r.w - 1, r.h - 1}, {.color = t_.border, .width = t_.line});
        if (block_r == 1 && block_c == 1) canvas_.region({map, CellRef{name, {r0, c0}}, "", "", static_cast<int>(rows), static_cast<int>(cols)});
        return true;
    }

    Canvas& canvas_;
    const Data& d_;
    const View& view_;
    const Theme& t_;
    const Lens& lens_;
};

/// V3's wall with the frame of what is seen.
void draw_overview(Canvas& canvas, const Theme& t, const World& world, const Lens& lens) {
    const Group group(canvas, "overview");
    const float w = std::min(lens.place.w * 0.16F, 240.0F), unit = w / static_cast<float>(world.w);
    const Rect box{lens.place.right() - w - 12, lens.place.y + 12, w, unit * static_cast<float>(world.h)};
    canvas.fill_rect(box.inset(-6), t.ground, 6);
    canvas.stroke_rect(box.inset(-6), {.color = t.border, .width = t.line}, 6);
    const auto height = static_cast<float>(world.big.height());
    canvas.fill_rect({box.x, box.y, w, height * unit}, t.track);
    const float half_w = lens.place.w / static_cast<float>(lens.zoom) / 2, half_h = lens.place.h / static_cast<float>(lens.zoom) / 2;
    const Rect seen{box.x + (static_cast<float>(lens.cx) - half_w) * unit, box.y + (static_cast<float>(lens.cy) - half_h) * unit, std::max(5.0F, half_w * 2 * unit), std::max(5.0F, half_h * 2 * unit)};
    canvas.push_clip(box.inset(-6));
    draw_ring(canvas, t, seen, 2);
    canvas.pop_clip();
}

void draw_buttons(Canvas& canvas, const View& view, const Theme& t, const Rect& place, const Data& d) {
    const Group group(canvas, "buttons");
    const float h = t.label * 2;
    float x = place.x + 8;
    const std::string names[] = {"+", "−", "DeepSeek-V3", d.small_name, tr(view.lang, "scene.map.zoom.far")};
    const char* actions[] = {"wheel 2 0.5 0.5 0", "wheel -2 0.5 0.5 0", "goto v3", "goto model", "set zoom=far"};
    for (std::size_t i = 0; i < 5; ++i) {
        const float w = std::max(h, canvas.measure(names[i], label(t)).width + t.label * 1.4F);
        const Rect r{x, place.bottom() - h - 8, w, h};
        canvas.fill_rect(r, t.ground, 8);
        canvas.stroke_rect(r, {.color = t.border, .width = t.line}, 8);
        draw_centered(canvas, r, names[i], label(t));
        action_region(canvas, r, actions[i], names[i]);
        x += w + 8;
    }
}

std::string real(double v) { return fmt::format("{:.12g}", v); }

}  // namespace

void draw_zoom(Canvas& canvas, const Data& d, const View& view) {
    const Theme t = fitted_type(canvas, view);
    const World world = world_of(d);
    // the title needs the scale, the scale the place: pages of one size have one place
    const Rect page = canvas.page();
    const double guess = fit_zoom(world, static_cast<double>(page.w) * 0.9, static_cast<double>(page.h) * 0.78) * std::pow(2.0, d.scale);
    const double per_pixel = 1 / (guess * guess);
    const TextArgs args{{"weights", per_pixel >= 10 ? short_count(per_pixel) : number(per_pixel, 2)}, {"pixels", number(1 / per_pixel, 2)}, {"scale", number(std::pow(2.0, d.scale), 3)}, {"name", rich_escape(d.small_name)}, {"token", rich_escape(d.labels[static_cast<std::size_t>(d.position)])}};
    const Rect place = draw_frame(canvas, view, {.title = tr(view.lang, per_pixel >= 1 ? "scene.map.zoom.title" : "scene.map.zoom.title_near", args), .subtitle = tr(view.lang, "scene.map.zoom.subtitle", args),
                                                 .notes = {tr(view.lang, "scene.map.zoom.note", args)}, .badge = {.detail = badge_detail(view.lang, d.small_name, d.model_hash())}});
    canvas.region({.rect = place, .cell = std::nullopt, .action = "zoom-area", .tip = ""});
    const Lens lens{place, d.at_x * world.w, d.at_y * world.h, fit_zoom(world, static_cast<double>(place.w), static_cast<double>(place.h)) * std::pow(2.0, d.scale)};
    canvas.push_clip(place);
    Painter painter(canvas, d, view, t, lens);
    painter.site(world.big, true);
    painter.site(world.small, false);
    canvas.pop_clip();
    canvas.stroke_rect(place, {.color = t.hairline, .width = t.line});
    if (d.scale > 0.5) draw_overview(canvas, t, world, lens);
    draw_buttons(canvas, view, t, place, d);
}

std::map<std::string, std::string> act_zoom(const SceneData& data, const Params& params, std::string_view action) {
    const auto& d = dynamic_cast<const Data&>(data);
    std::map<std::string, std::string> set = params.written();
    const World world = world_of(d);
    double scale = d.zoom == "map" ? d.scale : 0, cx = (d.zoom == "map" ? d.at_x : 0.5) * world.w, cy = (d.zoom == "map" ? d.at_y : 0.5) * world.h;
    std::vector<std::string> words(1);
    for (const char c : action) {
        if (c == ' ') words.emplace_back();
        else words.back() += c;
    }
    const auto read = [&](std::size_t i, double fallback) {
        double v = fallback;
        if (i < words.size()) std::from_chars(words[i].data(), words[i].data() + words[i].size(), v);
        return std::isfinite(v) ? v : fallback;
    };
    const auto shape = [&](std::size_t i) { return read(i, 0) > 0 ? read(i, 0) : 2.1; };
    const auto seen = [&](double aspect, double s) { return (aspect >= world.w / world.h ? world.h * aspect : world.w) / std::pow(2.0, s); };
    if (words[0] == "wheel") {
        // the world point under the pointer stays where it is: fx, fy are shares of the picture, `aspect` its shape
        const double fx = read(2, 0.5) - 0.5, fy = read(3, 0.5) - 0.5, aspect = shape(4);
        const auto seen_w = [&](double s) { return seen(aspect, s); };
        const double px = cx + fx * seen_w(scale), py = cy + fy * seen_w(scale) / aspect;
        scale = std::clamp(scale + kStep * read(1, 0), 0.0, kMostScale);
        cx = px - fx * seen_w(scale), cy = py - fy * seen_w(scale) / aspect;
    } else if (words[0] == "pan" && d.zoom == "map") {
        const double aspect = shape(3), width = seen(aspect, scale);
        cx -= read(1, 0) * width, cy -= read(2, 0) * width / aspect;
    } else if (words[0] == "goto" && words.size() > 1) {
        const bool big = words[1] == "v3";
        const Site& s = big ? world.big : world.small;
        const double layer = read(2, -1), width = layer < 0 ? s.width() : s.pitch * 3;
        cx = layer < 0 ? s.x + s.width() / 2 : s.left(static_cast<std::size_t>(std::clamp(layer, 0.0, static_cast<double>(s.parts->layers.size() - 1))) + 1) + s.column / 2;
        cy = s.foot - s.height() * (layer < 0 ? 0.45 : 0.12);
        scale = layer < 0 && big ? 0 : std::clamp(std::log2(world.w / (width * 1.25)), 0.0, kMostScale);
        if (layer < 0 && big) cy = world.h / 2;
    } else {
        return set;
    }
    set["zoom"] = "map", set["scale"] = real(scale);
    set["at_x"] = real(std::clamp(cx / world.w, 0.0, 1.0)), set["at_y"] = real(std::clamp(cy / world.h, 0.0, 1.0));
    return set;
}

}  // namespace dg::viz::model_map
