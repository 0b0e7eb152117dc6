#include "tests/engine/tokenizer/support.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

namespace dg {
namespace {

/// Training as plainly as can be: recount every pair of every pre-token for every merge.
std::vector<Merge> train_reference(const std::string& corpus, std::int64_t merges) {
    const Tokenizer bytes_only;
    std::vector<std::vector<std::int32_t>> words;
    for (const auto& [begin, end] : bytes_only.pre_tokens(corpus)) {
        words.push_back(bytes_only.encode(corpus.substr(begin, end - begin)));
    }
    std::vector<std::string> bytes;
    for (std::int32_t b = 0; b < 256; ++b) bytes.push_back(bytes_only.bytes(b));
    std::vector<Merge> out;
    while (std::ssize(out) < merges) {
        std::map<std::pair<std::int32_t, std::int32_t>, int> counts;
        for (const auto& word : words) {
            for (std::size_t i = 0; i + 1 < word.size(); ++i) ++counts[{word[i], word[i + 1]}];
        }
        std::pair<std::int32_t, std::int32_t> best;
        int most = 1;
        for (const auto& [pair, count] : counts) {
            const std::string text = bytes[static_cast<std::size_t>(pair.first)] +
                                     bytes[static_cast<std::size_t>(pair.second)];
            if (count > most && text.size() <= 64 &&
                std::ranges::find(bytes, text) == bytes.end()) {
                best = pair, most = count;
            }
        }
        if (most < 2) break;
        const auto result = static_cast<std::int32_t>(bytes.size());
        bytes.push_back(bytes[static_cast<std::size_t>(best.first)] +
                        bytes[static_cast<std::size_t>(best.second)]);
        out.push_back({best.first, best.second, result});
        for (auto& word : words) {
            for (std::size_t i = 0; i + 1 < word.size(); ++i) {
                if (word[i] != best.first || word[i + 1] != best.second) continue;
                word[i] = result;
                word.erase(word.begin() + static_cast<std::ptrdiff_t>(i) + 1);
            }
        }
    }
    return out;
}

void expect_same_merges(std::span<const Merge> a, std::span<const Merge> b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        ASSERT_EQ(std::tuple(a[i].left, a[i].right, a[i].result),
                  std::tuple(b[i].left, b[i].right, b[i].result))
            << "merge " << i;
    }
}

TEST(TokenizerTrain, EqualsReference) {
    std::string corpus;
    for (const std::string& t : test::texts()) corpus += t + "\n";
    const Tokenizer t = Tokenizer::train(corpus, 256 + 200, {}).value();
    expect_same_merges(t.merges(), train_reference(corpus, 200));
}

TEST(TokenizerTrain, EqualsReferenceOnRandomWords) {
    // few letters and long words: overlaps (aaa), ties, and texts that two different pairs could
    // build
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        SCOPED_TRACE(seed);
        Rng rng(seed);
        std::string corpus;
        for (int i = 0; i < 400; ++i) corpus += "abc  "[rng.below(seed % 2 == 0 ? 5 : 4)];
        const Tokenizer t = Tokenizer::train(corpus, 256 + 60, {}).value();
        expect_same_merges(t.merges(), train_reference(corpus, 60));
    }
}

TEST(TokenizerTrain, IdsAreSpecialsThenBytesThenMerges) {
    const Tokenizer& t = test::small();
    EXPECT_EQ(t.vocab_size(), 420);
    EXPECT_EQ(t.bytes(0), "<|pad|>");
    for (std::int32_t b = 0; b < 256; ++b)
        EXPECT_EQ(t.bytes(3 + b), std::string(1, static_cast<char>(b)));
    std::set<std::string> seen;
    for (std::int32_t id = 0; id < t.vocab_size(); ++id)
        EXPECT_TRUE(seen.insert(t.bytes(id)).second) << id;
    for (std::size_t r = 0; r < t.merges().size(); ++r) {
        const Merge& m = t.merges()[r];
        EXPECT_EQ(m.result, static_cast<std::int32_t>(3 + 256 + r));
        EXPECT_EQ(t.bytes(m.result), t.bytes(m.left) + t.bytes(m.right));
    }
}

TEST(TokenizerTrain, IsDeterministicAndSpecialsAreNotLearntFrom) {
    const std::string corpus = test::corpus();
    const auto again = Tokenizer::train(corpus, 420, {"<|pad|>", "<|doc|>", "<|end|>"}).value();
    EXPECT_EQ(again.json(), test::small().json());
    for (const Merge& m : test::small().merges()) {
        EXPECT_EQ(test::small().bytes(m.result).find("|>"), std::string::npos);
        EXPECT_NE(test::small().bytes(m.result), "doc");
    }
}

TEST(TokenizerTrain, StopsWhenNoPairOccursTwice) {
    EXPECT_EQ(Tokenizer::train("abcdefg", 1000, {}).value().vocab_size(), 256);
    EXPECT_EQ(Tokenizer::train("", 1000, {"<|x|>"}).value().vocab_size(), 257);
    EXPECT_EQ(Tokenizer::train("ab ab", 1000, {}).value().merges().size(),
              1U);  // "ab" twice; " ab" once
}

TEST(TokenizerTrain, NoTokenIsLongerThanTheLimit) {
    const Tokenizer t = Tokenizer::train(std::string(100000, '-'), 400, {}).value();
    std::size_t longest = 0;
    for (std::int32_t id = 0; id < t.vocab_size(); ++id)
        longest = std::max(longest, t.bytes(id).size());
    EXPECT_EQ(longest, 64U);
}

TEST(TokenizerTrain, ProgressCountsAndCancels) {
    std::vector<std::int64_t> seen;
    const auto watch = [&](std::int64_t done, std::int64_t total) {
        EXPECT_EQ(total, 30);
        seen.push_back(done);
        return done < 10;
    };
    const auto t = Tokenizer::train(test::corpus(), 256 + 30, {}, watch);
    ASSERT_FALSE(t.has_value());
    EXPECT_EQ(t.error().code, "cancelled");
    EXPECT_THAT(seen, testing::ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
}

TEST(TokenizerTrain, RefusesBadSettings) {
    const auto code = [](std::int64_t size, std::vector<std::string> specials) {
        const auto t = Tokenizer::train("abc", size, std::move(specials));
        return t.has_value() ? "" : t.error().code;
    };
    EXPECT_EQ(code(300, {"<|a|>"}), "");
    for (const char* name : {"", "the", "<|>", "12", "\xE6<a>", "湖"})
        EXPECT_EQ(code(300, {name}), "tokenizer_special");
    EXPECT_EQ(code(300, {"<a>", "<a>"}), "tokenizer_special");
    EXPECT_EQ(code(255, {}), "tokenizer_train_size");
    EXPECT_EQ(code(256, {"<|a|>"}), "tokenizer_train_size");
    EXPECT_EQ(code(-1, {}), "tokenizer_train_size");
    EXPECT_EQ(code(std::int64_t{1} << 40, {}), "tokenizer_train_size");
}

}  // namespace
}  // namespace dg
