#include "app/progress_line.h"

#include "viz/scenes/numbers.h"

#include <fmt/format.h>

namespace dg::app {

std::string progress_text(viz::Lang lang, const std::string& label, const std::string& unit, double done_before, double done,
                          double total, double seconds) {
    std::string text = label;
    if (total > 0) {
        text += fmt::format("  {:.0f}/{:.0f}  {}", done, total, viz::percent(std::min(done / total, 1.0)));
    } else {
        text += fmt::format("  {:.0f}", done);
    }
    const double rate = seconds > 0 ? (done - done_before) / seconds : 0;
    if (!(rate > 0)) return text;
    text += fmt::format("  {} {}/s", viz::number(rate, 2), unit);
    if (total > 0) text += "  " + viz::tr(lang, "progress.left", {{"time", viz::seconds_text((total - done) / rate)}});
    return text;
}

ProgressLine::ProgressLine(std::ostream& out, bool terminal, viz::Lang lang, std::string label, std::string unit)
    : out_(out), terminal_(terminal), lang_(lang), label_(std::move(label)), unit_(std::move(unit)),
      begin_(std::chrono::steady_clock::now()), last_(begin_ - std::chrono::seconds(1)) {}

ProgressLine::~ProgressLine() {
    if (drawn_) out_ << "\r\x1b[K" << std::flush;
}

void ProgressLine::update(double done, double total, const std::string& extra) {
    if (!terminal_) return;
    if (first_done_ < 0) first_done_ = done;
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::milliseconds(100) && done < total) return;
    last_ = now;
    const double seconds = std::chrono::duration<double>(now - begin_).count();
    out_ << "\r\x1b[K" << progress_text(lang_, label_, unit_, first_done_, done, total, seconds);
    if (!extra.empty()) out_ << "  " << extra;
    out_ << std::flush;
    drawn_ = true;
}

}  // namespace dg::app
