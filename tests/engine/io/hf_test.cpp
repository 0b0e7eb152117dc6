#include "engine/io/hf.h"

#include "engine/fp8/format.h"
#include "engine/io/convert.h"
#include "tests/engine/io/io_testing.h"

#include <cmath>

namespace dg {
namespace {

using testing::expect_error;
using testing::golden;
using testing::TempFolder;

class GoldenModel : public ::testing::TestWithParam<const char*> {};

TEST_P(GoldenModel, LoadsEveryDemandedWeightAndNothingElse) {
    const Model<float> model = load_model(golden(std::string("model/") + GetParam())).value();
    const std::vector<WeightSpec> specs = weight_specs(model.config);
    EXPECT_EQ(model.weights.tensors.size(), specs.size());
    std::int64_t elements = 0;
    for (const WeightSpec& spec : specs) {
        ASSERT_TRUE(model.weights.tensors.contains(spec.name)) << spec.name;
        EXPECT_EQ(model.weights.tensors.at(spec.name).shape(), spec.shape) << spec.name;
        elements += model.weights.tensors.at(spec.name).size();
    }
    const ParameterCount n = count_parameters(model.config);
    EXPECT_EQ(elements, n.total + n.mtp);
    EXPECT_EQ(model.hash.size(), 16U);
    EXPECT_EQ(model.hash, model_hash(model));
}

TEST_P(GoldenModel, SaveAndLoadInF32IsBitEqual) {
    const TempFolder folder;
    const Model<float> model = load_model(golden(std::string("model/") + GetParam())).value();
    ASSERT_TRUE(save_model(folder / "new/model", model, DType::kF32));
    const Model<float> again = load_model(folder / "new/model").value();
    ASSERT_EQ(again.weights.tensors.size(), model.weights.tensors.size());
    for (const auto& [name, tensor] : model.weights.tensors) {
        EXPECT_TRUE(std::ranges::equal(again.weights.tensors.at(name).values(), tensor.values()))
            << name;
    }
    Config expected = model.config;
    expected.quantization.reset();
    expected.torch_dtype = "float32";
    EXPECT_EQ(again.config, expected);

    // the hash follows weights and config, not the way from disk
    EXPECT_EQ(again.hash == model.hash, !model.config.quantization.has_value());
}

TEST_P(GoldenModel, Bf16IsRoundedOnceAndKeepsTheRouterBias) {
    const TempFolder folder;
    const Model<float> model = load_model(golden(std::string("model/") + GetParam())).value();
    ASSERT_TRUE(save_model(folder / "a", model, DType::kBF16));
    const Model<float> once = load_model(folder / "a").value();
    EXPECT_EQ(once.config.torch_dtype, "bfloat16");
    for (const auto& [name, tensor] : model.weights.tensors) {
        const bool bias = name.ends_with("e_score_correction_bias");
        const Tensor<float>& loaded = once.weights.tensors.at(name);
        for (std::int64_t i = 0; i < tensor.size(); ++i) {
            ASSERT_EQ(loaded[i], bias ? tensor[i] : fp8::round_bf16(tensor[i])) << name << " " << i;
        }
    }

    // what BF16 holds exactly stays: the second round trip changes nothing, hash included
    ASSERT_TRUE(save_model(folder / "b", once, DType::kBF16));
    EXPECT_EQ(read_file(folder / "a/model.safetensors").value(),
              read_file(folder / "b/model.safetensors").value());
    ASSERT_TRUE(save_model(folder / "c", once, DType::kF32));
    EXPECT_EQ(load_model(folder / "c").value().hash, once.hash);
}

INSTANTIATE_TEST_SUITE_P(AllCases, GoldenModel,
                         ::testing::Values("v3_grouped", "v2_softmax", "v3_yarn_mtp", "v3_fp8"),
                         [](const auto& test) { return std::string(test.param); });

TEST(HfModel, WeightsAreTheFilesOwnValues) {
    const Model<float> model = load_model(golden("model/v3_grouped")).value();
    const SafeTensors file = read_safetensors(golden("model/v3_grouped/model.safetensors")).value();
    for (const auto& [name, tensor] : model.weights.tensors) {
        EXPECT_TRUE(std::ranges::equal(tensor.values(), file.tensors.at(name).to_float().values()))
            << name;
    }
}

TEST(HfModel, Fp8WeightsAreDequantisedInBlocksWithPartialEdges) {
    const Model<float> model = load_model(golden("model/v3_fp8")).value();
    const SafeTensors file = read_safetensors(golden("model/v3_fp8/model.safetensors")).value();
    int quantised = 0;
    for (const auto& [name, raw] : file.tensors) {
        if (raw.dtype != DType::kF8E4M3) continue;
        ++quantised;
        const Tensor<double> codes = raw.to_double();
        const Tensor<double> scales = file.tensors.at(name + "_scale_inv").to_double();
        const Tensor<float>& loaded = model.weights.tensors.at(name);
        for (std::int64_t r = 0; r < codes.dim(0); ++r) {
            for (std::int64_t c = 0; c < codes.dim(1); ++c) {
                const double exact =
                    codes[r * codes.dim(1) + c] * scales[(r / 128) * scales.dim(1) + c / 128];
                ASSERT_EQ(loaded[r * codes.dim(1) + c], static_cast<float>(exact))
                    << name << " " << r << "," << c;
            }
        }
    }
    EXPECT_EQ(quantised, 28);
    EXPECT_EQ(model.config.quantization, Fp8Quantization{});
}

TEST(HfModel, Fp8CheckpointsRoundTripByteForByte) {
    const TempFolder folder;
    ASSERT_TRUE(convert_model(golden("model/v3_fp8"), folder / "again", DType::kF8E4M3));
    const SafeTensors before =
        read_safetensors(golden("model/v3_fp8/model.safetensors")).value();
    const SafeTensors after = read_safetensors(folder / "again/model.safetensors").value();
    ASSERT_EQ(after.tensors.size(), before.tensors.size());
    for (const auto& [name, raw] : before.tensors) {
        const RawTensor& copy = after.tensors.at(name);
        EXPECT_EQ(copy.dtype, raw.dtype) << name;
        EXPECT_EQ(copy.shape, raw.shape) << name;
        EXPECT_TRUE(copy.bytes == raw.bytes) << name;
    }
    EXPECT_EQ(load_config(folder / "again").value(), load_config(golden("model/v3_fp8")).value());
}

TEST(HfModel, Fp8IsWrittenAsDeepSeekDoes) {
    const TempFolder folder;
    const Model<float> model = load_model(golden("model/v3_yarn_mtp")).value();
    ASSERT_TRUE(save_model(folder / "fp8", model, DType::kF8E4M3));
    const SafeTensors file = read_safetensors(folder / "fp8/model.safetensors").value();
    int codes = 0;
    for (const auto& [name, raw] : file.tensors) {
        const bool projection = name.ends_with("_proj.weight") ||
                                name.ends_with("kv_a_proj_with_mqa.weight");
        const bool fp8 = projection && !name.ends_with("eh_proj.weight");
        EXPECT_EQ(raw.dtype == DType::kF8E4M3, fp8) << name;
        if (!fp8) continue;
        ++codes;
        EXPECT_EQ(file.tensors.at(name + "_scale_inv").dtype, DType::kF32);
        const fp8::QuantisedMatrix expected =
            fp8::quantise(model.weights.at(name), {.tile_rows = 128, .tile_cols = 128});
        EXPECT_EQ(std::memcmp(raw.bytes.data(), expected.codes.data(), raw.bytes.size()), 0) << name;
    }
    EXPECT_GT(codes, 10);
    EXPECT_EQ(file.tensors.at("lm_head.weight").dtype, DType::kBF16);
    EXPECT_EQ(file.tensors.at("model.layers.2.mlp.gate.e_score_correction_bias").dtype, DType::kF32);

    // read back, the weights are the codes' values, and writing again changes nothing
    const Model<float> again = load_model(folder / "fp8").value();
    EXPECT_EQ(again.config.quantization, Fp8Quantization{});
    ASSERT_TRUE(save_model(folder / "twice", again, DType::kF8E4M3));
    EXPECT_EQ(read_file(folder / "twice/model.safetensors").value(),
              read_file(folder / "fp8/model.safetensors").value());
}

TEST(HfModel, MtpCopiesAreDropped) {
    const Model<float> model = load_model(golden("model/v3_yarn_mtp")).value();
    EXPECT_TRUE(model.weights.tensors.contains("model.layers.3.eh_proj.weight"));
    EXPECT_TRUE(model.weights.tensors.contains("model.layers.3.shared_head.norm.weight"));
    EXPECT_FALSE(model.weights.tensors.contains("model.layers.3.embed_tokens.weight"));
    EXPECT_FALSE(model.weights.tensors.contains("model.layers.3.shared_head.head.weight"));
}

TEST(HfModel, HashSeesEveryWeightAndTheConfig) {
    Model<float> model = load_model(golden("model/v2_softmax")).value();
    const std::string before = model_hash(model);
    float& last = model.weights.tensors.at("lm_head.weight")[72 * 48 - 1];
    const float kept = last;
    last = std::nextafter(last, 10.0F);
    EXPECT_NE(model_hash(model), before);
    last = kept;
    EXPECT_EQ(model_hash(model), before);
    model.config.rope_theta = 10001;
    EXPECT_NE(model_hash(model), before);

    // pinned: recipes name models by this hash, so it must not change between machines and versions
    EXPECT_EQ(before, "0471b334dfadf77a");
}

TEST(HfModel, AllKindsOfAttentionSaveAndLoad) {
    for (const char* kind : {"mha", "gqa", "mqa"}) {
        const int heads = std::string(kind) == "mha" ? 4 : (std::string(kind) == "gqa" ? 2 : 1);
        const std::string text = fmt::format(
            R"({{"model_type":"deepseek_v3","vocab_size":8,"hidden_size":6,"intermediate_size":5,"num_hidden_layers":1,)"
            R"("num_attention_heads":4,"num_key_value_heads":{},"head_dim":2,"max_position_embeddings":16,)"
            R"("deepglass_attention":"{}"}})",
            heads, kind);
        Model<float> model;
        model.config = parse_config(text, kind).value();
        for (const WeightSpec& spec : weight_specs(model.config)) {
            Tensor<float> t(spec.shape);
            for (std::int64_t i = 0; i < t.size(); ++i) t[i] = static_cast<float>(i);
            model.weights.tensors[spec.name] = t;
        }
        const TempFolder folder;
        ASSERT_TRUE(save_model(folder.path(), model, DType::kF32));
        EXPECT_EQ(load_model(folder.path()).value().hash, model_hash(model));
    }
}

TEST(HfModel, WhatCannotBeStoredIsNotSaved) {
    const TempFolder folder;
    Model<float> model = load_model(golden("model/v2_softmax")).value();
    model.weights.tensors.at("model.norm.weight")[5] = 3.4e38F;  // finite in F32, infinite in BF16
    EXPECT_TRUE(save_model(folder / "f32", model, DType::kF32));
    const Result<void> saved = save_model(folder / "bf16", model, DType::kBF16);
    expect_error(saved.error(), "weight_not_finite");
    EXPECT_EQ(testing::arg(saved.error(), "index"), "[5]");
    EXPECT_FALSE(std::filesystem::exists(folder / "bf16"));

    ASSERT_TRUE(write_file(folder / "file", ""));
    expect_error(save_model(folder / "file/model", model, DType::kF32).error(), "file_write");
    model.weights.tensors.erase("model.norm.weight");
    EXPECT_THROW((void)save_model(folder / "bug", model, DType::kF32), Bug);
}

TEST(Convert, CopiesTheTokenizerAndRefusesItsOwnInput) {
    const TempFolder folder;
    ASSERT_TRUE(convert_model(golden("model/v3_yarn_mtp"), folder / "a", DType::kF32));
    EXPECT_EQ(load_model(folder / "a").value().hash,
              load_model(golden("model/v3_yarn_mtp")).value().hash);
    EXPECT_FALSE(std::filesystem::exists(folder / "a/tokenizer.json"));

    ASSERT_TRUE(write_file(folder / "a/tokenizer.json", "{\"version\":\"1.0\"}"));
    ASSERT_TRUE(convert_model(folder / "a", folder / "b", DType::kBF16));
    EXPECT_EQ(read_file(folder / "b/tokenizer.json").value(), "{\"version\":\"1.0\"}");
    EXPECT_EQ(load_config(folder / "b").value().torch_dtype, "bfloat16");

    const std::string before = read_file(folder / "a/model.safetensors").value();
    std::filesystem::create_directory_symlink(folder / "a", folder / "link");
    for (const auto& out : {folder / "a", folder / "b/../a", folder / "link"}) {
        expect_error(convert_model(folder / "a", out, DType::kBF16).error(), "convert_same");
    }
    EXPECT_EQ(read_file(folder / "a/model.safetensors").value(), before);
    expect_error(convert_model(folder / "absent", folder / "c", DType::kF32).error(), "file_read");
    EXPECT_FALSE(std::filesystem::exists(folder / "c"));
}

}  // namespace
}  // namespace dg
