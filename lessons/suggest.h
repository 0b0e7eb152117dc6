// "Did you mean": the nearest of the known words.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace dg::lessons {

/// Least number of insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b` (bytes).
int edit_distance(std::string_view a, std::string_view b);

/// The known word nearest to `word`; empty when none is within a third of its length (at least 2 edits).
std::string nearest(std::string_view word, std::span<const std::string> known);

}  // namespace dg::lessons
