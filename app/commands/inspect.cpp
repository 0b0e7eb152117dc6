// deepglass inspect MODEL|FILE, convert IN OUT
#include "app/commands/command.h"
#include "app/commands/model_input.h"
#include "engine/io/convert.h"
#include "engine/io/files.h"
#include "engine/io/safetensors.h"

namespace dg::app {
namespace {

void print_tensors(Context& c, const SafeTensors& file) {
    for (const auto& [name, t] : file.tensors) c.out << fmt::format("{:<64} {:<8} {}\n", name, dtype_name(t.dtype), to_string(t.shape));
}

Result<void> inspect_directory(Context& c, const std::filesystem::path& directory) {
    DG_ASSIGN(const std::string text, read_file(directory / "config.json"));
    DG_ASSIGN(const Config config, parse_config(text, (directory / "config.json").string()));
    const ParameterCount count = count_parameters(config);
    const std::int64_t cache = config.num_hidden_layers * config.cache_elements();
    c.out << config_json(config) << '\n';
    c.out << fmt::format("parameters.total {}\nparameters.active {}\nparameters.mtp {}\n", count.total, count.active, count.mtp);
    c.out << fmt::format("cache.elements_per_token {}\ncache.bytes_per_token.f32 {}\ncache.bytes_per_token.bf16 {}\n", cache, 4 * cache, 2 * cache);
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(directory, ignored))
        if (entry.path().extension() == ".safetensors") {
            DG_ASSIGN(const SafeTensors header, read_safetensors_header(entry.path()));
            print_tensors(c, header);
        }
    return {};
}

Result<void> run_inspect(Context& c, const std::string& what) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(what, ignored)) {
        DG_ASSIGN(const SafeTensors header, read_safetensors_header(what));
        for (const auto& [key, value] : header.metadata) c.out << fmt::format("{}: {}\n", key, value);
        print_tensors(c, header);
        return {};
    }
    DG_ASSIGN(const std::filesystem::path directory, model_directory(what));
    return inspect_directory(c, directory);
}

struct ConvertOptions {
    std::string in, out, dtype = "f32", to = "hf";
};

Result<void> run_convert(const ConvertOptions& o) {
    DG_ASSIGN(const std::filesystem::path in, model_directory(o.in));
    return convert_model(in, o.out, o.dtype == "bf16" ? DType::kBF16 : o.dtype == "fp8" ? DType::kF8E4M3 : DType::kF32);
}

}  // namespace

Action declare_inspect(CLI::App& cli, const Context& context) {
    auto what = std::make_shared<std::string>();
    cli.add_option("MODEL", *what, context.word("cli.inspect.what"))->required();
    return [what](Context& c) { return run_inspect(c, *what); };
}

Action declare_convert(CLI::App& cli, const Context& context) {
    auto o = std::make_shared<ConvertOptions>();
    cli.add_option("IN", o->in, context.word("cli.convert.in"))->required();
    cli.add_option("OUT", o->out, context.word("cli.convert.out"))->required();
    cli.add_option("--dtype", o->dtype, context.word("cli.convert.dtype"))->check(CLI::IsMember({"f32", "bf16", "fp8"}));
    cli.add_option("--to", o->to, context.word("cli.convert.to"))->check(CLI::IsMember({"hf"}));
    return [o](Context&) { return run_convert(*o); };
}

}  // namespace dg::app
