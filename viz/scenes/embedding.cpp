// Scene embedding: description, observables. Measuring: embedding_measure; pictures: embedding_draw, embedding_map.
#include "viz/scenes/embedding.h"

#include "engine/ops/ops.h"
#include "viz/scenes/clock.h"
#include "viz/scenes/next_token.h"
#include "viz/scenes/numerics_param.h"
#include "viz/scenes/published.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz {
namespace embedding {

const Trace* Data::trace() const {
    if (show == "senses" && pick < senses.trails.size()) return senses.trails[pick].run.get();
    return run.get();
}

std::string Data::label(std::int32_t token) const {
    const Tokenizer& words = model->tokenizer;
    return token < words.vocab_size() ? words.label(token) : fmt::format("#{}", token);
}

std::string stream_name(std::int64_t depth) { return depth == 0 ? std::string("embed") : fmt::format("layers.{}.out", depth - 1); }

double done(const View& view, Stage stage) { return view.stage > stage ? 1 : view.stage < stage ? 0 : ease(view.u); }

double depth_at(const Data& d, const View& view) {
    if (view.stage < kLayers) return 0;
    return static_cast<double>(d.depth) * (view.stage > kLayers ? 1 : std::clamp(view.u, 0.0, 1.0));
}

namespace {

std::vector<ParamSpec> specs() {
    return {model_param(),
            only("show=lookup|neighbours|stream", prompt_param("湖南大学")),
            only("show=lookup|neighbours|stream", position_param()),
            {.id = "show", .type = ParamType::kChoice, .default_value = "lookup", .choices = {"lookup", "map", "neighbours", "stream", "training", "senses", "size"}},
            {.id = "word", .type = ParamType::kText, .default_value = ""},
            {.id = "depth", .type = ParamType::kInt, .default_value = "-1", .min = -1, .max = 61, .when = "show=stream|senses"},
            {.id = "pick", .type = ParamType::kInt, .default_value = "0", .min = 0, .max = 7, .when = "show=senses"},
            only("show=neighbours", seed_param(1)),
            numerics_param()};
}

/// The row by lookup against the product of a one-hot vector with the whole table.
void measure_lookup(Data& d) {
    const Tensor<float>& table = d.table();
    const std::int64_t rows = table.dim(0), width = table.dim(1);
    Tensor<float> transposed({width, rows}), one_hot({1, 1, rows});
    for (std::int64_t v = 0; v < rows; ++v)
        for (std::int64_t i = 0; i < width; ++i) transposed.row(i)[v] = table.row(v)[i];
    one_hot[d.id] = 1;
    Tape<float> tape;
    const TensorId y = ops::linear(tape, tape.input("one_hot", std::move(one_hot)), tape.weight("table", transposed), "row");
    for (std::int64_t i = 0; i < width; ++i)
        d.difference = std::max(d.difference, std::abs(static_cast<double>(tape.value(y)[i]) - static_cast<double>(table.row(d.id)[i])));
}

Result<std::shared_ptr<const SceneData>> compute(Session& session, const Params& params, const Progress& progress) {
    if (!progress.report(0)) return Error{"cancelled", {}, ""};
    auto d = std::make_shared<Data>();
    d->show = params.text("show");
    // the recorded training is that of one model
    const std::string name = d->show == "training" ? "variant-mla" : model_of(params);
    DG_ASSIGN(d->model, session.model(name));
    DG_ASSIGN(d->run, session.trace(name, params.text("prompt")));
    d->small = d->model->model.config;
    DG_ASSIGN(d->big, published_v3(session));
    d->layers = d->small.num_hidden_layers;
    d->depth = params.integer("depth") < 0 ? d->layers : std::min(params.integer("depth"), d->layers);
    for (const TokenSpan& token : d->run->tokens) d->labels.push_back(d->label(token.id));
    const std::int64_t at = params.integer("position"), tokens = d->run->batch.length;
    if (at < -1 || at >= tokens)
        return Error{"block_position", {{"value", fmt::format("{}", at)}, {"last", fmt::format("{}", tokens - 1)}, {"count", fmt::format("{}", tokens)}}, ""};
    d->position = at < 0 ? tokens - 1 : at;
    d->id = d->run->batch.at(0, d->position);
    d->pick = static_cast<std::size_t>(params.integer("pick"));
    if (d->show == "lookup" || d->show == "size") measure_lookup(*d);
    if (d->show == "neighbours") {
        DG_ASSIGN(d->fresh, session.model(fmt::format("random:{}", params.integer("seed"))));
        DG_TRY(measure_neighbours(*d, params.text("word")));
    }
    if (d->show == "map") DG_TRY(measure_map(*d));
    if (d->show == "stream") DG_TRY(measure_stream(*d));
    if (d->show == "training") DG_TRY(measure_training(*d, session));
    if (d->show == "senses") DG_TRY(measure_senses(*d, params.text("word"), session, name, progress));
    return std::shared_ptr<const SceneData>(std::move(d));
}

void draw(Canvas& canvas, const SceneData& base, const Params&, const View& view) {
    const auto& d = dynamic_cast<const Data&>(base);
    if (d.show == "map") return draw_map(canvas, d, view);
    if (d.show == "neighbours") return draw_neighbours(canvas, d, view);
    if (d.show == "stream") return draw_stream(canvas, d, view);
    if (d.show == "training") return draw_training(canvas, d, view);
    if (d.show == "senses") return draw_senses(canvas, d, view);
    if (d.show == "size") return draw_size(canvas, d, view);
    draw_lookup(canvas, d, view);
}

void observe_senses(const Data& d, std::vector<Observation>& out) {
    const Senses& s = d.senses;
    out.push_back({"senses", "", static_cast<double>(s.trails.size())});
    out.push_back({"contexts_taught", "", static_cast<double>(s.taught)});
    out.push_back({"contexts_asked", "", static_cast<double>(s.asked)});
    for (std::size_t depth = 0; depth < s.accuracy.size(); ++depth) {
        const std::string at = fmt::format("{}", depth);
        out.push_back({"accuracy", at, s.accuracy[depth]});
        double most = -1, least = 1;
        for (std::size_t pair = 0; pair < s.cosine.size(); ++pair) {
            out.push_back({"cosine", fmt::format("{},{}", pair, depth), s.cosine[pair][depth]});
            most = std::max(most, s.cosine[pair][depth]), least = std::min(least, s.cosine[pair][depth]);
        }
        out.push_back({"cosine_max", at, most});
        out.push_back({"cosine_min", at, least});
    }
    out.push_back({"accuracy_last", "", s.accuracy.empty() ? next_token::kNone : s.accuracy.back()});
}

/// Mean distance of a word from the mean of its kind over that from the mean of all, on the plane, at the start and the end.
void observe_training(const Data& d, std::vector<Observation>& out) {
    out.push_back({"trails", "", static_cast<double>(d.stream.size())});
    out.push_back({"points", "", static_cast<double>(d.steps.size())});
    out.push_back({"last_step", "", d.steps.back()});
    for (const bool end : {false, true}) {
        const auto at = [&](const Trail& t) { return end ? t.points.back() : t.points.front(); };
        std::vector<Point> centre(d.kinds.size());
        std::vector<double> count(d.kinds.size(), 0);
        Point all;
        for (std::size_t i = 0; i < d.stream.size(); ++i) {
            const Point p = at(d.stream[i]);
            const auto k = static_cast<std::size_t>(d.trail_kinds[i]);
            centre[k].x += p.x, centre[k].y += p.y, count[k] += 1;
            all.x += p.x / static_cast<double>(d.stream.size()), all.y += p.y / static_cast<double>(d.stream.size());
        }
        double own = 0, whole = 0;
        for (std::size_t i = 0; i < d.stream.size(); ++i) {
            const Point p = at(d.stream[i]);
            const auto k = static_cast<std::size_t>(d.trail_kinds[i]);
            own += std::hypot(p.x - centre[k].x / count[k], p.y - centre[k].y / count[k]), whole += std::hypot(p.x - all.x, p.y - all.y);
        }
        out.push_back({"kind_spread", end ? "end" : "start", own / whole});
    }
}

}  // namespace

std::vector<Observation> observe(const SceneData& base) {
    const auto& d = dynamic_cast<const Data&>(base);
    const auto rows = static_cast<double>(d.table().dim(0)), width = static_cast<double>(d.table().dim(1));
    const auto big_rows = static_cast<double>(d.big.vocab_size), big_width = static_cast<double>(d.big.hidden_size);
    std::vector<Observation> out{{"V", "", rows}, {"d", "", width}, {"layers", "", static_cast<double>(d.layers)}, {"id", "", static_cast<double>(d.id)},
                                 {"operations", "", 2 * rows * width}, {"parameters", "", rows * width},
                                 {"share", "", rows * width / static_cast<double>(count_parameters(d.small).total)},
                                 {"big_V", "", big_rows, Kind::kPublished}, {"big_d", "", big_width, Kind::kPublished},
                                 {"big_parameters", "", big_rows * big_width}, {"big_share", "", big_rows * big_width / static_cast<double>(count_parameters(d.big).total)}};
    if (d.show == "lookup" || d.show == "size") out.push_back({"difference", "", d.difference});
    if (d.show == "neighbours") {
        for (const Neighbour& n : d.near) out.push_back({"near", d.label(n.id), n.cosine});
        for (const auto& [prefix, kin] : {std::pair("", d.kin), std::pair("fresh_", d.kin_fresh)}) {
            out.push_back({std::string(prefix) + "same_kind", "", kin.same});
            out.push_back({std::string(prefix) + "other_kind", "", kin.other});
        }
        out.push_back({"same_pairs", "", static_cast<double>(d.kin.same_pairs)});
        out.push_back({"other_pairs", "", static_cast<double>(d.kin.other_pairs)});
    }
    for (std::size_t k = 0; k < d.share.size(); ++k) out.push_back({"variance", fmt::format("{}", k), d.share[k]});
    if (d.show == "senses") observe_senses(d, out);
    if (d.show == "training") observe_training(d, out);
    return out;
}

}  // namespace embedding

Scene embedding_scene() {
    return {.id = "embedding", .chapter = "tokens", .source = "engine/ops/shape.cpp", .params = embedding::specs(),
            .stages = {{"onehot", 0.5}, {"multiply", 0.9}, {"row", 0.5}, {"layers", 2.0}},
            .compute = &embedding::compute, .draw = &embedding::draw, .observe = &embedding::observe};
}

}  // namespace dg::viz
