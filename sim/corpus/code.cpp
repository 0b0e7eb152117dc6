// Small Python programs and what they print.
#include "sim/corpus/grammar.h"

namespace dg::sim::grammar {

namespace {

constexpr std::string_view kVariables[] = {"x", "y", "z", "n", "m"};

std::string_view variable(Writer& w) {
    return kVariables[w.pick(std::size(kVariables))];
}

std::string_view object(Writer& w) {
    return w.one_of(english().objects);
}

void output(Writer& w, std::string_view text) {
    w.put("\n# ");
    w.answer(w.put(text), "output");
}

void output(Writer& w, int number) {
    output(w, std::to_string(number));
}

void linear_function(Writer& w) {
    const std::string_view v = variable(w);
    const int a = w.integer(2, 5), b = w.integer(0, 9), x = w.integer(1, 5);
    w.put(fmt::format("def f({0}):\n    return {0} * {1} + {2}\nprint(f({3}))", v, a, b, x));
    output(w, x * a + b);
}

void repeat_word(Writer& w) {
    const int n = w.integer(2, 4);
    const std::string_view word = object(w);
    w.put(fmt::format("for i in range({}):\n    print(\"{}\")", n, word));
    std::string line(word);
    for (int i = 1; i < n; ++i) line.append(" ").append(word);
    output(w, line);
}

void larger_of_two(Writer& w) {
    const std::size_t i = w.pick(std::size(kVariables));
    const std::string_view u = kVariables[i],
                           v = kVariables[w.pick_except(std::size(kVariables), i)];
    const int a = w.integer(0, 9), b = w.integer(0, 9);
    w.put(fmt::format("{0} = {2}\n{1} = {3}\nif {0} > {1}:\n    print({0})\nelse:\n    print({1})",
                      u, v, a, b));
    output(w, a > b ? a : b);
}

void list_entry(Writer& w) {
    const std::string_view v = variable(w);
    int digits[4];
    for (int& d : digits) d = w.integer(0, 9);
    const int at = w.integer(0, 3);
    w.put(fmt::format("{} = [{}, ", v, digits[0]));
    w.put(fmt::format("{}, {}, {}]\nprint({}[{}])", digits[1], digits[2], digits[3], v, at));
    output(w, digits[at]);
}

void running_sum(Writer& w) {
    const int a = w.integer(0, 5), b = w.integer(0, 5), c = w.integer(0, 5);
    w.put(fmt::format("s = 0\nfor i in [{}, {}, {}]:\n    s = s + i\nprint(s)", a, b, c));
    output(w, a + b + c);
}

void word_length(Writer& w) {
    const std::string_view v = variable(w), word = object(w);
    w.put(fmt::format("{0} = \"{1}\"\nprint(len({0}))", v, word));
    output(w, static_cast<int>(word.size()));
}

void dictionary_entry(Writer& w) {
    const auto keys = w.pick_distinct(english().colours.size(), 2);
    const int values[2] = {w.integer(0, 9), w.integer(0, 9)};
    const std::size_t at = w.pick(2);
    const auto key = [&](std::size_t i) { return english().colours[keys[i]]; };
    w.put(fmt::format("d = {{\"{}\": {}, \"{}\": {}}}\nprint(d[\"{}\"])", key(0), values[0], key(1),
                      values[1], key(at)));
    output(w, values[at]);
}

}  // namespace

void write_code(Writer& w) {
    using Program = void (*)(Writer&);
    constexpr Program kPrograms[] = {&linear_function, &repeat_word, &larger_of_two,   &list_entry,
                                     &running_sum,     &word_length, &dictionary_entry};
    kPrograms[w.pick(std::size(kPrograms))](w);
}

}  // namespace dg::sim::grammar
