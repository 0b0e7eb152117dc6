// A control that the window hides has no effect: ParamSpec::when says the truth.
#include "tests/viz/scenes/shipped_scenes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace dg::viz {
namespace {

using Set = std::map<std::string, std::string>;

/// Other values that parse_params takes: for numbers the least and a neighbour (the largest may be more than a model has).
std::vector<std::string> other_values(const ParamSpec& spec) {
    switch (spec.type) {
        case ParamType::kBool: return {spec.default_value == "true" ? "false" : "true"};
        case ParamType::kChoice: return spec.choices;
        case ParamType::kText: return spec.id == "prompt" ? std::vector<std::string>{"Changsha is in Hunan"} : std::vector<std::string>();
        case ParamType::kInt:
        case ParamType::kReal: break;
    }
    const double now = std::stod(spec.default_value), next = now + 1 <= spec.max ? now + 1 : (now + spec.min) / 2;
    return {fmt::format("{}", spec.min), fmt::format("{}", spec.type == ParamType::kInt ? std::floor(next) : next)};
}

/// The last frame's drawing.
std::string picture(const Scene& scene, const Set& set) {
    const auto data = computed(std::string(scene.id).c_str(), set);
    if (!data) return {};
    LogCanvas canvas(Rect{0, 0, 1280, 800});
    View view;
    view.stage = static_cast<int>(scene.stages.size()) - 1, view.lang = Lang::kEn;
    scene.draw(canvas, *data, scene_params(std::string(scene.id).c_str(), set), view);
    return canvas.log();
}

/// The parameter that most conditions of a scene name: its mode.
const ParamSpec* mode_of(const Scene& scene) {
    for (const char* id : {"mode", "show", "zoom"}) {
        const auto found = std::ranges::find(scene.params, id, &ParamSpec::id);
        if (found != scene.params.end() && std::ranges::any_of(scene.params, [&](const ParamSpec& p) { return p.when.find(std::string(id) + "=") != std::string::npos; })) return &*found;
    }
    return nullptr;
}

class ParamsWhen : public testing::TestWithParam<std::string_view> {};

TEST_P(ParamsWhen, HiddenOnesChangeNothing) {
    const Scene& scene = *find_scene(GetParam());
    const ParamSpec* mode = mode_of(scene);
    ASSERT_NE(mode, nullptr);
    for (const std::string& value : mode->choices) {
        const Set plain = {{mode->id, value}};
        const Params params = scene_params(std::string(scene.id).c_str(), plain);
        const std::string wanted = picture(scene, plain);
        for (std::size_t k = 0; k < 2; ++k) {  // all hidden ones at once
            Set changed = plain;
            std::string names;
            for (const ParamSpec& spec : scene.params) {
                const std::vector<std::string> others = other_values(spec);
                if (acts(spec, params) || others.empty()) continue;
                changed[spec.id] = others[k % others.size()];
                names += fmt::format(" {}={}", spec.id, changed[spec.id]);
            }
            EXPECT_TRUE(picture(scene, changed) == wanted) << scene.id << " " << mode->id << "=" << value << ":" << names;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Scenes, ParamsWhen, testing::ValuesIn([] {
                             std::vector<std::string_view> ids;
                             for (const Scene& s : scenes())
                                 if (mode_of(s) != nullptr) ids.push_back(s.id);
                             return ids;
                         }()),
                         [](const auto& one) {
                             std::string name(one.param);
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

TEST(ParamsWhenWords, ConditionsNameParametersAndTheirChoices) {
    std::size_t conditions = 0;
    for (const Scene& scene : scenes())
        for (const ParamSpec& spec : scene.params) {
            std::string text = spec.when;
            std::ranges::replace(text, ';', ' ');
            for (std::istringstream words(text); words >> text; ++conditions) {
                const std::size_t equals = text.find('=');
                ASSERT_NE(equals, std::string::npos) << scene.id << " " << spec.id;
                const auto named = std::ranges::find(scene.params, text.substr(0, equals), &ParamSpec::id);
                ASSERT_NE(named, scene.params.end()) << scene.id << " " << spec.id << ": " << text;
                std::string values = text.substr(equals + 1), value;
                std::ranges::replace(values, '|', ' ');
                for (std::istringstream each(values); each >> value;) EXPECT_NE(std::ranges::find(named->choices, value), named->choices.end()) << scene.id << " " << spec.id << ": " << value;
            }
        }
    EXPECT_GT(conditions, 50u);
}

}  // namespace
}  // namespace dg::viz
