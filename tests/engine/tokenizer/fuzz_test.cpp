#include "tests/engine/tokenizer/support.h"
#include "tests/fuzz/tokenizer_body.h"

#include <chrono>

namespace dg {
namespace {

// small damage to a good file: the parser meets nearly valid input at every level
std::string damaged(std::string text, Rng& rng) {
    const std::uint32_t hits = 1 + rng.below(4);
    for (std::uint32_t i = 0; i < hits; ++i) {
        const std::size_t at = rng.below(static_cast<std::uint32_t>(text.size()));
        switch (rng.below(5)) {
            case 0:
                text[at] = static_cast<char>(rng.below(256));
                break;
            case 1:
                text.erase(at, 1 + rng.below(20));
                break;
            case 2:
                text.insert(at, text.substr(rng.below(static_cast<std::uint32_t>(text.size())),
                                            rng.below(30)));
                break;
            case 3:
                text[at] = "{}[]\",:0123456789ntf"[rng.below(19)];
                break;
            default:
                text.resize(at + 1);
        }
    }
    return text;
}

TEST(TokenizerFuzz, DamagedFilesAndRandomBytes) {
    const std::string good =
        Tokenizer::train("the cat the dog <|a|>", 262, {"<|a|>"}).value().json();
    const auto start = std::chrono::steady_clock::now();
    std::uint64_t seed = 0;
    int accepted = 0;
    for (; seed < 3000 && std::chrono::steady_clock::now() - start < std::chrono::seconds(10);
         ++seed) {
        SCOPED_TRACE(seed);
        Rng rng(seed);
        const std::string input = seed % 3 == 0 ? test::random_bytes(rng, 300) : damaged(good, rng);
        ASSERT_NO_THROW(fuzz::tokenizer_round(input)) << "seed " << seed;
        accepted += Tokenizer::parse(input, "f").has_value() ? 1 : 0;
    }
    // damage between the tokens (blanks, unused fields) leaves some files good: both branches were
    // met
    EXPECT_GT(accepted, 0);
    EXPECT_LT(accepted, static_cast<int>(seed));
}

}  // namespace
}  // namespace dg
