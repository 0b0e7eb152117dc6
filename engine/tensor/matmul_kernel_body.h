// The micro-kernels, written once; a kernel file sets DG_VECTOR_BYTES and DG_MR and includes this. Compiled with
// -ffp-contract=fast, so that acc += x * b is one fused multiply-add (matmul_test holds it to std::fma bit for bit).
#include "engine/tensor/matmul_kernel.h"

namespace {

template <class Real>
struct Width {
    static constexpr int kLanes = DG_VECTOR_BYTES / static_cast<int>(sizeof(Real));
    static constexpr int kColumns = 2 * kLanes;
    typedef Real Vec __attribute__((vector_size(DG_VECTOR_BYTES), aligned(sizeof(Real))));
};

template <class Real>
using Vec = typename Width<Real>::Vec;

template <class Real>
inline __attribute__((always_inline)) Vec<Real> load(const Real* p) {
    return *reinterpret_cast<const Vec<Real>*>(p);
}

template <class Real>
inline __attribute__((always_inline)) void store(Real* p, Vec<Real> v) {
    *reinterpret_cast<Vec<Real>*>(p) = v;
}

template <class Real, int kRows>
void full_tile(std::int64_t depth, const Real* a, std::int64_t a_row, std::int64_t a_col, const Real* panel, std::int64_t panel_row, Real* c,
               std::int64_t c_row, bool accumulate) {
    constexpr int kLanes = Width<Real>::kLanes;
    Vec<Real> left[kRows], right[kRows];
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
        left[i] = accumulate ? load(c + i * c_row) : Vec<Real>{};
        right[i] = accumulate ? load(c + i * c_row + kLanes) : Vec<Real>{};
    }
    for (std::int64_t k = 0; k < depth; ++k, a += a_col, panel += panel_row) {
        const Vec<Real> b0 = load(panel), b1 = load(panel + kLanes);
#pragma GCC unroll 16
        for (int i = 0; i < kRows; ++i) {
            const Real x = a[i * a_row];
            left[i] += x * b0;
            right[i] += x * b1;
        }
    }
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
        store(c + i * c_row, left[i]);
        store(c + i * c_row + kLanes, right[i]);
    }
}

template <class Real, int kRows>
void tile_rows(int rows, std::int64_t depth, const Real* a, std::int64_t a_row, std::int64_t a_col, const Real* panel,
               std::int64_t panel_row, Real* c, std::int64_t c_row, bool accumulate) {
    if constexpr (kRows > 0) {
        if (rows == kRows) {
            full_tile<Real, kRows>(depth, a, a_row, a_col, panel, panel_row, c, c_row, accumulate);
        } else {
            tile_rows<Real, kRows - 1>(rows, depth, a, a_row, a_col, panel, panel_row, c, c_row, accumulate);
        }
    }
}

template <class Real>
void tile(int rows, int columns, std::int64_t depth, const Real* a, std::int64_t a_row, std::int64_t a_col,
          const Real* panel, std::int64_t panel_row, Real* c, std::int64_t c_row, bool accumulate) {
    constexpr int kColumns = Width<Real>::kColumns;
    if (columns == kColumns) {
        tile_rows<Real, DG_MR>(rows, depth, a, a_row, a_col, panel, panel_row, c, c_row, accumulate);
        return;
    }
    // the last columns: through a full-width copy
    Real edge[DG_MR * kColumns];
    for (int i = 0; i < rows; ++i)
        for (int j = 0; j < kColumns; ++j) edge[i * kColumns + j] = accumulate && j < columns ? c[i * c_row + j] : Real(0);
    tile_rows<Real, DG_MR>(rows, depth, a, a_row, a_col, panel, panel_row, edge, kColumns, accumulate);
    for (int i = 0; i < rows; ++i)
        for (int j = 0; j < columns; ++j) c[i * c_row + j] = edge[i * kColumns + j];
}

/// kPanels panels side by side: enough independent chains to hide the latency of a fused multiply-add.
template <class Real, int kPanels>
inline __attribute__((always_inline)) void row_panels(std::int64_t depth, const Real* x, const Real* panels, Real* y) {
    constexpr int kLanes = Width<Real>::kLanes, kColumns = Width<Real>::kColumns;
    Vec<Real> acc[2 * kPanels];
#pragma GCC unroll 16
    for (int p = 0; p < 2 * kPanels; ++p) acc[p] = Vec<Real>{};
    for (std::int64_t k = 0; k < depth; ++k) {
        const Real xk = x[k];
#pragma GCC unroll 16
        for (int p = 0; p < kPanels; ++p) {
            const Real* b = panels + (p * depth + k) * kColumns;
            acc[2 * p] += xk * load(b);
            acc[2 * p + 1] += xk * load(b + kLanes);
        }
    }
#pragma GCC unroll 16
    for (int p = 0; p < 2 * kPanels; ++p) store(y + p * kLanes, acc[p]);
}

template <class Real>
void row(std::int64_t columns, std::int64_t depth, const Real* x, const Real* panels, Real* y) {
    constexpr int kColumns = Width<Real>::kColumns;
    const std::int64_t step = depth * kColumns;
    for (; columns >= 4 * kColumns; columns -= 4 * kColumns, panels += 4 * step, y += 4 * kColumns)
        row_panels<Real, 4>(depth, x, panels, y);
    for (; columns >= kColumns; columns -= kColumns, panels += step, y += kColumns) row_panels<Real, 1>(depth, x, panels, y);
    if (columns > 0) {
        Real edge[kColumns];
        row_panels<Real, 1>(depth, x, panels, edge);
        for (std::int64_t j = 0; j < columns; ++j) y[j] = edge[j];
    }
}

template <class Real>
constexpr dg::kernel::Kernels<Real> table(const char* name) {
    return {name, DG_MR, Width<Real>::kColumns, &tile<Real>, &row<Real>};
}

}  // namespace
