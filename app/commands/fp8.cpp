// deepglass fp8 decode | encode | quantize: the small formats, from the command line.
#include "app/commands/command.h"
#include "engine/base/suggest.h"
#include "engine/fp8/quantise.h"
#include "engine/io/files.h"
#include "engine/io/safetensors.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <memory>

namespace dg::app {
namespace {

struct Options {
    std::string format = "e4m3", file, tile, tensor, output;
    bool no_saturate = false, ue8m0 = false;

    [[nodiscard]] fp8::Format kind() const { return format == "e5m2" ? fp8::Format::kE5M2 : fp8::Format::kE4M3; }
};

/// Codes of one format, for all formats alike.
struct Codec {
    std::string_view name;
    int bits, digits;
    std::uint32_t (*encode)(float, bool saturate);
    float (*decode)(std::uint32_t);
};

constexpr Codec kCodecs[] = {
    {"e4m3", 8, 2, [](float x, bool s) -> std::uint32_t { return fp8::encode(fp8::Format::kE4M3, x, s); },
     [](std::uint32_t c) { return fp8::decode(fp8::Format::kE4M3, static_cast<std::uint8_t>(c)); }},
    {"e5m2", 8, 2, [](float x, bool s) -> std::uint32_t { return fp8::encode(fp8::Format::kE5M2, x, s); },
     [](std::uint32_t c) { return fp8::decode(fp8::Format::kE5M2, static_cast<std::uint8_t>(c)); }},
    {"e5m6", 12, 3, [](float x, bool s) -> std::uint32_t { return fp8::encode_e5m6(x, s); },
     [](std::uint32_t c) { return fp8::decode_e5m6(static_cast<std::uint16_t>(c)); }},
    {"bf16", 16, 4, [](float x, bool) -> std::uint32_t { return fp8::encode_bf16(x); },
     [](std::uint32_t c) { return fp8::decode_bf16(static_cast<std::uint16_t>(c)); }},
    {"fp16", 16, 4, [](float x, bool) -> std::uint32_t { return fp8::encode_fp16(x); },
     [](std::uint32_t c) { return fp8::decode_fp16(static_cast<std::uint16_t>(c)); }},
};

const Codec& codec(const std::string& name) {
    for (const Codec& c : kCodecs)
        if (c.name == name) return c;
    throw_bug(__FILE__, __LINE__, "no format " + name);
}

std::string shown(float v) {
    if (std::isnan(v)) return "nan";
    if (std::isinf(v)) return v < 0 ? "-inf" : "inf";
    return fmt::format("{}", v);
}

Result<void> run_decode(Context& c, const Options& o) {
    const Codec& format = codec(o.format);
    std::string rows;
    for (std::uint32_t code = 0; code < 1U << format.bits; ++code)
        rows += fmt::format("0x{:0{}x},{}\n", code, format.digits, shown(format.decode(code)));
    c.out << rows;
    return {};
}

Result<void> run_encode(Context& c, const Options& o) {
    const Codec& format = codec(o.format);
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
        const std::size_t skip = word.starts_with("0x") || word.starts_with("0X") ? 2 : 0;
        std::uint32_t bits = 0;
        const auto [stop, error] = std::from_chars(word.data() + skip, word.data() + word.size(), bits, 16);
        if (error != std::errc() || stop != word.data() + word.size()) {
            if (line == 0) continue;  // a header line
            return Error{"fp8_bits", {{"found", word}}, fmt::format("{}:{}", o.file, line + 1)};
        }
        rows += fmt::format("{},0x{:0{}x}\n", word, format.encode(std::bit_cast<float>(bits), !o.no_saturate), format.digits);
    }
    c.out << rows;
    return {};
}

bool read_extent(std::string_view text, std::int64_t& extent) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), extent);
    return error == std::errc() && end == text.data() + text.size() && extent >= 1 && extent <= (std::int64_t{1} << 40);
}

/// "1x128", "128x128", "128x1", "tensor" (one scale), "none" (no scale).
Result<fp8::QuantSpec> read_tile(const Options& o) {
    fp8::QuantSpec spec{.format = o.kind(), .tile_rows = 0, .tile_cols = 0, .scaled = o.tile != "none", .ue8m0 = o.ue8m0, .saturate = !o.no_saturate};
    if (o.tile == "tensor" || o.tile == "none") return spec;
    const std::size_t cross = std::min(o.tile.find('x'), o.tile.size());
    const bool read = cross < o.tile.size() && read_extent(std::string_view(o.tile).substr(0, cross), spec.tile_rows) &&
                      read_extent(std::string_view(o.tile).substr(cross + 1), spec.tile_cols);
    const bool known = spec.tile_rows == 1 || spec.tile_cols == 1 || spec.tile_rows == spec.tile_cols;
    if (!read || !known) return Error{"usage_tile", {{"found", o.tile}}, "--tile"};
    return spec;
}

Result<Tensor<float>> read_tensor(const Options& o) {
    DG_ASSIGN(const SafeTensorsFile file, SafeTensorsFile::open(o.file));
    const auto& entries = file.header().entries;
    const auto found = entries.find(o.tensor);
    if (found == entries.end()) {
        std::vector<std::string> names;
        for (const auto& [name, entry] : entries) names.push_back(name);
        return Error{"file_no_tensor", {{"name", o.tensor}, {"suggestion", nearest(o.tensor, names)}}, o.file};
    }
    const DType dtype = found->second.dtype;
    const bool real = dtype == DType::kF32 || dtype == DType::kF64 || dtype == DType::kBF16 || dtype == DType::kF16;
    if (!real) return Error{"fp8_dtype", {{"found", std::string(dtype_name(dtype))}}, o.tensor};
    DG_ASSIGN(const RawTensor raw, file.read(o.tensor));
    return raw.to_float();
}

Result<void> run_quantize(Context& c, const Options& o) {
    DG_ASSIGN(const fp8::QuantSpec spec, read_tile(o));
    DG_ASSIGN(const Tensor<float> x, read_tensor(o));
    const fp8::QuantisedMatrix q = fp8::quantise(x, spec);
    Tensor<float> values = fp8::dequantise(q);
    values.reshape(x.shape());
    SafeTensors content;
    content.tensors.emplace(o.tensor + ".codes",
                            RawTensor::from_codes(x.shape(), q.codes, spec.format == fp8::Format::kE4M3 ? DType::kF8E4M3 : DType::kF8E5M2));
    content.tensors.emplace(o.tensor + ".scales", RawTensor::from(q.scales));
    content.tensors.emplace(o.tensor + ".dequant", RawTensor::from(values));
    DG_TRY(write_safetensors(o.output, content));
    const fp8::Counters lost = fp8::count_losses(x, values, q.scales, spec);
    c.out << fmt::format("count {}\namax {}\noverflow {}\nunderflow {}\nnan {}\nrelative_error {:.6g}\n", lost.count, lost.amax, lost.overflow, lost.underflow,
                         lost.not_a_number, lost.relative_error);
    return {};
}

}  // namespace

Action declare_fp8(CLI::App& cli, const Context& context) {
    auto o = std::make_shared<Options>();
    auto decode = cli.add_subcommand("decode", context.word("cli.fp8.decode"));
    auto encode = cli.add_subcommand("encode", context.word("cli.fp8.encode"));
    auto quantize = cli.add_subcommand("quantize", context.word("cli.fp8.quantize"));
    cli.require_subcommand(1);
    for (CLI::App* sub : {decode, encode})
        sub->add_option("--format", o->format, context.word("cli.fp8.format"))->check(CLI::IsMember({"e4m3", "e5m2", "e5m6", "bf16", "fp16"}));
    quantize->add_option("--format", o->format, context.word("cli.fp8.format"))->check(CLI::IsMember({"e4m3", "e5m2"}));
    for (CLI::App* sub : {encode, quantize}) sub->add_flag("--no-saturate", o->no_saturate, context.word("cli.fp8.no_saturate"));
    encode->add_option("FILE", o->file, context.word("cli.fp8.file"))->required();
    quantize->add_option("FILE", o->file, context.word("cli.fp8.tensors"))->required();
    quantize->add_option("--tile", o->tile, context.word("cli.fp8.tile"))->required();
    quantize->add_option("--tensor", o->tensor, context.word("cli.fp8.tensor"))->required();
    quantize->add_flag("--ue8m0", o->ue8m0, context.word("cli.fp8.ue8m0"));
    quantize->add_option("-o,--output", o->output, context.word("cli.output.safetensors"))->required();
    return [o, decode, encode](Context& c) { return decode->parsed() ? run_decode(c, *o) : encode->parsed() ? run_encode(c, *o) : run_quantize(c, *o); };
}

}  // namespace dg::app
