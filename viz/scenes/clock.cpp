#include "viz/scenes/clock.h"

#include "engine/base/check.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dg::viz {

Clock::Clock(std::vector<double> seconds) : seconds_(std::move(seconds)) {
    for (const double s : seconds_) DG_CHECK(s > 0 && std::isfinite(s));
    to_end();
}

double Clock::stage_seconds(int stage) const { return seconds_[static_cast<std::size_t>(stage)]; }

bool Clock::at_end() const {
    if (stages() == 0) return true;
    return reversed_ ? stage_ == 0 && u_ <= 0 : stage_ == stages() - 1 && u_ >= 1;
}

void Clock::play() {
    if (stages() == 0) return;
    if (at_end()) reversed_ ? to_end() : to_start();
    waited_ = 0;
    playing_ = true;
}

void Clock::set_speed(double speed) {
    if (std::isfinite(speed)) speed_ = std::clamp(speed, 0.25, 4.0);
}

void Clock::step_speed(int direction) { set_speed(direction > 0 ? speed_ * 2 : speed_ / 2); }

void Clock::set_reduced_motion(bool reduced) {
    reduced_ = reduced;
    waited_ = 0;
    if (reduced_) u_ = u_ >= 0.5 ? 1 : 0;
}

void Clock::next_stage() {
    // half-way through a stage the next stop is this stage's end
    const bool unfinished = u_ < 1;
    scrub(unfinished ? stage_ : stage_ + 1, 1);
}

void Clock::previous_stage() {
    if (stage_ == 0) return to_start();
    scrub(stage_ - 1, 1);
}

void Clock::scrub(int stage, double u) {
    playing_ = false;
    waited_ = 0;
    stage_ = std::clamp(stage, 0, std::max(0, stages() - 1));
    u_ = std::isfinite(u) ? std::clamp(u, 0.0, 1.0) : 1;
    if (reduced_) u_ = u_ >= 0.5 ? 1 : 0;
}

bool Clock::advance(double dt) {
    if (!playing_ || stages() == 0 || !(dt > 0) || !std::isfinite(dt)) return false;
    const int stage_before = stage_;
    const double u_before = u_;
    // seconds to spend, and where in the stage we really are
    double left = dt * speed_;
    double u = reduced_ ? (reversed_ ? 1 - waited_ / stage_seconds(stage_) : waited_ / stage_seconds(stage_)) : u_;
    while (left > 0) {
        const double room = (reversed_ ? u : 1 - u) * stage_seconds(stage_);
        if (left < room) {
            u += (reversed_ ? -left : left) / stage_seconds(stage_);
            left = 0;
        } else if (stage_ == (reversed_ ? 0 : stages() - 1)) {
            u = reversed_ ? 0 : 1;
            left = 0;
            playing_ = false;
        } else {
            left -= room;
            stage_ += reversed_ ? -1 : 1;
            u = reversed_ ? 1 : 0;
        }
    }
    waited_ = playing_ ? (reversed_ ? 1 - u : u) * stage_seconds(stage_) : 0;
    // reduced motion shows each stage finished as soon as it begins
    u_ = reduced_ && playing_ ? 1 : u;
    return stage_ != stage_before || u_ != u_before;
}

double Clock::total_seconds() const { return std::accumulate(seconds_.begin(), seconds_.end(), 0.0); }

double Clock::position() const {
    if (stages() == 0) return 1;
    const double before = std::accumulate(seconds_.begin(), seconds_.begin() + stage_, 0.0);
    return (before + u_ * stage_seconds(stage_)) / total_seconds();
}

void Clock::scrub_position(double position) {
    double seconds = std::clamp(std::isfinite(position) ? position : 1.0, 0.0, 1.0) * total_seconds();
    for (int i = 0; i < stages(); ++i) {
        if (seconds <= stage_seconds(i) || i == stages() - 1) return scrub(i, seconds / stage_seconds(i));
        seconds -= stage_seconds(i);
    }
}

double ease(double u) {
    const double x = std::clamp(u, 0.0, 1.0);
    return x * x * (3 - 2 * x);
}

double staggered(double u, int i, int n, double width) {
    return std::clamp(u * (n - 1 + width) - i, 0.0, width) / width;
}

}  // namespace dg::viz
