// Scene train: description, reading records, observables.
#include "viz/scenes/train.h"

#include "engine/io/files.h"
#include "engine/tokenizer/tokenizer.h"
#include "sim/record_file.h"
#include "viz/scenes/clock.h"
#include "viz/scenes/float_bits.h"
#include "viz/scenes/next_token.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

namespace dg::viz {
namespace train {

double done(const View& view, Stage stage) { return view.stage > stage ? 1 : view.stage < stage ? 0 : ease(view.u); }

std::vector<double> smoothed(const std::vector<double>& values, std::size_t window) {
    std::vector<double> out;
    for (std::size_t i = 0; i < values.size(); ++i) {
        // no longer than half of what there is: the steep beginning is not smeared out
        const std::size_t first = i + 1 - std::min(window, i / 2 + 1);
        double sum = 0;
        for (std::size_t k = first; k <= i; ++k) sum += values[k];
        out.push_back(sum / static_cast<double>(i + 1 - first));
    }
    return out;
}

namespace {

namespace fs = std::filesystem;

std::vector<ParamSpec> specs() {
    return {model_param(),
            {.id = "mode", .type = ParamType::kChoice, .default_value = "run", .choices = {"run", "numerics"}},
            {.id = "window", .type = ParamType::kInt, .default_value = "20", .min = 1, .max = 1000}};
}

/// A comma-separated table of numbers under a header; empty cells are NaN. Lines that begin with # are notes.
struct Table {
    std::vector<std::string> columns, notes;
    std::vector<std::vector<double>> rows;

    [[nodiscard]] std::optional<std::size_t> column(std::string_view name) const {
        const auto found = std::ranges::find(columns, name);
        return found == columns.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - columns.begin()));
    }

    [[nodiscard]] std::vector<double> values(std::string_view name) const {
        std::vector<double> out;
        const auto at = column(name);
        for (const auto& row : rows) out.push_back(at ? row[*at] : std::nan(""));
        return out;
    }
};

std::vector<std::string> split(std::string_view line) {
    std::vector<std::string> cells;
    for (std::size_t begin = 0; begin <= line.size();) {
        const std::size_t end = std::min(line.find(',', begin), line.size());
        cells.emplace_back(line.substr(begin, end - begin));
        begin = end + 1;
    }
    return cells;
}

Result<Table> read_table(const fs::path& path) {
    DG_ASSIGN(const std::string text, read_file(path));
    Table table;
    int number = 0;
    const auto bad = [&] { return Error{"train_curves", {{"path", path.string()}, {"line", fmt::format("{}", number)}}, ""}; };
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        std::string_view line = std::string_view(text).substr(begin, end - begin);
        begin = end + 1, ++number;
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) continue;
        if (line.starts_with('#')) {
            table.notes.emplace_back(line.substr(1));
            continue;
        }
        const std::vector<std::string> cells = split(line);
        if (table.columns.empty()) {
            table.columns = cells;
            continue;
        }
        if (cells.size() != table.columns.size()) return bad();
        std::vector<double> row;
        for (const std::string& cell : cells) {
            double value = std::nan("");
            const auto read = std::from_chars(cell.data(), cell.data() + cell.size(), value);
            if (!cell.empty() && (read.ec != std::errc{} || read.ptr != cell.data() + cell.size())) return bad();
            row.push_back(value);
        }
        table.rows.push_back(std::move(row));
    }
    if (table.rows.empty() || !table.column("step")) return bad();
    return table;
}

/// Domains, seed and corpus of the model's card; a card without them leaves them out.
void read_card(Data& d) {
    const nlohmann::json card = nlohmann::json::parse(d.model->card_json, nullptr, false);
    if (!card.is_object()) return;
    if (const auto seed = card.find("seed"); seed != card.end() && seed->is_number()) d.seed = seed->dump();
    const auto domains = card.find("domains");
    if (domains == card.end() || !domains->is_array()) return;
    for (const auto& row : *domains) {
        if (!row.is_object() || !row.contains("domain") || !row["domain"].is_string()) continue;
        const auto number_of = [&](const char* key) { return row.contains(key) && row[key].is_number() ? row[key].get<double>() : std::nan(""); };
        d.domains.push_back({row["domain"].get<std::string>(), number_of("model_nats_per_document"), number_of("entropy_nats_per_document")});
    }
    std::ranges::stable_sort(d.domains, std::ranges::greater{}, &DomainLoss::model);
}

Result<void> read_run(Data& d, Session& session, const Params& params) {
    DG_ASSIGN(d.model, session.model(params.text("model")));
    const fs::path shipped = session.assets() / "models" / params.text("model"), folder = fs::exists(shipped) ? shipped : fs::path(params.text("model"));
    if (!fs::exists(folder / "curves.csv")) return Error{"train_no_curves", {{"model", printable(params.text("model"))}}, ""};
    DG_ASSIGN(d.curves, read_curves(folder / "curves.csv"));
    read_card(d);
    return {};
}

/// What the picture says of where the numbers come from: the command of record files, else the notes of the first.
void take_recipe(Data& d, const std::string& text, const std::vector<std::string>& notes, int& seed) {
    const auto recipe = sim::read_recipe_line(text);
    if (recipe && recipe->set.contains("seed")) {
        const std::string& written = recipe->set.at("seed");
        std::from_chars(written.data(), written.data() + written.size(), seed);
        d.recipe = d.recipe.empty() ? recipe->command : d.recipe + ", " + written;
    } else if (d.recipe.empty()) {
        d.recipe = fmt::format("{}", fmt::join(notes, " "));
    }
}

/// One run per format and seed out of a table with the columns step, seed and one loss per format.
void take_runs(Data& d, const Table& table, double unnamed_seed) {
    const std::vector<double> seeds = table.column("seed") ? table.values("seed") : std::vector<double>(table.rows.size(), unnamed_seed), steps = table.values("step");
    for (const double seed : std::set<double>(seeds.begin(), seeds.end())) {
        for (std::string column : table.columns) {
            if (column == "step" || column == "seed" || column == "tokens" || column == "lr") continue;
            FormatRun run{.numerics = column.starts_with("loss_") ? column.substr(5) : column, .seed = static_cast<int>(seed), .hash = {}, .curves = {}};
            const std::vector<double> losses = table.values(column);
            for (std::size_t i = 0; i < steps.size(); ++i) {
                if (seeds[i] != seed) continue;
                run.curves.step.push_back(steps[i]), run.curves.loss.push_back(losses[i]);
            }
            d.runs.push_back(std::move(run));
        }
    }
}

/// Gap of every format to f32 of the same seed, over the seeds.
void measure_gaps(Data& d) {
    std::vector<std::string> names;
    for (const FormatRun& run : d.runs) {
        if (run.numerics != "f32" && std::ranges::find(names, run.numerics) == names.end()) names.push_back(run.numerics);
    }
    for (const std::string& name : names) {
        FormatGap gap{.numerics = name, .step = {}, .mean = {}, .low = {}, .high = {}, .ends = {}};
        std::vector<double>& ends = gap.ends;
        for (const FormatRun& run : d.runs) {
            const auto base = std::ranges::find_if(d.runs, [&](const FormatRun& r) { return r.numerics == "f32" && r.seed == run.seed; });
            if (run.numerics != name || base == d.runs.end() || base->curves.size() != run.curves.size()) continue;
            const std::vector<double> mine = smoothed(run.curves.loss, d.window), theirs = smoothed(base->curves.loss, d.window);
            const std::size_t n = mine.size();
            if (gap.seeds++ == 0) gap.step = run.curves.step, gap.mean.assign(n, 0), gap.low.assign(n, INFINITY), gap.high.assign(n, -INFINITY);
            double end = 0, end_base = 0;
            for (std::size_t i = 0; i < std::min(n, gap.mean.size()); ++i) {
                const double relative = (mine[i] - theirs[i]) / theirs[i];
                gap.mean[i] += relative, gap.low[i] = std::min(gap.low[i], relative), gap.high[i] = std::max(gap.high[i], relative);
                if (i >= n - n / 4) end += run.curves.loss[i], end_base += base->curves.loss[i];
            }
            ends.push_back(end_base > 0 ? end / end_base - 1 : std::nan(""));
        }
        if (gap.seeds == 0) continue;
        for (double& v : gap.mean) v /= gap.seeds;
        for (const double e : ends) gap.end += e / gap.seeds;
        gap.end_low = *std::ranges::min_element(ends), gap.end_high = *std::ranges::max_element(ends);
        d.gaps.push_back(std::move(gap));
    }
}

/// All tables fp8-training*.csv of assets/records, in the order of their names: one per seed, or with a column seed.
Result<void> read_comparison(Data& d, Session& session) {
    const fs::path folder = session.assets() / "records";
    std::vector<fs::path> files;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(folder, none)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("fp8-training") && name.ends_with(".csv")) files.push_back(entry.path());
    }
    if (files.empty()) return Error{"train_no_records", {{"folder", folder.string()}}, ""};
    std::ranges::sort(files);
    for (std::size_t i = 0; i < files.size(); ++i) {
        DG_ASSIGN(const std::string bytes, read_file(files[i]));
        DG_ASSIGN(const Table table, read_table(files[i]));
        int seed = static_cast<int>(i + 1);
        take_recipe(d, bytes, table.notes, seed);
        d.records_hash = hash_hex(d.records_hash + bytes);
        take_runs(d, table, seed);
    }
    measure_gaps(d);
    return {};
}

Result<std::shared_ptr<const SceneData>> compute(Session& session, const Params& params, const Progress&) {
    auto d = std::make_shared<Data>();
    d->mode = params.text("mode") == "run" ? Mode::kRun : Mode::kNumerics;
    d->window = static_cast<std::size_t>(params.integer("window"));
    if (d->mode == Mode::kRun) DG_TRY(read_run(*d, session, params));
    if (d->mode == Mode::kNumerics) DG_TRY(read_comparison(*d, session));
    return std::shared_ptr<const SceneData>(std::move(d));
}

using Observations = std::vector<Observation>;

void add(Observations& out, std::string name, double value, std::string index = "", Kind kind = Kind::kComputed) {
    out.push_back({std::move(name), std::move(index), value, kind});
}

void observe_run(const Data& d, Observations& out) {
    const std::vector<double> smooth = smoothed(d.curves.loss, d.window);
    add(out, "steps", d.curves.step.back());
    add(out, "tokens", d.curves.tokens.back());
    add(out, "loss_first", d.curves.loss.front());
    add(out, "loss_end", smooth.back());
    add(out, "lr_max", *std::ranges::max_element(d.curves.lr));
    add(out, "lr_end", d.curves.lr.back());
    add(out, "grad_norm_end", smoothed(d.curves.grad_norm, d.window).back());
    for (const DomainLoss& domain : d.domains) add(out, "domain_nats", domain.model, domain.name), add(out, "domain_entropy", domain.entropy, domain.name);
}

Observations observe(const SceneData& base) {
    const auto& d = static_cast<const Data&>(base);
    Observations out;
    if (d.mode == Mode::kRun && d.curves.size() > 0) observe_run(d, out);
    for (const FormatGap& gap : d.gaps) {
        add(out, "gap", gap.end, gap.numerics);
        add(out, "gap_low", gap.end_low, gap.numerics);
        add(out, "gap_high", gap.end_high, gap.numerics);
        add(out, "gap_size", std::max(std::abs(gap.end_low), std::abs(gap.end_high)), gap.numerics);
        add(out, "seeds", gap.seeds, gap.numerics);
    }
    if (d.mode == Mode::kNumerics) add(out, "published_gap", 0.0025, "", Kind::kPublished);
    return out;
}

std::string title_of(const Data& d, const View& view, Lang lang) {
    if (d.mode == Mode::kRun) {
        const double end = smoothed(d.curves.loss, d.window).back();
        return tr(lang, view.revealed ? "train.title.run" : "train.title.run.covered", {{"model", d.model ? next_token::display_name(*d.model) : ""}, {"first", fixed(d.curves.loss.front(), 2)}, {"end", fixed(end, 2)}, {"tokens", short_count(d.curves.tokens.back())}});
    }
    const auto gap = std::ranges::find(d.gaps, "fp8", &FormatGap::numerics);
    if (!view.revealed || gap == d.gaps.end()) return tr(lang, "train.title.numerics.covered");
    return tr(lang, "train.title.numerics", {{"gap", fixed(gap->end * 100, 2) + "%"}, {"seeds", fmt::format("{}", gap->seeds)}});
}

PageText words(const Data& d, const View& view) {
    PageText page{.title = title_of(d, view, view.lang), .subtitle = title_of(d, view, view.lang == Lang::kZh ? Lang::kEn : Lang::kZh)};
    const std::string name = d.mode == Mode::kRun ? (d.model ? next_token::display_name(*d.model) : "") : tr(view.lang, "train.records");
    page.badge = {.detail = badge_detail(view.lang, name, d.mode == Mode::kRun ? d.model_hash() : d.records_hash, d.seed)};
    const std::size_t every = d.curves.size() > 1 ? static_cast<std::size_t>(d.curves.step[1] - d.curves.step[0]) : 1;
    if (d.mode == Mode::kRun) page.notes = {tr(view.lang, "train.note.run", {{"every", fmt::format("{}", every)}, {"steps", fmt::format("{}", every * d.window)}})};
    else page.notes = {tr(view.lang, "train.note.numerics", {{"end", percent(kStripEnd, 0)}, {"window", fmt::format("{}", d.window)}, {"recipe", d.recipe}})};
    return page;
}

void draw(Canvas& canvas, const SceneData& base, const Params&, const View& view) {
    const auto& d = static_cast<const Data&>(base);
    const Rect area = draw_frame(canvas, view, words(d, view));
    const Theme t = float_bits::fitted(view, canvas.page());
    if (d.mode == Mode::kRun) return draw_run_page(canvas, d, view, t, area);
    draw_numerics_page(canvas, d, view, t, area);
}

}  // namespace

Result<Curves> read_curves(const std::filesystem::path& path) {
    DG_ASSIGN(const Table table, read_table(path));
    return Curves{.step = table.values("step"), .tokens = table.values("tokens"), .loss = table.values("loss"), .loss_mtp = table.values("loss_mtp"),
                  .lr = table.values("lr"), .grad_norm = table.values("grad_norm"), .max_vio = table.values("max_vio")};
}

}  // namespace train

Scene train_scene() {
    return {.id = "train",
            .chapter = "training",
            .source = "engine/train/trainer.cpp",
            .params = train::specs(),
            .stages = {{"loss", 1.6}, {"rest", 0.8}, {"compare", 0.8}},
            .compute = &train::compute,
            .draw = &train::draw,
            .observe = &train::observe};
}

}  // namespace dg::viz
