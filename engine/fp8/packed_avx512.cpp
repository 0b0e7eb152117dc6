// On machines other than x86-64 this file compiles to the plain loops with the wider panel; it is then never chosen.
#if defined(__AVX512F__) && defined(__AVX512BW__)
#define DG_VECTOR_BYTES 64
#else
#define DG_VECTOR_BYTES 32
#endif
#include "engine/fp8/packed_kernel_body.h"

namespace dg::fp8 {

const PackedKernels& packed_avx512() { return kTable; }

}  // namespace dg::fp8
