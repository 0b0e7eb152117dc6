// Scene grpo: recorded and live runs, their curves.
#include "viz/scenes/grpo.h"

#include "engine/io/files.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <mutex>

namespace dg::viz::grpo {
namespace {

/// Trailing mean; values that are NaN (no such step was written) do not count.
std::vector<PlotPoint> trailing(const std::vector<PlotPoint>& raw) {
    std::vector<PlotPoint> out;
    for (std::size_t i = 0; i < raw.size(); ++i) {
        double sum = 0, count = 0;
        for (std::size_t k = i + 1 - std::min(kWindow, i + 1); k <= i; ++k) {
            if (std::isfinite(raw[k].y)) sum += raw[k].y, count += 1;
        }
        out.push_back({raw[i].x, count > 0 ? sum / count : std::nan("")});
    }
    return out;
}

template <class Value>
Curve curve_of(const sim::GrpoRun& run, Value value) {
    Curve c;
    for (const sim::GrpoStats& s : run.steps) c.raw.push_back({static_cast<double>(s.step), static_cast<double>(value(s))});
    c.smooth = trailing(c.raw);
    return c;
}

/// The last finished live run, so that looking at another of its steps does not train again. A memo: what it gives back is
/// what training again would give, bit for bit.
struct Kept {
    std::mutex mutex;
    std::map<std::string, std::string> params;
    std::shared_ptr<const Run> run;
};

Kept& kept() {
    static Kept one;
    return one;
}

sim::Skill skill_of(const nlohmann::json& j) {
    sim::Skill s;
    s.responses = j.at("responses").get<std::int64_t>();
    s.accuracy = j.at("accuracy").get<double>(), s.format = j.at("format").get<double>();
    s.mean_length = j.at("mean_length").get<double>(), s.waits = j.at("waits").get<double>();
    const auto& steps = j.at("steps");
    s.steps = {steps.at(0).get<std::int64_t>(), steps.at(1).get<std::int64_t>(), steps.at(2).get<std::int64_t>(), steps.at(3).get<std::int64_t>(), steps.at(4).get<std::int64_t>()};
    return s;
}

SeedRun seed_run(const nlohmann::json& j) {
    SeedRun s{.model = j.at("model").get<std::string>(), .pen = j.at("pen").get<double>(), .seed = j.at("seed").get<std::int64_t>(),
              .before = skill_of(j.at("before")), .after = skill_of(j.at("after")), .seconds = j.at("seconds").get<double>(), .accuracy = {}, .length = {}};
    std::vector<PlotPoint> accuracy, length;
    for (const auto& [key, to] : {std::pair("accuracy", &accuracy), std::pair("length", &length)}) {
        double step = 0;
        for (const auto& v : j.at(key)) to->push_back({step++, v.get<double>()});
    }
    s.accuracy = trailing(accuracy), s.length = trailing(length);
    return s;
}

}  // namespace

Run make_run(std::string id, sim::GrpoRun run, bool whole) {
    Run r{.id = std::move(id), .run = std::move(run), .whole = whole};
    r.accuracy = curve_of(r.run, [](const auto& s) { return s.skill.accuracy; });
    r.length = curve_of(r.run, [](const auto& s) { return s.skill.mean_length; });
    r.reward = curve_of(r.run, [](const auto& s) { return s.reward; });
    r.format = curve_of(r.run, [](const auto& s) { return s.skill.format; });
    r.entropy = curve_of(r.run, [](const auto& s) { return s.entropy; });
    r.kl = curve_of(r.run, [](const auto& s) { return s.kl; });
    r.wait_wrong = curve_of(r.run, [](const auto& s) { return s.skill.wait_given_wrong(); });
    r.wait_right = curve_of(r.run, [](const auto& s) { return s.skill.wait_given_right(); });
    r.dropped = curve_of(r.run, [](const auto& s) { return s.dropped; });
    return r;
}

double greatest(const Curve& c) {
    double most = 0;
    for (const PlotPoint& p : c.raw) most = std::isfinite(p.y) ? std::max(most, p.y) : most;
    return most > 0 ? most : 1;
}

Result<std::shared_ptr<const Run>> recorded_run(const Session& session, const std::string& id) {
    DG_ASSIGN(sim::GrpoRun run, sim::read_grpo_run(session.assets() / "runs" / "grpo" / (id + ".json")));
    return std::make_shared<const Run>(make_run(id, std::move(run), true));
}

Result<std::shared_ptr<const Run>> live_run(const sim::Params& params, const Progress& progress, const std::function<void(std::shared_ptr<const Run>)>& publish) {
    {
        const std::scoped_lock lock(kept().mutex);
        if (kept().run && kept().params == params.written()) return kept().run;
    }
    auto last = std::chrono::steady_clock::time_point{};
    DG_ASSIGN(sim::GrpoRun run, sim::run_grpo(params, progress.report, [&](const sim::GrpoRun& part) {
        const auto now = std::chrono::steady_clock::now();
        if (!progress.publish || now - last < std::chrono::milliseconds(33)) return;
        last = now;
        publish(std::make_shared<const Run>(make_run("live", part, false)));
    }));
    auto whole = std::make_shared<const Run>(make_run("live", std::move(run), true));
    const std::scoped_lock lock(kept().mutex);
    kept().params = params.written(), kept().run = whole;
    return whole;
}

Result<std::vector<SeedRun>> read_seeds(const Session& session) {
    const std::filesystem::path file = session.assets() / "runs" / "grpo" / "seeds.json";
    DG_ASSIGN(const std::string text, read_file(file));
    try {
        std::vector<SeedRun> out;
        const nlohmann::json all = nlohmann::json::parse(text);
        for (const auto& j : all.at("runs")) out.push_back(seed_run(j));
        return out;
    } catch (const nlohmann::json::exception& e) {
        return Error{"grpo_record", {{"reason", printable(e.what())}}, file.filename().string()};
    }
}

std::int64_t halfway(const Run& run) {
    // the last row is measured only: the table of the one before it shows an update
    const std::int64_t last = std::max<std::int64_t>(0, run.steps() - 1);
    if (run.run.after.accuracy - run.run.before.accuracy < 0.2) return last;
    const double goal = (run.run.before.accuracy + run.run.after.accuracy) / 2;
    const auto place = std::ranges::find_if(run.accuracy.smooth, [&](const PlotPoint& p) { return p.y >= goal; });
    return std::min<std::int64_t>(last, place - run.accuracy.smooth.begin());
}

std::int64_t step_at(const Data& d, const Run& run, const View& view) {
    const std::int64_t last = std::max<std::int64_t>(0, run.steps());
    if (view.hover && view.hover->tensor == kSteps && view.hover->at.size() == 1) return std::clamp<std::int64_t>(view.hover->at[0], 0, last);
    const std::int64_t wanted = d.at >= 0 ? std::min(d.at, last) : run.whole ? halfway(run) : last;
    if (view.stage > kRun || !run.whole) return wanted;
    return static_cast<std::int64_t>(std::llround(static_cast<double>(wanted) * view.u));
}

}  // namespace dg::viz::grpo
