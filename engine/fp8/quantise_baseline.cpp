#include "engine/fp8/quantise_kernel_body.h"

namespace dg::fp8 {

const QuantKernels& quant_baseline() { return kTable; }

}  // namespace dg::fp8
