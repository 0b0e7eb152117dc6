// What was looked at in the free lab, most recent first, kept between sessions beside the lessons' progress.
#pragma once

#include "engine/base/result.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace dg::app {

struct RecentWork {
    std::string scene;
    std::map<std::string, std::string> set;
    friend bool operator==(const RecentWork&, const RecentWork&) = default;
};

inline constexpr std::size_t kRecentKept = 6;

/// Puts `work` first; an entry of the same scene and prompt gives way.
void remember(std::vector<RecentWork>& all, RecentWork work);

/// Empty when there is no such file or it is no list of this kind: it is a convenience, not a document.
std::vector<RecentWork> load_recent(const std::filesystem::path& file);
/// Error code: file_write.
Result<void> save_recent(const std::filesystem::path& file, const std::vector<RecentWork>& all);

}  // namespace dg::app
