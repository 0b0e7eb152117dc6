#include "viz/scenes/scene.h"

#include <gmock/gmock.h>

#include <set>

namespace dg::viz {
namespace {

using testing::HasSubstr;

std::string arg(const Error& e, std::string_view name) {
    for (const auto& [key, value] : e.args) {
        if (key == name) return value;
    }
    return "(no argument)";
}

std::vector<ParamSpec> specs() {
    return {layer_param(2, 5), seed_param(), prompt_param("湖南大"),
            {.id = "temperature", .type = ParamType::kReal, .default_value = "0.8", .min = 0, .max = 4},
            {.id = "map", .type = ParamType::kChoice, .default_value = "weights", .choices = {"weights", "scores"}},
            {.id = "mask", .type = ParamType::kBool, .default_value = "true"}};
}

TEST(Params, DefaultsAreCompleteAndTyped) {
    const auto p = parse_params(specs(), {});
    ASSERT_TRUE(p);
    EXPECT_EQ(p->integer("layer"), 2);
    EXPECT_EQ(p->real("temperature"), 0.8);
    EXPECT_EQ(p->text("prompt"), "湖南大");
    EXPECT_EQ(p->text("map"), "weights");
    EXPECT_TRUE(p->flag("mask"));
    EXPECT_EQ(p->written().size(), specs().size());
}

TEST(Params, SpellingsOfOneValueAreEqual) {
    const auto a = parse_params(specs(), {{"layer", "+3"}, {"temperature", "1e0"}, {"mask", "off"}});
    const auto b = parse_params(specs(), {{"layer", "3"}, {"temperature", "1.0"}, {"mask", "false"}});
    ASSERT_TRUE(a && b);
    EXPECT_EQ(*a, *b);
    EXPECT_EQ(a->written().at("layer"), "3");
    const auto c = parse_params(specs(), {{"layer", "4"}});
    EXPECT_FALSE(*a == *c);
}

TEST(Params, WrittenValuesParseToThemselves) {
    const auto a = parse_params(specs(), {{"temperature", "0.1"}, {"prompt", "a=b \"c\""}});
    ASSERT_TRUE(a);
    const auto b = parse_params(specs(), a->written());
    ASSERT_TRUE(b);
    EXPECT_EQ(*a, *b);
}

TEST(Params, UnknownNameSuggestsTheNearest) {
    const auto p = parse_params(specs(), {{"temprature", "1"}});
    ASSERT_FALSE(p);
    EXPECT_EQ(p.error().code, "unknown_param");
    EXPECT_EQ(arg(p.error(), "suggestion"), "temperature");
    EXPECT_THAT(describe(Lang::kEn, p.error()), HasSubstr("Did you mean 'temperature'?"));
    EXPECT_THAT(describe(Lang::kZh, p.error()), HasSubstr("temperature"));
}

TEST(Params, BadValuesAreNamed) {
    const std::vector<std::pair<std::map<std::string, std::string>, std::string>> cases = {
        {{{"layer", "x"}}, "param_type"},       {{{"layer", "2.5"}}, "param_type"}, {{{"layer", ""}}, "param_type"},
        {{{"layer", "6"}}, "param_range"},      {{{"layer", "-1"}}, "param_range"}, {{{"temperature", "nan"}}, "param_type"},
        {{{"temperature", "inf"}}, "param_type"}, {{{"temperature", "4.01"}}, "param_range"}, {{{"map", "wieghts"}}, "param_choice"},
        {{{"mask", "maybe"}}, "param_type"},    {{{"prompt", "\xE6\xB9"}}, "param_utf8"},
        {{{"layer", "99999999999999999999"}}, "param_type"}};
    for (const auto& [set, code] : cases) {
        const auto p = parse_params(specs(), set);
        ASSERT_FALSE(p) << set.begin()->first << "=" << set.begin()->second;
        EXPECT_EQ(p.error().code, code) << set.begin()->first << "=" << set.begin()->second;
        EXPECT_TRUE(has_key("error." + code));
    }
}

TEST(Params, WrongAccessIsABug) {
    const auto p = parse_params(specs(), {});
    ASSERT_TRUE(p);
    EXPECT_THROW(static_cast<void>(p->integer("nothing")), Bug);
    EXPECT_THROW(static_cast<void>(p->integer("prompt")), Bug);
}

TEST(Params, AssignmentsOfTheCommandLine) {
    const std::vector<std::string> words = {"layer=3", "prompt=a=b", "map="};
    const auto set = parse_assignments(words);
    ASSERT_TRUE(set);
    EXPECT_EQ(set->at("prompt"), "a=b");
    EXPECT_EQ(set->at("map"), "");
    for (const char* bad : {"layer", "=3", ""}) {
        const std::vector<std::string> wrong = {bad};
        const auto r = parse_assignments(wrong);
        ASSERT_FALSE(r) << bad;
        EXPECT_EQ(r.error().code, "param_assignment");
    }
}

// Holds for every row of the table, present and future.
TEST(Scenes, TableIsSound) {
    std::set<std::string_view> ids;
    for (const Scene& scene : scenes()) {
        EXPECT_TRUE(ids.insert(scene.id).second) << scene.id << " is listed twice";
        EXPECT_EQ(find_scene(scene.id), &scene);
        EXPECT_NE(scene.compute, nullptr) << scene.id;
        EXPECT_NE(scene.draw, nullptr) << scene.id;
        EXPECT_NE(scene.observe, nullptr) << scene.id;
        const auto defaults = parse_params(scene.params, {});
        EXPECT_TRUE(defaults) << scene.id << ": " << (defaults ? "" : defaults.error().plain());
        EXPECT_TRUE(has_key(fmt::format("scene.{}.name", scene.id))) << scene.id << " has no name in the catalogue";
        for (const StageSpec& stage : scene.stages) {
            EXPECT_TRUE(has_key(fmt::format("stage.{}.{}", scene.id, stage.id))) << scene.id << " stage " << stage.id;
        }
        for (const ParamSpec& spec : scene.params) {
            for (const char* what : {"label", "help"}) {
                const bool own = has_key(fmt::format("param.{}.{}.{}", scene.id, spec.id, what));
                EXPECT_TRUE(own || has_key(fmt::format("param.{}.{}", spec.id, what))) << scene.id << " param " << spec.id << " " << what;
            }
            for (const std::string& choice : spec.choices) {
                const bool own = has_key(fmt::format("param.{}.{}.{}", scene.id, spec.id, choice));
                EXPECT_TRUE(own || has_key(fmt::format("param.{}.{}", spec.id, choice))) << scene.id << " " << spec.id << " " << choice;
            }
        }
    }
}

TEST(Scenes, UnknownSceneIsNamed) {
    EXPECT_EQ(find_scene("no-such-scene"), nullptr);
    const auto r = require_scene("no-such-scene");
    ASSERT_FALSE(r);
    EXPECT_THAT(describe(Lang::kEn, r.error()), HasSubstr("no-such-scene"));
}

}  // namespace
}  // namespace dg::viz
