#include "engine/tokenizer/unicode.h"
#include "tests/engine/tokenizer/support.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace dg {
namespace {

using Json = nlohmann::json;

Json good() {
    return Json::parse(test::small().json());
}

std::string code_of(const std::string& text) {
    const auto t = Tokenizer::parse(text, "t.json");
    if (t.has_value()) return "";
    EXPECT_EQ(t.error().where.rfind("t.json", 0), 0U);
    return t.error().code;
}

std::string code_of(const Json& j) {
    return code_of(j.dump());
}

TEST(TokenizerJson, RoundTrip) {
    for (const Tokenizer& t : {test::small(), Tokenizer()}) {
        const std::string text = t.json();
        const auto again = Tokenizer::parse(text, "t.json");
        ASSERT_TRUE(again.has_value()) << again.error().plain();
        EXPECT_EQ(again->json(), text);
        for (const std::string& s : test::texts()) EXPECT_EQ(again->encode(s), t.encode(s));
    }
}

TEST(TokenizerJson, HasTheFormatOfHuggingFace) {
    const Json j = good();
    EXPECT_EQ(j["version"], "1.0");
    EXPECT_EQ(j["model"]["type"], "BPE");
    EXPECT_EQ(j["decoder"]["type"], "ByteLevel");
    EXPECT_EQ(j["added_tokens"][1],
              Json::parse(R"({"id": 1, "content": "<|doc|>", "single_word": false, "lstrip": false,
        "rstrip": false, "normalized": false, "special": true})"));
    const Json& pre = j["pre_tokenizer"]["pretokenizers"];
    EXPECT_EQ(pre[0]["pattern"]["Regex"], text::split_regex());
    EXPECT_EQ(pre[1]["use_regex"], false);
    const Json& vocab = j["model"]["vocab"];
    EXPECT_EQ(vocab.size(), 420U);
    EXPECT_EQ(vocab["<|doc|>"], 1);
    EXPECT_EQ(vocab["Ā"], 3);         // byte 0
    EXPECT_EQ(vocab["Ċ"], 3 + '\n');  // and line break, space, 0x7F, 0xFF as GPT-2 spells them
    EXPECT_EQ(vocab["Ġ"], 3 + ' ');
    EXPECT_EQ(vocab["ġ"], 3 + 0x7F);
    EXPECT_EQ(vocab["Ń"], 3 + 0xAD);
    EXPECT_EQ(vocab["ÿ"], 3 + 0xFF);
    EXPECT_TRUE(vocab.contains("æ¹ĸ"));  // 湖
    EXPECT_TRUE(vocab.contains("Ġthe"));
    EXPECT_EQ(j["model"]["merges"].size(), 420U - 259U);
}

TEST(TokenizerJson, MergesMayBePairsAndIdsInAnyOrder) {
    Json j = good();
    Json pairs = Json::array();
    for (const Json& m : j["model"]["merges"]) {
        const auto text = m.get<std::string>();
        pairs.push_back({text.substr(0, text.find(' ')), text.substr(text.find(' ') + 1)});
    }
    j["model"]["merges"] = pairs;
    EXPECT_EQ(Tokenizer::parse(j.dump(), "t").value().json(), test::small().json());
    // specials only in added_tokens, at the end
    Json& vocab = j["model"]["vocab"];
    for (const char* name : {"<|pad|>", "<|doc|>", "<|end|>"}) vocab.erase(name);
    for (auto& [name, id] : vocab.items()) id = id.get<int>() - 3;
    for (std::size_t i = 0; i < 3; ++i) j["added_tokens"][i]["id"] = 417 + i;
    const auto t = Tokenizer::parse(j.dump(), "t");
    ASSERT_TRUE(t.has_value()) << t.error().plain();
    EXPECT_EQ(t->special_id("<|doc|>"), 418);
    EXPECT_EQ(t->decode(t->encode("湖<|doc|> the")).value(), "湖<|doc|> the");
    EXPECT_EQ(t->encode("湖<|doc|> the").size(), 3U);
}

TEST(TokenizerJson, RefusesOtherKindsByName) {
    const auto found = [](const Json& j) {
        const auto t = Tokenizer::parse(j.dump(), "t.json");
        if (t.has_value()) return std::string("(accepted)");
        EXPECT_EQ(t.error().code, "tokenizer_kind") << t.error().plain();
        for (const auto& [name, value] : t.error().args) {
            if (name == "found") return value;
        }
        return std::string("(no found)");
    };
    const auto with = [](const char* pointer, const Json& value) {
        Json j = good();
        j[Json::json_pointer(pointer)] = value;
        return j;
    };
    EXPECT_EQ(found(with("/model/type", "Unigram")), "\"Unigram\"");
    EXPECT_EQ(found(with("/model/type", "WordPiece")), "\"WordPiece\"");
    EXPECT_EQ(found(with("/model", 3)), "3");
    EXPECT_EQ(found(with("/model/dropout", 0.1)), "0.1");
    EXPECT_EQ(found(with("/model/end_of_word_suffix", "</w>")), "\"</w>\"");
    EXPECT_EQ(found(with("/model/byte_fallback", true)), "true");
    EXPECT_EQ(found(with("/model/ignore_merges", true)), "true");
    EXPECT_EQ(found(with("/model/vocab", Json::array())), "[]");
    EXPECT_EQ(found(with("/model/merges", nullptr)), "null");
    EXPECT_EQ(found(with("/version", "2.0")), "\"2.0\"");
    EXPECT_EQ(found(with("/normalizer", {{"type", "NFC"}})), "{\"type\":\"NFC\"}");
    EXPECT_EQ(found(with("/normalizer", {{"type", "Sequence"}, {"normalizers", Json::array()}})),
              "(accepted)");
    EXPECT_EQ(found(with("/pre_tokenizer", {{"type", "Metaspace"}})), "Metaspace");
    EXPECT_EQ(found(with("/pre_tokenizer", nullptr)), "null");
    EXPECT_EQ(found(with("/pre_tokenizer/pretokenizers/0", {{"type", "Digits"}})),
              "Sequence[Digits, ByteLevel]");
    EXPECT_EQ(found(with("/pre_tokenizer/pretokenizers/0/pattern", {{"String", " "}})),
              "{\"String\":\" \"}");
    EXPECT_EQ(found(with("/pre_tokenizer/pretokenizers/0/pattern/Regex", "\\d")),
              "{\"Regex\":\"\\\\d\"}");
    EXPECT_EQ(found(with("/pre_tokenizer/pretokenizers/0/behavior", "Removed")), "\"Removed\"");
    EXPECT_NE(found(with("/pre_tokenizer/pretokenizers/1/use_regex", true)), "(accepted)");
    EXPECT_EQ(found(with("/decoder", {{"type", "Metaspace"}})), "{\"type\":\"Metaspace\"}");
    EXPECT_EQ(found(with("/added_tokens", 7)), "7");
    EXPECT_EQ(found(with("/added_tokens/0/special", false)), "false");
    EXPECT_EQ(found(with("/added_tokens/0/lstrip", true)), "true");
    EXPECT_EQ(found(Json::array()), "[]");
}

TEST(TokenizerJson, RefusesABrokenVocabulary) {
    Json j = good();
    j["model"]["vocab"]["Ā"] = 4;
    EXPECT_EQ(code_of(j), "tokenizer_vocab_twice");
    for (const Json& bad : {Json(-1), Json(1.5), Json("3"), Json(1 << 20),
                            Json(18446744073709551615ULL), Json(nullptr)}) {
        j["model"]["vocab"]["Ā"] = bad;
        EXPECT_EQ(code_of(j), "tokenizer_vocab_id") << bad;
    }
    j["model"]["vocab"]["Ā"] = 420;
    EXPECT_EQ(code_of(j), "tokenizer_vocab_hole");
    j["model"]["vocab"]["Ā"] = (1 << 20) - 1;
    EXPECT_EQ(code_of(j), "tokenizer_vocab_hole");
    j = good();
    j["model"]["vocab"].erase("Ā");
    j["model"]["vocab"]["ĀĀĀ"] = 3;
    EXPECT_EQ(code_of(j), "tokenizer_vocab_byte");
    j = good();
    for (const char* name : {"湖", " the", "a\u0144b\u0145", "<|pad|> "}) {
        j["model"]["vocab"] = good()["model"]["vocab"];
        j["model"]["vocab"][name] = 420;
        EXPECT_EQ(code_of(j), "tokenizer_vocab_token") << name;
    }
    j = good();
    j["model"]["vocab"][""] = 420;
    EXPECT_EQ(code_of(j), "tokenizer_vocab_length");
    j = good();
    j["model"]["vocab"][std::string(5000, 'a')] = 420;
    EXPECT_EQ(code_of(j), "tokenizer_vocab_length");
    j = good();
    j["model"]["vocab"]["<|doc|>"] = 2;
    EXPECT_EQ(code_of(j), "tokenizer_vocab_moved");
    j = good();
    j["added_tokens"].push_back(j["added_tokens"][0]);
    EXPECT_EQ(code_of(j), "tokenizer_vocab_twice");
    j = good();
    j["added_tokens"][0]["content"] = "";
    EXPECT_EQ(code_of(j), "tokenizer_vocab_length");
}

TEST(TokenizerJson, RefusesBrokenMerges) {
    for (const Json& bad : {Json("ab"), Json(" b"), Json("a "), Json("a b c"), Json("湖 a"),
                            Json(3), Json::array({"a"}), Json::array({"a", 1}),
                            Json::array({"a", "b", "c"}), Json::array({"", "a"}), Json(nullptr)}) {
        Json j = good();
        j["model"]["merges"][5] = bad;
        EXPECT_EQ(code_of(j), "tokenizer_merges") << bad;
    }
    Json j = good();
    j["model"]["merges"][5] = "ĀĀ a";
    EXPECT_EQ(code_of(j), "tokenizer_merges_missing");
    j["model"]["merges"][5] = "Ā Ā";
    EXPECT_EQ(code_of(j), "tokenizer_merges_missing");
    j["model"]["merges"][5] = "<|doc|> a";
    EXPECT_EQ(code_of(j), "tokenizer_merges_missing");
    j["model"]["merges"][5] = j["model"]["merges"][4];
    EXPECT_EQ(code_of(j), "tokenizer_merges_twice");
}

TEST(TokenizerJson, RefusesHostileText) {
    EXPECT_EQ(code_of(std::string()), "tokenizer_json");
    EXPECT_EQ(code_of(std::string("{\"version\": \"1.0\",\n \"model\": oops}")), "tokenizer_json");
    EXPECT_EQ(code_of(std::string("{\"a\": \"\xE6\"}")), "tokenizer_json");
    EXPECT_EQ(code_of(std::string("{\"a\": \"\\ud800\"}")), "tokenizer_json");
    EXPECT_EQ(code_of(std::string(10'000'000, '[')), "tokenizer_json_depth");
    std::string deep;
    for (int i = 0; i < 100000; ++i) deep += "{\"a\":";
    EXPECT_EQ(code_of(deep), "tokenizer_json_depth");
    EXPECT_EQ(code_of(std::string((64U << 20U) + 1, ' ')), "tokenizer_json_size");
    EXPECT_EQ(code_of(std::string(R"({"version": "1.0", "version": "1.0"})")),
              "tokenizer_json_twice");
    const std::string text = test::small().json();
    EXPECT_EQ(code_of(text.substr(0, text.size() / 2)), "tokenizer_json");
    const auto t = Tokenizer::parse("{\n  \"a\" 1}", "t.json");
    ASSERT_FALSE(t.has_value());
    EXPECT_EQ(t.error().where, "t.json:2:7");
}

// where Python has HuggingFace's own library, its ids are compared with ours
TEST(TokenizerJson, EqualsHuggingFaceWherePresent) {
    if (std::system("python3 -c 'import tokenizers' >/dev/null 2>&1") != 0) {
        GTEST_SKIP() << "python3 has no module tokenizers";
    }
    const std::filesystem::path dir = testing::TempDir();
    const auto model = dir / "deepglass_hf.json", in = dir / "deepglass_hf_in.json",
               out = dir / "deepglass_hf_out.json";
    Json texts = Json::array(), ours = Json::array();
    for (const std::string& t : test::texts()) {
        if (valid_utf8(t)) texts.push_back(t), ours.push_back(test::small().encode(t));
    }
    std::ofstream(model) << test::small().json();
    std::ofstream(in) << texts;
    const std::string script =
        "import json,sys,tokenizers; t=tokenizers.Tokenizer.from_file(sys.argv[1]); "
        "json.dump([t.encode(s).ids for s in json.load(open(sys.argv[2]))], open(sys.argv[3],'w'))";
    const std::string command = fmt::format("python3 -c \"{}\" {} {} {}", script, model.string(),
                                            in.string(), out.string());
    ASSERT_EQ(std::system(command.c_str()), 0);
    std::ifstream result(out);
    EXPECT_EQ(Json::parse(result), ours);
}

}  // namespace
}  // namespace dg
