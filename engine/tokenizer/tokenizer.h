// Byte-level BPE: any byte string in, token ids out, and back without loss. Stored as HuggingFace tokenizer.json
// (byte-to-unicode alphabet, ranked merges, added special tokens).
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
    Tokenizer();
    ~Tokenizer();
    Tokenizer(Tokenizer&&) noexcept;
    Tokenizer& operator=(Tokenizer&&) noexcept;
    Tokenizer(const Tokenizer&);
    Tokenizer& operator=(const Tokenizer&);

    /// Learns merges until the vocabulary (specials + 256 bytes + merges) has `vocab_size` tokens or no pair occurs twice.
    /// Ties: the pair with the smaller (left, right) ids. `progress(done, total)` may return false to cancel (error cancelled).
    static Result<Tokenizer> train(std::string_view corpus, std::int64_t vocab_size, std::vector<std::string> specials,
                                   const std::function<bool(std::int64_t, std::int64_t)>& progress = {});
    /// Reads tokenizer.json. Error codes: file_read, tokenizer_json, tokenizer_kind, tokenizer_vocab, tokenizer_merges.
    static Result<Tokenizer> load(const std::filesystem::path& file);
    static Result<Tokenizer> parse(const std::string& json_text, const std::string& where);
    [[nodiscard]] std::string json() const;

    /// Ids of any byte string. Special tokens written out in the text ("<|end|>") become their ids when `specials` is true.
    [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text, bool specials = true) const;
    /// The same with byte ranges. `max_merges` (-1 = all) stops after that many merge ranks: the merges slider.
    [[nodiscard]] std::vector<TokenSpan> encode_spans(std::string_view text, bool specials = true, std::int32_t max_merges = -1) const;
    /// Bytes of the ids, specials written out. Error code: bad_token_id.
    [[nodiscard]] Result<std::string> decode(std::span<const std::int32_t> ids) const;

    /// The pre-tokens of a text as byte ranges: every Han character alone; letters with one leading space; digits one by
    /// one; punctuation; white space.
    [[nodiscard]] std::vector<std::pair<std::size_t, std::size_t>> pre_tokens(std::string_view text) const;
    /// The merges of one pre-token in the order they happen.
    [[nodiscard]] std::vector<MergeStep> merge_steps(std::string_view pre_token) const;

    [[nodiscard]] std::int64_t vocab_size() const;
    [[nodiscard]] std::span<const Merge> merges() const;
    /// Raw bytes of a token (the text of a special token).
    [[nodiscard]] const std::string& bytes(std::int32_t id) const;
    [[nodiscard]] bool is_special(std::int32_t id) const;
    /// -1 when there is no such special token.
    [[nodiscard]] std::int32_t special_id(std::string_view name) const;
    /// For display: valid UTF-8 as it is, leading space as "␣", line break as "⏎"; bytes that are no whole character as
    /// "E6 B9". Never U+FFFD.
    [[nodiscard]] std::string label(std::int32_t id) const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Is this a whole number of UTF-8 characters? (shared by labels, prompts and the command line)
bool valid_utf8(std::string_view bytes);
/// Text for people from any bytes: whole characters as they are, stray bytes as ‹E6›.
std::string printable(std::string_view bytes);

}  // namespace dg
