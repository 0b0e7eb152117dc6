#include "sim/reasoner/task.h"
#include "sim/pretrain/recipe.h"
#include "sim/reasoner/sft.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace dg::sim {
namespace {

const Problem kExample{{6, 6, 3, 9, 2, 3, 3, 2}};

TEST(CheckDigit, PromptAndAnswer) {
    EXPECT_EQ(kExample.prompt(), "a6b6c3d9e2f3h3i2:");
    EXPECT_EQ(kExample.answer(), 4);
    EXPECT_EQ((Problem{{5, 9}}).prompt(), "a5b9            :");
    EXPECT_EQ(static_cast<std::int64_t>(kExample.prompt().size()), kPromptTokens);
}

TEST(CheckDigit, WrittenResponses) {
    Rng rng = Rng::keyed(1, "test");
    EXPECT_EQ(written_response(kExample, {.direct = 1}, rng), "#4$");
    EXPECT_EQ(written_response(kExample, {}, rng), "b6=2c3=5d9=4e2=6f3=9h3=2i2=4#4$");
    EXPECT_EQ(written_response(kExample, {.skip = 1}, rng), "#4$");
    EXPECT_EQ(written_response(kExample, {.recheck = 1}, rng), "b6=2c3=5d9=4e2=6f3=9h3=2i2=4?i2h3=5f3=8e2=0d9=9c3=2b6=8a6=4#4$");
    // every step slips and every slip is noticed: the answer is right all the same
    const std::string waits = written_response(kExample, {.slip = 1, .wait_slip = 1}, rng);
    EXPECT_EQ(std::ranges::count(waits, 'w'), 7);
    EXPECT_TRUE(score(kExample, waits).correct);
    const WaitCounts c = wait_counts(kExample, waits);
    EXPECT_EQ(c.wrong, 7);
    EXPECT_EQ(c.wrong_wait, 7);
    EXPECT_EQ(c.repaired, 7);
    EXPECT_EQ(c.right + c.right_wait, 0);
}

TEST(CheckDigit, ScoreIsStrict) {
    EXPECT_TRUE(score(kExample, "b6=2#4$").correct);
    EXPECT_FALSE(score(kExample, "#5$").correct);
    EXPECT_TRUE(score(kExample, "#5$").format);
    for (const char* broken : {"", "#", "4$", "#4", "#44$", "#4$$", "##4$", "#4#4$", "#w$", "b6=2$"}) EXPECT_FALSE(score(kExample, broken).format) << broken;
}

TEST(CheckDigit, StrategiesAndWaits) {
    EXPECT_EQ(strategy(kExample, "#4$"), Strategy::kDirect);
    EXPECT_EQ(strategy(kExample, "b6=2c3=5#4$"), Strategy::kSkip);
    EXPECT_EQ(strategy(kExample, "b6=2c3=5d9=4e2=6f3=9h3=2i2=4#4$"), Strategy::kFull);
    EXPECT_EQ(strategy(kExample, "b6=2?a6#4$"), Strategy::kRecheck);
    const WaitCounts c = wait_counts(kExample, "b6=3w2c3=5w5d9=3e2=5#1$");  // noticed and repaired; false alarm; a slip passed over; right from there
    EXPECT_EQ(c.wrong, 2);
    EXPECT_EQ(c.wrong_wait, 1);
    EXPECT_EQ(c.repaired, 1);
    EXPECT_EQ(c.right, 2);
    EXPECT_EQ(c.right_wait, 1);
}

TEST(CheckDigit, TokenizerRoundTrip) {
    const Tokenizer t = reasoner_tokenizer();
    EXPECT_EQ(t.vocab_size(), 32);
    const auto again = Tokenizer::parse(t.json(), "test");
    ASSERT_TRUE(again);
    EXPECT_EQ(again->json(), t.json());
    const std::string text = "a6b6            :b6=2w?#4$";
    EXPECT_EQ(again->encode(text), character_ids(text));
    EXPECT_EQ(*again->decode(again->encode(text)), text);
    EXPECT_EQ(characters(character_ids(text)), text);
    // a byte outside the alphabet is the unknown token, one for each byte
    const auto spans = again->encode_spans("1学2");
    ASSERT_EQ(spans.size(), 5u);
    EXPECT_EQ(spans[1].id, 0);
    EXPECT_EQ(spans[1].end - spans[1].begin, 1u);
    EXPECT_EQ(spans[4].begin, 4u);
}

TEST(Sft, BatchesAreMaskedBucketedAndRepeat) {
    SftStream a(3, 0, {.direct = 0.5, .skip = 0.1}, 512), b(3, 0, {.direct = 0.5, .skip = 0.1}, 512);
    b.skip(5);
    std::vector<SftBatch> first;
    for (int i = 0; i < 6; ++i) first.push_back(a.next());
    const SftBatch sixth = b.next();
    EXPECT_EQ(first[5].tokens.ids, sixth.tokens.ids);
    for (const SftBatch& batch : first) {
        EXPECT_LE(batch.tokens.batch * batch.tokens.length, 512);
        std::int64_t counted = 0;
        for (std::int64_t r = 0; r < batch.tokens.batch; ++r)
            for (std::int64_t t = 0; t < batch.tokens.length; ++t) {
                const float target = batch.targets[static_cast<std::size_t>(r * batch.tokens.length + t)];
                if (target < 0) continue;
                ++counted;
                ASSERT_GE(t, kPromptTokens - 1);
                ASSERT_EQ(static_cast<std::int32_t>(target), batch.tokens.at(r, t + 1));
            }
        EXPECT_EQ(counted, batch.response_tokens);
    }
}

TEST(Recipe, ReasonersAreReadAndRefused) {
    const std::string folder = std::string(DEEPGLASS_SOURCE_DIR) + "/assets/recipes/";
    for (const char* name : {"reasoner", "reasoner-plain"}) {
        const auto recipe = load_recipe(folder + name + ".toml");
        ASSERT_TRUE(recipe) << recipe.error().plain();
        ASSERT_TRUE(recipe->reasoner);
        EXPECT_EQ(recipe->name, name);
        double share = 0;
        for (const Phase& p : recipe->reasoner->phases) share += p.share;
        EXPECT_NEAR(share, 1, 1e-12);
    }
    const std::string model = "[model]\nmodel_type=\"deepseek_v3\"\n";
    EXPECT_EQ(parse_recipe("[[phase]]\nslip = 2\n" + model, "r").error().code, "recipe_range");
    EXPECT_EQ(parse_recipe("[[phase]]\nslop = 0.2\n" + model, "r").error().code, "recipe_unknown_key");
    EXPECT_EQ(parse_recipe("phase = []\n" + model, "r").error().code, "recipe_missing");
}

}  // namespace
}  // namespace dg::sim
