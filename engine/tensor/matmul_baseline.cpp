#define DG_VECTOR_BYTES 32
#define DG_MR 6
#include "engine/tensor/matmul_kernel_body.h"

namespace dg::kernel {

const Kernels<float>& baseline(float) {
    static constexpr Kernels<float> kTable = table<float>("baseline");
    return kTable;
}

const Kernels<double>& baseline(double) {
    static constexpr Kernels<double> kTable = table<double>("baseline");
    return kTable;
}

}  // namespace dg::kernel
