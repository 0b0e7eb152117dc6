// Words with several senses. The sense is decided before the word, and the very next word depends
// on it: so a model must know the sense at the ambiguous word itself, not only at the end of the
// sentence (L3.6).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dg::sim::grammar {

/// One way to use a sense: opener + middle (its end is the ambiguous word) + follow-up.
struct Frame {
    std::span<const std::string_view> openers, middles, follows;
};

struct Sense {
    std::string_view label;  // animal, unit, skin: also written in the closing sentence
    std::span<const Frame> frames;
};

struct Ambiguous {
    std::string_view word;
    bool zh = false;
    std::span<const Sense> senses;
};

std::span<const Ambiguous> ambiguous_words();

/// The contexts of a frame up to and including the ambiguous word. One in four (opener, middle)
/// pairs is held out of the training text; the lesson's own phrases never are.
struct Contexts {
    std::vector<std::string> trained, held_out;
};

Contexts contexts(const Frame& frame, bool zh);

}  // namespace dg::sim::grammar
