#include "engine/tokenizer/bpe.h"

#include <algorithm>
#include <queue>

namespace dg {
namespace {

// below this many pieces a plain scan beats the heap (measured, see tests/engine/tokenizer)
constexpr std::size_t kScanLimit = 48;

void merge_pieces_scan(const PairRanks& ranks, std::span<const Merge> merges, std::int32_t limit,
                       std::vector<std::int32_t>& pieces) {
    // rank[i] belongs to the pair (i, i + 1)
    std::int32_t rank[kScanLimit];
    std::size_t n = pieces.size();
    const auto rank_at = [&](std::size_t i) {
        const std::int32_t r = ranks.find(pieces[i], pieces[i + 1]);
        return r < limit ? r : PairRanks::kNone;
    };
    for (std::size_t i = 0; i + 1 < n; ++i) rank[i] = rank_at(i);

    while (n > 1) {
        const std::int32_t* best = std::min_element(rank, rank + n - 1);
        if (*best == PairRanks::kNone) break;
        const auto i = static_cast<std::size_t>(best - rank);
        pieces[i] = merges[static_cast<std::size_t>(*best)].result;
        pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(i) + 1);
        std::copy(rank + i + 1, rank + n - 1, rank + i);
        --n;
        if (i + 1 < n) rank[i] = rank_at(i);
        if (i > 0) rank[i - 1] = rank_at(i - 1);
    }
}

}  // namespace

void merge_pieces_heap(const PairRanks& ranks, std::span<const Merge> merges, std::int32_t limit,
                       std::vector<std::int32_t>& pieces,
                       const std::function<void(std::size_t, std::int32_t)>& step) {
    const std::size_t n = pieces.size();
    constexpr std::int32_t kGone = -1;
    // a linked list over the original places; a merge keeps its left place
    std::vector<std::size_t> next(n), previous(n);
    for (std::size_t i = 0; i < n; ++i) next[i] = i + 1, previous[i] = i - 1;

    using Candidate = std::pair<std::int32_t, std::size_t>;  // rank, left place: smallest first
    std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> heap;
    const auto pair_rank = [&](std::size_t i) {
        return i < n && pieces[i] != kGone && next[i] < n ? ranks.find(pieces[i], pieces[next[i]])
                                                          : PairRanks::kNone;
    };
    const auto offer = [&](std::size_t i) {
        const std::int32_t rank = pair_rank(i);
        if (rank < limit && rank != PairRanks::kNone) heap.emplace(rank, i);
    };
    for (std::size_t i = 0; i + 1 < n; ++i) offer(i);

    while (!heap.empty()) {
        const auto [rank, i] = heap.top();
        heap.pop();
        if (pair_rank(i) != rank) continue;  // the pair is gone since it was offered
        if (step) step(i, rank);
        const std::size_t right = next[i];
        pieces[i] = merges[static_cast<std::size_t>(rank)].result;
        pieces[right] = kGone;
        next[i] = next[right];
        if (next[i] < n) previous[next[i]] = i;
        offer(i);
        offer(previous[i]);
    }
    std::erase(pieces, kGone);
}

void merge_pieces(const PairRanks& ranks, std::span<const Merge> merges, std::int32_t limit,
                  std::vector<std::int32_t>& pieces) {
    if (pieces.size() <= kScanLimit) {
        merge_pieces_scan(ranks, merges, limit, pieces);
    } else {
        merge_pieces_heap(ranks, merges, limit, pieces);
    }
}

}  // namespace dg
