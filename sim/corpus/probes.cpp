#include "sim/corpus/probes.h"

#include "sim/corpus/grammar.h"
#include "sim/corpus/polysemy.h"

#include <algorithm>

namespace dg::sim {

namespace {

/// Seeds of document_of that belong to the probe sets.
std::uint64_t probe_seed(int set) {
    DG_CHECK(set >= 0 && set < kProbeSets);
    return 0x9E0B'0000ULL + static_cast<std::uint64_t>(set);
}

/// Cuts a document before an answer; spans of the same group that lie in the prompt are kept.
Probe cut_before(const Document& d, const Span& answer) {
    std::size_t cut = answer.begin;
    if (cut > 0 && d.text[cut - 1] == ' ') --cut;
    Probe p{.prompt = d.text.substr(0, cut),
            .answer = d.text.substr(cut, answer.end - cut),
            .label = answer.label,
            .other = {},
            .spans = {}};
    for (const Span& s : d.spans) {
        if (s.group != answer.group || s.end > cut) continue;
        p.spans.push_back(s);
        if (s.kind == SpanKind::kDistractor && p.other.empty())
            p.other =
                p.answer.substr(0, answer.begin - cut) + d.text.substr(s.begin, s.end - s.begin);
    }
    return p;
}

/// Splits "… Answer: " so that the space opens the answer.
Probe asked(std::string prompt, std::string answer, std::string label) {
    if (prompt.ends_with(' ')) {
        prompt.pop_back();
        answer = fmt::format(" {}", answer);
    }
    return {.prompt = std::move(prompt),
            .answer = std::move(answer),
            .label = std::move(label),
            .other = {},
            .spans = {}};
}

std::string_view fact_label(const Fact& f) {
    return f.capital ? "capital" : "dish";
}

const std::string& answer_of(const Fact& f, Tongue tongue) {
    return tongue == Tongue::kZh ? f.answer_zh : f.answer_en;
}

}  // namespace

std::vector<Document> held_out_documents(Domain domain, std::size_t n, int set) {
    std::vector<Document> docs;
    for (std::size_t i = 0; i < n; ++i) docs.push_back(document_of(domain, probe_seed(set), i));
    return docs;
}

std::vector<Probe> question_probes(Domain domain, std::string_view label, std::size_t n, int set) {
    std::vector<Probe> probes;
    for (std::uint64_t i = 0; probes.size() < n; ++i) {
        if (i >= 1000 + 200 * n)
            throw_bug(__FILE__, __LINE__,
                      fmt::format("no question '{}' in {}", label, domain_info(domain).name));
        const Document d = document_of(domain, probe_seed(set), i);
        const auto first = std::ranges::find(d.spans, SpanKind::kAnswer, &Span::kind);
        if (first != d.spans.end() && first->label == label)
            probes.push_back(cut_before(d, *first));
    }
    return probes;
}

std::vector<Probe> coreference_probes(Tongue tongue, std::size_t n, int set) {
    const Domain domain = tongue == Tongue::kEn ? Domain::kStoryEn : Domain::kStoryZh;
    std::vector<Probe> probes;
    for (std::uint64_t i = 0; probes.size() < n; ++i) {
        const Document d = document_of(domain, probe_seed(set), i);
        const auto pronoun = std::ranges::find(d.spans, SpanKind::kPronoun, &Span::kind);
        if (pronoun == d.spans.end()) continue;
        Probe p;
        p.prompt = d.text.substr(0, pronoun->end);
        p.label = "pronoun";
        for (const Span& s : d.spans)
            if (s.group == pronoun->group) p.spans.push_back(s);
        probes.push_back(std::move(p));
    }
    return probes;
}

std::vector<std::string> sense_words() {
    std::vector<std::string> words;
    for (const auto& w : grammar::ambiguous_words()) words.emplace_back(w.word);
    return words;
}

std::vector<SenseProbe> sense_probes(std::string_view word) {
    std::vector<SenseProbe> probes;
    for (const auto& w : grammar::ambiguous_words()) {
        if (w.word != word) continue;
        for (const auto& sense : w.senses) {
            for (const auto& frame : sense.frames) {
                const auto all = grammar::contexts(frame, w.zh);
                const auto add = [&](const std::string& text, bool held_out) {
                    probes.push_back({.text = text,
                                      .begin = text.size() - word.size(),
                                      .end = text.size(),
                                      .sense = std::string(sense.label),
                                      .held_out = held_out});
                };
                for (const auto& text : all.trained) add(text, false);
                for (const auto& text : all.held_out) add(text, true);
            }
        }
    }
    return probes;
}

std::vector<SenseProbe> mole_phrases() {
    constexpr std::string_view kSentences[][2] = {
        {"In the garden the American shrew mole dug a long tunnel.", "animal"},
        {"In the lab one mole of carbon dioxide was made.", "unit"},
        {"The doctor will take a biopsy of the mole on her arm.", "skin"}};
    std::vector<SenseProbe> probes;
    for (const auto& [text, sense] : kSentences) {
        const std::size_t at = text.find("mole");
        probes.push_back({.text = std::string(text),
                          .begin = at,
                          .end = at + 4,
                          .sense = std::string(sense),
                          .held_out = false});
    }
    return probes;
}

const std::vector<Fact>& withheld_facts() {
    static const std::vector<Fact> kFacts = [] {
        std::vector<Fact> table;
        for (std::size_t i = 0; i < unseen_lands().size(); ++i) {
            const std::string& city = cities()[(11 * i + 5) % cities().size()];
            table.push_back({.land = unseen_lands()[i],
                             .capital = true,
                             .answer_en = city,
                             .answer_zh = city,
                             .share = 0});
        }
        return table;
    }();
    return kFacts;
}

std::vector<Probe> fact_probes(bool seen, Tongue tongue) {
    std::vector<Probe> probes;
    for (const Fact& f : seen ? facts() : withheld_facts())
        probes.push_back(asked(grammar::fact_question(f.capital, tongue == Tongue::kZh, f.land),
                               answer_of(f, tongue), std::string(fact_label(f))));
    return probes;
}

std::vector<Probe> note_probes(bool seen, Tongue tongue) {
    const bool zh = tongue == Tongue::kZh;
    std::vector<Probe> probes;
    for (const Fact& f : seen ? facts() : withheld_facts()) {
        if (!f.capital) continue;
        // a seen land gets the city after its own: never the one in memory
        const auto own = std::ranges::find(cities(), f.answer_en) - cities().begin();
        const std::string& told =
            seen ? cities()[(static_cast<std::size_t>(own) + 1) % cities().size()] : f.answer_en;
        const auto s = grammar::fact_statement(true, zh, f.land, false);
        const std::string lead = fmt::format("{}{}", zh ? "资料：" : "Note: ", s.before);
        Probe p = asked(
            lead + told + s.after + (zh ? "" : " ") + grammar::fact_question(true, zh, f.land),
            told, "capital");
        p.spans.push_back({.kind = SpanKind::kEvidence,
                           .begin = lead.size(),
                           .end = lead.size() + told.size(),
                           .group = 0,
                           .label = {}});
        if (seen) p.other = fmt::format(" {}", f.answer_en);
        probes.push_back(std::move(p));
    }
    return probes;
}

std::vector<std::string> fact_cards(const std::vector<Fact>& table, Tongue tongue) {
    const bool zh = tongue == Tongue::kZh;
    std::vector<std::string> cards;
    for (const Fact& f : table) {
        const auto s = grammar::fact_statement(f.capital, zh, f.land, false);
        cards.push_back((zh ? "资料：" : "Note: ") + s.before + answer_of(f, tongue) + s.after);
    }
    return cards;
}

std::vector<Probe> addition_probes(bool steps, std::size_t n, int set) {
    // the same sums with and without steps
    Rng rng = Rng::keyed(probe_seed(set), "addition probes");
    std::vector<Probe> probes;
    for (std::size_t i = 0; i < n; ++i) {
        const auto a = 10 + static_cast<int>(rng.below(90)),
                   b = 10 + static_cast<int>(rng.below(90));
        probes.push_back(
            asked(fmt::format("{}+{}{}", a, b, steps ? ":" : "="), std::to_string(a + b), "sum"));
    }
    return probes;
}

std::vector<Probe> quiz_probes(std::size_t examples, std::size_t n, int set) {
    Rng rng = Rng::keyed(probe_seed(set), "quiz probes");
    std::vector<Probe> probes;
    for (std::size_t i = 0; i < n; ++i) {
        // the question first, so that it is the same one for any number of examples
        const auto digit = [&rng] { return 1 + static_cast<int>(rng.below(9)); };
        const int a = digit(), b = digit();
        Rng shots = Rng::keyed(probe_seed(set), "quiz examples", i);
        std::string prompt;
        for (std::size_t k = 0; k < examples; ++k) {
            const auto x = 1 + static_cast<int>(shots.below(9)),
                       y = 1 + static_cast<int>(shots.below(9));
            prompt += fmt::format("问：{}+{}=? 答：{}\n", x, y, x + y);
        }
        probes.push_back(
            asked(prompt + fmt::format("问：{}+{}=? 答：", a, b), std::to_string(a + b), "sum"));
    }
    return probes;
}

std::vector<Probe> festival_probes() {
    std::vector<Probe> probes;
    for (const Festival& f : unseen_festivals())
        probes.push_back(asked(f.name + "官方网站：", f.url, "url"));
    return probes;
}

Probe needle_probe(Tongue tongue, int before, int after, std::uint64_t index, int set) {
    const bool zh = tongue == Tongue::kZh;
    Rng rng = Rng::keyed(probe_seed(set), "needle", index);
    const auto one_of = [&rng](grammar::Words words) {
        return words[rng.below(static_cast<std::uint32_t>(words.size()))];
    };
    const std::string secret(one_of(zh ? grammar::chinese().objects : grammar::english().objects));
    const auto idle = [&](int sentences) {
        std::string text;
        for (int i = 0; i < sentences; ++i)
            text.append(one_of(zh ? grammar::fillers_zh() : grammar::fillers_en()))
                .append(zh ? "" : " ");
        return text;
    };
    const std::string lead = idle(before) + (zh ? "记住：暗号是" : "Remember: the secret word is ");
    const std::string question =
        zh ? "问：暗号是什么？答：" : "Question: what is the secret word? Answer: ";
    Probe p = asked(lead + secret + (zh ? "。" : ". ") + idle(after) + question, secret, "secret");
    p.spans.push_back({.kind = SpanKind::kEvidence,
                       .begin = lead.size(),
                       .end = lead.size() + secret.size(),
                       .group = 0,
                       .label = {}});
    return p;
}

std::vector<WordKind> word_kinds(Tongue tongue) {
    const auto& lexicon = tongue == Tongue::kEn ? grammar::english() : grammar::chinese();
    const auto words = [&](grammar::Words list) {
        std::vector<std::string> out;
        for (const auto w : list)
            out.push_back(fmt::format("{}{}", tongue == Tongue::kEn ? " " : "", w));
        return out;
    };
    return {{"names", words(lexicon.names)},
            {"things", words(lexicon.objects)},
            {"colours", words(lexicon.colours)},
            {"places", words(lexicon.places)}};
}

}  // namespace dg::sim
