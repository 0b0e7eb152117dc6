#include "sim/reasoner/test_time_theory.h"

#include "engine/base/rng.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dg::sim {
namespace {

/// How one group of answers votes: the right digit's share of the seat, 0 when another has more.
double seat(std::span<const int> answers, int right) {
    std::array<std::int64_t, 10> count{};
    for (const int a : answers) {
        if (a >= 0 && a < 10) ++count[static_cast<std::size_t>(a)];
    }
    const std::int64_t most = *std::ranges::max_element(count);
    if (most == 0 || count[static_cast<std::size_t>(right)] < most) return 0;
    return 1 / static_cast<double>(std::ranges::count(count, most));
}

}  // namespace

double majority(double p, std::int64_t n) {
    std::vector<double> right = {1};  // right[k]: probability of k right ones so far
    for (std::int64_t i = 0; i < n; ++i) {
        right.push_back(0);
        for (std::size_t k = right.size() - 1; k > 0; --k) right[k] = right[k] * (1 - p) + right[k - 1] * p;
        right[0] *= 1 - p;
    }
    double sum = 0;
    for (std::size_t k = 0; k < right.size(); ++k) {
        const auto twice = static_cast<std::int64_t>(2 * k);
        sum += twice > n ? right[k] : twice == n ? right[k] / 2 : 0;
    }
    return sum;
}

double pass_at(double p, std::int64_t k) {
    double none = 1;
    for (std::int64_t i = 0; i < k; ++i) none *= 1 - p;
    return 1 - none;
}

CoinShares throw_coins(double p, std::int64_t n, std::int64_t trials, std::uint64_t seed) {
    CoinShares shares;
    for (std::int64_t t = 0; t < trials; ++t) {
        Rng rng = Rng::keyed(seed, "coin vote", static_cast<std::uint64_t>(n), static_cast<std::uint64_t>(t));
        std::int64_t right = 0;
        for (std::int64_t i = 0; i < n; ++i) right += rng.uniform() < p ? 1 : 0;
        shares.majority += 2 * right > n ? 1 : 2 * right == n ? 0.5 : 0;
        shares.pass += right > 0 ? 1 : 0;
    }
    shares.majority /= static_cast<double>(trials), shares.pass /= static_cast<double>(trials);
    return shares;
}

VoteShares vote_shares(std::span<const int> answers, int right, std::int64_t n) {
    VoteShares s;
    const auto size = static_cast<std::size_t>(n);
    for (std::size_t first = 0; first + size <= answers.size(); first += size, ++s.groups) {
        const auto group = answers.subspan(first, size);
        s.vote += seat(group, right);
        s.pass += std::ranges::find(group, right) != group.end() ? 1 : 0;
    }
    if (s.groups > 0) s.vote /= static_cast<double>(s.groups), s.pass /= static_cast<double>(s.groups);
    return s;
}

double aha_solution(double a) { return (std::sqrt(4 * a - 3) - 1) / 2; }

double aha_branch(double a, double x, bool outer_plus, bool inner_plus) {
    constexpr double kNotReal = std::numeric_limits<double>::quiet_NaN();
    if (a + x < 0) return kNotReal;
    const double inner = a + (inner_plus ? 1 : -1) * std::sqrt(a + x);
    if (inner < 0) return kNotReal;
    return (outer_plus ? 1 : -1) * std::sqrt(inner);
}

std::vector<AhaRoot> aha_roots(double a) {
    std::vector<double> xs;
    const auto add = [&](double sum, double discriminant) {  // of x^2 - sum x + ...
        if (discriminant < 0) return;
        xs.push_back((sum - std::sqrt(discriminant)) / 2), xs.push_back((sum + std::sqrt(discriminant)) / 2);
    };
    add(1, 1 + 4 * a), add(-1, 4 * a - 3);
    std::ranges::sort(xs);
    std::vector<AhaRoot> roots;
    for (const double x : xs) {
        AhaRoot r{.x = x};
        r.quartic = (x * x - a) * (x * x - a) - (a + x);
        r.left = aha_branch(a, x, true, false);
        r.residual = r.left - x;
        r.valid = std::abs(r.residual) < 1e-9 * std::max(1.0, std::abs(x));
        r.outer_plus = x >= 0, r.inner_plus = x * x - a > 0;
        roots.push_back(r);
    }
    return roots;
}

}  // namespace dg::sim
