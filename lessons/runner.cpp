#include "lessons/runner.h"

#include "lessons/prose.h"
#include "lessons/validate.h"

#include <algorithm>

namespace dg::lessons {
namespace {

using RunResult = Result<std::shared_ptr<const SceneRun>>;

std::vector<std::string> run_names(const Step& step) {
    std::vector<std::string> names;
    for (const NamedRun& run : step.runs) names.push_back(run.name);
    return names;
}

std::string written(const Settings& settings) {
    std::string out;
    for (const auto& [name, value] : settings.values)
        out.append(out.empty() ? "" : " ").append(name).append("=").append(value);
    return out;
}

// the lesson-step border: a bug of a scene becomes an error of the step, the session goes on
RunResult compute(viz::Session& session, const viz::Scene& scene, const viz::Params& params,
                  const viz::Progress& progress) {
    try {
        DG_ASSIGN(auto data, scene.compute(session, params, progress));
        SceneRun run{&scene, params, std::move(data), {}};
        run.observations = scene.observe(*run.data);
        return std::make_shared<const SceneRun>(std::move(run));
    } catch (const std::exception& bug) {
        return Error{"lesson_step_bug", {{"what", bug.what()}}, std::string(scene.id)};
    }
}

// class P speaks of published figures only, the others of something computed
std::optional<Error> wrong_kind(const Claim& claim, const Evaluation& e) {
    if (claim.check == CheckClass::kPublished && !e.published)
        return Error{"claim_not_published", {{"that", claim.that}}, {}};
    if (claim.check != CheckClass::kPublished && e.published && !e.computed) {
        return Error{"claim_only_published", {{"that", claim.that}}, {}};
    }
    return std::nullopt;
}

void fail(ClaimReport& report, Error error) {
    report.verdict = Verdict::kError;
    report.error = std::move(error);
}

// an error inside the expression: its offset becomes a place in the file
Error placed(const Claim& claim, Error error) {
    const bool offset =
        !error.where.empty() && std::all_of(error.where.begin(), error.where.end(),
                                            [](char c) { return c >= '0' && c <= '9'; });
    if (offset)
        error.where = place_in_string(claim.at, claim.raw, std::stoul(error.where)).written();
    return error;
}

}  // namespace

bool LessonReport::good() const {
    const bool all = std::all_of(claims.begin(), claims.end(),
                                 [](const ClaimReport& c) { return c.verdict == Verdict::kHolds; });
    return all && !problems.failed();
}

bool holds_on_enough(int held, int tried) {
    return tried > 0 && held * 5 >= tried * 4;
}

RunResult Runner::run(const Step& step, const std::string& run_name, const Settings& over) {
    const viz::Scene* scene = scene_named(scenes_, step.scene);
    if (scene == nullptr)
        return Error{
            "lesson_unknown_scene", {{"name", step.scene}, {"known", ""}}, step.scene_at.written()};
    std::map<std::string, std::string> set = over.values;
    for (const NamedRun& run : step.runs) {
        if (run.name == run_name) set.insert(run.set.values.begin(), run.set.values.end());
    }
    set.insert(step.set.values.begin(),
               step.set.values.end());  // insert keeps what is there: over, run, step
    DG_ASSIGN(const viz::Params params, viz::parse_params(scene->params, set));

    std::string key(scene->id);
    for (const auto& [name, value] : params.written())
        key.append("\n").append(name).append("=").append(value);
    auto found = runs_.find(key);
    if (found == runs_.end())
        found = runs_.emplace(key, compute(session_, *scene, params, progress_)).first;
    return found->second;
}

Result<Environment> Runner::environment(const Step& step, const Settings& over) {
    Environment environment;
    std::vector<std::string> names = run_names(step);
    names.emplace_back();
    for (const std::string& name : names) {
        DG_ASSIGN(const auto computed, run(step, name, over));
        environment[name] = computed->observations;
    }
    return environment;
}

ClaimReport Runner::ask(const Step& step, int number, const Claim& claim) {
    ClaimReport report;
    report.step = number;
    report.claim = claim;
    auto expression = Expression::parse(claim.that, run_names(step));
    if (!expression) {
        fail(report, placed(claim, expression.error()));
    } else if (claim.over.empty()) {
        ask_once(report, step, *expression);
    } else {
        ask_over(report, step, *expression);
    }
    return report;
}

void Runner::ask_once(ClaimReport& report, const Step& step, const Expression& expression) {
    auto environment_of_step = environment(step);
    if (!environment_of_step) return fail(report, environment_of_step.error());
    auto evaluation = expression.evaluate(*environment_of_step, report.claim.tolerance);
    if (!evaluation) return fail(report, placed(report.claim, evaluation.error()));
    if (auto error = wrong_kind(report.claim, *evaluation)) return fail(report, *error);
    report.verdict = evaluation->value != 0 ? Verdict::kHolds : Verdict::kFails;
    report.readings = evaluation->readings;
}

void Runner::ask_over(ClaimReport& report, const Step& step, const Expression& expression) {
    for (const Settings& over : report.claim.over) {
        auto environment_of_set = environment(step, over);
        if (!environment_of_set) return fail(report, environment_of_set.error());
        auto evaluation = expression.evaluate(*environment_of_set, report.claim.tolerance);
        if (!evaluation) return fail(report, placed(report.claim, evaluation.error()));
        if (auto error = wrong_kind(report.claim, *evaluation)) return fail(report, *error);
        const bool holds = evaluation->value != 0;
        if (report.tried == 0 || (!holds && report.failing.empty()))
            report.readings = evaluation->readings;
        report.held += holds ? 1 : 0;
        report.tried += 1;
        if (!holds) report.failing.push_back(written(over));
    }
    report.verdict = holds_on_enough(report.held, report.tried) ? Verdict::kHolds : Verdict::kFails;
}

void Runner::check_reveal(const Step& step, Problems& problems) {
    const auto list = placeholders(step.reveal.zh);
    if (!list) return;
    auto values = environment(step);
    if (!values) return problems.error(step.reveal.at, values.error().code, values.error().args);
    for (const Placeholder& p : *list) {
        auto expression = Expression::parse(p.expression, run_names(step));
        if (!expression) continue;  // the parser has said so
        if (auto value = expression->evaluate(*values); !value) {
            problems.error(step.reveal.at, value.error().code, value.error().args);
        }
    }
}

LessonReport Runner::check(const Lesson& lesson, const Problems& found,
                           const std::vector<std::string>& lesson_ids) {
    runs_.clear();  // traces are large: keep those of one lesson
    LessonReport report{lesson.id, lesson.at.file, found, {}};
    report.problems.append(check_names(lesson, scenes_, lesson_ids));
    for (std::size_t i = 0; i < lesson.steps.size(); ++i) {
        const Step& step = lesson.steps[i];
        if (scene_named(scenes_, step.scene) == nullptr) continue;  // reported
        for (const Claim& claim : step.claims)
            report.claims.push_back(ask(step, static_cast<int>(i) + 1, claim));
        check_reveal(step, report.problems);
    }
    return report;
}

}  // namespace dg::lessons
