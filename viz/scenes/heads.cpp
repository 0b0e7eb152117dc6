// Scene heads: description, measuring, observables, actions. Pictures: heads_draw.
#include "viz/scenes/heads.h"

#include "engine/base/mathfn.h"
#include "viz/scenes/clock.h"
#include "viz/scenes/next_token.h"
#include "viz/scenes/numerics_param.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace dg::viz {
namespace heads {

std::string Data::label(std::int32_t id) const {
    const Tokenizer& words = run->model->tokenizer;
    return id < words.vocab_size() ? words.label(id) : fmt::format("#{}", id);
}

double done(const View& view, Stage stage) { return view.stage > stage ? 1 : view.stage < stage ? 0 : ease(view.u); }

Result<std::set<HeadId>> parse_muted(const std::string& list, std::int64_t layers, std::int64_t heads) {
    std::set<HeadId> out;
    for (std::string piece : next_token::split_list(list)) {
        std::erase(piece, ' ');
        std::int64_t layer = -1, head = -1;
        const char* const end = piece.data() + piece.size();
        const auto first = std::from_chars(piece.data(), end, layer);
        bool good = first.ec == std::errc() && first.ptr != end && *first.ptr == '.';
        if (good) {
            const auto second = std::from_chars(first.ptr + 1, end, head);
            good = second.ec == std::errc() && second.ptr == end && layer >= 0 && layer < layers && head >= 0 && head < heads;
        }
        if (!good) return Error{"heads_muted", {{"value", printable(piece)}, {"layer", fmt::format("{}", layers - 1)}, {"head", fmt::format("{}", heads - 1)}}, ""};
        out.emplace(layer, head);
    }
    return out;
}

std::string write_muted(const std::set<HeadId>& muted) {
    std::string out;
    for (const auto& [layer, head] : muted) out += fmt::format("{}{}.{}", out.empty() ? "" : ",", layer, head);
    return out;
}

namespace {

constexpr std::int64_t kThumb = 32;

HeadGain gain_of(const std::set<HeadId>& muted, std::int64_t layers, std::int64_t heads) {
    if (muted.empty()) return {};
    HeadGain gain(static_cast<std::size_t>(layers), std::vector<double>(static_cast<std::size_t>(heads), 1.0));
    for (const auto& [layer, head] : muted) gain[static_cast<std::size_t>(layer)][static_cast<std::size_t>(head)] = 0;
    return gain;
}

Error out_of_range(std::string code, std::int64_t value, std::int64_t count) {
    return {std::move(code), {{"value", fmt::format("{}", value)}, {"last", fmt::format("{}", count - 1)}, {"count", fmt::format("{}", count)}}, ""};
}

const Tensor<float>& tensor(const Trace& run, const std::string& name) {
    const TensorId id = run.tape.find(name);
    DG_CHECK(id >= 0);
    return run.tape.value(id);
}

void make_thumbs(Data& d) {
    d.block = (d.tokens + kThumb - 1) / kThumb, d.cells = (d.tokens + d.block - 1) / d.block;
    for (std::int64_t l = 0; l < d.layers; ++l) {
        const Tensor<float>& probs = tensor(*d.run, fmt::format("layers.{}.attn.probs", l));
        for (std::int64_t h = 0; h < d.count; ++h) {
            std::vector<float> thumb(static_cast<std::size_t>(d.cells * d.cells), -1);
            for (std::int64_t t = 0; t < d.tokens; ++t)
                for (std::int64_t u = 0; u <= t; ++u) {
                    float& cell = thumb[static_cast<std::size_t>(t / d.block * d.cells + u / d.block)];
                    cell = std::max(cell, probs[(h * d.tokens + t) * d.tokens + u]);
                }
            d.thumbs.push_back(std::move(thumb));
        }
    }
}

/// The strongest habit of every head, as the model's card gives it.
void read_habits(Data& d) {
    d.habits.assign(static_cast<std::size_t>(d.layers * d.count), {});
    const auto card = nlohmann::json::parse(d.run->model->card_json, nullptr, false);
    if (card.is_discarded() || !card.is_object() || !card.contains("inside") || !card["inside"].is_object()) return;
    const auto& inside = card["inside"];
    for (const auto& [group, names] : {std::pair<std::string, std::vector<std::string>>{"habits", {"self", "previous", "first"}},
                                      {"evidence", {"notes.secret", "key_value.copy", "story_en.who", "story_zh.who"}}})
        for (const std::string& name : names) {
            const auto path = nlohmann::json::json_pointer(fmt::format("/{}/{}/by_layer_and_head", group, name));
            if (!inside.contains(path)) continue;
            for (std::int64_t l = 0; l < d.layers; ++l)
                for (std::int64_t h = 0; h < d.count; ++h) {
                    const auto cell = nlohmann::json::json_pointer(fmt::format("/{}/{}", l, h));
                    const auto& table = inside[path];
                    if (!table.contains(cell) || !table[cell].is_number()) continue;
                    Habit& habit = d.habits[d.index(l, h)];
                    if (const double value = table[cell].get<double>(); value > habit.value) habit = {name, value};
                }
        }
}

/// Jensen-Shannon distance of two rows of weights: sqrt of the divergence in nats.
double js_distance(const float* a, const float* b, std::int64_t n) {
    double sum = 0;
    for (std::int64_t u = 0; u < n; ++u) {
        const double x = a[u], y = b[u], m = (x + y) / 2;
        if (x > 0) sum += x / 2 * dg::log(x / m);
        if (y > 0) sum += y / 2 * dg::log(y / m);
    }
    return std::sqrt(std::max(0.0, sum));
}

/// Mean over queries that can look at more than one key.
double head_distance(const Data& d, std::int64_t layer, std::int64_t a, std::int64_t b) {
    const Tensor<float>& probs = tensor(*d.run, fmt::format("layers.{}.attn.probs", layer));
    double sum = 0;
    for (std::int64_t t = 1; t < d.tokens; ++t) sum += js_distance(probs.data() + (a * d.tokens + t) * d.tokens, probs.data() + (b * d.tokens + t) * d.tokens, d.tokens);
    return d.tokens > 1 ? sum / static_cast<double>(d.tokens - 1) : 0;
}

void compare_heads(Data& d) {
    for (std::int64_t l = 0; l < d.layers; ++l) {
        double sum = 0;
        std::int64_t pairs = 0;
        for (std::int64_t a = 0; a < d.count; ++a)
            for (std::int64_t b = a + 1; b < d.count; ++b, ++pairs) sum += head_distance(d, l, a, b);
        d.js.push_back(pairs > 0 ? sum / static_cast<double>(pairs) : 0);
    }
    d.js_copies = head_distance(d, d.layer, d.head, d.head);
}

/// context_h times head h's columns of W_O.
void add_contributions(Data& d) {
    const Tensor<float>& context = tensor(*d.run, fmt::format("layers.{}.attn.context", d.layer));
    const Tensor<float>& out = tensor(*d.run, fmt::format("layers.{}.attn.out", d.layer));
    const Tensor<float>& w = d.run->model->model.weights.at(fmt::format("model.layers.{}.self_attn.o_proj.weight", d.layer));
    const std::int64_t width = context.cols();
    std::vector<double> sum(static_cast<std::size_t>(w.dim(0)));
    for (std::int64_t h = 0; h < d.count; ++h) {
        const float* c = context.row(d.position * d.count + h);
        std::vector<float> added(sum.size());
        for (std::size_t i = 0; i < sum.size(); ++i) {
            double value = 0;
            for (std::int64_t e = 0; e < width; ++e) value += static_cast<double>(w.row(static_cast<std::int64_t>(i))[h * width + e]) * static_cast<double>(c[e]);
            added[i] = static_cast<float>(value), sum[i] += value;
        }
        d.added.push_back(std::move(added));
    }
    for (std::size_t i = 0; i < sum.size(); ++i) d.sum_difference = std::max(d.sum_difference, std::abs(sum[i] - static_cast<double>(out.row(d.position)[i])));
}

std::vector<float> softmax_row(const Tensor<float>& logits, std::int64_t row, std::int64_t n) {
    const float* x = logits.row(row);
    const double top = *std::max_element(x, x + n);
    std::vector<float> p(static_cast<std::size_t>(n));
    double sum = 0;
    for (std::int64_t v = 0; v < logits.cols(); ++v) sum += dg::exp(static_cast<double>(x[v]) - top);
    for (std::int64_t v = 0; v < n; ++v) p[static_cast<std::size_t>(v)] = static_cast<float>(dg::exp(static_cast<double>(x[v]) - top) / sum);
    return p;
}

double loss_of(const Tape<float>& tape) {
    const TensorId id = tape.find("loss.main");
    return id < 0 ? next_token::kNone : static_cast<double>(tape.value(id)[0]);
}

Outcome outcome_of(const Trace& run, std::int64_t position) {
    Outcome o{.loss = loss_of(run.tape), .probs = {}, .top = {}};
    o.probs = softmax_row(tensor(run, "logits"), position, run.model->tokenizer.vocab_size());
    for (std::size_t v = 0; v < o.probs.size(); ++v) o.top.push_back({static_cast<std::int32_t>(v), o.probs[v]});
    const std::size_t n = std::min<std::size_t>(5, o.top.size());
    std::ranges::partial_sort(o.top, o.top.begin() + static_cast<std::ptrdiff_t>(n), [](const Answer& a, const Answer& b) { return a.p > b.p || (a.p == b.p && a.id < b.id); });
    o.top.resize(n);
    return o;
}

Result<std::shared_ptr<const SceneData>> compute(Session& session, const Params& params, const Progress& progress) {
    if (!progress.report(0)) return Error{"cancelled", {}, ""};
    const std::string name = model_of(params), &prompt = params.text("prompt");
    if (params.text("show") == "induction") {
        DG_ASSIGN(auto model, session.model(name));
        DG_ASSIGN(const std::shared_ptr<Data> d, induction_data(std::move(model), params.text("sequences"), static_cast<std::uint64_t>(params.integer("seed")), progress));
        d->model_name = name;
        return std::shared_ptr<const SceneData>(d);
    }
    DG_ASSIGN(const auto full, session.trace(name, prompt));
    const Config& c = full->model->model.config;
    DG_ASSIGN(const std::set<HeadId> muted, parse_muted(params.text("muted"), c.num_hidden_layers, c.num_attention_heads));
    DG_ASSIGN(const auto run, session.trace(name, prompt, {.head_gain = gain_of(muted, c.num_hidden_layers, c.num_attention_heads)}));
    DG_ASSIGN(const std::shared_ptr<Data> d, make_data(full, run, params.integer("layer"), params.integer("head"), params.integer("position")));
    d->muted = muted, d->model_name = name;
    if (params.text("show") == "mute") DG_TRY(measure_losses(*d, progress));
    return std::shared_ptr<const SceneData>(d);
}

/// "mute 3.2": mutes that head, or lets it speak again.
std::map<std::string, std::string> act(const SceneData& base, const Params& params, std::string_view action) {
    const auto& d = dynamic_cast<const Data&>(base);
    std::map<std::string, std::string> set = params.written();
    if (!action.starts_with("mute ")) return set;
    const Result<std::set<HeadId>> one = parse_muted(std::string(action.substr(5)), d.layers, d.count);
    if (!one || one->empty()) return set;
    std::set<HeadId> muted = d.muted;
    if (!muted.insert(*one->begin()).second) muted.erase(*one->begin());
    set["muted"] = write_muted(muted);
    return set;
}

void draw(Canvas& canvas, const SceneData& base, const Params& params, const View& view) {
    const auto& d = dynamic_cast<const Data&>(base);
    const std::string& show = params.text("show");
    if (show == "induction") return draw_induction(canvas, d, view);
    if (show == "sum") return draw_sum(canvas, d, view);
    if (show == "mute") return draw_mute(canvas, d, view);
    draw_grid(canvas, d, view);
}

void observe_losses(const Data& d, std::vector<Observation>& out) {
    if (d.loss_without.empty()) return;
    std::size_t useful = 0, bright = 0;
    double most_weight = -1;
    for (std::int64_t l = 0; l < d.layers; ++l)
        for (std::int64_t h = 0; h < d.count; ++h) {
            const std::size_t i = d.index(l, h);
            out.push_back({"loss_change_of", fmt::format("{},{}", l, h), d.loss_without[i] - d.before.loss});
            if (d.loss_without[i] > d.loss_without[useful]) useful = i;
            // brightest: the head whose single weights are largest on average
            const Tensor<float>& probs = tensor(*d.full, fmt::format("layers.{}.attn.probs", l));
            double weight = 0;
            for (std::int64_t t = 1; t < d.tokens; ++t) weight += *std::max_element(probs.data() + (h * d.tokens + t) * d.tokens, probs.data() + (h * d.tokens + t) * d.tokens + t + 1);
            if (weight > most_weight) most_weight = weight, bright = i;
        }
    out.push_back({"most_useful", "", static_cast<double>(useful)});
    out.push_back({"brightest", "", static_cast<double>(bright)});
    out.push_back({"most_useful_change", "", d.loss_without[useful] - d.before.loss});
    out.push_back({"brightest_change", "", d.loss_without[bright] - d.before.loss});
}

}  // namespace

Result<std::shared_ptr<Data>> make_data(std::shared_ptr<const Trace> full, std::shared_ptr<const Trace> run, std::int64_t layer, std::int64_t head, std::int64_t position) {
    const Config& c = run->model->model.config;
    auto d = std::make_shared<Data>();
    d->layers = c.num_hidden_layers, d->count = c.num_attention_heads, d->tokens = run->batch.length;
    if (layer < 0 || layer >= d->layers) return out_of_range("attention_layer", layer, d->layers);
    if (head < 0 || head >= d->count) return out_of_range("attention_head", head, d->count);
    if (position < -1 || position >= d->tokens) return out_of_range("attention_position", position, d->tokens);
    d->layer = layer, d->head = head, d->position = position < 0 ? d->tokens - 1 : position;
    for (const TokenSpan& token : run->tokens) d->labels.push_back(run->model->tokenizer.label(token.id));
    d->run = std::move(run), d->full = std::move(full);
    make_thumbs(*d);
    read_habits(*d);
    compare_heads(*d);
    add_contributions(*d);
    d->before = outcome_of(*d->full, d->position), d->after = outcome_of(*d->run, d->position);
    return d;
}

Result<void> measure_losses(Data& d, const Progress& progress) {
    ForwardOptions options;
    options.mtp = false, options.numerics = numerics_of(*d.full->model);
    for (std::int64_t l = 0; l < d.layers; ++l)
        for (std::int64_t h = 0; h < d.count; ++h) {
            if (!progress.report(static_cast<double>(d.loss_without.size()) / static_cast<double>(d.layers * d.count))) return Error{"cancelled", {}, ""};
            options.head_gain = gain_of({{l, h}}, d.layers, d.count);
            Tape<float> tape;
            DG_TRY(forward(d.full->model->model, d.full->batch, options, tape));
            d.loss_without.push_back(loss_of(tape));
        }
    return {};
}

std::vector<Observation> observe(const SceneData& base) {
    const auto& d = dynamic_cast<const Data&>(base);
    std::vector<Observation> out{{"heads", "", static_cast<double>(d.count)}, {"layers", "", static_cast<double>(d.layers)}, {"tokens", "", static_cast<double>(d.tokens)}};
    double sum = 0;
    for (std::size_t l = 0; l < d.js.size(); ++l) out.push_back({"js", fmt::format("{}", l), d.js[l]}), sum += d.js[l];
    out.push_back({"js_mean", "", sum / static_cast<double>(d.js.size())});
    out.push_back({"js_least", "", *std::ranges::min_element(d.js)});
    out.push_back({"js_copies", "", d.js_copies});
    std::int64_t named = 0;
    for (std::int64_t l = 0; l < d.layers; ++l)
        for (std::int64_t h = 0; h < d.count; ++h) {
            named += d.named(l, h) ? 1 : 0;
            if (!d.habits[d.index(l, h)].name.empty()) out.push_back({"habit", fmt::format("{},{}", l, h), d.habits[d.index(l, h)].value});
        }
    out.push_back({"named", "", static_cast<double>(named)});
    for (std::size_t h = 0; h < d.added.size(); ++h) out.push_back({"contribution", fmt::format("{}", h), length_of(d.added[h])});
    out.push_back({"sum_difference", "", d.sum_difference});
    out.push_back({"muted", "", static_cast<double>(d.muted.size())});
    out.push_back({"loss", "", d.before.loss});
    out.push_back({"loss_muted", "", d.after.loss});
    out.push_back({"loss_change", "", d.after.loss - d.before.loss});
    const auto first = static_cast<std::size_t>(d.before.top.front().id);
    out.push_back({"p_before", "", d.before.probs[first]});
    out.push_back({"p_after", "", d.after.probs[first]});
    observe_losses(d, out);
    observe_induction(d, out);
    return out;
}

}  // namespace heads

Scene heads_scene() {
    return {.id = "heads", .chapter = "attention", .source = "engine/ops/attention.cpp",
            .params = {model_param(), only("show=grid|sum|mute", prompt_param("Hunan University is in Changsha")), only("show=grid|sum|mute", layer_param(4)), only("show=grid|mute", head_param(3)), only("show=sum|mute", position_param()),
                       {.id = "show", .type = ParamType::kChoice, .default_value = "grid", .choices = {"grid", "sum", "mute", "induction"}},
                       {.id = "muted", .type = ParamType::kText, .default_value = ""},
                       {.id = "sequences", .type = ParamType::kChoice, .default_value = "own", .choices = {"own", "shuffled", "repeated"}, .when = "show=induction"}, only("show=induction", seed_param(1)), numerics_param()},
            .stages = {{"look", 0.6}, {"carry", 0.8}, {"join", 0.6}},
            .compute = &heads::compute, .draw = &heads::draw, .observe = &heads::observe, .act = &heads::act};
}

}  // namespace dg::viz
