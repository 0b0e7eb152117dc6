// Directories that lie: each must be refused with the name of what is wrong.
#include "engine/base/rng.h"
#include "engine/io/hf.h"
#include "tests/engine/io/io_testing.h"

#include <nlohmann/json.hpp>

#include <bit>
#include <functional>
#include <limits>

namespace dg {
namespace {

using Json = nlohmann::json;
using testing::arg;
using testing::expect_error;
using testing::golden;
using testing::TempFolder;

/// A copy of a golden model with one file, whose tensors and config can be spoilt.
struct Copy {
    explicit Copy(const std::string& name)
        : config(Json::parse(read_file(golden("model/" + name + "/config.json")).value())),
          weights(read_safetensors(golden("model/" + name + "/model.safetensors")).value()) {}

    Result<Model<float>> load() const {
        const TempFolder folder;
        EXPECT_TRUE(write_file(folder / "config.json", config.dump()));
        EXPECT_TRUE(write_safetensors(folder / "model.safetensors", weights));
        return load_model(folder.path());
    }

    Json config;
    SafeTensors weights;
};

void set_value(RawTensor& raw, std::size_t index, float value) {
    ASSERT_EQ(raw.dtype, DType::kF32);
    std::memcpy(raw.bytes.data() + index * sizeof(float), &value, sizeof(float));
}

TEST(HfHostile, AnUnspoiltCopyLoads) {
    EXPECT_TRUE(Copy("v3_grouped").load());
}

TEST(HfHostile, NanAndInfinityAreRefusedWithTheirPlace) {
    for (const float bad :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
          -std::numeric_limits<float>::infinity()}) {
        Copy copy("v3_grouped");
        set_value(copy.weights.tensors.at("model.layers.1.mlp.experts.3.up_proj.weight"),
                  2 * 64 + 7, bad);
        const Result<Model<float>> loaded = copy.load();
        expect_error(loaded.error(), "weight_not_finite");
        EXPECT_EQ(arg(loaded.error(), "tensor"), "model.layers.1.mlp.experts.3.up_proj.weight");
        EXPECT_EQ(arg(loaded.error(), "index"), "[2, 7]");
    }
}

TEST(HfHostile, AnyFp8BytesLoadOrAreRefused) {
    const std::string weight = "model.layers.0.mlp.up_proj.weight";
    const std::string scales = weight + "_scale_inv";
    Rng rng(77);
    int loaded = 0;
    for (int trial = 0; trial < 40; ++trial) {
        Copy copy("v3_fp8");
        RawTensor& codes = copy.weights.tensors.at(weight);
        for (int i = 0; i < 3; ++i) {
            codes.bytes[rng.below(static_cast<std::uint32_t>(codes.bytes.size()))] =
                static_cast<std::byte>(rng.below(256));
        }
        // any float at all as a scale: tiny, negative, infinite, NaN
        const auto bits = static_cast<std::uint32_t>(rng.below(0xFFFFFFFFU));
        set_value(copy.weights.tensors.at(scales), 0, std::bit_cast<float>(bits));
        const Result<Model<float>> model = copy.load();
        if (!model) {
            EXPECT_EQ(model.error().code, "weight_not_finite") << model.error().plain();
            continue;
        }
        ++loaded;
        // what loads is written back byte for byte
        const TempFolder folder;
        ASSERT_TRUE(save_model(folder / "again", *model, DType::kF8E4M3));
        const SafeTensors again = read_safetensors(folder / "again/model.safetensors").value();
        EXPECT_TRUE(again.tensors.at(weight).bytes == codes.bytes);
        EXPECT_TRUE(again.tensors.at(scales).bytes == copy.weights.tensors.at(scales).bytes);
    }
    EXPECT_GT(loaded, 5);
}

TEST(HfHostile, MissingUnknownMisshapenAndMistyped) {
    Copy missing("v3_grouped");
    missing.weights.tensors.erase("model.layers.2.mlp.gate.e_score_correction_bias");
    expect_error(missing.load().error(), "weight_missing");
    EXPECT_EQ(arg(missing.load().error(), "tensor"),
              "model.layers.2.mlp.gate.e_score_correction_bias");

    Copy unknown("v3_grouped");
    unknown.weights.tensors["model.layers.9.surprise"] = RawTensor::from(Tensor<float>(Shape{1}));
    expect_error(unknown.load().error(), "weight_unknown");

    Copy misshapen("v3_grouped");
    RawTensor& head = misshapen.weights.tensors.at("lm_head.weight");
    std::swap(head.shape[0], head.shape[1]);
    expect_error(misshapen.load().error(), "weight_shape");
    EXPECT_EQ(arg(misshapen.load().error(), "expected"), "[80, 64]");

    Copy mistyped("v3_grouped");
    mistyped.weights.tensors.at("model.norm.weight") =
        RawTensor::from(Tensor<float>(Shape{64}), DType::kI32);
    expect_error(mistyped.load().error(), "weight_dtype");
}

TEST(HfHostile, ConfigsThatDoNotFitTheFile) {
    const std::pair<const char*, Json> lies[] = {
        {"num_hidden_layers", 4}, {"num_hidden_layers", 2}, {"n_routed_experts", 12},
        {"hidden_size", 63},      {"q_lora_rank", nullptr}, {"vocab_size", 1 << 20},
        {"n_shared_experts", 2},  {"topk_method", "greedy"}};
    for (const auto& [key, value] : lies) {
        Copy copy("v3_grouped");
        copy.config[key] = value;
        const Result<Model<float>> loaded = copy.load();
        ASSERT_FALSE(loaded) << key;
        EXPECT_TRUE(loaded.error().code.starts_with("weight_")) << loaded.error().plain();
    }

    // a config of absurd size ends before anything is allocated
    Copy huge("v3_grouped");
    huge.config["hidden_size"] = 1 << 17;
    huge.config["n_routed_experts"] = 4096;
    huge.config["moe_intermediate_size"] = 1 << 20;
    expect_error(huge.load().error(), "model_too_large");

    // many experts of one number each: refused at the first that is missing
    Copy many("v3_grouped");
    many.config["n_routed_experts"] = 4096;
    many.config["num_hidden_layers"] = 512;
    EXPECT_TRUE(many.load().error().code.starts_with("weight_"));
}

TEST(HfHostile, Fp8WeightsNeedTheirScales) {
    const std::string name = "model.layers.0.self_attn.o_proj.weight";
    Copy missing("v3_fp8");
    missing.weights.tensors.erase(name + "_scale_inv");
    expect_error(missing.load().error(), "weight_scale_missing");

    Copy misshapen("v3_fp8");
    misshapen.weights.tensors.at(name + "_scale_inv") = RawTensor::from(Tensor<float>(Shape{1, 2}));
    expect_error(misshapen.load().error(), "weight_shape");

    Copy mistyped("v3_fp8");
    mistyped.weights.tensors.at(name + "_scale_inv") =
        RawTensor::from(Tensor<float>(Shape{2, 2}), DType::kBF16);
    expect_error(mistyped.load().error(), "weight_dtype");

    Copy blind("v3_fp8");
    blind.config.erase("quantization_config");
    expect_error(blind.load().error(), "weight_scale_config");

    Copy infinite("v3_fp8");
    set_value(infinite.weights.tensors.at(name + "_scale_inv"), 1,
              std::numeric_limits<float>::infinity());
    expect_error(infinite.load().error(), "weight_not_finite");

    Copy nan_code("v3_fp8");
    nan_code.weights.tensors.at(name).bytes[145] = std::byte{0x7F};
    expect_error(nan_code.load().error(), "weight_not_finite");
    EXPECT_EQ(arg(nan_code.load().error(), "index"), "[1, 1]");

    Copy orphan("v3_fp8");
    orphan.weights.tensors["model.norm.weight_scale_inv"] =
        RawTensor::from(Tensor<float>(Shape{1, 1}));
    expect_error(orphan.load().error(), "weight_unknown");

    Copy other_blocks("v3_fp8");
    other_blocks.config["quantization_config"]["weight_block_size"] = {64, 128};
    expect_error(other_blocks.load().error(), "weight_shape");
}

/// A copy of the sharded golden model, its index passed through `spoil`.
Result<Model<float>> load_sharded(const std::function<void(Json&, const TempFolder&)>& spoil) {
    const TempFolder folder;
    for (const auto& entry : std::filesystem::directory_iterator(golden("model/v3_yarn_mtp"))) {
        std::filesystem::copy(entry.path(), folder / entry.path().filename().string());
    }
    Json index = Json::parse(read_file(folder / "model.safetensors.index.json").value());
    spoil(index, folder);
    EXPECT_TRUE(write_file(folder / "model.safetensors.index.json", index.dump()));
    return load_model(folder.path());
}

TEST(HfHostile, IndexAndShardsMustAgree) {
    static const std::string kFirst = "model-00001-of-00002.safetensors";
    static const std::string kSecond = "model-00002-of-00002.safetensors";
    EXPECT_TRUE(load_sharded([](Json&, const TempFolder&) {}));
    const auto code = [](const std::function<void(Json&, const TempFolder&)>& spoil) {
        const Result<Model<float>> loaded = load_sharded(spoil);
        if (!loaded) expect_error(loaded.error(), loaded.error().code);
        return loaded ? std::string("loaded") : loaded.error().code;
    };
    EXPECT_EQ(
        code([](Json& j, const TempFolder&) { j["weight_map"]["model.norm.weight"] = kFirst; }),
        "index_missing");
    EXPECT_EQ(code([](Json& j, const TempFolder&) { j["weight_map"]["nowhere"] = kFirst; }),
              "index_missing");
    EXPECT_EQ(code([](Json& j, const TempFolder&) { j["weight_map"].erase("lm_head.weight"); }),
              "index_extra");
    EXPECT_EQ(code([](Json& j, const TempFolder&) { j["weight_map"]["x"] = "absent.safetensors"; }),
              "file_read");
    EXPECT_EQ(code([](Json& j, const TempFolder&) { j["weight_map"]["x"] = 5; }), "index_value");
    EXPECT_EQ(code([](Json& j, const TempFolder&) { j["weight_map"]["x"] = "../" + kFirst; }),
              "index_value");
    EXPECT_EQ(code([](Json& j, const TempFolder&) { j["weight_map"]["x"] = "/etc/passwd"; }),
              "index_value");
    EXPECT_EQ(code([](Json& j, const TempFolder&) { j["weight_map"]["x"] = ""; }), "index_value");
    EXPECT_EQ(code([](Json& j, const TempFolder&) { j["weight_map"] = Json::array(); }),
              "index_value");
    EXPECT_EQ(code([](Json& j, const TempFolder&) { j = Json::array(); }), "index_value");
    EXPECT_EQ(code([](Json&, const TempFolder& f) {
                  std::filesystem::copy_file(f / kFirst, f / "model-3.safetensors");
                  std::filesystem::copy_file(f / kFirst, f / kSecond,
                                             std::filesystem::copy_options::overwrite_existing);
              }),
              "weight_duplicate");
}

TEST(HfHostile, FoldersThatAreNoModels) {
    const TempFolder folder;
    expect_error(load_model(folder / "absent").error(), "file_read");
    expect_error(load_model(folder.path()).error(), "file_read");
    std::filesystem::copy(golden("model/v3_grouped/config.json"), folder / "config.json");
    expect_error(load_model(folder.path()).error(), "weight_files");
    ASSERT_TRUE(write_file(folder / "model.safetensors.index.json", "{,"));
    expect_error(load_model(folder.path()).error(), "index_json");
    ASSERT_TRUE(write_file(folder / "model.safetensors", "short"));
    expect_error(load_model(folder.path()).error(), "safetensors_truncated");
    ASSERT_TRUE(write_file(folder / "config.json", "{"));
    expect_error(load_model(folder.path()).error(), "config_json");
}

}  // namespace
}  // namespace dg
