// deepglass tokenize MODEL -p TEXT
#include "app/commands/command.h"
#include "app/commands/model_input.h"

#include <nlohmann/json.hpp>

namespace dg::app {
namespace {

struct Options {
    ModelWords words;
    bool json = false;
};

Result<void> run_tokenize(Context& c, const Options& o) {
    if (!o.words.has_prompt) return Error{"usage_prompt", {}, "-p"};
    DG_ASSIGN(const std::filesystem::path directory, model_directory(o.words.model));
    DG_ASSIGN(const Tokenizer tokenizer, Tokenizer::load(directory / "tokenizer.json"));
    nlohmann::ordered_json json;
    json["ids"] = nlohmann::json::array();
    json["tokens"] = nlohmann::json::array();
    for (const std::int32_t id : tokenizer.encode(o.words.prompt)) {
        const std::string& bytes = tokenizer.bytes(id);
        if (!o.json) {
            c.out << fmt::format("{:6}  {:<24}{}\n", id, fmt::format("{:02X}", fmt::join(std::vector<int>(reinterpret_cast<const unsigned char*>(bytes.data()), reinterpret_cast<const unsigned char*>(bytes.data()) + bytes.size()), " ")), tokenizer.label(id));
            continue;
        }
        json["ids"].push_back(id);
        nlohmann::ordered_json token;
        token["id"] = id;
        token["bytes"] = std::vector<int>(reinterpret_cast<const unsigned char*>(bytes.data()), reinterpret_cast<const unsigned char*>(bytes.data()) + bytes.size());
        token["text"] = valid_utf8(bytes) ? bytes : printable(bytes);
        json["tokens"].push_back(std::move(token));
    }
    if (o.json) c.out << json.dump() << '\n';
    return {};
}

}  // namespace

Action declare_tokenize(CLI::App& cli, const Context& context) {
    auto o = std::make_shared<Options>();
    declare_model(cli, context, o->words, true, false);
    cli.add_flag("--json", o->json, context.word("cli.json"));
    return [o](Context& c) { return run_tokenize(c, *o); };
}

}  // namespace dg::app
