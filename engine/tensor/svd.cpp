#include "engine/tensor/svd.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dg {
namespace {

double dot(const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
}

void rotate(std::vector<double>& a, std::vector<double>& b, double c, double s) {
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double x = a[i], y = b[i];
        a[i] = c * x - s * y;
        b[i] = s * x + c * y;
    }
}

}  // namespace

Svd svd(const Tensor<float>& a) {
    const std::int64_t rows = a.rows(), cols = a.cols();
    const auto n = static_cast<std::size_t>(cols);
    // columns of A, rotated in pairs until all are orthogonal; the same rotations turn the identity into V
    std::vector<std::vector<double>> columns(n, std::vector<double>(static_cast<std::size_t>(rows))), v(n, std::vector<double>(n, 0.0));
    for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t c = 0; c < cols; ++c) columns[static_cast<std::size_t>(c)][static_cast<std::size_t>(r)] = a.row(r)[c];
    for (std::size_t i = 0; i < n; ++i) v[i][i] = 1;
    bool turned = true;
    for (int sweep = 0; sweep < 60 && turned; ++sweep) {
        turned = false;
        for (std::size_t i = 0; i + 1 < n; ++i)
            for (std::size_t j = i + 1; j < n; ++j) {
                const double aa = dot(columns[i], columns[i]), bb = dot(columns[j], columns[j]), ab = dot(columns[i], columns[j]);
                if (std::abs(ab) <= 1e-14 * std::sqrt(aa * bb)) continue;
                turned = true;
                const double zeta = (bb - aa) / (2 * ab), t = (zeta >= 0 ? 1 : -1) / (std::abs(zeta) + std::sqrt(1 + zeta * zeta));
                const double c = 1 / std::sqrt(1 + t * t);
                rotate(columns[i], columns[j], c, c * t);
                rotate(v[i], v[j], c, c * t);
            }
    }
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::vector<double> length(n);
    for (std::size_t i = 0; i < n; ++i) length[i] = std::sqrt(dot(columns[i], columns[i]));
    std::ranges::stable_sort(order, [&](std::size_t x, std::size_t y) { return length[x] > length[y]; });
    Svd out{rows, cols, {}, {}, {}};
    for (const std::size_t i : order) {
        out.s.push_back(length[i]);
        for (const double x : columns[i]) out.u.push_back(length[i] > 0 ? x / length[i] : 0);
        out.v.insert(out.v.end(), v[i].begin(), v[i].end());
    }
    return out;
}

Tensor<float> truncated(const Svd& svd, std::int64_t rank) {
    Tensor<float> a({svd.rows, svd.cols});
    for (std::int64_t r = 0; r < svd.rows; ++r)
        for (std::int64_t c = 0; c < svd.cols; ++c) {
            double sum = 0;
            for (std::int64_t i = 0; i < std::min<std::int64_t>(rank, static_cast<std::int64_t>(svd.s.size())); ++i)
                sum += svd.s[static_cast<std::size_t>(i)] * svd.u[static_cast<std::size_t>(i * svd.rows + r)] * svd.v[static_cast<std::size_t>(i * svd.cols + c)];
            a.row(r)[c] = static_cast<float>(sum);
        }
    return a;
}

double truncation_error(const Svd& svd, std::int64_t rank) {
    double left = 0, all = 0;
    for (std::size_t i = 0; i < svd.s.size(); ++i) {
        all += svd.s[i] * svd.s[i];
        if (static_cast<std::int64_t>(i) >= rank) left += svd.s[i] * svd.s[i];
    }
    return all > 0 ? std::sqrt(left / all) : 0;
}

}  // namespace dg
