// Calls the program as a shell would and keeps what it answers.
#pragma once

#include "app/commands/command.h"
#include "app/interrupt.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

namespace dg::app {

struct Outcome {
    int status = 0;
    std::string out, err;
};

/// `deepglass WORDS...`, in English unless told.
inline Outcome call(const std::vector<std::string>& words, viz::Lang lang = viz::Lang::kEn) {
    set_interrupted(false);
    std::ostringstream out, err;
    const int status = run(words, {out, err, lang, false});
    return {status, out.str(), err.str()};
}

/// A path with nothing there yet, of the running test's own: tests run beside each other.
inline std::filesystem::path temporary(const std::string& name) {
    const testing::TestInfo& test = *testing::UnitTest::GetInstance()->current_test_info();
    auto path = std::filesystem::path(testing::TempDir()) / fmt::format("deepglass-{}.{}-{}", test.test_suite_name(), test.name(), name);
    std::filesystem::remove_all(path);
    return path;
}

}  // namespace dg::app
