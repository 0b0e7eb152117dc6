// The table of one compiled kernel file. No standard containers here: these files are compiled for other instruction
// sets, and an inline function of theirs must not end up in the rest of the program.
#pragma once

#include <cstdint>

namespace dg::kernel {

/// c[i, 0..columns) (+)= sum_k a[i, k] * panel[k * panel_row + 0..columns) for i < rows. nr columns of every panel row are
/// read, whatever `columns` is: packed panels have panel_row = nr and zeros at the end.
template <class Real>
struct Kernels {
    const char* name;
    int mr, nr;
    void (*tile)(int rows, int columns, std::int64_t depth, const Real* a, std::int64_t a_row, std::int64_t a_col,
                 const Real* panel, std::int64_t panel_row, Real* c, std::int64_t c_row, bool accumulate);
    /// y[0..columns) = sum_k x[k] * panel_p[k, ...] over consecutive panels; columns may end inside the last one.
    void (*row)(std::int64_t columns, std::int64_t depth, const Real* x, const Real* panels, Real* y);
};

const Kernels<float>& baseline(float);
const Kernels<double>& baseline(double);
const Kernels<float>& avx512(float);
const Kernels<double>& avx512(double);

}  // namespace dg::kernel
