#define DG_VECTOR_BYTES 64
#define DG_MR 12
#include "engine/tensor/matmul_kernel_body.h"

namespace dg::kernel {

const Kernels<float>& avx512(float) {
    static constexpr Kernels<float> kTable = table<float>("avx512");
    return kTable;
}

const Kernels<double>& avx512(double) {
    static constexpr Kernels<double> kTable = table<double>("avx512");
    return kTable;
}

}  // namespace dg::kernel
