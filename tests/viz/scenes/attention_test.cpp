// What the attention scene shows is what the tape holds.
#include "viz/scenes/attention.h"

#include "engine/base/mathfn.h"
#include "engine/base/rng.h"
#include "tests/viz/scenes/attention_fixture.h"
#include "tests/viz/scenes/scene_testing.h"

#include <gmock/gmock.h>

#include <cmath>
#include <map>

namespace dg::viz {
namespace {

using attention::Data;
using testing::HasSubstr;

std::map<std::string, double> observed(const Data& d) { return by_name(attention::observe(d)); }

float tape_at(const Data& d, const std::string& name, const Index& at) {
    const Tensor<float>& t = d.run->tape.value(d.run->tape.find("layers.1.attn." + name));
    return t[t.offset(at)];
}

TEST(AttentionScene, ObservablesEqualTheTape) {
    const auto d = data_of(kPrompt, 5);
    const std::int64_t n = d->tokens;
    auto o = observed(*d);
    EXPECT_EQ(o["score_entries"], static_cast<double>(n * n));
    EXPECT_EQ(o["masked"], static_cast<double>(n * (n - 1) / 2));
    EXPECT_EQ(o["nonzero"], static_cast<double>(n * (n + 1) / 2));
    EXPECT_DOUBLE_EQ(o["scale"], 1 / std::sqrt(12.0));
    double self = 0, first = 0, previous = 0;
    for (std::int64_t t = 0; t < n; ++t) {
        double sum = 0, entropy = 0;
        std::int64_t top = 0;
        for (std::int64_t u = 0; u < n; ++u) {
            const float p = tape_at(*d, "probs", {0, 2, t, u});
            EXPECT_EQ(o[fmt::format("weight[{},{}]", t, u)], p);
            EXPECT_TRUE(u <= t || p == 0);
            if (p > tape_at(*d, "probs", {0, 2, t, top})) top = u;
            sum += p;
            if (p > 0) entropy -= static_cast<double>(p) * std::log(static_cast<double>(p));
        }
        EXPECT_NEAR(o[fmt::format("row_sum[{}]", t)], 1, 1e-5);
        EXPECT_DOUBLE_EQ(o[fmt::format("row_sum[{}]", t)], sum);
        EXPECT_NEAR(o[fmt::format("entropy[{}]", t)], entropy, 1e-9);
        EXPECT_EQ(o[fmt::format("top_key[{}]", t)], static_cast<double>(top));
        self += tape_at(*d, "probs", {0, 2, t, t}), first += tape_at(*d, "probs", {0, 2, t, 0});
        if (t > 0) previous += tape_at(*d, "probs", {0, 2, t, t - 1});
    }
    EXPECT_NEAR(o["self_mean"], self / static_cast<double>(n), 1e-12);
    EXPECT_NEAR(o["first_mean"], first / static_cast<double>(n), 1e-12);
    EXPECT_NEAR(o["previous_token_mean"], previous / static_cast<double>(n - 1), 1e-12);
    for (std::int64_t i = 0; i < 6; ++i)
        EXPECT_EQ(o[fmt::format("output[{}]", i)], tape_at(*d, "context", {0, 5, 2, i}));
}

TEST(AttentionScene, PartsOfAScoreAddUpToTheTape) {
    for (const AttentionKind kind :
         {AttentionKind::kMla, AttentionKind::kMha, AttentionKind::kGqa}) {
        const auto d = data_of(kPrompt, 4, kind);
        auto o = observed(*d);
        EXPECT_EQ(o.contains("rotary[0]"), kind == AttentionKind::kMla);
        for (std::int64_t u = 0; u <= 4; ++u) {
            const std::string i = fmt::format("[{}]", u);
            const double score = tape_at(*d, "scores", {0, 2, 4, u});
            EXPECT_EQ(o["scaled" + i], score);
            EXPECT_NEAR((o["content" + i] + o["rotary" + i]) * o["scale"], score,
                        2e-5 * std::max(1.0, std::abs(score)));
            EXPECT_NEAR(o["raw" + i] * o["scale"], score, 1e-12);
            // the same sum from the operands that the inspector shows
            const Explanation why =
                d->run->tape.explain("layers.1.attn.scores", {0, 2, 4, u}).value();
            double content = 0, rotary = 0;
            for (std::size_t k = 0; k + 1 < why.operands.size(); k += 2) {
                (why.operands[k].role == "q" ? content : rotary) +=
                    why.operands[k].value * why.operands[k + 1].value;
            }
            EXPECT_NEAR(o["content" + i], content, 1e-9);
            EXPECT_NEAR(o["rotary" + i], rotary, 1e-9);
        }
    }
}

/// The text written inside a region, or "".
std::string text_in(const LogCanvas& canvas, const Rect& rect) {
    std::string found;
    for (const LogCanvas::DrawnText& text : canvas.texts()) {
        if (rect.contains(text.box.center())) found = text.text;
    }
    return found;
}

double read_number(std::string text) {
    if (const auto minus = text.find("−"); minus != std::string::npos) text.replace(minus, 3, "-");
    return std::stod(text);
}

TEST(AttentionScene, RandomCellsOfTheMapEqualTheTape) {
    const auto d = data_of(kPrompt, 6);
    Rng rng(11, 0);
    for (const int stage : {attention::kScore, attention::kScale, attention::kMask,
                            attention::kSoftmax, attention::kMix}) {
        LogCanvas canvas({0, 0, 1920, 1080});
        attention_scene().draw(canvas, *d, params_of({{"heads", "false"}}), view_at(stage, 1));
        int seen = 0;
        for (int i = 0; i < 60; ++i) {
            const auto t =
                static_cast<std::int64_t>(rng.below(static_cast<std::uint32_t>(d->tokens)));
            const auto u = static_cast<std::int64_t>(rng.below(static_cast<std::uint32_t>(t) + 1));
            const bool weights = stage >= attention::kSoftmax;
            const CellRef cell{weights ? "layers.1.attn.probs" : "layers.1.attn.scores",
                               {0, 2, t, u}};
            for (const Region& r : canvas.regions()) {
                if (r.cell != cell || !r.action.empty()) continue;
                const std::string text = text_in(canvas, r.rect);
                ASSERT_FALSE(text.empty()) << t << "," << u << " stage " << stage;
                const double tape = tape_at(*d, weights ? "probs" : "scores", cell.at);
                // shares are rounded so that the row adds up: at most one unit of the last digit
                // away
                const double expected = stage == attention::kScore ? tape / d->scale : tape;
                const double tolerance = text.size() - text.find('.') - 1 == 1 ? 0.051
                                         : weights                             ? 0.0101
                                                                               : 0.0051;
                EXPECT_NEAR(read_number(text), expected, tolerance)
                    << t << "," << u << " stage " << stage;
                ++seen;
            }
        }
        EXPECT_GT(seen, 40);
    }
}

TEST(AttentionScene, PrintedRowsAddUpToOne) {
    const auto d = data_of(kPrompt);
    for (std::int64_t t = 0; t < d->tokens; ++t) {
        double sum = 0;
        for (const double share : d->printed_shares(2, t)) sum += share;
        EXPECT_NEAR(sum, 1, 1e-9);
    }
}

TEST(AttentionScene, HoverFindsTheRightCell) {
    for (const std::int64_t n : {7, 40, 64, 65, 200}) {
        const auto d = data_of(long_prompt(n));
        ASSERT_EQ(d->tokens, n);
        LogCanvas canvas({0, 0, 1920, 1080});
        attention_scene().draw(canvas, *d, params_of(), view_at(attention::kMix, 1));
        Vec2 low{1e9F, 1e9F}, high{0, 0};
        for (const Region& r : canvas.regions()) {
            if (!r.cell || r.cell->tensor != "layers.1.attn.probs" || !r.action.empty()) continue;
            if (r.rows == 1 && r.cols > 1) {  // the enlarged row, last of the prompt
                EXPECT_EQ(cell_at(r, {r.rect.right() - 1, r.rect.y})->at,
                          (Index{0, 2, n - 1, n - 1}));
                continue;
            }
            low = {std::min(low.x, r.rect.x), std::min(low.y, r.rect.y)};
            high = {std::max(high.x, r.rect.right()), std::max(high.y, r.rect.bottom())};
        }
        const Rect grid{low.x, low.y, high.x - low.x, high.y - low.y};
        Rng rng(5, static_cast<std::uint64_t>(n));
        for (int i = 0; i < 50; ++i) {
            const auto t = static_cast<std::int64_t>(rng.below(static_cast<std::uint32_t>(n))),
                       u = static_cast<std::int64_t>(rng.below(static_cast<std::uint32_t>(n)));
            const auto cells = static_cast<float>(n);
            const Vec2 p{grid.x + (static_cast<float>(u) + 0.45F) / cells * grid.w,
                         grid.y + (static_cast<float>(t) + 0.45F) / cells * grid.h};
            const Region* region = region_at(canvas.regions(), p);
            ASSERT_NE(region, nullptr);
            const auto cell = cell_at(*region, p);
            ASSERT_TRUE(cell) << n;
            EXPECT_EQ(cell->at, (Index{0, 2, t, u})) << n;
        }
    }
}

TEST(AttentionScene, RowsAndHeadsCanBeChosen) {
    const auto d = data_of(kPrompt);
    LogCanvas canvas({0, 0, 1920, 1080});
    attention_scene().draw(canvas, *d, params_of(), view_at(attention::kMix, 1));
    std::vector<std::string> actions;
    for (const Region& r : canvas.regions()) actions.push_back(r.action);
    for (int h = 0; h < 4; ++h)
        EXPECT_THAT(actions, testing::Contains(fmt::format("set head={}", h)));
    for (std::int64_t t = 0; t < d->tokens; ++t)
        EXPECT_THAT(actions, testing::Contains(fmt::format("set position={}", t)));
}

TEST(AttentionScene, SumsAreCoveredUntilRevealed) {
    const auto d = data_of(kPrompt);
    View view = view_at(attention::kMix, 1);
    view.revealed = false;
    LogCanvas covered({0, 0, 1920, 1080}), open({0, 0, 1920, 1080});
    attention_scene().draw(covered, *d, params_of(), view);
    view.revealed = true;
    attention_scene().draw(open, *d, params_of(), view);
    const auto count = [](const LogCanvas& canvas, const char* text) {
        return std::ranges::count_if(canvas.texts(),
                                     [&](const auto& drawn) { return drawn.text == text; });
    };
    EXPECT_EQ(count(covered, "?") - count(open, "?"), d->tokens);
    EXPECT_GE(count(open, "1.00") - count(covered, "1.00"), d->tokens - 1);
}

TEST(AttentionScene, TheClockDecidesThePicture) {
    const auto d = data_of(kPrompt);
    std::string last;
    for (int stage = 0; stage < 5; ++stage)
        for (const double u : {0.3, 0.7}) {
            LogCanvas a({0, 0, 1280, 720}), b({0, 0, 1280, 720});
            attention_scene().draw(a, *d, params_of(), view_at(stage, u));
            attention_scene().draw(b, *d, params_of(), view_at(stage, u));
            EXPECT_EQ(a.log(), b.log());
            EXPECT_NE(a.log(), last) << "nothing moves at stage " << stage << " u " << u;
            last = a.log();
        }
}

TEST(AttentionScene, HoverLightsRowAndColumn) {
    const auto d = data_of(kPrompt);
    View view = view_at(attention::kMix, 1);
    LogCanvas plain({0, 0, 1920, 1080}), hovered({0, 0, 1920, 1080}), head({0, 0, 1920, 1080});
    attention_scene().draw(plain, *d, params_of(), view);
    view.hover = CellRef{"layers.1.attn.probs", {0, 2, 5, 1}};
    attention_scene().draw(hovered, *d, params_of(), view);
    EXPECT_NE(plain.log(), hovered.log());
    EXPECT_THAT(hovered.log(), HasSubstr(d->labels[5]));
    // a thumbnail previews its head; a cell of another layer changes nothing
    view.hover = CellRef{"layers.1.attn.probs", {0, 3, 5, 1}};
    attention_scene().draw(head, *d, params_of(), view);
    EXPECT_THAT(head.log(), HasSubstr("head 3 of 4"));
    view.hover = CellRef{"layers.0.attn.probs", {0, 3, 5, 1}};
    LogCanvas other({0, 0, 1920, 1080});
    attention_scene().draw(other, *d, params_of(), view);
    EXPECT_EQ(other.log(), plain.log());
}

TEST(AttentionScene, WrongSettingsAreNamed) {
    const auto run = small_trace("a blue creature");
    const auto code = [&](std::int64_t layer, std::int64_t head, std::int64_t position) {
        const auto made = attention::make_data(run, layer, head, position);
        EXPECT_FALSE(made.has_value());
        for (const Lang lang : {Lang::kZh, Lang::kEn})
            EXPECT_EQ(describe(lang, made.error()).find('{'), std::string::npos);
        return made.error().code;
    };
    EXPECT_EQ(code(2, 0, 0), "attention_layer");
    EXPECT_EQ(code(0, 4, 0), "attention_head");
    EXPECT_EQ(code(0, 0, run->batch.length), "attention_position");
}

TEST(AttentionScene, BrokenWeightsAreShownAsTheyAre) {
    auto trace = std::make_shared<Trace>();
    auto model = std::make_shared<LoadedModel>(*small_model());
    for (std::int64_t i = 0; i < 8; ++i)
        model->model.weights.at("model.embed_tokens.weight")
            .row(small_tokenizer().encode(" blue")[0])[i] = std::nanf("");
    trace->model = model, trace->prompt = "a blue creature";
    trace->tokens = model->tokenizer.encode_spans(trace->prompt);
    trace->batch.batch = 1, trace->batch.length = static_cast<std::int64_t>(trace->tokens.size());
    for (const TokenSpan& token : trace->tokens) trace->batch.ids.push_back(token.id);
    ASSERT_TRUE(forward(model->model, trace->batch, {}, trace->tape).has_value());
    const auto d = attention::make_data(trace, 0, 0, -1).value();
    for (const char* show : {"map", "row"}) {
        LogCanvas canvas({0, 0, 1280, 720});
        attention_scene().draw(canvas, *d, params_of({{"show", show}}),
                               view_at(attention::kMix, 1));
        EXPECT_THAT(canvas.log(), HasSubstr("NaN")) << show;
    }
}

}  // namespace
}  // namespace dg::viz
