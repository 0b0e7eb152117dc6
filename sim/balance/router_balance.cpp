#include "sim/balance/router_balance.h"

#include "engine/base/mathfn.h"
#include "engine/base/rng.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dg::sim {
namespace {

/// Scores [tokens][experts] of one step.
void draw_scores(const RouterBalance& r, std::int64_t step, const std::vector<double>& vectors, const std::vector<double>& offsets, std::vector<double>& scores) {
    Rng rng = Rng::keyed(r.seed, "balance tokens", static_cast<std::uint64_t>(step));
    std::vector<double> x(static_cast<std::size_t>(r.width));
    for (std::int64_t t = 0; t < r.tokens; ++t) {
        for (double& v : x) v = rng.normal();
        for (std::int64_t e = 0; e < r.experts; ++e) {
            double z = offsets[static_cast<std::size_t>(e)];
            for (std::int64_t i = 0; i < r.width; ++i) z += x[static_cast<std::size_t>(i)] * vectors[static_cast<std::size_t>(e * r.width + i)];
            scores[static_cast<std::size_t>(t * r.experts + e)] = 1 / (1 + dg::exp(-z));
        }
    }
}

std::vector<double> count_load(const RouterBalance& r, const std::vector<double>& scores, const std::vector<double>& bias) {
    std::vector<double> load(static_cast<std::size_t>(r.experts));
    std::vector<std::size_t> order(load.size());
    std::vector<double> choice(load.size());
    for (std::int64_t t = 0; t < r.tokens; ++t) {
        for (std::size_t e = 0; e < load.size(); ++e) choice[e] = scores[static_cast<std::size_t>(t) * load.size() + e] + bias[e];
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::partial_sort(order.begin(), order.begin() + r.top_k, order.end(), [&](std::size_t a, std::size_t b) { return choice[a] != choice[b] ? choice[a] > choice[b] : a < b; });
        for (std::int64_t k = 0; k < r.top_k; ++k) ++load[order[static_cast<std::size_t>(k)]];
    }
    const double mean = static_cast<double>(r.tokens * r.top_k) / static_cast<double>(r.experts);
    for (double& n : load) n /= mean;
    return load;
}

}  // namespace

double BalanceRun::late(std::size_t n) const {
    n = std::min(n, max_vio.size());
    return n == 0 ? NAN : std::accumulate(max_vio.end() - static_cast<std::ptrdiff_t>(n), max_vio.end(), 0.0) / static_cast<double>(n);
}

Result<std::vector<BalanceRun>> run_router_balance(const RouterBalance& r, const std::function<bool(double)>& keep_going) {
    Rng rng = Rng::keyed(r.seed, "balance experts");
    std::vector<double> vectors(static_cast<std::size_t>(r.experts * r.width)), offsets(static_cast<std::size_t>(r.experts));
    for (double& v : vectors) v = rng.normal() / std::sqrt(static_cast<double>(r.width));
    for (double& v : offsets) v = r.offset * rng.normal();
    std::vector<BalanceRun> runs;
    for (const double speed : r.speeds) runs.push_back({speed, {}, {}, {}, std::vector<double>(offsets.size())});
    std::vector<double> scores(static_cast<std::size_t>(r.tokens * r.experts));
    for (std::int64_t step = 0; step < r.steps; ++step) {
        if (!keep_going(static_cast<double>(step) / static_cast<double>(r.steps))) return Error{"cancelled", {}, {}};
        draw_scores(r, step, vectors, offsets, scores);
        for (BalanceRun& run : runs) {
            const std::vector<double> load = count_load(r, scores, run.bias);
            run.max_vio.push_back(*std::ranges::max_element(load) - 1);
            if (step == 0) run.first_load = load;
            run.last_load = load;
            for (std::size_t e = 0; e < load.size(); ++e) run.bias[e] += load[e] < 1 ? run.speed : load[e] > 1 ? -run.speed : 0;
        }
    }
    return runs;
}

}  // namespace dg::sim
