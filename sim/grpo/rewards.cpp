// Rewards by rule, and advantages from them.
#include "sim/grpo/grpo.h"

#include <algorithm>
#include <cmath>

namespace dg::sim {
namespace {

constexpr double kEps = 1e-8;

}  // namespace

std::vector<double> group_advantages(std::span<const double> rewards) {
    std::vector<double> a(rewards.size(), 0.0);
    // equal rewards: no advantage at all, not rounding noise divided by 1e-8
    if (rewards.empty() || std::ranges::all_of(rewards, [&](double r) { return r == rewards[0]; })) return a;
    const auto n = static_cast<double>(rewards.size());
    double mean = 0, variance = 0;
    for (const double r : rewards) mean += r / n;
    for (const double r : rewards) variance += (r - mean) * (r - mean) / n;
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = (rewards[i] - mean) / (std::sqrt(variance) + kEps);
    return a;
}

double outcome_reward(Reward kind, const Problem& problem, std::string_view response) {
    const Score s = score(problem, response);
    const double format = s.format ? 1.0 : 0.0;
    switch (kind) {
        case Reward::kFormat: return format;
        case Reward::kLength: return static_cast<double>(response.size()) / static_cast<double>(kMaxResponse) + kFormatReward * format;
        case Reward::kAccuracy:
        case Reward::kProcess: break;
    }
    return (s.correct ? 1.0 : 0.0) + kFormatReward * format;
}

std::vector<std::pair<std::size_t, double>> step_rewards(const Problem& problem, std::string_view response) {
    std::vector<std::pair<std::size_t, double>> steps;
    const auto digit = [&](std::size_t i) { return i < response.size() && response[i] >= '0' && response[i] <= '9'; };
    const std::size_t end = std::min(response.find_first_of("#?"), response.size());
    int total = problem.digits[0];
    for (std::size_t i = 0; i + 4 <= end;) {
        if (!(response[i] >= 'a' && response[i] <= 'j' && digit(i + 1) && response[i + 2] == '=' && digit(i + 3))) {
            ++i;
            continue;
        }
        const int right = (total + (response[i + 1] - '0')) % 10;
        const bool wait = i + 5 < end && response[i + 4] == 'w' && digit(i + 5);
        const std::size_t last = wait ? i + 5 : i + 3;
        total = response[last] - '0';
        steps.emplace_back(last, total == right ? 1.0 : 0.0);
        i = last + 1;
    }
    if (!response.empty()) steps.emplace_back(response.size() - 1, outcome_reward(Reward::kAccuracy, problem, response));
    return steps;
}

}  // namespace dg::sim
