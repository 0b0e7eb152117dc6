// What a Tokenizer holds. Only the tokenizer's own files include this.
#pragma once

#include "engine/tokenizer/tokenizer.h"

#include <array>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace dg {

/// Longest token that training builds, in bytes. It keeps one endless line of dashes from eating
/// the vocabulary.
inline constexpr std::size_t kMaxTrainedTokenBytes = 64;
/// Limits of files, far above any real tokenizer.
inline constexpr std::size_t kMaxFileBytes = 64U << 20U;
inline constexpr std::size_t kMaxTokenBytes = 4096;
inline constexpr std::int64_t kMaxVocab = 1 << 20;
inline constexpr int kMaxJsonDepth = 32;

/// (left, right) -> rank, open addressing: the one table that encoding hits for every pair.
class PairRanks {
  public:
    static constexpr std::int32_t kNone = 0x7FFFFFFF;

    /// Room for `count` pairs; forgets what was there.
    void reset(std::size_t count);
    /// False when the pair is already there.
    bool insert(std::int32_t left, std::int32_t right, std::int32_t rank);

    [[nodiscard]] std::int32_t find(std::int32_t left, std::int32_t right) const {
        for (std::size_t slot = home(left, right);; slot = (slot + 1) & mask_) {
            const Slot& s = slots_[slot];
            if (s.rank == kNone || (s.left == left && s.right == right)) return s.rank;
        }
    }

  private:
    struct Slot {
        std::int32_t left = 0, right = 0, rank = kNone;
    };

    [[nodiscard]] std::size_t home(std::int32_t left, std::int32_t right) const {
        const std::uint64_t key =
            (static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32U) |
            static_cast<std::uint32_t>(right);
        return static_cast<std::size_t>((key * 0x9E3779B97F4A7C15ULL) >> 32U) & mask_;
    }

    std::vector<Slot> slots_ = std::vector<Slot>(2);
    std::size_t mask_ = 1;
};

struct Tokenizer::Impl {
    std::vector<std::string> bytes;      // by id; a special token's own text
    std::vector<char> special;           // by id
    std::vector<std::int32_t> specials;  // ids, ascending
    std::array<std::int32_t, 256> byte_id{};
    std::int32_t unknown = -1;  // the special token of bytes without an id; -1: every byte has one
    std::vector<Merge> merges;
    PairRanks ranks;

    /// The specials, then the 256 bytes. No merges yet.
    static Impl base(const std::vector<std::string>& special_names);
    /// Rebuilds `ranks` from `merges`; index of the first merge that repeats a pair, or -1.
    std::int64_t index_merges();
    /// Leftmost, then longest special token in `text` at or after `from`: {position, id}, id -1
    /// when there is none.
    [[nodiscard]] std::pair<std::size_t, std::int32_t> find_special(std::string_view text,
                                                                    std::size_t from) const;
    /// Calls visit(begin, end, special id or -1) for every stretch of `text` between and at special
    /// tokens.
    template <class Visit>
    void segments(std::string_view text, bool with_specials, Visit visit) const;

    static Tokenizer wrap(Impl impl);
};

template <class Visit>
void Tokenizer::Impl::segments(std::string_view text, bool with_specials, Visit visit) const {
    std::size_t begin = 0;
    while (with_specials && begin < text.size()) {
        const auto [at, id] = find_special(text, begin);
        if (id < 0) break;
        if (at > begin) visit(begin, at, -1);
        begin = at + bytes[static_cast<std::size_t>(id)].size();
        visit(at, begin, id);
    }
    if (begin < text.size()) visit(begin, text.size(), -1);
}

}  // namespace dg
