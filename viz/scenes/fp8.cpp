// Scene fp8: description, measuring, actions.
#include "viz/scenes/fp8.h"

#include "engine/base/mathfn.h"
#include "sim/corpus/corpus.h"
#include "viz/scenes/clock.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dg::viz {
namespace fp8_page {

double done(const View& view, Stage stage) { return view.stage > stage ? 1 : view.stage < stage ? 0 : ease(view.u); }

double log2_of(double v) { return v > 0 ? dg::log(v) / dg::log(2.0) : -std::numeric_limits<double>::infinity(); }

namespace {

constexpr int kSweepReach = 24;         // powers of two on either side
constexpr std::int64_t kMostRows = 16, kMostCols = 256;
constexpr std::size_t kGateTokens = 40;  // of the first text on the page

std::vector<ParamSpec> specs() {
    const std::vector<std::string> schemes(lab::scheme_names().begin(), lab::scheme_names().end());
    return {model_param(),
            only("mode=map|sweep|layers|gate", prompt_param("湖南大学在长沙，小明在湖南大学读书。")),
            {.id = "mode", .type = ParamType::kChoice, .default_value = "map", .choices = {"map", "sweep", "accumulate", "layers", "gate", "outlier"}},
            {.id = "source", .type = ParamType::kChoice, .default_value = "model", .choices = {"model", "sine"}, .when = "mode=map|sweep"},
            only("mode=map|sweep", layer_param(3)),
            {.id = "tensor", .type = ParamType::kText, .default_value = "post_attention_layernorm", .when = "mode=map|sweep"},
            {.id = "a", .type = ParamType::kChoice, .default_value = "tensor", .choices = schemes, .when = "mode=map"},
            {.id = "b", .type = ParamType::kChoice, .default_value = "tile", .choices = schemes, .when = "mode=map"},
            {.id = "tile", .type = ParamType::kInt, .default_value = "32", .min = 1, .max = 4096, .when = "mode=map|layers|gate|outlier"},
            {.id = "outlier", .type = ParamType::kReal, .default_value = "100000", .min = -1e8, .max = 1e8, .when = "mode=map"},
            only("mode=map", position_param()),
            {.id = "channel", .type = ParamType::kInt, .default_value = "72", .min = 0, .max = 65535, .when = "mode=map|outlier"},
            {.id = "saturate", .type = ParamType::kBool, .default_value = "true", .when = "mode=map|sweep|layers"},
            {.id = "ue8m0", .type = ParamType::kBool, .default_value = "false", .when = "mode=map|layers"},
            {.id = "format", .type = ParamType::kChoice, .default_value = "e4m3", .choices = {"e4m3", "e5m2"}, .when = "mode=sweep"},
            {.id = "shift", .type = ParamType::kInt, .default_value = "0", .min = -kSweepReach, .max = kSweepReach, .when = "mode=sweep"},
            {.id = "length", .type = ParamType::kInt, .default_value = "4096", .min = 128, .max = 65536, .when = "mode=accumulate"},
            {.id = "promotion", .type = ParamType::kInt, .default_value = "128", .min = 32, .max = 65536, .when = "mode=accumulate"},
            {.id = "accumulator", .type = ParamType::kBool, .default_value = "false", .when = "mode=layers"},
            {.id = "steps", .type = ParamType::kInt, .default_value = "32", .min = 0, .max = 200, .when = "mode=layers"},
            {.id = "documents", .type = ParamType::kInt, .default_value = "8", .min = 1, .max = 64, .when = "mode=gate|outlier"},
            only("mode=accumulate|gate|outlier", seed_param())};
}

Mode mode_of(const std::string& id) {
    return id == "map" ? Mode::kMap : id == "sweep" ? Mode::kSweep : id == "accumulate" ? Mode::kAccumulate : id == "layers" ? Mode::kLayers : id == "gate" ? Mode::kGate : Mode::kOutlier;
}

/// A pass of its own, so that the stored matrices can be recorded behind it.
Result<std::shared_ptr<Trace>> own_run(const std::shared_ptr<const LoadedModel>& model, const std::string& prompt, const Numerics& numerics = {}) {
    auto run = std::make_shared<Trace>();
    run->model = model;
    run->prompt = prompt;
    run->tokens = model->tokenizer.encode_spans(prompt);
    for (const TokenSpan& token : run->tokens) run->batch.ids.push_back(token.id);
    run->batch.batch = 1, run->batch.length = static_cast<std::int64_t>(run->batch.ids.size());
    ForwardOptions options;
    options.numerics = numerics;
    DG_TRY(forward(model->model, run->batch, options, run->tape));
    return run;
}

/// x_i = sin(i + 1), i < 1024, as eight rows of 128: the example of the curriculum (L15.5).
Tensor<float> sine() {
    Tensor<float> x({8, 128});
    for (std::int64_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(dg::sin(static_cast<double>(i + 1)));
    return x;
}

/// "layers.3.out" as it is, "out" within the chosen layer. Error codes: fp8_tensor, fp8_empty.
Result<TensorId> find_source(Data& d, const Params& params) {
    const std::string& name = params.text("tensor");
    const Tape<float>& tape = d.run->tape;
    for (const std::string& full : {name, fmt::format("layers.{}.{}", params.integer("layer"), name), fmt::format("model.layers.{}.{}", params.integer("layer"), name)}) {
        const TensorId id = tape.find(full);
        if (id < 0 || tape.integer(id)) continue;
        if (tape.value(id).size() == 0) return Error{"fp8_empty", {{"tensor", printable(full)}}, ""};
        d.tensor = full;
        return id;
    }
    return Error{"fp8_tensor", {{"tensor", printable(name)}, {"layer", fmt::format("{}", params.integer("layer"))}}, ""};
}

/// Pass and source tensor of modes map and sweep. -1: nothing to show.
Result<TensorId> prepare(Data& d, Session& session, const Params& params) {
    if (params.text("source") == "sine") {
        d.run = std::make_shared<Trace>();
        d.tensor = "sine";
        return d.run->tape.input("sine", sine());
    }
    DG_ASSIGN(d.model, session.model(params.text("model")));
    if (d.prompt.empty()) return -1;
    DG_ASSIGN(d.run, own_run(d.model, d.prompt));
    return find_source(d, params);
}

/// Where the outlier goes: within the matrix, whatever was asked for.
std::optional<lab::Outlier> outlier_of(const Params& params, std::int64_t rows, std::int64_t cols) {
    if (params.real("outlier") == 0) return std::nullopt;
    const std::int64_t row = params.integer("position") < 0 ? rows / 2 : params.integer("position");
    return lab::Outlier{std::min(row, rows - 1), std::min(params.integer("channel"), cols - 1), static_cast<float>(params.real("outlier"))};
}

/// The cells on the page: all, or as many rows and columns around the outlier as fit.
void choose_window(Data& d) {
    d.shown_rows = std::min(d.rows, kMostRows), d.shown_cols = std::min(d.cols, kMostCols);
    if (!d.outlier) return;
    d.first_row = std::clamp<std::int64_t>(d.outlier->row - d.shown_rows / 2, 0, d.rows - d.shown_rows);
    d.first_col = std::clamp<std::int64_t>(d.outlier->col - d.shown_cols / 2, 0, d.cols - d.shown_cols);
}

/// The largest number on the page that the first way loses and the second keeps; else the first cell.
void choose_focus(Data& d) {
    d.focus = {d.first_row, d.first_col};
    const Tensor<float>& x = d.value(d.stored[0].x);
    double best = 0;
    for (std::int64_t r = d.first_row; r < d.first_row + d.shown_rows; ++r) {
        for (std::int64_t c = d.first_col; c < d.first_col + d.shown_cols; ++c) {
            const auto i = static_cast<std::size_t>(r * d.cols + c);
            const bool saved = d.stored[0].fates[i] != lab::kKept && d.stored[1].fates[i] == lab::kKept;
            const double magnitude = std::abs(static_cast<double>(x.row(r)[c]));
            if (saved && magnitude > best) best = magnitude, d.focus = {r, c};
        }
    }
}

void take_logs(Data& d, std::size_t which) {
    const lab::Stored& s = d.stored[which];
    const Tensor<float>& x = d.value(s.x);
    const Tensor<float>* scales = s.scales.empty() ? nullptr : &d.value(s.scales);
    std::vector<float> of_scale(scales == nullptr ? 0 : static_cast<std::size_t>(scales->size()));
    for (std::size_t i = 0; i < of_scale.size(); ++i) of_scale[i] = static_cast<float>(log2_of(static_cast<double>((*scales)[static_cast<std::int64_t>(i)])));
    for (std::int64_t i = 0; i < x.size(); ++i) {
        d.log_x[which].push_back(static_cast<float>(log2_of(std::abs(static_cast<double>(x[i])))));
        const std::int64_t r = s.tile_rows > 0 ? i / x.cols() / s.tile_rows : 0, c = s.tile_cols > 0 ? i % x.cols() / s.tile_cols : 0;
        d.log_scale[which].push_back(scales == nullptr ? 0 : of_scale[static_cast<std::size_t>(r * scales->cols() + c)]);
    }
}

Result<void> measure_map(Data& d, Session& session, const Params& params) {
    DG_ASSIGN(const TensorId source, prepare(d, session, params));
    if (source < 0) return {};
    const Tensor<float>& x = d.run->tape.value(source);
    d.rows = x.rows(), d.cols = x.cols();
    d.outlier = outlier_of(params, d.rows, d.cols);
    for (const std::size_t i : {0U, 1U}) {
        const lab::Storage how{*lab::scheme_by_name(params.text(i == 0 ? "a" : "b")), params.integer("tile"), params.flag("saturate"), params.flag("ue8m0")};
        d.stored[i] = lab::store(d.run->tape, source, i == 0 ? "a." : "b.", how, d.outlier);
        take_logs(d, i);
    }
    const std::int64_t placed = d.outlier ? d.outlier->row * d.cols + d.outlier->col : -1;
    double top = 0;
    for (std::int64_t i = 0; i < x.size(); ++i) {
        if (i != placed && std::isfinite(x[i])) top = std::max(top, std::abs(static_cast<double>(x[i])));
    }
    d.top = top > 0 ? top : 1;
    choose_window(d);
    choose_focus(d);
    return {};
}

Result<void> measure_sweep(Data& d, Session& session, const Params& params) {
    DG_ASSIGN(const TensorId source, prepare(d, session, params));
    if (source < 0) return {};
    d.format = params.text("format") == "e4m3" ? dg::fp8::Format::kE4M3 : dg::fp8::Format::kE5M2;
    d.shift = static_cast<int>(params.integer("shift"));
    const Tensor<float>& x = d.run->tape.value(source);
    d.rows = x.rows(), d.cols = x.cols();
    for (int k = -kSweepReach; k <= kSweepReach; ++k) d.sweep.push_back(lab::cast_loss(x, d.format, k, params.flag("saturate")));
    for (const float v : x.values()) d.log_x[0].push_back(static_cast<float>(log2_of(std::abs(static_cast<double>(v)))));
    d.log_scale[0].assign(d.log_x[0].size(), 0);
    return {};
}

Result<void> measure_sums(Data& d, const Params& params, const Progress& progress) {
    d.sum_recipe = {.length = params.integer("length") / 32 * 32, .promotion = params.integer("promotion"), .seed = d.seed};
    DG_ASSIGN(d.sums, lab::accumulate(d.sum_recipe, progress.report));
    return {};
}

Result<void> measure_layers(Data& d, Session& session, const Params& params, const Progress& progress) {
    DG_ASSIGN(d.model, session.model(params.text("model")));
    if (d.prompt.empty()) return {};
    DG_ASSIGN(d.run, own_run(d.model, d.prompt));
    const Config& config = d.model->model.config;
    d.followed = lab::followed_tensors(config);
    const int steps = static_cast<int>(params.integer("steps"));
    const std::array<NumericsKind, 5> kinds = {NumericsKind::kBf16, NumericsKind::kFp8, NumericsKind::kFp8Tensor, NumericsKind::kFp8E5M2, NumericsKind::kFp8Raw};
    const auto part = [&](std::size_t i) {
        return [&progress, i](double u) { return progress.report((static_cast<double>(i) + u) / 6); };
    };
    DG_ASSIGN(d.reference_text, lab::greedy_text(d.model->model, {}, d.run->batch.ids, steps, part(0)));
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        Numerics n{.kind = kinds[i], .saturate = params.flag("saturate")};
        if (n.tiled()) n.tile = params.integer("tile"), n.ue8m0 = params.flag("ue8m0");
        if (n.fp8() && params.flag("accumulator")) n.accumulator = 14;
        DG_ASSIGN(const auto run, own_run(d.model, d.prompt, n));
        Policy p{.name = to_string(Numerics{.kind = kinds[i]}), .errors = lab::compare_runs(config, d.run->tape, run->tape, n), .text = {}};
        DG_ASSIGN(p.text, lab::greedy_text(d.model->model, n, d.run->batch.ids, steps, part(i + 1)));
        const auto differs = std::ranges::mismatch(p.text, d.reference_text).in1;
        if (differs != p.text.end()) p.first_differs = differs - p.text.begin();
        d.policies.push_back(std::move(p));
    }
    return {};
}

Result<void> measure_gate(Data& d, Session& session, const Params& params, const Progress& progress) {
    DG_ASSIGN(d.model, session.model(params.text("model")));
    const Config& config = d.model->model.config;
    if (config.n_routed_experts == 0) return Error{"fp8_no_experts", {{"model", d.model->name}}, ""};
    d.documents = static_cast<int>(params.integer("documents"));
    const Numerics numerics{.kind = NumericsKind::kFp8, .tile = params.integer("tile")};
    for (int i = 0; i <= d.documents; ++i) {
        if (!progress.report(static_cast<double>(i) / (d.documents + 1))) return Error{"cancelled", {}, ""};
        // the prompt first, then documents of the training grammar
        const std::string text = i == 0 ? d.prompt : sim::document(hash_words(d.seed, hash_text("gate")), static_cast<std::uint64_t>(i)).text;
        if (text.empty()) continue;
        auto run = own_run(d.model, text);
        if (!run && i > 0) continue;  // longer than the context
        if (!run) return run.error();
        const std::vector<lab::GateFlips> flips = lab::gate_flips(d.model->model, (*run)->tape, numerics);
        d.gates.resize(flips.size());
        for (std::size_t l = 0; l < flips.size(); ++l) {
            GateLayer& g = d.gates[l];
            g.layer = flips[l].layer, g.tokens += flips[l].tokens, g.changed += flips[l].tokens_changed;
            if (g.first.empty()) g.first = flips[l].changed;
        }
        if (!d.gate_tokens.empty()) continue;
        for (const TokenSpan& token : (*run)->tokens) d.gate_tokens.push_back(d.model->tokenizer.label(token.id));
        d.gate_tokens.resize(std::min(d.gate_tokens.size(), kGateTokens));
        d.run = *run;
    }
    return {};
}

/// Documents that training never saw, one channel of the stream louder and louder, the function unchanged.
Result<void> measure_outlier(Data& d, Session& session, const Params& params, const Progress& progress) {
    DG_ASSIGN(d.model, session.model(params.text("model")));
    const Model<float>& model = d.model->model;
    d.documents = static_cast<int>(params.integer("documents"));
    d.loud = std::min(params.integer("channel"), model.config.hidden_size - 1);
    std::vector<TokenBatch> documents;
    for (int i = 0; i < d.documents; ++i) {
        TokenBatch batch{1, 0, d.model->tokenizer.encode(sim::document(hash_words(d.seed, hash_text("outlier")), static_cast<std::uint64_t>(i)).text)};
        if (static_cast<std::int64_t>(batch.ids.size()) > model.config.max_position_embeddings) batch.ids.resize(static_cast<std::size_t>(model.config.max_position_embeddings));
        batch.length = static_cast<std::int64_t>(batch.ids.size());
        documents.push_back(std::move(batch));
    }
    std::vector<Numerics> formats;
    for (const std::string& name : {std::string("f32"), std::string("fp8-tensor"), fmt::format("fp8,tile={}", params.integer("tile"))}) {
        DG_ASSIGN(const Numerics numerics, parse_numerics(name));
        formats.push_back(numerics);
        d.formats.push_back(name.substr(0, name.find(',')));
    }
    DG_ASSIGN(d.channel, lab::channel_losses(model, d.loud, formats, documents, d.seed, progress.report));
    return {};
}

Result<std::shared_ptr<const SceneData>> compute(Session& session, const Params& params, const Progress& progress) {
    auto d = std::make_shared<Data>();
    d->mode = mode_of(params.text("mode"));
    d->prompt = params.text("prompt");
    d->seed = static_cast<std::uint64_t>(params.integer("seed"));
    switch (d->mode) {
        case Mode::kMap: DG_TRY(measure_map(*d, session, params)); break;
        case Mode::kSweep: DG_TRY(measure_sweep(*d, session, params)); break;
        case Mode::kAccumulate: DG_TRY(measure_sums(*d, params, progress)); break;
        case Mode::kLayers: DG_TRY(measure_layers(*d, session, params, progress)); break;
        case Mode::kGate: DG_TRY(measure_gate(*d, session, params, progress)); break;
        case Mode::kOutlier: DG_TRY(measure_outlier(*d, session, params, progress)); break;
    }
    return std::shared_ptr<const SceneData>(std::move(d));
}

void draw(Canvas& canvas, const SceneData& base, const Params&, const View& view) {
    const auto& d = static_cast<const Data&>(base);
    if (d.mode != Mode::kAccumulate && d.mode != Mode::kOutlier && !d.run) return draw_empty(canvas, view, tr(view.lang, "state.empty.prompt"));
    const Rect area = draw_frame(canvas, view, words(d, view));
    const Theme t = float_bits::fitted(view, canvas.page());
    switch (d.mode) {
        case Mode::kMap: return draw_map_page(canvas, d, view, t, area);
        case Mode::kSweep: return draw_sweep_page(canvas, d, view, t, area);
        case Mode::kAccumulate: return draw_accumulate_page(canvas, d, view, t, area);
        case Mode::kLayers: return draw_layers_page(canvas, d, view, t, area);
        case Mode::kGate: return draw_gate_page(canvas, d, view, t, area);
        case Mode::kOutlier: return draw_outlier_page(canvas, d, view, t, area);
    }
}

}  // namespace
}  // namespace fp8_page

Scene fp8_scene() {
    return {.id = "fp8",
            .chapter = "fp8",
            .source = "engine/fp8/quantise.h",
            .params = fp8_page::specs(),
            .stages = {{"values", 0.8}, {"scale", 2.4}, {"round", 1.0}, {"compare", 1.0}},
            .compute = &fp8_page::compute,
            .draw = &fp8_page::draw,
            .observe = &fp8_page::observe};
}

}  // namespace dg::viz
