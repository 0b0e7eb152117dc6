// Numbers of claim expressions: powers and logarithms that are exact where they can be, and what
// sums cells up. Used by expr_*.cpp only.
#pragma once

#include <vector>

namespace dg::lessons {

/// base^exponent for a whole exponent, by repeated squaring.
double integer_power(double base, double exponent);
/// Whole exponents exactly as above, others through exp and ln.
double power(double base, double exponent);
/// Exact for powers of two, of ten.
double log2_of(double x);
double log10_of(double x);

double median_of(std::vector<double> v);
/// Mean square distance from the mean.
double variance_of(const std::vector<double>& v);
/// A NaN anywhere makes the extreme NaN: a claim about it is then false.
double extreme(const std::vector<double>& v, bool largest);

}  // namespace dg::lessons
