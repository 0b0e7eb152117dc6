// Speed as ratios: every group has a reference and contenders, run interleaved in one process on the same data.
// A benchmark is named group/case/contender; the contender called "reference..." is what the others are divided by.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>

namespace dg::bench {

/// Adds one contender. `work`: what one call does, in `unit` ("flop", "token", "figure"); the report prints work/second.
void add(const std::string& name, double work, const std::string& unit, std::function<void()> call);

/// Every group of this folder, by name prefix; one function per file.
void add_matmul();
void add_decode();
void add_training();
void add_fp8();
void add_figure();
void add_double_descent();
void add_first_frame();

/// Runs all benchmarks whose name contains `filter`, `repetitions` times in random order, and prints median, minimum, rate and
/// the ratio to the reference of the same case, then the geometric mean of each group. Returns the number of benchmarks run.
int run(const std::string& filter, int repetitions, std::ostream& out);

}  // namespace dg::bench
