#include "sim/fp8_lab/accumulate.h"

#include "engine/base/rng.h"
#include "engine/fp8/matmul.h"

#include <algorithm>
#include <cmath>

namespace dg::sim::fp8_lab {

Result<std::vector<AccumulatePoint>> accumulate(const AccumulateRecipe& recipe, const std::function<bool(double)>& report) {
    const std::int64_t n = recipe.length, stride = std::max<std::int64_t>(32, n / 128 / 32 * 32);
    std::vector<AccumulatePoint> points;
    for (std::int64_t k = stride; k <= n; k += stride) points.push_back({.length = k});
    std::vector<float> a(static_cast<std::size_t>(n)), b(a.size());
    const auto operand = [](Rng& rng) { return fp8::decode(fp8::Format::kE4M3, fp8::encode(fp8::Format::kE4M3, static_cast<float>(rng.uniform()), true)); };
    for (int sum = 0; sum < recipe.sums; ++sum) {
        Rng rng = Rng::keyed(recipe.seed, "accumulate", static_cast<std::uint64_t>(sum));
        for (std::size_t i = 0; i < a.size(); ++i) a[i] = operand(rng), b[i] = operand(rng);
        double exact = 0;
        float chain = 0;
        std::int64_t done = 0;
        for (AccumulatePoint& p : points) {
            for (; done < p.length; ++done) {
                const auto i = static_cast<std::size_t>(done);
                exact += static_cast<double>(a[i]) * static_cast<double>(b[i]);
                chain = std::fma(a[i], b[i], chain);
            }
            const auto error = [&](float value) { return std::abs(static_cast<double>(value) - exact) / exact / recipe.sums; };
            p.limited += error(fp8::limited_dot(a.data(), b.data(), p.length, 0));
            p.promoted += error(fp8::limited_dot(a.data(), b.data(), p.length, recipe.promotion));
            p.f32 += error(chain);
            if (!report((sum + static_cast<double>(p.length) / static_cast<double>(n)) / recipe.sums)) return Error{"cancelled", {}, ""};
        }
    }
    return points;
}

}  // namespace dg::sim::fp8_lab
