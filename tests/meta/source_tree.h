// The checked-in text files, for the tests that read the source as data.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace dg::meta {

struct SourceFile {
    std::string path;  // relative to the source tree, with '/'
    std::vector<std::string> lines;
};

/// Files below the given top-level entries (folders or files) whose name ends with one of `endings`; all when empty.
std::vector<SourceFile> source_files(const std::vector<std::string>& tops, const std::vector<std::string>& endings);

/// The folders that hold code.
inline const std::vector<std::string> kLayers = {"engine", "sim", "viz", "lessons", "app"};

}  // namespace dg::meta
