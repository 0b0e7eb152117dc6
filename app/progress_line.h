// One line on a terminal that says how far long work is, how fast, and how long it will take.
#pragma once

#include "viz/i18n/i18n.h"

#include <chrono>
#include <ostream>
#include <string>

namespace dg::app {

/// "training  120/2000  6.0%  4.2 steps/s  7 min 28 s left": rewritten in place at most ten times a second. Draws nothing
/// unless `terminal`. The destructor clears the line.
class ProgressLine {
  public:
    /// `unit`: what is counted, in the user's language ("steps"); may be empty.
    ProgressLine(std::ostream& out, bool terminal, viz::Lang lang, std::string label, std::string unit);
    ~ProgressLine();
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    /// total <= 0: not known. `extra` is appended as it is ("loss 2.31").
    void update(double done, double total, const std::string& extra = {});

  private:
    std::ostream& out_;
    bool terminal_;
    viz::Lang lang_;
    std::string label_, unit_;
    std::chrono::steady_clock::time_point begin_, last_;
    double first_done_ = -1;  // work done before we started (a resumed run) does not count for the rate
    bool drawn_ = false;
};

/// The text of the line; pure, for tests. seconds: since work began.
std::string progress_text(viz::Lang lang, const std::string& label, const std::string& unit, double done_before, double done,
                          double total, double seconds);

}  // namespace dg::app
