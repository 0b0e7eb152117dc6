#include "viz/scenes/double_descent.h"

#include "tests/viz/scenes/fake_canvas.h"
#include "viz/export/figure.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

namespace dg::viz::double_descent {
namespace {

using Set = std::map<std::string, std::string>;

struct Shown {
    const Scene* scene;
    Params params;
    std::shared_ptr<const SceneData> data;

    [[nodiscard]] double value(const std::string& name, const std::string& index = "") const {
        for (const Observation& o : scene->observe(*data)) {
            if (o.name == name && o.index == index) return o.value;
        }
        ADD_FAILURE() << "no " << name << "[" << index << "]";
        return std::nan("");
    }

    [[nodiscard]] std::vector<std::string> texts(const View& view, Rect page = {0, 0, 1920, 1080}) const {
        FakeCanvas canvas(page);
        scene->draw(canvas, *data, params, view);
        std::vector<std::string> out;
        for (const auto& text : canvas.texts) out.push_back(text.utf8);
        return out;
    }
};

Shown show(Set set, const Progress& progress = {}) {
    static Session session;
    const Scene* scene = find_scene("double-descent");
    const auto params = parse_params(scene->params, set);
    EXPECT_TRUE(params);
    auto data = scene->compute(session, *params, progress);
    EXPECT_TRUE(data);
    return {scene, *params, *data};
}

Set small(Set more = {}) {
    Set set = {{"n", "30"}, {"p_min", "3"}, {"p_max", "300"}, {"points", "12"}, {"seeds", "5"}, {"d", "6"}};
    for (auto& [k, v] : more) set[k] = v;
    return set;
}

View view_at(int stage, double u = 1, Lang lang = Lang::kZh) {
    View view;
    view.stage = stage, view.u = u, view.lang = lang;
    return view;
}

bool says(const std::vector<std::string>& texts, const std::string& part) {
    return std::ranges::any_of(texts, [&](const std::string& t) { return t.find(part) != std::string::npos; });
}

TEST(DoubleDescentScene, FindsValleyPeakAndSecondValley) {
    Curve curve;
    sim::dd::Sweep sweep;
    const double tests[] = {0.5, 0.3, 0.4, 9, 2, 0.25, 0.26};
    for (int i = 0; i < 7; ++i) sweep.points.push_back({10 * (i + 1), {tests[i]}, {0}, {1}, tests[i] / 1.1, {}});
    curve.take(sweep);
    const Shape s = shape_of(curve);
    EXPECT_TRUE(s.has_peak);
    EXPECT_EQ(s.valley, 0.3);
    EXPECT_EQ(s.peak_at, 40);
    EXPECT_EQ(s.second, 0.25);
    EXPECT_EQ(s.last, 0.26);
    EXPECT_NEAR(s.deviation, 0.1, 1e-12);
    for (auto& p : sweep.points) p.test = {1.0 / static_cast<double>(p.at)};
    curve.take(sweep);
    EXPECT_FALSE(shape_of(curve).has_peak);
    EXPECT_EQ(shape_of(curve).valley_at, 70);
}

TEST(DoubleDescentScene, ObservesWhatTheSweepMeasured) {
    const Shown s = show(small());
    const auto& d = static_cast<const Data&>(*s.data);
    ASSERT_TRUE(d.whole);
    EXPECT_EQ(s.value("n"), 30);
    EXPECT_EQ(s.value("peak_at"), 30);
    for (const auto& p : d.curves[0].sweep.points) {
        const std::string at = std::to_string(p.at);
        EXPECT_EQ(s.value("test", at), sim::dd::median(p.test));
        EXPECT_EQ(s.value("norm", at), sim::dd::median(p.norm));
        EXPECT_LE(s.value("test_low", at), s.value("test", at));
        EXPECT_GE(s.value("test_high", at), s.value("test", at));
    }
    EXPECT_TRUE(std::isnan(s.value("theory", "30")));
}

TEST(DoubleDescentScene, TheTitleSaysWhatHappened) {
    const View last = view_at(3, 1, Lang::kEn);
    EXPECT_TRUE(says(show(small({{"noise", "0.1"}})).texts(last), "at p = n, then down to"));
    EXPECT_TRUE(says(show(small({{"noise", "3"}})).texts(last), "does not beat"));
    EXPECT_TRUE(says(show(small({{"ridge", "0.1"}})).texts(last), "With a ridge of λ = 0.1 the peak is gone"));
    View covered = last;
    covered.revealed = false;
    const auto texts = show(small()).texts(covered);
    EXPECT_TRUE(says(texts, "what will the test error do?"));
    EXPECT_FALSE(says(texts, "down to"));
    EXPECT_FALSE(says(texts, "theory"));
}

TEST(DoubleDescentScene, TheTitleOfPolynomialsIsNotAlwaysAU) {
    const View last = view_at(3, 1, Lang::kEn);
    EXPECT_TRUE(says(show({{"mode", "polynomial"}}).texts(last), "The classical U: 4 coefficients are best"));
    const auto texts = show({{"mode", "polynomial"}, {"noise", "0"}}).texts(last);
    EXPECT_FALSE(says(texts, "U:"));
    EXPECT_TRUE(says(texts, "the error keeps falling"));
}

class PathCounter : public FakeCanvas {
  public:
    void fill_path(const Path&, Color) override { ++paths; }

    int paths = 0;
};

TEST(DoubleDescentScene, OneSeedHasNoBand) {
    const Shown one = show(small({{"seeds", "1"}})), five = show(small());
    const auto paths = [&](const Shown& s) {
        PathCounter canvas;
        s.scene->draw(canvas, *s.data, s.params, view_at(3, 1, Lang::kEn));
        return canvas.paths;
    };
    EXPECT_EQ(paths(one), 0);
    EXPECT_GT(paths(five), 0);
    EXPECT_TRUE(says(one.texts(view_at(3, 1, Lang::kEn)), "one seed"));
}

TEST(DoubleDescentScene, HoverMovesTheCursorToThePointsUnderThePointer) {
    const Shown s = show(small());
    const auto& d = static_cast<const Data&>(*s.data);
    View view = view_at(3);
    EXPECT_EQ(d.curves[0].measured()[static_cast<std::size_t>(cursor({d, view}, d.curves[0]))]->at, 30);
    view.hover = CellRef{std::string(kPoints), {2}};
    EXPECT_EQ(cursor({d, view}, d.curves[0]), 2);
    view.hover = CellRef{std::string(kPoints), {999}};  // of an older picture: ignored
    EXPECT_EQ(d.curves[0].measured()[static_cast<std::size_t>(cursor({d, view}, d.curves[0]))]->at, 30);
    FakeCanvas canvas;
    s.scene->draw(canvas, *s.data, s.params, view_at(3));
    std::size_t found = 0;
    for (const Region& r : canvas.regions()) {
        if (!r.cell || r.cell->tensor != kPoints) continue;
        EXPECT_EQ(r.action, "set size=" + std::to_string(d.curves[0].sweep.points[static_cast<std::size_t>(r.cell->at[0])].at));
        ++found;
    }
    EXPECT_EQ(canvas.regions().back().action, "set size=30");  // where the picture stands comes last
    EXPECT_EQ(found, d.curves[0].sweep.points.size());
}

TEST(DoubleDescentScene, TheCursorAndTheLargePlotAreReadByTheDrawingOnly) {
    const Scene* scene = find_scene("double-descent");
    for (const char* id : {"size", "show"}) EXPECT_TRUE(std::ranges::find(scene->params, id, &ParamSpec::id)->drawn_only) << id;
    const Shown s = show(small());
    const auto texts = [&](Set set) {
        FakeCanvas canvas({0, 0, 1920, 1080});
        const View view = view_at(3, 1, Lang::kEn);
        scene->draw(canvas, *s.data, *parse_params(scene->params, small(std::move(set))), view);
        std::vector<std::string> out;
        for (const auto& text : canvas.texts) out.push_back(text.utf8);
        return out;
    };
    EXPECT_TRUE(says(texts({}), "p = n = 30"));
    EXPECT_TRUE(says(texts({{"size", "300"}}), "The fit at p = 300"));
    EXPECT_TRUE(says(texts({{"show", "norm"}}), "The solution's norm is largest at p = 30"));
}

TEST(DoubleDescentScene, OnlyWhatALessonAsksIsCovered) {
    View covered = view_at(3, 1, Lang::kEn);
    covered.revealed = false;
    const Shown curve = show(small()), ridge = show(small({{"ridge", "0.1"}})), linear = show(small({{"model", "linear"}}));
    const auto shot = [&](const Shown& s) { return Shot{static_cast<const Data&>(*s.data), covered}; };
    const auto share = [&](const Shown& s) { return reached(static_cast<const Data&>(*s.data).curves[0], shot(s)); };
    EXPECT_EQ(asked(shot(curve)), Ask::kCurve);
    EXPECT_EQ(asked(shot(ridge)), Ask::kRidge);
    EXPECT_EQ(asked(shot(linear)), Ask::kTheory);
    // of the curve only what lies well before the threshold; the question about the ridge leaves the curve without it
    EXPECT_LT(share(curve), along(static_cast<const Data&>(*curve.data).curves[0], 0.8 * 30));
    EXPECT_EQ(share(ridge), 1);
    EXPECT_TRUE(says(curve.texts(covered), "?"));
    EXPECT_FALSE(says(curve.texts(covered), "over-parameterised"));
    EXPECT_TRUE(says(ridge.texts(covered), "ridge λ = 0.1  ?"));
    EXPECT_FALSE(says(linear.texts(covered), "exact formula"));
    EXPECT_TRUE(says(linear.texts(view_at(3, 1, Lang::kEn)), "exact formula"));
    EXPECT_TRUE(says(linear.texts(view_at(3, 1, Lang::kEn)), "large n, p"));
}

TEST(DoubleDescentScene, TheClockDrawsTheCurveAndNamesTheRegimes) {
    const Shown s = show(small());
    const auto& d = static_cast<const Data&>(*s.data);
    double before = 0;
    for (int stage = 0; stage < 4; ++stage)
        for (const double u : {0.1, 0.5, 1.0}) {
            const View at = view_at(stage, u);
            const double now = reached(d.curves[0], {d, at});
            EXPECT_GE(now, before);
            before = now;
        }
    EXPECT_EQ(before, 1);
    const View early = view_at(0, 0.5, Lang::kEn), late = view_at(2, 1, Lang::kEn);
    EXPECT_FALSE(says(s.texts(early), "over-parameterised"));
    EXPECT_TRUE(says(s.texts(late), "over-parameterised"));
}

TEST(DoubleDescentScene, PublishesPartsThatCanBeDrawn) {
    std::vector<std::shared_ptr<const SceneData>> parts;
    Progress progress;
    progress.publish = [&](std::shared_ptr<const SceneData> part) { parts.push_back(std::move(part)); };
    const Shown s = show(small({{"ridge", "0.1"}}), progress);
    ASSERT_FALSE(parts.empty());
    for (const auto& part : parts) {
        EXPECT_FALSE(static_cast<const Data&>(*part).whole);
        FakeCanvas canvas;
        s.scene->draw(canvas, *part, s.params, view_at(3));
        EXPECT_FALSE(canvas.texts.empty());
        static_cast<void>(s.scene->observe(*part));
    }
    Progress stop;
    stop.report = [](double) { return false; };
    Session session;
    const auto stopped = s.scene->compute(session, s.params, stop);
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, "cancelled");
}

TEST(DoubleDescentScene, EveryModeDrawsAtEverySizeThemeAndStage) {
    for (const char* mode : {"size", "samples", "time", "polynomial", "all"}) {
        const Shown s = show(small({{"mode", mode}, {"p", "20"}}));
        for (const Rect page : {Rect{0, 0, 900, 600}, Rect{0, 0, 1920, 1080}})
            for (const ThemeId id : {ThemeId::kLight, ThemeId::kDark, ThemeId::kProjector})
                for (int stage = 0; stage < 4; ++stage) {
                    View view = view_at(stage, 0.4);
                    view.theme = id;
                    for (const std::string& text : s.texts(view, page)) EXPECT_EQ(text.find("⟦"), std::string::npos) << text;
                }
    }
    const Shown linear = show(small({{"model", "linear"}}));  // no slice: the norm stands alone
    EXPECT_FALSE(linear.texts(view_at(3)).empty());
    const auto crossed = find_scene("double-descent");
    Session session;
    EXPECT_EQ(crossed->compute(session, *parse_params(crossed->params, {{"p_min", "9"}, {"p_max", "9"}}), {}).error().code, "param_order");
}

}  // namespace
}  // namespace dg::viz::double_descent
