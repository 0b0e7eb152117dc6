// deepglass inspect MODEL|FILE, convert IN OUT, fp8 decode|encode
#include "app/commands/command.h"
#include "app/commands/model_input.h"
#include "engine/fp8/format.h"
#include "engine/io/convert.h"
#include "engine/io/files.h"
#include "engine/io/safetensors.h"

#include <charconv>
#include <cmath>

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
    return convert_model(in, o.out, o.dtype == "bf16" ? DType::kBF16 : DType::kF32);
}

struct Fp8Options {
    std::string format = "e4m3", file;
    bool no_saturate = false;

    [[nodiscard]] fp8::Format kind() const { return format == "e5m2" ? fp8::Format::kE5M2 : fp8::Format::kE4M3; }
};

Result<void> run_fp8_decode(Context& c, const Fp8Options& o) {
    for (int code = 0; code < 256; ++code) {
        const float v = fp8::decode(o.kind(), static_cast<std::uint8_t>(code));
        c.out << fmt::format("0x{:02x},{}\n", code, std::isnan(v) ? "nan" : std::isinf(v) ? (v < 0 ? "-inf" : "inf") : fmt::format("{}", v));
    }
    return {};
}

Result<void> run_fp8_encode(Context& c, const Fp8Options& o) {
    DG_ASSIGN(const std::string text, read_file(o.file));
    std::string rows;
    std::size_t line = 0;
    for (std::size_t begin = 0; begin < text.size(); ++line) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        std::string word = text.substr(begin, end - begin);
        begin = end + 1;
        word = word.substr(0, word.find(','));
        while (!word.empty() && (word.back() == '\r' || word.back() == ' ')) word.pop_back();
        if (word.empty()) continue;
        const std::size_t skip = word.rfind("0x", 0) == 0 || word.rfind("0X", 0) == 0 ? 2 : 0;
        std::uint32_t bits = 0;
        const auto [stop, error] = std::from_chars(word.data() + skip, word.data() + word.size(), bits, 16);
        if (error != std::errc() || stop != word.data() + word.size()) {
            if (line == 0) continue;  // a header line
            return Error{"fp8_bits", {{"found", word}}, fmt::format("{}:{}", o.file, line + 1)};
        }
        const std::uint8_t code = fp8::encode(o.kind(), std::bit_cast<float>(bits), !o.no_saturate);
        rows += fmt::format("{},0x{:02x}\n", word, code);
    }
    c.out << rows;
    return {};
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
    cli.add_option("--dtype", o->dtype, context.word("cli.convert.dtype"))->check(CLI::IsMember({"f32", "bf16"}));
    cli.add_option("--to", o->to, context.word("cli.convert.to"))->check(CLI::IsMember({"hf"}));
    return [o](Context&) { return run_convert(*o); };
}

Action declare_fp8(CLI::App& cli, const Context& context) {
    auto o = std::make_shared<Fp8Options>();
    auto decode = cli.add_subcommand("decode", context.word("cli.fp8.decode"));
    auto encode = cli.add_subcommand("encode", context.word("cli.fp8.encode"));
    cli.require_subcommand(1);
    for (CLI::App* sub : {decode, encode}) sub->add_option("--format", o->format, context.word("cli.fp8.format"))->check(CLI::IsMember({"e4m3", "e5m2"}));
    encode->add_flag("--no-saturate", o->no_saturate, context.word("cli.fp8.no_saturate"));
    encode->add_option("FILE", o->file, context.word("cli.fp8.file"))->required();
    return [o, decode](Context& c) { return decode->parsed() ? run_fp8_decode(c, *o) : run_fp8_encode(c, *o); };
}

}  // namespace dg::app
