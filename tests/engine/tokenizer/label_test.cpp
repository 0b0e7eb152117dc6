#include "engine/tokenizer/unicode.h"
#include "tests/engine/tokenizer/support.h"

namespace dg {
namespace {

std::string label_of(const std::string& text) {
    const Tokenizer& t = test::small();
    for (std::int32_t id = 0; id < t.vocab_size(); ++id) {
        if (t.bytes(id) == text) return t.label(id);
    }
    ADD_FAILURE() << "no token " << printable(text);
    return {};
}

TEST(TokenizerLabel, NeverShowsTheReplacementCharacter) {
    // a corpus of replacement characters makes a token of them
    const Tokenizer t =
        Tokenizer::train("\ufffd\ufffd\ufffd\ufffd \u3000\u3000 湖湖 \t\t\t", 300, {"<|\ufffdx|>"})
            .value();
    for (const Tokenizer* each : {&t, &test::small()}) {
        for (std::int32_t id = 0; id < each->vocab_size(); ++id) {
            const std::string label = each->label(id);
            EXPECT_FALSE(label.empty());
            EXPECT_TRUE(valid_utf8(label)) << id;
            EXPECT_EQ(label.find("\ufffd"), std::string::npos) << id;
            for (const char c : label) EXPECT_FALSE(c >= 0 && c < 0x20) << id;
        }
    }
    bool seen = false;
    for (std::int32_t id = 0; id < t.vocab_size(); ++id) seen = seen || t.label(id) == "U+FFFD";
    EXPECT_TRUE(seen);
}

TEST(TokenizerLabel, Wordings) {
    EXPECT_EQ(label_of("a"), "a");
    EXPECT_EQ(label_of(" "), "␣");
    EXPECT_EQ(label_of("\n"), "⏎");
    EXPECT_EQ(label_of("\t"), "⇥");
    EXPECT_EQ(label_of("\r"), "␍");
    EXPECT_EQ(label_of("\x1b"), "U+001B");
    EXPECT_EQ(label_of("\xE6"), "E6");
    EXPECT_EQ(label_of("湖"), "湖");
    EXPECT_EQ(label_of("<|end|>"), "<|end|>");
    EXPECT_EQ(label_of(" the"), "␣the");
    bool pair = false;
    for (std::int32_t id = 0; id < test::small().vocab_size(); ++id) {
        const std::string& bytes = test::small().bytes(id);
        if (bytes.size() == 2 && !valid_utf8(bytes) &&
            static_cast<unsigned char>(bytes[0]) >= 0x80) {
            pair = true;
            EXPECT_EQ(test::small().label(id).size(), 5U);  // "E6 B9"
            EXPECT_EQ(test::small().label(id)[2], ' ');
        }
    }
    EXPECT_TRUE(pair);
}

TEST(Utf8, AcceptsAndRefuses) {
    for (const char* good :
         {"", "a", "é", "湖", "👍", "\x7f", "\uffff", "\U0010FFFF", "\ud7ff", "\ue000"}) {
        EXPECT_TRUE(valid_utf8(good)) << good;
    }
    for (const char* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF",
                            "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80",
                            "\xF5\x80\x80\x80", "\xE6\xB9", "\xE6", "a\xFF", "\xC3("}) {
        EXPECT_FALSE(valid_utf8(bad)) << printable(bad);
    }
}

TEST(Utf8, EveryCodePointSurvives) {
    for (std::uint32_t code = 0; code <= 0x10FFFF; ++code) {
        std::string bytes;
        text::append_utf8(bytes, code);
        const text::Character c = text::first_character(bytes);
        const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
        ASSERT_EQ(c.valid, !surrogate) << code;
        if (!surrogate) {
            ASSERT_EQ(c.code, code);
            ASSERT_EQ(c.size, bytes.size());
        }
    }
}

TEST(Printable, IsValidForAnyBytes) {
    EXPECT_EQ(printable("湖\xE6\xB9 a\n\t"), "湖‹E6›‹B9› a\n\t");
    EXPECT_EQ(printable("\x1b[0m\x7f\u0085"), "‹1B›[0m‹7F›‹85›");
    EXPECT_EQ(printable("\ufffd"), "‹U+FFFD›");
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        Rng rng(seed);
        const std::string shown = printable(test::random_bytes(rng, 100));
        EXPECT_TRUE(valid_utf8(shown)) << seed;
        EXPECT_EQ(shown.find("\ufffd"), std::string::npos) << seed;
    }
}

}  // namespace
}  // namespace dg
