// Character models: one token per byte of a small alphabet.
#pragma once

#include "engine/tokenizer/tokenizer.h"

namespace dg {

/// One token per byte of `alphabet` (distinct bytes) and no merges: `unknown`, a special token, has id 0 and stands for every
/// byte that is not in the alphabet; the bytes follow in the order given. Stored in tokenizer.json with `unknown` as unk_token;
/// Tokenizer::load accepts a vocabulary without some of the 256 bytes only with a special token as its unk_token.
Tokenizer character_tokenizer(std::string_view alphabet, const std::string& unknown);

}  // namespace dg
