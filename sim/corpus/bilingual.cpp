// Pairs of words, phrases and sentences in two languages.
#include "sim/corpus/grammar.h"

namespace dg::sim::grammar {

namespace {

/// Pinyin of the Chinese names, in their order.
constexpr std::string_view kPinyin[] = {"Xiaoming", "Dawei",    "Aqiang", "Xiaogang",
                                        "Lili",     "Xiaohong", "Afang",  "Xiaomei"};
constexpr std::size_t kColoured = 8;  // dictionary entries that a colour fits

void put_pair(Writer& w, std::string_view en, std::string_view zh, bool en_first) {
    w.put(en_first ? en : zh);
    w.put(" = ");
    w.answer(w.put(en_first ? zh : en), "word");
}

/// "cat = 猫", "red cup = 红色的杯子" or a short sentence.
void one_pair(Writer& w, bool en_first) {
    const Lexicon &en = english(), &zh = chinese();
    switch (w.weighted({0.5, 0.3, 0.2})) {
        case 0: {
            const Pair& p = w.one_of(dictionary());
            return put_pair(w, p.en, p.zh, en_first);
        }
        case 1: {
            const std::size_t c = w.pick(en.colours.size());
            const Pair& p = dictionary()[w.pick(kColoured)];
            return put_pair(w, fmt::format("{} {}", en.colours[c], p.en),
                            fmt::format("{}色的{}", zh.colours[c], p.zh), en_first);
        }
        default: {
            const std::size_t who = w.pick(zh.names.size()), where = w.pick(zh.places.size());
            return put_pair(w, fmt::format("{} is at the {}", kPinyin[who], en.places[where]),
                            fmt::format("{}在{}", zh.names[who], zh.places[where]), en_first);
        }
    }
}

}  // namespace

void write_bilingual(Writer& w) {
    const bool en_first = w.chance(0.5);
    const int pairs = w.integer(1, 3);
    for (int i = 0; i < pairs; ++i) {
        if (i > 0) w.put("\n");
        one_pair(w, en_first);
    }
}

}  // namespace dg::sim::grammar
