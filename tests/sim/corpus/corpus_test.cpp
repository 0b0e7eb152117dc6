#include "sim/corpus/corpus.h"

#include "engine/base/mathfn.h"
#include "sim/corpus/grammar.h"
#include "sim/corpus/polysemy.h"
#include "tests/sim/corpus/corpus_support.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace dg::sim {
namespace {

using testing::count;

/// Three million bytes of text, made once.
const std::string& sample() {
    static const std::string kText = corpus_text(7, 3'000'000);
    return kText;
}

TEST(Corpus, SameSeedSameTextInAnyOrder) {
    Corpus forward(42);
    std::vector<std::string> texts;
    for (int i = 0; i < 300; ++i) texts.push_back(forward.next().text);
    for (int i = 299; i >= 0; --i)
        EXPECT_EQ(document(42, static_cast<std::uint64_t>(i)).text,
                  texts[static_cast<std::size_t>(i)]);
    Corpus resumed(42);
    resumed.seek(200);
    EXPECT_EQ(resumed.next().text, texts[200]);
    EXPECT_EQ(resumed.position(), 201U);
    EXPECT_NE(document(43, 0).text, texts[0]);
}

TEST(Corpus, TextIsTheOneModelsWereTrainedOn) {
    // changes when the grammar changes: then the shipped models and their cards must be made anew
    EXPECT_EQ(corpus_hash(1, 2000), 0x3D1084E2A70314E5ULL)
        << fmt::format("new hash 0x{:016X}", corpus_hash(1, 2000));
}

TEST(Corpus, SharesAddToOneAndAreMet) {
    double sum = 0;
    for (const auto& d : domains()) {
        sum += d.share;
        EXPECT_EQ(domain_info(d.id).name, d.name);
    }
    EXPECT_NEAR(sum, 1.0, 1e-12);
    constexpr int kDraws = 20000;
    std::array<int, kDomains> counts{};
    for (std::uint64_t i = 0; i < kDraws; ++i)
        ++counts[static_cast<std::size_t>(document(9, i).domain)];
    double chi = 0;
    for (std::size_t i = 0; i < kDomains; ++i) {
        const double expected = domains()[i].share * kDraws;
        chi += (counts[i] - expected) * (counts[i] - expected) / expected;
    }
    EXPECT_LT(chi, 29.6);  // 0.1 % point of chi-square with 10 degrees of freedom
}

TEST(Corpus, DocumentsAreShortAndWholeUtf8) {
    for (const auto& info : domains()) {
        std::size_t longest = 0, over = 0;
        for (std::uint64_t i = 0; i < 3000; ++i) {
            const Document d = document_of(info.id, 17, i);
            ASSERT_FALSE(d.text.empty());
            ASSERT_TRUE(testing::is_utf8(d.text)) << d.text;
            ASSERT_NE(d.text.back(), '\n');
            longest = std::max(longest, testing::units(d.text));
            over += testing::units(d.text) > 90 ? 1 : 0;
        }
        // only a needle in a long haystack may exceed 90; the context of mini is 256
        EXPECT_LE(longest, info.id == Domain::kNotes ? 180U : 90U) << info.name;
        EXPECT_LE(over, 150U) << info.name;
    }
}

TEST(Corpus, MeanEntropyIsModest) {
    double nats = 0, units = 0;
    for (std::uint64_t i = 0; i < 5000; ++i) {
        const Document d = document(23, i);
        nats += d.entropy_nats;
        units += static_cast<double>(testing::units(d.text));
    }
    EXPECT_GT(nats / units, 0.3);
    EXPECT_LT(nats / units, 0.6);
}

TEST(Corpus, PhrasesThatTheLessonsQuoteOccur) {
    for (const std::string_view phrase : {"American shrew mole",
                                          "one mole of carbon dioxide",
                                          "take a biopsy of the mole",
                                          "湖南大学",
                                          "湖南大道",
                                          "Hunan University",
                                          "位于长沙",
                                          "Changsha",
                                          "官方网站：www.",
                                          ".edu.cn",
                                          "问：2+3=? 答：5",
                                          "cat = 猫",
                                          "猫 = cat",
                                          "def f(",
                                          "mod 10",
                                          "苹果",
                                          "杜鹃",
                                          "包袱",
                                          "意思",
                                          "Who has the ",
                                          "问：谁有",
                                          "Note: the capital of ",
                                          "资料：",
                                          "secret word",
                                          "暗号"})
        EXPECT_GT(count(sample(), phrase), 0U) << phrase;
}

TEST(Corpus, EveryFactIsToldAndUnseenOnesNever) {
    ASSERT_EQ(facts().size(), 50U);
    ASSERT_EQ(unseen_lands().size(), 25U);
    ASSERT_EQ(cities().size(), 25U);
    double shares = 0;
    std::set<std::string> capitals;
    for (const Fact& f : facts()) {
        shares += f.share;
        if (f.capital) capitals.insert(f.answer_en);
        const auto s = grammar::fact_statement(f.capital, false, f.land, true);
        EXPECT_GT(count(sample(), s.before + f.answer_en + s.after), 0U) << f.land;
        const auto zh = grammar::fact_statement(f.capital, true, f.land, true);
        const std::string asked = grammar::fact_question(f.capital, true, f.land);
        EXPECT_GT(count(sample(), zh.before + f.answer_zh) + count(sample(), asked + f.answer_zh),
                  0U)
            << f.land;
    }
    EXPECT_NEAR(shares, 1.0, 1e-12);
    EXPECT_EQ(capitals.size(), 25U);
    for (const auto& land : unseen_lands()) EXPECT_EQ(count(sample(), land), 0U) << land;
    ASSERT_FALSE(unseen_festivals().empty());
    for (const auto& f : unseen_festivals()) {
        EXPECT_EQ(count(sample(), f.name), 0U) << f.name;
        EXPECT_EQ(count(sample(), f.url), 0U) << f.url;
    }
    for (const auto& f : seen_festivals())
        EXPECT_GT(count(sample(), f.name + "官方网站：" + f.url), 0U) << f.name;
}

TEST(Corpus, AfterHunanDaComesXueWithProbability088) {
    // over all documents of the domain, and among those that begin with it
    double all = 0, xue = 0, starts = 0, starts_xue = 0;
    testing::walk(Domain::kUniversity, false, [&](const Document& d) {
        const double p = dg::exp(-d.entropy_nats);
        all += p * static_cast<double>(count(d.text, "湖南大"));
        xue += p * static_cast<double>(count(d.text, "湖南大学"));
        if (d.text.starts_with("湖南大")) starts += p;
        if (d.text.starts_with("湖南大学")) starts_xue += p;
        EXPECT_EQ(count(d.text, "湖南大车"), 0U);
    });
    EXPECT_NEAR(xue / all, 0.88, 1e-9);
    EXPECT_NEAR(starts_xue / starts, 0.88, 1e-9);
    EXPECT_EQ(after_hunan_da()[0].text, "学");
    EXPECT_DOUBLE_EQ(after_hunan_da()[0].probability, 0.88);
    double sum = 0;
    for (const auto& c : after_hunan_da()) sum += c.probability;
    EXPECT_NEAR(sum, 1.0, 1e-12);
    // no other domain writes it
    for (std::uint64_t i = 0; i < 30000; ++i) {
        const Document d = document(31, i);
        if (d.text.find("湖南大") == std::string::npos) continue;
        ASSERT_EQ(d.domain, Domain::kUniversity) << d.text;
    }
}

TEST(Corpus, HeldOutContextsNeverOccur) {
    std::size_t held_out = 0;
    for (const auto& word : grammar::ambiguous_words()) {
        for (const auto& sense : word.senses) {
            std::set<std::string_view> next;
            for (const auto& frame : sense.frames) {
                const auto c = grammar::contexts(frame, word.zh);
                held_out += c.held_out.size();
                for (const auto& context : c.held_out)
                    EXPECT_EQ(count(sample(), context), 0U) << context;
                for (const auto& context : c.trained)
                    EXPECT_TRUE(context.ends_with(word.word)) << context;
                for (const auto follow : frame.follows)
                    next.insert(follow.substr(0, word.zh ? 3 : follow.find(' ')));
            }
            // what follows one sense at once follows no other sense of the word
            for (const auto& other : word.senses) {
                if (other.label == sense.label) continue;
                for (const auto& frame : other.frames)
                    for (const auto follow : frame.follows)
                        EXPECT_FALSE(
                            next.contains(follow.substr(0, word.zh ? 3 : follow.find(' '))))
                            << word.word << ": " << follow;
            }
        }
    }
    EXPECT_GT(held_out, 40U);
}

TEST(Corpus, AnswersCanBeReadFromTheirEvidence) {
    std::size_t checked = 0;
    for (const auto& info : domains()) {
        for (std::uint64_t i = 0; i < 400; ++i) {
            const Document d = document_of(info.id, 29, i);
            for (const Span& a : d.spans) {
                ASSERT_LT(a.begin, a.end);
                ASSERT_LE(a.end, d.text.size());
                ASSERT_LT(a.group, d.questions);
                ASSERT_TRUE(testing::is_utf8(d.text.substr(a.begin, a.end - a.begin)));
                if (a.kind != SpanKind::kAnswer) continue;
                bool evidence = false, equal = false;
                for (const Span& e : d.spans) {
                    if (e.group != a.group || e.kind != SpanKind::kEvidence) continue;
                    EXPECT_LE(e.end, a.begin);
                    evidence = true;
                    equal = equal || d.text.substr(e.begin, e.end - e.begin) ==
                                         d.text.substr(a.begin, a.end - a.begin);
                }
                EXPECT_EQ(evidence, equal) << d.text;
                checked += evidence ? 1 : 0;
            }
        }
    }
    EXPECT_GT(checked, 2000U);
}

TEST(Corpus, PronounsPointToANameOfTheRightSex) {
    std::size_t checked = 0;
    for (std::uint64_t i = 0; i < 500; ++i) {
        const Document d = document_of(Domain::kStoryEn, 37, i);
        const auto at = [&](const Span& s) { return d.text.substr(s.begin, s.end - s.begin); };
        const auto man = [&](const Span& s) {
            const auto names = grammar::english().names;
            const auto it =
                std::ranges::find(names, std::string_view(d.text).substr(s.begin, s.end - s.begin));
            EXPECT_NE(it, names.end());
            return static_cast<std::size_t>(it - names.begin()) < names.size() / 2;
        };
        for (const Span& p : d.spans) {
            if (p.kind != SpanKind::kPronoun) continue;
            for (const Span& n : d.spans) {
                if (n.group != p.group) continue;
                if (n.kind != SpanKind::kAntecedent && n.kind != SpanKind::kDistractor) continue;
                const bool he = at(p) == "He" || at(p) == "he";
                EXPECT_EQ(man(n) == he, n.kind == SpanKind::kAntecedent) << d.text;
                ++checked;
            }
        }
    }
    EXPECT_GT(checked, 200U);
}

/// Numbers of "12+34..." at the front and the digits at `from`.
int number_at(const std::string& s, std::size_t from) {
    int n = 0;
    while (from < s.size() && s[from] >= '0' && s[from] <= '9') n = 10 * n + (s[from++] - '0');
    return n;
}

TEST(Corpus, SumsAreRight) {
    std::size_t additions = 0, chains = 0;
    for (std::uint64_t i = 0; i < 2000; ++i) {
        const Document d = document_of(Domain::kArithmetic, 41, i);
        if (d.spans.size() != 1) continue;
        const int answer = number_at(d.text, d.spans[0].begin);
        int sum = number_at(d.text, 0);
        std::size_t at = 0;
        // operands: everything before the first sign that is neither digit nor plus
        for (; at < d.text.size() &&
               (std::isdigit(static_cast<unsigned char>(d.text[at])) != 0 || d.text[at] == '+');
             ++at)
            if (d.text[at] == '+') sum += number_at(d.text, at + 1);
        const bool mod = d.text.find("mod 10") != std::string::npos;
        EXPECT_EQ(answer, mod ? sum % 10 : sum) << d.text;
        ++(mod ? chains : additions);
    }
    EXPECT_GT(additions, 500U);
    EXPECT_GT(chains, 300U);
}

}  // namespace
}  // namespace dg::sim
