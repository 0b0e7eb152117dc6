#include "viz/scenes/tokens.h"

#include "viz/scenes/numerics_param.h"
#include "viz/scenes/tokens_chat.h"
#include "viz/text/utf8.h"

#include <fmt/format.h>

#include <algorithm>

namespace dg::viz {
namespace tokens {
namespace {

bool is_han(char32_t c) {
    return (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) ||
           (c >= 0x20000 && c <= 0x323AF) || c == 0x3007;
}

void find_characters(Data& d) {
    bool in_word = false;
    for (std::size_t i = 0; i < d.text.size();) {
        const std::size_t begin = i;
        const char32_t code = next_code_point(d.text, i);
        d.characters.push_back({static_cast<std::int64_t>(begin), static_cast<std::int64_t>(i)});
        if (is_han(code)) ++d.han, d.han_bytes += static_cast<std::int64_t>(i - begin);
        const bool space =
            code == ' ' || code == '\n' || code == '\t' || code == '\r' || code == 0x3000;
        if (!space && !in_word) ++d.spaced_words;
        in_word = !space;
    }
}

/// Bytes of a word, then its merges; each merge takes two neighbours of the list of pieces.
void add_word(Data& d, Range word) {
    const Tokenizer& tokenizer = d.model->tokenizer;
    const std::string text =
        d.text.substr(static_cast<std::size_t>(word.begin), static_cast<std::size_t>(word.size()));
    const auto first = static_cast<int>(d.nodes.size());
    if (const std::int32_t special = tokenizer.special_id(text); special >= 0) {
        d.nodes.push_back({.bytes = word, .id = special});
        d.leaf_of_byte.insert(d.leaf_of_byte.end(), static_cast<std::size_t>(word.size()), first);
        return;
    }
    // ids of single bytes: what the text is when no merge is known
    std::vector<int> pieces;
    for (const TokenSpan& byte : tokenizer.encode_spans(text, false, 0)) {
        const Range at{word.begin + static_cast<std::int64_t>(byte.begin),
                       word.begin + static_cast<std::int64_t>(byte.end)};
        pieces.push_back(static_cast<int>(d.nodes.size()));
        d.leaf_of_byte.push_back(pieces.back());
        d.nodes.push_back(
            {.bytes = at, .id = byte.id, .whole = valid_utf8(tokenizer.bytes(byte.id))});
    }
    for (const MergeStep& step : tokenizer.merge_steps(text)) {
        const int left = pieces[step.position], right = pieces[step.position + 1],
                  made = static_cast<int>(d.nodes.size());
        Node& a = d.nodes[static_cast<std::size_t>(left)];
        Node& b = d.nodes[static_cast<std::size_t>(right)];
        a.parent = b.parent = made;
        const Node merged{.bytes = {a.bytes.begin, b.bytes.end},
                          .id = step.result,
                          .number = step.rank + 1,
                          .left = left,
                          .right = right,
                          .whole = valid_utf8(tokenizer.bytes(step.result))};
        d.nodes.push_back(merged);
        pieces[step.position] = made;
        pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(step.position) + 1);
    }
}

void count_tokens(Data& d) {
    const auto all = d.model->tokenizer.merges().size();
    std::vector<std::int64_t> happen(all + 1, 0);
    std::int64_t pieces = 0;
    for (const Node& node : d.nodes) {
        if (node.number > 0)
            ++happen[static_cast<std::size_t>(node.number)];
        else
            ++pieces;
    }
    d.tokens_at.assign(all + 1, 0);
    for (std::size_t m = 0; m <= all; ++m) d.tokens_at[m] = pieces -= happen[m];
}

/// Ids of merges follow their order in our own tokenizers; a foreign file may number them
/// otherwise.
std::int64_t id_base_of(const Tokenizer& tokenizer) {
    const auto merges = tokenizer.merges();
    if (merges.empty()) return -1;
    const std::int64_t base = merges[0].result - 1;
    for (std::size_t i = 0; i < merges.size(); ++i) {
        if (merges[i].result != base + static_cast<std::int64_t>(i) + 1) return -1;
    }
    return base;
}

Error out_of_range(std::string code, std::int64_t value, std::int64_t last) {
    return {std::move(code),
            {{"value", fmt::format("{}", value)}, {"last", fmt::format("{}", last)}},
            ""};
}

Result<std::shared_ptr<const SceneData>> compute(Session& session, const Params& params,
                                                 const Progress& progress) {
    if (is_chat(params.text("show"))) return compute_chat(session, params, progress);
    if (!progress.report(0)) return Error{"cancelled", {}, ""};
    DG_ASSIGN(const auto model, session.model(model_of(params)));
    DG_ASSIGN(const auto data, make_data(model, params.text("prompt"), params.integer("merges"),
                                         params.integer("focus")));
    return std::shared_ptr<const SceneData>(data);
}

}  // namespace

std::vector<int> Data::roots(std::int64_t known) const {
    std::vector<int> out;
    for (std::size_t byte = 0; byte < leaf_of_byte.size();) {
        int at = leaf_of_byte[byte];
        while (node(at).parent >= 0 && node(node(at).parent).number <= known) at = node(at).parent;
        out.push_back(at);
        byte = static_cast<std::size_t>(node(at).bytes.end);
    }
    return out;
}

std::int64_t Data::merges_used(std::int64_t known) const {
    return std::ranges::count_if(nodes,
                                 [&](const Node& n) { return n.number > 0 && n.number <= known; });
}

Result<std::shared_ptr<const Data>> make_data(std::shared_ptr<const LoadedModel> model,
                                              std::string text, std::int64_t merges,
                                              std::int64_t focus) {
    if (text.empty()) return Error{"empty_prompt", {}, ""};
    const auto all = static_cast<std::int64_t>(model->tokenizer.merges().size()),
               last_byte = static_cast<std::int64_t>(text.size()) - 1;
    if (merges < -1 || merges > all) return out_of_range("tokens_merges", merges, all);
    if (focus < 0 || focus > last_byte) return out_of_range("tokens_focus", focus, last_byte);
    auto d = std::make_shared<Data>();
    d->model = std::move(model), d->text = std::move(text);
    d->merges = merges < 0 ? all : merges, d->focus = focus;
    find_characters(*d);
    for (const auto& [begin, end] : d->model->tokenizer.pre_tokens(d->text)) {
        d->words.push_back({static_cast<std::int64_t>(begin), static_cast<std::int64_t>(end)});
        add_word(*d, d->words.back());
    }
    count_tokens(*d);
    d->id_base = id_base_of(d->model->tokenizer);
    const Result<std::string> back =
        d->model->tokenizer.decode(d->model->tokenizer.encode(d->text));
    d->roundtrip = back.has_value() && *back == d->text;
    return std::shared_ptr<const Data>(std::move(d));
}

std::vector<Observation> observe(const SceneData& data) {
    if (const auto* chat = dynamic_cast<const ChatData*>(&data)) return observe_chat(*chat);
    const auto& d = dynamic_cast<const Data&>(data);
    std::vector<Observation> out;
    const auto add = [&](std::string name, double value, std::string index = "") {
        out.push_back({std::move(name), std::move(index), value});
    };
    const auto number = [](std::int64_t v) { return static_cast<double>(v); };
    const std::vector<int> roots = d.roots(d.merges);
    const auto count = static_cast<std::int64_t>(roots.size()),
               characters = static_cast<std::int64_t>(d.characters.size());
    add("bytes", number(d.bytes())), add("characters", number(characters)),
        add("tokens", number(count));
    add("merges", number(d.merges)), add("merges_used", number(d.merges_used(d.merges))),
        add("roundtrip", d.roundtrip ? 1 : 0);
    add("bytes_per_char", number(d.bytes()) / number(characters)),
        add("tokens_per_char", number(count) / number(characters));
    add("han", number(d.han)), add("han_bytes", number(d.han_bytes));
    if (d.han > 0) add("han_bytes_per_char", number(d.han_bytes) / number(d.han));
    add("words", number(d.spaced_words));
    if (d.spaced_words > 0) add("tokens_per_word", number(count) / number(d.spaced_words));

    // the count may only fall as merges grow
    std::int64_t rise = d.all_merges() > 0 ? d.tokens_at[1] - d.tokens_at[0] : 0;
    for (std::size_t m = 1; m < d.tokens_at.size(); ++m)
        rise = std::max(rise, d.tokens_at[m] - d.tokens_at[m - 1]);
    add("largest_rise", number(rise));
    for (std::size_t m = 0; m < d.tokens_at.size(); ++m)
        add("tokens_at", number(d.tokens_at[m]), fmt::format("{}", m));
    for (std::size_t i = 0; i < roots.size(); ++i)
        add("id", d.node(roots[i]).id, fmt::format("{}", i));
    return out;
}

}  // namespace tokens

Scene tokens_scene() {
    return {.id = "tokens",
            .chapter = "tokens",
            .source = "engine/tokenizer/bpe.cpp",
            .params = {model_param(),
                       prompt_param("湖南大学 Hunan University"),
                       {.id = "merges",
                        .type = ParamType::kInt,
                        .default_value = "-1",
                        .min = -1,
                        .max = 1 << 20},
                       {.id = "focus",
                        .type = ParamType::kInt,
                        .default_value = "0",
                        .min = 0,
                        .max = 1 << 30},
                       {.id = "show",
                        .type = ParamType::kChoice,
                        .default_value = "merges",
                        .choices = {"merges", "chat", "window"}},
                       {.id = "turns", .type = ParamType::kInt, .default_value = "10", .min = 1, .max = 24},
                       {.id = "question", .type = ParamType::kInt, .default_value = "200", .min = 1, .max = 100000},
                       {.id = "reply", .type = ParamType::kInt, .default_value = "200", .min = 1, .max = 100000},
                       {.id = "window", .type = ParamType::kInt, .default_value = "128", .min = 32, .max = 1048576},
                       seed_param(),
                       numerics_param()},
            .stages = {{"bytes", 0.8}, {"merge", 3.0}, {"tokens", 0.6}},
            .compute = &tokens::compute,
            .draw = &tokens::draw,
            .observe = &tokens::observe};
}

}  // namespace dg::viz
