// The command line as other programs use it: names, shapes, formats and exit codes of DESIGN.md 7 against the golden models.
#include "engine/io/files.h"
#include "engine/io/hf.h"
#include "engine/io/safetensors.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/app/command_testing.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace dg::app {
namespace {

namespace fs = std::filesystem;
const std::string kGolden = std::string(DEEPGLASS_SOURCE_DIR) + "/tests/golden/model/";

/// --ids of a golden case.
std::string ids_of(const std::string& name) {
    const auto golden = read_safetensors(kGolden + name + "/golden.safetensors");
    const RawTensor& raw = golden->tensors.at("input_ids");
    const auto ids = raw.to_ints();
    std::string text;
    for (std::size_t i = 0; i < ids.size(); ++i) text += (i == 0 ? "" : static_cast<std::int64_t>(i) % raw.shape[1] == 0 ? ";" : ",") + std::to_string(ids[i]);
    return text;
}

/// A loadable model with a tokenizer: random weights of a small shape.
fs::path text_model() {
    static const fs::path folder = [] {
        const fs::path path = temporary("text_model");
        const auto tokenizer = Tokenizer::train("湖南大学 湖南大学 Hunan University in Hunan", 300, {"<|doc|>"});
        EXPECT_TRUE(tokenizer);
        Config c;
        c.vocab_size = tokenizer->vocab_size();
        c.hidden_size = 16;
        c.intermediate_size = 24;
        c.num_hidden_layers = 1;
        c.num_attention_heads = c.num_key_value_heads = 2;
        c.kv_lora_rank = 8;
        c.qk_nope_head_dim = 4;
        c.qk_rope_head_dim = 4;
        c.v_head_dim = 4;
        c.max_position_embeddings = 48;
        c.first_k_dense_replace = 1;
        c.eos_token_id = 0;
        EXPECT_TRUE(save_model(path, random_model(c, 5), DType::kF32));
        EXPECT_TRUE(write_file(path / "tokenizer.json", tokenizer->json()));
        return path;
    }();
    return folder;
}

TEST(Commands, TraceWritesTheGoldenTensors) {
    for (const char* name : {"v3_grouped", "v2_softmax", "v3_yarn_mtp", "v3_fp8"}) {
        const fs::path file = temporary("trace.safetensors");
        const Outcome o = call({"trace", kGolden + name, "--ids", ids_of(name), "--incremental", "-o", file.string()});
        ASSERT_EQ(o.status, 0) << o.err;
        const auto got = read_safetensors(file), golden = read_safetensors(kGolden + name + "/golden.safetensors");
        ASSERT_TRUE(got);
        for (const auto& [tensor, raw] : golden->tensors) {
            if (tensor.rfind("w8a8", 0) == 0) continue;
            ASSERT_TRUE(got->tensors.contains(tensor)) << name << " " << tensor;
            const RawTensor& mine = got->tensors.at(tensor);
            EXPECT_EQ(mine.shape, raw.shape) << tensor;
            EXPECT_EQ(mine.dtype, raw.dtype) << tensor;
        }
        const Tensor<float> a = got->tensors.at("decode.logits").to_float(), b = golden->tensors.at("decode.logits").to_float();
        for (std::int64_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 1e-4);
    }
}

TEST(Commands, ExplainAnswersInJsonAndInWords) {
    const std::vector<std::string> base = {"explain", kGolden + "v3_grouped", "--ids", ids_of("v3_grouped"), "--tensor", "layers.1.attn.probs", "--at", "0,2,5,3"};
    std::vector<std::string> json_words = base;
    json_words.push_back("--json");
    const Outcome o = call(json_words);
    ASSERT_EQ(o.status, 0) << o.err;
    const auto json = nlohmann::json::parse(o.out);
    for (const char* key : {"tensor", "at", "value", "recheck", "difference", "formula", "operands"}) EXPECT_TRUE(json.contains(key)) << key;
    EXPECT_EQ(json["operands"].size(), 6U);  // keys 0..5
    EXPECT_EQ(json["operands"][0]["tensor"], "layers.1.attn.scores");
    EXPECT_NEAR(json["difference"].get<double>(), json["value"].get<double>() - json["recheck"].get<double>(), 1e-12);
    EXPECT_LT(std::abs(json["difference"].get<double>()), 1e-6);
    EXPECT_NE(call(base).out.find("layers.1.attn"), std::string::npos);
    // the absorbed pass has its own tensors
    std::vector<std::string> decode = json_words;
    decode[5] = "decode.logits";
    decode[7] = "0,3,7";
    EXPECT_EQ(call(decode).status, 0);
}

TEST(Commands, GradientsUnderTheWeightsNames) {
    const fs::path file = temporary("gradients.safetensors");
    ASSERT_EQ(call({"gradients", kGolden + "v3_yarn_mtp", "--ids", ids_of("v3_yarn_mtp"), "-o", file.string()}).status, 0);
    const auto got = read_safetensors(file), golden = read_safetensors(kGolden + "v3_yarn_mtp/grads.safetensors");
    ASSERT_TRUE(got);
    for (const auto& [name, raw] : golden->tensors) {
        ASSERT_TRUE(got->tensors.contains(name)) << name;
        const Tensor<float> a = got->tensors.at(name).to_float(), b = raw.to_float();
        double difference = 0, norm = 0;
        for (std::int64_t i = 0; i < a.size(); ++i) difference += std::pow(static_cast<double>(a[i] - b[i]), 2), norm += std::pow(static_cast<double>(b[i]), 2);
        EXPECT_LE(std::sqrt(difference), 1e-3 * std::sqrt(norm)) << name;
    }
}

TEST(Commands, GenerateIsReproducibleAndTokenizeAgrees) {
    const std::vector<std::string> words = {"generate", text_model().string(), "-p", "湖南大", "-n", "8", "--temperature", "0.9", "--seed", "4", "--json"};
    const Outcome a = call(words), b = call(words);
    ASSERT_EQ(a.status, 0) << a.err;
    EXPECT_EQ(a.out, b.out);
    const auto json = nlohmann::json::parse(a.out);
    EXPECT_EQ(json["ids"].size(), json["logprobs"].size());
    EXPECT_LE(json["ids"].size(), 8U);
    const Outcome t = call({"tokenize", text_model().string(), "-p", "湖南大", "--json"});
    const auto tokens = nlohmann::json::parse(t.out);
    EXPECT_EQ(tokens["ids"], json["prompt_ids"]);
    EXPECT_EQ(tokens["tokens"].size(), tokens["ids"].size());
    EXPECT_TRUE(tokens["tokens"][0].contains("bytes"));
    EXPECT_EQ(call({"generate", text_model().string(), "-p", "湖南大", "-n", "8"}).out.rfind("湖南大", 0), 0U);
    // greedy takes the likeliest token of the recorded pass
    const auto greedy = nlohmann::json::parse(call({"generate", text_model().string(), "-p", "湖南大", "-n", "1", "--json"}).out);
    const fs::path file = temporary("greedy.safetensors");
    ASSERT_EQ(call({"trace", text_model().string(), "-p", "湖南大", "-o", file.string()}).status, 0);
    const Tensor<float> logits = read_safetensors(file)->tensors.at("logits").to_float();
    const float* last = logits.row(logits.rows() - 1);
    EXPECT_EQ(greedy["ids"][0].get<std::int64_t>(), std::max_element(last, last + logits.cols()) - last);
}

TEST(Commands, GenerateWithDraftsWritesTheSameText) {
    const std::string mini = std::string(DEEPGLASS_SOURCE_DIR) + "/assets/models/mini";
    bool saved = false;
    for (const char* temperature : {"0", "0.8"})
        for (const char* numerics : {"f32", "bf16", "fp8"}) {
            const std::vector<std::string> plain = {"generate", mini, "-p", "At the school", "-n", "40", "--temperature", temperature, "--seed", "3", "--numerics", numerics};
            std::vector<std::string> drafted = plain, plain_json = plain;
            drafted.push_back("--mtp"), plain_json.push_back("--json");
            std::vector<std::string> drafted_json = drafted;
            drafted_json.push_back("--json");
            const Outcome a = call(plain), b = call(drafted);
            ASSERT_EQ(b.status, 0) << b.err;
            EXPECT_EQ(a.out, b.out) << numerics << temperature;
            EXPECT_EQ(a.err, "");
            const auto without = nlohmann::json::parse(call(plain_json).out), with = nlohmann::json::parse(call(drafted_json).out);
            EXPECT_EQ(without["ids"], with["ids"]);
            EXPECT_EQ(without["logprobs"], with["logprobs"]);
            EXPECT_EQ(without["text"], with["text"]);
            EXPECT_FALSE(without.contains("drafts"));
            const auto& d = with["drafts"];
            const auto tokens = static_cast<std::int64_t>(with["ids"].size());
            // every pass writes its own token and each accepted draft one more; an end token may close the text at the draft
            const std::int64_t most = d["passes"].get<std::int64_t>() + d["accepted"].get<std::int64_t>();
            EXPECT_LE(tokens, most);
            EXPECT_GE(tokens, most - 1);
            EXPECT_LE(d["accepted"], d["proposed"]);
            EXPECT_NE(b.err.find(fmt::format("{} of {}", d["accepted"].get<int>(), d["proposed"].get<int>())), std::string::npos) << b.err;
            saved = saved || d["tokens_per_pass"].get<double>() > 1.5;
        }
    EXPECT_TRUE(saved);
    EXPECT_EQ(call({"generate", mini, "-p", "小明", "--mtp", "--numerics", "fp8-tensor"}).status, 2);
    const Outcome none = call({"generate", std::string(DEEPGLASS_SOURCE_DIR) + "/assets/models/reasoner", "-p", "a1b2", "--mtp"});
    EXPECT_EQ(none.status, 1);
    EXPECT_NE(none.err.find("module"), std::string::npos) << none.err;
}

TEST(Commands, EvalInspectAndConvert) {
    const fs::path text = temporary("eval.txt"), copy = temporary("bf16");
    std::string long_text;
    for (int i = 0; i < 40; ++i) long_text += "Hunan University 湖南大学 ";
    ASSERT_TRUE(write_file(text, long_text));
    const Outcome e = call({"eval", text_model().string(), text.string()});
    ASSERT_EQ(e.status, 0) << e.err;
    EXPECT_NE(e.out.find("nats per token"), std::string::npos);
    const Outcome i = call({"inspect", text_model().string()});
    ASSERT_EQ(i.status, 0) << i.err;
    EXPECT_NE(i.out.find("parameters.total"), std::string::npos);
    EXPECT_NE(i.out.find("lm_head.weight"), std::string::npos);
    ASSERT_EQ(call({"convert", text_model().string(), copy.string(), "--dtype", "bf16"}).status, 0);
    EXPECT_EQ(read_safetensors_header(copy / "model.safetensors")->tensors.at("lm_head.weight").dtype, DType::kBF16);
    EXPECT_TRUE(fs::exists(copy / "tokenizer.json"));
}

TEST(Commands, Fp8TablesMatchTheGoldenFiles) {
    const Outcome o = call({"fp8", "decode", "--format", "e4m3"});
    ASSERT_EQ(o.status, 0) << o.err;
    EXPECT_EQ(std::count(o.out.begin(), o.out.end(), '\n'), 256);
    EXPECT_NE(o.out.find("0x7e,448\n"), std::string::npos);
    EXPECT_NE(o.out.find("0x7f,nan\n"), std::string::npos);
    const Outcome e = call({"fp8", "encode", "--format", "e5m2", "--no-saturate", std::string(DEEPGLASS_SOURCE_DIR) + "/tests/golden/fp8/encode_cases.csv"});
    ASSERT_EQ(e.status, 0) << e.err;
    EXPECT_NE(e.out.find("0x7f800000,0x7c\n"), std::string::npos);
}

TEST(Commands, ExitCodesAndMessages) {
    struct Case {
        std::vector<std::string> words;
        int status;
        std::string says;
    };
    const std::string model = kGolden + "v2_softmax";
    const std::vector<Case> cases = {
        {{"generate", "no/such/model", "-p", "x"}, 1, "no/such/model"},
        {{"generate", model, "-p", "x"}, 1, "tokenizer.json"},
        {{"generate", model}, 2, "--ids"},
        {{"generate", model, "--ids", "1,x"}, 2, "x"},
        {{"generate", model, "--ids", "1,2", "--numerics", "int3"}, 2, "int3"},
        {{"generate", model, "--ids", "1,999"}, 1, "999"},
        {{"trace", model, "--ids", "1,2;3"}, 2, ""},
        {{"trace", model, "--ids", "1,2"}, 2, ""},
        {{"trace", model, "--ids", "1,2", "-o", "/no/such/folder/x.safetensors"}, 1, "/no/such/folder"},
        {{"explain", model, "--ids", "1,2", "--tensor", "nothing", "--at", "0"}, 1, "nothing"},
        {{"explain", model, "--ids", "1,2", "--tensor", "logits", "--at", "0,0,9999"}, 1, "logits"},
        {{"explain", model, "--ids", "1,2", "--tensor", "logits", "--at", "a"}, 2, "a"},
        {{"train", "no.toml"}, 1, "no.toml"},
        {{"nonsense"}, 2, "nonsense"},
    };
    for (const Case& c : cases) {
        const Outcome o = call(c.words);
        EXPECT_EQ(o.status, c.status) << fmt::format("{}", fmt::join(c.words, " ")) << "\n" << o.err;
        EXPECT_NE(o.err.find(c.says), std::string::npos) << o.err;
        EXPECT_FALSE(o.err.empty());
    }
    EXPECT_EQ(call({"--help"}).status, 0);
}

TEST(Commands, SimWritesTheRecordsOfAnExperiment) {
    const fs::path csv = temporary("dd.csv");
    const std::vector<std::string> words = {"sim", "double-descent", "--set", "n=20", "--set", "p_min=2", "--set", "p_max=80", "--set", "points=5", "--set", "seeds=2", "--seed", "7"};
    auto to_file = words;
    to_file.insert(to_file.end(), {"-o", csv.string()});
    ASSERT_EQ(call(to_file).status, 0);
    const auto text = read_file(csv);
    ASSERT_TRUE(text);
    EXPECT_EQ(text->substr(0, text->find('\n')), "p,test_risk_mean,test_risk_median,train_risk_mean,theory");
    EXPECT_EQ(std::ranges::count(*text, '\n'), 6);
    // standard output takes the same; the seed may come by --set
    EXPECT_EQ(call(words).out, *text);
    auto other = words;
    other[13] = "8";
    EXPECT_NE(call(other).out, *text);
    const fs::path json = temporary("dd.json");
    to_file.back() = json.string();
    ASSERT_EQ(call(to_file).status, 0);
    const auto content = nlohmann::json::parse(*read_file(json));
    EXPECT_EQ(content["params"]["seed"], "7");
    EXPECT_EQ(content["records"].size(), 5u);
}

TEST(Commands, SimListDocumentsEveryParameter) {
    const Outcome o = call({"sim", "--list"});
    EXPECT_EQ(o.status, 0);
    EXPECT_EQ(o.out.rfind("double-descent", 0), 0u);
    for (const char* line : {"model=linear [linear | relu", "n=200 [1 .. 2000]", "ridge=0 [0 .. 1000000]", "\nintrinsic-dimension"}) EXPECT_NE(o.out.find(line), std::string::npos) << line;
    EXPECT_EQ(o.out.find("\u27e6"), std::string::npos);  // a missing wording
}

TEST(Commands, SimRefusesAndStopsWithNothingHalfWritten) {
    EXPECT_EQ(call({"sim"}).status, 2);
    EXPECT_EQ(call({"sim", "double-decent"}).status, 2);
    EXPECT_NE(call({"sim", "double-decent"}).err.find("double-descent"), std::string::npos);
    EXPECT_EQ(call({"sim", "double-descent", "--set", "n=0"}).status, 2);
    EXPECT_EQ(call({"sim", "double-descent", "--set", "ridge=-1"}).status, 2);
    EXPECT_EQ(call({"sim", "double-descent", "--set", "p_min=9", "--set", "p_max=3"}).status, 2);
    EXPECT_EQ(call({"sim", "double-descent", "-o", "x.txt"}).status, 2);
    const fs::path file = temporary("stopped.csv");
    set_interrupted(true);
    std::ostringstream out, err;
    EXPECT_EQ(run({"sim", "double-descent", "--set", "n=1000", "--set", "p_max=4000", "-o", file.string()}, {out, err, viz::Lang::kEn, false}), 1);
    set_interrupted(false);
    EXPECT_FALSE(fs::exists(file));
    EXPECT_NE(err.str().find("cancelled"), std::string::npos);
}

TEST(Commands, SimRefusesAPlaceItCannotWriteBeforeItRuns) {
    const std::string nowhere = (temporary("no such folder") / "x.csv").string(), record = "record=" + nowhere;
    // runs of hours, were they begun
    for (const auto& words : {std::vector<std::string>{"sim", "double-descent", "--set", "n=2000", "--set", "seeds=1000", "-o", nowhere},
                              std::vector<std::string>{"sim", "grpo", "--set", "steps=100000", "--set", record}}) {
        const Outcome o = call(words);
        EXPECT_EQ(o.status, 1);
        EXPECT_NE(o.err.find("no such folder"), std::string::npos) << o.err;
    }
}

}  // namespace
}  // namespace dg::app
