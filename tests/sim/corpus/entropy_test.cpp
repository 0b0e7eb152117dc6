// The entropy of a document is exact: the probabilities of all documents of a domain add to one, no
// two paths through the grammar write the same text, and frequencies agree with the probabilities.
#include "engine/base/mathfn.h"
#include "tests/sim/corpus/corpus_support.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace dg::sim {
namespace {

class Enumerable : public ::testing::TestWithParam<Domain> {};

TEST_P(Enumerable, ProbabilitiesAddToOneAndTextsDiffer) {
    double total = 0;
    std::size_t paths = 0;
    std::unordered_set<std::string> texts;
    testing::walk(GetParam(), false, [&](const Document& d) {
        total += dg::exp(-d.entropy_nats);
        ++paths;
        EXPECT_TRUE(texts.insert(d.text).second) << "two paths write: " << d.text;
    });
    EXPECT_GT(paths, 50U);
    EXPECT_NEAR(total, 1.0, 1e-9) << paths << " documents";
}

INSTANTIATE_TEST_SUITE_P(Corpus, Enumerable,
                         ::testing::Values(Domain::kArithmetic, Domain::kCode, Domain::kPolysemy,
                                           Domain::kFacts, Domain::kUniversity),
                         [](const auto& param) {
                             return std::string(domain_info(param.param).name);
                         });

class TooMany : public ::testing::TestWithParam<Domain> {};

// too many documents to list: keep the first and the last alternative of every choice
TEST_P(TooMany, PathsWriteDifferentTexts) {
    std::unordered_set<std::string> texts;
    std::size_t paths = 0;
    testing::walk(GetParam(), true, [&](const Document& d) {
        if (++paths > 400000) return;
        EXPECT_TRUE(texts.insert(d.text).second) << "two paths write: " << d.text;
    });
    EXPECT_GT(paths, 400U);
}

INSTANTIATE_TEST_SUITE_P(Corpus, TooMany,
                         ::testing::Values(Domain::kStoryEn, Domain::kStoryZh, Domain::kBilingual,
                                           Domain::kChat),
                         [](const auto& param) {
                             return std::string(domain_info(param.param).name);
                         });

TEST(CorpusEntropy, SameTextSameProbabilityAcrossTheMixture) {
    std::unordered_map<std::string, std::pair<double, Domain>> seen;
    std::size_t repeats = 0;
    for (std::uint64_t i = 0; i < 120000; ++i) {
        const Document d = document(11, i);
        const auto [it, fresh] = seen.try_emplace(d.text, d.entropy_nats, d.domain);
        if (fresh) continue;
        ++repeats;
        ASSERT_NEAR(it->second.first, d.entropy_nats, 1e-9) << d.text;
        ASSERT_EQ(it->second.second, d.domain) << d.text;
    }
    EXPECT_GT(repeats, 10000U);  // the check has had something to compare
}

TEST(CorpusEntropy, FrequenciesAgreeWithProbabilities) {
    // chi-square over the texts expected at least 20 times, one degree of freedom each
    constexpr int kDraws = 40000;
    std::map<std::string, std::pair<int, double>> counts;
    for (int i = 0; i < kDraws; ++i) {
        const Document d = document_of(Domain::kUniversity, 5, static_cast<std::uint64_t>(i));
        auto& entry = counts[d.text];
        ++entry.first;
        entry.second = dg::exp(-d.entropy_nats) * kDraws;
    }
    double chi = 0;
    int cells = 0;
    for (const auto& [text, entry] : counts) {
        if (entry.second < 20) continue;
        chi += (entry.first - entry.second) * (entry.first - entry.second) / entry.second;
        ++cells;
    }
    ASSERT_GT(cells, 40);
    EXPECT_LT(chi, cells + 5.0 * std::sqrt(2.0 * cells)) << cells << " texts";
}

TEST(CorpusEntropy, MonteCarloMeanAgreesWithTheEnumeratedMean) {
    for (const Domain domain : {Domain::kPolysemy, Domain::kFacts, Domain::kUniversity}) {
        double exact = 0;
        testing::walk(domain, false, [&](const Document& d) {
            exact += dg::exp(-d.entropy_nats) * d.entropy_nats;
        });
        const DomainStats s = measure_domain(domain, 2, 20000);
        EXPECT_NEAR(s.entropy_nats, exact, 4.5 * s.entropy_stderr + 1e-9)
            << domain_info(domain).name;
    }
}

TEST(CorpusEntropy, TheDomainIsPartOfTheEntropy) {
    for (std::uint64_t i = 0; i < 200; ++i) {
        const Document d = document(3, i);
        EXPECT_NEAR(d.domain_nats, -dg::log(domain_info(d.domain).share), 1e-12);
        EXPECT_GT(d.entropy_nats, d.domain_nats);
    }
}

TEST(CorpusEntropy, WriterChargesEveryChoice) {
    RandomChoices choices(Rng(1));
    Writer w(choices);
    w.pick(1);
    EXPECT_EQ(w.entropy_nats(), 0.0);
    w.pick(8);
    EXPECT_NEAR(w.entropy_nats(), 3 * 0.69314718055994531, 1e-15);
    w.pick_distinct(5, 5);
    EXPECT_NEAR(w.entropy_nats(), dg::log(8.0 * 120.0), 1e-14);
    const double before = w.entropy_nats();
    const std::size_t i = w.weighted({0.25, 0.75});
    EXPECT_NEAR(w.entropy_nats() - before, -dg::log(i == 0 ? 0.25 : 0.75), 1e-14);
    EXPECT_THROW(w.weighted({0.5, 0.4}), Bug);
}

}  // namespace
}  // namespace dg::sim
