// The fixed invented world: 25 lands with capitals and dishes, the domain that tells them, and the
// notes that give (often contradicting) evidence before the question.
#include "sim/corpus/grammar.h"

#include <algorithm>

namespace dg::sim {

namespace {

constexpr std::string_view kLandHeads[] = {"Ka", "Lo", "Mi", "Ru", "Ve",
                                           "Do", "Sa", "Ne", "Ti", "Bo"};
constexpr std::string_view kLandTails[] = {"lor", "ren", "dia", "van", "mos",
                                           "nia", "kan", "tel", "gar", "sun"};
constexpr std::string_view kCityHeads[] = {"Bra", "Che", "Fi", "Gol", "Hu"};
constexpr std::string_view kCityTails[] = {"ton", "ville", "mar", "dor", "by"};
constexpr std::size_t kLands = 25;

struct Lands {
    std::vector<std::string> seen, unseen, notes;
};

/// All 100 syllable pairs, dealt out so that seen and unseen lands share every syllable.
Lands deal_lands() {
    Lands lands;
    for (std::size_t h = 0; h < std::size(kLandHeads); ++h) {
        for (std::size_t t = 0; t < std::size(kLandTails); ++t) {
            const std::string name = fmt::format("{}{}", kLandHeads[h], kLandTails[t]);
            const std::size_t deal = (h + t) % 4;
            if (deal == 0 && lands.seen.size() < kLands)
                lands.seen.push_back(name);
            else if (deal == 1 && lands.unseen.size() < kLands)
                lands.unseen.push_back(name);
            else
                lands.notes.push_back(name);
        }
    }
    // frequency rank must not follow the alphabet
    std::ranges::sort(lands.seen, {}, [](const std::string& s) { return hash_text(s); });
    std::ranges::sort(lands.unseen, {}, [](const std::string& s) { return hash_text(s); });
    return lands;
}

const Lands& lands() {
    static const Lands kTable = deal_lands();
    return kTable;
}

/// Zipf: the land of rank r (from 0) is told with probability proportional to 1/(r+1).
const std::vector<double>& zipf() {
    static const std::vector<double> kShares = [] {
        std::vector<double> p(kLands);
        double sum = 0;
        for (std::size_t i = 0; i < kLands; ++i) sum += p[i] = 1.0 / static_cast<double>(i + 1);
        for (double& x : p) x /= sum;
        return p;
    }();
    return kShares;
}

}  // namespace

const std::vector<std::string>& unseen_lands() {
    return lands().unseen;
}

const std::vector<std::string>& cities() {
    static const std::vector<std::string> kCities = [] {
        std::vector<std::string> names;
        for (const auto head : kCityHeads)
            for (const auto tail : kCityTails) names.push_back(fmt::format("{}{}", head, tail));
        return names;
    }();
    return kCities;
}

const std::vector<Fact>& facts() {
    static const std::vector<Fact> kFacts = [] {
        std::vector<Fact> table;
        for (std::size_t i = 0; i < kLands; ++i) {
            const std::string& land = lands().seen[i];
            const std::string& city = cities()[(7 * i + 3) % kLands];
            const std::size_t dish = (5 * i + i / 8) % grammar::dishes_en().size();
            table.push_back({.land = land,
                             .capital = true,
                             .answer_en = city,
                             .answer_zh = city,
                             .share = zipf()[i] / 2});
            table.push_back({.land = land,
                             .capital = false,
                             .answer_en = std::string(grammar::dishes_en()[dish]),
                             .answer_zh = std::string(grammar::dishes_zh()[dish]),
                             .share = zipf()[i] / 2});
        }
        return table;
    }();
    return kFacts;
}

namespace grammar {

const std::vector<std::string>& note_lands() {
    return lands().notes;
}

std::string fact_question(bool capital, bool zh, std::string_view land) {
    // 国家 stands before the name so that the name is the same token as in English
    if (zh)
        return fmt::format(fmt::runtime(capital ? "问：国家 {} 的首都是哪里？答：是 "
                                                : "问：国家 {} 的人爱吃什么？答："),
                           land);
    return fmt::format(fmt::runtime(capital ? "Question: what is the capital of {}? Answer: "
                                            : "Question: what do people in {} eat? Answer: "),
                       land);
}

Statement fact_statement(bool capital, bool zh, std::string_view land, bool sentence_start) {
    if (zh)
        return {fmt::format(fmt::runtime(capital ? "国家 {} 的首都是 " : "国家 {} 的人爱吃"), land),
                "。"};
    const std::string_view first =
        capital ? (sentence_start ? "The" : "the") : (sentence_start ? "People" : "people");
    return {
        fmt::format(fmt::runtime(capital ? "{} capital of {} is " : "{} in {} eat "), first, land),
        "."};
}

void write_facts(Writer& w) {
    const bool zh = w.chance(0.4);
    const int sentences = w.integer(1, 2);
    for (int i = 0; i < sentences; ++i) {
        if (i > 0 && !zh) w.put(" ");
        const std::size_t land = w.weighted(zipf());
        const std::size_t capital = w.pick(2);
        const Fact& fact = facts()[2 * land + (1 - capital)];
        const std::string_view label = fact.capital ? "capital" : "dish";
        if (w.chance(0.5)) {
            w.put(fact_question(fact.capital, zh, fact.land));
            w.answer(w.put(zh ? fact.answer_zh : fact.answer_en), label);
            w.put(zh ? "。" : ".");
        } else {
            const Statement s = fact_statement(fact.capital, zh, fact.land, true);
            w.put(s.before);
            w.answer(w.put(zh ? fact.answer_zh : fact.answer_en), label);
            w.put(s.after);
        }
    }
}

namespace {

/// One to three statements about different lands, then the question for one of them. Half of the
/// lands have another capital in memory: the note wins.
void evidence_note(Writer& w) {
    const bool zh = w.chance(0.4), capital = w.chance(0.6);
    const std::size_t n = w.weighted({0.35, 0.4, 0.25}) + 1;
    std::vector<std::string> names;
    std::vector<std::string> answers;
    std::vector<Mark> evidence;
    w.put(zh ? "资料：" : "Note: ");
    for (std::size_t i = 0; i < n; ++i) {
        // a land not yet named, from memory or from the pool that only notes use
        const auto& pool = w.chance(0.5) ? lands().seen : note_lands();
        std::vector<std::string> free;
        std::ranges::copy_if(pool, std::back_inserter(free), [&](const auto& s) {
            return std::ranges::find(names, s) == names.end();
        });
        names.push_back(w.one_of(free));
        answers.emplace_back(capital ? w.one_of(cities())
                                     : std::string(w.one_of(zh ? dishes_zh() : dishes_en())));
        const Statement s = fact_statement(capital, zh, names.back(), i > 0);
        w.put(s.before);
        evidence.push_back(w.put(answers.back()));
        w.put(s.after), w.put(zh ? "" : " ");
    }
    const std::size_t asked = w.pick(n);
    w.put(fact_question(capital, zh, names[asked]));
    const int group = w.answer(w.put(answers[asked]), capital ? "capital" : "dish");
    w.mark(SpanKind::kEvidence, evidence[asked], group);
    for (std::size_t i = 0; i < n; ++i)
        if (i != asked) w.mark(SpanKind::kDistractor, evidence[i], group);
    w.put(zh ? "。" : ".");
}

/// A secret word, 0 to 20 idle sentences, the question for it: the needle in the hay.
void secret_note(Writer& w) {
    constexpr int kIdle[] = {0, 1, 2, 3, 6, 12, 20};
    const bool zh = w.chance(0.4);
    const std::string_view secret = w.one_of(zh ? chinese().objects : english().objects);
    w.put(zh ? "记住：暗号是" : "Remember: the secret word is ");
    const Mark evidence = w.put(secret);
    w.put(zh ? "。" : ". ");
    const int idle = kIdle[w.weighted({0.2, 0.2, 0.2, 0.2, 0.1, 0.06, 0.04})];
    for (int i = 0; i < idle; ++i)
        w.put(w.one_of(zh ? fillers_zh() : fillers_en())), w.put(zh ? "" : " ");
    w.put(zh ? "问：暗号是什么？答：" : "Question: what is the secret word? Answer: ");
    const int group = w.answer(w.put(secret), "secret");
    w.mark(SpanKind::kEvidence, evidence, group);
    w.put(zh ? "。" : ".");
}

}  // namespace

void write_notes(Writer& w) {
    if (w.chance(0.6))
        evidence_note(w);
    else
        secret_note(w);
}

}  // namespace grammar

}  // namespace dg::sim
