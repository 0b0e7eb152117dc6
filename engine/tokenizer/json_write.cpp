// Writing tokenizer.json, by hand so that the vocabulary stands in the order of its ids.
#include "engine/tokenizer/alphabet.h"
#include "engine/tokenizer/impl.h"
#include "engine/tokenizer/unicode.h"

#include <nlohmann/json.hpp>

namespace dg {

std::string Tokenizer::json() const {
    const auto quoted = [](const std::string& s) { return nlohmann::json(s).dump(); };
    std::string added, vocab, merges;
    const auto separate = [](std::string& list, const char* indent) {
        list += list.empty() ? "\n" : ",\n";
        list += indent;
    };
    for (const std::int32_t id : impl_->specials) {
        separate(added, "    ");
        added += fmt::format(R"({{"id": {}, "content": {}, "single_word": false, "lstrip": false, )"
                             R"("rstrip": false, "normalized": false, "special": true}})",
                             id, quoted(bytes(id)));
    }
    for (std::int32_t id = 0; id < vocab_size(); ++id) {
        separate(vocab, "      ");
        vocab +=
            fmt::format("{}: {}", quoted(is_special(id) ? bytes(id) : text::spell(bytes(id))), id);
    }
    for (const Merge& m : impl_->merges) {
        separate(merges, "      ");
        merges += quoted(text::spell(bytes(m.left)) + " " + text::spell(bytes(m.right)));
    }
    return fmt::format(R"({{
  "version": "1.0",
  "truncation": null,
  "padding": null,
  "added_tokens": [{added}
  ],
  "normalizer": null,
  "pre_tokenizer": {{
    "type": "Sequence",
    "pretokenizers": [
      {{
        "type": "Split",
        "pattern": {{"Regex": {regex}}},
        "behavior": "Isolated",
        "invert": false
      }},
      {{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false}}
    ]
  }},
  "post_processor": null,
  "decoder": {{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false}},
  "model": {{
    "type": "BPE",
    "dropout": null,
    "unk_token": {unknown},
    "continuing_subword_prefix": null,
    "end_of_word_suffix": null,
    "fuse_unk": false,
    "byte_fallback": false,
    "ignore_merges": false,
    "vocab": {{{vocab}
    }},
    "merges": [{merges}
    ]
  }}
}}
)",
                       fmt::arg("added", added), fmt::arg("regex", quoted(text::split_regex())),
                       fmt::arg("vocab", vocab), fmt::arg("merges", merges),
                       fmt::arg("unknown", impl_->unknown < 0 ? "null" : quoted(bytes(impl_->unknown))));
}

}  // namespace dg
