// Questions for a trained model, worded by the grammar it was trained on. Every set is a function
// of `set` (0 .. 4, the five declared prompt sets of class R claims) and comes from streams that no
// training text uses: documents may coincide with a trained one by chance only, and what is marked
// held out occurs in no document at all.
#pragma once

#include "sim/corpus/corpus.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dg::sim {

inline constexpr int kProbeSets = 5;

enum class Tongue : std::uint8_t { kEn, kZh };

/// A prompt and how it goes on.
struct Probe {
    std::string prompt;  // never ends in a space: the space before the answer belongs to `answer`
    std::string answer;  // what should follow, e.g. " Mia" or "公园"
    std::string label;   // as Span::label of the answer
    std::string other;   // a rival answer (memory against a note, distractor of a note), or empty
    std::vector<Span> spans;  // evidence, distractors, pronouns inside the prompt
};

/// The `n` documents of a domain on which its loss is compared with its entropy.
std::vector<Document> held_out_documents(Domain domain, std::size_t n, int set = 0);

/// `n` documents cut before their first answer, which must carry `label`: no earlier question gives
/// it away.
///   stories: who where colour what · notes: capital dish secret · key_value: copy · code: output ·
///   arithmetic, chat: sum Bug when the domain asks no such question.
std::vector<Probe> question_probes(Domain domain, std::string_view label, std::size_t n,
                                   int set = 0);

/// `n` stories cut after the pronoun of their second sentence; spans: pronoun, antecedent,
/// distractor. answer is empty.
std::vector<Probe> coreference_probes(Tongue tongue, std::size_t n, int set = 0);

/// A sentence that ends with (phrases: contains) an ambiguous word.
struct SenseProbe {
    std::string text;
    std::size_t begin = 0, end = 0;  // the word
    std::string sense;
    bool held_out = false;  // this context occurs in no document
};

/// Every context of a word, 16 or more for each sense, ending with the word: for probes at the word
/// itself.
std::vector<SenseProbe> sense_probes(std::string_view word);
/// The words of sense_probes: mole bank bat crane apple 苹果 杜鹃 包袱 意思.
std::vector<std::string> sense_words();
/// The three sentences that lesson L3.6 quotes, whole, in the order animal, unit, skin.
std::vector<SenseProbe> mole_phrases();

/// 25 facts about unseen lands, told in no document. By its design nothing but guessing answers
/// them.
const std::vector<Fact>& withheld_facts();
/// "Question: what is the capital of Kalor? Answer:" for the 50 facts of memory (seen) or the 25
/// withheld ones.
std::vector<Probe> fact_probes(bool seen, Tongue tongue);
/// The same with a note in front that answers it. Withheld lands: the note is the only source. Seen
/// lands (capitals): the note names another city; `other` is the one in memory.
std::vector<Probe> note_probes(bool seen, Tongue tongue);
/// What a search may find: one sentence for each of `facts`, the note without question.
std::vector<std::string> fact_cards(const std::vector<Fact>& facts, Tongue tongue);

/// `n` two-digit additions; with steps the prompt is "47+38:" and the model works before " answer
/// 85", without "47+38=".
std::vector<Probe> addition_probes(bool steps, std::size_t n, int set = 0);
/// `n` quiz lines "问：2+3=? 答：" after `examples` answered ones.
std::vector<Probe> quiz_probes(std::size_t examples, std::size_t n, int set = 0);

/// "长沙灯节官方网站：" for each held-out festival; answer: the address that the rule would give,
/// found nowhere in the text.
std::vector<Probe> festival_probes();

/// A secret word, `before` and `after` idle sentences around it, the question. `spans` holds the
/// evidence.
Probe needle_probe(Tongue tongue, int before, int after, std::uint64_t index, int set = 0);

/// Words of one kind (colours, names, places, things), as they stand inside a text: a leading space
/// in English.
struct WordKind {
    std::string name;
    std::vector<std::string> words;
};

std::vector<WordKind> word_kinds(Tongue tongue);

}  // namespace dg::sim
