// FP8: encoding against a block quantiser to INT8 of the same loop shape and against the textbook way (frexp and nearbyint for
// every number); a training step with FP8 products against the f32 step; decoding with one byte a weight against f32 on a model
// that no cache holds. One thread.
#include "bench/bench.h"

#include "engine/base/parallel.h"
#include "engine/base/rng.h"
#include "engine/fp8/quantise.h"
#include "engine/fp8/quantise_kernel.h"
#include "engine/model/decode.h"
#include "sim/pretrain/recipe.h"
#include "viz/scenes/session.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>

namespace dg::bench {
namespace {

constexpr std::int64_t kRows = 256, kCols = 512, kTile = 128;  // 512 KB of f32: in the second-level cache

struct Encoding {
    Tensor<float> x{{kRows, kCols}};
    std::vector<std::uint8_t> codes = std::vector<std::uint8_t>(static_cast<std::size_t>(kRows * kCols));
    std::vector<float> scales = std::vector<float>(static_cast<std::size_t>(kRows * kCols / kTile));

    Encoding() {
        Rng rng(1);
        for (std::int64_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(rng.normal());
    }

    /// Rows of tiles: largest magnitudes, scales, codes. `largest`: what amax becomes.
    template <class Encode>
    void run(float largest, const Encode& encode) {
        const fp8::QuantKernels& kern = fp8::quant_kernels();
        constexpr std::int64_t kTiles = kCols / kTile;
        std::int32_t amax[kTiles];
        float inverse[kTiles];
        for (std::int64_t r = 0; r < kRows; ++r) {
            kern.row_max(x.row(r), kCols, kTile, amax);
            for (std::int64_t t = 0; t < kTiles; ++t) {
                const float s = std::max(std::bit_cast<float>(amax[t]), fp8::kAmaxFloor) / largest;
                scales[static_cast<std::size_t>(r * kTiles + t)] = s;
                inverse[t] = 1.0F / s;
            }
            encode(x.row(r), inverse, codes.data() + r * kCols);
        }
    }
};

/// E4M3 as a first program writes it: exponent by frexp, mantissa by nearbyint.
std::uint8_t textbook_code(float x) {
    const float magnitude = std::abs(x);
    if (magnitude == 0) return std::signbit(x) ? 0x80 : 0;
    int exponent = 0;
    std::frexp(magnitude, &exponent);
    exponent = std::max(exponent - 1, -6);
    float rounded = std::nearbyint(std::ldexp(magnitude, 3 - exponent));
    if (rounded >= 16) rounded /= 2, ++exponent;
    const bool subnormal = rounded < 8;
    int code = subnormal ? static_cast<int>(rounded) : ((exponent + 7) << 3) + static_cast<int>(rounded) - 8;
    code = std::min(code, 0x7E);
    return static_cast<std::uint8_t>(code | (std::signbit(x) ? 0x80 : 0));
}

void add_encode() {
    const auto e = std::make_shared<Encoding>();
    const double numbers = static_cast<double>(kRows * kCols);
    const auto e4m3 = [e] {
        const fp8::Grid grid = fp8::grid_of(fp8::Format::kE4M3, true);
        e->run(448.0F, [&](const float* x, const float* inverse, std::uint8_t* codes) { fp8::quant_kernels().encode_row(grid, x, kCols, kTile, inverse, codes); });
    };
    const auto textbook = [e] {
        e->run(448.0F, [&](const float* x, const float* inverse, std::uint8_t* codes) {
            for (std::int64_t i = 0; i < kCols; ++i) codes[i] = textbook_code(x[i] * inverse[i / kTile]);
        });
    };
    // the same codes before anything is timed
    textbook();
    const std::vector<std::uint8_t> expected = e->codes;
    e4m3();
    DG_CHECK(e->codes == expected);
    add("fp8-encode/textbook/reference-frexp-nearbyint", numbers, "number", textbook);
    add("fp8-encode/textbook/deepglass-e4m3", numbers, "number", e4m3);
    add("fp8-encode/int8/reference-int8-blocks", numbers, "number", [e] {
        e->run(127.0F, [](const float* x, const float* inverse, std::uint8_t* codes) { fp8::quant_kernels().encode_int8_row(x, kCols, kTile, inverse, codes); });
    });
    add("fp8-encode/int8/deepglass-e4m3", numbers, "number", e4m3);
}

void add_step() {
    const auto assets = viz::find_assets();
    if (!assets) return;
    const auto recipe = sim::load_recipe(*assets / "recipes" / "mini.toml");
    if (!recipe) return;
    for (const auto& [name, numerics] : {std::pair{"reference-f32", "f32"}, {"bf16", "bf16"}, {"fp8-tile32", "fp8"}, {"fp8-tile128", "fp8,tile=128"}}) {
        TrainSettings settings = recipe->train;
        settings.numerics = *sim::training_numerics(numerics);
        settings.adamw.bf16_moments = settings.numerics.fp8();
        const auto trainer = std::make_shared<Trainer>(random_model(recipe->model, 1), settings);
        TokenBatch batch{4, 256, std::vector<std::int32_t>(1024)};
        for (std::size_t i = 0; i < batch.ids.size(); ++i) batch.ids[i] = static_cast<std::int32_t>((i * 37) % 1000);
        add(std::string("fp8-training/mini/") + name, 1024, "token", [trainer, batch] {
            set_threads(1);
            static_cast<void>(trainer->step({batch}).has_value());
        });
    }
}

/// A model whose weights no cache holds in f32; the bytes are printed as they are counted.
Config large_config() {
    Config c;
    c.vocab_size = 256;
    c.hidden_size = 1024;
    c.intermediate_size = 2816;
    c.num_hidden_layers = 4;
    c.num_attention_heads = c.num_key_value_heads = 8;
    c.kv_lora_rank = 256;
    c.qk_nope_head_dim = 64;
    c.qk_rope_head_dim = 32;
    c.v_head_dim = 64;
    c.max_position_embeddings = 256;
    c.first_k_dense_replace = 4;
    return c;
}

void add_decode_large() {
    const Model<float> model = random_model(large_config(), 1);
    for (const auto& [name, numerics] : {std::pair{"reference-f32", "f32"}, {"bf16", "bf16"}, {"fp8", "fp8"}, {"fp8-tile128", "fp8,tile=128"}}) {
        const auto packed = std::make_shared<PackedModel>(model, *parse_numerics(numerics));
        const PackedModel::Bytes bytes = packed->bytes();
        std::cout << fmt::format("fp8-decode/large/{}: {:.1f} MB for {:.1f} M numbers of the Linears\n", name, static_cast<double>(bytes.linear) / 1e6,
                                 static_cast<double>(bytes.linear_numbers) / 1e6);
        const auto decoder = std::make_shared<Decoder>(*packed);
        add(std::string("fp8-decode/large/") + name, 1, "token", [packed, decoder] {
            set_threads(1);
            const std::int32_t id = static_cast<std::int32_t>(decoder->length() % 200);
            if (decoder->length() == 64) decoder->truncate(32);
            static_cast<void>(decoder->append({&id, 1}).has_value());
        });
    }
}

}  // namespace

void add_fp8() {
    add_encode();
    add_step();
    add_decode_large();
}

}  // namespace dg::bench
