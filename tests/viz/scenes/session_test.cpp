#include "viz/scenes/session.h"

#include "engine/io/files.h"
#include "engine/io/hf.h"
#include "viz/i18n/i18n.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

namespace dg::viz {
namespace {

namespace fs = std::filesystem;

/// An assets folder with a tiny model "mini" of random weights.
class SessionTest : public testing::Test {
  protected:
    SessionTest() {
        fs::remove_all(dir_);
        make_model("mini", 300);
    }

    ~SessionTest() override { fs::remove_all(dir_); }

    void make_model(const std::string& name, std::int64_t vocabulary) {
        auto tokenizer = Tokenizer::train("湖南大学 hunan university 湖南大学", 270, {"<|end|>"});
        ASSERT_TRUE(tokenizer);
        Config c;
        c.vocab_size = vocabulary, c.hidden_size = 16, c.intermediate_size = 24, c.moe_intermediate_size = 8;
        c.num_hidden_layers = 2, c.num_attention_heads = 2, c.num_key_value_heads = 2;
        c.n_shared_experts = 1, c.n_routed_experts = 4, c.num_experts_per_tok = 2, c.first_k_dense_replace = 1;
        c.q_lora_rank = 8, c.kv_lora_rank = 8, c.qk_nope_head_dim = 4, c.qk_rope_head_dim = 4, c.v_head_dim = 4;
        c.max_position_embeddings = 32;
        const fs::path model = dir_ / "models" / name;
        fs::create_directories(model);
        const auto saved = save_model(model, random_model(c, 5), DType::kF32);
        ASSERT_TRUE(saved) << saved.error().plain();
        ASSERT_TRUE(write_file(model / "tokenizer.json", tokenizer->json()));
    }

    fs::path dir_ = fs::temp_directory_path() / ("deepglass_session_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
};

TEST_F(SessionTest, LoadsOnceAndTracesOnce) {
    Session session(dir_);
    const auto a = session.model("mini"), b = session.model("mini");
    ASSERT_TRUE(a && b) << a.error().plain();
    EXPECT_EQ(a->get(), b->get());
    const auto t = session.trace("mini", "湖南大"), u = session.trace("mini", "湖南大");
    ASSERT_TRUE(t && u) << t.error().plain();
    EXPECT_EQ(t->get(), u->get());
    EXPECT_EQ((*t)->tokens.size(), static_cast<std::size_t>((*t)->batch.length));
    EXPECT_GE((*t)->tape.find("layers.1.attn.probs"), 0);
    EXPECT_GE((*t)->tape.find("decode.logits"), 0);
    EXPECT_NE(session.trace("mini", "湖")->get(), t->get());
}

TEST_F(SessionTest, MutedHeadsAreAnotherTrace) {
    Session session(dir_);
    const auto all = session.trace("mini", "湖南大");
    const auto muted = session.trace("mini", "湖南大", {.head_gain = {{0, 1}, {1, 1}}});
    ASSERT_TRUE(all && muted) << muted.error().plain();
    EXPECT_NE(all->get(), muted->get());
    const auto last = [](const Trace& t) { return t.tape.value(t.tape.find("logits")).values().back(); };
    EXPECT_NE(last(**all), last(**muted));
    EXPECT_EQ(session.trace("mini", "湖南大", {.head_gain = {{0, 1}, {1, 1}}})->get(), muted->get());
}

TEST_F(SessionTest, KeepsTheLastSixteenTraces) {
    Session session(dir_);
    const auto first = session.trace("mini", "a");
    ASSERT_TRUE(first);
    const std::weak_ptr<const Trace> watched = *first;
    for (int i = 0; i < 15; ++i) ASSERT_TRUE(session.trace("mini", "b" + std::to_string(i)));
    EXPECT_EQ(session.trace("mini", "a")->get(), first->get());  // still there, and now the most recent
    for (int i = 0; i < 16; ++i) ASSERT_TRUE(session.trace("mini", "c" + std::to_string(i)));
    EXPECT_NE(session.trace("mini", "a")->get(), first->get());
    EXPECT_FALSE(watched.expired());  // whoever holds it keeps it
}

TEST_F(SessionTest, RandomModelsAreTheirSeed) {
    Session session(dir_);
    const auto one = session.model("random"), also = session.model("random:1"), two = session.model("random:2");
    ASSERT_TRUE(one && also && two);
    EXPECT_EQ((*one)->model.hash, (*also)->model.hash);
    EXPECT_NE((*one)->model.hash, (*two)->model.hash);
    EXPECT_FALSE((*one)->model.hash.empty());
    for (const char* bad : {"random:", "random:x", "random:-1", "random:1x", "random:99999999999999999999"}) {
        const auto r = session.model(bad);
        ASSERT_FALSE(r) << bad;
        EXPECT_EQ(r.error().code, "model_seed");
    }
}

TEST_F(SessionTest, ADirectoryIsAModelToo) {
    Session session(dir_);
    const auto r = session.model((dir_ / "models" / "mini").string());
    ASSERT_TRUE(r);
    EXPECT_EQ((*r)->model.hash, (*session.model("mini"))->model.hash);
}

TEST_F(SessionTest, FailuresAreNamedAndNotKept) {
    Session session(dir_);
    const auto missing = session.model("minni");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, "model_unknown");
    EXPECT_THAT(describe(Lang::kEn, missing.error()), testing::HasSubstr("Did you mean 'mini'?"));
    EXPECT_FALSE(session.model(""));
    make_model("late", 300);
    fs::rename(dir_ / "models" / "late" / "model.safetensors", dir_ / "away");
    EXPECT_FALSE(session.model("late"));
    fs::rename(dir_ / "away", dir_ / "models" / "late" / "model.safetensors");
    EXPECT_TRUE(session.model("late"));
    make_model("small", 200);
    EXPECT_EQ(session.model("small").error().code, "model_vocabulary");
    EXPECT_EQ(session.trace("mini", "").error().code, "empty_prompt");
    EXPECT_EQ(session.trace("mini", std::string(100, 'x')).error().code, "too_long");
    EXPECT_TRUE(session.trace("mini", "x"));
}

TEST_F(SessionTest, ManyThreadsShareOneModel) {
    Session session(dir_);
    std::vector<const LoadedModel*> seen(8);
    std::vector<const Trace*> traces(8);
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < seen.size(); ++i) {
            threads.emplace_back([&, i] {
                const auto m = session.model("mini");
                const auto t = session.trace("mini", i % 2 == 0 ? "湖南" : "大学");
                if (m && t) seen[i] = m->get(), traces[i] = t->get();
            });
        }
    }
    for (std::size_t i = 0; i < seen.size(); ++i) {
        EXPECT_NE(seen[i], nullptr);
        EXPECT_EQ(seen[i], seen[0]);
        EXPECT_EQ(traces[i], traces[i % 2]);
    }
    EXPECT_NE(traces[0], traces[1]);
}

TEST_F(SessionTest, AssetsAreFoundByVariable) {
    ::setenv("DEEPGLASS_ASSETS", dir_.c_str(), 1);
    const auto found = find_assets();
    ASSERT_TRUE(found);
    EXPECT_EQ(*found, dir_);
    EXPECT_TRUE(Session().model("mini"));
    ::setenv("DEEPGLASS_ASSETS", "/no/such/folder", 1);
    const auto lost = find_assets();
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, "assets_missing");
    EXPECT_EQ(Session().model("mini").error().code, "assets_missing");
    EXPECT_TRUE(Session().model((dir_ / "models" / "mini").string()));  // a folder needs no assets
    ::unsetenv("DEEPGLASS_ASSETS");
}

}  // namespace
}  // namespace dg::viz
