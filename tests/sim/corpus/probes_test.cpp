#include "sim/corpus/probes.h"

#include "sim/corpus/grammar.h"
#include "tests/sim/corpus/corpus_support.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace dg::sim {
namespace {

std::string at(const std::string& text, const Span& s) {
    return text.substr(s.begin, s.end - s.begin);
}

struct Asked {
    Domain domain;
    std::string_view label;
    bool evidence;
};

constexpr Asked kAsked[] = {{Domain::kStoryEn, "who", true},    {Domain::kStoryEn, "where", true},
                            {Domain::kStoryEn, "colour", true}, {Domain::kStoryEn, "what", true},
                            {Domain::kStoryZh, "who", true},    {Domain::kStoryZh, "where", true},
                            {Domain::kStoryZh, "colour", true}, {Domain::kStoryZh, "what", true},
                            {Domain::kNotes, "capital", true},  {Domain::kNotes, "dish", true},
                            {Domain::kNotes, "secret", true},   {Domain::kKeyValue, "copy", true},
                            {Domain::kCode, "output", false},   {Domain::kArithmetic, "sum", false},
                            {Domain::kChat, "sum", false}};

TEST(CorpusProbes, EveryQuestionHasItsAnswerAndEvidence) {
    for (const Asked& a : kAsked) {
        const auto probes = question_probes(a.domain, a.label, 60, 1);
        ASSERT_EQ(probes.size(), 60U);
        for (const Probe& p : probes) {
            EXPECT_FALSE(p.prompt.ends_with(' ')) << p.prompt;
            EXPECT_TRUE(testing::is_utf8(p.prompt) && testing::is_utf8(p.answer));
            EXPECT_EQ(p.label, a.label);
            const std::string word = p.answer.starts_with(' ') ? p.answer.substr(1) : p.answer;
            ASSERT_FALSE(word.empty());
            bool found = false;
            for (const Span& s : p.spans) {
                ASSERT_LE(s.end, p.prompt.size());
                found = found || (s.kind == SpanKind::kEvidence && at(p.prompt, s) == word);
            }
            EXPECT_EQ(found, a.evidence) << p.prompt << "|" << p.answer;
        }
    }
    EXPECT_THROW(question_probes(Domain::kCode, "who", 1), Bug);
}

TEST(CorpusProbes, SetsDifferAndRepeat) {
    const auto one = question_probes(Domain::kStoryEn, "who", 5, 0);
    const auto again = question_probes(Domain::kStoryEn, "who", 5, 0);
    const auto two = question_probes(Domain::kStoryEn, "who", 5, 1);
    for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(one[i].prompt, again[i].prompt);
    EXPECT_NE(one[0].prompt, two[0].prompt);
    EXPECT_THROW(held_out_documents(Domain::kCode, 1, kProbeSets), Bug);
}

TEST(CorpusProbes, PronounStandsLastAndAfterBothNames) {
    for (const Tongue tongue : {Tongue::kEn, Tongue::kZh}) {
        for (const Probe& p : coreference_probes(tongue, 50)) {
            std::map<SpanKind, std::string> text;
            for (const Span& s : p.spans) text[s.kind] = at(p.prompt, s);
            ASSERT_EQ(text.size(), 3U) << p.prompt;
            EXPECT_TRUE(p.prompt.ends_with(text[SpanKind::kPronoun]));
            EXPECT_NE(text[SpanKind::kAntecedent], text[SpanKind::kDistractor]);
        }
    }
}

TEST(CorpusProbes, TwelveOrMoreContextsForEverySense) {
    for (const auto& word : sense_words()) {
        std::map<std::string, std::set<std::string>> contexts;
        std::size_t held_out = 0;
        for (const auto& p : sense_probes(word)) {
            EXPECT_EQ(p.text.substr(p.begin, p.end - p.begin), word);
            contexts[p.sense].insert(p.text);
            held_out += p.held_out ? 1 : 0;
        }
        EXPECT_GE(contexts.size(), word == "mole" ? 3U : 2U) << word;
        EXPECT_GE(held_out, 4U) << word;
        for (const auto& [sense, texts] : contexts)
            EXPECT_GE(texts.size(), 12U) << word << " " << sense;
    }
}

TEST(CorpusProbes, MolePhrasesAreInTheTrainingGrammar) {
    std::set<std::string> missing;
    for (const auto& p : mole_phrases()) {
        EXPECT_EQ(p.text.substr(p.begin, p.end - p.begin), "mole");
        missing.insert(p.text);
    }
    ASSERT_EQ(missing.size(), 3U);
    testing::walk(Domain::kPolysemy, false, [&](const Document& d) { missing.erase(d.text); });
    EXPECT_TRUE(missing.empty()) << *missing.begin();
}

TEST(CorpusProbes, FactQuestionsAreWordedAsInTraining) {
    std::string text;
    for (std::uint64_t i = 0; i < 20000; ++i) text += document_of(Domain::kFacts, 3, i).text + "\n";
    for (const Tongue tongue : {Tongue::kEn, Tongue::kZh}) {
        EXPECT_EQ(fact_probes(true, tongue).size(), 50U);
        for (const Probe& p : fact_probes(true, tongue))
            EXPECT_GT(testing::count(text, p.prompt + p.answer), 0U) << p.prompt;
        EXPECT_EQ(fact_probes(false, tongue).size(), 25U);
        for (const Probe& p : fact_probes(false, tongue))
            EXPECT_EQ(testing::count(text, p.prompt), 0U) << p.prompt;
    }
}

TEST(CorpusProbes, NotesAnswerWithheldFactsAndContradictKnownOnes) {
    for (const Tongue tongue : {Tongue::kEn, Tongue::kZh}) {
        for (const bool seen : {false, true}) {
            const auto probes = note_probes(seen, tongue);
            ASSERT_EQ(probes.size(), 25U);
            for (const Probe& p : probes) {
                ASSERT_EQ(p.spans.size(), 1U);
                EXPECT_EQ(" " + at(p.prompt, p.spans[0]), p.answer);
                EXPECT_NE(p.answer, p.other);
                EXPECT_EQ(p.other.empty(), !seen);
            }
        }
    }
    EXPECT_EQ(fact_cards(withheld_facts(), Tongue::kEn)[0] + " ",
              note_probes(false, Tongue::kEn)[0].prompt.substr(
                  0, fact_cards(withheld_facts(), Tongue::kEn)[0].size() + 1));
}

TEST(CorpusProbes, SumsQuizAndUrls) {
    const auto with = addition_probes(true, 40, 2), without = addition_probes(false, 40, 2);
    for (std::size_t i = 0; i < 40; ++i) {
        EXPECT_EQ(with[i].answer, without[i].answer);
        EXPECT_TRUE(with[i].prompt.ends_with(':') && without[i].prompt.ends_with('='));
    }
    const auto none = quiz_probes(0, 20), four = quiz_probes(4, 20);
    for (std::size_t i = 0; i < 20; ++i) {
        EXPECT_TRUE(four[i].prompt.ends_with(none[i].prompt));
        EXPECT_EQ(four[i].answer, none[i].answer);
        EXPECT_EQ(testing::count(four[i].prompt, "答："), 5U);
    }
    for (const Probe& p : festival_probes())
        EXPECT_TRUE(p.prompt.ends_with("官方网站：") && p.answer.starts_with("www."));
}

TEST(CorpusProbes, NeedleLiesWhereAskedFor) {
    for (const Tongue tongue : {Tongue::kEn, Tongue::kZh}) {
        const Probe early = needle_probe(tongue, 0, 12, 7), late = needle_probe(tongue, 12, 0, 7);
        EXPECT_LT(early.spans[0].begin, late.spans[0].begin);
        EXPECT_EQ(early.answer, late.answer);
        for (const Probe& p : {early, late}) {
            const std::string word = p.answer.starts_with(' ') ? p.answer.substr(1) : p.answer;
            EXPECT_EQ(at(p.prompt, p.spans[0]), word);
        }
    }
    // without sentences in front it is a document of the training grammar
    const Probe plain = needle_probe(Tongue::kEn, 0, 0, 1);
    EXPECT_TRUE(plain.prompt.starts_with("Remember: the secret word is ")) << plain.prompt;
}

TEST(CorpusProbes, WordKindsAreDisjoint) {
    for (const Tongue tongue : {Tongue::kEn, Tongue::kZh}) {
        std::set<std::string> all;
        std::size_t n = 0;
        for (const auto& kind : word_kinds(tongue))
            for (const auto& w : kind.words) all.insert(w), ++n;
        EXPECT_EQ(all.size(), n);
        EXPECT_GE(n, 28U);
    }
}

}  // namespace
}  // namespace dg::sim
