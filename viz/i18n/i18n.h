// The zh/en catalogue. Every visible string lives in assets/i18n/*.toml as
//     [scene.attention.title]
//     zh = "..."
//     en = "..."
// and is compiled into the program. A key with one language missing fails a test.
#pragma once

#include "engine/base/result.h"
#include "viz/theme/theme.h"

#include <optional>
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
/// Faults of the catalogue as compiled in, for the tests: unreadable file, key twice, language missing.
const std::vector<std::string>& catalogue_faults();
/// "error.<code>" with the error's arguments, and its place in front. An argument "suggestion" that is not empty adds
/// "did you mean ...?". A code without wording comes back as Error::plain().
std::string describe(Lang lang, const Error& error);

/// The names in {braces} of a wording, sorted, each once: both languages must have the same.
std::vector<std::string> placeholders(std::string_view wording);

/// "zh" or "en"; `lang_from_environment` reads LC_ALL, LC_MESSAGES, LANG in this order: zh* is Chinese, all else English.
std::string_view lang_name(Lang lang);
std::optional<Lang> lang_by_name(std::string_view name);
Lang lang_from_environment();

}  // namespace dg::viz
