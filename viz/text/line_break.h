// Where a line of mixed Chinese and English may end.
#pragma once

#include <string_view>

namespace dg::viz {

/// True when a line may break between two neighbouring characters.
bool may_break(char32_t before, char32_t after);
/// Blanks that vanish at the end of a line.
bool is_breaking_blank(char32_t code);

}  // namespace dg::viz
