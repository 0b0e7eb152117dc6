// JSON text with bounded depth and places in its errors.
#pragma once

#include "engine/base/result.h"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace dg {

/// Parses a text of at most 64 nested levels. An error carries `code`, args `near` (what stands
/// there), and where = "<where>:<line>:<column>".
Result<nlohmann::json> parse_json(std::string_view text, const std::string& where,
                                  const std::string& code);

/// A value as a message shows it: compact, cut after 80 bytes.
std::string shown(const nlohmann::json& value);

}  // namespace dg
