#include "lessons/player.h"

#include "engine/base/check.h"

#include <algorithm>
#include <numeric>

namespace dg::lessons {

StepState Player::fresh(const Step& step) {
    StepState state;
    state.work = {step.set.values, step.stage, step.u};
    state.votes.assign(step.choices.size(), 0);
    return state;
}

Player::Player(std::shared_ptr<const Lesson> lesson, PlayMode mode)
    : lesson_(std::move(lesson)), mode_(mode) {
    DG_CHECK(lesson_ != nullptr && !lesson_->steps.empty());
    for (const Step& step : lesson_->steps) states_.push_back(fresh(step));
}

bool Player::go(int index) {
    if (index < 0 || index >= static_cast<int>(states_.size())) return false;
    index_ = index;
    return true;
}

bool Player::move(int direction) {
    for (int i = index_ + direction; i >= 0 && i < static_cast<int>(states_.size());
         i += direction) {
        if (!short_route_ || lesson_->steps[static_cast<std::size_t>(i)].short_route) return go(i);
    }
    return false;
}

bool Player::next() {
    return move(1);
}

bool Player::previous() {
    return move(-1);
}

bool Player::lock(int choice) {
    StepState& s = mutable_state();
    if (s.locked || choice < 1 || choice > static_cast<int>(step().choices.size())) return false;
    s.locked = choice;
    if (mode_ == PlayMode::kSolo) reveal();
    return true;
}

bool Player::reveal() {
    StepState& s = mutable_state();
    const bool must_lock = mode_ == PlayMode::kSolo && step().has_question();
    if (s.revealed || (must_lock && !s.locked)) return false;
    s.revealed = true;
    s.done = true;
    return true;
}

std::optional<bool> Player::correct() const {
    if (!state().revealed || !state().locked) return std::nullopt;
    return *state().locked == step().answer;
}

const Text* Player::reply() const {
    const auto& wrong = step().common_wrong;
    const bool said =
        wrong && state().revealed && state().locked && *state().locked == wrong->choice;
    return said ? &wrong->reply : nullptr;
}

bool Player::hint() {
    StepState& s = mutable_state();
    if (s.hints >= static_cast<int>(step().hints.size())) return false;
    ++s.hints;
    return true;
}

bool Player::digit(int n) {
    if (n < 1 || n > static_cast<int>(step().choices.size())) return false;
    if (mode_ == PlayMode::kSolo) return lock(n);
    ++mutable_state().votes[static_cast<std::size_t>(n) - 1];
    return true;
}

std::vector<double> Player::vote_shares() const {
    const std::vector<int>& votes = state().votes;
    const int all = std::accumulate(votes.begin(), votes.end(), 0);
    std::vector<double> shares;
    for (const int v : votes) shares.push_back(all == 0 ? 0.0 : 100.0 * v / all);
    return shares;
}

void Player::set_param(const std::string& id, const std::string& value) {
    const std::vector<std::string>& own = step().controls;
    if (!free_play() && std::find(own.begin(), own.end(), id) == own.end()) enter_free_play();
    StepState& s = mutable_state();
    (s.free ? *s.free : s.work).set[id] = value;
}

void Player::set_clock(const std::string& stage, double u) {
    StepState& s = mutable_state();
    Workspace& work = s.free ? *s.free : s.work;
    work.stage = stage;
    work.u = std::clamp(u, 0.0, 1.0);
}

void Player::enter_free_play() {
    StepState& s = mutable_state();
    if (!s.free) s.free = s.work;
}

void Player::leave_free_play() {
    mutable_state().free.reset();
}

void Player::reset_step() {
    const double seconds = state().seconds;
    const bool done = state().done;
    mutable_state() = fresh(step());
    mutable_state().seconds = seconds;
    mutable_state().done = done;
}

void Player::reset_lesson() {
    const int steps = static_cast<int>(states_.size());
    for (index_ = 0; index_ < steps; ++index_) reset_step();
    index_ = 0;
}

void Player::tick(double seconds) {
    if (!paused_ && seconds > 0) mutable_state().seconds += seconds;
}

Budget Player::budget() const {
    Budget b;
    b.seconds = state().seconds;
    b.budget = step().minutes * 60;
    b.overrun = std::max(0.0, b.seconds - b.budget);
    b.warning = b.seconds >= 1.5 * b.budget;
    return b;
}

double Player::seconds_spent() const {
    double sum = 0;
    for (const StepState& s : states_) sum += s.seconds;
    return sum;
}

double Player::seconds_ahead() const {
    double sum = 0;
    for (std::size_t i = static_cast<std::size_t>(index_) + 1; i < states_.size(); ++i) {
        if (!short_route_ || lesson_->steps[i].short_route) sum += lesson_->steps[i].minutes * 60;
    }
    return sum;
}

std::string Player::results_csv() const {
    std::string csv = "step,choice,correct,seconds,votes\n";
    for (std::size_t i = 0; i < states_.size(); ++i) {
        const StepState& s = states_[i];
        std::string votes;
        for (const int v : s.votes)
            votes.append(votes.empty() ? "" : " ").append(std::to_string(v));
        const std::string choice = s.locked ? std::to_string(*s.locked) : "";
        const std::string right =
            s.locked && s.revealed ? (*s.locked == lesson_->steps[i].answer ? "1" : "0") : "";
        csv += fmt::format("{},{},{},{:.1f},{}\n", i + 1, choice, right, s.seconds, votes);
    }
    return csv;
}

void Player::restore(int index, const std::vector<StepState>& states, std::string sentence) {
    for (std::size_t i = 0; i < states_.size() && i < states.size(); ++i) {
        const StepState& from = states[i];
        StepState& to = states_[i];
        const int choices = static_cast<int>(lesson_->steps[i].choices.size());
        if (from.locked && *from.locked >= 1 && *from.locked <= choices) {
            to.locked = from.locked;
            to.revealed = from.revealed;
        }
        if (from.votes.size() == to.votes.size()) to.votes = from.votes;
        to.seconds = std::max(0.0, from.seconds);
        to.done = from.done;
        to.hints = std::clamp(from.hints, 0, static_cast<int>(lesson_->steps[i].hints.size()));
    }
    go(index);
    sentence_ = std::move(sentence);
}

}  // namespace dg::lessons
