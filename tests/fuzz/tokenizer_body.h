// One round of tokenizer fuzzing, shared by libFuzzer (tokenizer_fuzz.cpp) and the seeded loop in
// ctest (tests/engine/tokenizer/fuzz_test.cpp).
#pragma once

#include "engine/tokenizer/tokenizer.h"

#include <string>

namespace dg::fuzz {

/// Any bytes as text: encode, decode, compare. Any bytes as tokenizer.json: an error, or a
/// tokenizer that writes itself and round-trips. Throws Bug when a promise is broken.
inline void tokenizer_round(const std::string& bytes) {
    static const Tokenizer kTokenizer =
        Tokenizer::train("the cat the dog 湖南 湖南 --- ---", 280, {"<|a|>"}).value();
    DG_CHECK(kTokenizer.decode(kTokenizer.encode(bytes)).value() == bytes);
    DG_CHECK(kTokenizer.decode(kTokenizer.encode(bytes, false)).value() == bytes);
    DG_CHECK(valid_utf8(printable(bytes)));

    const auto parsed = Tokenizer::parse(bytes, "fuzz.json");
    if (!parsed.has_value()) {
        DG_CHECK(valid_utf8(parsed.error().plain()));
        return;
    }
    DG_CHECK(Tokenizer::parse(parsed->json(), "again.json").value().json() == parsed->json());
    DG_CHECK(parsed->decode(parsed->encode(bytes)).value() == bytes);
    for (std::int32_t id = 0; id < parsed->vocab_size(); ++id)
        DG_CHECK(valid_utf8(parsed->label(id)));
}

}  // namespace dg::fuzz
