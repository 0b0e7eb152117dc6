// Controls made from the one description of a scene's parameters.
#include "app/window/cells.h"
#include "app/window/icons.h"
#include "app/window/shell.h"

#include "viz/scenes/numbers.h"
#include "viz/scenes/rich_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace dg::app {
namespace {

using viz::ParamSpec;
using viz::ParamType;

constexpr float kLabel = 34, kControl = 44, kGap = 18, kPrompt = 104;

/// "param.<scene>.<id>.<what>", else the shared "param.<id>.<what>", else the id itself.
std::string word(const Shell& s, const ParamSpec& spec, std::string_view what) {
    const std::string own = fmt::format("param.{}.{}.{}", s.lab.scene()->id, spec.id, what), shared = fmt::format("param.{}.{}", spec.id, what);
    if (viz::has_key(own)) return viz::tr(s.lang, own);
    if (viz::has_key(shared)) return viz::tr(s.lang, shared);
    return what == "label" ? spec.id : std::string();
}

/// The range as the loaded model allows it.
std::pair<double, double> range(const Shell& s, const ParamSpec& spec) {
    double low = spec.min, high = spec.max;
    if (const viz::Trace* trace = s.lab.trace(); trace && trace->model) {
        const Config& config = trace->model->model.config;
        if (spec.id == "layer") high = std::min(high, static_cast<double>(config.num_hidden_layers - 1));
        if (spec.id == "head") high = std::min(high, static_cast<double>(config.num_attention_heads - 1));
        if (spec.id == "position") low = -1, high = static_cast<double>(trace->tokens.size()) - 1;
    }
    return {low, high};
}

struct Row {
    Shell& s;
    Ui& u;
    const ParamSpec& spec;
    Rect area;  // of the control

    [[nodiscard]] std::string id() const { return "param." + spec.id; }

    [[nodiscard]] const std::string& value() const { return s.lab.params().written().at(spec.id); }

    void set(std::string fresh) const { s.set_params({{spec.id, std::move(fresh)}}); }
};

void number_field(const Row& row, Rect rect, const std::string& shown) {
    // while it is typed, a number may be unfinished: it is set when it reads as one
    std::string& draft = row.s.drafts[row.spec.id];
    const std::string id = row.id() + ".value";
    if (!row.u.focused(id)) draft = shown;
    if (row.u.text_field(id, rect, draft, {.size = row.u.type.label})) row.set(draft);
}

void number_field(const Row& row, Rect rect) { number_field(row, rect, row.value()); }

/// Sliders of positive quantities over three decades and more move in equal ratios.
bool logarithmic(const ParamSpec& spec) { return (spec.type == ParamType::kReal || spec.type == ParamType::kInt) && spec.min > 0 && spec.max / spec.min >= 1000; }

/// Sliders over many decades that also reach 0 or the negative numbers move as sign(x) log10(1 + |x|): fine near 0, coarse far out.
bool signed_logarithmic(const ParamSpec& spec) { return spec.type == ParamType::kReal && spec.min <= 0 && spec.max >= 1e4; }

double to_signed_log(double x) { return std::copysign(std::log10(1 + std::abs(x)), x); }

double from_signed_log(double y) { return std::copysign(std::pow(10.0, std::abs(y)) - 1, y); }

void real_row(const Row& row) {
    const auto [low, high] = range(row.s, row.spec);
    const double now = row.s.lab.params().real(row.spec.id);
    const Rect track = {row.area.x, row.area.y, row.area.w - 108, row.area.h};
    number_field(row, {row.area.right() - 96, row.area.y + 2, 96, row.area.h - 4});
    if (logarithmic(row.spec)) {
        if (const auto fresh = row.u.slider(row.id(), track, std::log10(now), std::log10(low), std::log10(high), 0))
            row.set(fmt::format("{:.3g}", std::pow(10.0, *fresh)));
        return;
    }
    if (row.spec.fine) {
        if (const auto fresh = row.u.slider(row.id(), track, std::cbrt(now / high), 0, 1, 0)) row.set(fmt::format("{:.2g}", high * *fresh * *fresh * *fresh));
        return;
    }
    if (signed_logarithmic(row.spec)) {
        if (const auto fresh = row.u.slider(row.id(), track, to_signed_log(now), to_signed_log(low), to_signed_log(high), 0))
            row.set(fmt::format("{:.3g}", from_signed_log(*fresh)));
        return;
    }
    const double step = std::pow(10.0, std::floor(std::log10((high - low) / 100)));
    if (const auto fresh = row.u.slider(row.id(), track, now, low, high, step)) row.set(fmt::format("{:.6g}", *fresh));
}

void stepper(const Row& row) {
    const std::int64_t now = row.s.lab.params().integer(row.spec.id);
    const Rect a = row.area;
    number_field(row, {a.x + 52, a.y, a.w - 104, a.h});
    if (row.u.button(row.id() + ".less", {a.x, a.y, 44, a.h}, "−")) row.set(std::to_string(now - 1));
    if (row.u.button(row.id() + ".more", {a.right() - 44, a.y, 44, a.h}, "+")) row.set(std::to_string(now + 1));
}

/// A slider from one place of the picture to the next: what is computed there is on screen at once.
void place_row(const Row& row, const Places& places) {
    number_field(row, {row.area.right() - 96, row.area.y + 2, 96, row.area.h - 4}, places.values[static_cast<std::size_t>(places.here)]);
    if (const auto fresh = row.u.slider(row.id(), {row.area.x, row.area.y, row.area.w - 108, row.area.h}, places.here, 0, static_cast<double>(places.values.size()) - 1, 1))
        row.set(places.values[static_cast<std::size_t>(std::llround(*fresh))]);
}

void int_row(const Row& row) {
    const auto [low, high] = range(row.s, row.spec);
    if (low > high || row.spec.id == "seed") return stepper(row);
    if (row.spec.drawn_only) {
        if (const Places places = places_of(row.s.regions, row.spec.id); !places.values.empty()) return place_row(row, places);
    }
    const std::int64_t now = row.s.lab.params().integer(row.spec.id);
    const double count = high - low + 1;
    if (count <= 10 && row.spec.id != "position") {
        std::vector<std::string> labels;
        for (int i = 0; i < static_cast<int>(count); ++i) labels.push_back(std::to_string(static_cast<std::int64_t>(low) + i));
        if (const auto chosen = row.u.segmented(row.id(), row.area, labels, static_cast<int>(now - static_cast<std::int64_t>(low))))
            row.set(std::to_string(static_cast<std::int64_t>(low) + *chosen));
        return;
    }
    number_field(row, {row.area.right() - 96, row.area.y + 2, 96, row.area.h - 4});
    const Rect track = {row.area.x, row.area.y, row.area.w - 108, row.area.h};
    if (logarithmic(row.spec)) {
        if (const auto fresh = row.u.slider(row.id(), track, std::log10(static_cast<double>(now)), std::log10(low), std::log10(high), 0))
            row.set(std::to_string(std::clamp<std::int64_t>(std::llround(std::pow(10.0, *fresh)), static_cast<std::int64_t>(low), static_cast<std::int64_t>(high))));
        return;
    }
    if (const auto fresh = row.u.slider(row.id(), track, static_cast<double>(now), low, high, 1)) row.set(std::to_string(static_cast<std::int64_t>(std::llround(*fresh))));
}

void choice_row(const Row& row) {
    std::vector<std::string> labels;
    float widest = 0;
    for (const std::string& choice : row.spec.choices) {
        labels.push_back(word(row.s, row.spec, choice));
        if (labels.back().empty()) labels.back() = choice;
        widest = std::max(widest, row.u.width(labels.back(), row.u.type.label, viz::Weight::kBold));
    }
    const auto at = std::ranges::find(row.spec.choices, row.value());
    const int current = static_cast<int>(at - row.spec.choices.begin());
    const bool fits = (widest + 12) * static_cast<float>(labels.size()) < row.area.w;
    const std::optional<int> chosen = fits ? row.u.segmented(row.id(), row.area, labels, current) : row.u.drop_down(row.id(), row.area, labels, current);
    if (chosen) row.set(row.spec.choices[static_cast<std::size_t>(*chosen)]);
}

void model_row(const Row& row) {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(row.s.setup.session->assets() / "models", ignored)) {
        if (std::filesystem::is_regular_file(entry.path() / "config.json", ignored)) names.push_back(entry.path().filename().string());
    }
    std::ranges::sort(names);
    names.emplace_back("random");
    if (std::ranges::find(names, row.value()) == names.end()) names.push_back(row.value());
    const auto at = std::ranges::find(names, row.value());
    std::string detail;
    if (const viz::Trace* trace = row.s.lab.trace(); trace && trace->model) {
        std::int64_t total = 0;
        for (const auto& [name, tensor] : trace->model->model.weights.tensors) total += tensor.size();
        detail = row.u.tr("window.lab.parameters", {{"count", viz::short_count(static_cast<double>(total))}});
    }
    if (const auto chosen = row.u.drop_down(row.id(), row.area, names, static_cast<int>(at - names.begin()), detail)) row.set(names[static_cast<std::size_t>(*chosen)]);
}

void text_row(const Row& row) {
    std::string value = row.value();
    const bool prompt = row.spec.id == "prompt" || row.area.h > kControl;
    if (row.u.text_field(row.id(), row.area, value, {.multiline = prompt, .placeholder = row.u.tr("window.lab.placeholder"), .label = word(row.s, row.spec, "label")}))
        row.set(value);
}

float control_height(const ParamSpec& spec) { return spec.type == ParamType::kText && spec.id == "prompt" ? kPrompt : kControl; }

void draw_control(const Row& row) {
    if (row.spec.id == "model") return model_row(row);
    switch (row.spec.type) {
        case ParamType::kText: return text_row(row);
        case ParamType::kChoice: return choice_row(row);
        case ParamType::kInt: return int_row(row);
        case ParamType::kReal: return real_row(row);
        case ParamType::kBool:
            if (const auto fresh = row.u.toggle(row.id(), row.area, word(row.s, row.spec, "label"), row.s.lab.params().flag(row.spec.id))) row.set(*fresh ? "true" : "false");
            return;
    }
}

/// What stands at the right of a label: tokens of the prompt, which keys change it.
std::string aside(const Shell& s, const ParamSpec& spec) {
    if (spec.id == "prompt" && s.lab.trace() && s.lab.trace()->model) {
        const viz::Trace& trace = *s.lab.trace();
        return viz::tr(s.lang, "window.lab.tokens", {{"count", std::to_string(trace.tokens.size())},
                       {"most", std::to_string(trace.model->model.config.max_position_embeddings)}});
    }
    if (spec.id == "head") return "← →";
    if (spec.id == "layer" || (spec.drawn_only && spec.type == ParamType::kInt && !s.lab.spec("layer"))) return "↑ ↓";
    return {};
}

/// Draws one parameter, or only measures; returns its height.
float draw_param(Shell& s, Ui& u, const ParamSpec& spec, Vec2 at, float width, bool draw) {
    const bool labelled = spec.type != ParamType::kBool;
    const float label = labelled ? kLabel * u.type.label / 18 : 0, control = control_height(spec);
    float h = label + control + kGap;
    const auto error = s.param_errors.find(spec.id);
    std::string fault = error == s.param_errors.end() ? std::string() : viz::describe(s.lang, error->second);
    if (!fault.empty()) h += u.paragraph_height(viz::rich_escape(fault), u.type.caption, width) + 4;
    if (!draw) return h;
    if (labelled) {
        const std::string help = word(s, spec, "help"), id = "help." + spec.id;
        u.press(id, {at.x, at.y, width, label}, {.label = help, .focusable = false, .pointer = Pointer::kArrow});
        if (!help.empty() && u.hot(id)) u.tip(help);
        u.text({at.x, at.y + 20}, word(s, spec, "label"), u.type.label, u.theme.ink2);
        u.text({at.x + width, at.y + 20}, aside(s, spec), u.type.caption, u.theme.ink3, viz::Weight::kRegular, viz::Align::kRight);
    }
    const Row row{s, u, spec, {at.x, at.y + label, width, control}};
    draw_control(row);
    if (!fault.empty()) u.paragraph({at.x, at.y + label + control + 4}, viz::rich_escape(fault), u.type.caption, u.theme.error.ink, width);
    return h;
}

std::vector<const ParamSpec*> wanted(const Shell& s, std::span<const std::string> ids) {
    std::vector<const ParamSpec*> out;
    if (!s.lab.scene()) return out;
    for (const std::string& id : ids) {
        if (const ParamSpec* spec = s.lab.spec(id); spec != nullptr && acts(*spec, s.lab.params())) out.push_back(spec);
    }
    if (!ids.empty()) return out;
    for (const ParamSpec& spec : s.lab.scene()->params) {
        if (acts(spec, s.lab.params())) out.push_back(&spec);
    }
    // the prompt first, then the model, then the scene's own
    const auto order = [](const ParamSpec* p) { return p->id == "prompt" ? 0 : p->id == "model" ? 1 : p->id == "seed" ? 3 : 2; };
    std::ranges::stable_sort(out, {}, order);
    return out;
}

}  // namespace

float measure_param_controls(Shell& shell, Ui& u, float width, std::span<const std::string> ids) {
    float h = 0;
    for (const ParamSpec* spec : wanted(shell, ids)) h += draw_param(shell, u, *spec, {}, width, false);
    return h;
}

float draw_param_controls(Shell& shell, Ui& u, Vec2 at, float width, std::span<const std::string> ids) {
    float y = at.y;
    for (const ParamSpec* spec : wanted(shell, ids)) y += draw_param(shell, u, *spec, {at.x, y}, width, true);
    return y - at.y;
}

}  // namespace dg::app
