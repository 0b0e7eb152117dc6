// Inside of the corpus: one writing function per domain, and the words they share.
#pragma once

#include "sim/corpus/corpus.h"

#include <array>
#include <string_view>

namespace dg::sim::grammar {

using Words = std::span<const std::string_view>;

/// The words of one language. Names: first half men, second half women.
struct Lexicon {
    Words names, objects, colours, places;
};

const Lexicon& english();
const Lexicon& chinese();
/// The Chinese measure word of object i (本 for 书).
std::string_view measure_word(std::size_t object);
/// Sentences about nothing in particular, between a secret and the question for it.
Words fillers_en();
Words fillers_zh();

/// Lands that appear in notes only, never with a fact of their own.
const std::vector<std::string>& note_lands();
Words dishes_en();
Words dishes_zh();

/// A word pair of the dictionary.
struct Pair {
    std::string_view en, zh;
};

std::span<const Pair> dictionary();

void write_story_en(Writer& w);
void write_story_zh(Writer& w);
void write_arithmetic(Writer& w);
void write_code(Writer& w);
void write_polysemy(Writer& w);
void write_facts(Writer& w);
void write_notes(Writer& w);
void write_key_value(Writer& w);
void write_university(Writer& w);
void write_bilingual(Writer& w);
void write_chat(Writer& w);

/// The wording of one fact question up to its answer ("Question: what is the capital of Kalor?
/// Answer: "); shared by facts, notes and probes, so that memory and evidence are asked alike.
std::string fact_question(bool capital, bool zh, std::string_view land);

/// The wording of one fact statement in a note: text before the answer and after it.
struct Statement {
    std::string before, after;
};

Statement fact_statement(bool capital, bool zh, std::string_view land, bool sentence_start);

}  // namespace dg::sim::grammar
