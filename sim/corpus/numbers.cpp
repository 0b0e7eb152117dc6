// Arithmetic with and without worked steps, quiz lines, and key-value lists.
#include "sim/corpus/grammar.h"

namespace dg::sim::grammar {

namespace {

/// "47+38: 7+8=15, 4+3+1=8, answer 85": units, then tens with the carry, then the sum.
void worked_addition(Writer& w) {
    const int a = w.integer(10, 99), b = w.integer(10, 99);
    const bool zh = w.chance(0.35);
    const int units = a % 10 + b % 10, tens = a / 10 + b / 10 + units / 10;
    const std::string_view comma = zh ? "，" : ", ";
    w.put(fmt::format("{}+{}{}{}+{}={}", a, b, zh ? "：" : ": ", a % 10, b % 10, units));
    w.put(fmt::format("{}{}+{}+{}={}", comma, a / 10, b / 10, units / 10, tens));
    w.put(comma), w.put(zh ? "答案" : "answer ");
    w.answer(w.put(a + b), "sum");
    w.put(zh ? "。" : ".");
}

/// "47+38=85." at once.
void direct_addition(Writer& w) {
    const int a = w.integer(10, 99), b = w.integer(10, 99);
    w.put(fmt::format("{}+{}=", a, b));
    w.answer(w.put(a + b), "sum");
    w.put(".");
}

/// "7+5=12, 3+4=7."
void digit_additions(Writer& w) {
    for (int i = 0; i < 2; ++i) {
        const int a = w.integer(0, 9), b = w.integer(0, 9);
        w.put(fmt::format("{}{}+{}=", i == 0 ? "" : ", ", a, b));
        w.answer(w.put(a + b), "sum");
    }
    w.put(".");
}

/// "7+5+9 mod 10: 7+5=2, 2+9=1, answer 1."
void mod_chain(Writer& w) {
    std::vector<int> digits(static_cast<std::size_t>(w.integer(3, 5)));
    for (std::size_t i = 0; i < digits.size(); ++i) {
        digits[i] = w.integer(0, 9);
        w.put(fmt::format("{}{}", i == 0 ? "" : "+", digits[i]));
    }
    const bool zh = w.chance(0.35);
    w.put(" mod 10"), w.put(zh ? "：" : ": ");
    int total = digits[0];
    for (std::size_t i = 1; i < digits.size(); ++i) {
        const int next = (total + digits[i]) % 10;
        w.put(fmt::format("{}+{}={}{}", total, digits[i], next, zh ? "，" : ", "));
        total = next;
    }
    w.put(zh ? "答案" : "answer ");
    w.answer(w.put(total), "sum");
    w.put(zh ? "。" : ".");
}

/// Keys of the key-value documents: 30, each one token.
constexpr std::string_view kKeys = "abcdefghijklmnopqrstuvwxyzABCD";

struct KeyValue {
    std::size_t key;
    int value;
};

Mark put_key(Writer& w, std::size_t key) {
    w.put(" ");
    return w.put(kKeys.substr(key, 1));
}

}  // namespace

void write_arithmetic(Writer& w) {
    switch (w.weighted({0.45, 0.12, 0.13, 0.30})) {
        case 0:
            return worked_addition(w);
        case 1:
            return direct_addition(w);
        case 2:
            return digit_additions(w);
        default:
            return mod_chain(w);
    }
}

void write_chat(Writer& w) {
    const int lines = w.integer(2, 4);
    const bool zh = w.chance(0.7);
    for (int i = 0; i < lines; ++i) {
        if (i > 0) w.put("\n");
        w.put(zh ? "问：" : "Q: ");
        if (w.chance(0.7)) {
            const int a = w.integer(1, 9), b = w.integer(1, 9);
            w.put(fmt::format("{}+{}=?{}", a, b, zh ? " 答：" : " A: "));
            w.answer(w.put(a + b), "sum");
        } else {
            const Pair& pair = w.one_of(dictionary());
            w.put(pair.zh), w.put(zh ? "的英文是? 答：" : " in English? A: ");
            w.answer(w.put(pair.en), "word");
        }
    }
}

void write_key_value(Writer& w) {
    const std::size_t form =
        w.weighted({0.3, 0.4, 0.3});  // asked with an arrow, all in another order, all again
    const auto n = static_cast<std::size_t>(w.integer(form == 0 ? 4 : 3, 10));
    std::vector<KeyValue> pairs;
    std::vector<Mark> values;
    w.put(form == 0 ? "table:" : (form == 1 ? "pairs:" : "copy:"));
    for (const std::size_t key : w.pick_distinct(kKeys.size(), n)) {
        pairs.push_back({key, w.integer(0, 9)});
        put_key(w, key);
        values.push_back(w.put(pairs.back().value));
    }
    w.put(";");
    // which pairs are asked, in which order
    std::vector<std::size_t> asked;
    if (form == 2) {
        for (std::size_t i = 0; i < n; ++i) asked.push_back(i);
    } else {
        asked = w.pick_distinct(n, form == 0 ? 4 : n);
    }
    for (const std::size_t i : asked) {
        put_key(w, pairs[i].key);
        if (form == 0) w.put(" -> ");
        const int group = w.answer(w.put(pairs[i].value), "copy");
        w.mark(SpanKind::kEvidence, values[i], group);
        if (form == 0 && i != asked.back()) w.put(",");
    }
    w.put(".");
}

}  // namespace dg::sim::grammar
