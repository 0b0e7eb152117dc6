// Byte-level BPE: any byte string in, token ids out, and back without loss. Stored as HuggingFace tokenizer.json
// (byte-to-unicode alphabet, ranked merges, added special tokens).
//
// Ids: special tokens first, then the 256 bytes, then one id per merge in the order learnt. No BOS is ever added.
// Text is first cut into pre-tokens (unicode.h), and merges never cross a cut:
//   one Han character | letters with one leading space | one digit | punctuation and symbols with one leading space |
//   line breaks | other white space
// so 湖南大 is cut the same as a prefix and inside a sentence, and the space before a digit or a Han character stays apart.
#pragma once

#include "engine/base/result.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dg {

/// One merge as learnt: `left` + `right` -> `result` (token ids); rank = position in the list.
struct Merge {
    std::int32_t left = 0, right = 0, result = 0;
};

/// The life of one pre-token while it is merged: the tokens scene draws it.
struct MergeStep {
    std::size_t position = 0;  // index in the piece list before the merge
    std::int32_t rank = 0;     // merge number
    std::int32_t result = 0;
};

/// A token inside a text.
struct TokenSpan {
    std::int32_t id = 0;
    std::size_t begin = 0, end = 0;  // bytes in the text
};

class Tokenizer {
  public:
    /// The 256 bytes and nothing else.
    Tokenizer();
    ~Tokenizer();
    Tokenizer(Tokenizer&&) noexcept;
    Tokenizer& operator=(Tokenizer&&) noexcept;
    Tokenizer(const Tokenizer&);
    Tokenizer& operator=(const Tokenizer&);

    /// Learns merges until the vocabulary (specials + 256 bytes + merges) has `vocab_size` tokens or no pair occurs twice.
    /// Ties: the pair with the smaller (left, right) ids. Special tokens written out in the corpus separate its documents
    /// and are not learnt from. A token has at most 64 bytes, and no two tokens have the same bytes (a pair that would
    /// build an existing text is passed over). `progress(done, total)` counts merges and may return false to cancel.
    /// Error codes: tokenizer_special (names must differ and have an ASCII letter and a symbol), tokenizer_train_size,
    /// cancelled. Cost: one pass over the corpus, then per merge only the distinct words that hold the pair.
    static Result<Tokenizer> train(std::string_view corpus, std::int64_t vocab_size, std::vector<std::string> specials,
                                   const std::function<bool(std::int64_t, std::int64_t)>& progress = {});
    /// Reads tokenizer.json with our pre-tokenisation; any other kind, pre-tokenizer or model is refused by name. Merges may
    /// be "a b" or ["a", "b"]. post_processor, padding and truncation are passed over. Error codes: file_read,
    /// tokenizer_json[_size|_depth|_twice], tokenizer_kind, tokenizer_vocab_[id|length|twice|moved|token|hole|byte],
    /// tokenizer_merges[_missing|_twice|_many]. Limits: 64 MiB, 32 levels, 2^20 tokens, 4096 bytes a token.
    static Result<Tokenizer> load(const std::filesystem::path& file);
    static Result<Tokenizer> parse(const std::string& json_text, const std::string& where);
    /// The file's text: HuggingFace `tokenizers` 1.0 format, same ids there. parse(json()).json() == json().
    [[nodiscard]] std::string json() const;

    /// Ids of any byte string. Special tokens written out in the text ("<|end|>") become their ids when `specials` is true.
    [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text, bool specials = true) const;
    /// The same with byte ranges. `max_merges` (-1 = all) stops after that many merge ranks: the merges slider.
    [[nodiscard]] std::vector<TokenSpan> encode_spans(std::string_view text, bool specials = true, std::int32_t max_merges = -1) const;
    /// Bytes of the ids, specials written out. Error code: bad_token_id.
    [[nodiscard]] Result<std::string> decode(std::span<const std::int32_t> ids) const;

    /// The pre-tokens of a text as byte ranges, one after the other without gap; a special token is one range.
    [[nodiscard]] std::vector<std::pair<std::size_t, std::size_t>> pre_tokens(std::string_view text) const;
    /// The merges of one pre-token in the order they happen: lowest rank first, the leftmost of equals. O(n log n).
    [[nodiscard]] std::vector<MergeStep> merge_steps(std::string_view pre_token) const;

    [[nodiscard]] std::int64_t vocab_size() const;
    [[nodiscard]] std::span<const Merge> merges() const;
    /// Raw bytes of a token (the text of a special token).
    [[nodiscard]] const std::string& bytes(std::int32_t id) const;
    [[nodiscard]] bool is_special(std::int32_t id) const;
    /// -1 when there is no such special token.
    [[nodiscard]] std::int32_t special_id(std::string_view name) const;
    /// For display: valid UTF-8 as it is, space as "␣", line break "⏎", tab "⇥", return "␍"; other invisible characters
    /// as "U+3000"; bytes that are no whole character as "E6 B9". Never U+FFFD.
    [[nodiscard]] std::string label(std::int32_t id) const;

    struct Impl;  // engine/tokenizer/impl.h

  private:
    std::unique_ptr<Impl> impl_;
};

/// Is this a whole number of UTF-8 characters? (shared by labels, prompts and the command line)
bool valid_utf8(std::string_view bytes);
/// Text for people from any bytes: whole characters as they are, stray bytes and controls (but \n and \t) as ‹E6›,
/// U+FFFD itself as ‹U+FFFD›.
std::string printable(std::string_view bytes);

}  // namespace dg
