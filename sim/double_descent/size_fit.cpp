#include "sim/double_descent/size_fit.h"

#include "engine/base/check.h"
#include "engine/tensor/matmul.h"

#include <algorithm>
#include <cmath>

namespace dg::sim::dd {
namespace {

constexpr std::int64_t kBlock = 128;  // features made at a time beyond the first n

/// The first n of `width` columns.
Matrix training_part(const Matrix& features, std::int64_t rows, std::int64_t n) {
    Matrix out(rows, n);
    for (std::int64_t j = 0; j < rows; ++j) std::copy(features.row(j), features.row(j) + n, out.row(j));
    return out;
}

Matrix transposed(const Matrix& a, std::int64_t rows, std::int64_t cols) {
    Matrix out(cols, rows);
    for (std::int64_t i = 0; i < rows; ++i)
        for (std::int64_t j = 0; j < cols; ++j) out.row(j)[i] = a.row(i)[j];
    return out;
}

double square(const std::vector<double>& v) { return dot(v.data(), v.data(), static_cast<std::int64_t>(v.size())); }

}  // namespace

SizeFit::SizeFit(const Settings& settings, int index)
    : settings_(settings), design_(settings, index, settings.n), n_(settings.n), sum_(static_cast<std::size_t>(settings.n), 0.0) {
    const std::int64_t most = std::min(n_, settings.points.back());
    design_.features(0, most, first_);
}

Fit SizeFit::at(std::int64_t p) {
    DG_CHECK(p >= 1 && p <= settings_.points.back());
    if (p > n_) return wide(p);
    return settings_.ridge > 0 ? narrow_ridge(p) : narrow(p);
}

/// The truth of a linear model has the length sqrt(signal) at every p: beta_p = scale * direction_p.
double SizeFit::linear_scale(std::int64_t) const { return std::sqrt(settings_.signal / direction_square_); }

void SizeFit::add_to_sum(std::int64_t from, std::int64_t to, const Matrix& block, std::int64_t first) {
    for (std::int64_t j = from; j < to; ++j) {
        axpy(design_.direction(j), block.row(j - first), sum_.data(), n_);
        direction_square_ += design_.direction(j) * design_.direction(j);
    }
    summed_ = to;
}

std::vector<double> SizeFit::labels_for(std::int64_t p) {
    if (!design_.linear()) return design_.labels();
    if (summed_ < std::min(p, first_.rows)) add_to_sum(summed_, std::min(p, first_.rows), first_, 0);
    DG_CHECK_EQ(summed_, p);
    std::vector<double> y = design_.noise();
    axpy(linear_scale(p), sum_.data(), y.data(), n_);
    return y;
}

void SizeFit::prepare_narrow() {
    const std::int64_t m = first_.rows;
    gram_ = Matrix(m, m);
    const Matrix samples = transposed(first_, m, n_);
    add_gram(samples, 0, n_, gram_);
    factor_ = gram_;
    factored_ = cholesky(factor_);
    // forward substitution is nested too: the first p coordinates do not know of later features
    const std::vector<double>& y = design_.linear() ? design_.noise() : design_.labels();
    from_noise_.assign(static_cast<std::size_t>(m), 0.0);
    for (std::int64_t j = 0; j < m; ++j) from_noise_[static_cast<std::size_t>(j)] = dot(first_.row(j), y.data(), n_);
    solve_transposed(factor_, factored_, from_noise_);
    from_sum_.assign(static_cast<std::size_t>(m), 0.0);
}

Fit SizeFit::narrow(std::int64_t p) {
    if (factored_ < 0) prepare_narrow();
    if (p > factored_) return singular(p);
    const std::vector<double> y = labels_for(p);
    std::vector<double> b(from_noise_.begin(), from_noise_.begin() + p);
    if (design_.linear()) {
        // U'^-1 X'X direction = U direction, one column of U more for each feature
        for (; coordinates_ < p; ++coordinates_)
            for (std::int64_t i = 0; i <= coordinates_; ++i) from_sum_[static_cast<std::size_t>(i)] += factor_.row(i)[coordinates_] * design_.direction(coordinates_);
        axpy(linear_scale(p), from_sum_.data(), b.data(), p);
    }
    solve_upper(factor_, p, b);
    return measure(p, b, y);
}

Fit SizeFit::narrow_ridge(std::int64_t p) {
    if (gram_.rows == 0) {
        gram_ = Matrix(first_.rows, first_.rows);
        add_gram(transposed(first_, first_.rows, n_), 0, n_, gram_);
    }
    const double scale = design_.feature_scale(p), added = static_cast<double>(n_) * settings_.ridge * scale * scale;
    Matrix factor(p, p);
    for (std::int64_t i = 0; i < p; ++i) {
        std::copy(gram_.row(i) + i, gram_.row(i) + p, factor.row(i) + i);
        factor.row(i)[i] += added;
    }
    if (cholesky(factor) < p) return singular(p);
    const std::vector<double> y = labels_for(p);
    std::vector<double> b(static_cast<std::size_t>(p));
    for (std::int64_t j = 0; j < p; ++j) b[static_cast<std::size_t>(j)] = dot(first_.row(j), y.data(), n_);
    solve_transposed(factor, p, b);
    solve_upper(factor, p, b);
    return measure(p, b, y);
}

void SizeFit::grow_wide(std::int64_t p) {
    const std::int64_t others = design_.width() - n_;
    if (grown_ == 0) {
        kernel_ = Matrix(n_, n_);
        test_kernel_ = Matrix(n_, std::max<std::int64_t>(1, others));
    }
    Matrix block;
    while (grown_ < p) {
        const bool known = grown_ < first_.rows;
        const std::int64_t count = std::min(known ? first_.rows - grown_ : kBlock, p - grown_);
        if (!known) design_.features(grown_, count, block);
        const Matrix& source = known ? first_ : block;
        const std::int64_t first_row = known ? grown_ : 0;
        Matrix rows(count, n_);
        for (std::int64_t j = 0; j < count; ++j) std::copy(source.row(first_row + j), source.row(first_row + j) + n_, rows.row(j));
        add_gram(rows, 0, count, kernel_);
        if (others > 0) {
            const View<const double> left{rows.row(0), n_, count, 1, n_};
            const View<const double> right{source.row(first_row) + n_, count, others, source.cols, 1};
            matmul(left, right, View<double>{test_kernel_.row(0), n_, others, others, 1}, true);
        }
        if (design_.linear() && grown_ + count > summed_) add_to_sum(std::max(summed_, grown_), grown_ + count, source, known ? 0 : grown_);
        grown_ += count;
    }
}

Fit SizeFit::wide(std::int64_t p) {
    grow_wide(p);
    const double scale = design_.feature_scale(p), added = static_cast<double>(n_) * settings_.ridge * scale * scale;
    if (factor_.rows != n_) factor_ = Matrix(n_, n_);
    for (std::int64_t i = 0; i < n_; ++i) {
        std::copy(kernel_.row(i) + i, kernel_.row(i) + n_, factor_.row(i) + i);
        factor_.row(i)[i] += added;
    }
    if (cholesky(factor_) < n_) return singular(p);
    const std::vector<double> y = labels_for(p);
    std::vector<double> a = y;
    solve_transposed(factor_, n_, a);
    solve_upper(factor_, n_, a);
    // b = F' a is never needed: its length, products and predictions follow from F F'
    const std::vector<double> residual = symmetric_residual(kernel_, a, y);
    Fit fit;
    fit.train = square(residual) / static_cast<double>(n_);
    const double length = dot(a.data(), y.data(), n_) - dot(a.data(), residual.data(), n_);  // a' F F' a
    fit.norm = std::sqrt(std::max(0.0, length)) * scale;
    if (design_.linear()) {
        const double along = linear_scale(p) * dot(a.data(), sum_.data(), n_);  // a' X beta
        fit.test = std::max(0.0, length - 2 * along + settings_.signal);
        return fit;
    }
    const std::int64_t others = design_.width() - n_, tests = design_.test_points();
    std::vector<double> predicted(static_cast<std::size_t>(others), 0.0);
    for (std::int64_t i = 0; i < n_; ++i) axpy(a[static_cast<std::size_t>(i)], test_kernel_.row(i), predicted.data(), others);
    double sum = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(tests); ++i) sum += (predicted[i] - design_.truth()[i]) * (predicted[i] - design_.truth()[i]);
    fit.test = sum / static_cast<double>(tests);
    fit.slice.assign(predicted.begin() + tests, predicted.end());
    return fit;
}

Fit SizeFit::singular(std::int64_t p) {
    Matrix all;
    design_.features(0, p, all);
    if (design_.linear() && summed_ < p) add_to_sum(summed_, p, all, 0);
    const std::vector<double> y = labels_for(p);
    const double scale = design_.feature_scale(p);
    const std::vector<double> b = min_norm_reference(training_part(all, p, n_), y, settings_.ridge * scale * scale);
    std::swap(all, first_);
    Fit fit = measure(p, b, y);
    std::swap(all, first_);
    return fit;
}

Fit SizeFit::measure(std::int64_t p, const std::vector<double>& b, const std::vector<double>& y) {
    Fit fit;
    fit.norm = std::sqrt(square(b)) * design_.feature_scale(p);
    if (design_.linear()) {
        std::vector<double> residual = y;
        for (std::int64_t j = 0; j < p; ++j) axpy(-b[static_cast<std::size_t>(j)], first_.row(j), residual.data(), n_);
        fit.train = square(residual) / static_cast<double>(n_);
        const double scale = linear_scale(p);
        for (std::int64_t j = 0; j < p; ++j) {
            const double error = b[static_cast<std::size_t>(j)] - scale * design_.direction(j);
            fit.test += error * error;
        }
        return fit;
    }
    std::vector<double> predicted(static_cast<std::size_t>(design_.width()), 0.0);
    for (std::int64_t j = 0; j < p; ++j) axpy(b[static_cast<std::size_t>(j)], first_.row(j), predicted.data(), design_.width());
    const auto n = static_cast<std::size_t>(n_), tests = static_cast<std::size_t>(design_.test_points());
    for (std::size_t i = 0; i < n; ++i) fit.train += (y[i] - predicted[i]) * (y[i] - predicted[i]) / static_cast<double>(n_);
    for (std::size_t i = 0; i < tests; ++i) {
        const double error = predicted[n + i] - design_.truth()[i];
        fit.test += error * error / static_cast<double>(tests);
    }
    fit.slice.assign(predicted.begin() + static_cast<std::ptrdiff_t>(n + tests), predicted.end());
    return fit;
}

}  // namespace dg::sim::dd
