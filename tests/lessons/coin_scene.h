// A small scene for the tests of the lesson machinery: a coin of a given bias, tossed with a seed.
#pragma once

#include "engine/base/mathfn.h"
#include "engine/base/rng.h"
#include "lessons/runner.h"

#include <string>
#include <vector>

namespace dg::lessons::testing {

struct CoinData final : viz::SceneData {
    double bias = 0.5;
    int heads = 0;
};

inline int& computed_coins() {
    static int count = 0;
    return count;
}

inline Result<std::shared_ptr<const viz::SceneData>> toss(viz::Session&, const viz::Params& params,
                                                          const viz::Progress&) {
    ++computed_coins();
    if (params.text("mode") == "broken") DG_CHECK(params.text("mode") == "whole");
    if (params.text("mode") == "missing")
        return Error{"file_read", {{"file", "coin"}, {"reason", "missing"}}, {}};
    auto data = std::make_shared<CoinData>();
    data->bias = params.real("bias");
    Rng rng(static_cast<std::uint64_t>(params.integer("seed")));
    for (int i = 0; i < 100; ++i) data->heads += rng.uniform() < data->bias ? 1 : 0;
    return std::shared_ptr<const viz::SceneData>(std::move(data));
}

inline std::vector<viz::Observation> observe_coin(const viz::SceneData& scene_data) {
    const auto& coin = dynamic_cast<const CoinData&>(scene_data);
    const double p = coin.bias, q = 1 - p;
    return {{"p", "heads", p},
            {"p", "tails", q},
            {"entropy", "", -p * dg::log(p) - q * dg::log(q)},
            {"heads", "", static_cast<double>(coin.heads)},
            {"paper", "", 0.5, viz::Kind::kPublished}};
}

/// The bias as text: "?" while covered.
inline void draw_coin(viz::Canvas& canvas, const viz::SceneData& scene_data, const viz::Params&,
                      const viz::View& view) {
    const auto& coin = dynamic_cast<const CoinData&>(scene_data);
    canvas.fill_circle(canvas.page().center(), 100, viz::Color::hex(0x8196B2));
    viz::TextStyle style;
    style.size = 40;
    canvas.text({100, 100}, view.revealed ? fmt::format("bias {}", coin.bias) : "bias ?", style);
}

inline std::vector<viz::Scene> coin_scenes() {
    using viz::ParamType;
    viz::Scene coin{.id = "coin",
                    .chapter = "tests",
                    .source = "tests/lessons/coin_scene.h",
                    .params = {{.id = "bias",
                                .type = ParamType::kReal,
                                .default_value = "0.5",
                                .min = 0.01,
                                .max = 0.99,
                                .choices = {}},
                               {.id = "seed",
                                .type = ParamType::kInt,
                                .default_value = "1",
                                .min = 0,
                                .max = 1e6,
                                .choices = {}},
                               {.id = "mode",
                                .type = ParamType::kChoice,
                                .default_value = "whole",
                                .choices = {"whole", "broken", "missing"}}},
                    .stages = {{.id = "throw"}, {.id = "land"}},
                    .compute = &toss,
                    .draw = &draw_coin,
                    .observe = &observe_coin};
    return {coin};
}

/// A whole lesson of one step; `claims` replaces its claim tables.
inline std::string coin_lesson(
    const std::string& claims = "[[step.claim]]\nthat = \"p['heads'] + p['tails'] ~ 1\"\n") {
    return R"toml(format = 1
[lesson]
title.zh = "抛硬币"
title.en = "Tossing a coin"
goal.zh = "看清概率"
goal.en = "See a probability"
minutes = 5
misconception.zh = "硬币有记忆。"
misconception.en = "The coin remembers."
quiz.question.zh = "最大的熵？"
quiz.question.en = "Greatest entropy?"
quiz.answer.zh = "ln 2"
quiz.answer.en = "ln 2"

[[step]]
title.zh = "一枚硬币"
title.en = "One coin"
scene = "coin"
set = { bias = 0.5, seed = 3 }
stage = "land"
minutes = 2
short_route = true
controls = ["bias"]
do.zh = "抛一次。"
do.en = "Toss it."
text.zh = "两面各占一半。"
text.en = "Two sides, half each."
question.zh = "熵是多少？"
question.en = "What is the entropy?"
choices = [
    { zh = "1", en = "1" },
    { zh = "ln 2", en = "ln 2" },
]
answer = 2
reveal.zh = "熵是 {value:entropy|.3}，不公平时是 {value:unfair.entropy|.3}。"
reveal.en = "The entropy is {value:entropy|.3}; of the unfair coin {value:unfair.entropy|.3}."
note.zh = "让大家先猜。"
note.en = "Let them guess first."
common_wrong = { choice = 1, reply = { zh = "那是比特。", en = "Those are bits." } }
hints = [{ zh = "两种结果", en = "two outcomes" }]

[[step.run]]
name = "unfair"
set = { bias = 0.9 }

)toml" + claims;
}

}  // namespace dg::lessons::testing
