// What test-time compute has closed forms for: majority votes and pass@k of independent samples, and the equation of the "aha"
// excerpt with its verifier.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace dg::sim {

/// Probability that more than half of n independent voters who are each right with probability p are right; a tie counts half.
/// Exact: the binomial distribution by convolution. O(n^2).
double majority(double p, std::int64_t n);
/// 1 - (1 - p)^k: at least one of k samples is right.
double pass_at(double p, std::int64_t k);

/// Shares over `trials` simulated votes of n coins (a tie counts half), and over `trials` tries of k coins, at least one right.
struct CoinShares {
    double majority = 0, pass = 0;
};
CoinShares throw_coins(double p, std::int64_t n, std::int64_t trials, std::uint64_t seed);

/// How often the most frequent of n consecutive answers is the right one (ties share), and how often at least one of them is
/// right: means over the disjoint groups of n. Answers: -1 = none, never elected.
struct VoteShares {
    double vote = 0, pass = 0;
    std::int64_t groups = 0;
};
VoteShares vote_shares(std::span<const int> answers, int right, std::int64_t n);

/// A root of x^4 - 2 a x^2 - x + a^2 - a = (x^2 - x - a)(x^2 + x + 1 - a), what sqrt(a - sqrt(a + x)) = x becomes when it is squared
/// twice (R1, arXiv 2501.12948, table 3).
struct AhaRoot {
    double x = 0;
    double quartic = 0;   // the quartic there: 0 but for rounding
    double left = 0;      // sqrt(a - sqrt(a + x)); NaN when a root of a negative number would be needed
    double residual = 0;  // left - x
    bool valid = false;   // |residual| < 1e-9 * max(1, |x|)
    bool outer_plus = false, inner_plus = false;  // x = (+|-) sqrt(a (+|-) sqrt(a + x)) holds with these signs
};

/// Real roots, in rising order: none for a < -1/4, two up to 3/4, then four (equal ones twice).
std::vector<AhaRoot> aha_roots(double a);
/// (+|-) sqrt(a (+|-) sqrt(a + x)); NaN where it is not real. With + and -: the equation's left side.
double aha_branch(double a, double x, bool outer_plus, bool inner_plus);
/// (sqrt(4 a - 3) - 1) / 2, the solution for a >= 1.
double aha_solution(double a);

}  // namespace dg::sim
