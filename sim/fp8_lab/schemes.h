// Ways to store a matrix in few bits, good ones and the bad examples of the textbooks, recorded on a tape
// so that every number can be asked why; and what each of them loses.
#pragma once

#include "engine/fp8/catalogue.h"
#include "engine/ops/quantise.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dg::sim::fp8_lab {

enum class Scheme {
    kRaw,         // E4M3, no scale
    kTensor,      // E4M3, one scale
    kTile,        // E4M3, one scale for 1 x tile: activations of DeepSeek-V3
    kBlock,       // E4M3, tile x tile: its weights
    kE5M2,        // E5M2, 1 x tile
    kYesterday,   // E4M3, one scale, made before the outlier came: delayed scaling
    kInt8Tensor,  // INT8, one scale
    kInt8Tile,    // INT8, 1 x tile
    kBf16,        // BF16
};

/// "raw", "tensor", "tile", "block", "e5m2", "yesterday", "int8", "int8-tile", "bf16": in the order above.
std::span<const std::string> scheme_names();
std::optional<Scheme> scheme_by_name(std::string_view name);

struct Storage {
    Scheme scheme = Scheme::kTile;
    std::int64_t tile = 32;
    bool saturate = true, ue8m0 = false;
};

/// A number set by hand into one cell of a matrix.
struct Outlier {
    std::int64_t row = 0, col = 0;
    float value = 0;
};

/// What became of a cell.
enum Fate : std::uint8_t { kKept, kOverflow, kUnderflow, kNan };

/// What storing cost. Overflow: rounded beyond the largest number, saturated or not. Underflow: not zero before, zero after.
struct Loss {
    std::int64_t count = 0, overflow = 0, underflow = 0, nan = 0;
    double amax = 0;
    double error = 0;         // ||x^ - x|| / ||x||
    double error_others = 0;  // the same without the outlier's cell
    double zeros_others = 0;  // share of the other cells that became zero
};

/// A stored matrix. x, scales and quantised are names on the tape; all are matrices [rows, cols].
struct Stored {
    Storage how;
    std::string x, scales, quantised;           // scales: empty for BF16
    const fp8::FormatInfo* format = nullptr;    // nullptr for INT8
    std::int64_t tile_rows = 0, tile_cols = 0;  // of one scale; 0 = all
    std::vector<Fate> fates;                    // [rows * cols]
    Loss loss;
};

/// Puts source, seen as a matrix and with the outlier in place, on the tape as prefix + "x", stores it and counts what was lost.
Stored store(Tape<float>& tape, TensorId source, const std::string& prefix, const Storage& how, const std::optional<Outlier>& outlier);

/// The steps of one cell of a stored matrix.
struct CellSteps {
    double x = 0, scale = 1, scaled = 0;
    std::uint32_t code = 0;  // of the format; INT8: the two's complement byte
    double decoded = 0, result = 0;
    std::int64_t scale_row = 0, scale_col = 0;
};
CellSteps steps_of(const Tape<float>& tape, const Stored& stored, std::int64_t row, std::int64_t col);

/// A raw cast of x * 2^shift, x [n]: how much falls off the ends.
struct RangeLoss {
    int shift = 0;
    double overflow = 0, underflow = 0;  // shares of the numbers that are not zero
    double error = 0;                    // ||x^ - x|| / ||x||
};
RangeLoss cast_loss(const Tensor<float>& x, fp8::Format format, int shift, bool saturate);

}  // namespace dg::sim::fp8_lab
