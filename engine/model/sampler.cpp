#include "engine/model/sampler.h"

#include "engine/base/check.h"
#include "engine/base/mathfn.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace dg {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Result<void> check_settings(const SampleSettings& s) {
    if (!(s.temperature >= 0) || !std::isfinite(s.temperature)) {
        return Error{"sample_temperature", {{"value", fmt::format("{}", s.temperature)}}, ""};
    }
    if (s.top_k < 0) return Error{"sample_top_k", {{"value", fmt::format("{}", s.top_k)}}, ""};
    if (!(s.top_p > 0 && s.top_p <= 1)) return Error{"sample_top_p", {{"value", fmt::format("{}", s.top_p)}}, ""};
    return {};
}

/// The largest logit, or the error.
Result<double> largest(std::span<const float> logits) {
    double most = -kInfinity;
    for (std::size_t i = 0; i < logits.size(); ++i) {
        const double x = logits[i];
        if (std::isnan(x) || x == kInfinity) return Error{"sample_logits", {{"index", fmt::format("{}", i)}}, ""};
        most = std::max(most, x);
    }
    if (most == -kInfinity) return Error{"sample_logits", {{"index", "–"}}, ""};
    return most;
}

/// Softmax of logits / temperature. The largest is subtracted before dividing, so a tiny temperature stays finite.
std::vector<double> softmax(std::span<const double> logits, double temperature, double most) {
    std::vector<double> p(logits.size(), 0.0);
    if (temperature == 0) {
        p[static_cast<std::size_t>(std::ranges::max_element(logits) - logits.begin())] = 1;
        return p;
    }
    double sum = 0;
    for (std::size_t i = 0; i < p.size(); ++i) {
        const double z = logits[i] - most;
        p[i] = z == -kInfinity ? 0 : dg::exp(z / temperature);
        sum += p[i];
    }
    for (double& x : p) x /= sum;
    return p;
}

/// How many of `order` reach a total of top_p. A total short of it by rounding alone counts as reached.
std::int64_t reach(const SampleStages& s, double top_p) {
    const auto n = static_cast<std::int64_t>(s.order.size());
    if (top_p >= 1) return n;
    double total = 0;
    for (std::int64_t i = 0; i < n; ++i) {
        total += s.probs[static_cast<std::size_t>(s.order[static_cast<std::size_t>(i)])];
        if (total >= top_p - 1e-12) return i + 1;
    }
    return n;
}

}  // namespace

Result<SampleStages> sample_stages(std::span<const float> logits, const SampleSettings& settings) {
    DG_TRY(check_settings(settings));
    DG_ASSIGN(const double most, largest(logits));
    SampleStages s;
    s.logits.assign(logits.begin(), logits.end());
    s.scaled = s.logits;
    if (settings.temperature > 0) {
        for (double& x : s.scaled) x /= settings.temperature;
    }
    s.probs = softmax(s.logits, settings.temperature, most);

    // by logit, not by probability: two tokens may both have underflowed to 0
    s.order.resize(logits.size());
    std::iota(s.order.begin(), s.order.end(), 0);
    std::ranges::stable_sort(s.order, [&](std::int32_t a, std::int32_t b) {
        return s.logits[static_cast<std::size_t>(a)] > s.logits[static_cast<std::size_t>(b)];
    });

    const auto n = static_cast<std::int64_t>(logits.size());
    s.cut_k = settings.top_k == 0 ? n : std::min(settings.top_k, n);
    s.cut_p = reach(s, settings.top_p);
    s.kept.assign(logits.size(), 0.0);
    for (std::int64_t i = 0; i < s.keep(); ++i) {
        const auto id = static_cast<std::size_t>(s.order[static_cast<std::size_t>(i)]);
        s.kept[id] = s.probs[id];
        s.kept_mass += s.probs[id];
    }
    for (double& p : s.kept) p /= s.kept_mass;
    return s;
}

std::int32_t sample(const SampleStages& stages, double u) {
    DG_CHECK(u >= 0 && u < 1);
    double end = 0;
    std::int32_t last = stages.order.at(0);
    for (std::int64_t i = 0; i < stages.keep(); ++i) {
        const std::int32_t id = stages.order[static_cast<std::size_t>(i)];
        const double p = stages.kept[static_cast<std::size_t>(id)];
        end += p;
        if (u < end) return id;
        if (p > 0) last = id;  // the sum may stop a rounding error short of 1
    }
    return last;
}

double slice_begin(const SampleStages& stages, std::int64_t rank) {
    DG_CHECK(rank >= 0 && rank <= stages.keep());
    double begin = 0;
    for (std::int64_t i = 0; i < rank; ++i) {
        begin += stages.kept[static_cast<std::size_t>(stages.order[static_cast<std::size_t>(i)])];
    }
    return begin;
}

double log_probability(std::span<const float> logits, std::int32_t id) {
    const double top = *std::ranges::max_element(logits);
    double sum = 0;
    for (const float z : logits) sum += dg::exp(static_cast<double>(z) - top);
    return static_cast<double>(logits[static_cast<std::size_t>(id)]) - top - dg::log(sum);
}

double entropy_nats(std::span<const double> probs) {
    double h = 0;
    for (const double p : probs) {
        if (p > 0) h -= p * dg::log(p);
    }
    return h;
}

}  // namespace dg
