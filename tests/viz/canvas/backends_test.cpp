#include "viz/canvas/backends.h"

#include "sample_drawing.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace dg::viz {
namespace {

constexpr PageSize kPage = {1920, 1080};

std::filesystem::path out_dir() {
    const char* wanted = std::getenv("DEEPGLASS_SAMPLES");
    const std::filesystem::path dir = wanted ? wanted : std::filesystem::temp_directory_path() / "deepglass_canvas_test";
    std::filesystem::create_directories(dir);
    return dir;
}

TEST(Backends, SamplesInEveryTheme) {
    for (const ThemeId id : {ThemeId::kLight, ThemeId::kDark, ThemeId::kProjector, ThemeId::kPaper}) {
        const Theme& t = theme(id);
        const auto file = out_dir() / (std::string(t.name) + ".png");
        const auto done = write_png(file, kPage, {.background = t.ground, .metadata = {{"Title", "样张"}}},
                                    [&](Canvas& c) { draw_sample(c, t); });
        ASSERT_TRUE(done) << done.error().plain();
        EXPECT_GT(std::filesystem::file_size(file), 20000U);
    }
}

}  // namespace
}  // namespace dg::viz
