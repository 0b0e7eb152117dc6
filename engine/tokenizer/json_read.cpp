// Reading tokenizer.json. A file is refused whole when any part of it would make other programs cut
// text differently from us; what merely adds tokens around a text (post_processor, padding,
// truncation) is not used by any command and is passed over.
#include "engine/tokenizer/alphabet.h"
#include "engine/tokenizer/impl.h"
#include "engine/tokenizer/unicode.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace dg {
namespace {

using Json = nlohmann::json;

// ---- JSON text to a tree, with the dangers taken out

// a bounded quotation of something found in a file
std::string quote(const std::string& found) {
    constexpr std::size_t kShown = 60;
    std::string shown = printable(std::string_view(found).substr(0, kShown));
    return found.size() > kShown ? shown + "…" : shown;
}

std::string show(const Json& j) {
    return quote(j.dump(-1, ' ', false, Json::error_handler_t::replace));
}

bool too_deep(std::string_view text) {
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') ++i;
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > kMaxJsonDepth) return true;
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return false;
}

Result<Json> read_tree(const std::string& text, const std::string& file) {
    if (text.size() > kMaxFileBytes) {
        return Error{"tokenizer_json_size",
                     {{"file", file},
                      {"found", std::to_string(text.size())},
                      {"most", std::to_string(kMaxFileBytes)}},
                     file};
    }
    if (too_deep(text)) {
        return Error{"tokenizer_json_depth",
                     {{"file", file}, {"most", std::to_string(kMaxJsonDepth)}},
                     file};
    }
    // a key twice in one object: the later value would silently win
    std::vector<std::set<std::string>> keys;
    std::string repeated;
    bool repeats = false;
    const auto watch = [&](int, Json::parse_event_t event, Json& value) {
        if (event == Json::parse_event_t::object_start) keys.emplace_back();
        if (event == Json::parse_event_t::object_end) keys.pop_back();
        if (event == Json::parse_event_t::key && !repeats &&
            !keys.back().insert(value.get<std::string>()).second) {
            repeats = true;
            repeated = value.get<std::string>();
        }
        return true;
    };
    Json tree;
    try {
        tree = Json::parse(text, watch);
    } catch (const Json::parse_error& e) {
        const std::string_view before =
            std::string_view(text).substr(0, e.byte == 0 ? 0 : e.byte - 1);
        const auto line = std::ranges::count(before, '\n') + 1;
        const std::size_t column = before.size() - (before.find_last_of('\n') + 1) + 1;
        const std::string place = fmt::format("{}:{}:{}", file, line, column);
        return Error{
            "tokenizer_json",
            {{"file", file}, {"line", std::to_string(line)}, {"column", std::to_string(column)}},
            place};
    } catch (const Json::exception&) {  // a number beyond double's range: the library does not say where
        return Error{"tokenizer_json", {{"file", file}, {"line", "1"}, {"column", "1"}}, file};
    }
    if (repeats)
        return Error{"tokenizer_json_twice", {{"file", file}, {"key", quote(repeated)}}, file};
    return tree;
}

// ---- the parts of the file

class Reader {
  public:
    Reader(const Json& root, std::string file) : root_(root), file_(std::move(file)) {}

    Result<void> read(Tokenizer::Impl& impl);

  private:
    [[nodiscard]] Error fail(const char* code,
                             std::vector<std::pair<std::string, std::string>> args) const {
        args.insert(args.begin(), {"file", file_});
        return Error{code, std::move(args), file_};
    }

    [[nodiscard]] Error kind(const std::string& field, const std::string& found,
                             const std::string& expected) const {
        return fail("tokenizer_kind", {{"field", field}, {"found", found}, {"expected", expected}});
    }

    Result<void> check_pipeline() const;
    Result<void> check_pre_tokenizer() const;
    Result<void> check_model() const;
    Result<void> place(const std::string& name, const Json& id, const std::string& bytes,
                       bool special, Tokenizer::Impl& impl);
    Result<void> read_added(Tokenizer::Impl& impl);
    Result<void> read_vocab(Tokenizer::Impl& impl);
    Result<void> check_vocab(Tokenizer::Impl& impl);
    Result<void> read_merges(Tokenizer::Impl& impl);
    Result<void> read_merge(const Json& merge, std::int32_t rank, Tokenizer::Impl& impl) const;

    const Json& root_;
    std::string file_;
    std::vector<char> taken_;                                 // by id
    std::unordered_map<std::string, std::int32_t> ordinary_;  // bytes -> id
    std::unordered_map<std::string, std::int32_t> added_;     // text -> id
};

// the value of a key, or null when it is absent
const Json& at(const Json& object, const char* key) {
    static const Json kNull;
    const auto it = object.find(key);
    return it == object.end() ? kNull : *it;
}

bool is_text(const Json& j, std::string_view text) {
    return j.is_string() && j.get_ref<const std::string&>() == text;
}

Result<void> Reader::check_pre_tokenizer() const {
    const Json& pre = at(root_, "pre_tokenizer");
    const std::string expected = "Sequence[Split(Regex, Isolated), ByteLevel(use_regex=false)]";
    const auto type_of = [](const Json& j) {
        return j.is_object() && at(j, "type").is_string() ? quote(at(j, "type").get<std::string>())
                                                          : show(j);
    };
    if (!pre.is_object() || !is_text(at(pre, "type"), "Sequence") ||
        !at(pre, "pretokenizers").is_array()) {
        return kind("pre_tokenizer", type_of(pre), expected);
    }
    const Json& parts = at(pre, "pretokenizers");
    std::string found;
    for (const Json& part : parts) found += (found.empty() ? "" : ", ") + type_of(part);
    if (parts.size() != 2 || !is_text(at(parts[0], "type"), "Split") ||
        !is_text(at(parts[1], "type"), "ByteLevel")) {
        return kind("pre_tokenizer", quote(fmt::format("Sequence[{}]", found)), expected);
    }
    const Json& split = parts[0];
    const Json& pattern = at(split, "pattern");
    if (!pattern.is_object() || !is_text(at(pattern, "Regex"), text::split_regex())) {
        return kind("pre_tokenizer.Split.pattern", show(pattern), quote(text::split_regex()));
    }
    if (!is_text(at(split, "behavior"), "Isolated") || at(split, "invert") == Json(true)) {
        return kind("pre_tokenizer.Split.behavior", show(at(split, "behavior")),
                    "Isolated, invert=false");
    }
    if (at(parts[1], "add_prefix_space") != Json(false) ||
        at(parts[1], "use_regex") != Json(false)) {
        return kind("pre_tokenizer.ByteLevel", show(parts[1]),
                    "add_prefix_space=false, use_regex=false");
    }
    return {};
}

Result<void> Reader::check_pipeline() const {
    if (!root_.is_object()) return kind("tokenizer.json", show(root_), "{…}");
    if (!is_text(at(root_, "version"), "1.0"))
        return kind("version", show(at(root_, "version")), "\"1.0\"");
    const Json& normalizer = at(root_, "normalizer");
    const bool idle = normalizer.is_null() ||
                      (normalizer.is_object() && is_text(at(normalizer, "type"), "Sequence") &&
                       at(normalizer, "normalizers") == Json::array());
    if (!idle) return kind("normalizer", show(normalizer), "null");
    DG_TRY(check_model());
    DG_TRY(check_pre_tokenizer());
    const Json& decoder = at(root_, "decoder");
    if (!decoder.is_object() || !is_text(at(decoder, "type"), "ByteLevel")) {
        return kind("decoder", show(decoder), "ByteLevel");
    }
    return {};
}

Result<void> Reader::check_model() const {
    const Json& model = at(root_, "model");
    if (!model.is_object()) return kind("model", show(model), "{\"type\": \"BPE\", …}");
    if (!is_text(at(model, "type"), "BPE"))
        return kind("model.type", show(at(model, "type")), "\"BPE\"");
    if (!at(model, "dropout").is_null())
        return kind("model.dropout", show(at(model, "dropout")), "null");
    for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
        const Json& value = at(model, key);
        if (!value.is_null() && !is_text(value, ""))
            return kind(fmt::format("model.{}", key), show(value), "null");
    }
    for (const char* key : {"byte_fallback", "ignore_merges"}) {
        const Json& value = at(model, key);
        if (!value.is_null() && value != Json(false))
            return kind(fmt::format("model.{}", key), show(value), "false");
    }
    if (!at(model, "vocab").is_object())
        return kind("model.vocab", show(at(model, "vocab")), "{…}");
    if (!at(model, "merges").is_array())
        return kind("model.merges", show(at(model, "merges")), "[…]");
    return {};
}

Result<void> Reader::place(const std::string& name, const Json& id, const std::string& bytes,
                           bool special, Tokenizer::Impl& impl) {
    if (!id.is_number_integer() || id.get<std::int64_t>() < 0 ||
        (id.is_number_unsigned() &&
         id.get<std::uint64_t>() >= static_cast<std::uint64_t>(kMaxVocab))) {
        return fail(
            "tokenizer_vocab_id",
            {{"token", quote(name)}, {"found", show(id)}, {"last", std::to_string(kMaxVocab - 1)}});
    }
    if (bytes.empty() || bytes.size() > kMaxTokenBytes) {
        return fail("tokenizer_vocab_length", {{"token", quote(name)},
                                               {"found", std::to_string(bytes.size())},
                                               {"most", std::to_string(kMaxTokenBytes)}});
    }
    const auto index = static_cast<std::size_t>(id.get<std::int64_t>());
    if (index >= taken_.size()) {
        taken_.resize(index + 1, 0);
        impl.bytes.resize(index + 1);
        impl.special.resize(index + 1, 0);
    }
    if (taken_[index] != 0) {
        const std::string& first = impl.bytes[index];
        return fail(
            "tokenizer_vocab_twice",
            {{"id", std::to_string(index)}, {"first", quote(first)}, {"second", quote(bytes)}});
    }
    taken_[index] = 1;
    impl.bytes[index] = bytes;
    impl.special[index] = special ? 1 : 0;
    (special ? added_ : ordinary_).emplace(bytes, static_cast<std::int32_t>(index));
    return {};
}

Result<void> Reader::read_added(Tokenizer::Impl& impl) {
    const Json& added = at(root_, "added_tokens");
    if (added.is_null()) return {};
    if (!added.is_array()) return kind("added_tokens", show(added), "[…]");
    for (const Json& token : added) {
        if (!token.is_object() || !at(token, "content").is_string()) {
            return kind("added_tokens", show(token), "{\"id\", \"content\", \"special\": true, …}");
        }
        const auto& content = at(token, "content").get_ref<const std::string&>();
        if (at(token, "special") != Json(true)) {
            return kind("added_tokens." + quote(content) + ".special", show(at(token, "special")),
                        "true");
        }
        for (const char* key : {"lstrip", "rstrip", "single_word", "normalized"}) {
            const Json& value = at(token, key);
            if (value.is_null() || value == Json(false)) continue;
            return kind(fmt::format("added_tokens.{}.{}", quote(content), key), show(value),
                        "false");
        }
        if (added_.contains(content)) {
            return fail("tokenizer_vocab_twice", {{"id", show(at(token, "id"))},
                                                  {"first", quote(content)},
                                                  {"second", quote(content)}});
        }
        DG_TRY(place(content, at(token, "id"), content, true, impl));
    }
    return {};
}

Result<void> Reader::read_vocab(Tokenizer::Impl& impl) {
    std::string bytes;
    for (const auto& [name, id] : at(root_, "model").at("vocab").items()) {
        // an added token may be listed here too, then with the same id
        if (const auto it = added_.find(name); it != added_.end()) {
            if (id == Json(it->second)) continue;
            return fail("tokenizer_vocab_moved", {{"token", quote(name)},
                                                  {"found", show(id)},
                                                  {"expected", std::to_string(it->second)}});
        }
        if (!text::unspell(name, bytes))
            return fail("tokenizer_vocab_token", {{"token", quote(name)}});
        DG_TRY(place(name, id, bytes, false, impl));
    }
    return check_vocab(impl);
}

Result<void> Reader::check_vocab(Tokenizer::Impl& impl) {
    for (std::size_t id = 0; id < taken_.size(); ++id) {
        if (taken_[id] == 0) {
            return fail("tokenizer_vocab_hole",
                        {{"id", std::to_string(id)}, {"size", std::to_string(taken_.size())}});
        }
        if (impl.special[id] != 0) impl.specials.push_back(static_cast<std::int32_t>(id));
    }
    const Json& named = at(at(root_, "model"), "unk_token");
    const auto unknown = named.is_string() ? added_.find(named.get<std::string>()) : added_.end();
    for (std::size_t b = 0; b < 256; ++b) {
        const auto it = ordinary_.find(std::string(1, static_cast<char>(b)));
        if (it == ordinary_.end() && unknown == added_.end())
            return fail("tokenizer_vocab_byte", {{"byte", fmt::format("{:02X}", b)}});
        impl.byte_id[b] = it == ordinary_.end() ? unknown->second : it->second;
        if (it == ordinary_.end()) impl.unknown = unknown->second;
    }
    return {};
}

Result<void> Reader::read_merge(const Json& merge, std::int32_t rank, Tokenizer::Impl& impl) const {
    std::string left, right;
    if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
        left = merge[0].get<std::string>(), right = merge[1].get<std::string>();
    } else if (merge.is_string()) {
        const auto& both = merge.get_ref<const std::string&>();
        const std::size_t space = both.find(' ');
        if (space != std::string::npos)
            left = both.substr(0, space), right = both.substr(space + 1);
    }
    std::string left_bytes, right_bytes;
    if (left.empty() || right.empty() || !text::unspell(left, left_bytes) ||
        !text::unspell(right, right_bytes)) {
        return fail("tokenizer_merges", {{"rank", std::to_string(rank)}, {"found", show(merge)}});
    }
    Merge out;
    const std::pair<const std::string*, std::int32_t*> wanted[] = {{&left_bytes, &out.left},
                                                                   {&right_bytes, &out.right}};
    for (const auto& [bytes, id] : wanted) {
        const auto it = ordinary_.find(*bytes);
        if (it == ordinary_.end()) {
            return fail("tokenizer_merges_missing", {{"rank", std::to_string(rank)},
                                                     {"found", show(merge)},
                                                     {"token", quote(text::spell(*bytes))}});
        }
        *id = it->second;
    }
    const auto result = ordinary_.find(left_bytes + right_bytes);
    if (result == ordinary_.end()) {
        return fail("tokenizer_merges_missing",
                    {{"rank", std::to_string(rank)},
                     {"found", show(merge)},
                     {"token", quote(text::spell(left_bytes + right_bytes))}});
    }
    out.result = result->second;
    impl.merges.push_back(out);
    return {};
}

Result<void> Reader::read_merges(Tokenizer::Impl& impl) {
    const Json& merges = at(root_, "model").at("merges");
    if (merges.size() > static_cast<std::size_t>(kMaxVocab)) {
        return fail("tokenizer_merges_many", {{"found", std::to_string(merges.size())},
                                              {"most", std::to_string(kMaxVocab)}});
    }
    std::int32_t rank = 0;
    for (const Json& merge : merges) DG_TRY(read_merge(merge, rank++, impl));
    if (const std::int64_t twice = impl.index_merges(); twice >= 0) {
        return fail("tokenizer_merges_twice",
                    {{"rank", std::to_string(twice)},
                     {"found", show(merges[static_cast<std::size_t>(twice)])}});
    }
    return {};
}

Result<void> Reader::read(Tokenizer::Impl& impl) {
    DG_TRY(check_pipeline());
    DG_TRY(read_added(impl));
    DG_TRY(read_vocab(impl));
    return read_merges(impl);
}

}  // namespace

Result<Tokenizer> Tokenizer::parse(const std::string& json_text, const std::string& where) {
    DG_ASSIGN(const Json tree, read_tree(json_text, where));
    Impl impl;
    DG_TRY(Reader(tree, where).read(impl));
    return Impl::wrap(std::move(impl));
}

}  // namespace dg
