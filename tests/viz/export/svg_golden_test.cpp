// What scenes export, held group by group: tests/golden/viz/svg.txt has one line per scene, language and group of the SVG
// with the hash of its normalised text (no recipe, no glyph outlines, coordinates to whole pixels: other versions of a font
// may differ below that).
//
// After a wanted change:   DG_UPDATE_GOLDEN=1 build/tests/test_viz --gtest_filter='SvgGolden*'
// then look at the pictures (deepglass figure SCENE -o x.svg) and commit the file. A new scene gets its lines the same way.
#include "engine/base/rng.h"
#include "engine/io/files.h"
#include "viz/export/figure.h"

#include <gtest/gtest.h>

#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

namespace dg::viz {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = fs::path(DEEPGLASS_SOURCE_DIR) / "tests/golden/viz/svg.txt";

bool updating() { return std::getenv("DG_UPDATE_GOLDEN") != nullptr; }

/// Numbers of a line to whole pixels.
std::string rounded(const std::string& line) {
    std::string out;
    for (std::size_t i = 0; i < line.size();) {
        const bool sign = line[i] == '-' && i + 1 < line.size() && std::isdigit(static_cast<unsigned char>(line[i + 1])) != 0;
        if (!sign && std::isdigit(static_cast<unsigned char>(line[i])) == 0) {
            out += line[i++];
            continue;
        }
        char* end = nullptr;
        const double value = std::strtod(line.c_str() + i, &end);
        const auto length = static_cast<std::size_t>(end - (line.c_str() + i));
        const std::string digits = line.substr(i, length);
        out += digits.find('.') == std::string::npos ? digits : fmt::format("{:.0f}", value + 0.0);
        i += length;
    }
    return out;
}

/// "group" -> hash of what it draws; nested groups are "outer/inner".
std::map<std::string, std::string> groups_of(const std::string& svg) {
    std::map<std::string, std::uint64_t> hashes;
    std::vector<std::string> open;
    std::string path;
    const auto name_path = [&] {
        path.clear();
        for (const std::string& name : open) {
            if (!name.empty()) path += (path.empty() ? "" : "/") + name;
        }
    };
    std::istringstream lines(svg.substr(svg.find("</metadata>")));
    bool defs = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("<defs")) defs = true;
        if (line.starts_with("</defs")) defs = false;
        if (defs || line.starts_with("<use ") || line.starts_with("</defs") || line.starts_with("</metadata")) continue;
        if (line.starts_with("<g")) {
            const std::size_t id = line.find("id=\"dg-");
            open.push_back(id == std::string::npos ? "" : line.substr(id + 7, line.find('"', id + 7) - id - 7));
            name_path();
        }
        std::uint64_t& hash = hashes[path.empty() ? "page" : path];
        // clip paths are numbered through the whole file: only that one is set
        const std::size_t clip = line.find("clip-path=");
        hash = hash_words(hash, hash_text(rounded(clip == std::string::npos ? line : line.substr(0, clip))));
        if (line.starts_with("</g") && !open.empty()) open.pop_back(), name_path();
    }
    std::map<std::string, std::string> out;
    for (const auto& [group, hash] : hashes) out[group] = fmt::format("{:016x}", hash);
    return out;
}

std::map<std::string, std::string> exported(Session& session, const Scene& scene, Lang lang) {
    const auto figure = make_figure(session, {.scene = std::string(scene.id), .lang = lang, .width = 1280, .height = 720});
    EXPECT_TRUE(figure) << figure.error().plain();
    if (!figure) return {};
    const fs::path file = fs::path(::testing::TempDir()) / fmt::format("golden-{}-{}.svg", scene.id, lang_name(lang));
    EXPECT_TRUE(export_figure(*figure, FigureFormat::kSvg, file));
    return groups_of(read_file(file).value());
}

using Held = std::map<std::string, std::map<std::string, std::string>>;  // "scene lang" -> group -> hash

Held held() {
    Held out;
    const Result<std::string> text = read_file(kGolden);
    if (!text) return out;
    std::istringstream lines(*text);
    for (std::string scene, lang, group, hash; lines >> scene >> lang >> group >> hash;) out[scene + " " + lang][group] = hash;
    return out;
}

TEST(SvgGolden, ExportedScenesAreTheGoldenOnes) {
    Session session;
    Held golden = held();
    std::string written;
    for (const Scene& scene : scenes()) {
        for (const Lang lang : {Lang::kZh, Lang::kEn}) {
            const std::string key = fmt::format("{} {}", scene.id, lang_name(lang));
            if (!updating() && !golden.contains(key)) continue;
            const std::map<std::string, std::string> found = exported(session, scene, lang);
            for (const auto& [group, hash] : found) written += fmt::format("{} {} {}\n", key, group, hash);
            if (updating()) continue;
            for (const auto& [group, hash] : found) EXPECT_EQ(golden[key][group], hash) << key << ": group “" << group << "” changed; see the top of this file";
            for (const auto& [group, hash] : golden[key]) EXPECT_TRUE(found.contains(group)) << key << ": group “" << group << "” is gone";
        }
    }
    if (updating()) {
        ASSERT_TRUE(write_file(kGolden, written));
    }
    EXPECT_FALSE(held().empty());
}

TEST(SvgGolden, EverySceneHasOne) {
    const Held golden = held();
    std::string missing;
    for (const Scene& scene : scenes()) {
        if (!golden.contains(fmt::format("{} en", scene.id))) missing += fmt::format(" {}", scene.id);
    }
    if (!missing.empty()) GTEST_SKIP() << "no SVG golden yet:" << missing << "; see the top of this file";
}

TEST(SvgGolden, AMovedShapeIsAnotherPicture) {
    const std::string head = "<svg>\n</metadata>\n", body = "<g id=\"dg-cells\">\n<rect x=\"12.25\" y=\"3\"/>\n</g>\n</svg>\n";
    const auto base = groups_of(head + body);
    EXPECT_TRUE(base.contains("cells"));
    std::string nudged = body, moved = body;
    nudged.replace(nudged.find("12.25"), 5, "12.26");
    moved.replace(moved.find("12.25"), 5, "14.25");
    EXPECT_EQ(groups_of(head + nudged), base);
    EXPECT_NE(groups_of(head + moved), base);
    EXPECT_NE(groups_of(head + "<defs>\n</defs>\n" + body.substr(0, body.find("<rect")) + body.substr(body.find("</g>"))), base);
}

}  // namespace
}  // namespace dg::viz
