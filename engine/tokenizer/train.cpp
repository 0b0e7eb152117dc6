// Learning merges. Distinct pre-tokens are counted once; a merge then touches only the words that
// hold its pair.
#include "engine/tokenizer/impl.h"
#include "engine/tokenizer/unicode.h"

#include <algorithm>
#include <queue>
#include <unordered_set>

namespace dg {
namespace {

using Pair = std::pair<std::int32_t, std::int32_t>;

std::uint64_t pair_key(Pair p) {
    return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(p.first)) << 32U) |
           static_cast<std::uint32_t>(p.second);
}

struct Word {
    std::vector<std::int32_t> pieces;
    std::int64_t count = 0;
};

struct PairInfo {
    std::int64_t count = 0;
    std::vector<std::uint32_t> words;  // ascending; a word may have lost the pair since
};

struct Candidate {
    std::int64_t count;
    Pair pair;

    // the heap's top: highest count, then smallest ids
    bool operator<(const Candidate& other) const {
        return count != other.count ? count < other.count : pair > other.pair;
    }
};

class Learner {
  public:
    explicit Learner(Tokenizer::Impl& impl)
        : impl_(impl), known_(impl.bytes.begin(), impl.bytes.end()) {}

    void count_words(std::string_view corpus);
    void count_pairs();
    /// Adds the best merge; false when no pair occurs twice.
    bool step();

  private:
    void apply(Pair pair, std::int32_t result);
    void rewrite(std::uint32_t index, Pair pair, std::int32_t result);
    void add(Pair pair, std::int64_t count, std::uint32_t word);

    Tokenizer::Impl& impl_;
    std::vector<Word> words_;
    std::unordered_map<std::uint64_t, PairInfo> pairs_;
    std::priority_queue<Candidate> heap_;
    std::unordered_set<std::string> known_;
    std::vector<Pair> touched_;  // pairs that the running merge created
};

void Learner::count_words(std::string_view corpus) {
    std::unordered_map<std::string_view, std::size_t> index;
    impl_.segments(corpus, true, [&](std::size_t begin, std::size_t end, std::int32_t special) {
        if (special >= 0) return;
        while (begin < end) {
            const std::size_t size = text::pre_token_size(corpus.substr(begin, end - begin));
            const std::string_view word = corpus.substr(begin, size);
            begin += size;
            if (size < 2) continue;  // nothing to merge in one byte
            const auto [it, fresh] = index.try_emplace(word, words_.size());
            if (fresh) {
                Word w;
                for (const char c : word)
                    w.pieces.push_back(impl_.byte_id[static_cast<unsigned char>(c)]);
                words_.push_back(std::move(w));
            }
            ++words_[it->second].count;
        }
    });
}

void Learner::add(Pair pair, std::int64_t count, std::uint32_t word) {
    PairInfo& info = pairs_[pair_key(pair)];
    info.count += count;
    if (info.words.empty() || info.words.back() != word) info.words.push_back(word);
}

void Learner::count_pairs() {
    for (std::uint32_t w = 0; w < words_.size(); ++w) {
        const std::vector<std::int32_t>& pieces = words_[w].pieces;
        for (std::size_t i = 0; i + 1 < pieces.size(); ++i)
            add({pieces[i], pieces[i + 1]}, words_[w].count, w);
    }
    for (const auto& [key, info] : pairs_) {
        const Pair pair{static_cast<std::int32_t>(key >> 32U),
                        static_cast<std::int32_t>(key & 0xFFFFFFFFU)};
        heap_.push({info.count, pair});
    }
}

bool Learner::step() {
    while (!heap_.empty()) {
        const Candidate best = heap_.top();
        heap_.pop();
        const auto it = pairs_.find(pair_key(best.pair));
        if (it == pairs_.end()) continue;

        // counts only fall once a pair is offered, so a stale entry goes back with its present
        // count
        if (it->second.count != best.count) {
            if (it->second.count > 1) heap_.push({it->second.count, best.pair});
            continue;
        }
        if (best.count < 2) return false;

        // a text that is a token already (built from other parts) is not built twice: ids and texts
        // stay one to one
        std::string text = impl_.bytes[static_cast<std::size_t>(best.pair.first)] +
                           impl_.bytes[static_cast<std::size_t>(best.pair.second)];
        if (text.size() > kMaxTrainedTokenBytes || !known_.insert(text).second) continue;

        const auto result = static_cast<std::int32_t>(impl_.bytes.size());
        impl_.bytes.push_back(std::move(text));
        impl_.special.push_back(0);
        impl_.merges.push_back({best.pair.first, best.pair.second, result});
        apply(best.pair, result);
        return true;
    }
    return false;
}

void Learner::apply(Pair pair, std::int32_t result) {
    const std::vector<std::uint32_t> words = std::move(pairs_[pair_key(pair)].words);
    touched_.clear();
    for (const std::uint32_t w : words) rewrite(w, pair, result);
    pairs_.erase(pair_key(pair));

    std::ranges::sort(touched_);
    touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
    for (const Pair& p : touched_) {
        const std::int64_t count = pairs_[pair_key(p)].count;
        if (count > 1) heap_.push({count, p});
    }
}

void Learner::rewrite(std::uint32_t index, Pair pair, std::int32_t result) {
    Word& word = words_[index];
    std::vector<std::int32_t>& p = word.pieces;
    const auto drop = [&](Pair gone) { pairs_[pair_key(gone)].count -= word.count; };
    const auto gain = [&](Pair born) {
        add(born, word.count, index);
        touched_.push_back(born);
    };
    std::size_t out = 0;
    for (std::size_t i = 0; i < p.size();) {
        if (i + 1 == p.size() || p[i] != pair.first || p[i + 1] != pair.second) {
            p[out++] = p[i++];
            continue;
        }
        // left neighbour (already rewritten) and right neighbour (not yet) get a new partner
        if (out > 0) drop({p[out - 1], pair.first}), gain({p[out - 1], result});
        if (i + 2 < p.size()) drop({pair.second, p[i + 2]}), gain({result, p[i + 2]});
        p[out++] = result;
        i += 2;
    }
    p.resize(out);
}

// a special token must not be spelled like anything that merging can build: letters and symbols
// never share a pre-token
bool good_special(const std::string& name) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto symbol = [&](char c) {
        return c > ' ' && c < 0x7F && !letter(c) && (c < '0' || c > '9');
    };
    return valid_utf8(name) && name.size() <= kMaxTokenBytes && std::ranges::any_of(name, letter) &&
           std::ranges::any_of(name, symbol);
}

}  // namespace

Result<Tokenizer> Tokenizer::train(
    std::string_view corpus, std::int64_t vocab_size, std::vector<std::string> specials,
    const std::function<bool(std::int64_t, std::int64_t)>& progress) {
    for (std::size_t i = 0; i < specials.size(); ++i) {
        const bool again =
            std::find(specials.begin(), specials.begin() + static_cast<std::ptrdiff_t>(i),
                      specials[i]) != specials.begin() + static_cast<std::ptrdiff_t>(i);
        if (again || !good_special(specials[i])) {
            return Error{"tokenizer_special", {{"name", printable(specials[i])}}, {}};
        }
    }
    const auto least = static_cast<std::int64_t>(specials.size()) + 256;
    if (vocab_size < least || vocab_size > kMaxVocab) {
        return Error{"tokenizer_train_size",
                     {{"found", std::to_string(vocab_size)},
                      {"least", std::to_string(least)},
                      {"most", std::to_string(kMaxVocab)}},
                     {}};
    }
    const std::int64_t total = vocab_size - least;
    const auto go_on = [&](std::int64_t done) { return !progress || progress(done, total); };

    Impl impl = Impl::base(specials);
    Learner learner(impl);
    if (!go_on(0)) return Error{"cancelled", {}, {}};
    learner.count_words(corpus);
    learner.count_pairs();
    for (std::int64_t done = 0; done < total;) {
        if (!learner.step()) break;
        if (!go_on(++done)) return Error{"cancelled", {}, {}};
    }
    DG_CHECK_EQ(impl.index_merges(), -1);
    return Impl::wrap(std::move(impl));
}

}  // namespace dg
