#include "sim/pretrain/batches.h"

#include "engine/base/parallel.h"
#include "engine/base/rng.h"
#include "sim/corpus/corpus.h"

#include <algorithm>

namespace dg::sim {
namespace {

constexpr std::uint64_t kDocumentsPerRow = 64;
constexpr std::int32_t kEnd = 0;  // the first special token

}  // namespace

std::vector<std::int32_t> packed_row(const Tokenizer& tokenizer, std::uint64_t seed, std::uint64_t row, std::int64_t length) {
    Rng rng = Rng::keyed(seed, "row", row);
    const std::uint32_t start = rng.below(4);
    const auto wanted = static_cast<std::size_t>(length);
    std::vector<std::int32_t> ids;
    if (start < 2) ids.push_back(kEnd);
    for (std::uint64_t i = 0; ids.size() < wanted; ++i) {
        DG_CHECK(i < kDocumentsPerRow);
        const std::vector<std::int32_t> piece = tokenizer.encode(document(seed, row * kDocumentsPerRow + i).text);
        const bool inside = start == 3 && i == 0 && piece.size() > 1;
        const std::size_t skip = inside ? rng.below(static_cast<std::uint32_t>(piece.size())) : 0;
        ids.insert(ids.end(), piece.begin() + static_cast<std::ptrdiff_t>(skip), piece.end());
        ids.push_back(kEnd);
    }
    ids.resize(wanted);
    return ids;
}

TokenBatch training_batch(const Recipe& recipe, const Tokenizer& tokenizer, std::int64_t index) {
    TokenBatch batch{recipe.rows, recipe.length, std::vector<std::int32_t>(static_cast<std::size_t>(recipe.rows * recipe.length))};
    parallel_for(recipe.rows, [&](std::int64_t r) {
        const auto row = packed_row(tokenizer, recipe.seed, static_cast<std::uint64_t>(index * recipe.rows + r), recipe.length);
        std::copy(row.begin(), row.end(), batch.ids.begin() + r * recipe.length);
    });
    return batch;
}

}  // namespace dg::sim
