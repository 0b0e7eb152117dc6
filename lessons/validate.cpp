#include "lessons/validate.h"

#include <algorithm>

namespace dg::lessons {
namespace {

std::vector<std::string> param_ids(const viz::Scene& scene) {
    std::vector<std::string> ids;
    for (const viz::ParamSpec& spec : scene.params) ids.push_back(spec.id);
    return ids;
}

bool contains(const std::vector<std::string>& list, const std::string& word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

void check_settings(const viz::Scene& scene, const Settings& settings, Problems& problems) {
    const std::vector<std::string> known = param_ids(scene);
    for (const auto& [name, value] : settings.values) {
        const Place& at = settings.places.at(name);
        if (!contains(known, name)) {
            problems.unknown(at, "lesson_unknown_param", name, known,
                             {{"scene", std::string(scene.id)}});
            continue;
        }
        // one value at a time, so that each bad one is reported at its own place
        const auto parsed = viz::parse_params(scene.params, {{name, value}});
        if (!parsed) {
            Problems::Args args = {
                {"name", name}, {"value", value}, {"scene", std::string(scene.id)}};
            const viz::ParamSpec& spec =
                *std::find_if(scene.params.begin(), scene.params.end(),
                              [&](const viz::ParamSpec& p) { return p.id == name; });
            std::string wanted = fmt::format("{:g} … {:g}", spec.min, spec.max);
            if (spec.type == viz::ParamType::kChoice)
                wanted = fmt::format("{}", fmt::join(spec.choices, " | "));
            if (spec.type == viz::ParamType::kBool) wanted = "true | false";
            args.emplace_back("wanted", wanted);
            problems.error(at, "lesson_param_value", std::move(args));
        }
    }
}

void check_step(const Step& step, std::span<const viz::Scene> scenes, Problems& problems) {
    const viz::Scene* scene = scene_named(scenes, step.scene);
    if (scene == nullptr) {
        std::vector<std::string> ids;
        for (const viz::Scene& s : scenes) ids.emplace_back(s.id);
        if (!step.scene.empty())
            problems.unknown(step.scene_at, "lesson_unknown_scene", step.scene, ids);
        return;
    }
    check_settings(*scene, step.set, problems);
    for (const NamedRun& run : step.runs) check_settings(*scene, run.set, problems);
    for (const Claim& claim : step.claims) {
        for (const Settings& set : claim.over) check_settings(*scene, set, problems);
    }
    const std::vector<std::string> params = param_ids(*scene);
    for (std::size_t i = 0; i < step.controls.size(); ++i) {
        if (contains(params, step.controls[i])) continue;
        problems.unknown(step.control_places[i], "lesson_unknown_param", step.controls[i], params,
                         {{"scene", step.scene}});
    }
    std::vector<std::string> stages;
    for (const viz::StageSpec& stage : scene->stages) stages.push_back(stage.id);
    if (!step.stage.empty() && !contains(stages, step.stage)) {
        problems.unknown(step.stage_at, "lesson_unknown_stage", step.stage, stages,
                         {{"scene", step.scene}});
    }
}

}  // namespace

const viz::Scene* scene_named(std::span<const viz::Scene> scenes, std::string_view id) {
    const auto found =
        std::find_if(scenes.begin(), scenes.end(), [&](const viz::Scene& s) { return s.id == id; });
    return found == scenes.end() ? nullptr : &*found;
}

Problems check_names(const Lesson& lesson, std::span<const viz::Scene> scenes,
                     const std::vector<std::string>& lesson_ids) {
    Problems problems;
    for (const Step& step : lesson.steps) check_step(step, scenes, problems);
    for (std::size_t i = 0; i < lesson.prerequisites.size() && !lesson_ids.empty(); ++i) {
        if (contains(lesson_ids, lesson.prerequisites[i])) continue;
        problems.unknown(lesson.prerequisite_places[i], "lesson_unknown_lesson",
                         lesson.prerequisites[i], lesson_ids);
    }
    return problems;
}

}  // namespace dg::lessons
