// The operating system's reasons in the catalogue's words.
#pragma once

#include "viz/i18n/i18n.h"

#include <string>
#include <string_view>

namespace dg::viz {

/// "No such file or directory" -> "没有这个文件或文件夹". Texts that are no reason of errno stay as they are.
std::string reason_in_words(Lang lang, std::string_view reason);

}  // namespace dg::viz
