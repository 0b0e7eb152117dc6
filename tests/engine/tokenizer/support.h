// What the tokenizer tests share: texts of many scripts, random bytes, a small trained tokenizer.
#pragma once

#include "engine/base/rng.h"
#include "engine/tokenizer/tokenizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace dg::test {

inline const std::vector<std::string>& texts() {
    static const std::vector<std::string> kTexts = {
        "",
        " ",
        "湖南大学 Hunan University",
        "湖南大学在长沙。湖南大学是一所大学，岳麓书院在湖南大学。",
        "The cat sat on the mat.  The dog sat on the log.\n\nThe end.\n",
        "for (int i = 0; i < 10; ++i) {\r\n\tsum += a[i] * 3.14159;\r\n}\n",
        "Привет, мир! γειά σου Κόσμε. שלום עולם مرحبا بالعالم नमस्ते दुनिया สวัสดีชาวโลก 안녕하세요 "
        "세계",
        "日本語のテキストとカタカナ、１２３円。",
        "👍🏽 👨‍👩‍👧‍👦 🇨🇳 ❤️ 1️⃣ 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        "e\u0301 \u00a0 \u3000 \u200b \ufeff \u2028 \ufffd",
        std::string("nul \0 inside", 12),
        "\xE6\xB9 cut \xFF\xFE \xC0\x80 \xED\xA0\x80 \xF4\x90\x80\x80 \xE6",
        "------------------------------------------------------------------------------------------"
        "----------",
        std::string(300, 'a') + std::string(200, ' ') + "b",
    };
    return kTexts;
}

inline std::string corpus() {
    std::string all;
    for (int copy = 0; copy < 3; ++copy) {
        for (const std::string& t : texts()) all += t + "<|doc|>";
    }
    return all;
}

inline std::string random_bytes(Rng& rng, std::size_t longest) {
    std::string s(rng.below(static_cast<std::uint32_t>(longest) + 1), '\0');
    // half of the strings from few letters, so that merges happen
    const bool few = rng.below(2) == 0;
    for (char& c : s) c = few ? "ab \n学"[rng.below(7)] : static_cast<char>(rng.below(256));
    return s;
}

inline const Tokenizer& small() {
    static const Tokenizer kTokenizer =
        Tokenizer::train(corpus(), 420, {"<|pad|>", "<|doc|>", "<|end|>"}).value();
    return kTokenizer;
}

/// Encoding as slowly and plainly as can be: look at all pairs, merge the first of the lowest rank,
/// start again.
inline std::vector<std::int32_t> encode_reference(const Tokenizer& t, const std::string& word,
                                                  std::int32_t limit) {
    std::vector<std::string> pieces;
    for (const char c : word) pieces.emplace_back(1, c);
    while (true) {
        std::int32_t best = limit;
        std::size_t place = 0;
        for (std::size_t i = 0; i + 1 < pieces.size(); ++i) {
            for (std::int32_t rank = 0; rank < best; ++rank) {
                const Merge& m = t.merges()[static_cast<std::size_t>(rank)];
                if (t.bytes(m.left) == pieces[i] && t.bytes(m.right) == pieces[i + 1])
                    best = rank, place = i;
            }
        }
        if (best == limit) break;
        pieces[place] += pieces[place + 1];
        pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(place) + 1);
    }
    std::vector<std::int32_t> ids;
    for (const std::string& piece : pieces) {
        for (std::int32_t id = 0; id < t.vocab_size(); ++id) {
            if (!t.is_special(id) && t.bytes(id) == piece) ids.push_back(id);
        }
    }
    return ids;
}

}  // namespace dg::test
