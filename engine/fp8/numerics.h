// The number format of a model's matrix products: one value that the command line, recipes, scenes
// and the Linear op share.
#pragma once

#include "engine/base/result.h"
#include "engine/fp8/quantise.h"

#include <string>
#include <string_view>

namespace dg {

/// What happens to the operands of every Linear of attention and MLP. Embedding, head, norms,
/// router, eh_proj and the attention operator stay f32 in all of them (DeepSeek-V3 3.3.1).
enum class NumericsKind {
    kF32,        // nothing
    kBf16,       // operands rounded to BF16
    kFp8,        // E4M3, activations 1 x tile, weights tile x tile
    kFp8Tensor,  // E4M3, one scale per tensor
    kFp8E5M2,    // E5M2, tiles as kFp8
    kFp8Raw,     // E4M3 without any scale
};

/// `--numerics f32|bf16|fp8|fp8-tensor|fp8-e5m2|fp8-raw[,tile=N][,ue8m0][,no-saturate][,accumulator=14]`
struct Numerics {
    NumericsKind kind = NumericsKind::kF32;
    std::int64_t tile = 0;    // [1, 65536]; 0 = the checkpoint's own block, else 32
    bool ue8m0 = false;       // scales rounded up to powers of two
    bool saturate = true;     // overflow gives the largest finite number instead of NaN or infinity
    int accumulator = 0;      // 14 = the emulated tensor-core accumulator; 0 = f32

    /// Anything but f32.
    [[nodiscard]] bool lossy() const { return kind != NumericsKind::kF32; }

    /// One of the four FP8 kinds.
    [[nodiscard]] bool fp8() const { return lossy() && kind != NumericsKind::kBf16; }

    /// Has scales per tile: fp8 and fp8-e5m2.
    [[nodiscard]] bool tiled() const {
        return kind == NumericsKind::kFp8 || kind == NumericsKind::kFp8E5M2;
    }

    /// `tile`, or 32 when it was left open.
    [[nodiscard]] std::int64_t tile_or_default() const { return tile > 0 ? tile : 32; }

    /// Products between promotions of the limited accumulator: min(tile, 128) with tiles, else 128.
    [[nodiscard]] std::int64_t promotion() const;

    /// How rows of activations are quantised: 1 x tile, along the inner dimension of Y = X W^T.
    [[nodiscard]] fp8::QuantSpec activations() const;
    /// How weights [out, in] are: tile x tile.
    [[nodiscard]] fp8::QuantSpec weights() const;
    /// The operands of dW = dY^T X, whose inner dimension is the tokens: tile x 1.
    [[nodiscard]] fp8::QuantSpec tokens() const;

    bool operator==(const Numerics&) const = default;
};

/// Reads the words above. Error codes: usage_numerics (args found, suggestion, known),
/// usage_numerics_option (args option, found, suggestion, known), usage_numerics_use (args option,
/// kind: an option that means nothing for this kind).
Result<Numerics> parse_numerics(std::string_view text);

/// The shortest words that parse to the same value: "fp8,tile=16".
std::string to_string(const Numerics& numerics);

/// The names parse_numerics knows, "f32" first.
std::span<const std::string> numerics_names();

}  // namespace dg
