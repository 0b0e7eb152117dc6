// Every animation is a function of (stage, u in 0..1). The clock is a plain value that says which: it never reads the
// time, whoever owns it calls advance(dt). It starts paused, at the end of the last stage: the finished picture.
#pragma once

#include <vector>

namespace dg::viz {

class Clock {
  public:
    Clock() = default;
    /// `seconds[i]`: length of stage i at speed 1, > 0.
    explicit Clock(std::vector<double> seconds);

    [[nodiscard]] int stages() const { return static_cast<int>(seconds_.size()); }

    [[nodiscard]] int stage() const { return stage_; }

    [[nodiscard]] double u() const { return u_; }

    [[nodiscard]] bool playing() const { return playing_; }

    [[nodiscard]] bool reversed() const { return reversed_; }

    [[nodiscard]] double speed() const { return speed_; }

    [[nodiscard]] bool reduced_motion() const { return reduced_; }

    /// Nothing left to play in the present direction.
    [[nodiscard]] bool at_end() const;

    /// Plays from here; from the other end when there is nothing left to play.
    void play();
    void pause() { playing_ = false; }

    void toggle() { playing_ ? pause() : play(); }

    /// Direction of play.
    void reverse(bool backwards) { reversed_ = backwards; }

    /// Kept within 1/4 .. 4.
    void set_speed(double speed);
    /// The next of 1/4, 1/2, 1, 2, 4 in this direction (+1 faster, -1 slower).
    void step_speed(int direction);
    /// With reduced motion nothing is seen half-way: u is 0 or 1, stages follow each other at their pace.
    void set_reduced_motion(bool reduced);

    /// Pauses at the end of the next stage / at the end of the previous one (at the start when there is none).
    void next_stage();
    void previous_stage();
    /// Pauses at (stage, u), both clamped.
    void scrub(int stage, double u);
    void to_start() { scrub(0, 0); }

    void to_end() { scrub(stages() - 1, 1); }

    /// Lets dt seconds pass (dt >= 0; not finite counts as 0). Returns whether the picture changed. Pauses at the end.
    bool advance(double dt);

    /// Position on one bar over all stages, each as wide as it is long: 0 .. 1, and back.
    [[nodiscard]] double position() const;
    void scrub_position(double position);
    [[nodiscard]] double total_seconds() const;

    friend bool operator==(const Clock&, const Clock&) = default;

  private:
    [[nodiscard]] double stage_seconds(int stage) const;

    std::vector<double> seconds_;
    int stage_ = 0;
    double u_ = 1;
    double waited_ = 0;  // reduced motion: seconds already spent in this stage
    double speed_ = 1;
    bool playing_ = false, reversed_ = false, reduced_ = false;
};

/// Slow at both ends: 0 -> 0, 1/2 -> 1/2, 1 -> 1; clamped.
double ease(double u);

/// Progress of the i-th of n parts that overlap within one stage: part i runs in [i, i + width] / (n - 1 + width).
double staggered(double u, int i, int n, double width = 2);

}  // namespace dg::viz
