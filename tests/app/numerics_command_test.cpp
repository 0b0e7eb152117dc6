// --numerics and fp8 quantize as other programs use them (DESIGN.md 7).
#include "engine/io/files.h"
#include "engine/io/safetensors.h"
#include "tests/app/command_testing.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstring>

namespace dg::app {
namespace {

namespace fs = std::filesystem;
const std::string kGolden = std::string(DEEPGLASS_SOURCE_DIR) + "/tests/golden/";
const std::string kFp8Model = kGolden + "model/v3_fp8";
constexpr const char* kIds = "3,1,4,1,5,9,2,6";

SafeTensors read(const std::string& file) {
    auto content = read_safetensors(file);
    if (!content) ADD_FAILURE() << content.error().plain();
    return std::move(content).value();
}

TEST(NumericsCommands, QuantizeWritesTheGoldenTensors) {
    const std::string out = temporary("act.safetensors"), input = kGolden + "fp8/quant_cases.safetensors";
    const SafeTensors golden = read(input);
    const struct {
        std::string tensor, tile, prefix, scales;
        bool ue8m0;
    } cases[] = {{"act.x", "1x128", "act.", "scales", false}, {"act_edge.x", "1x128", "act_edge.ue8m0.", "scales", true}, {"weight.w", "128x128", "weight.", "scale_inv", false}};
    for (const auto& c : cases) {
        std::vector<std::string> words = {"fp8", "quantize", "--tile", c.tile, input, "--tensor", c.tensor, "-o", out};
        if (c.ue8m0) words.emplace_back("--ue8m0");
        const Outcome o = call(words);
        ASSERT_EQ(o.status, 0) << o.err;
        const SafeTensors made = read(out);
        EXPECT_EQ(made.tensors.size(), 3U);
        for (const auto& [mine, theirs] : {std::pair{".codes", std::string("codes")}, {".scales", c.scales}, {".dequant", std::string("dequant")}}) {
            const RawTensor &a = made.tensors.at(c.tensor + mine), &b = golden.tensors.at(c.prefix + theirs);
            EXPECT_EQ(a.dtype, b.dtype) << mine;
            EXPECT_EQ(a.shape, b.shape) << mine;
            EXPECT_TRUE(a.bytes == b.bytes) << c.tensor << mine;
        }
    }
}

TEST(NumericsCommands, QuantizeSaysWhatIsWrong) {
    const std::string out = temporary("bad.safetensors"), input = kGolden + "fp8/quant_cases.safetensors";
    const struct {
        std::vector<std::string> words;
        int status;
        const char* said;
    } cases[] = {
        {{"fp8", "quantize", "--tile", "1x0", input, "--tensor", "act.x", "-o", out}, 2, "1x0"},
        {{"fp8", "quantize", "--tile", "2x3", input, "--tensor", "act.x", "-o", out}, 2, "2x3"},
        {{"fp8", "quantize", "--tile", "1x128", input, "--tensor", "act.y", "-o", out}, 1, "act.x"},
        {{"fp8", "quantize", "--tile", "1x128", input, "--tensor", "act.codes", "-o", out}, 1, "F8_E4M3"},
        {{"fp8", "quantize", "--tile", "1x128", "nowhere.safetensors", "--tensor", "x", "-o", out}, 1, "nowhere"},
        {{"fp8", "quantize", "--format", "e3m4", "--tile", "1x128", input, "--tensor", "act.x", "-o", out}, 2, "e3m4"},
    };
    for (const auto& c : cases) {
        const Outcome o = call(c.words);
        EXPECT_EQ(o.status, c.status) << c.said << ": " << o.err;
        EXPECT_NE(o.err.find(c.said), std::string::npos) << o.err;
        EXPECT_FALSE(fs::exists(out)) << c.said;
    }
}

TEST(NumericsCommands, QuantizeShowsNanAsItself) {
    const std::string in = temporary("nan_in.safetensors"), out = temporary("nan_out.safetensors");
    Tensor<float> x({2, 40});
    x[3] = std::nanf("");
    x[7] = 2.5F;
    SafeTensors content;
    content.tensors.emplace("x", RawTensor::from(x));
    ASSERT_TRUE(write_safetensors(in, content));
    const Outcome o = call({"fp8", "quantize", "--tile", "1x32", in, "--tensor", "x", "-o", out});
    ASSERT_EQ(o.status, 0) << o.err;
    const Tensor<float> values = read(out).tensors.at("x.dequant").to_float();
    for (std::int64_t i = 0; i < values.size(); ++i) EXPECT_EQ(std::isnan(values[i]), i == 3);
    EXPECT_EQ(values[7], 2.5F);
}

TEST(NumericsCommands, MoreFormatsDecodeAndEncode) {
    EXPECT_EQ(std::ranges::count(call({"fp8", "decode", "--format", "e5m6"}).out, '\n'), 4096);
    const std::string csv = temporary("bits.csv");
    ASSERT_TRUE(write_file(csv, "bits\n3f800000\n7f800000\n"));
    EXPECT_EQ(call({"fp8", "encode", "--format", "e5m6", csv}).out, "3f800000,0x3c0\n7f800000,0x7bf\n");
    EXPECT_EQ(call({"fp8", "encode", "--format", "bf16", csv}).out, "3f800000,0x3f80\n7f800000,0x7f80\n");
}

TEST(NumericsCommands, TraceAndIncrementalAgreeInEveryFormat) {
    for (const std::string numerics : {"bf16", "fp8", "fp8-e5m2,tile=64", "fp8-raw", "fp8,accumulator=14"}) {
        const std::string out = temporary("trace.safetensors");
        const Outcome o = call({"trace", kFp8Model, "--ids", kIds, "--incremental", "--numerics", numerics, "-o", out});
        ASSERT_EQ(o.status, 0) << o.err;
        const SafeTensors made = read(out);
        const Tensor<float> a = made.tensors.at("logits").to_float(), b = made.tensors.at("decode.logits").to_float();
        double difference = 0, norm = 0;
        for (std::int64_t i = 0; i < a.size(); ++i) difference += std::pow(a[i] - b[i], 2), norm += std::pow(a[i], 2);
        EXPECT_LT(std::sqrt(difference / norm), 0.3) << numerics;
        EXPECT_TRUE(made.tensors.contains("layers.0.input_layernorm.quantised")) << numerics;
        for (const auto& [name, raw] : made.tensors) EXPECT_FALSE(name.starts_with("model.")) << name;
    }
}

TEST(NumericsCommands, ExplainNamesTheQuantisedOperands) {
    const Outcome o = call({"explain", kFp8Model, "--ids", kIds, "--numerics", "fp8", "--tensor", "layers.0.attn.q_a", "--at", "0,2,5", "--json"});
    ASSERT_EQ(o.status, 0) << o.err;
    const nlohmann::json json = nlohmann::json::parse(o.out);
    EXPECT_EQ(json["operands"][0]["tensor"], "layers.0.input_layernorm.quantised");
    EXPECT_NEAR(json["difference"].get<double>(), 0, 1e-4);
    const Outcome scale = call({"explain", kFp8Model, "--ids", kIds, "--numerics", "fp8", "--tensor", "layers.0.input_layernorm.scales", "--at", "2,1", "--json"});
    ASSERT_EQ(scale.status, 0) << scale.err;
    // the second tile of 128 columns is partial: 32 numbers
    EXPECT_EQ(nlohmann::json::parse(scale.out)["operands"].size(), 32U);
}

TEST(NumericsCommands, GenerateEvalAndGradientsTakeAFormat) {
    const Outcome f32 = call({"generate", kFp8Model, "--ids", kIds, "-n", "6", "--json"}), fp8 = call({"generate", kFp8Model, "--ids", kIds, "-n", "6", "--json", "--numerics", "fp8"});
    ASSERT_EQ(fp8.status, 0) << fp8.err;
    EXPECT_NE(nlohmann::json::parse(f32.out)["logprobs"], nlohmann::json::parse(fp8.out)["logprobs"]);
    const std::string out = temporary("gradients.safetensors");
    ASSERT_EQ(call({"gradients", kFp8Model, "--ids", kIds, "--numerics", "fp8", "-o", out}).status, 0);
    EXPECT_TRUE(read(out).tensors.contains("lm_head.weight"));
    const std::string text = temporary("text.txt");
    ASSERT_TRUE(write_file(text, "湖南大学在长沙。"));
    const Outcome plain = call({"eval", "mini", text}), low = call({"eval", "mini", text, "--numerics", "fp8-e5m2"});
    ASSERT_EQ(plain.status, 0) << plain.err;
    ASSERT_EQ(low.status, 0) << low.err;
    EXPECT_NE(plain.out, low.out);
    EXPECT_EQ(call({"eval", "mini", text, "--numerics", "fp9"}).status, 2);
    const Outcome bad = call({"generate", kFp8Model, "--ids", kIds, "--numerics", "fp8,tyle=3"});
    EXPECT_EQ(bad.status, 2);
    EXPECT_NE(bad.err.find("tile=32"), std::string::npos) << bad.err;
}

TEST(NumericsCommands, ConvertToFp8AndBackToFp8ChangesNoByte) {
    const std::string once = temporary("once"), twice = temporary("twice");
    ASSERT_EQ(call({"convert", kGolden + "model/v3_grouped", once, "--dtype", "fp8"}).status, 0);
    ASSERT_EQ(call({"convert", once, twice, "--dtype", "fp8"}).status, 0);
    EXPECT_EQ(read_file(once + "/model.safetensors").value(), read_file(twice + "/model.safetensors").value());
    EXPECT_EQ(read(once + "/model.safetensors").tensors.at("model.layers.0.mlp.up_proj.weight").dtype, DType::kF8E4M3);
}

}  // namespace
}  // namespace dg::app
