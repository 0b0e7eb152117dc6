#include "lessons/report.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace dg::lessons {
namespace {

using nlohmann::ordered_json;

std::string readings_text(const std::vector<Reading>& readings) {
    std::string out;
    for (const Reading& reading : readings) {
        out.append(out.empty() ? "" : ", ")
            .append(reading.text)
            .append(" = ")
            .append(reading.written());
    }
    return out;
}

const char* verdict_key(Verdict verdict) {
    switch (verdict) {
        case Verdict::kHolds:
            return "lesson.check.holds";
        case Verdict::kFails:
            return "lesson.check.fails";
        case Verdict::kError:
            return "lesson.check.error";
    }
    return "lesson.check.error";
}

std::string claim_line(viz::Lang lang, const std::string& id, const ClaimReport& c) {
    std::string line = fmt::format("{} {}  {}  {}  {}", id, c.step, letter(c.claim.check),
                                   viz::tr(lang, verdict_key(c.verdict)), c.claim.that);
    if (!c.readings.empty()) line += "  · " + readings_text(c.readings);
    if (c.tried > 0) line += fmt::format("  · {}/{}", c.held, c.tried);
    for (const std::string& set : c.failing)
        line += "\n    " + viz::tr(lang, "lesson.check.fails_on", {{"set", set}});
    if (!c.claim.records.empty())
        line += "\n    " + viz::tr(lang, "lesson.check.records", {{"records", c.claim.records}});
    if (c.error) line += "\n    " + viz::describe(lang, *c.error);
    return line;
}

ordered_json number_or_null(double x) {
    return std::isfinite(x) ? ordered_json(x) : ordered_json(nullptr);
}

ordered_json claim_json(viz::Lang lang, const ClaimReport& c) {
    const char* verdict =
        c.verdict == Verdict::kHolds ? "true" : (c.verdict == Verdict::kFails ? "false" : "error");
    ordered_json out = {{"step", c.step},
                        {"that", c.claim.that},
                        {"class", std::string(1, letter(c.claim.check))},
                        {"verdict", verdict}};
    out["values"] = ordered_json::array();
    for (const Reading& reading : c.readings) {
        ordered_json value = number_or_null(reading.cells.front());
        if (reading.vector) {
            value = ordered_json::array();
            for (const double x : reading.cells) value.push_back(number_or_null(x));
        }
        out["values"].push_back({{"text", reading.text}, {"value", value}});
    }
    if (c.tried > 0) {
        out["held"] = c.held;
        out["tried"] = c.tried;
        out["failing"] = c.failing;
    }
    if (!c.claim.source.empty()) out["source"] = c.claim.source;
    if (!c.claim.records.empty()) out["records"] = c.claim.records;
    if (c.error)
        out["error"] = {{"code", c.error->code}, {"message", viz::describe(lang, *c.error)}};
    return out;
}

}  // namespace

std::string report_text(viz::Lang lang, const LessonReport& report) {
    std::string out;
    for (const Problem& p : report.problems.sorted()) {
        // "file:line:column: warning: ..." as compilers say it, so that editors can jump there
        const std::string message = viz::describe(lang, p.error);
        out += p.warning ? viz::tr(lang, "lesson.check.warning", {{"message", message}}) : message;
        out += '\n';
    }
    for (const ClaimReport& claim : report.claims) out += claim_line(lang, report.id, claim) + '\n';
    return out;
}

std::string report_json(viz::Lang lang, const std::vector<LessonReport>& reports) {
    ordered_json out = {{"ok", true}, {"lessons", ordered_json::array()}};
    for (const LessonReport& report : reports) {
        ordered_json lesson = {{"id", report.id}, {"file", report.file}, {"ok", report.good()}};
        lesson["problems"] = ordered_json::array();
        for (const Problem& p : report.problems.sorted()) {
            lesson["problems"].push_back({{"where", p.error.where},
                                          {"code", p.error.code},
                                          {"message", viz::describe(lang, p.error)},
                                          {"warning", p.warning}});
        }
        lesson["claims"] = ordered_json::array();
        for (const ClaimReport& claim : report.claims)
            lesson["claims"].push_back(claim_json(lang, claim));
        out["lessons"].push_back(std::move(lesson));
        if (!report.good()) out["ok"] = false;
    }
    return out.dump(1, ' ', false, ordered_json::error_handler_t::replace) + '\n';
}

std::string summary_text(viz::Lang lang, const std::vector<LessonReport>& reports) {
    int claims = 0, held = 0, failed = 0, errors = 0, problems = 0;
    for (const LessonReport& report : reports) {
        for (const ClaimReport& c : report.claims) {
            ++claims;
            held += c.verdict == Verdict::kHolds ? 1 : 0;
            failed += c.verdict == Verdict::kFails ? 1 : 0;
            errors += c.verdict == Verdict::kError ? 1 : 0;
        }
        for (const Problem& p : report.problems.sorted()) problems += p.warning ? 0 : 1;
    }
    return viz::tr(lang, "lesson.check.summary",
                   {{"lessons", std::to_string(reports.size())},
                    {"claims", std::to_string(claims)},
                    {"held", std::to_string(held)},
                    {"failed", std::to_string(failed)},
                    {"errors", std::to_string(errors)},
                    {"problems", std::to_string(problems)}});
}

}  // namespace dg::lessons
