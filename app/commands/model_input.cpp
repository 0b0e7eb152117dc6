#include "app/commands/model_input.h"

#include "app/commands/command.h"
#include "engine/io/hf.h"
#include "viz/scenes/session.h"

#include <charconv>

namespace dg::app {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts(1);
    for (const char c : text) {
        if (c == separator) {
            parts.emplace_back();
        } else if (c != ' ') {
            parts.back() += c;
        }
    }
    return parts;
}

template <class Integer>
bool read_integer(const std::string& text, Integer& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

Result<TokenBatch> read_ids(const std::string& text) {
    TokenBatch batch;
    for (const std::string& row : split(text, ';')) {
        const auto before = batch.ids.size();
        for (const std::string& word : split(row, ',')) {
            std::int32_t id = 0;
            if (!read_integer(word, id)) return Error{"usage_ids", {{"found", word}}, "--ids"};
            batch.ids.push_back(id);
        }
        const auto length = static_cast<std::int64_t>(batch.ids.size() - before);
        if (batch.batch > 0 && length != batch.length) return Error{"usage_ids_length", {{"first", std::to_string(batch.length)}, {"other", std::to_string(length)}}, "--ids"};
        batch.length = length;
        ++batch.batch;
    }
    return batch;
}

}  // namespace

void declare_model(CLI::App& cli, const Context& context, ModelWords& words, bool with_tokens, bool with_ids) {
    cli.add_option("MODEL", words.model, context.word("cli.model"))->required();
    if (!with_tokens) return;
    cli.add_option_function<std::string>(
        "-p,--prompt",
        [&words](const std::string& text) {
            words.prompt = text;
            words.has_prompt = true;
        },
        context.word("cli.prompt"));
    if (with_ids)
        cli.add_option_function<std::string>(
            "--ids",
            [&words](const std::string& text) {
                words.ids = text;
                words.has_ids = true;
            },
            context.word("cli.ids"));
    declare_numerics(cli, context, words.numerics);
}

void declare_numerics(CLI::App& cli, const Context& context, std::string& text) {
    cli.add_option("--numerics", text, context.word("cli.numerics"));
}

Result<fs::path> model_directory(const std::string& name) {
    std::error_code ignored;
    if (fs::is_directory(name, ignored)) return fs::path(name);
    if (name.find('/') == std::string::npos) {
        DG_ASSIGN(const fs::path assets, viz::find_assets());
        if (fs::is_directory(assets / "models" / name, ignored)) return assets / "models" / name;
    }
    return Error{"model_missing", {{"name", name}}, {}};
}

Result<OpenModel> open_model(const std::string& name) {
    DG_ASSIGN(const fs::path directory, model_directory(name));
    DG_ASSIGN(Model<float> model, load_model(directory));
    OpenModel open{directory, std::move(model), std::nullopt};
    std::error_code ignored;
    if (fs::exists(directory / "tokenizer.json", ignored)) {
        DG_ASSIGN(open.tokenizer, Tokenizer::load(directory / "tokenizer.json"));
    }
    return open;
}

Result<TokenBatch> read_tokens(const OpenModel& open, const ModelWords& words) {
    if (words.has_prompt == words.has_ids) return Error{"usage_tokens", {}, {}};
    if (words.has_ids) return read_ids(words.ids);
    if (!open.tokenizer) return Error{"tokenizer_missing", {}, open.directory.string()};
    TokenBatch batch{1, 0, open.tokenizer->encode(words.prompt)};
    batch.length = static_cast<std::int64_t>(batch.ids.size());
    if (batch.length == 0) return Error{"empty_prompt", {}, "-p"};
    return batch;
}

Result<Index> read_index(const std::string& text) {
    Index at;
    for (const std::string& word : split(text, ',')) {
        std::int64_t i = 0;
        if (!read_integer(word, i)) return Error{"usage_at", {{"found", text}}, "--at"};
        at.push_back(i);
    }
    return at;
}

}  // namespace dg::app
