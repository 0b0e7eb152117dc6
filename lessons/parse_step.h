// One [[step]] of a lesson file. Used by parser.cpp only.
#pragma once

#include "lessons/toml_view.h"

namespace dg::lessons {

Step read_step(TomlFile& file, const toml::table& table);

}  // namespace dg::lessons
