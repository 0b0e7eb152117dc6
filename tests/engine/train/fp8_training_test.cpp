// Training with low-precision products: the three GEMMs as deepseek-math 10 has them, held to plain code; f32 untouched.
#include "engine/base/parallel.h"
#include "engine/base/rng.h"
#include "engine/io/safetensors.h"
#include "engine/ops/ops.h"
#include "tests/engine/train/train_testing.h"

#include <cmath>

namespace dg {
namespace {

using fp8::QuantSpec;

Tensor<float> random_matrix(Shape shape, const char* purpose) {
    Tensor<float> t(std::move(shape));
    Rng rng = Rng::keyed(4, purpose);
    for (std::int64_t i = 0; i < t.size(); ++i) t[i] = static_cast<float>(rng.normal());
    return t;
}

struct Gradients2 {
    Tensor<float> y, dx, dw;
};

Gradients2 run_op(const Tensor<float>& x, const Tensor<float>& w, const Tensor<float>& dy, const Numerics& numerics, ops::QuantisedInput input) {
    Tape<float> tape(Tape<float>::Mode::kTrain);
    const TensorId a = tape.input("x", x), b = tape.weight("w", w);
    const TensorId y = ops::quantised_linear(tape, a, b, numerics, input, nullptr, "y");
    const Tensor<float> value = tape.value(y);
    tape.backward_from(std::vector<std::pair<TensorId, Tensor<float>>>{{y, dy}});
    return {value, tape.grad(a), tape.grad(b)};
}

void expect_product(const Tensor<float>& got, const Tensor<float>& a, bool a_transposed, const Tensor<float>& b, bool b_transposed, const char* what) {
    const std::int64_t rows = a_transposed ? a.cols() : a.rows(), depth = a_transposed ? a.rows() : a.cols(), cols = b_transposed ? b.rows() : b.cols();
    ASSERT_EQ(got.rows(), rows) << what;
    ASSERT_EQ(got.cols(), cols) << what;
    for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t c = 0; c < cols; ++c) {
            float sum = 0;
            for (std::int64_t k = 0; k < depth; ++k) sum = std::fma(a_transposed ? a.row(k)[r] : a.row(r)[k], b_transposed ? b.row(c)[k] : b.row(k)[c], sum);
            ASSERT_EQ(got.row(r)[c], sum) << what << " " << r << "," << c;
        }
}

TEST(Fp8Training, ThreeProductsAsDescribed) {
    const Tensor<float> x = random_matrix({70, 50}, "x"), w = random_matrix({45, 50}, "w"), dy = random_matrix({70, 45}, "dy");
    const Numerics n = *parse_numerics("fp8,tile=16");
    const Gradients2 g = run_op(x, w, dy, n, ops::QuantisedInput::kQuantised);
    const Tensor<float> wq = fp8::fake_quantise(w, {.tile_rows = 16, .tile_cols = 16});
    const Tensor<float> xq = fp8::fake_quantise(x, {.tile_rows = 1, .tile_cols = 16});
    expect_product(g.y, xq, false, wq, true, "Fprop");
    expect_product(g.dx, fp8::fake_quantise(dy, {.tile_rows = 1, .tile_cols = 16}), false, wq, false, "Dgrad");
    // the inner dimension of Wgrad is the tokens; X is the cached FP8 copy, laid anew
    expect_product(g.dw, fp8::fake_quantise(dy, {.tile_rows = 16, .tile_cols = 1}), true, fp8::fake_quantise(xq, {.tile_rows = 16, .tile_cols = 1}), false, "Wgrad");
}

TEST(Fp8Training, AttentionOutputIsKeptInE5m6) {
    const Tensor<float> x = random_matrix({40, 32}, "x"), w = random_matrix({24, 32}, "w"), dy = random_matrix({40, 24}, "dy");
    const Numerics n = *parse_numerics("fp8,tile=16");
    const Gradients2 g = run_op(x, w, dy, n, ops::QuantisedInput::kAttentionOutput);
    Tensor<float> kept(x.shape());
    fp8::fake_quantise_e5m6(x.data(), 40, 32, 16, kept.data());
    expect_product(g.dw, fp8::fake_quantise(dy, {.tile_rows = 16, .tile_cols = 1}), true, fp8::fake_quantise(kept, {.tile_rows = 16, .tile_cols = 1}), false, "Wgrad");
}

TEST(Fp8Training, PerTensorRawAndBf16) {
    const Tensor<float> x = random_matrix({20, 30}, "x"), w = random_matrix({10, 30}, "w"), dy = random_matrix({20, 10}, "dy");
    for (const char* text : {"fp8-tensor", "fp8-raw"}) {
        const QuantSpec spec{.tile_rows = 0, .tile_cols = 0, .scaled = std::string(text) != "fp8-raw"};
        const Gradients2 g = run_op(x, w, dy, *parse_numerics(text), ops::QuantisedInput::kQuantised);
        const Tensor<float> xq = fp8::fake_quantise(x, spec), wq = fp8::fake_quantise(w, spec), dq = fp8::fake_quantise(dy, spec);
        expect_product(g.y, xq, false, wq, true, text);
        expect_product(g.dx, dq, false, wq, false, text);
        expect_product(g.dw, dq, true, fp8::fake_quantise(xq, spec), false, text);
    }
    const Gradients2 g = run_op(x, w, dy, *parse_numerics("bf16"), ops::QuantisedInput::kQuantised);
    Tensor<float> xq = x, wq = w, dq = dy;
    for (Tensor<float>* t : {&xq, &wq, &dq}) fp8::round_bf16(t->data(), t->size(), t->data());
    expect_product(g.dw, dq, true, xq, false, "bf16");
}

Config small_config() {
    Config c = counting_config();
    c.hidden_size = 40;
    c.intermediate_size = 48;
    c.moe_intermediate_size = 24;
    c.n_routed_experts = 4;
    return c;
}

TokenBatch batch(std::int64_t step, std::int64_t rows = 4) { return counting("fp8_training_test", step, rows); }

Trainer make_trainer(const char* numerics, double loss_scale = 1, bool bf16_moments = false) {
    TrainSettings s;
    s.schedule = {60, 4, 1e-2, 0.6, 0.05};
    s.numerics = *parse_numerics(numerics);
    s.loss_scale = loss_scale;
    s.adamw.bf16_moments = bf16_moments;
    return Trainer(random_model(small_config(), 5), s);
}

double last_loss(Trainer& trainer, int steps, std::int64_t rows = 4) {
    double loss = 0;
    for (int i = 0; i < steps; ++i) loss = trainer.step({batch(i, rows)})->loss;
    return loss;
}

/// Rows of a batch of 1024 tokens, as the recorded runs have: gradients of the mean loss shrink with their number.
constexpr std::int64_t kRecordRows = 64;

TEST(Fp8TrainingSlow, LearnsAsF32DoesAndRawCastDoesNot) {
    Trainer exact = make_trainer("f32"), tiles = make_trainer("fp8", 1, true), raw = make_trainer("fp8-raw"), rescued = make_trainer("fp8-raw", 4096);
    const auto train = [](Trainer& t) { return last_loss(t, 50, kRecordRows); };
    const double f32 = train(exact), fp8 = train(tiles), cast = train(raw), scaled = train(rescued);
    EXPECT_LT(f32, 0.01);
    EXPECT_NEAR(fp8, f32, 0.2 * f32);
    // embedding and head, which stay f32, learn to count without any help of the layers between; those stand still
    EXPECT_GT(cast, 10 * f32);
    EXPECT_NEAR(scaled, f32, 0.5 * f32);
    EXPECT_FALSE(same_weights(exact, tiles));
}

TEST(Fp8Training, GradientsVanishInARawCast) {
    Trainer raw = make_trainer("fp8-raw"), rescued = make_trainer("fp8-raw", 4096);
    ASSERT_TRUE(raw.step({batch(0, kRecordRows)}));
    ASSERT_TRUE(rescued.step({batch(0, kRecordRows)}));
    const auto zeros = [](const Trainer& t) {
        std::int64_t n = 0, all = 0;
        for (const auto& [name, g] : t.gradients())
            if (name.ends_with("down_proj.weight"))
                for (const float x : g.values()) n += x == 0 ? 1 : 0, ++all;
        return static_cast<double>(n) / static_cast<double>(all);
    };
    EXPECT_GT(zeros(raw), 0.9);
    EXPECT_LT(zeros(rescued), 0.2);
}

TEST(Fp8Training, LossScaleOfAPowerOfTwoLeavesF32AsItIs) {
    Trainer plain = make_trainer("f32"), scaled = make_trainer("f32", 4096);
    last_loss(plain, 5);
    last_loss(scaled, 5);
    EXPECT_TRUE(same_weights(plain, scaled));
}

TEST(Fp8Training, MomentsAreStoredInBf16MasterWeightsAreNot) {
    Trainer trainer = make_trainer("fp8", 1, true);
    last_loss(trainer, 3);
    const std::string file = ::testing::TempDir() + "fp8_training_checkpoint.safetensors";
    ASSERT_TRUE(trainer.save(file));
    const auto content = read_safetensors(file);
    ASSERT_TRUE(content);
    bool weights_are_finer = false;
    std::int64_t moments = 0;
    for (const auto& [name, raw] : content->tensors) {
        const Tensor<float> t = raw.to_float();
        for (const float x : t.values()) {
            if (name[0] != 'w') { ASSERT_EQ(fp8::round_bf16(x), x) << name; }
            moments += name[0] != 'w' && x != 0 ? 1 : 0;
            weights_are_finer = weights_are_finer || (name[0] == 'w' && fp8::round_bf16(x) != x);
        }
    }
    EXPECT_GT(moments, 1000);
    EXPECT_TRUE(weights_are_finer);
    // and a run goes on bit for bit
    Trainer again = make_trainer("fp8", 1, true);
    ASSERT_TRUE(again.restore(file));
    ASSERT_TRUE(again.step({batch(3)}));
    ASSERT_TRUE(trainer.step({batch(3)}));
    EXPECT_TRUE(same_weights(trainer, again));
}

TEST(Fp8Training, SameBitsAtAnyThreadCount) {
    const int before = threads();
    set_threads(1);
    Trainer one = make_trainer("fp8");
    last_loss(one, 3);
    for (const int n : {2, 3, 8}) {
        set_threads(n);
        Trainer many = make_trainer("fp8");
        last_loss(many, 3);
        EXPECT_TRUE(same_weights(one, many)) << n;
    }
    set_threads(before);
}

}  // namespace
}  // namespace dg
