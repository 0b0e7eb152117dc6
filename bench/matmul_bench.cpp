// y = x W^T against Eigen (our former kernel and the distribution's) and the plain loop, one thread.
#include "bench/bench.h"

#include "engine/base/parallel.h"
#include "engine/base/rng.h"
#include "engine/tensor/matmul.h"

#include <Eigen/Core>
#include <fmt/format.h>

#include <memory>

namespace dg::bench {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

struct Problem {
    Tensor<float> x, w, y;
};

std::shared_ptr<Problem> make(std::int64_t m, std::int64_t k, std::int64_t n) {
    auto p = std::make_shared<Problem>(Problem{Tensor<float>({m, k}), Tensor<float>({n, k}), Tensor<float>({m, n})});
    Rng rng(1);
    for (std::int64_t i = 0; i < p->x.size(); ++i) p->x[i] = static_cast<float>(rng.normal());
    for (std::int64_t i = 0; i < p->w.size(); ++i) p->w[i] = static_cast<float>(rng.normal());
    return p;
}

}  // namespace

void add_matmul() {
    Eigen::setCpuCacheSizes(32768, 262144, 2097152);
    const std::int64_t shapes[][3] = {{256, 128, 128}, {256, 128, 512}, {1024, 128, 128}, {1024, 512, 512}, {64, 128, 128}, {256, 128, 64}};
    for (const auto& [m, k, n] : shapes) {
        const auto p = make(m, k, n);
        const double flops = 2.0 * static_cast<double>(m) * static_cast<double>(k) * static_cast<double>(n);
        const std::string name = fmt::format("matmul/{}x{}x{}/", m, k, n);
        add(name + "reference-eigen", flops, "flop", [p] {
            const Eigen::Map<const Matrix> x(p->x.data(), p->x.rows(), p->x.cols()), w(p->w.data(), p->w.rows(), p->w.cols());
            Eigen::Map<Matrix>(p->y.data(), p->y.rows(), p->y.cols()).noalias() = x * w.transpose();
        });
        add(name + "deepglass", flops, "flop", [p] {
            set_threads(1);
            matmul(cview(p->x), cview(p->w).transposed(), view(p->y));
        });
        add(name + "loop", flops, "flop", [p] { matmul_reference(cview(p->x), cview(p->w).transposed(), view(p->y)); });
    }
}

}  // namespace dg::bench
