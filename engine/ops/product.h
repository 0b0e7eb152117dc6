// What an op that multiplies by a transposed matrix says of one of its cells.
#pragma once

#include "engine/tape/tape.h"

#include <string>

namespace dg::ops {

/// y_i = sum_j x_j W_{i,j}: the operands of the cell `at`, and the sum added in double precision. x [..., in], W [out, in].
template <class Real>
CellExplanation explain_product(const Tensor<Real>& x, const Tensor<Real>& w, const Index& at, std::string formula) {
    CellExplanation why;
    why.formula = std::move(formula);
    Index cell = at;
    for (std::int64_t j = 0; j < x.cols(); ++j) {
        cell.back() = j;
        why.operands.push_back({0, cell, "x"});
        why.operands.push_back({1, {at.back(), j}, "W"});
        why.recheck += static_cast<double>(x[x.offset(cell)]) * static_cast<double>(w.row(at.back())[j]);
    }
    return why;
}

/// The formula where both operands are rounded.
inline constexpr const char* kRoundedProduct = R"(y_i = \sum_j \hat{x}_j \hat{W}_{i,j})";

}  // namespace dg::ops
