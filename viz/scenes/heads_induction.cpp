// Scene heads, show=induction: which heads look from a token to what followed its earlier occurrence.
#include "viz/scenes/heads.h"
#include "viz/scenes/clock.h"
#include "viz/scenes/next_token.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz::heads {
namespace {

using Kind = Induction::Kind;

constexpr std::int64_t kSequences = 32, kHalf = 24;

bool speaks_check_digit(const LoadedModel& model) {
    return model.tokenizer.vocab_size() == static_cast<std::int64_t>(sim::kCharacters.size()) + 1 && model.tokenizer.encode_spans("#").front().id == sim::character_id('#');
}

/// The recorded run of given ids.
Result<std::shared_ptr<const Trace>> record_ids(std::shared_ptr<const LoadedModel> model, const std::vector<std::int32_t>& ids) {
    auto run = std::make_shared<Trace>();
    for (const std::int32_t id : ids) {
        const std::size_t begin = run->prompt.size();
        run->prompt += model->tokenizer.label(id);
        run->tokens.push_back({.id = id, .begin = begin, .end = run->prompt.size()});
    }
    run->batch = {.batch = 1, .length = static_cast<std::int64_t>(ids.size()), .ids = ids};
    DG_TRY(forward(model->model, run->batch, {}, run->tape));
    run->model = std::move(model);
    return std::shared_ptr<const Trace>(std::move(run));
}

const char* kind_key(Kind kind) { return kind == Kind::kOwn ? "own" : kind == Kind::kShuffled ? "shuffled" : "repeated"; }

std::size_t best_of(const Induction& in) { return sim::InductionScores::best(in.of(in.kind)); }

/// All heads as tiles, the score on each.
void draw_tiles(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const Induction& in = *d.induction;
    const std::vector<double>& scores = in.of(in.kind);
    const float name_w = t.caption * 4.4F, top = t.caption * 1.8F;
    const std::int64_t layers = std::min<std::int64_t>(d.layers, 12), heads = std::min<std::int64_t>(d.count, 16);
    const float w = (area.w - name_w) / static_cast<float>(heads), h = std::min((area.h - top) / static_cast<float>(layers), w * 0.8F);
    const double shown = done(view, kCarry);
    for (std::int64_t l = 0; l < layers; ++l) {
        canvas.text({area.x + name_w - 12, area.y + top + h * (static_cast<float>(l) + 0.5F) + t.caption * 0.35F}, tr(view.lang, "scene.heads.layer", {{"layer", fmt::format("{}", l)}}), caption(t, Align::kRight));
        for (std::int64_t k = 0; k < heads; ++k) {
            const Rect tile{area.x + name_w + w * static_cast<float>(k) + 3, area.y + top + h * static_cast<float>(l) + 3, w - 6, h - 6};
            if (l == 0) canvas.text({tile.center().x, area.y + t.caption}, tr(view.lang, "scene.heads.head", {{"head", fmt::format("{}", k)}}), caption(t, Align::kCenter));
            const double score = scores[d.index(l, k)];
            const Color fill = view.revealed ? mix(t.track, t.sequential_at(score), static_cast<float>(shown)) : t.track;
            canvas.fill_rect(tile, fill, 5);
            TextStyle number{.size = std::min(t.heading, tile.w * 0.3F), .color = t.ink_on(fill), .weight = score >= sim::kInduction ? Weight::kBold : Weight::kRegular};
            draw_centered(canvas, tile, view.revealed ? fixed(score, 2) : "?", number);
            if (view.revealed && score >= sim::kInduction) canvas.stroke_rect(tile, {.color = t.ink, .width = 3}, 5);
            if (view.revealed && d.index(l, k) == best_of(in)) draw_ring(canvas, t, tile, 5);
            action_region(canvas, tile, fmt::format("open attention model={} prompt={} layer={} head={}", d.model_name, d.run->prompt, l, k),
                          tr(view.lang, "scene.heads.tip.open", {{"layer", fmt::format("{}", l)}, {"head", fmt::format("{}", k)}}));
        }
    }
}

/// Scores of the best head on the three kinds of sequences, each beside what an even row would score.
void draw_kinds(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const Induction& in = *d.induction;
    canvas.text({area.x, area.y + t.label}, elide(canvas, tr(view.lang, "scene.heads.induction.kinds"), label(t), area.w), label(t));
    float y = area.y + t.label * 1.6F;
    const float row = std::min((area.bottom() - y) / 3, t.body * 2.6F), name_w = area.w * 0.46F, number_w = t.body * 3.2F;
    for (const Kind kind : {Kind::kOwn, Kind::kShuffled, Kind::kRepeated}) {
        if (in.of(kind).empty()) continue;
        const double best = in.of(kind)[sim::InductionScores::best(in.of(kind))];
        const float base = y + row / 2 + t.body * 0.35F;
        const Rect track{area.x + name_w, y + row * 0.28F, area.w - name_w - number_w, row * 0.44F};
        canvas.text({area.x, base}, elide(canvas, tr(view.lang, fmt::format("scene.heads.induction.{}", kind_key(kind))), kind == in.kind ? strong(t) : body(t), name_w - 8), kind == in.kind ? strong(t) : body(t));
        draw_bar(canvas, t, track, best * done(view, kCarry), {.fill = t.bar_strong, .covered = !view.revealed});
        const float even = track.x + track.w * static_cast<float>(in.uniform(kind)), half = track.x + track.w * static_cast<float>(sim::kInduction);
        canvas.line({even, track.y - 4}, {even, track.bottom() + 4}, {.color = t.error.fill, .width = 3});
        canvas.line({half, track.y - 4}, {half, track.bottom() + 4}, {.color = t.ink2, .width = 2, .dash = 4, .gap = 3});
        canvas.text({area.right(), base}, view.revealed ? fixed(best, 2) : "?", kind == in.kind ? strong(t, Align::kRight) : body(t, Align::kRight));
        action_region(canvas, {area.x, y, area.w, row}, fmt::format("set sequences={}", kind_key(kind)), tr(view.lang, fmt::format("scene.heads.induction.{}", kind_key(kind))));
        y += row;
    }
}

/// The best head's weights, the cells that count outlined.
void draw_picture(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const Induction& in = *d.induction;
    const std::int64_t n = d.tokens;
    const float letters = t.caption * 1.5F, side = std::min(area.w - letters, area.h - letters - t.label * 1.8F), cell = side / static_cast<float>(n);
    const Rect map{area.x + letters, area.y + t.label * 1.8F + letters, side, side};
    canvas.text({map.x, area.y + t.label}, elide(canvas, tr(view.lang, "scene.heads.induction.picture", {{"layer", fmt::format("{}", d.layer)}, {"head", fmt::format("{}", d.head)}}), label(t), area.w - letters), label(t));
    const std::string name = fmt::format("layers.{}.attn.probs", d.layer);
    const Tensor<float>& probs = d.run->tape.value(d.run->tape.find(name));
    std::vector<Color> cells;
    const auto shown = static_cast<float>(view.revealed ? done(view, kLook) : 0);
    for (std::int64_t q = 0; q < n; ++q)
        for (std::int64_t k = 0; k < n; ++k) cells.push_back(k > q ? t.track : mix(t.ground, t.sequential_at(probs[(d.head * n + q) * n + k]), shown));
    canvas.heatmap(map, static_cast<int>(n), static_cast<int>(n), cells);
    canvas.stroke_rect(map, {.color = t.border, .width = t.line});
    const TextStyle tiny{.size = std::min(t.caption, cell * 1.1F), .color = t.ink2, .align = Align::kCenter};
    for (std::int64_t i = 0; i < n && tiny.size >= 9; ++i) {
        const float at = cell * (static_cast<float>(i) + 0.5F);
        if (canvas.measure(d.labels[static_cast<std::size_t>(i)], tiny).width > 1.15F * cell) continue;
        canvas.text({map.x + at, map.y - 5}, d.labels[static_cast<std::size_t>(i)], tiny);
        canvas.text({map.x - letters * 0.5F, map.y + at + tiny.size * 0.35F}, d.labels[static_cast<std::size_t>(i)], tiny);
    }
    if (view.revealed)
        for (std::int64_t q = 0; q < n; ++q)
            if (const std::int64_t k = in.target[static_cast<std::size_t>(q)]; k >= 0)
                canvas.stroke_rect({map.x + cell * static_cast<float>(k) - 1, map.y + cell * static_cast<float>(q) - 1, cell + 2, cell + 2}, {.color = t.error.fill, .width = 2.5F});
    Region region;
    region.rect = map, region.cell = CellRef{name, {0, d.head, 0, 0}}, region.rows = region.cols = static_cast<int>(n);
    canvas.region(region);
}

}  // namespace

Result<std::shared_ptr<Data>> induction_data(std::shared_ptr<const LoadedModel> model, const std::string& sequences, std::uint64_t seed, const Progress& progress) {
    const bool own = speaks_check_digit(*model);
    const auto vocab = static_cast<std::int32_t>(model->tokenizer.vocab_size());
    // bytes and specials come first in a byte-level vocabulary; the reasoner's first two are unknown and space
    const std::int32_t first = own ? 2 : vocab > 600 ? 300 : vocab / 2;
    const std::int64_t half = std::max<std::int64_t>(2, std::min({kHalf, model->model.config.max_position_embeddings / 2, static_cast<std::int64_t>(vocab - first)}));
    Induction in{.kind = !own || sequences == "repeated" ? Kind::kRepeated : sequences == "shuffled" ? Kind::kShuffled : Kind::kOwn, .scores = {}, .target = {}, .count = kSequences};
    DG_ASSIGN(in.scores, sim::measure_induction(model->model, first, vocab, half, kSequences, own, seed, [&] { return progress.report(0.5); }));
    std::vector<std::int32_t> ids;
    if (in.kind == Kind::kRepeated) {
        ids = sim::repeated_sequence(first, vocab, half, seed, 0);
        for (std::int64_t i = 0; i < 2 * half; ++i) in.target.push_back(i < half ? -1 : i - half + 1);
    } else {
        sim::LookupSequence sequence = sim::lookup_sequence(in.kind == Kind::kShuffled, seed, 0);
        ids = std::move(sequence.ids), in.target = std::move(sequence.target);
    }
    DG_ASSIGN(const auto run, record_ids(model, ids));
    const auto best = static_cast<std::int64_t>(best_of(in));
    DG_ASSIGN(const std::shared_ptr<Data> d, make_data(run, run, best / in.scores.heads, best % in.scores.heads, -1));
    d->induction = std::move(in);
    return d;
}

void observe_induction(const Data& d, std::vector<Observation>& out) {
    if (!d.induction) return;
    const Induction& in = *d.induction;
    for (const Kind kind : {Kind::kOwn, Kind::kShuffled, Kind::kRepeated}) {
        if (in.of(kind).empty()) continue;
        out.push_back({"induction_best", kind_key(kind), in.of(kind)[sim::InductionScores::best(in.of(kind))]});
        out.push_back({"induction_uniform", kind_key(kind), in.uniform(kind)});
        out.push_back({"induction_heads", kind_key(kind), static_cast<double>(std::ranges::count_if(in.of(kind), [](double s) { return s >= sim::kInduction; }))});
    }
    for (std::int64_t l = 0; l < d.layers; ++l)
        for (std::int64_t h = 0; h < d.count; ++h) out.push_back({"induction", fmt::format("{},{}", l, h), in.of(in.kind)[d.index(l, h)]});
}

void draw_induction(Canvas& canvas, const Data& d, const View& view) {
    const Theme t = fitted_type(canvas, view);
    const Induction& in = *d.induction;
    const std::vector<double>& scores = in.of(in.kind);
    const auto named = std::ranges::count_if(scores, [](double s) { return s >= sim::kInduction; });
    const TextArgs args = {{"n", fmt::format("{}", scores.size())}, {"named", fmt::format("{}", named)}, {"layer", fmt::format("{}", d.layer)}, {"head", fmt::format("{}", d.head)},
                           {"best", fixed(scores[best_of(in)], 2)}, {"even", fixed(in.uniform(in.kind), 2)}, {"least", fixed(sim::kInduction, 1)}, {"count", fmt::format("{}", in.count)}};
    PageText page{.title = tr(view.lang, !view.revealed ? "scene.heads.title.induction.covered" : named > 0 ? "scene.heads.title.induction" : "scene.heads.title.induction.none", args),
                  .subtitle = tr(view.lang, fmt::format("scene.heads.subtitle.induction.{}", kind_key(in.kind)), args), .notes = {tr(view.lang, "scene.heads.note.induction", args)},
                  .badge = {.detail = badge_detail(view.lang, next_token::display_name(*d.run->model), d.model_hash())}};
    const Rect place = draw_frame(canvas, view, page);
    const Group group(canvas, "induction");
    const float gap = 56, right = std::min(place.w * 0.55F, place.h + 30), left = place.w - right - gap;
    draw_tiles(canvas, d, view, t, {place.x, place.y, left, place.h * 0.62F});
    draw_kinds(canvas, d, view, t, {place.x, place.y + place.h * 0.67F, left, place.h * 0.33F});
    draw_picture(canvas, d, view, t, {place.x + left + gap, place.y, right, place.h});
}

}  // namespace dg::viz::heads
