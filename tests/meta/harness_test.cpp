// Can the harness fail? Programs that fail on purpose, and the summary that ./test prints about them.
#include <gtest/gtest.h>

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace dg::meta {
namespace {

struct Outcome {
    int status;  // exit status; 128 + signal when killed
    std::string output;
};

Outcome shell(const std::string& command) {
    FILE* pipe = popen((command + " 2>&1").c_str(), "r");
    if (pipe == nullptr) return {-1, "popen failed"};
    Outcome out{0, {}};
    std::array<char, 4096> buffer{};
    while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) out.output.append(buffer.data(), n);
    const int status = pclose(pipe);
    out.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return out;
}

Outcome run_failing(const std::string& filter) {
    // an abort on purpose needs no core file
    return shell("ulimit -c 0; '" DEEPGLASS_FAILING_BINARY "' --gtest_filter='" + filter + "'");
}

TEST(Harness, AFailingExpectationFails) {
    const Outcome out = run_failing("OnPurpose.ExpectationFails");
    EXPECT_EQ(out.status, 1) << out.output;
    EXPECT_NE(out.output.find("1 FAILED TEST"), std::string::npos) << out.output;
}

TEST(Harness, AnEscapedBugFails) {
    const Outcome out = run_failing("OnPurpose.BugEscapes");
    EXPECT_EQ(out.status, 1) << out.output;
    EXPECT_NE(out.output.find("false: 1 + 1 == 3"), std::string::npos) << out.output;
}

TEST(Harness, AnAbortFails) { EXPECT_NE(run_failing("OnPurpose.Aborts").status, 0); }

TEST(Harness, APassingTestPasses) { EXPECT_EQ(run_failing("OnPurpose.Passes").status, 0); }

/// Runs tools/test_summary.sh over a ctest report with these test cases.
Outcome summarise(const std::string& name, const std::string& cases) {
    const std::filesystem::path file = std::filesystem::path(testing::TempDir()) / ("deepglass_" + name + ".xml");
    std::ofstream(file) << "<?xml version=\"1.0\"?>\n<testsuite name=\"x\">\n" << cases << "</testsuite>\n";
    Outcome out = shell("bash '" DEEPGLASS_SOURCE_DIR "/tools/test_summary.sh' 'release=" + file.string() + "'");
    std::filesystem::remove(file);
    return out;
}

const std::string kPass = "\t<testcase name=\"engine.A.b\" classname=\"engine.A.b\" time=\"0.5\" status=\"run\">\n\t</testcase>\n";
const std::string kFail = "\t<testcase name=\"engine.A.c\" classname=\"engine.A.c\" time=\"0.5\" status=\"fail\">\n\t\t<failure message=\"Failed\"/>\n\t</testcase>\n";
const std::string kSkip = "\t<testcase name=\"viz.A.d\" classname=\"viz.A.d\" time=\"0.5\" status=\"notrun\">\n\t\t<skipped message=\"SKIP_REGULAR_EXPRESSION_MATCHED\"/>\n\t\t<system-out>x.cpp:3: Skipped\nno fonts here\n</system-out>\n\t</testcase>\n";
const std::string kMissing = "\t<testcase name=\"sim.A.e\" classname=\"sim.A.e\" time=\"0\" status=\"notrun\">\n\t\t<skipped message=\"Unable to find executable\"/>\n\t</testcase>\n";

TEST(Harness, SummaryCountsAndListsSkips) {
    const Outcome out = summarise("skips", kPass + kPass + kSkip);
    EXPECT_EQ(out.status, 0) << out.output;
    EXPECT_NE(out.output.find("skipped: release viz.A.d (no fonts here)"), std::string::npos) << out.output;
    EXPECT_NE(out.output.find("\n2 passed, 0 failed, 1 skipped\n"), std::string::npos) << out.output;
}

TEST(Harness, SummaryFailsOnAFailedTest) {
    const Outcome out = summarise("fails", kPass + kFail);
    EXPECT_EQ(out.status, 1) << out.output;
    EXPECT_NE(out.output.find("FAILED: release engine.A.c"), std::string::npos) << out.output;
    EXPECT_NE(out.output.find("\n1 passed, 1 failed, 0 skipped\n"), std::string::npos) << out.output;
}

TEST(Harness, SummaryFailsOnATestThatCouldNotRun) {
    const Outcome out = summarise("missing", kPass + kMissing);
    EXPECT_EQ(out.status, 1) << out.output;
    EXPECT_NE(out.output.find("1 passed, 1 failed, 0 skipped"), std::string::npos) << out.output;
}

TEST(Harness, SummaryFailsOnNoTestsAndOnNoReport) {
    EXPECT_EQ(summarise("none", "").status, 1);
    const Outcome out = shell("bash '" DEEPGLASS_SOURCE_DIR "/tools/test_summary.sh' asan=no_such_report.xml");
    EXPECT_EQ(out.status, 1) << out.output;
    EXPECT_NE(out.output.find("0 passed, 1 failed, 0 skipped"), std::string::npos) << out.output;
}

}  // namespace
}  // namespace dg::meta
