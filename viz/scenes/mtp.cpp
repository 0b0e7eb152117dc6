// Scene mtp: description, measuring, observables.
#include "viz/scenes/mtp.h"

#include "engine/base/mathfn.h"
#include "viz/scenes/numerics_param.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dg::viz {
namespace mtp {

double done(const View& view, Stage stage) { return view.stage > stage ? 1 : view.stage < stage ? 0 : std::clamp(view.u, 0.0, 1.0); }

double Data::measured() const { return text.drafted() > 0 ? static_cast<double>(text.accepted()) / static_cast<double>(text.drafted()) : NAN; }

double Data::tokens_per_pass() const {
    return text.passes.empty() ? NAN : static_cast<double>(text.ids.size() - 1) / static_cast<double>(text.passes.size());
}

double expected_tokens(double a, int depth) {
    double sum = 1, power = 1;
    for (int i = 0; i < depth; ++i) sum += power *= a;
    return sum;
}

namespace {

std::vector<Guess> best_guesses(const LoadedModel& model, const Tensor<float>& logits, std::int64_t row) {
    const float* z = logits.row(row);
    const std::int64_t n = std::min(logits.cols(), model.tokenizer.vocab_size());
    const auto top = static_cast<double>(*std::max_element(z, z + logits.cols()));
    double sum = 0;
    for (std::int64_t v = 0; v < logits.cols(); ++v) sum += dg::exp(static_cast<double>(z[v]) - top);
    std::vector<std::int32_t> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), 0);
    const auto shown = std::min<std::ptrdiff_t>(5, static_cast<std::ptrdiff_t>(n));
    std::partial_sort(order.begin(), order.begin() + shown, order.end(), [&](std::int32_t a, std::int32_t b) { return z[a] != z[b] ? z[a] > z[b] : a < b; });
    std::vector<Guess> guesses;
    for (std::ptrdiff_t i = 0; i < shown; ++i) {
        const std::int32_t id = order[static_cast<std::size_t>(i)];
        guesses.push_back({id, model.tokenizer.label(id), dg::exp(static_cast<double>(z[id]) - top) / sum});
    }
    return guesses;
}

double value_of(const Trace& run, const char* name) {
    const TensorId id = run.tape.find(name);
    return id < 0 ? NAN : static_cast<double>(run.tape.value(id)[0]);
}

double row_difference(const Tensor<float>& a, const Tensor<float>& b, std::int64_t row) {
    double most = 0;
    for (std::int64_t v = 0; v < a.cols(); ++v) most = std::max(most, std::abs(static_cast<double>(a.row(row)[v]) - static_cast<double>(b.row(row)[v])));
    return most;
}

/// The module at one position: its guesses, and that it sees neither the future nor touches the main model.
Result<void> measure_module(Data& d, const Params& params) {
    auto trace = std::make_shared<Trace>();
    trace->model = d.model, trace->prompt = params.text("prompt"), trace->tokens = d.model->tokenizer.encode_spans(trace->prompt);
    std::vector<std::int32_t> ids;
    for (const TokenSpan& token : trace->tokens) ids.push_back(token.id), d.labels.push_back(d.model->tokenizer.label(token.id));
    const auto n = static_cast<std::int64_t>(ids.size());
    if (n < 2) return Error{"mtp_short", {}, ""};
    trace->batch = {1, n, ids};
    d.lambda = params.real("lambda");
    ForwardOptions options;
    options.mtp_weight = d.lambda, options.numerics = numerics_of(*d.model);
    DG_TRY(forward(d.model->model, trace->batch, options, trace->tape));
    d.run = trace, d.prompt_tokens = n;
    d.position = params.integer("position") < 0 ? n - 2 : params.integer("position");
    if (d.position > n - 2) return Error{"mtp_position", {{"value", fmt::format("{}", d.position)}, {"last", fmt::format("{}", n - 2)}}, ""};
    const Tensor<float>&drafts = trace->tape.value(trace->tape.find("mtp.0.logits")), &logits = trace->tape.value(trace->tape.find("logits"));
    d.drafts = best_guesses(*d.model, drafts, d.position), d.own = best_guesses(*d.model, logits, d.position + 1);
    d.loss_main = value_of(*trace, "loss.main"), d.loss_mtp = value_of(*trace, "loss.mtp"), d.loss_total = value_of(*trace, "loss.total");

    if (d.position + 2 < n) {
        std::vector<std::int32_t> other = ids;
        auto& later = other[static_cast<std::size_t>(d.position) + 2];
        later = static_cast<std::int32_t>((later + 1) % d.model->tokenizer.vocab_size());
        Tape<float> tape;
        DG_TRY(forward(d.model->model, TokenBatch{1, n, other}, options, tape));
        d.future_difference = row_difference(drafts, tape.value(tape.find("mtp.0.logits")), d.position);
    }
    Tape<float> alone;
    options.mtp = false;
    DG_TRY(forward(d.model->model, trace->batch, options, alone));
    for (std::int64_t r = 0; r < n; ++r) d.removal_difference = std::max(d.removal_difference, row_difference(logits, alone.value(alone.find("logits")), r));
    return {};
}

Result<void> measure_text(Data& d, const Params& params, const Progress& progress) {
    const PackedModel packed(d.model->model, numerics_of(*d.model));
    const std::vector<std::int32_t> prompt = d.model->tokenizer.encode(params.text("prompt"));
    if (prompt.empty()) return Error{"empty_prompt", {}, ""};
    d.prompt_tokens = static_cast<std::int64_t>(prompt.size());
    d.temperature = params.real("temperature"), d.seed = static_cast<std::uint64_t>(params.integer("seed"));
    GenerateSettings settings{.tokens = params.integer("tokens"), .sampling = {.temperature = d.temperature}, .seed = d.seed, .vocabulary = d.model->tokenizer.vocab_size(), .stop_at_end = false};
    const auto go = [&] { return progress.report(0.5); };
    DG_ASSIGN(d.text, generate(packed, prompt, settings, go));
    settings.drafts = false;
    DG_ASSIGN(const GeneratedText plain, generate(packed, prompt, settings, go));
    d.same = plain.ids == d.text.ids, d.plain_passes = static_cast<std::int64_t>(plain.passes.size());

    // the whole text recorded once, so that every token and every draft can be asked why
    std::vector<std::int32_t> ids = prompt;
    ids.insert(ids.end(), d.text.ids.begin(), d.text.ids.end());
    ids.resize(static_cast<std::size_t>(std::min<std::int64_t>(static_cast<std::int64_t>(ids.size()), packed.config().max_position_embeddings)));
    auto trace = std::make_shared<Trace>();
    trace->model = d.model, trace->prompt = params.text("prompt"), trace->batch = {1, static_cast<std::int64_t>(ids.size()), ids};
    ForwardOptions options;
    options.numerics = numerics_of(*d.model);
    DG_TRY(forward(d.model->model, trace->batch, options, trace->tape));
    d.run = std::move(trace);
    for (const std::int32_t id : prompt) d.labels.push_back(d.model->tokenizer.label(id));
    for (const std::int32_t id : d.text.ids) d.labels.push_back(d.model->tokenizer.label(id));
    return {};
}

Result<std::shared_ptr<const SceneData>> compute(Session& session, const Params& params, const Progress& progress) {
    if (!progress.report(0)) return Error{"cancelled", {}, ""};
    auto d = std::make_shared<Data>();
    d->show = params.text("show");
    DG_ASSIGN(d->model, session.model(model_of(params)));
    if (d->model->model.config.num_nextn_predict_layers < 1) return Error{"no_mtp", {}, ""};
    if (d->show == "ablation") {
        DG_TRY(read_ablation(*d, session));
        return std::shared_ptr<const SceneData>(std::move(d));
    }
    d->acceptance = params.real("acceptance"), d->overhead = params.real("overhead");
    if (d->show == "module") {
        DG_TRY(measure_module(*d, params));
    } else {
        DG_TRY(measure_text(*d, params, progress));
    }
    return std::shared_ptr<const SceneData>(std::move(d));
}

void draw(Canvas& canvas, const SceneData& data, const Params&, const View& view) {
    const auto& d = dynamic_cast<const Data&>(data);
    if (d.show == "module") return draw_module(canvas, d, view);
    if (d.show == "ablation") return draw_ablation(canvas, d, view);
    if (d.show == "speed") return draw_speed(canvas, d, view);
    draw_generate(canvas, d, view);
}

void observe_module(const Data& d, std::vector<Observation>& out) {
    const auto width = static_cast<double>(d.model->model.config.hidden_size), tokens = static_cast<double>(d.prompt_tokens);
    out.push_back({"join_weights", "", 2 * width * width});
    out.push_back({"width", "", width});
    out.push_back({"tokens", "", tokens});
    out.push_back({"position", "", static_cast<double>(d.position)});
    out.push_back({"future_difference", "", d.future_difference});
    out.push_back({"removal_difference", "", d.removal_difference});
    out.push_back({"loss_main", "", d.loss_main});
    out.push_back({"loss_mtp", "", d.loss_mtp});
    out.push_back({"loss_total", "", d.loss_total});
    out.push_back({"lambda", "", d.lambda});
    const auto targets = [&](const char* name) {
        const TensorId id = d.run->tape.find(name);
        double count = 0;
        if (id >= 0)
            for (const float t : d.run->tape.value(id).values()) count += t >= 0 ? 1 : 0;
        return count;
    };
    out.push_back({"targets_main", "", targets("loss.main.targets")});
    out.push_back({"targets_mtp", "", targets("loss.mtp.targets")});
    for (const Guess& g : d.drafts) out.push_back({"p_draft", g.label, g.p});
    for (const Guess& g : d.own) out.push_back({"p_main", g.label, g.p});
    out.push_back({"agree", "", d.drafts.front().id == d.own.front().id ? 1.0 : 0.0});
}

}  // namespace

std::vector<Observation> observe(const SceneData& data) {
    const auto& d = dynamic_cast<const Data&>(data);
    std::vector<Observation> out;
    if (d.show == "module") {
        observe_module(d, out);
        return out;
    }
    if (d.show == "ablation") {
        observe_ablation(d, out);
        return out;
    }
    out.push_back({"same_text", "", d.same ? 1.0 : 0.0});
    out.push_back({"new_tokens", "", static_cast<double>(d.text.ids.size())});
    out.push_back({"passes", "", static_cast<double>(d.text.passes.size())});
    out.push_back({"plain_passes", "", static_cast<double>(d.plain_passes)});
    out.push_back({"drafted", "", static_cast<double>(d.text.drafted())});
    out.push_back({"accepted", "", static_cast<double>(d.text.accepted())});
    out.push_back({"acceptance", "", d.measured()});
    out.push_back({"tokens_per_pass", "", d.tokens_per_pass()});
    for (const auto& [name, a] : {std::pair("0", 0.0), {"0.85", 0.85}, {"0.9", 0.9}, {"set", d.acceptance}})
        for (const int depth : {1, 2}) out.push_back({"expected", fmt::format("{},{}", name, depth), expected_tokens(a, depth)});
    out.push_back({"set_acceptance", "", d.acceptance});
    out.push_back({"overhead", "", d.overhead});
    out.push_back({"speedup", "", expected_tokens(d.acceptance, 1) / (1 + d.overhead)});
    out.push_back({"overhead_for_1.8", "", expected_tokens(d.acceptance, 1) / 1.8 - 1});
    out.push_back({"published_acceptance", "low", 0.85, Kind::kPublished});
    out.push_back({"published_acceptance", "high", 0.90, Kind::kPublished});
    out.push_back({"published_speedup", "", 1.8, Kind::kPublished});
    return out;
}

}  // namespace mtp

Scene mtp_scene() {
    return {.id = "mtp",
            .chapter = "experts",
            .source = "engine/model/speculative.cpp",
            .params = {model_param(),
                       only("show=generate|module|speed", prompt_param("小明在湖南")),
                       only("show=module", position_param()),
                       {.id = "show", .type = ParamType::kChoice, .default_value = "generate", .choices = {"generate", "module", "speed", "ablation"}},
                       {.id = "tokens", .type = ParamType::kInt, .default_value = "40", .min = 1, .max = 1024, .when = "show=generate|speed"},
                       {.id = "temperature", .type = ParamType::kReal, .default_value = "0", .min = 0, .max = 10, .when = "show=generate|speed"},
                       only("show=generate|speed", seed_param(1)),
                       {.id = "lambda", .type = ParamType::kReal, .default_value = "0.3", .min = 0, .max = 10, .when = "show=module"},
                       {.id = "acceptance", .type = ParamType::kReal, .default_value = "0.875", .min = 0, .max = 1, .when = "show=speed"},
                       {.id = "overhead", .type = ParamType::kReal, .default_value = "0.042", .min = 0, .max = 5, .when = "show=speed"},
                       only("show=generate|module|speed", numerics_param())},
            .stages = {{"inputs", 0.8}, {"join", 0.8}, {"block", 0.8}, {"predict", 0.8}},
            .compute = mtp::compute,
            .draw = mtp::draw,
            .observe = mtp::observe};
}

}  // namespace dg::viz
