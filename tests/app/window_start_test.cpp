#include "window_testing.h"

#include "app/window/export_panel.h"
#include "app/window/inspector_panel.h"
#include "app/window/living_model.h"
#include "app/window/recent.h"
#include "app/window/start_page.h"
#include "engine/base/mathfn.h"
#include "engine/io/files.h"
#include "viz/export/recipe.h"
#include "viz/inspector/op_lines.h"
#include "viz/scenes/numbers.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <set>
#include <sstream>

namespace dg::app {
namespace {

using testing::Bench;

TEST(LivingModel, ShowsTheNumbersOfTheRecordedRun) {
    viz::Session session;
    const auto trace = session.trace("mini", "湖南大学在长沙，湘江边上。");
    ASSERT_TRUE(trace) << trace.error().plain();
    const viz::Trace& t = **trace;
    const Result<LivingStep> step = living_step(*t.model, t.batch.ids);
    ASSERT_TRUE(step) << step.error().plain();
    const auto length = static_cast<std::int64_t>(t.batch.ids.size());
    ASSERT_GT(length, kLivingWindow);
    const std::int64_t shown = kLivingWindow, first = length - shown;
    ASSERT_EQ(step->labels.size(), static_cast<std::size_t>(shown));

    const Tensor<float>& probs = t.tape.value(t.tape.find(fmt::format("layers.{}.attn.probs", step->layer)));
    for (std::int64_t row = 0; row < shown; ++row) {
        for (std::int64_t col = 0; col < shown; ++col) {
            const float drawn = step->attention.at(static_cast<std::size_t>(row * shown + col));
            EXPECT_EQ(drawn, col > row ? -1.0F : probs[probs.offset({0, step->head, first + row, first + col})]) << row << "," << col;
        }
    }
    const std::string gate = fmt::format("layers.{}.mlp.gate.", step->layer);
    const Tensor<float>& ids = t.tape.value(t.tape.find(gate + "topk_ids")), &weights = t.tape.value(t.tape.find(gate + "topk_weights"));
    const std::int64_t chosen = t.model->model.config.num_experts_per_tok;
    EXPECT_EQ(std::ranges::count_if(step->gates, [](float g) { return g > 0; }), chosen);
    for (std::int64_t k = 0; k < chosen; ++k)
        EXPECT_EQ(step->gates.at(static_cast<std::size_t>(ids[ids.offset({0, length - 1, k})])), weights[weights.offset({0, length - 1, k})]);

    // the bars are a softmax over the whole vocabulary
    const Tensor<float>& logits = t.tape.value(t.tape.find("logits"));
    const float* row = logits.data() + (length - 1) * logits.dim(-1);
    double sum = 0;
    for (std::int64_t i = 0; i < logits.dim(-1); ++i) sum += dg::exp(static_cast<double>(row[i]));
    ASSERT_EQ(step->top.size(), 3U);
    const std::int64_t best = std::max_element(row, row + logits.dim(-1)) - row;
    EXPECT_NEAR(step->top[0].p, dg::exp(static_cast<double>(row[best])) / sum, 1e-12);
    EXPECT_EQ(step->top[0].label, t.model->tokenizer.label(static_cast<std::int32_t>(best)));
    EXPECT_GE(step->top[0].p, step->top[1].p);
    std::int64_t parameters = 0;
    for (const WeightSpec& spec : weight_specs(t.model->model.config)) parameters += std::accumulate(spec.shape.begin(), spec.shape.end(), std::int64_t{1}, std::multiplies<>());
    EXPECT_EQ(step->parameters, parameters);
}

TEST(StartPage, TheModelWritesOneTokenAfterTheOtherAndRests) {
    Bench b;
    b.run("wait idle");
    const LivingModel& living = *b.stage.shell().start->living();
    ASSERT_TRUE(living.step().has_value());
    const std::vector<std::int32_t> begin = living.step()->ids;
    b.run("wait 2");
    ASSERT_EQ(living.step()->ids.size(), begin.size() + 1);
    EXPECT_TRUE(std::equal(begin.begin(), begin.end(), living.step()->ids.begin()));
    b.run("wait 60");
    EXPECT_TRUE(living.resting());
    EXPECT_LT(b.stage.shell().next_frame(), 0) << "a resting page asks for no frames";
    EXPECT_TRUE(living.step()->text.starts_with("Hunan University")) << living.step()->text;
}

TEST(StartPage, StandsStillUnderThePointerAndWithReducedMotion) {
    Bench b;
    b.run("wait idle\nhover @case\nwait 5");
    const LivingModel& living = *b.stage.shell().start->living();
    const std::size_t tokens = living.step()->ids.size();
    b.run("wait 5");
    EXPECT_EQ(living.step()->ids.size(), tokens);
    b.run("hover 5 5\nwait 3");
    EXPECT_GT(living.step()->ids.size(), tokens);
    Bench calm;
    calm.stage.shell().setup.reduced_motion = true;
    calm.run("wait idle\nwait 5");
    EXPECT_EQ(calm.stage.shell().start->living()->shown(), 1);
    EXPECT_EQ(calm.stage.shell().start->living()->step()->ids.size(), tokens);
}

TEST(StartPage, AMissingModelIsSaidInTheCase) {
    viz::Session session("/nonexistent");
    HeadlessStage stage({.scenes = {}, .session = &session}, 1280, 720);
    for (int i = 0; i < 3; ++i) stage.frames(0.02);
    const LivingModel* living = stage.shell().start->living();
    ASSERT_NE(living, nullptr);
    EXPECT_FALSE(living->step().has_value());
    EXPECT_TRUE(living->error().has_value());
    EXPECT_LT(living->next_frame(false), 0);
}

TEST(StartPage, RecentWorkLeadsBackToTheSamePicture) {
    Bench b;
    b.open({{"prompt", "岳麓山"}, {"head", "3"}});
    b.run("key home\nwait idle\nexpect page == start\nexpect-label @recent=0 probe\nclick @recent=0\nwait idle\nexpect page == lab\nexpect param.prompt == 岳麓山\nexpect param.head == 3");
}

TEST(RecentWork, KeepsTheLatestOfEachPromptAndSurvivesABrokenFile) {
    std::vector<RecentWork> all;
    for (int i = 0; i < 9; ++i) remember(all, {"s", {{"prompt", std::to_string(i)}}});
    EXPECT_EQ(all.size(), kRecentKept);
    EXPECT_EQ(all.front().set.at("prompt"), "8");
    remember(all, {"s", {{"prompt", "5"}, {"head", "1"}}});
    EXPECT_EQ(all.size(), kRecentKept);
    EXPECT_EQ(all.front().set.at("head"), "1");
    EXPECT_EQ(std::ranges::count_if(all, [](const RecentWork& w) { return w.set.at("prompt") == "5"; }), 1);

    const std::filesystem::path file = std::filesystem::path(::testing::TempDir()) / "recent.json";
    ASSERT_TRUE(save_recent(file, all));
    EXPECT_EQ(load_recent(file), all);
    ASSERT_TRUE(write_file(file, "[{\"scene\": 3}, {\"scene\":\"a\",\"set\":{\"prompt\":7}}, 5"));
    EXPECT_TRUE(load_recent(file).empty());
    ASSERT_TRUE(write_file(file, "[{\"scene\": 3}, {\"scene\":\"a\",\"set\":{\"prompt\":7}}, 5]"));
    EXPECT_EQ(load_recent(file), (std::vector<RecentWork>{{"a", {}}}));
    EXPECT_TRUE(load_recent(file.string() + ".missing").empty());
}

TEST(Inspector, PinsACellAndComparesAnotherWithIt) {
    Bench b;
    b.open();
    b.run("cell layers.1.attn.probs 0,0,4,1\nwait idle\nexpect-no-widget @pinned\nkey p\nexpect-no-widget @pinned\ncell layers.1.attn.probs 0,0,5,2\nwait idle\nexpect-widget @pinned");
    const InspectorPanel& panel = *b.stage.shell().inspector;
    ASSERT_TRUE(panel.pinned().has_value());
    const Tensor<float>& probs = b.stage.shell().lab.trace()->tape.value(b.stage.shell().lab.trace()->tape.find("layers.1.attn.probs"));
    const auto at = [&](std::int64_t t, std::int64_t u) { return static_cast<double>(probs[probs.offset({0, 0, t, u})]); };
    EXPECT_EQ(panel.pinned()->why.value, at(4, 1));
    b.run(fmt::format("expect-label @pinned {}", viz::number(at(5, 2) - at(4, 1), 4)));
    b.run(fmt::format("expect-label @pinned {}", viz::number(at(5, 2) / at(4, 1), 4)));
    b.run("click @pinned\nexpect inspector.depth == 2\nkey backspace\nexpect inspector.depth == 1\nkey escape\nexpect inspector ==");
    EXPECT_FALSE(panel.pinned().has_value());
}

TEST(Inspector, OneStepDeeperAddsUpToItsCell) {
    Bench b;
    b.open();
    b.run("cell layers.1.attn.probs 0,0,4,1\nwait idle\nexpect-widget @deeper");
    const std::optional<viz::Deeper>& deeper = b.stage.shell().inspector->deeper();
    ASSERT_TRUE(deeper.has_value());
    EXPECT_EQ(deeper->page.cell, (viz::CellRef{"layers.1.attn.scores", {0, 0, 4, 1}}));
    ASSERT_EQ(deeper->parts.size(), 2U) << "content and rotary";
    EXPECT_NEAR(deeper->parts[0].sum + deeper->parts[1].sum, deeper->page.total, 1e-9);
    EXPECT_EQ(deeper->parts[0].terms + deeper->parts[1].terms, 24U);
    b.run("click @deeper\nexpect inspector.depth == 2\nexpect inspector contains scores");
}

TEST(Inspector, NamesTheSourceLineOfEveryOpOnATape) {
    viz::Session session;
    const auto trace = session.trace("mini", "湖南大");
    ASSERT_TRUE(trace);
    std::set<std::string> seen;
    const Tape<float>& tape = (*trace)->tape;
    for (const std::string& name : tape.names()) {
        const Tensor<float>& value = tape.value(tape.find(name));
        if (value.size() == 0) continue;
        const Result<Explanation> why = tape.explain(name, Index(value.shape().size(), 0));
        ASSERT_TRUE(why) << name;
        if (why->op == "weight" || why->op == "input" || !seen.insert(why->op).second) continue;
        const std::string source = viz::op_source(why->op);
        ASSERT_FALSE(source.empty()) << why->op;
        // the line is that op's forward face
        const Result<std::string> text = read_file(std::filesystem::path(DEEPGLASS_SOURCE_DIR) / source.substr(0, source.find(':')));
        ASSERT_TRUE(text) << source;
        EXPECT_NE(text->find("\"" + why->op + "\""), std::string::npos) << source << " does not name " << why->op;
        std::istringstream lines(*text);
        std::string line;
        for (int i = std::stoi(source.substr(source.find(':') + 1)); i > 0 && std::getline(lines, line); --i) continue;
        EXPECT_NE(line.find("void forward("), std::string::npos) << source << ": " << line;
    }
    EXPECT_GE(seen.size(), 10U);
}

TEST(ExportDialog, WritesFramesInTheChosenLanguageAndSaysWhenFfmpegIsMissing) {
    Bench b;
    b.open();
    const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / "export-frames";
    std::filesystem::remove_all(folder);
    const std::vector<std::string> formats = ExportPanel::formats();
    const auto at = [&](std::string_view wanted) { return std::ranges::find(formats, wanted) - formats.begin(); };
    const char* path = std::getenv("PATH");
    const std::string before = path ? path : "";
    ::setenv("PATH", "/nonexistent", 1);
    b.run(fmt::format("key e\nclick @export.format={}", at("mp4")));
    ::setenv("PATH", before.c_str(), 1);
    b.run("click @export.save\nwait idle\nexpect overlay == export");
    b.run(fmt::format("click @export.size=0\nclick @export.lang=0\nclick @export.format={}\nclick @export.path\nkey ctrl+a\ntext {}\nclick @export.save\nwait idle\nexpect overlay == none", at("frames"),
                      folder.string()));
    ASSERT_TRUE(std::filesystem::is_regular_file(folder / "frame-0001.png"));
    const Result<viz::Recipe> recipe = viz::read_recipe(folder / "frame-0001.png", b.scenes);
    ASSERT_TRUE(recipe) << recipe.error().plain();
    EXPECT_EQ(recipe->lang, viz::Lang::kZh);
    EXPECT_EQ(recipe->width, 1280);
}

TEST(StagePicture, IsDrawnAnewOnlyWhenSomethingChanged) {
    Bench b;
    b.open();
    const int before = testing::probe_drawings();
    b.run("hover 640 5\nhover 660 6\nhover 5 300\nkey tab\nwait 0.2");
    EXPECT_EQ(testing::probe_drawings(), before) << "nothing of the scene changed";
    b.run("hover-cell layers.1.attn.probs 0,0,3,1");
    EXPECT_GT(testing::probe_drawings(), before);
    const std::vector<std::uint8_t> kept = b.stage.pixels().rgba;
    const int hovered = testing::probe_drawings();
    b.run("wait 0.1");
    EXPECT_EQ(testing::probe_drawings(), hovered);
    EXPECT_EQ(b.stage.pixels().rgba, kept);
    b.stage.shell().picture = {};
    b.run("wait 0.01");
    EXPECT_GT(testing::probe_drawings(), hovered);
    EXPECT_EQ(b.stage.pixels().rgba, kept) << "drawn anew it is the same picture";
    b.run("key t\nwait idle");
    EXPECT_NE(b.stage.pixels().rgba, kept);
}

}  // namespace
}  // namespace dg::app
