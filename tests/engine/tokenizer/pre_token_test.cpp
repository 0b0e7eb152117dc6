#include "engine/tokenizer/unicode.h"
#include "tests/engine/tokenizer/support.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <set>

namespace dg {
namespace {

std::vector<std::string> cut(const std::string& text, const Tokenizer& t = test::small()) {
    std::vector<std::string> pieces;
    for (const auto& [begin, end] : t.pre_tokens(text))
        pieces.push_back(text.substr(begin, end - begin));
    return pieces;
}

using testing::ElementsAre;

TEST(PreToken, TheRuleByExample) {
    EXPECT_THAT(cut("湖南大学 Hunan University"),
                ElementsAre("湖", "南", "大", "学", " Hunan", " University"));
    EXPECT_THAT(cut("x = 12+3"), ElementsAre("x", " =", " ", "1", "2", "+", "3"));
    EXPECT_THAT(cut("a   b \n\n  c"), ElementsAre("a", "  ", " b", " ", "\n\n", " ", " c"));
    EXPECT_THAT(cut("你好，世界！ 好"), ElementsAre("你", "好", "，", "世", "界", "！", " ", "好"));
    EXPECT_THAT(cut("a <|end|> b"), ElementsAre("a", " ", "<|end|>", " b"));
    EXPECT_THAT(cut("\xE6\xB9湖 \xFF"), ElementsAre("\xE6", "\xB9", "湖", " ", "\xFF"));
}

// the cases were cut by Python's re and by Oniguruma, the engine of HuggingFace tokenizers:
// make_pre_token_cases.py
TEST(PreToken, EqualsTheRegexOfTheFile) {
    std::ifstream file(DEEPGLASS_SOURCE_DIR "/tests/engine/tokenizer/pre_token_cases.json");
    const nlohmann::json cases = nlohmann::json::parse(file);
    ASSERT_EQ(cases["regex"].get<std::string>(), text::split_regex())
        << "make pre_token_cases.json again";
    ASSERT_GT(cases["cases"].size(), 250U);
    for (const auto& c : cases["cases"]) {
        const auto pieces = c["pieces"].get<std::vector<std::string>>();
        EXPECT_EQ(cut(c["text"].get<std::string>(), Tokenizer()), pieces) << c.dump();
    }
}

TEST(PreToken, CoversRandomBytesWithoutGap) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        Rng rng(seed);
        const std::string text = test::random_bytes(rng, 120);
        std::string joined;
        for (const std::string& piece : cut(text)) {
            EXPECT_FALSE(piece.empty());
            joined += piece;
        }
        EXPECT_EQ(joined, text) << seed;
    }
}

// the code looks ranges up by halving, the regex lists them: both must change class at the same
// code points
TEST(PreToken, ClassesChangeExactlyAtTheEdgesOfTheRegex) {
    std::set<std::uint32_t> changes;
    for (std::uint32_t code = 1; code <= 0x10FFFF; ++code) {
        if (text::char_class(code) != text::char_class(code - 1)) changes.insert(code);
    }
    std::set<std::uint32_t> edges;
    const std::string& regex = text::split_regex();
    for (std::size_t at = regex.find("\\x{"); at != std::string::npos;
         at = regex.find("\\x{", at + 1)) {
        const auto code = static_cast<std::uint32_t>(std::stoul(regex.substr(at + 3), nullptr, 16));
        const std::size_t end = regex.find('}', at) + 1;
        const bool starts = regex[at - 1] != '-';
        if (starts) edges.insert(code);
        if (!starts || regex[end] != '-') edges.insert(code + 1);
    }
    EXPECT_GT(edges.size(), 100U);
    EXPECT_EQ(changes, edges);
    EXPECT_EQ(text::char_class(0x4E00), text::CharClass::kHan);
    EXPECT_EQ(text::char_class(0x3042), text::CharClass::kLetter);
    EXPECT_EQ(text::char_class(0x1F600), text::CharClass::kOther);
    EXPECT_EQ(text::char_class(0x3000), text::CharClass::kBlank);
}

}  // namespace
}  // namespace dg
