#include "viz/scenes/attention_toys.h"

#include "engine/base/mathfn.h"
#include "engine/base/rng.h"
#include "engine/ops/ops.h"
#include "viz/scenes/attention.h"
#include "viz/scenes/numerics_param.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz::attention::toys {
namespace {

constexpr std::int64_t kN = 8;

enum Word : std::size_t { kFluffy = 1, kBlue = 2, kCreature = 3, kVerdant = 6, kForest = 7 };

std::size_t at(std::size_t row, std::size_t col) { return row * kN + col; }

/// Keys are the eight unit vectors, so a query's entries times the scale 1/sqrt(8) are its scores: 7 or 8 for what a word
/// looks for. *creature* looks for its adjectives, *forest* for verdant, every other word for itself.
void make_hand(Data& d) {
    const double root = std::sqrt(static_cast<double>(kN));
    Tensor<float> q({1, kN, 1, kN}), k({1, kN, kN}), v({1, kN, kN});
    for (std::int64_t i = 0; i < kN; ++i) k[i * kN + i] = v[i * kN + i] = 1;
    const auto wants = [&](std::size_t word, std::size_t key, double score) { q[static_cast<std::int64_t>(at(word, key))] = static_cast<float>(score * root); };
    for (std::size_t i = 0; i < kN; ++i)
        if (i != kCreature && i != kForest) wants(i, i, 8);
    wants(kCreature, kFluffy, 7), wants(kCreature, kBlue, 7.32);
    wants(kForest, kVerdant, 8);
    auto run = std::make_shared<Trace>();
    run->batch = {1, kN, {}};
    Tape<float>& tape = run->tape;
    const TensorId qi = tape.input("hand.q", std::move(q)), ki = tape.input("hand.k", std::move(k)), vi = tape.input("hand.v", std::move(v));
    const TensorId scores = ops::attention_scores(tape, qi, ki, -1, -1, 1 / root, "hand.scores");
    const TensorId probs = ops::softmax(tape, scores, "hand.probs");
    ops::attention_mix(tape, probs, vi, {}, "hand.out");
    d.run = std::move(run);
}

/// The table of the lecture's slide "Attention": rows are keys, columns queries; 1.00 on the whole diagonal.
void make_lecture(Data& d) {
    d.printed.assign(kN * kN, 0);
    for (std::size_t i = 0; i < kN; ++i) d.printed[at(i, i)] = 1;
    d.printed[at(kFluffy, kCreature)] = 0.42, d.printed[at(kBlue, kCreature)] = 0.58, d.printed[at(kVerdant, kForest)] = 1;
    d.corrected = d.printed;
    d.corrected[at(kCreature, kCreature)] = d.corrected[at(kForest, kForest)] = 0;
}

double variance(const std::vector<double>& x, double factor) {
    double mean = 0, sum = 0;
    for (const double v : x) mean += v * factor / static_cast<double>(x.size());
    for (const double v : x) sum += (v * factor - mean) * (v * factor - mean);
    return sum / static_cast<double>(x.size());
}

/// Mean over groups of eight scores of the largest softmax weight.
double mean_top(const std::vector<double>& x, double factor) {
    double total = 0, groups = 0;
    for (std::size_t first = 0; first + 8 <= x.size(); first += 8, ++groups) {
        double top = x[first], sum = 0;
        for (std::size_t i = first; i < first + 8; ++i) top = std::max(top, x[i]);
        for (std::size_t i = first; i < first + 8; ++i) sum += dg::exp((x[i] - top) * factor);
        total += 1 / sum;
    }
    return groups > 0 ? total / groups : 0;
}

void make_spread(Data& d, const Params& params) {
    Spread& s = d.spread;
    s.width = params.integer("key_width"), s.pairs = params.integer("pairs"), s.seed = static_cast<std::uint64_t>(params.integer("seed"));
    for (std::int64_t i = 0; i < s.pairs; ++i) {
        Rng rng = Rng::keyed(s.seed, "random q k", static_cast<std::uint64_t>(s.width), static_cast<std::uint64_t>(i));
        double product = 0;
        for (std::int64_t j = 0; j < s.width; ++j) {
            const double q = rng.normal();
            product += q * rng.normal();
        }
        s.raw.push_back(product);
    }
    const double scale = 1 / std::sqrt(static_cast<double>(s.width));
    s.variance_raw = variance(s.raw, 1), s.variance_scaled = variance(s.raw, scale);
    s.top_raw = mean_top(s.raw, 1), s.top_scaled = mean_top(s.raw, scale);
}

/// The recorded values mixed again with a one-hot row in place of the chosen query's weights.
Result<void> make_pick(Data& d, Session& session, const Params& params) {
    DG_ASSIGN(const auto run, session.trace(model_of(params), params.text("prompt")));
    DG_ASSIGN(const auto row, make_data(run, params.integer("layer"), params.integer("head"), params.integer("position")));
    d.position = row->query, d.head = row->head, d.layer = row->layer, d.labels = row->labels, d.prefix = row->prefix, d.value_name = row->v_name;
    d.key = params.integer("key");
    if (d.key > d.position) return Error{"attention_key", {{"value", fmt::format("{}", d.key)}, {"last", fmt::format("{}", d.position)}}, ""};
    Tensor<float> weights = *row->probs;
    const std::int64_t first = (d.head * row->tokens + d.position) * row->tokens;
    for (std::int64_t u = 0; u < row->tokens; ++u) weights[first + u] = u == d.key ? 1.0F : 0.0F;
    Tape<float> tape;
    const TensorId out = ops::attention_mix(tape, tape.input("weights", std::move(weights)), tape.input("values", *row->values), {}, "out");
    const Tensor<float>& mixed = tape.value(out);
    const std::int64_t per_token = row->values->size() / (row->tokens * row->values->cols()), share = row->heads / per_token;
    const float* from = row->values->row(d.key * per_token + d.head / share);
    const float* to = mixed.row(d.position * row->heads + d.head);
    d.value.assign(from, from + row->values->cols()), d.output.assign(to, to + mixed.cols());
    for (std::size_t i = 0; i < d.value.size(); ++i) d.difference = std::max(d.difference, std::abs(static_cast<double>(d.value[i]) - static_cast<double>(d.output[i])));
    d.run = run;
    return {};
}

/// Floating-point operations of one layer of width d on n tokens: 4 n^2 d for scores and mixing, 24 n d^2 for the matrices.
double score_work(double n, double d) { return 4 * n * n * d; }

double matrix_work(double n, double d) { return 24 * n * d * d; }

void observe_tables(const Data& d, std::vector<Observation>& out) {
    for (std::size_t i = 0; i < kN; ++i) {
        const std::string word(kWords[i]);
        double printed = 0, corrected = 0, sum = 0;
        for (std::size_t k = 0; k < kN; ++k) {
            if (d.show == "lecture") printed += d.printed[at(k, i)], corrected += d.corrected[at(k, i)];
            if (d.show == "hand") {
                const double w = static_cast<double>(d.run->tape.value(d.run->tape.find("hand.probs"))[static_cast<std::int64_t>(at(i, k))]);
                sum += w;
                out.push_back({"weight", fmt::format("{},{}", word, kWords[k]), w});
            }
        }
        if (d.show == "hand") out.push_back({"row_sum", word, sum});
        if (d.show == "lecture") out.push_back({"column_sum", word, printed}), out.push_back({"corrected_sum", word, corrected});
    }
}

}  // namespace

bool is_toy(std::string_view show) { return show == "hand" || show == "lecture" || show == "spread" || show == "pick" || show == "cost"; }

double score_share(double n, double d) { return score_work(n, d) / (score_work(n, d) + matrix_work(n, d)); }

Result<std::shared_ptr<const SceneData>> compute(Session& session, const Params& params, const Progress& progress) {
    if (!progress.report(0)) return Error{"cancelled", {}, ""};
    auto d = std::make_shared<Data>();
    d->show = params.text("show");
    d->hidden = params.integer("hidden"), d->length = params.integer("length");
    if (d->show == "hand") make_hand(*d);
    if (d->show == "lecture") make_lecture(*d);
    if (d->show == "spread") make_spread(*d, params);
    if (d->show == "pick") DG_TRY(make_pick(*d, session, params));
    return std::shared_ptr<const SceneData>(std::move(d));
}

std::vector<Observation> observe(const Data& d) {
    std::vector<Observation> out;
    if (d.show == "hand" || d.show == "lecture") observe_tables(d, out);
    if (d.show == "spread") {
        out.push_back({"variance_before", "", d.spread.variance_raw});
        out.push_back({"variance_after", "", d.spread.variance_scaled});
        out.push_back({"top_before", "", d.spread.top_raw});
        out.push_back({"top_after", "", d.spread.top_scaled});
        out.push_back({"key_width", "", static_cast<double>(d.spread.width)});
        out.push_back({"pairs", "", static_cast<double>(d.spread.pairs)});
    }
    if (d.show == "pick") {
        out.push_back({"output_difference", "", d.difference});
        for (std::size_t i = 0; i < d.value.size(); ++i) {
            out.push_back({"value", fmt::format("{}", i), static_cast<double>(d.value[i])});
            out.push_back({"output", fmt::format("{}", i), static_cast<double>(d.output[i])});
        }
    }
    if (d.show == "cost") {
        const auto n = static_cast<double>(d.length), w = static_cast<double>(d.hidden);
        out.push_back({"share", "", score_share(n, w)});
        out.push_back({"score_flops", "", score_work(n, w)});
        out.push_back({"matrix_flops", "", matrix_work(n, w)});
        out.push_back({"even_at", "", 6 * w});
        out.push_back({"share_at_even", "", score_share(6 * w, w)});
        for (const std::int64_t tokens : {64, 128, 256}) out.push_back({"entries", fmt::format("{}", tokens), static_cast<double>(tokens * tokens)});
    }
    return out;
}

void draw(Canvas& canvas, const Data& d, const View& view) {
    if (d.show == "hand") return draw_hand(canvas, d, view);
    if (d.show == "lecture") return draw_lecture(canvas, d, view);
    if (d.show == "spread") return draw_spread(canvas, d, view);
    if (d.show == "pick") return draw_pick(canvas, d, view);
    draw_cost(canvas, d, view);
}

}  // namespace dg::viz::attention::toys
