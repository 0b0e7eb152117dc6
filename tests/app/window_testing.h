// A scene for the tests of the window: the attention of one head of the shipped model, with a parameter of every type.
#pragma once

#include "app/window/headless.h"
#include "viz/scenes/widgets.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace dg::app::testing {

struct ProbeData final : viz::SceneData {
    std::shared_ptr<const viz::Trace> recorded;
    std::string tensor;
    std::int64_t head = 0;

    [[nodiscard]] const viz::Trace* trace() const override { return recorded.get(); }
};

inline std::atomic<int>& probe_computations() {
    static std::atomic<int> count{0};
    return count;
}

inline Result<std::shared_ptr<const viz::SceneData>> compute_probe(viz::Session& session, const viz::Params& params, const viz::Progress& progress) {
    ++probe_computations();
    if (params.text("mode") == "broken") DG_CHECK(params.text("mode") == "plain");
    for (std::int64_t waited = 0; waited < params.integer("delay"); waited += 5) {
        if (!progress.report(static_cast<double>(waited) / static_cast<double>(params.integer("delay")))) return Error{"cancelled", {}, ""};
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    auto data = std::make_shared<ProbeData>();
    DG_ASSIGN(data->recorded, session.trace(params.text("model"), params.text("prompt")));
    data->tensor = fmt::format("layers.{}.attn.probs", params.integer("layer"));
    data->head = params.integer("head");
    return std::shared_ptr<const viz::SceneData>(std::move(data));
}

inline std::atomic<int>& probe_drawings() {
    static std::atomic<int> count{0};
    return count;
}

inline void draw_probe(viz::Canvas& canvas, const viz::SceneData& scene_data, const viz::Params& params, const viz::View& view) {
    ++probe_drawings();
    const auto& data = dynamic_cast<const ProbeData&>(scene_data);
    if (params.text("mode") == "throws") DG_CHECK(params.text("mode") == "plain");
    const viz::Theme& t = viz::theme(view.theme);
    const viz::Rect area = viz::draw_frame(canvas, view, {.title = "<q>probe</q> " + viz::rich_escape(params.text("prompt"))});
    const Tensor<float>& probs = data.recorded->tape.value(data.recorded->tape.find(data.tensor));
    const std::int64_t n = probs.dim(-1);
    const float side = std::min(area.w, area.h - 60) / static_cast<float>(n);
    for (std::int64_t row = 0; row < n; ++row) {
        for (std::int64_t col = 0; col <= row; ++col) {
            const Index at = {0, data.head, row, col};
            const viz::Rect cell = {area.x + side * static_cast<float>(col), area.y + side * static_cast<float>(row), side, side};
            const double value = static_cast<double>(probs[probs.offset(at)]);
            canvas.fill_rect(cell.inset(1), view.revealed ? t.sequential_at(value) : t.track, 2);
            const viz::CellRef ref{data.tensor, at};
            if (view.hover == ref || view.selection == ref) viz::draw_ring(canvas, t, cell.inset(2), 3);
            canvas.region({cell, ref, "", ""});
        }
    }
    const viz::Rect button = {area.right() - 160, area.bottom() - 48, 160, 44};
    viz::draw_chip(canvas, t, button, "roll", {.role = {t.border, t.ink}});
    canvas.region({button, std::nullopt, "roll", "seed + 1"});
    canvas.text({area.right() - 400, area.bottom() - 18}, fmt::format("stage {} u {:.2f}", view.stage, view.u), {.size = 18, .color = t.ink3});
}

inline std::vector<viz::Observation> observe_probe(const viz::SceneData& scene_data) {
    const auto& data = dynamic_cast<const ProbeData&>(scene_data);
    const Tensor<float>& probs = data.recorded->tape.value(data.recorded->tape.find(data.tensor));
    std::vector<viz::Observation> out;
    const std::int64_t n = probs.dim(-1);
    double sum = 0;
    for (std::int64_t col = 0; col < n; ++col) sum += static_cast<double>(probs[probs.offset({0, data.head, n - 1, col})]);
    out.push_back({"sum", "", sum});
    out.push_back({"n", "", static_cast<double>(n)});
    return out;
}

inline std::map<std::string, std::string> act_probe(const viz::SceneData&, const viz::Params& params, std::string_view action) {
    if (action == "roll") return {{"seed", std::to_string(params.integer("seed") + 1)}};
    return {};
}

inline std::vector<viz::Scene> probe_scenes() {
    using viz::ParamType;
    viz::Scene probe{.id = "probe", .chapter = "tests",
                     .params = {viz::model_param(), viz::prompt_param("湖南大学在长沙。"), viz::layer_param(1), viz::head_param(0), viz::position_param(), viz::seed_param(),
                                {.id = "gain", .type = ParamType::kReal, .default_value = "0.5", .min = 0, .max = 2},
                                {.id = "mode", .type = ParamType::kChoice, .default_value = "plain", .choices = {"plain", "broken", "throws"}},
                                {.id = "loud", .type = ParamType::kBool, .default_value = "false"},
                                {.id = "delay", .type = ParamType::kInt, .default_value = "0", .min = 0, .max = 100000}},
                     .stages = {{.id = "scores"}, {.id = "softmax"}, {.id = "mix"}},
                     .compute = &compute_probe, .draw = &draw_probe, .observe = &observe_probe, .act = &act_probe};
    return {probe};
}

/// A shell on the probe scene, without a window.
struct Bench {
    explicit Bench(int width = 1280, int height = 720, viz::Lang lang = viz::Lang::kEn)
        : scenes(probe_scenes()), stage({.scenes = scenes, .session = &session, .lang = lang}, width, height) {}

    /// Runs a script; a failure is a test failure with the script's own words.
    void run(const std::string& script) {
        const Result<std::vector<ScriptLine>> lines = parse_script(script, "script");
        ASSERT_TRUE(lines) << lines.error().plain();
        const Result<void> done = run_script(lines.value(), "script", stage);
        EXPECT_TRUE(done) << done.error().plain();
    }

    void open(const Settings& set = {}) {
        const Result<void> opened = stage.shell().open_scene("probe", set);
        ASSERT_TRUE(opened) << opened.error().plain();
        run("wait idle");
    }

    [[nodiscard]] std::string value(const std::string& name) { return state_value(stage, name).value_or("?"); }

    viz::Session session;
    std::vector<viz::Scene> scenes;
    HeadlessStage stage;
};

}  // namespace dg::app::testing
