// What a lesson check found, for people and for programs.
#pragma once

#include "lessons/runner.h"

#include <string>

namespace dg::lessons {

/// One block of lines per lesson: problems with their places, then a line per claim
/// "01-next-token 2  R  holds  p["学"] > p["车"]  · p["学"] = 0.81, p["车"] = 0.02 · 5/5".
std::string report_text(viz::Lang lang, const LessonReport& report);

/// {"ok", "lessons": [{"id", "file", "ok", "problems": [{"where", "code", "message", "warning"}],
///   "claims": [{"step", "that", "class", "verdict": "true" | "false" | "error", "values":
///   [{"text", "value"}], "held", "tried", "failing", "error"}]}]}; a number that is none is null.
std::string report_json(viz::Lang lang, const std::vector<LessonReport>& reports);

/// "3 lessons, 41 claims: 40 hold, 1 is false."
std::string summary_text(viz::Lang lang, const std::vector<LessonReport>& reports);

}  // namespace dg::lessons
