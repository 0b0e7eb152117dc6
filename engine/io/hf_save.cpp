// Writing a model as a HuggingFace directory, and its hash.
#include "engine/base/rng.h"
#include "engine/fp8/format.h"
#include "engine/io/hf.h"

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

}  // namespace

Result<void> save_model(const std::filesystem::path& directory, const Model<float>& model,
                        DType dtype) {
    DG_CHECK(dtype == DType::kF32 || dtype == DType::kBF16);
    const std::filesystem::path file = directory / "model.safetensors";
    SafeTensors content{.tensors = {}, .metadata = {{"format", "pt"}}};
    for (const WeightSpec& spec : weight_specs(model.config)) {
        const auto found = model.weights.tensors.find(spec.name);
        DG_CHECK(found != model.weights.tensors.end());
        DG_CHECK_EQ(found->second.shape(), spec.shape);
        const DType stored = keeps_f32(spec.name) ? DType::kF32 : dtype;
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
    config.torch_dtype = dtype == DType::kBF16 ? "bfloat16" : "float32";
    config.quantization.reset();  // the file holds no FP8 codes
    DG_TRY(write_safetensors(file, content));
    return write_file(directory / "config.json", config_json(config));
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
