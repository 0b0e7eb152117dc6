// Quantisation as recorded steps: what a trace in a low-precision format holds, and what each tensor lost.
#pragma once

#include "engine/fp8/numerics.h"
#include "engine/tape/tape.h"

namespace dg::ops {

/// X.scales and X.quantised of a named tensor, made once per tape; returns X.quantised. `weight`: square tiles. BF16 has no scales.
/// The gradient is straight-through.
TensorId quantise(Tape<float>& tape, TensorId x, const Numerics& numerics, bool weight);

/// One quantised tensor of a trace.
struct QuantisedTensor {
    std::string name;  // X: X.quantised holds the values, X.scales the scales (none for BF16)
    Numerics numerics;
    fp8::QuantSpec spec;  // tiles; means nothing for BF16
    bool weight = false;
};

/// Every tensor that a trace quantised, in order of computation.
std::vector<QuantisedTensor> quantised_tensors(const Tape<float>& tape);
/// What was lost: amax, overflow, underflow, relative error. BF16: the same against BF16's range.
fp8::Counters quantised_counters(const Tape<float>& tape, const QuantisedTensor& tensor);
/// The FP8 codes of a quantised tensor [rows, cols]; empty for BF16.
std::vector<std::uint8_t> quantised_codes(const Tape<float>& tape, const QuantisedTensor& tensor);

}  // namespace dg::ops
