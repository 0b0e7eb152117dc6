// Scene sampler: description, measuring, observables, actions.
#include "viz/scenes/sampler.h"

#include "engine/base/mathfn.h"
#include "engine/base/rng.h"
#include "engine/model/decode.h"
#include "sim/corpus/corpus.h"
#include "viz/scenes/clock.h"
#include "viz/scenes/next_token.h"
#include "viz/scenes/numerics_param.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace dg::viz {
namespace sampler {

std::string Data::label(std::int32_t id) const {
    if (model) return id < model->tokenizer.vocab_size() ? model->tokenizer.label(id) : fmt::format("#{}", id);
    return id < 26 ? std::string(1, static_cast<char>('A' + id)) : fmt::format("#{}", id);
}

std::string Data::name(std::int32_t id) const {
    if (!model) return fmt::format("{}", id);
    if (id >= model->tokenizer.vocab_size()) return fmt::format("#{}", id);
    const std::string& bytes = model->tokenizer.bytes(id);
    return valid_utf8(bytes) ? bytes : model->tokenizer.label(id);
}

double done(const View& view, Stage stage) { return view.stage > stage ? 1 : view.stage < stage ? 0 : ease(view.u); }

namespace {

constexpr std::int64_t kShown = 12;      // tokens among the observables
constexpr int kTextLength = 96;          // tokens of one text of `texts`
constexpr double kLandmarks[] = {0.25, 0.5, 1, 2, 4};

std::vector<ParamSpec> specs() {
    return {model_param(),
            prompt_param("湖南大学"),
            {.id = "logits", .type = ParamType::kText, .default_value = ""},
            {.id = "temperature", .type = ParamType::kReal, .default_value = "0.8", .min = 0, .max = 10},
            {.id = "top_k", .type = ParamType::kInt, .default_value = "5", .min = 0, .max = 1048576},
            {.id = "top_p", .type = ParamType::kReal, .default_value = "0.9", .min = 0.01, .max = 1},
            seed_param(3),
            {.id = "rolls", .type = ParamType::kInt, .default_value = "0", .min = 0, .max = 10000000},
            {.id = "texts", .type = ParamType::kInt, .default_value = "0", .min = 0, .max = 200},
            numerics_param()};
}

/// "4, 3, 2.5": error code sampler_logits.
Result<std::vector<float>> parse_logits(const std::string& list) {
    std::vector<float> logits;
    for (std::string piece : next_token::split_list(list)) {
        std::erase(piece, ' ');
        float value = 0;
        const auto [end, code] = std::from_chars(piece.data(), piece.data() + piece.size(), value);
        if (code != std::errc() || end != piece.data() + piece.size() || !std::isfinite(value)) {
            return Error{"sampler_logits", {{"value", printable(piece)}}, ""};
        }
        logits.push_back(value);
    }
    return logits;
}

/// Share of the 4-grams of a text that occurred in it before.
double repeated(const std::vector<std::int32_t>& ids) {
    std::set<std::vector<std::int32_t>> seen;
    int total = 0, again = 0;
    for (std::size_t i = 0; i + 4 <= ids.size(); ++i) {
        const bool fresh = seen.insert({ids.begin() + static_cast<std::ptrdiff_t>(i), ids.begin() + static_cast<std::ptrdiff_t>(i) + 4}).second;
        ++total, again += !fresh;
    }
    return total == 0 ? 0 : static_cast<double>(again) / total;
}

Result<double> text_repetition(const Data& d, const PackedModel& packed, int text, double temperature) {
    const Tokenizer& words = d.model->tokenizer;
    std::vector<std::int32_t> prompt = words.encode(sim::document(hash_words(d.seed, hash_text("repetition")), static_cast<std::uint64_t>(text)).text);
    prompt.resize(std::min<std::size_t>(prompt.size(), 8));
    Decoder decoder(packed);
    std::vector<std::int32_t> written, next = prompt;
    const auto room = static_cast<std::size_t>(std::max<std::int64_t>(0, packed.config().max_position_embeddings - 8));
    while (written.size() < std::min<std::size_t>(kTextLength, room)) {
        DG_ASSIGN(const std::span<const float> logits, decoder.append(next));
        SampleSettings settings = d.settings;
        settings.temperature = temperature;
        DG_ASSIGN(const SampleStages stages, sample_stages(logits.first(static_cast<std::size_t>(words.vocab_size())), settings));
        const double u = Rng::keyed(d.seed, "texts", static_cast<std::uint64_t>(text), written.size()).uniform();
        written.push_back(sample(stages, u));
        next = {written.back()};
    }
    return repeated(written);
}

Result<void> measure_texts(Data& d, int texts, const Progress& progress) {
    const PackedModel packed(d.model->model, numerics_of(*d.model));
    d.repetition = {.texts = texts, .tokens = kTextLength};
    for (int i = 0; i < texts; ++i) {
        if (!progress.report(static_cast<double>(i) / texts)) return Error{"cancelled", {}, ""};
        DG_ASSIGN(const double greedy, text_repetition(d, packed, i, 0));
        DG_ASSIGN(const double sampled, text_repetition(d, packed, i, d.settings.temperature));
        d.repetition.greedy += greedy / texts, d.repetition.sampled += sampled / texts;
    }
    return {};
}

Result<void> roll(Data& d, std::int64_t rolls, const Progress& progress) {
    d.rolls = rolls;
    if (rolls == 0) return {};
    d.tally.assign(d.stages.kept.size(), 0);
    Rng rng = Rng::keyed(d.seed, "rolls");
    for (std::int64_t i = 0; i < rolls; ++i) {
        if (i % 4096 == 0 && !progress.report(static_cast<double>(i) / static_cast<double>(rolls))) return Error{"cancelled", {}, ""};
        ++d.tally[static_cast<std::size_t>(sample(d.stages, rng.uniform()))];
    }
    return {};
}

/// Logits of the last position, or those typed in.
Result<std::vector<float>> logits_of(Data& d, Session& session, const Params& params) {
    DG_ASSIGN(std::vector<float> typed, parse_logits(params.text("logits")));
    if (!typed.empty()) return typed;
    DG_ASSIGN(d.model, session.model(model_of(params)));
    d.prompt = params.text("prompt");
    if (d.prompt.empty()) return std::vector<float>{};
    DG_ASSIGN(d.recorded, session.trace(model_of(params), d.prompt));
    const Tensor<float>& all = d.recorded->tape.value(d.recorded->tape.find("logits"));
    const float* row = all.row(all.rows() - 1);
    // rows of the embedding beyond the tokenizer's last token cannot be written
    return std::vector<float>(row, row + d.model->tokenizer.vocab_size());
}

Result<std::shared_ptr<const SceneData>> compute(Session& session, const Params& params, const Progress& progress) {
    auto d = std::make_shared<Data>();
    d->settings = {.temperature = params.real("temperature"), .top_k = params.integer("top_k"), .top_p = params.real("top_p")};
    d->seed = static_cast<std::uint64_t>(params.integer("seed"));
    DG_ASSIGN(const std::vector<float> logits, logits_of(*d, session, params));
    if (logits.empty()) return std::shared_ptr<const SceneData>(std::move(d));  // drawn as the empty state
    DG_ASSIGN(d->stages, sample_stages(logits, d->settings));
    d->u = Rng::keyed(d->seed, "roll").uniform();
    d->chosen = sample(d->stages, d->u);
    for (const double t : kLandmarks) {
        DG_ASSIGN(const SampleStages at, sample_stages(logits, {.temperature = t}));
        Landmark mark{.temperature = t};
        for (std::size_t i = 0; i < std::min<std::size_t>(8, logits.size()); ++i) mark.probs.push_back(at.probs[static_cast<std::size_t>(at.order[i])]);
        d->landmarks.push_back(std::move(mark));
    }
    DG_TRY(roll(*d, params.integer("rolls"), progress));
    if (params.integer("texts") > 0 && d->model) DG_TRY(measure_texts(*d, static_cast<int>(params.integer("texts")), progress));
    return std::shared_ptr<const SceneData>(std::move(d));
}

using Observations = std::vector<Observation>;

void add(Observations& out, std::string name, double value, std::string index = "") {
    out.push_back({std::move(name), std::move(index), value});
}

/// The likeliest tokens, each with all its numbers.
void observe_tokens(const Data& d, Observations& out) {
    const SampleStages& s = d.stages;
    const auto n = std::min<std::size_t>(static_cast<std::size_t>(kShown), s.order.size());
    const auto column = [&](const char* name, const std::vector<double>& values) {
        for (std::size_t i = 0; i < n; ++i) add(out, name, values[static_cast<std::size_t>(s.order[i])], d.name(s.order[i]));
    };
    column("logit", s.logits);
    column("scaled", s.scaled);
    column("p", s.probs);
    column("kept", s.kept);
    if (d.rolls == 0) return;
    for (std::size_t i = 0; i < n; ++i) add(out, "count", static_cast<double>(d.tally[static_cast<std::size_t>(s.order[i])]), d.name(s.order[i]));
    double most = 0;
    for (std::size_t i = 0; i < s.kept.size(); ++i) {
        most = std::max(most, std::abs(static_cast<double>(d.tally[i]) / static_cast<double>(d.rolls) - s.kept[i]));
    }
    for (std::size_t i = 0; i < n; ++i) {
        add(out, "frequency", static_cast<double>(d.tally[static_cast<std::size_t>(s.order[i])]) / static_cast<double>(d.rolls), d.name(s.order[i]));
    }
    add(out, "largest_deviation", most);
}

Observations observe(const SceneData& base) {
    const auto& d = static_cast<const Data&>(base);
    Observations out;
    if (d.stages.order.empty()) return out;
    const SampleStages& s = d.stages;
    const double entropy = entropy_nats(s.probs);
    add(out, "V", static_cast<double>(s.order.size()));
    add(out, "temperature", d.settings.temperature);
    add(out, "entropy", entropy);
    add(out, "entropy_bits", entropy / dg::log(2.0));
    add(out, "top_p", s.probs[static_cast<std::size_t>(s.order[0])]);
    add(out, "keep", static_cast<double>(s.keep()));
    add(out, "cut_k", static_cast<double>(s.cut_k));
    add(out, "cut_p", static_cast<double>(s.cut_p));
    add(out, "kept_mass", s.kept_mass);
    add(out, "u", d.u);
    add(out, "chosen", d.chosen);
    add(out, "chosen_p", s.kept[static_cast<std::size_t>(d.chosen)]);
    add(out, "argmax", s.order[0]);
    add(out, "rolls", static_cast<double>(d.rolls));
    observe_tokens(d, out);
    if (d.repetition.texts > 0) {
        add(out, "repeat_greedy", d.repetition.greedy);
        add(out, "repeat_sampled", d.repetition.sampled);
        add(out, "texts", d.repetition.texts);
        // how R1 was scored, because greedy decoding repeated itself (R1 report, section 3)
        out.push_back({"published_temperature", "R1", 0.6, Kind::kPublished});
        out.push_back({"published_top_p", "R1", 0.95, Kind::kPublished});
    }
    return out;
}

/// "roll": the next seed.
std::map<std::string, std::string> act(const SceneData&, const Params& params, std::string_view action) {
    std::map<std::string, std::string> set = params.written();
    if (action == "roll") set["seed"] = fmt::format("{}", (params.integer("seed") + 1) % 4294967296);
    return set;
}

PageText words(const Data& d, const View& view) {
    const double p = d.stages.kept[static_cast<std::size_t>(d.chosen)];
    const TextArgs args = {{"token", rich_escape(d.label(d.chosen))}, {"p", percent(p, p < 0.01 ? 1 : 0)}};
    const std::string key = !view.revealed || view.stage < kRoll ? "sampler.title.covered" : d.settings.temperature == 0 ? "sampler.title.greedy" : "sampler.title.rolled";
    const Lang second = view.lang == Lang::kZh ? Lang::kEn : Lang::kZh;
    PageText page{.title = tr(view.lang, key, args), .subtitle = tr(second, key, args)};
    const std::string source = d.model ? next_token::display_name(*d.model) : tr(view.lang, "sampler.typed");
    page.badge = {.detail = badge_detail(view.lang, source, d.model_hash(), fmt::format("{}", d.seed))};
    const std::string kept = grouped(d.stages.keep());
    page.notes.push_back(d.model ? tr(view.lang, "sampler.note.model", {{"prompt", next_token::in_quotes(d.prompt, 40)}, {"n", kept}})
                                 : tr(view.lang, "sampler.note.scale", {{"n", kept}}));
    if (d.repetition.texts > 0 && view.revealed) {
        page.notes.push_back(tr(view.lang, "sampler.note.repeat", {{"n", fmt::format("{}", d.repetition.texts)}, {"tokens", fmt::format("{}", d.repetition.tokens)},
                                                                   {"greedy", percent(d.repetition.greedy)}, {"t", fmt::format("{}", d.settings.temperature)},
                                                                   {"sampled", percent(d.repetition.sampled)}}));
    }
    return page;
}

/// Columns from left to right, the panel at the foot.
Layout lay_out(const Canvas& canvas, const Theme& t, Rect area, const std::vector<Row>& rows, bool merged) {
    Layout l;
    l.merged = merged;
    const float panel_h = std::max(area.h * 0.23F, t.label * 5.6F), head = t.body * 2.6F;
    l.panel = {area.x, area.bottom() - panel_h, area.w, panel_h};
    const float inner = area.h - panel_h - head - 16;
    l.pitch = std::min(inner / static_cast<float>(rows.size()), t.body * 5.4F);
    const float h = l.pitch * static_cast<float>(rows.size());
    float label_w = area.w * 0.06F;
    for (const Row& row : rows) label_w = std::max(label_w, canvas.measure(row.label, body(t)).width + 24);
    l.label_right = area.x + std::min(label_w, area.w * 0.11F);
    const float strip_w = area.w * 0.055F, die_w = area.w * 0.12F, ribbon = area.w * 0.08F;
    const float columns = area.right() - die_w - strip_w - ribbon - l.label_right - 20;
    const int n = merged ? 3 : 4;
    l.column_w = columns / static_cast<float>(n);
    for (int i = 0; i < n; ++i) l.columns.push_back(l.label_right + 20 + l.column_w * static_cast<float>(i));
    l.table = {area.x, area.y + head, l.label_right + 20 + columns - area.x, h};
    l.strip = {l.table.right() + ribbon, l.table.y, strip_w, h};
    l.die_x = l.strip.right(), l.die = std::min(die_w * 0.34F, 72.0F);
    return l;
}

void draw(Canvas& canvas, const SceneData& base, const Params&, const View& view) {
    const auto& d = static_cast<const Data&>(base);
    if (d.stages.order.empty()) return draw_empty(canvas, view, tr(view.lang, "state.empty.prompt"));
    const Theme& t = theme(view.theme);
    PageText page = words(d, view);
    if (canvas.page().h < 800) page.subtitle.clear();
    const Rect area = draw_frame(canvas, view, page);
    const bool merged = view.presenter || view.theme == ThemeId::kProjector;
    const float room = area.h - std::max(area.h * 0.23F, t.label * 5.6F) - t.body * 2.6F - 16;
    const auto most = static_cast<std::size_t>(std::clamp(room / (t.body * 1.75F), 3.0F, merged ? 6.0F : 9.0F));
    const std::vector<Row> rows = rows_of(d, view, most);
    const Layout layout = lay_out(canvas, t, area, rows, merged);
    draw_table(canvas, d, view, layout, rows);
    draw_strip(canvas, d, view, layout, rows);
    draw_panel(canvas, d, view, layout);
}

}  // namespace
}  // namespace sampler

Scene sampler_scene() {
    return {.id = "sampler", .chapter = "tokens", .source = "engine/model/sampler.cpp", .params = sampler::specs(),
            .stages = {{"logits", 0.5}, {"scale", 0.6}, {"softmax", 0.6}, {"keep", 0.7}, {"roll", 0.9}},
            .compute = &sampler::compute, .draw = &sampler::draw, .observe = &sampler::observe, .act = &sampler::act};
}

}  // namespace dg::viz
