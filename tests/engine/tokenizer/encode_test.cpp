#include "engine/tokenizer/bpe.h"
#include "tests/engine/tokenizer/support.h"

#include <gmock/gmock.h>

#include <chrono>

namespace dg {
namespace {

using test::small;

std::vector<std::int32_t> reference(const Tokenizer& t, const std::string& text,
                                    std::int32_t limit) {
    std::vector<std::int32_t> ids;
    for (const auto& [begin, end] : t.pre_tokens(text)) {
        const std::string word = text.substr(begin, end - begin);
        if (const std::int32_t special = t.special_id(word); special >= 0) {
            ids.push_back(special);
            continue;
        }
        for (const std::int32_t id : test::encode_reference(t, word, limit)) ids.push_back(id);
    }
    return ids;
}

void expect_round_trip(const Tokenizer& t, const std::string& text) {
    for (const bool specials : {true, false}) {
        const auto ids = t.encode(text, specials);
        EXPECT_EQ(t.decode(ids).value(), text) << printable(text);
        std::size_t end = 0;
        for (const TokenSpan& span : t.encode_spans(text, specials)) {
            EXPECT_EQ(span.begin, end);
            EXPECT_EQ(text.substr(span.begin, span.end - span.begin), t.bytes(span.id));
            end = span.end;
        }
        EXPECT_EQ(end, text.size());
    }
}

TEST(TokenizerEncode, RoundTripsTextOfManyScripts) {
    for (const std::string& text : test::texts()) expect_round_trip(small(), text);
}

TEST(TokenizerEncode, RoundTripsRandomBytes) {
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        SCOPED_TRACE(seed);
        Rng rng(seed);
        expect_round_trip(small(), test::random_bytes(rng, 200));
    }
}

TEST(TokenizerEncode, EqualsReferenceAtAnyNumberOfMerges) {
    const auto all = static_cast<std::int32_t>(small().merges().size());
    ASSERT_GT(all, 100);
    for (const std::string& text : test::texts()) {
        for (const std::int32_t limit : {0, 1, all / 2, all}) {
            std::vector<std::int32_t> ids;
            for (const TokenSpan& s : small().encode_spans(text, true, limit)) ids.push_back(s.id);
            EXPECT_EQ(ids, reference(small(), text, limit))
                << printable(text) << " limit " << limit;
        }
        EXPECT_EQ(small().encode(text), reference(small(), text, all));
    }
}

TEST(TokenizerEncode, ScanAndHeapAgree) {
    PairRanks ranks;
    ranks.reset(small().merges().size());
    for (std::size_t r = 0; r < small().merges().size(); ++r) {
        ranks.insert(small().merges()[r].left, small().merges()[r].right,
                     static_cast<std::int32_t>(r));
    }
    std::int64_t merged = 0;
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        Rng rng(seed);
        std::vector<std::int32_t> scan;
        for (const char c : test::random_bytes(rng, 40))
            scan.push_back(3 + static_cast<unsigned char>(c));
        std::vector<std::int32_t> heap = scan;
        const std::size_t before = scan.size();
        merge_pieces(ranks, small().merges(), PairRanks::kNone, scan);
        merge_pieces_heap(ranks, small().merges(), PairRanks::kNone, heap);
        EXPECT_EQ(scan, heap) << "seed " << seed;
        merged += static_cast<std::int64_t>(before - scan.size());
    }
    EXPECT_GT(merged, 500);
}

TEST(TokenizerEncode, TokenCountNeverRisesAsMergesGrow) {
    const auto all = static_cast<std::int32_t>(small().merges().size());
    for (const std::string& text : test::texts()) {
        std::size_t before = text.size();
        for (std::int32_t m = 0; m <= all; ++m) {
            const std::size_t now = small().encode_spans(text, false, m).size();
            ASSERT_LE(now, before) << printable(text) << " at " << m << " merges";
            if (m == 0) {
                ASSERT_EQ(now, text.size());
            }
            before = now;
        }
    }
}

TEST(TokenizerEncode, MergeStepsReplayToTheEncoding) {
    for (const std::string word :
         {"湖", " University", "aaaaaaaaaaaaaaaaaaaaaaaaa", " the", "----------", "x"}) {
        std::vector<std::int32_t> pieces;
        for (const TokenSpan& s : small().encode_spans(word, false, 0)) pieces.push_back(s.id);
        const std::vector<MergeStep> steps = small().merge_steps(word);
        EXPECT_EQ(steps.empty(), word == "x");
        for (const MergeStep& step : steps) {
            ASSERT_LT(step.position + 1, pieces.size());
            const Merge& m = small().merges()[static_cast<std::size_t>(step.rank)];
            ASSERT_EQ(pieces[step.position], m.left);
            ASSERT_EQ(pieces[step.position + 1], m.right);
            ASSERT_EQ(step.result, m.result);
            pieces[step.position] = m.result;
            pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(step.position) + 1);
        }
        EXPECT_EQ(pieces, small().encode(word)) << word;
    }
}

TEST(TokenizerEncode, SpecialTokens) {
    const Tokenizer& t = small();
    EXPECT_EQ(t.special_id("<|pad|>"), 0);
    EXPECT_EQ(t.special_id("<|doc|>"), 1);
    EXPECT_EQ(t.special_id("<|none|>"), -1);
    EXPECT_EQ(t.special_id("a"), -1);
    EXPECT_TRUE(t.is_special(2));
    EXPECT_FALSE(t.is_special(3));
    EXPECT_THAT(t.encode("<|doc|><|end|>"), testing::ElementsAre(1, 2));
    EXPECT_EQ(t.encode("x<|end|>y").size(), 3U);
    EXPECT_EQ(t.encode("x<|end|>y")[1], 2);
    // written out as text they are ordinary letters and symbols
    EXPECT_THAT(t.encode("<|end|>", false), testing::Each(testing::Ge(3)));
    EXPECT_EQ(t.encode("<|en|>"), t.encode("<|en|>", false));
    EXPECT_THAT(t.encode(""), testing::IsEmpty());
    EXPECT_EQ(t.encode("a").size(), 1U);  // no BOS
}

TEST(TokenizerEncode, LongestSpecialWins) {
    const Tokenizer t = Tokenizer::train("", 260, {"<a>", "<a><b>", "<b>", "a>!"}).value();
    EXPECT_THAT(t.encode("<a><b><b><a>!"), testing::ElementsAre(1, 2, 0, 4 + '!'));
}

TEST(TokenizerEncode, BadIdsAreErrors) {
    for (const std::int32_t id : {-1, 420, 1 << 30}) {
        const auto text = small().decode(std::vector<std::int32_t>{5, id});
        ASSERT_FALSE(text.has_value());
        EXPECT_EQ(text.error().code, "bad_token_id");
    }
    EXPECT_THROW(static_cast<void>(small().bytes(420)), Bug);
    EXPECT_THROW(static_cast<void>(small().label(-1)), Bug);
}

TEST(TokenizerEncode, DefaultIsBytesOnly) {
    const Tokenizer t;
    EXPECT_EQ(t.vocab_size(), 256);
    EXPECT_THAT(t.encode("湖"), testing::ElementsAre(0xE6, 0xB9, 0x96));
    const Tokenizer copy = small();  // NOLINT(performance-unnecessary-copy-initialization)
    EXPECT_EQ(copy.json(), small().json());
}

// one endless pre-token must not take quadratic time: the bound is a thousand times what it needs
TEST(TokenizerEncode, LongPreTokensAreNotQuadratic) {
    const std::string text = std::string(1 << 18, 'a');
    const auto start = std::chrono::steady_clock::now();
    expect_round_trip(small(), text);
    EXPECT_EQ(small().merge_steps(text).size(), text.size() - small().encode(text).size());
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(120));
}

}  // namespace
}  // namespace dg
