#include "sim/corpus/writer.h"

#include "engine/base/mathfn.h"

#include <cmath>

namespace dg::sim {

std::size_t RandomChoices::choose(std::span<const double> p) {
    double left = rng_.uniform();
    for (std::size_t i = 0; i + 1 < p.size(); ++i) {
        if (left < p[i]) return i;
        left -= p[i];
    }
    return p.size() - 1;
}

std::size_t RandomChoices::choose_uniform(std::size_t n) {
    return rng_.below(static_cast<std::uint32_t>(n));
}

std::size_t Writer::pick(std::size_t n) {
    DG_CHECK(n > 0);
    if (n == 1) return 0;
    entropy_ += dg::log(static_cast<double>(n));
    return source_.choose_uniform(n);
}

std::size_t Writer::pick_except(std::size_t n, std::size_t skip) {
    const std::size_t i = pick(n - 1);
    return i < skip ? i : i + 1;
}

int Writer::integer(int low, int high) {
    DG_CHECK(low <= high);
    return low + static_cast<int>(pick(static_cast<std::size_t>(high - low + 1)));
}

bool Writer::chance(double p) {
    return weighted({1.0 - p, p}) == 1;
}

std::size_t Writer::weighted(std::span<const double> p) {
    double sum = 0;
    for (const double x : p) sum += x;
    DG_CHECK(std::abs(sum - 1.0) < 1e-12);
    const std::size_t i = source_.choose(p);
    entropy_ -= dg::log(p[i]);
    return i;
}

std::vector<std::size_t> Writer::pick_distinct(std::size_t n, std::size_t count) {
    DG_CHECK(count <= n);
    std::vector<std::size_t> left(n), taken;
    for (std::size_t i = 0; i < n; ++i) left[i] = i;
    for (std::size_t k = 0; k < count; ++k) {
        const std::size_t i = pick(left.size());
        taken.push_back(left[i]);
        left.erase(left.begin() + static_cast<std::ptrdiff_t>(i));
    }
    return taken;
}

Mark Writer::put(std::string_view text) {
    const std::size_t begin = text_.size();
    text_ += text;
    return {begin, text_.size()};
}

Mark Writer::put(int number) {
    return put(std::to_string(number));
}

int Writer::answer(Mark where, std::string_view label) {
    const int group = new_group();
    mark(SpanKind::kAnswer, where, group, label);
    return group;
}

void Writer::mark(SpanKind kind, Mark where, int group, std::string_view label) {
    spans_.push_back({.kind = kind,
                      .begin = where.begin,
                      .end = where.end,
                      .group = group,
                      .label = std::string(label)});
}

}  // namespace dg::sim
