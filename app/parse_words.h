// What is wrong with a command line, in the catalogue's words instead of the parser's.
#pragma once

#include "engine/base/result.h"

#include <string>

namespace dg::app {

/// From what the option parser says (English, for programmers) to an error of ours; `help` is the command that shows how
/// to write it. Codes: usage_extra, usage_required, usage_no_value, usage_choice, usage_range, usage_value, usage_excludes,
/// usage_requires; usage_words for what is not known.
Error parse_error_in_words(const std::string& what, const std::string& help);

}  // namespace dg::app
