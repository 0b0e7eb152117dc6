// Decoding and prompts of mini's shape against a floor: nothing but the same weights' products (matrix times vector for
// decoding, Eigen products for a prompt), without attention, norms or routing. One thread.
#include "bench/bench.h"

#include "engine/base/parallel.h"
#include "engine/model/decode.h"
#include "engine/tensor/matmul.h"
#include "sim/pretrain/recipe.h"
#include "viz/scenes/session.h"

#include <Eigen/Core>

#include <memory>

namespace dg::bench {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

struct Setup {
    Model<float> model;
    PackedModel packed;
    std::vector<PackedMatrix<float>> matrices;  // what one token multiplies
    std::vector<Tensor<float>> plain;
    std::vector<float> x, y;

    explicit Setup(const Config& config) : model(random_model(config, 1)), packed(model), x(4096, 0.1F), y(4096) {
        for (const auto& [name, w] : model.weights.tensors) {
            if (w.rank() != 2 || name == "model.embed_tokens.weight" || name.find(".layers." + std::to_string(config.num_hidden_layers)) != std::string::npos) continue;
            const auto at = name.find(".experts.");
            // the chosen experts: the first ones stand for any
            if (at != std::string::npos && std::stoll(name.substr(at + 9)) >= config.num_experts_per_tok) continue;
            matrices.emplace_back(cview(w).transposed());
            plain.push_back(w);
        }
    }
};

}  // namespace

void add_decode() {
    const auto assets = viz::find_assets();
    if (!assets) return;
    const auto recipe = sim::load_recipe(*assets / "recipes" / "mini.toml");
    if (!recipe) return;
    const auto s = std::make_shared<Setup>(recipe->model);
    add("decode/mini/reference-products", 1, "token", [s] {
        for (const auto& m : s->matrices) m.multiply_row(s->x.data(), s->y.data());
    });
    const auto decoder = std::make_shared<Decoder>(s->packed);
    add("decode/mini/deepglass", 1, "token", [s, decoder] {
        set_threads(1);
        const std::int32_t id = static_cast<std::int32_t>(17 + decoder->length() % 900);
        if (decoder->length() == 160) decoder->truncate(96);
        static_cast<void>(decoder->append({&id, 1}).has_value());
    });
    constexpr std::int64_t kPrompt = 256;
    add("prompt/mini-256/reference-eigen-products", kPrompt, "token", [s] {
        Matrix x = Matrix::Constant(kPrompt, 1, 0.1F), y;
        for (const auto& w : s->plain) {
            x.setConstant(kPrompt, w.cols(), 0.1F);
            y.noalias() = x * Eigen::Map<const Matrix>(w.data(), w.rows(), w.cols()).transpose();
        }
    });
    add("prompt/mini-256/deepglass", kPrompt, "token", [s] {
        Decoder fresh(s->packed);
        std::vector<std::int32_t> ids;
        for (std::int32_t i = 0; i < kPrompt; ++i) ids.push_back(10 + i);
        static_cast<void>(fresh.append(ids).has_value());
    });
}

}  // namespace dg::bench
