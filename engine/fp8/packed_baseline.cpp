#define DG_VECTOR_BYTES 32
#include "engine/fp8/packed_kernel_body.h"

namespace dg::fp8 {

const PackedKernels& packed_baseline() { return kTable; }

}  // namespace dg::fp8
