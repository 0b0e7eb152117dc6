#include "sim/assets.h"

#include <cstdlib>
#include <string>
#include <vector>

namespace dg::sim {

namespace fs = std::filesystem;

Result<fs::path> find_assets() {
    std::vector<fs::path> places;
    std::error_code error;
    if (const char* set = std::getenv("DEEPGLASS_ASSETS"); set != nullptr && *set != '\0') {
        places.emplace_back(set);
    } else {
        const fs::path self = fs::read_symlink("/proc/self/exe", error);
        for (const char* up : {"assets", "../assets", "../../assets", "../../../assets", "../share/deepglass/assets"}) {
            if (!error) places.push_back((self.parent_path() / up).lexically_normal());
        }
        places.emplace_back(DEEPGLASS_SOURCE_ASSETS);
    }
    std::string tried;
    for (const fs::path& place : places) {
        if (fs::is_directory(place / "models", error)) return place;
        tried += (tried.empty() ? "" : ", ") + place.string();
    }
    return Error{"assets_missing", {{"tried", tried}}, ""};
}

}  // namespace dg::sim
