// The files of assets/i18n as the build compiled them in (cmake/EmbedCatalogue.cmake writes the .cpp).
#pragma once

#include <span>
#include <string_view>

namespace dg::viz {

struct EmbeddedFile {
    std::string_view name, text;
};

std::span<const EmbeddedFile> embedded_catalogue();

}  // namespace dg::viz
