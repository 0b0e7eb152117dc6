// Scene floats: description, measuring, observables, actions.
#include "viz/scenes/floats.h"

#include "engine/tokenizer/tokenizer.h"
#include "viz/scenes/clock.h"
#include "viz/scenes/next_token.h"

#include <charconv>
#include <cmath>
#include <numbers>

namespace dg::viz {
namespace floats {

double done(const View& view, Stage stage) { return view.stage > stage ? 1 : view.stage < stage ? 0 : ease(view.u); }

Written write(const FormatInfo& format, double x, bool saturate) {
    Written w;
    w.code = fp8::encode(format, x, saturate);
    w.value = fp8::decode(format, w.code);
    w.overflow = std::isinf(x) || (std::isfinite(x) && !std::isfinite(fp8::decode(format, fp8::encode(format, x, false))));
    w.underflow = x != 0 && w.value == 0;
    const bool comparable = std::isfinite(x) && x != 0 && std::isfinite(w.value);
    w.relative = comparable ? std::abs(w.value - x) / std::abs(x) : std::nan("");
    return w;
}

std::string shown_text(const Data& d) {
    if (d.text == "pi") return "π";
    return d.text.starts_with("0x") ? float_bits::value_text(d.x) : d.text.starts_with('-') ? "−" + d.text.substr(1) : d.text;
}

std::string error_text(const Written& w) {
    if (std::isnan(w.relative)) return std::string(kUnknown);
    if (w.relative > 0 && w.relative < 1e-4) return scientific(w.relative, 2);
    return percent(w.relative, w.relative > 0 && w.relative < 0.001 ? 3 : 1);
}

namespace {

constexpr std::size_t kMostThrown = 8;

std::vector<ParamSpec> specs() {
    return {{.id = "mode", .type = ParamType::kChoice, .default_value = "bits", .choices = {"bits", "table", "ends", "spacing"}},
            {.id = "format", .type = ParamType::kChoice, .default_value = "e4m3", .choices = {"fp32", "bf16", "fp16", "e4m3", "e5m2", "e5m6"}},
            {.id = "value", .type = ParamType::kText, .default_value = "pi"},
            {.id = "saturate", .type = ParamType::kBool, .default_value = "true"},
            {.id = "values", .type = ParamType::kText, .default_value = "500,60000,0.001,0.0009,1e-5"},
            {.id = "window", .type = ParamType::kReal, .default_value = "0.5", .min = 0.01, .max = 1}};
}

Error bad_value(std::string_view text) { return Error{"floats_value", {{"value", printable(text)}}, ""}; }

/// A whole word as a number; nothing when it is none.
template <class Number>
std::optional<Number> read_number(std::string_view text, int base = 10) {
    Number value{};
    const char* end = text.data() + text.size();
    std::from_chars_result read{};
    if constexpr (std::is_integral_v<Number>) read = std::from_chars(text.data(), end, value, base);
    else read = std::from_chars(text.data(), end, value);
    return read.ec == std::errc{} && read.ptr == end && !text.empty() ? std::optional(value) : std::nullopt;
}

/// "0.1", "pi", "2^-9", "inf", "nan", or "0x45": a code of the format. Error code: floats_value.
Result<double> parse_value(const FormatInfo& format, std::string text) {
    std::erase(text, ' ');
    if (text == "pi" || text == "π") return std::numbers::pi;
    if (text == "-pi" || text == "-π") return -std::numbers::pi;
    if (text.starts_with("0x")) {
        const auto code = read_number<std::uint32_t>(std::string_view(text).substr(2), 16);
        if (!code || (format.bits() < 32 && *code >> static_cast<unsigned>(format.bits()) != 0)) return bad_value(text);
        return fp8::decode(format, *code);
    }
    if (const std::size_t base = text.find("2^"); base != std::string::npos) {
        const auto power = read_number<int>(std::string_view(text).substr(base + 2));
        const std::string_view sign = std::string_view(text).substr(0, base);
        if (!power || std::abs(*power) > 1000 || (sign != "" && sign != "-")) return bad_value(text);
        return std::ldexp(sign == "-" ? -1.0 : 1.0, *power);
    }
    const auto value = read_number<double>(text.starts_with('+') ? std::string_view(text).substr(1) : std::string_view(text));
    if (!value) return bad_value(text);
    return *value;
}

Mode mode_of(const std::string& id) {
    return id == "bits" ? Mode::kBits : id == "table" ? Mode::kTable : id == "ends" ? Mode::kEnds : Mode::kSpacing;
}

Result<std::shared_ptr<const SceneData>> compute(Session&, const Params& params, const Progress&) {
    auto d = std::make_shared<Data>();
    d->mode = mode_of(params.text("mode"));
    d->format = fp8::find_format(params.text("format"));
    d->text = params.text("value") == "π" ? "pi" : params.text("value");
    d->saturate = params.flag("saturate");
    d->window = params.real("window");
    DG_ASSIGN(d->x, parse_value(*d->format, params.text("value")));
    for (const FormatInfo& format : fp8::formats()) {
        d->limits.push_back(fp8::limits(format));
        d->in.push_back(write(format, d->x, d->saturate));
    }
    if (d->text.starts_with("0x")) d->in[d->chosen()].code = *read_number<std::uint32_t>(std::string_view(d->text).substr(2), 16);
    const std::vector<std::string> pieces = next_token::split_list(params.text("values"));
    if (pieces.size() > kMostThrown) return Error{"floats_values", {{"count", fmt::format("{}", pieces.size())}, {"most", fmt::format("{}", kMostThrown)}}, ""};
    for (std::string piece : pieces) {
        std::erase(piece, ' ');
        DG_ASSIGN(const double x, parse_value(*d->format, piece));
        Thrown t{.text = piece, .x = x, .in = {}};
        for (const FormatInfo& format : fp8::formats()) t.in.push_back(write(format, x, d->saturate));
        d->thrown.push_back(std::move(t));
    }
    return std::shared_ptr<const SceneData>(std::move(d));
}

using Observations = std::vector<Observation>;

void add(Observations& out, std::string name, double value, std::string_view index = "") {
    out.push_back({std::move(name), std::string(index), value});
}

void observe_limits(const Data& d, Observations& out) {
    const auto column = [&](const char* name, auto value) {
        for (std::size_t i = 0; i < d.limits.size(); ++i) add(out, name, static_cast<double>(value(d.limits[i])), fp8::formats()[i].id);
    };
    column("max", [](const fp8::Limits& l) { return l.max; });
    column("min_normal", [](const fp8::Limits& l) { return l.min_normal; });
    column("min_subnormal", [](const fp8::Limits& l) { return l.min_subnormal; });
    column("epsilon", [](const fp8::Limits& l) { return l.epsilon; });
    column("overflow_from", [](const fp8::Limits& l) { return l.overflow_from; });
    column("values", [](const fp8::Limits& l) { return l.values; });
    column("nan_codes", [](const fp8::Limits& l) { return l.nan_codes; });
    column("infinite_codes", [](const fp8::Limits& l) { return l.infinite_codes; });
    for (std::size_t i = 0; i < d.limits.size(); ++i) add(out, "unreserved_max", fp8::unreserved_value(fp8::formats()[i], fp8::formats()[i].sign_bit() - 1), fp8::formats()[i].id);
    for (std::size_t i = 0; i < d.limits.size(); ++i) {
        // the largest number if the whole top exponent were kept for infinity and NaN
        const FormatInfo& f = fp8::formats()[i];
        const std::uint32_t top = ((1U << static_cast<unsigned>(f.exponent_bits)) - 1U) << static_cast<unsigned>(f.mantissa_bits);
        add(out, "ieee_max", fp8::unreserved_value(f, top - 1), f.id);
    }
}

Observations observe(const SceneData& base) {
    const auto& d = static_cast<const Data&>(base);
    Observations out;
    add(out, "x", d.x);
    for (std::size_t i = 0; i < d.in.size(); ++i) {
        const FormatInfo& f = fp8::formats()[i];
        add(out, "rounded", d.in[i].value, f.id);
        add(out, "code", d.in[i].code, f.id);
        add(out, "error", std::abs(d.in[i].value - d.x), f.id);
        add(out, "relative_error", d.in[i].relative, f.id);
        add(out, "spacing", std::isnan(d.x) ? std::nan("") : fp8::spacing(f, d.x), f.id);
        const fp8::Bracket around = fp8::bracket(f, std::isnan(d.x) ? 0 : d.x);
        add(out, "below", fp8::decode(f, around.below), f.id);
        add(out, "above", fp8::decode(f, around.above), f.id);
    }
    observe_limits(d, out);
    for (const Thrown& t : d.thrown) {
        for (std::size_t i = 0; i < t.in.size(); ++i) add(out, fmt::format("thrown_{}", fp8::formats()[i].id), t.in[i].value, t.text);
    }
    for (std::size_t i = 0; i < d.in.size(); ++i) {
        double over = 0, under = 0;
        for (const Thrown& t : d.thrown) over += t.in[i].overflow, under += t.in[i].underflow;
        add(out, "overflows", over, fp8::formats()[i].id);
        add(out, "underflows", under, fp8::formats()[i].id);
    }
    return out;
}

/// The value of a code as the parameter takes it.
std::string written_value(const FormatInfo& f, std::uint32_t code) {
    const double value = fp8::decode(f, code);
    if (std::isnan(value)) return fmt::format("0x{:x}", code);
    return fmt::format("{}", value);
}

/// "flip 3": the same code with bit 3 turned over. "format bf16": the same number elsewhere.
std::map<std::string, std::string> act(const SceneData& base, const Params& params, std::string_view action) {
    const auto& d = static_cast<const Data&>(base);
    std::map<std::string, std::string> set = params.written();
    if (action.starts_with("flip ")) {
        const auto bit = read_number<unsigned>(action.substr(5));
        if (bit && *bit < static_cast<unsigned>(d.format->bits())) set["value"] = written_value(*d.format, d.now().code ^ 1U << *bit);
    }
    if (action.starts_with("format ")) {
        set["format"] = std::string(action.substr(7));
        if (d.text.starts_with("0x")) set["value"] = fmt::format("{}", d.x);
    }
    return set;
}

PageText words(const Data& d, const View& view) {
    const Written& w = d.now();
    const bool told = view.revealed;
    TextArgs args = {{"x", rich_escape(shown_text(d))}, {"format", std::string(d.format->name)}, {"value", float_bits::value_text(w.value)}, {"error", error_text(w)}};
    const fp8::FormatInfo &e4 = *fp8::find_format("e4m3"), &e5 = *fp8::find_format("e5m2");
    std::string key = "floats.title.table";
    if (d.mode == Mode::kBits) {
        const bool exact = w.relative == 0 || d.x == 0;
        key = !told ? "floats.title.bits.covered" : w.overflow ? "floats.title.bits.over" : w.underflow ? "floats.title.bits.under" : std::isnan(w.value) ? "floats.title.bits.nan" : exact ? "floats.title.bits.exact" : "floats.title.bits";
    }
    if (d.mode == Mode::kEnds) key = told ? "floats.title.ends" : "floats.title.ends.covered";
    if (d.mode == Mode::kSpacing) {
        key = told && std::isfinite(d.x) ? "floats.title.spacing" : "floats.title.spacing.covered";
        if (std::isfinite(d.x)) {
            args.emplace_back("e4m3", float_bits::power_text(fp8::spacing(e4, d.x)));
            args.emplace_back("e5m2", float_bits::power_text(fp8::spacing(e5, d.x)));
        }
    }
    if (d.mode == Mode::kTable && !told) key = "floats.title.table.covered";
    const Lang second = view.lang == Lang::kZh ? Lang::kEn : Lang::kZh;
    PageText page{.title = tr(view.lang, key, args), .subtitle = tr(second, key, args)};
    page.badge = {.detail = tr(view.lang, "floats.badge")};
    const char* notes[] = {"floats.note.bits", "floats.note.table", "floats.note.ends", "floats.note.spacing"};
    page.notes = {tr(view.lang, notes[static_cast<int>(d.mode)])};
    return page;
}

void draw(Canvas& canvas, const SceneData& base, const Params&, const View& view) {
    const auto& d = static_cast<const Data&>(base);
    const Rect area = draw_frame(canvas, view, words(d, view));
    const Theme t = float_bits::fitted(view, canvas.page());
    switch (d.mode) {
        case Mode::kBits: return draw_bits_page(canvas, d, view, t, area);
        case Mode::kTable: return draw_table_page(canvas, d, view, t, area);
        case Mode::kEnds: return draw_ends_page(canvas, d, view, t, area);
        case Mode::kSpacing: return draw_spacing_page(canvas, d, view, t, area);
    }
}

}  // namespace
}  // namespace floats

Scene floats_scene() {
    return {.id = "floats",
            .chapter = "fp8",
            .source = "engine/fp8/format.h",
            .params = floats::specs(),
            .stages = {{"value", 0.8}, {"round", 0.8}, {"read", 1.6}},
            .compute = &floats::compute,
            .draw = &floats::draw,
            .observe = &floats::observe,
            .act = &floats::act};
}

}  // namespace dg::viz
