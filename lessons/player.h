// The lesson player without a window: which step, what is covered, what was chosen, how long it
// took. The window, the presenter and the tests drive the same machine; it draws nothing and reads
// no clock.
#pragma once

#include "lessons/lesson.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dg::lessons {

/// Solo: results stay covered until the learner locks a choice. Lecturer: until the lecturer
/// reveals.
enum class PlayMode { kSolo, kLecturer };

/// What the scene is to show: parameters as --set takes them, and where its clock stands. Empty
/// stage = the last.
struct Workspace {
    std::map<std::string, std::string> set;
    std::string stage;
    double u = 1;

    friend bool operator==(const Workspace&, const Workspace&) = default;
};

/// One step as it stands.
struct StepState {
    Workspace work;  // the step's own, changed only through its controls and the clock
    std::optional<Workspace> free;  // the fork of free play
    std::optional<int> locked;      // choice, counts from 1
    bool revealed = false;
    int hints = 0;           // levels shown
    std::vector<int> votes;  // per choice
    double seconds = 0;      // spent on the step, pauses not counted
    bool done = false;       // was revealed at least once
};

/// Time on a step against its budget.
struct Budget {
    double seconds = 0, budget = 0;
    double overrun = 0;    // seconds beyond the budget, 0 if none
    bool warning = false;  // 50 % over
};

class Player {
  public:
    explicit Player(std::shared_ptr<const Lesson> lesson, PlayMode mode = PlayMode::kSolo);

    // ---- where we are (steps count from 0 here, from 1 for people) ----

    [[nodiscard]] const Lesson& lesson() const { return *lesson_; }

    [[nodiscard]] int index() const { return index_; }

    [[nodiscard]] const Step& step() const {
        return lesson_->steps[static_cast<std::size_t>(index_)];
    }

    [[nodiscard]] const StepState& state() const {
        return states_[static_cast<std::size_t>(index_)];
    }

    [[nodiscard]] const StepState& state(int index) const {
        return states_.at(static_cast<std::size_t>(index));
    }

    [[nodiscard]] PlayMode mode() const { return mode_; }

    void set_mode(PlayMode mode) { mode_ = mode; }

    /// Enters a step, in any order; it stands as it was left. False when there is no such step.
    bool go(int index);
    /// The neighbouring step; on the short route, the neighbouring flagged step. False at the end.
    bool next();
    bool previous();

    [[nodiscard]] bool short_route() const { return short_route_; }

    void set_short_route(bool on) { short_route_ = on; }

    // ---- predict, lock, reveal ----

    /// Results are to be drawn covered.
    [[nodiscard]] bool covered() const { return step().has_question() && !state().revealed; }

    /// Locks a choice (counts from 1). Solo: this also reveals. False when there is no such choice
    /// or one is locked.
    bool lock(int choice);
    /// Uncovers. Solo: only once a choice is locked. False when nothing changed.
    bool reveal();
    /// Was the locked choice right? Empty before the reveal and without a choice.
    [[nodiscard]] std::optional<bool> correct() const;
    /// The reply to the choice locked, when it is the common wrong one and the step is revealed;
    /// else nullptr.
    [[nodiscard]] const Text* reply() const;
    /// Shows one more hint; false when there is none left.
    bool hint();

    /// A digit key: solo, chooses and locks; lecturer, one vote. False when the step has no such
    /// choice.
    bool digit(int n);
    /// Votes in per cent of those cast; all 0 when none was cast.
    [[nodiscard]] std::vector<double> vote_shares() const;

    // ---- what the scene shows ----

    [[nodiscard]] const Workspace& workspace() const {
        return state().free ? *state().free : state().work;
    }

    /// Changes a parameter. One of the step's controls changes the step; any other forks a copy
    /// first (free play).
    void set_param(const std::string& id, const std::string& value);
    void set_clock(const std::string& stage, double u);
    void enter_free_play();
    /// Drops the copy; the step stands as before.
    void leave_free_play();

    [[nodiscard]] bool free_play() const { return state().free.has_value(); }

    /// R: the step's exact state, parameters, seed, clock, choice and votes; the time spent stays.
    void reset_step();
    /// Shift+R: every step, and back to the first.
    void reset_lesson();

    // ---- time ----

    /// Time passes on the current step unless paused.
    void tick(double seconds);

    [[nodiscard]] bool paused() const { return paused_; }

    void set_paused(bool paused) { paused_ = paused; }

    [[nodiscard]] Budget budget() const;
    /// Of the lesson: spent on all steps, minutes of the route still ahead.
    [[nodiscard]] double seconds_spent() const;
    [[nodiscard]] double seconds_ahead() const;

    // ---- what leaves the room ----

    /// step,choice,correct,seconds,votes: no names. A header line first.
    [[nodiscard]] std::string results_csv() const;

    /// The sentence that solo mode asks for at the end.
    [[nodiscard]] const std::string& sentence() const { return sentence_; }

    void set_sentence(std::string text) { sentence_ = std::move(text); }

    /// Puts a saved state back (progress.h). A choice or a step that does not fit the lesson is
    /// ignored.
    void restore(int index, const std::vector<StepState>& states, std::string sentence);

    [[nodiscard]] const std::vector<StepState>& states() const { return states_; }

  private:
    StepState& mutable_state() { return states_[static_cast<std::size_t>(index_)]; }

    [[nodiscard]] static StepState fresh(const Step& step);
    bool move(int direction);

    std::shared_ptr<const Lesson> lesson_;
    PlayMode mode_;
    int index_ = 0;
    bool short_route_ = false, paused_ = false;
    std::vector<StepState> states_;
    std::string sentence_;
};

}  // namespace dg::lessons
