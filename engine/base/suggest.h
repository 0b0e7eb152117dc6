// "did you mean ...?": the nearest of the names that would have been right.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace dg {

/// Edits (insert, delete, replace, swap of neighbours) that turn a into b, counted on bytes.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate nearest to `word` (the earlier one on a tie), or "" when none is within a third of the word's length
/// (at least 1 edit). Underscores, hyphens and case do not count; a candidate that starts with `word` always is near.
std::string nearest(std::string_view word, std::span<const std::string> candidates);

}  // namespace dg
