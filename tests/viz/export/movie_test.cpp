#include "viz/export/movie.h"

#include "engine/io/files.h"
#include "tests/viz/export/test_scene.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace dg::viz {
namespace {

namespace fs = std::filesystem;

class MovieTest : public testing::Test {
  protected:
    MovieTest() {
        fs::remove_all(dir_);
        fs::create_directories(dir_);
        auto made = make_figure(session_, {.scene = "test", .width = 160, .height = 90}, {}, test_table());
        EXPECT_TRUE(made);
        figure_ = std::move(made).value();
    }

    ~MovieTest() override { fs::remove_all(dir_); }

    /// Names in the folder: nothing half-written may be among them.
    std::vector<std::string> names() const {
        std::vector<std::string> out;
        for (const auto& e : fs::directory_iterator(dir_)) out.push_back(e.path().filename().string());
        std::ranges::sort(out);
        return out;
    }

    fs::path dir_ = fs::temp_directory_path() / ("deepglass_movie_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    Session session_{"/nonexistent"};
    Figure figure_;
    MovieOptions options_{.fps = 10, .speed = 1, .hold = 0.5};
};

TEST_F(MovieTest, MomentsCoverTheClock) {
    const auto moments = movie_moments(test_table()[0], options_);
    EXPECT_EQ(moments.front(), (std::pair<int, double>{0, 0.0}));
    EXPECT_EQ(moments.back(), (std::pair<int, double>{1, 1.0}));
    EXPECT_NEAR(static_cast<double>(moments.size()), 7, 1);  // 0.6 s at 10 fps
    Scene still = test_scene();
    still.stages.clear();
    EXPECT_EQ(movie_moments(still, options_).size(), 1U);
}

TEST_F(MovieTest, FramesAreWholeFolders) {
    ASSERT_TRUE(export_movie(figure_, options_, dir_ / "frames", {}));
    EXPECT_EQ(names(), (std::vector<std::string>{"frames"}));
    const auto first = read_recipe(dir_ / "frames" / "frame-0001.png", test_table());
    ASSERT_TRUE(first);
    EXPECT_EQ(first->stage, "rise");
    EXPECT_EQ(first->u, 0);
    const auto again = export_movie(figure_, options_, dir_ / "frames", {});
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, "animate_exists");
    fs::create_directories(dir_ / "empty");
    EXPECT_TRUE(export_movie(figure_, options_, dir_ / "empty", {}));
}

TEST_F(MovieTest, GifIsWrittenAndRepeatable) {
    ASSERT_TRUE(export_movie(figure_, options_, dir_ / "a.gif", {}));
    ASSERT_TRUE(export_movie(figure_, options_, dir_ / "b.gif", {}));
    const auto a = read_file(dir_ / "a.gif"), b = read_file(dir_ / "b.gif");
    ASSERT_TRUE(a && b);
    EXPECT_EQ(a->substr(0, 6), "GIF89a");
    EXPECT_EQ(a->back(), ';');
    EXPECT_EQ(*a, *b);
}

TEST_F(MovieTest, CancelLeavesNothing) {
    int calls = 0;
    const Progress stop{.report = [&](double) { return ++calls < 4; }};
    for (const char* name : {"frames", "a.gif"}) {
        calls = 0;
        const auto r = export_movie(figure_, options_, dir_ / name, stop);
        ASSERT_FALSE(r);
        EXPECT_EQ(r.error().code, "cancelled");
        EXPECT_TRUE(names().empty()) << names().front();
    }
}

/// Puts a script named ffmpeg in front of PATH.
class FakeFfmpeg {
  public:
    FakeFfmpeg(const fs::path& dir, const std::string& script) : before_(std::getenv("PATH")) {
        fs::create_directories(dir);
        EXPECT_TRUE(write_file(dir / "ffmpeg", "#!/bin/sh\n" + script));
        ::chmod((dir / "ffmpeg").c_str(), 0755);
        ::setenv("PATH", (dir.string() + ":" + before_).c_str(), 1);
    }

    ~FakeFfmpeg() { ::setenv("PATH", before_.c_str(), 1); }

    FakeFfmpeg(const FakeFfmpeg&) = delete;
    FakeFfmpeg& operator=(const FakeFfmpeg&) = delete;

  private:
    std::string before_;
};

TEST_F(MovieTest, EveryFrameReachesTheEncoder) {
    // the last argument is the output: the fake encoder counts the bytes it was given
    const FakeFfmpeg fake(dir_ / "bin", "for a; do out=$a; done\nwc -c > \"${out#file:}\"\n");
    ASSERT_TRUE(export_movie(figure_, options_, dir_ / "a.mp4", {}));
    const auto count = read_file(dir_ / "a.mp4");
    ASSERT_TRUE(count);
    const std::size_t frames = movie_moments(*figure_.scene, options_).size() + 5;  // and half a second of hold
    EXPECT_EQ(std::stoull(*count), frames * 160 * 90 * 4);
}

TEST_F(MovieTest, FailingEncoderIsAnErrorAndLeavesNothing) {
    const FakeFfmpeg fake(dir_ / "bin", "exit 3\n");
    const auto r = export_movie(figure_, options_, dir_ / "a.mp4", {});
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code, "ffmpeg_failed");
    EXPECT_EQ(names(), (std::vector<std::string>{"bin"}));
}

TEST_F(MovieTest, MissingEncoderIsNamed) {
    const std::string before = std::getenv("PATH");
    ::setenv("PATH", dir_.c_str(), 1);
    const auto r = export_movie(figure_, options_, dir_ / "a.mp4", {});
    ::setenv("PATH", before.c_str(), 1);
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code, "ffmpeg_missing");
    EXPECT_TRUE(names().empty());
}

TEST_F(MovieTest, BadOptionsAreNamed) {
    EXPECT_EQ(export_movie(figure_, {.fps = 0}, dir_ / "a.gif", {}).error().code, "param_fps");
    EXPECT_EQ(export_movie(figure_, {.hold = -1}, dir_ / "a.gif", {}).error().code, "param_hold");
    EXPECT_EQ(export_movie(figure_, options_, dir_ / "a.avi", {}).error().code, "usage_movie");
}

}  // namespace
}  // namespace dg::viz
