#include "engine/io/save_commit.h"

#include "engine/io/files.h"

namespace dg {

namespace {

constexpr const char* kMarker = ".model.commit";

Error cannot_write(const std::filesystem::path& file, const std::error_code& failed) {
    return {.code = "file_write",
            .args = {{"file", file.string()}, {"reason", failed.message()}},
            .where = {}};
}

}  // namespace

std::filesystem::path next_version(const std::filesystem::path& file) {
    return file.parent_path() / fmt::format(".{}.next", file.filename().string());
}

Result<void> finish_save(const std::filesystem::path& directory) {
    std::error_code failed;
    const std::filesystem::path marker = directory / kMarker;
    if (!std::filesystem::exists(marker, failed)) return {};
    for (const char* name : {"model.safetensors", "config.json"}) {
        const std::filesystem::path file = directory / name, next = next_version(file);
        // the one that is gone already has its name
        if (!std::filesystem::exists(next, failed)) continue;
        std::filesystem::rename(next, file, failed);
        if (failed) return cannot_write(file, failed);
    }
    std::filesystem::remove(marker, failed);
    if (failed) return cannot_write(marker, failed);
    return {};
}

Result<void> commit_save(const std::filesystem::path& directory) {
    DG_TRY(write_file(directory / kMarker, ""));
    return finish_save(directory);
}

}  // namespace dg
