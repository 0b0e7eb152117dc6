// Does a lesson name things that exist: scenes, parameters, stages, controls, other lessons?
#pragma once

#include "lessons/lesson.h"
#include "lessons/problem.h"
#include "viz/scenes/scene.h"

#include <span>
#include <string>
#include <vector>

namespace dg::lessons {

/// Problem codes: lesson_unknown_scene[_near], lesson_unknown_param[_near], lesson_param_value
/// (name, value, then the arguments of parse_params' error), lesson_unknown_stage[_near],
/// lesson_unknown_lesson[_near].
///   lesson_ids   the lessons that a prerequisite may name; empty = do not check
Problems check_names(const Lesson& lesson, std::span<const viz::Scene> scenes,
                     const std::vector<std::string>& lesson_ids);

/// The scene of that id among `scenes`; nullptr if none.
const viz::Scene* scene_named(std::span<const viz::Scene> scenes, std::string_view id);

}  // namespace dg::lessons
