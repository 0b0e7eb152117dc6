// A lesson as read from lessons/data/NN-name/lesson.toml: plain values, every visible text in both
// languages, every part knowing its place in the file. FORMAT.md documents the file; parser.h reads
// it.
#pragma once

#include "viz/theme/theme.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace dg::lessons {

/// A place in a lesson file; lines and columns count from 1, 0 = unknown.
struct Place {
    std::string file;
    int line = 0, column = 0;

    /// "file:line:column", or the file alone.
    [[nodiscard]] std::string written() const;
};

/// One sentence in both languages.
struct Text {
    std::string zh, en;
    Place at;

    [[nodiscard]] const std::string& in(viz::Lang lang) const {
        return lang == viz::Lang::kZh ? zh : en;
    }

    [[nodiscard]] bool empty() const { return zh.empty() && en.empty(); }
};

/// Scene parameters as --set takes them, each with its place.
struct Settings {
    std::map<std::string, std::string> values;
    std::map<std::string, Place> places;
};

/// A further run of the step's scene, named so that claims can say `name.observable`.
struct NamedRun {
    std::string name;
    Settings set;  // laid over the step's own settings
    Place at;
};

/// Check class of curriculum.md: E identity, T numeric with tolerance, R relation on 4 of 5 sets, P
/// published figure.
enum class CheckClass { kExact, kTolerance, kRelation, kPublished };
char letter(CheckClass c);

struct Claim {
    std::string that;  // the expression (expr.h)
    CheckClass check = CheckClass::kExact;
    std::string source;  // class P: the key of the primary source
    std::string
        tolerance;  // default of `~` in this claim: "2%" or "0.05"; empty = the rule of FORMAT.md
    std::string records;  // class R on shipped training records: the seeds they were made with
    std::vector<Settings> over;  // class R: the prompt sets or seeds it is tried on
    Place at;                    // of `that`
    std::string raw;  // `that` as written between its quotes, to place an error inside it
};

struct Choice {
    Text text;
};

/// The wrong answer a room gives most often, and what to reply.
struct CommonWrong {
    int choice = 0;  // counts from 1
    Text reply;
    Place at;
};

struct Step {
    Text title, action, text, question, reveal, note;  // action: the key `do`
    std::string scene;
    Settings set;
    std::string stage;  // id of a stage of the scene; empty = the last
    double u = 1;       // progress within the stage, 0 .. 1
    std::vector<Choice> choices;
    int answer = 0;  // counts from 1; 0 = no question
    std::optional<CommonWrong> common_wrong;
    std::vector<Text> hints;            // at most two levels
    std::vector<std::string> controls;  // ids of the 1 to 3 parameters shown
    std::vector<Place> control_places;
    double minutes = 4;
    bool short_route = false;
    std::vector<NamedRun> runs;
    std::vector<Claim> claims;
    Place at, scene_at, stage_at, answer_at, controls_at;

    [[nodiscard]] bool has_question() const { return !choices.empty(); }
};

struct Lesson {
    std::string id;  // name of the folder
    Text title, goal, misconception, sentence, quiz_question, quiz_answer;
    int chapter = 0;
    double minutes = 0;
    std::vector<std::string> prerequisites;  // lesson ids
    std::vector<Place> prerequisite_places;
    std::vector<Step> steps;
    Place at;

    /// The leading number of the id: 1 for "01-next-token"; 0 when it has none.
    [[nodiscard]] int number() const;
};

}  // namespace dg::lessons
