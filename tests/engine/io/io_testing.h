// Shared by the tests of files, configs and models: a folder that goes away, and errors that must
// be worded.
#pragma once

#include "engine/base/result.h"
#include "engine/io/files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <string>

namespace dg::testing {

inline std::filesystem::path golden(const std::string& name) {
    return std::filesystem::path(DEEPGLASS_SOURCE_DIR) / "tests/golden" / name;
}

/// A fresh folder, removed with all its content.
class TempFolder {
  public:
    TempFolder() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "deepglass-test-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }

    ~TempFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

    [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
        return path_ / name;
    }

    [[nodiscard]] std::size_t entries() const {
        std::size_t n = 0;
        for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(path_)) ++n;
        return n;
    }

  private:
    std::filesystem::path path_;
};

/// The error has that code, and assets/i18n/io.toml words it in both languages with no placeholder
/// left unfilled.
inline void expect_error(const Error& error, const std::string& code) {
    EXPECT_EQ(error.code, code) << error.plain();
    const std::string toml =
        read_file(std::filesystem::path(DEEPGLASS_SOURCE_DIR) / "assets/i18n/io.toml").value();
    const std::size_t entry = toml.find("[error." + error.code + "]\n");
    ASSERT_NE(entry, std::string::npos) << error.code << " has no wording";
    const std::string wording = toml.substr(entry, toml.find("\n\n", entry) - entry);
    EXPECT_NE(wording.find("\nzh = \""), std::string::npos) << error.code;
    EXPECT_NE(wording.find("\nen = \""), std::string::npos) << error.code;
    for (std::size_t open = wording.find('{'); open != std::string::npos;
         open = wording.find('{', open + 1)) {
        const std::string name = wording.substr(open + 1, wording.find('}', open) - open - 1);
        bool given = false;
        for (const auto& [key, value] : error.args) given = given || key == name;
        EXPECT_TRUE(given) << error.code << " is worded with {" << name << "}, which "
                           << error.plain() << " lacks";
    }
}

/// The argument of that name; empty when absent.
inline std::string arg(const Error& error, const std::string& name) {
    for (const auto& [key, value] : error.args) {
        if (key == name) return value;
    }
    return {};
}

/// A safetensors file in memory: length, header, data.
inline std::string safetensors_bytes(const std::string& header, std::size_t data_bytes) {
    const std::uint64_t length = header.size();
    std::string bytes(sizeof(length), '\0');
    std::memcpy(bytes.data(), &length, sizeof(length));
    return bytes + header + std::string(data_bytes, '\x01');
}

}  // namespace dg::testing
