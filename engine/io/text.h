// Text from files, made safe for messages.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace dg {

/// At most `bytes` bytes of UTF-8 text, cut between characters, with "…" when something was cut.
/// Control characters become spaces, so that a hostile name cannot forge lines on a terminal.
std::string clip(std::string_view text, std::size_t bytes = 80);

/// Line and column (both from 1, column in bytes) of a byte offset.
std::pair<std::size_t, std::size_t> line_and_column(std::string_view text, std::size_t offset);

}  // namespace dg
