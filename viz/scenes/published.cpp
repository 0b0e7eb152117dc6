#include "viz/scenes/published.h"

#include "engine/io/files.h"

namespace dg::viz {

Result<Config> published_v3(const Session& session) {
    if (session.assets().empty()) return Error{"assets_missing", {{"tried", "–"}}, ""};
    const std::filesystem::path file = session.assets() / "configs" / "deepseek-v3.json";
    DG_ASSIGN(const std::string text, read_file(file));
    return parse_config(text, file.string());
}

}  // namespace dg::viz
