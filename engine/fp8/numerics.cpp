#include "engine/fp8/numerics.h"

#include "engine/base/suggest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace dg {

namespace {

constexpr std::int64_t kLargestTile = 65536;

const std::array<std::string, 6>& kind_names() {
    static const std::array<std::string, 6> kNames = {"f32",        "bf16",     "fp8",
                                                      "fp8-tensor", "fp8-e5m2", "fp8-raw"};
    return kNames;
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> words(1);
    for (const char c : text) {
        if (c == ',') {
            words.emplace_back();
        } else if (c != ' ') {
            words.back() += c;
        }
    }
    return words;
}

bool read_tile(std::string_view text, std::int64_t& tile) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), tile);
    return error == std::errc() && end == text.data() + text.size() && tile >= 1 &&
           tile <= kLargestTile;
}

Error option_error(const std::string& found) {
    static const std::array<std::string, 4> kOptions = {"tile=32", "ue8m0", "no-saturate",
                                                        "accumulator=14"};
    return Error{.code = "usage_numerics_option",
                 .args = {{"found", found},
                          {"suggestion", nearest(found, kOptions)},
                          {"known", "tile=N, ue8m0, no-saturate, accumulator=14"}},
                 .where = "--numerics"};
}

/// One option after the kind; `meant`: whether it means something there.
Result<void> read_option(const std::string& word, Numerics& n) {
    const std::string key = word.substr(0, word.find('='));
    bool meant = n.fp8();
    if (key == "tile") {
        std::int64_t tile = 0;
        if (key.size() + 1 > word.size() || !read_tile(std::string_view(word).substr(key.size() + 1), tile)) {
            return Error{.code = "usage_numerics_tile",
                         .args = {{"found", word}, {"high", std::to_string(kLargestTile)}},
                         .where = "--numerics"};
        }
        n.tile = tile;
        meant = n.tiled();
    } else if (word == "ue8m0") {
        n.ue8m0 = true;
        meant = n.fp8() && n.kind != NumericsKind::kFp8Raw;
    } else if (word == "no-saturate") {
        n.saturate = false;
    } else if (word == "accumulator=14") {
        n.accumulator = 14;
    } else {
        return option_error(word);
    }
    if (meant) return {};
    return Error{.code = "usage_numerics_use",
                 .args = {{"option", word}, {"kind", kind_names()[static_cast<std::size_t>(n.kind)]}},
                 .where = "--numerics"};
}

}  // namespace

std::span<const std::string> numerics_names() {
    return kind_names();
}

std::int64_t Numerics::promotion() const {
    return tiled() ? std::min<std::int64_t>(tile_or_default(), 128) : 128;
}

fp8::QuantSpec Numerics::activations() const {
    fp8::QuantSpec spec{.ue8m0 = ue8m0, .saturate = saturate};
    spec.format = kind == NumericsKind::kFp8E5M2 ? fp8::Format::kE5M2 : fp8::Format::kE4M3;
    spec.tile_rows = tiled() ? 1 : 0;
    spec.tile_cols = tiled() ? tile_or_default() : 0;
    spec.scaled = kind != NumericsKind::kFp8Raw;
    return spec;
}

fp8::QuantSpec Numerics::weights() const {
    fp8::QuantSpec spec = activations();
    spec.tile_rows = spec.tile_cols;
    return spec;
}

fp8::QuantSpec Numerics::tokens() const {
    fp8::QuantSpec spec = activations();
    std::swap(spec.tile_rows, spec.tile_cols);
    return spec;
}

Result<Numerics> parse_numerics(std::string_view text) {
    const std::vector<std::string> words = split(text);
    const auto& names = kind_names();
    const auto kind = std::find(names.begin(), names.end(), words.front());
    if (kind == names.end()) {
        return Error{.code = "usage_numerics",
                     .args = {{"found", std::string(text)},
                              {"suggestion", nearest(words.front(), names)},
                              {"known", fmt::format("{}", fmt::join(names, ", "))}},
                     .where = "--numerics"};
    }
    Numerics n;
    n.kind = static_cast<NumericsKind>(kind - names.begin());
    for (std::size_t i = 1; i < words.size(); ++i) DG_TRY(read_option(words[i], n));
    return n;
}

std::string to_string(const Numerics& n) {
    std::string text = kind_names()[static_cast<std::size_t>(n.kind)];
    if (n.tiled() && n.tile > 0) text += fmt::format(",tile={}", n.tile);
    if (n.ue8m0) text += ",ue8m0";
    if (!n.saturate) text += ",no-saturate";
    if (n.accumulator > 0) text += fmt::format(",accumulator={}", n.accumulator);
    return text;
}

}  // namespace dg
