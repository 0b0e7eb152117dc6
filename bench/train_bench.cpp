// One training step of mini's shape (forward, backward, AdamW; MTP included) against a floor: Eigen's products for the same
// weights, forward and twice backward, one thread each; and our step on all threads.
#include "bench/bench.h"

#include "engine/base/parallel.h"
#include "sim/pretrain/batches.h"
#include "viz/scenes/session.h"

#include <Eigen/Core>

#include <memory>
#include <thread>

namespace dg::bench {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

struct Setup {
    Trainer trainer;
    TokenBatch batch;
    std::vector<std::pair<Matrix, Eigen::Index>> floor;  // weight and the rows that meet it
};

Setup make(const sim::Recipe& recipe) {
    TokenBatch batch{4, 256, std::vector<std::int32_t>(1024)};
    for (std::size_t i = 0; i < batch.ids.size(); ++i) batch.ids[i] = static_cast<std::int32_t>((i * 37) % 1000);
    Setup s{Trainer(random_model(recipe.model, 1), recipe.train), batch, {}};
    const Eigen::Index tokens = 1024;
    for (const auto& [name, w] : s.trainer.model().weights.tensors) {
        if (w.rank() != 2 || name == "model.embed_tokens.weight") continue;
        const bool routed = name.find(".experts.") != std::string::npos;
        const Eigen::Index rows = routed ? tokens * recipe.model.num_experts_per_tok / recipe.model.n_routed_experts : tokens;
        s.floor.emplace_back(Eigen::Map<const Matrix>(w.data(), w.rows(), w.cols()), name == "lm_head.weight" ? 2 * rows : rows);
    }
    return s;
}

}  // namespace

void add_training() {
    const auto assets = viz::find_assets();
    if (!assets) return;
    const auto recipe = sim::load_recipe(*assets / "recipes" / "mini.toml");
    if (!recipe) return;
    const auto s = std::make_shared<Setup>(make(*recipe));
    add("training/mini/reference-eigen-products", 1024, "token", [s] {
        Matrix x, y, dx, dw;
        for (const auto& [w, rows] : s->floor) {
            x.setConstant(rows, w.cols(), 0.1F);
            y.noalias() = x * w.transpose();
            dx.noalias() = y * w;
            dw.noalias() = y.transpose() * x;
        }
    });
    add("training/mini/deepglass-1-thread", 1024, "token", [s] {
        set_threads(1);
        static_cast<void>(s->trainer.step({s->batch}).has_value());
    });
    add("training/mini/deepglass-all-threads", 1024, "token", [s] {
        set_threads(static_cast<int>(std::thread::hardware_concurrency()));
        static_cast<void>(s->trainer.step({s->batch}).has_value());
    });
}

}  // namespace dg::bench
