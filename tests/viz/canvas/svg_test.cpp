#include "viz/canvas/svg_canvas.h"

#include "sample_drawing.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace dg::viz {
namespace {

/// Checks nesting, quoting and unique ids; returns what is wrong, empty when well-formed.
std::string why_malformed(const std::string& xml) {
    std::vector<std::string> open;
    std::set<std::string> ids;
    for (std::size_t at = xml.find('<'); at != std::string::npos; at = xml.find('<', at)) {
        const std::size_t end = xml.find('>', at);
        if (end == std::string::npos) return "a tag without end";
        std::string tag = xml.substr(at + 1, end - at - 1);
        at = end + 1;
        if (tag[0] == '?') continue;
        const std::string name =
            tag.substr(tag[0] == '/', tag.find_first_of(" /", 1) - (tag[0] == '/'));
        if (tag[0] == '/') {
            if (open.empty() || open.back() != tag.substr(1))
                return "</" + tag.substr(1) + "> does not fit";
            open.pop_back();
        } else if (tag.back() != '/') {
            open.push_back(name);
        }
        if (std::count(tag.begin(), tag.end(), '"') % 2 != 0) return "quotes in <" + tag + ">";
        if (tag.find('&') != std::string::npos && tag.find(';') == std::string::npos)
            return "bare & in <" + tag + ">";
        const std::size_t id = tag.find(" id=\"");
        if (id != std::string::npos &&
            !ids.insert(tag.substr(id + 5, tag.find('"', id + 5) - id - 5)).second)
            return "id twice: " + tag;
    }
    return open.empty() ? "" : "<" + open.back() + "> stays open";
}

TEST(Svg, SampleIsWellFormedAndHoldsTheDrawing) {
    const Theme& t = theme(ThemeId::kLight);
    SvgCanvas canvas({0, 0, 1920, 1080});
    draw_sample(canvas, t);
    const std::string svg = canvas.document(t.ground, {{"Title", "a < b & c"}});
    EXPECT_EQ(why_malformed(svg), "");
    for (const char* part :
         {"<g id=\"dg-curves\">", "<title>a &lt; b &amp; c</title>", "viewBox=\"0 0 1920 1080\"",
          "湖南大学 Hunan University", "shape-rendering=\"crispEdges\"",
          "clip-path=\"url(#clip1)\"", "stroke-dasharray=\"10 6\"", "rotate(-90)"}) {
        EXPECT_NE(svg.find(part), std::string::npos) << part;
    }
}

TEST(Svg, CommandsBecomeElements) {
    SvgCanvas c({0, 0, 100, 50});
    c.begin_group("layer 1/学");
    c.fill_rect({1, 2.5F, 30, 10}, Color::hex(0x0072B2, 128), 4);
    c.line({0, 0}, {10, 20}, {Color::hex(0xD55E00), 2});
    c.end_group();
    c.begin_group("layer 1/学");
    c.end_group();
    const std::string svg = c.document({0, 0, 0, 0}, {});
    EXPECT_NE(svg.find("<rect x=\"1\" y=\"2.5\" width=\"30\" height=\"10\" rx=\"4\" "
                       "fill=\"#0072b2\" fill-opacity=\"0.502\"/>"),
              std::string::npos)
        << svg;
    EXPECT_NE(svg.find("<line x1=\"0\" y1=\"0\" x2=\"10\" y2=\"20\" fill=\"none\" "
                       "stroke=\"#d55e00\" stroke-width=\"2\"/>"),
              std::string::npos)
        << svg;
    EXPECT_EQ(why_malformed(svg), "");
}

TEST(Svg, GlyphsAreDefinedOnce) {
    SvgCanvas c({0, 0, 400, 50});
    c.text({10, 30}, "aaa", {20, Color::hex(0)});
    c.text({10, 30}, "a", {40, Color::hex(0)});
    const std::string svg = c.document({}, {});
    std::size_t uses = 0, defined = 0;
    for (std::size_t at = svg.find("<use"); at != std::string::npos; at = svg.find("<use", at + 1))
        ++uses;
    for (std::size_t at = svg.find("<path id=\"g"); at != std::string::npos;
         at = svg.find("<path id=\"g", at + 1))
        ++defined;
    EXPECT_EQ(uses, 4U);
    EXPECT_EQ(defined, 1U);
}

TEST(Svg, MetadataOfBrokenFilesIsAnError) {
    EXPECT_FALSE(decode_svg_metadata("not a picture"));
    EXPECT_FALSE(decode_svg_metadata("<svg><metadata><dg:entry key=\"a\" value=\"b"));
    EXPECT_TRUE(decode_svg_metadata("<svg></svg>")->empty());
}

}  // namespace
}  // namespace dg::viz
