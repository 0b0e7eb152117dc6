#include "app/progress_line.h"
#include "tests/app/command_testing.h"

#include <gmock/gmock.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <set>
#include <sstream>
#include <thread>

namespace dg::app {
namespace {

using testing::HasSubstr;

Outcome run_words(const std::vector<std::string>& words) { return call(words, language_of(words)); }

TEST(Run, CommandsAreUniqueAndWorded) {
    std::set<std::string_view> names;
    for (const Command& command : commands()) {
        EXPECT_TRUE(names.insert(command.name).second) << command.name;
        EXPECT_NE(command.declare, nullptr);
        const bool worded = command.name.empty() || viz::has_key(fmt::format("cli.{}.about", command.name));
        EXPECT_TRUE(worded) << command.name;
    }
}

TEST(Run, EveryCommandHasHelpInBothLanguages) {
    for (const Command& command : commands()) {
        if (command.name.empty()) continue;
        for (const char* lang : {"zh", "en"}) {
            const Outcome r = run_words({std::string(command.name), "--lang", lang, "--help"});
            EXPECT_EQ(r.status, 0) << command.name;
            EXPECT_EQ(r.err, "");
            EXPECT_EQ(r.out.find("⟦"), std::string::npos) << r.out;
            EXPECT_THAT(r.out, HasSubstr("Usage"));
        }
    }
}

TEST(Run, WrongUsageIsTwo) {
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"figrue"}, {"figure", "--no-such-option"}, {"figure", "--lang"}, {"figure", "--lang", "fr"},
          {"figure"}, {"figure", "no-such-scene", "-o", "x.png"}, {"figure", "x", "-o", "x.bmp"}, {"figure", "x", "--set", "a", "-o", "x.png"},
          {"figure", "x", "--size", "12", "-o", "x.png"}, {"figure", "x", "--theme", "neon", "-o", "x.png"}, {"figure", "x", "--dpi", "many", "-o", "x.png"},
          {"figure", "x", "--from", "y.png", "-o", "x.png"}, {"animate"}, {"--no-such-option"}}) {
        const Outcome r = run_words(words);
        EXPECT_EQ(r.status, 2) << fmt::format("{}", fmt::join(words, " "));
        EXPECT_EQ(r.out, "");
        EXPECT_THAT(r.err, testing::StartsWith("deepglass: ")) << fmt::format("{}", fmt::join(words, " "));
        EXPECT_EQ(r.err.find("⟦"), std::string::npos) << r.err;
    }
    EXPECT_FALSE(std::filesystem::exists("x.png"));
}

TEST(Run, FailureIsOne) {
    const Outcome r = run_words({"figure", "--from", "/no/such/file.png", "-o", "x.png", "--lang", "zh"});
    EXPECT_EQ(r.status, 1);
    EXPECT_THAT(r.err, HasSubstr("/no/such/file.png"));
}

TEST(Run, SuggestsCommands) {
    EXPECT_THAT(run_words({"--lang", "en", "figrue"}).err, HasSubstr("Did you mean 'figure'?"));
    EXPECT_THAT(run_words({"--lang=zh", "figrue"}).err, HasSubstr("您是不是想写 'figure'"));
}

TEST(Run, ListsScenes) {
    const Outcome r = run_words({"figure", "--list"});
    EXPECT_EQ(r.status, 0);
    EXPECT_EQ(r.out.find("⟦"), std::string::npos) << r.out;
}

/// A stream that takes nothing, as a full disk does.
class FullDisk : public std::streambuf {
  protected:
    int overflow(int) override { return traits_type::eof(); }
};

TEST(Run, LostOutputIsAFailure) {
    FullDisk full;
    std::ostream out(&full);
    std::ostringstream err;
    out << "x";  // the stream remembers
    EXPECT_EQ(run({"figure", "--list"}, {out, err, viz::Lang::kEn, false}), 1);
    EXPECT_THAT(err.str(), HasSubstr("standard output"));
}

TEST(Run, ExitStatusOfCodes) {
    EXPECT_EQ(exit_status("param_range"), 2);
    EXPECT_EQ(exit_status("unknown_scene"), 2);
    EXPECT_EQ(exit_status("usage_words"), 2);
    EXPECT_EQ(exit_status("file_read"), 1);
}

TEST(Run, LanguageOfWords) {
    EXPECT_EQ(language_of({"figure", "--lang", "zh"}), viz::Lang::kZh);
    EXPECT_EQ(language_of({"--lang=en"}), viz::Lang::kEn);
}

TEST(Interrupt, TheSignalSetsTheFlag) {
    catch_interrupts();
    set_interrupted(false);
    EXPECT_FALSE(interrupted());
    std::raise(SIGINT);
    EXPECT_TRUE(interrupted());
    std::raise(SIGINT);  // its echo, from the process group: ignored
    set_interrupted(false);
    std::signal(SIGTERM, SIG_DFL);
}

TEST(Interrupt, ASecondSignalLaterEndsAtOnce) {
    const auto twice = [] {
        catch_interrupts();
        std::raise(SIGINT);
        std::this_thread::sleep_for(std::chrono::milliseconds(600));
        std::raise(SIGINT);
    };
    EXPECT_EXIT(twice(), testing::KilledBySignal(SIGINT), "");
}

TEST(ProgressLine, SaysHowFarHowFastHowLong) {
    using viz::Lang;
    EXPECT_EQ(progress_text(Lang::kEn, "training", "steps", 0, 500, 2000, 100), "training  500/2000  25.0%  5.0 steps/s  5 min 00 s left");
    EXPECT_EQ(progress_text(Lang::kEn, "training", "steps", 400, 500, 2000, 100), "training  500/2000  25.0%  1.0 steps/s  25 min 00 s left");
    EXPECT_EQ(progress_text(Lang::kEn, "reading", "MB", 0, 12, 0, 0), "reading  12");
    EXPECT_THAT(progress_text(Lang::kZh, "训练", "步", 0, 500, 2000, 100), HasSubstr("还需 5 min"));
    std::ostringstream out;
    {
        ProgressLine quiet(out, false, Lang::kEn, "x", "");
        quiet.update(1, 2);
    }
    EXPECT_EQ(out.str(), "");
    {
        ProgressLine line(out, true, Lang::kEn, "x", "");
        line.update(2, 2);
    }
    EXPECT_THAT(out.str(), HasSubstr("100%"));
    EXPECT_THAT(out.str(), testing::EndsWith("\r\x1b[K"));
}

}  // namespace
}  // namespace dg::app
