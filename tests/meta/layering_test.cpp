// Arrows point downwards only (STYLE: layout): app -> lessons -> viz -> sim -> engine. Read from the #include lines.
#include "tests/meta/source_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <regex>

namespace dg::meta {
namespace {

/// What a line includes; nothing when it is no #include.
std::optional<std::string> included(const std::string& line) {
    static const std::regex pattern(R"(^\s*#\s*include\s*[<"]([^>"]+)[>"])");
    std::smatch m;
    if (!std::regex_search(line, m, pattern)) return std::nullopt;
    return m[1].str();
}

std::string layer_of(const std::string& path) { return path.substr(0, path.find('/')); }

/// Complaint about one include of one file, or nothing.
std::optional<std::string> layering_fault(const std::string& file, const std::string& include) {
    static const std::map<std::string, int> height = {{"engine", 0}, {"sim", 1}, {"viz", 2}, {"lessons", 3}, {"app", 4}};
    const auto target = height.find(layer_of(include));
    const auto self = height.find(layer_of(file));
    if (self == height.end()) return std::nullopt;
    if (include.find('/') != std::string::npos && target != height.end() && target->second > self->second)
        return layer_of(file) + " must not see " + target->first;
    const bool imgui = include.find("imgui") != std::string::npos || include.starts_with("imstb");
    const bool sdl = include.starts_with("SDL");
    const bool may_show = file.starts_with("viz/canvas/") || file.starts_with("viz/window/") || file.starts_with("app/");
    if ((imgui || sdl) && !may_show) return std::string(imgui ? "ImGui" : "SDL") + " belongs in viz/canvas, viz/window and app";
    if (include.starts_with("tests/")) return "the program must not see its tests";
    return std::nullopt;
}

TEST(Layering, EveryIncludePointsDownwards) {
    int includes = 0;
    for (const SourceFile& file : source_files(kLayers, {".h", ".cpp"})) {
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            const auto include = included(file.lines[i]);
            if (!include) continue;
            ++includes;
            const auto fault = layering_fault(file.path, *include);
            EXPECT_FALSE(fault) << file.path << ":" << i + 1 << ": includes " << *include << ": " << *fault;
        }
    }
    EXPECT_GT(includes, 100);
}

TEST(Layering, TheRuleCatchesWhatItForbids) {
    EXPECT_TRUE(layering_fault("engine/ops/rope.cpp", "viz/canvas/canvas.h"));
    EXPECT_TRUE(layering_fault("engine/ops/rope.cpp", "sim/job.h"));
    EXPECT_TRUE(layering_fault("sim/job.cpp", "lessons/parser.h"));
    EXPECT_TRUE(layering_fault("viz/scenes/mla.cpp", "app/commands.h"));
    EXPECT_TRUE(layering_fault("viz/scenes/mla.cpp", "imgui.h"));
    EXPECT_TRUE(layering_fault("lessons/player.cpp", "imgui/imgui.h"));
    EXPECT_TRUE(layering_fault("sim/job.cpp", "SDL2/SDL.h"));
    EXPECT_TRUE(layering_fault("engine/base/rng.cpp", "tests/meta/source_tree.h"));
    EXPECT_FALSE(layering_fault("viz/canvas/window.cpp", "imgui.h"));
    EXPECT_FALSE(layering_fault("app/window/shell.cpp", "SDL.h"));
    EXPECT_FALSE(layering_fault("lessons/player.cpp", "viz/scenes/scene.h"));
    EXPECT_FALSE(layering_fault("engine/base/rng.cpp", "vector"));
    EXPECT_EQ(included("  # include <sim/job.h>").value_or(""), "sim/job.h");
    EXPECT_FALSE(included("// we #include nothing"));
}

/// A forbidden word in code, comments aside.
bool uses(const std::string& line, const std::regex& word) {
    return std::regex_search(line.substr(0, line.find("//")), word);
}

// drawing shows computed numbers: no source of randomness in viz but dg::Rng in a compute step of recorded seed
TEST(Layering, NoRandomNumbersInDrawingCode) {
    const std::regex word(R"(\b(s?rand|random_device|mt19937(_64)?|default_random_engine|minstd_rand0?|drand48|arc4random|\w+_distribution)\b\s*[({<\s;])");
    EXPECT_TRUE(uses("int x = rand();", word));
    EXPECT_TRUE(uses("std::mt19937 gen(1);", word));
    EXPECT_TRUE(uses("std::normal_distribution<float> d;", word));
    EXPECT_FALSE(uses("auto brand = 1; // rand()", word));
    for (const SourceFile& file : source_files(kLayers, {".h", ".cpp"})) {
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            EXPECT_FALSE(uses(file.lines[i], word)) << file.path << ":" << i + 1 << ": " << file.lines[i];
            EXPECT_NE(included(file.lines[i]).value_or(""), "random") << file.path << ":" << i + 1;
        }
    }
}

// engine and sim: libm picks its code by CPU, so its last bits differ between machines; dg::exp and friends do not. A
// recheck is meant to be other code than forward's: explain... and ..._in_double may call libm.
TEST(Layering, NoLibmTranscendentalsInNumerics) {
    const std::regex word(R"((std::|(^|[^A-Za-z0-9_])::)(exp2?|expm1|log|log2|log10|log1p|sin|cos|tan|tanh|sinh|cosh|pow|atan2?|erf|tgamma|lgamma)f?\s*\()");
    const std::regex header(R"(^(    )?[A-Za-z_\[].*\).*\{\s*$)"), recheck(R"(\bexplain|_in_double|recheck)");
    EXPECT_TRUE(uses("y = std::exp(x);", word));
    EXPECT_FALSE(uses("y = std::sqrt(x);", word));
    EXPECT_TRUE(std::regex_search("    CellExplanation explain(int which) const override {", header));
    int rechecks = 0;
    for (const SourceFile& file : source_files({"engine", "sim"}, {".h", ".cpp"})) {
        bool exempt = false;
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            std::string line = file.lines[i];
            if (std::regex_search(line, header)) exempt = std::regex_search(line, recheck);
            for (std::size_t at = line.find("dg::"); at != std::string::npos; at = line.find("dg::")) line.erase(at, 4);
            if (!uses(line, word)) continue;
            rechecks += exempt ? 1 : 0;
            EXPECT_TRUE(exempt) << file.path << ":" << i + 1 << ": write dg::... instead: " << file.lines[i];
        }
    }
    EXPECT_GT(rechecks, 0);  // the exemption is in use, so the walk saw the ops
}

}  // namespace
}  // namespace dg::meta
