#include "engine/io/hf.h"

#include "engine/fp8/format.h"
#include "engine/io/json.h"
#include "engine/io/save_commit.h"
#include "engine/io/text.h"

#include <cmath>
#include <cstring>
#include <set>

namespace dg {

namespace {

constexpr std::int64_t kMaxParameters = std::int64_t{1} << 33;
constexpr const char* kSingleFile = "model.safetensors";
constexpr const char* kIndexFile = "model.safetensors.index.json";
constexpr const char* kScaleSuffix = "_scale_inv";  // despite "inv", the stored number multiplies

/// The open weight files of a directory and in which of them each tensor is.
struct Shards {
    std::filesystem::path directory;
    std::vector<SafeTensorsFile> files;
    std::map<std::string, std::size_t> home;

    [[nodiscard]] const SafeTensorsEntry* find(const std::string& name) const {
        const auto found = home.find(name);
        return found == home.end() ? nullptr : &files[found->second].header().entries.at(name);
    }

    [[nodiscard]] const SafeTensorsFile& file_of(const std::string& name) const {
        return files[home.at(name)];
    }
};

Error weight_error(std::string code, const std::string& name, const std::filesystem::path& where,
                   std::vector<std::pair<std::string, std::string>> more = {}) {
    more.insert(more.begin(), {"tensor", clip(name, 160)});
    return {.code = std::move(code), .args = std::move(more), .where = where.string()};
}

Result<void> add_file(Shards& shards, const std::string& name) {
    DG_ASSIGN(SafeTensorsFile file, SafeTensorsFile::open(shards.directory / name));
    for (const auto& [tensor, entry] : file.header().entries) {
        if (!shards.home.emplace(tensor, shards.files.size()).second) {
            return weight_error("weight_duplicate", tensor, file.path(),
                                {{"other", shards.file_of(tensor).path().filename().string()}});
        }
    }
    shards.files.push_back(std::move(file));
    return {};
}

/// weight_map of the index: tensor name -> file name, checked to be plain names.
Result<std::map<std::string, std::string>> read_index(const std::filesystem::path& file) {
    DG_ASSIGN(const std::string text, read_file(file));
    DG_ASSIGN(const nlohmann::json index, parse_json(text, file.string(), "index_json"));
    const auto bad = [&](const std::string& key, const nlohmann::json& found) {
        return Error{.code = "index_value",
                     .args = {{"key", clip(key)}, {"found", shown(found)}},
                     .where = file.string()};
    };
    const bool has_map =
        index.is_object() && index.contains("weight_map") && index["weight_map"].is_object();
    if (!has_map)
        return bad("weight_map",
                   index.is_object() ? index.value("weight_map", nlohmann::json()) : index);
    std::map<std::string, std::string> map;
    for (const auto& [tensor, value] : index["weight_map"].items()) {
        if (!value.is_string()) return bad(tensor, value);
        const auto name = value.get<std::string>();
        const bool plain = !name.empty() &&
                           name.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos &&
                           name != "." && name != "..";
        if (!plain) return bad(tensor, value);
        map[tensor] = name;
    }
    return map;
}

/// Opens the shards that the index names; index and shards must list the same tensors.
Result<void> open_indexed(Shards& shards) {
    const std::filesystem::path index = shards.directory / kIndexFile;
    DG_ASSIGN(const auto map, read_index(index));
    std::set<std::string> names;
    for (const auto& [tensor, file] : map) names.insert(file);
    for (const std::string& name : names) DG_TRY(add_file(shards, name));
    for (const auto& [tensor, file] : map) {
        const bool there =
            shards.find(tensor) != nullptr && shards.file_of(tensor).path().filename() == file;
        if (!there) return weight_error("index_missing", tensor, index, {{"file", file}});
    }
    for (const auto& [tensor, file] : shards.home) {
        if (!map.contains(tensor)) {
            return weight_error("index_extra", tensor, index,
                                {{"file", shards.files[file].path().filename().string()}});
        }
    }
    return {};
}

Result<Shards> open_shards(const std::filesystem::path& directory) {
    Shards shards{.directory = directory, .files = {}, .home = {}};
    std::error_code ignored;
    if (std::filesystem::exists(directory / kSingleFile, ignored)) {
        DG_TRY(add_file(shards, kSingleFile));
    } else if (std::filesystem::exists(directory / kIndexFile, ignored)) {
        DG_TRY(open_indexed(shards));
    } else {
        return Error{.code = "weight_files",
                     .args = {{"file", kSingleFile}, {"index", kIndexFile}},
                     .where = directory.string()};
    }
    return shards;
}

/// Shape of the dequantisation scales: one per block, edge blocks partial.
Shape scale_shape(const Shape& weight, const Fp8Quantization& blocks) {
    return {(weight[0] + blocks.block_rows - 1) / blocks.block_rows,
            (weight[1] + blocks.block_cols - 1) / blocks.block_cols};
}

Result<void> check_shape(const Shards& shards, const std::string& name, const Shape& expected) {
    const Shape& found = shards.find(name)->shape;
    if (found == expected) return {};
    return weight_error("weight_shape", name, shards.file_of(name).path(),
                        {{"expected", to_string(expected)}, {"found", to_string(found)}});
}

/// Presence, shape and dtype of one demanded weight, and of its scales when it is FP8.
Result<void> check_weight(const Shards& shards, const Config& config, const WeightSpec& spec) {
    const SafeTensorsEntry* entry = shards.find(spec.name);
    if (entry == nullptr) {
        return weight_error("weight_missing", spec.name, shards.directory,
                            {{"shape", to_string(spec.shape)}});
    }
    const std::filesystem::path& file = shards.file_of(spec.name).path();
    DG_TRY(check_shape(shards, spec.name, spec.shape));
    if (entry->dtype == DType::kF32 || entry->dtype == DType::kBF16 || entry->dtype == DType::kF16)
        return {};
    if (entry->dtype != DType::kF8E4M3 || spec.shape.size() != 2) {
        return weight_error("weight_dtype", spec.name, file,
                            {{"found", std::string(dtype_name(entry->dtype))}});
    }
    if (!config.quantization) return weight_error("weight_scale_config", spec.name, file);
    const std::string scale = spec.name + kScaleSuffix;
    const SafeTensorsEntry* scales = shards.find(scale);
    if (scales == nullptr)
        return weight_error("weight_scale_missing", spec.name, file, {{"scale", scale}});
    DG_TRY(check_shape(shards, scale, scale_shape(spec.shape, *config.quantization)));
    if (scales->dtype != DType::kF32) {
        return weight_error("weight_dtype", scale, shards.file_of(scale).path(),
                            {{"found", std::string(dtype_name(scales->dtype))}});
    }
    return {};
}

/// Names that may be there beside the demanded weights, each with its shape: MTP copies of
/// embedding and head.
std::map<std::string, Shape> mtp_copies(const Config& config) {
    std::map<std::string, Shape> copies;
    for (std::int64_t k = 0; k < config.num_nextn_predict_layers; ++k) {
        const std::string prefix = fmt::format("model.layers.{}.", config.num_hidden_layers + k);
        for (const char* name : {"embed_tokens.weight", "shared_head.head.weight"}) {
            copies[prefix + name] = {config.vocab_size, config.hidden_size};
        }
    }
    return copies;
}

/// Everything that can be said before the data is read; returns the demanded weights.
Result<std::vector<WeightSpec>> check_weights(const Shards& shards, const Config& config) {
    std::vector<WeightSpec> specs;
    std::set<std::string> known;
    std::uint64_t bytes = 0;
    Result<void> checked;
    visit_weights(config, [&](const WeightSpec& spec) {
        checked = check_weight(shards, config, spec);
        if (!checked) return false;
        known.insert(spec.name);
        if (shards.find(spec.name)->dtype == DType::kF8E4M3) known.insert(spec.name + kScaleSuffix);
        bytes += static_cast<std::uint64_t>(count(spec.shape)) * sizeof(float);
        specs.push_back(spec);
        return true;
    });
    if (!checked) return checked.error();

    const std::map<std::string, Shape> copies = mtp_copies(config);
    for (const auto& [name, file] : shards.home) {
        if (known.contains(name)) continue;
        const auto copy = copies.find(name);
        if (copy == copies.end())
            return weight_error("weight_unknown", name, shards.files[file].path());
        DG_TRY(check_shape(shards, name, copy->second));
    }
    if (bytes > physical_memory()) {
        return Error{.code = "model_too_large",
                     .args = {{"parameters", fmt::format("{}", bytes / sizeof(float))},
                              {"limit", fmt::format("{}", physical_memory() / sizeof(float))}},
                     .where = shards.directory.string()};
    }
    return specs;
}

/// NaN and infinity are refused with the place of the first one.
Result<void> check_finite(const Tensor<float>& tensor, const std::string& name,
                          const std::filesystem::path& file) {
    for (std::int64_t i = 0; i < tensor.size(); ++i) {
        if (std::isfinite(tensor[i])) continue;
        return weight_error(
            "weight_not_finite", name, file,
            {{"index", to_string(tensor.index_of(i))}, {"found", fmt::format("{}", tensor[i])}});
    }
    return {};
}

/// The codes and scales of an FP8 weight: W[r,c] = code * scale[r / block_rows, c / block_cols].
/// DeepSeek-V3 README_WEIGHTS.
Result<std::shared_ptr<fp8::QuantisedMatrix>> read_codes(const Shards& shards, const Config& config,
                                                         const std::string& name,
                                                         const RawTensor& raw) {
    const std::string scale_name = name + kScaleSuffix;
    DG_ASSIGN(const RawTensor raw_scale, shards.file_of(scale_name).read(scale_name));
    auto q = std::make_shared<fp8::QuantisedMatrix>();
    q->spec.tile_rows = config.quantization->block_rows;
    q->spec.tile_cols = config.quantization->block_cols;
    q->rows = raw.shape[0];
    q->cols = raw.shape[1];
    q->codes.resize(raw.bytes.size());
    std::memcpy(q->codes.data(), raw.bytes.data(), raw.bytes.size());
    q->scales = raw_scale.to_float();
    DG_TRY(check_finite(q->scales, scale_name, shards.file_of(scale_name).path()));
    return q;
}

Result<void> read_weight(const Shards& shards, const std::string& name, Model<float>& model) {
    const SafeTensorsFile& file = shards.file_of(name);
    DG_ASSIGN(const RawTensor raw, file.read(name));
    Tensor<float>& weight = model.weights.tensors[name];
    if (raw.dtype == DType::kF8E4M3) {
        DG_ASSIGN(const std::shared_ptr<fp8::QuantisedMatrix> codes,
                  read_codes(shards, model.config, name, raw));
        weight = fp8::dequantise(*codes);
        model.stored[name] = codes;
    } else {
        weight = raw.to_float();
    }
    return check_finite(weight, name, file.path());
}

}  // namespace

Result<Config> load_config(const std::filesystem::path& directory) {
    const std::filesystem::path file = directory / "config.json";
    DG_ASSIGN(const std::string text, read_file(file));
    return parse_config(text, file.string());
}

Result<Model<float>> load_model(const std::filesystem::path& directory) {
    Model<float> model;
    DG_TRY(finish_save(directory));
    DG_ASSIGN(model.config, load_config(directory));
    const ParameterCount parameters = count_parameters(model.config);
    if (parameters.total + parameters.mtp > kMaxParameters) {
        return Error{.code = "model_too_large",
                     .args = {{"parameters", fmt::format("{}", parameters.total + parameters.mtp)},
                              {"limit", fmt::format("{}", kMaxParameters)}},
                     .where = directory.string()};
    }
    DG_ASSIGN(const Shards shards, open_shards(directory));
    DG_ASSIGN(const std::vector<WeightSpec> specs, check_weights(shards, model.config));
    for (const WeightSpec& spec : specs) {
        DG_TRY(read_weight(shards, spec.name, model));
    }
    model.hash = model_hash(model);
    return model;
}

}  // namespace dg
