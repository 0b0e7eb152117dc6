#include "sim/pca.h"

#include "engine/base/check.h"

#include <algorithm>
#include <cmath>

namespace dg::sim {
namespace {

using Row = std::vector<double>;

constexpr int kIterations = 300;
constexpr double kConverged = 1e-11;

double dot(const Row& a, const Row& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
}

void remove(Row& v, const std::vector<Row>& axes) {
    for (const Row& axis : axes) {
        const double along = dot(v, axis);
        for (std::size_t i = 0; i < v.size(); ++i) v[i] -= along * axis[i];
    }
}

/// Length 1; false when nothing is left.
bool normalise(Row& v, double least) {
    const double length = std::sqrt(dot(v, v));
    if (!(length > least)) return false;
    for (double& x : v) x /= length;
    return true;
}

/// sum_r (row . v) row / n
Row covariance_times(const std::vector<Row>& centred, const Row& v) {
    Row out(v.size());
    for (const Row& row : centred) {
        const double along = dot(row, v) / static_cast<double>(centred.size());
        for (std::size_t i = 0; i < v.size(); ++i) out[i] += along * row[i];
    }
    return out;
}

Row furthest(const std::vector<Row>& centred, const std::vector<Row>& axes) {
    Row best;
    double most = -1;
    for (Row row : centred) {
        remove(row, axes);
        if (const double length = dot(row, row); length > most) most = length, best = std::move(row);
    }
    return best;
}

}  // namespace

double Pca::along(std::span<const float> x, std::size_t k) const {
    if (k >= axes.size()) return 0;
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) sum += (static_cast<double>(x[i]) - mean[i]) * axes[k][i];
    return sum;
}

Pca principal_axes(std::span<const std::span<const float>> rows, std::size_t wanted) {
    Pca pca;
    if (rows.empty()) return pca;
    pca.mean.assign(rows.front().size(), 0);
    for (const auto& row : rows) {
        DG_CHECK_EQ(row.size(), pca.mean.size());
        for (std::size_t i = 0; i < row.size(); ++i) pca.mean[i] += static_cast<double>(row[i]) / static_cast<double>(rows.size());
    }
    std::vector<Row> centred;
    double variance = 0;
    for (const auto& row : rows) {
        Row c(row.begin(), row.end());
        for (std::size_t i = 0; i < c.size(); ++i) c[i] -= pca.mean[i];
        variance += dot(c, c) / static_cast<double>(rows.size());
        centred.push_back(std::move(c));
    }
    const double least = std::sqrt(variance) * 1e-7;
    while (pca.axes.size() < wanted) {
        Row v = furthest(centred, pca.axes);
        if (!normalise(v, least)) break;
        double value = 0;
        for (int i = 0; i < kIterations; ++i) {
            Row next = covariance_times(centred, v);
            remove(next, pca.axes);
            value = std::sqrt(dot(next, next));
            if (!normalise(next, 0)) break;
            const double turned = 1 - std::abs(dot(next, v));
            v = std::move(next);
            if (turned < kConverged) break;
        }
        const auto largest = std::ranges::max_element(v, {}, [](double x) { return std::abs(x); });
        if (*largest < 0) {
            for (double& x : v) x = -x;
        }
        pca.axes.push_back(std::move(v));
        pca.share.push_back(variance > 0 ? value / variance : 0);
    }
    return pca;
}

}  // namespace dg::sim
