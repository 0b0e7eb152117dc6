// The lesson file: a good one is read whole, and every mistake an author makes is named at its line
// and column.
#include "lessons/parser.h"
#include "lessons/shelf.h"
#include "lessons/validate.h"
#include "tests/lessons/coin_scene.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace dg::lessons {
namespace {

using testing::coin_lesson;
using testing::coin_scenes;

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

struct Found {
    std::string code;
    int line = 0, column = 0;
    std::string near;
};

std::vector<Found> problems_of(const std::string& text, bool warnings = false) {
    ParsedLesson parsed = parse_lesson(text, "lesson.toml", "01-coin");
    const auto scenes = coin_scenes();
    if (!parsed.lesson.steps.empty())
        parsed.problems.append(check_names(parsed.lesson, scenes, {"01-coin", "02-dice"}));
    std::vector<Found> found;
    for (const Problem& p : parsed.problems.sorted()) {
        if (p.warning != warnings) continue;
        Found f{p.error.code, p.at.line, p.at.column, {}};
        for (const auto& [name, value] : p.error.args) {
            if (name == "near") f.near = value;
        }
        found.push_back(f);
    }
    return found;
}

// line and column (in characters) of the first character of `piece`
std::pair<int, int> place_of(const std::string& text, const std::string& piece) {
    const std::size_t at = text.find(piece);
    EXPECT_NE(at, std::string::npos) << piece;
    const std::string before = text.substr(0, at);
    const std::size_t start = before.rfind('\n') + 1;
    const auto characters =
        std::count_if(before.begin() + static_cast<std::ptrdiff_t>(start), before.end(),
                      [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
    return {static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
            static_cast<int>(characters) + 1};
}

// one edit of the good lesson, one problem with its code, place and suggestion
void expect_problem(const std::string& from, const std::string& to, const std::string& code,
                    const std::string& at, const std::string& near = {}) {
    const std::string text = replaced(coin_lesson(), from, to);
    const auto found = problems_of(text);
    ASSERT_FALSE(found.empty()) << "accepted: " << to;
    EXPECT_EQ(found.front().code, code) << to;
    EXPECT_EQ(found.size(), 1U) << to << " also: " << found.back().code;
    EXPECT_EQ(std::pair(found.front().line, found.front().column), place_of(text, at)) << to;
    EXPECT_TRUE(near.empty() || found.front().near == near) << found.front().near;
}

TEST(Parser, GoodLessonIsReadWhole) {
    const ParsedLesson parsed = parse_lesson(coin_lesson(), "lesson.toml", "01-coin");
    ASSERT_FALSE(parsed.problems.failed()) << parsed.problems.sorted().front().error.plain();
    EXPECT_TRUE(problems_of(coin_lesson()).empty());
    const Lesson& lesson = parsed.lesson;
    EXPECT_EQ(lesson.number(), 1);
    EXPECT_EQ(lesson.title.zh, "抛硬币");
    ASSERT_EQ(lesson.steps.size(), 1U);
    const Step& step = lesson.steps[0];
    EXPECT_EQ(step.scene, "coin");
    EXPECT_EQ(step.set.values.at("bias"), "0.5");
    EXPECT_EQ(step.set.values.at("seed"), "3");
    EXPECT_EQ(step.stage, "land");
    EXPECT_EQ(step.answer, 2);
    EXPECT_EQ(step.choices[1].text.en, "ln 2");
    EXPECT_EQ(step.common_wrong->reply.en, "Those are bits.");
    EXPECT_EQ(step.controls, std::vector<std::string>{"bias"});
    EXPECT_TRUE(step.short_route);
    ASSERT_EQ(step.claims.size(), 1U);
    EXPECT_EQ(step.claims[0].check, CheckClass::kExact);
    EXPECT_EQ(step.runs[0].name, "unfair");
}

TEST(Parser, MistakesAreNamedAtTheirPlace) {
    expect_problem("title.en = \"One coin\"\n", "", "lesson_missing_language", "\"一枚硬币\"");
    expect_problem("text.zh = \"两面各占一半。\"\n", "", "lesson_missing_language", "\"Two sides");
    expect_problem("do.en = \"Toss it.\"", "do.en = \"  \"", "lesson_empty_text", "\"  \"");
    expect_problem("short_route = true", "shortroute = true", "lesson_unknown_key_near",
                   "shortroute", "short_route");
    expect_problem("minutes = 5", "minuts = 5\nminutes = 5", "lesson_unknown_key_near", "minuts",
                   "minutes");
    expect_problem("short_route = true", "short_route = \"yes\"", "lesson_wrong_type", "\"yes\"");
    expect_problem("answer = 2", "answer = 3", "lesson_answer_range", "3\nreveal");
    expect_problem("answer = 2", "answer = 0", "lesson_answer_range", "0\nreveal");
    expect_problem("scene = \"coin\"", "scene = \"cion\"", "lesson_unknown_scene_near", "\"cion\"",
                   "coin");
    expect_problem("{ bias = 0.5,", "{ baias = 0.5,", "lesson_unknown_param_near", "baias", "bias");
    expect_problem("{ bias = 0.5,", "{ bias = 7,", "lesson_param_value", "bias = 7");
    expect_problem("controls = [\"bias\"]", "controls = [\"baias\"]", "lesson_unknown_param_near",
                   "\"baias\"", "bias");
    expect_problem("stage = \"land\"", "stage = \"lnad\"", "lesson_unknown_stage_near", "\"lnad\"",
                   "land");
    expect_problem("{ choice = 1, reply", "{ choice = 2, reply", "lesson_common_wrong", "2, reply");
    expect_problem("name = \"unfair\"", "name = \"un fair\"", "lesson_run_name", "\"un fair\"");
    expect_problem("minutes = 5\n", "minutes = 5\ngoal = 6\n", "lesson_toml", "6\nmisconception");
}

TEST(Parser, MissingPartsAreNamed) {
    for (const char* line : {"scene = \"coin\"\n", "answer = 2\n", "minutes = 5\n"}) {
        const auto found = problems_of(replaced(coin_lesson(), line, ""));
        ASSERT_FALSE(found.empty()) << line;
        EXPECT_EQ(found.front().code, "lesson_missing_key") << line;
    }
    const auto found = problems_of(coin_lesson(""));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].code, "lesson_no_claim");
    EXPECT_FALSE(problems_of("").empty());
    EXPECT_EQ(problems_of("[lesson").front().code, "lesson_toml");
}

TEST(Parser, ProseHasALimit) {
    std::string words = "word", han;
    for (int i = 1; i < 40; ++i) words += " word";
    for (int i = 0; i < 80; ++i) han += "字";
    const auto with = [&](const std::string& zh, const std::string& en) {
        const std::string text = replaced(coin_lesson(), "\"两面各占一半。\"", "\"" + zh + "\"");
        return problems_of(replaced(text, "\"Two sides, half each.\"", "\"" + en + "\""));
    };
    EXPECT_TRUE(with(han, words).empty());
    EXPECT_EQ(with(han + "字", words).at(0).code, "lesson_long_text_zh");
    EXPECT_EQ(with(han, words + " more").at(0).code, "lesson_long_text_en");
}

TEST(Parser, ClaimsAreCheckedWhereTheyStand) {
    const auto claim = [](const std::string& body) {
        return coin_lesson("[[step.claim]]\n" + body + "\n");
    };
    const auto first = [](const std::string& text) {
        const auto found = problems_of(text);
        return found.empty() ? Found{"none", 0, 0, {}} : found.front();
    };
    const std::string wrong = claim("that = \"p[\\\"学\\\"] > smu(p)\"");
    EXPECT_EQ(first(wrong).code, "claim_unknown_function_near");
    EXPECT_EQ(std::pair(first(wrong).line, first(wrong).column), place_of(wrong, "smu"));
    EXPECT_EQ(first(claim("that = \"p['heads']\"")).code, "lesson_claim_no_condition");
    EXPECT_EQ(first(claim("that = \"p['heads'] > 0\"\nclass = \"X\"")).code, "lesson_class");
    EXPECT_EQ(first(claim("that = \"p['heads'] > 0\"\nclass = \"R\"")).code,
              "lesson_relation_sets");
    EXPECT_EQ(
        first(claim("that = \"p['heads'] > 0\"\nclass = \"R\"\nover = { seed = [1, 2, 3, 4] }"))
            .code,
        "lesson_relation_sets");
    EXPECT_EQ(
        first(claim("that = \"p['heads'] > 0\"\nclass = \"R\"\nover = { sed = [1, 2, 3, 4, 5] }"))
            .code,
        "lesson_unknown_param_near");
    EXPECT_EQ(
        first(claim("that = \"p['heads'] > 0\"\nclass = \"R\"\nover = { seed = [1, 2, 3, 4, 5] }"))
            .code,
        "none");
    EXPECT_EQ(
        first(claim("that = \"p['heads'] > 0\"\nclass = \"R\"\nrecords = \"seeds 1 to 5\"")).code,
        "none");
    EXPECT_EQ(first(claim("that = \"paper == 0.5\"\nclass = \"P\"")).code,
              "lesson_published_source");
    EXPECT_EQ(first(claim("that = \"p['heads'] ~ 1\"\ntolerance = \"lots\"")).code,
              "claim_tolerance");
    EXPECT_EQ(first(claim("class = \"E\"")).code, "lesson_missing_key");
    EXPECT_EQ(problems_of(claim("that = \"1 < 2\""), true).back().code,
              "lesson_claim_no_observable");
}

TEST(Parser, RevealsShowTheSameValues) {
    const std::string en = "{value:entropy|.3}; of";
    EXPECT_EQ(problems_of(replaced(coin_lesson(), en, "{value:entropy|.2}; of")).at(0).code,
              "lesson_placeholders_differ");
    EXPECT_EQ(problems_of(replaced(coin_lesson(), en, "{entropy}; of")).at(0).code,
              "lesson_placeholder");
    EXPECT_EQ(problems_of(replaced(coin_lesson(), en, "{value:ln(|.3}; of")).at(0).code,
              "claim_expected_operand");
}

TEST(Parser, PrerequisitesMustExist) {
    expect_problem("minutes = 5\n", "minutes = 5\nprerequisite = [\"02-dcie\"]\n",
                   "lesson_unknown_lesson_near", "\"02-dcie\"", "02-dice");
}

TEST(Parser, SpoiltFilesNeverCrash) {
    const std::string good = coin_lesson();
    std::uint64_t state = 7;
    int failed = 0;
    for (int round = 0; round < 1500; ++round) {
        std::string text = good;
        for (int edit = 0; edit < 1 + round % 3; ++edit) {
            state = state * 6364136223846793005ULL + 1442695040888963407ULL;
            const std::size_t at = (state >> 20U) % text.size();
            if ((state & 4U) != 0) {
                text.erase(at, 1 + (state >> 50U) % 40);
            } else {
                text[at] = static_cast<char>(state >> 56U);
            }
        }
        const ParsedLesson parsed = parse_lesson(text, "spoilt.toml", "01-coin");
        failed += parsed.problems.failed() ? 1 : 0;
    }
    EXPECT_GT(failed, 500);
}

TEST(Shelf, TheTemplateParses) {
    const ParsedLesson parsed = parse_lesson(lesson_template(), "lesson.toml", "21-new");
    for (const Problem& p : parsed.problems.sorted()) EXPECT_TRUE(p.warning) << p.error.plain();
}

}  // namespace
}  // namespace dg::lessons
