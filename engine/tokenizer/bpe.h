// Merging one pre-token: always the lowest rank, the leftmost of equals, one pair at a time.
#pragma once

#include "engine/tokenizer/impl.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace dg {

/// Merges `pieces` (token ids) in place with the ranks below `limit`. Short lists are scanned,
/// O(n^2); long ones keep a heap, O(n log n). Both give the same ids (bpe_test).
void merge_pieces(const PairRanks& ranks, std::span<const Merge> merges, std::int32_t limit,
                  std::vector<std::int32_t>& pieces);

/// The heap version. `step(begin, rank)` hears of every merge: index of its left piece in the
/// *original* list.
void merge_pieces_heap(const PairRanks& ranks, std::span<const Merge> merges, std::int32_t limit,
                       std::vector<std::int32_t>& pieces,
                       const std::function<void(std::size_t, std::int32_t)>& step = {});

}  // namespace dg
