// The zh/en catalogue. Every visible string lives in assets/i18n/*.toml as
//     [scene.attention.title]
//     zh = "..."
//     en = "..."
// and is compiled into the program. A key with one language missing fails a test.
#pragma once

#include "engine/base/result.h"
#include "viz/theme/theme.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dg::viz {

using TextArgs = std::vector<std::pair<std::string, std::string>>;

/// The wording of a key with {name} replaced by its argument. An unknown key comes back as "⟦key⟧": the tests look for it.
std::string tr(Lang lang, std::string_view key, const TextArgs& args = {});
bool has_key(std::string_view key);
/// Every key with both wordings, sorted: what the completeness test walks.
struct CatalogueEntry {
    std::string key, zh, en;
};
const std::vector<CatalogueEntry>& catalogue();
/// "error.<code>" with the error's arguments, and its place in front.
std::string describe(Lang lang, const Error& error);

}  // namespace dg::viz
