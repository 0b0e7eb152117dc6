// Writing a model as a HuggingFace directory, and its hash.
#include "engine/base/rng.h"
#include "engine/fp8/format.h"
#include "engine/io/hf.h"
#include "engine/io/save_commit.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace dg {

namespace {

/// The router bias stays F32: a bias update of 0.001 would vanish in BF16.
bool keeps_f32(const std::string& name) {
    return name.ends_with("e_score_correction_bias");
}

/// The first value that is not finite in the file's dtype, as an error.
Result<void> check_storable(const std::string& name, const Tensor<float>& tensor, DType dtype,
                            const std::filesystem::path& where) {
    for (std::int64_t i = 0; i < tensor.size(); ++i) {
        const float stored = dtype == DType::kBF16 ? fp8::round_bf16(tensor[i]) : tensor[i];
        if (std::isfinite(stored)) continue;
        return Error{.code = "weight_not_finite",
                     .args = {{"tensor", name},
                              {"index", to_string(tensor.index_of(i))},
                              {"found", fmt::format("{}", tensor[i])}},
                     .where = where.string()};
    }
    return {};
}

/// Hash of a tensor's bytes, eight at a time.
std::uint64_t hash_values(std::uint64_t hash, std::span<const float> values) {
    const std::size_t bytes = values.size() * sizeof(float);
    const char* data = reinterpret_cast<const char*>(values.data());
    for (std::size_t i = 0; i < bytes; i += sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, data + i, std::min(sizeof(word), bytes - i));
        hash = hash_words(hash, word);
    }
    return hash;
}

/// What DeepSeek-V3 stores in FP8: projections of attention and MLPs. Embedding, head, norms, router
/// and eh_proj stay BF16. A model that came from an FP8 checkpoint keeps that checkpoint's choice.
bool stored_as_fp8(const Model<float>& model, const WeightSpec& spec) {
    if (!model.stored.empty()) return model.stored.contains(spec.name);
    return spec.shape.size() == 2 && spec.name.find("_proj") != std::string::npos &&
           !spec.name.ends_with("eh_proj.weight");
}

/// The dtype beside FP8 weights: BF16, and F32 for what BF16 would change on the way through.
DType beside_fp8(const Model<float>& model, const Tensor<float>& tensor) {
    const bool came_so = !model.stored.empty();
    const auto values = tensor.values();
    const bool exact = std::all_of(values.begin(), values.end(),
                                   [](float x) { return fp8::round_bf16(x) == x; });
    return came_so && !exact ? DType::kF32 : DType::kBF16;
}

/// Codes and weight_scale_inv of one weight: the checkpoint's own when they still give its values, so that reading and writing
/// changes no byte, else quantised by `spec`.
void add_fp8(SafeTensors& content, const Model<float>& model, const std::string& name,
             const fp8::QuantSpec& spec) {
    const fp8::QuantisedMatrix* own =
        stored_codes(model, name, {.kind = NumericsKind::kFp8, .tile = spec.tile_cols});
    fp8::QuantisedMatrix online;
    if (own == nullptr) own = &(online = fp8::quantise(model.weights.at(name), spec));
    content.tensors[name] =
        RawTensor::from_codes({own->rows, own->cols}, own->codes, DType::kF8E4M3);
    content.tensors[name + "_scale_inv"] = RawTensor::from(own->scales);
}

}  // namespace

Result<void> save_model(const std::filesystem::path& directory, const Model<float>& model,
                        DType dtype) {
    const bool fp8 = dtype == DType::kF8E4M3;
    DG_CHECK(dtype == DType::kF32 || dtype == DType::kBF16 || fp8);
    const std::filesystem::path file = directory / "model.safetensors";
    const Fp8Quantization blocks = model.config.quantization.value_or(Fp8Quantization{});
    SafeTensors content{.tensors = {}, .metadata = {{"format", "pt"}}};
    for (const WeightSpec& spec : weight_specs(model.config)) {
        const auto found = model.weights.tensors.find(spec.name);
        DG_CHECK(found != model.weights.tensors.end());
        DG_CHECK_EQ(found->second.shape(), spec.shape);
        if (fp8 && stored_as_fp8(model, spec)) {
            DG_TRY(check_storable(spec.name, found->second, DType::kF32, file));
            add_fp8(content, model, spec.name,
                    {.tile_rows = blocks.block_rows, .tile_cols = blocks.block_cols});
            continue;
        }
        const DType stored = keeps_f32(spec.name) ? DType::kF32
                             : fp8                ? beside_fp8(model, found->second)
                                                  : dtype;
        DG_TRY(check_storable(spec.name, found->second, stored, file));
        content.tensors[spec.name] = RawTensor::from(found->second, stored);
    }

    std::error_code failed;
    std::filesystem::create_directories(directory, failed);
    if (failed) {
        return Error{.code = "file_write",
                     .args = {{"file", directory.string()}, {"reason", failed.message()}},
                     .where = {}};
    }
    Config config = model.config;
    config.torch_dtype = dtype == DType::kF32 ? "float32" : "bfloat16";
    config.quantization.reset();
    if (fp8) config.quantization = blocks;
    // a kill at any moment leaves the old pair or, sooner or later, the new one
    DG_TRY(finish_save(directory));
    DG_TRY(write_safetensors(next_version(file), content));
    DG_TRY(write_file(next_version(directory / "config.json"), config_json(config)));
    return commit_save(directory);
}

std::string model_hash(const Model<float>& model) {
    Config config = model.config;
    config.torch_dtype = "float32";
    std::uint64_t hash = hash_text(config_json(config));
    for (const auto& [name, tensor] : model.weights.tensors) {
        hash = hash_words(hash, hash_text(name + to_string(tensor.shape())));
        hash = hash_values(hash, tensor.values());
    }
    return hash_digits(hash);
}

}  // namespace dg
