#include "engine/tokenizer/tokenizer.h"

#include "engine/tokenizer/bpe.h"
#include "engine/tokenizer/impl.h"
#include "engine/tokenizer/unicode.h"

#include <algorithm>
#include <bit>

namespace dg {

void PairRanks::reset(std::size_t count) {
    const std::size_t slots = std::bit_ceil(2 * count + 2);
    slots_.assign(slots, Slot{});
    mask_ = slots - 1;
}

bool PairRanks::insert(std::int32_t left, std::int32_t right, std::int32_t rank) {
    for (std::size_t slot = home(left, right);; slot = (slot + 1) & mask_) {
        Slot& s = slots_[slot];
        if (s.rank == kNone) {
            s = {left, right, rank};
            return true;
        }
        if (s.left == left && s.right == right) return false;
    }
}

Tokenizer::Impl Tokenizer::Impl::base(const std::vector<std::string>& special_names) {
    Impl impl;
    for (const std::string& name : special_names) {
        impl.specials.push_back(static_cast<std::int32_t>(impl.bytes.size()));
        impl.bytes.push_back(name);
    }
    impl.special.assign(special_names.size(), 1);
    for (std::size_t b = 0; b < 256; ++b) {
        impl.byte_id[b] = static_cast<std::int32_t>(impl.bytes.size());
        impl.bytes.emplace_back(1, static_cast<char>(b));
        impl.special.push_back(0);
    }
    return impl;
}

std::int64_t Tokenizer::Impl::index_merges() {
    ranks.reset(merges.size());
    for (std::size_t i = 0; i < merges.size(); ++i) {
        if (!ranks.insert(merges[i].left, merges[i].right, static_cast<std::int32_t>(i))) {
            return static_cast<std::int64_t>(i);
        }
    }
    return -1;
}

std::pair<std::size_t, std::int32_t> Tokenizer::Impl::find_special(std::string_view text,
                                                                   std::size_t from) const {
    std::array<bool, 256> starts{};
    for (const std::int32_t id : specials)
        starts[static_cast<unsigned char>(bytes[static_cast<std::size_t>(id)][0])] = true;
    for (std::size_t at = from; at < text.size(); ++at) {
        if (!starts[static_cast<unsigned char>(text[at])]) continue;
        std::int32_t best = -1;
        std::size_t best_size = 0;
        for (const std::int32_t id : specials) {
            const std::string& name = bytes[static_cast<std::size_t>(id)];
            if (name.size() > best_size && text.substr(at).starts_with(name))
                best = id, best_size = name.size();
        }
        if (best >= 0) return {at, best};
    }
    return {text.size(), -1};
}

Tokenizer Tokenizer::Impl::wrap(Impl impl) {
    Tokenizer tokenizer;
    *tokenizer.impl_ = std::move(impl);
    return tokenizer;
}

Tokenizer::Tokenizer() : impl_(std::make_unique<Impl>(Impl::base({}))) {}

Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;

Tokenizer::Tokenizer(const Tokenizer& other) : impl_(std::make_unique<Impl>(*other.impl_)) {}

Tokenizer& Tokenizer::operator=(const Tokenizer& other) {
    if (this != &other) impl_ = std::make_unique<Impl>(*other.impl_);
    return *this;
}

namespace {

// the pieces of every distinct pre-token of one call, so that a common word is merged once
class WordCache {
  public:
    template <class Compute>
    std::span<const std::int32_t> get(std::string_view word, Compute compute) {
        const auto [it, fresh] = words_.try_emplace(word);
        if (fresh) {
            const std::vector<std::int32_t>& pieces = compute();
            it->second = {ids_.size(), pieces.size()};
            ids_.insert(ids_.end(), pieces.begin(), pieces.end());
        }
        return std::span<const std::int32_t>(ids_).subspan(it->second.first, it->second.second);
    }

  private:
    std::unordered_map<std::string_view, std::pair<std::size_t, std::size_t>> words_;
    std::vector<std::int32_t> ids_;
};

}  // namespace

std::vector<TokenSpan> Tokenizer::encode_spans(std::string_view text, bool specials,
                                               std::int32_t max_merges) const {
    const Impl& impl = *impl_;
    const std::int32_t limit = max_merges < 0 ? PairRanks::kNone : max_merges;
    std::vector<TokenSpan> out;
    std::vector<std::int32_t> pieces;
    WordCache cache;
    const auto merge = [&](std::string_view word) -> const std::vector<std::int32_t>& {
        pieces.clear();
        for (const char c : word) pieces.push_back(impl.byte_id[static_cast<unsigned char>(c)]);
        merge_pieces(impl.ranks, impl.merges, limit, pieces);
        return pieces;
    };
    impl.segments(text, specials, [&](std::size_t begin, std::size_t end, std::int32_t special) {
        if (special >= 0) {
            out.push_back({special, begin, end});
            return;
        }
        while (begin < end) {
            const std::string_view word =
                text.substr(begin, text::pre_token_size(text.substr(begin, end - begin)));
            for (const std::int32_t id : cache.get(
                     word, [&]() -> const auto& { return merge(word); })) {
                // ordinary text holds no special token but the one for unknown bytes
                const std::size_t size = id == impl.unknown ? 1 : impl.bytes[static_cast<std::size_t>(id)].size();
                out.push_back({id, begin, begin + size});
                begin += size;
            }
        }
    });
    return out;
}

std::vector<std::int32_t> Tokenizer::encode(std::string_view text, bool specials) const {
    const std::vector<TokenSpan> spans = encode_spans(text, specials);
    std::vector<std::int32_t> ids(spans.size());
    std::ranges::transform(spans, ids.begin(), &TokenSpan::id);
    return ids;
}

Result<std::string> Tokenizer::decode(std::span<const std::int32_t> ids) const {
    std::string text;
    for (const std::int32_t id : ids) {
        if (id < 0 || id >= vocab_size()) {
            return Error{"bad_token_id",
                         {{"id", std::to_string(id)}, {"last", std::to_string(vocab_size() - 1)}},
                         {}};
        }
        text += impl_->bytes[static_cast<std::size_t>(id)];
    }
    return text;
}

std::vector<std::pair<std::size_t, std::size_t>> Tokenizer::pre_tokens(
    std::string_view text) const {
    std::vector<std::pair<std::size_t, std::size_t>> out;
    impl_->segments(text, true, [&](std::size_t begin, std::size_t end, std::int32_t special) {
        if (special >= 0) {
            out.emplace_back(begin, end);
            return;
        }
        while (begin < end) {
            const std::size_t size = text::pre_token_size(text.substr(begin, end - begin));
            out.emplace_back(begin, begin + size);
            begin += size;
        }
    });
    return out;
}

std::vector<MergeStep> Tokenizer::merge_steps(std::string_view pre_token) const {
    std::vector<std::int32_t> pieces;
    for (const char c : pre_token) pieces.push_back(impl_->byte_id[static_cast<unsigned char>(c)]);

    // a Fenwick tree of the places merged away turns an original place into a place in the list of
    // that moment
    std::vector<std::size_t> gone(pieces.size() + 1, 0);
    const auto gone_before = [&](std::size_t place) {
        std::size_t sum = 0;
        for (std::size_t i = place; i > 0; i &= i - 1) sum += gone[i];
        return sum;
    };
    const auto remove = [&](std::size_t place) {
        for (std::size_t i = place + 1; i < gone.size(); i += i & (~i + 1)) ++gone[i];
    };
    std::vector<std::size_t> width(pieces.size(), 1);  // original places that a piece covers
    std::vector<MergeStep> steps;
    merge_pieces_heap(impl_->ranks, impl_->merges, PairRanks::kNone, pieces,
                      [&](std::size_t left, std::int32_t rank) {
                          steps.push_back({left - gone_before(left), rank,
                                           impl_->merges[static_cast<std::size_t>(rank)].result});
                          const std::size_t right = left + width[left];
                          width[left] += width[right];
                          remove(right);
                      });
    return steps;
}

std::int64_t Tokenizer::vocab_size() const {
    return static_cast<std::int64_t>(impl_->bytes.size());
}

std::span<const Merge> Tokenizer::merges() const {
    return impl_->merges;
}

const std::string& Tokenizer::bytes(std::int32_t id) const {
    DG_CHECK(id >= 0 && id < vocab_size());
    return impl_->bytes[static_cast<std::size_t>(id)];
}

bool Tokenizer::is_special(std::int32_t id) const {
    DG_CHECK(id >= 0 && id < vocab_size());
    return impl_->special[static_cast<std::size_t>(id)] != 0;
}

std::int32_t Tokenizer::special_id(std::string_view name) const {
    for (const std::int32_t id : impl_->specials) {
        if (impl_->bytes[static_cast<std::size_t>(id)] == name) return id;
    }
    return -1;
}

}  // namespace dg
