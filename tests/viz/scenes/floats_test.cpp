#include "viz/scenes/floats.h"

#include "tests/viz/scenes/next_token_support.h"

#include <gmock/gmock.h>

#include <cmath>

namespace dg::viz::floats {
namespace {

using testing::HasSubstr;

class FloatsScene : public SmallModel {};

TEST_F(FloatsScene, CurriculumNumbersOfATenthAndPi) {
    const Shown tenth = show("floats", {{"value", "0.1"}}), pi = show("floats", {{"value", "pi"}});
    EXPECT_EQ(tenth.value("rounded", "e4m3"), 0.1015625);
    EXPECT_EQ(tenth.value("rounded", "e5m2"), 0.09375);
    EXPECT_NEAR(tenth.value("rounded", "fp16"), 0.0999756, 5e-8);
    EXPECT_EQ(pi.value("rounded", "e4m3"), 3.25);
    EXPECT_EQ(pi.value("rounded", "e5m2"), 3);
    EXPECT_EQ(pi.value("rounded", "fp16"), 3.140625);
    EXPECT_EQ(pi.value("code", "e4m3"), 0x45);
    EXPECT_NEAR(pi.value("relative_error", "e4m3"), 0.0345, 1e-4);
}

TEST_F(FloatsScene, ThrownValues) {
    const Shown s = show("floats", {{"mode", "ends"}});
    const auto is = [&](const char* format, const char* x, double expected) { EXPECT_EQ(s.value(std::string("thrown_") + format, x), expected) << format << x; };
    is("e4m3", "500", 448), is("e4m3", "60000", 448), is("e4m3", "0.001", std::ldexp(1, -9)), is("e4m3", "0.0009", 0), is("e4m3", "1e-5", 0);
    is("e5m2", "500", 512), is("e5m2", "60000", 57344), is("e5m2", "0.001", std::ldexp(1, -10)), is("e5m2", "1e-5", std::ldexp(1, -16));
    EXPECT_NEAR(s.value("thrown_e5m2", "0.0009"), 0.000854, 5e-7);
    EXPECT_EQ(s.value("overflows", "e4m3"), 2);
    EXPECT_EQ(s.value("underflows", "e4m3"), 2);
    EXPECT_EQ(s.value("overflows", "e5m2"), 0);
    const Shown open = show("floats", {{"mode", "ends"}, {"saturate", "false"}, {"values", "464, 464.1, -61440"}});
    EXPECT_EQ(open.value("thrown_e4m3", "464"), 448);
    EXPECT_TRUE(std::isnan(open.value("thrown_e4m3", "464.1")));
    EXPECT_EQ(open.value("thrown_e5m2", "-61440"), -std::numeric_limits<double>::infinity());
}

TEST_F(FloatsScene, FlippingEveryBitOfEveryFormatIsExact) {
    for (const FormatInfo& f : fp8::formats()) {
        for (const char* value : {"pi", "0", "-0.001", "1e9", "nan", "inf"}) {
            const Shown s = show("floats", {{"format", std::string(f.id)}, {"value", value}, {"saturate", "false"}});
            const auto code = static_cast<std::uint32_t>(s.value("code", std::string(f.id)));
            for (int bit = 0; bit < f.bits(); ++bit) {
                const auto set = s.scene->act(*s.data, s.params, fmt::format("flip {}", bit));
                const Shown flipped = show("floats", set);
                EXPECT_EQ(static_cast<std::uint32_t>(flipped.value("code", std::string(f.id))), code ^ 1U << bit) << f.name << value << bit;
            }
        }
    }
}

TEST_F(FloatsScene, EveryBitIsARegion) {
    for (const FormatInfo& f : fp8::formats()) {
        const Shown s = show("floats", {{"format", std::string(f.id)}});
        const LogCanvas canvas = s.drawn(last(s));
        int bits = 0;
        for (const Region& r : canvas.regions()) bits += r.action.starts_with("flip ");
        EXPECT_EQ(bits, f.bits());
    }
}

TEST_F(FloatsScene, WhyNot480) {
    const Shown s = show("floats", {{"mode", "table"}});
    EXPECT_EQ(s.value("max", "e4m3"), 448);
    EXPECT_EQ(s.value("unreserved_max", "e4m3"), 480);
    EXPECT_EQ(s.value("ieee_max", "e4m3"), 240);
    EXPECT_EQ(s.value("values", "e4m3"), 253);
    const std::string log = s.drawn(last(s)).log();
    for (const char* text : {"= 448", "= 480", "= 240", "57,344", "65,504"}) EXPECT_THAT(log, HasSubstr(text));
    View covered = last(s);
    covered.revealed = false;
    EXPECT_THAT(s.drawn(covered).log(), testing::Not(HasSubstr("65,504")));
}

TEST_F(FloatsScene, BadValuesAreNamed) {
    for (const char* value : {"", "ten", "1e", "0x100", "0xg", "2^", "3^2", "1 + 1", "--1"}) {
        const Scene* scene = find_scene("floats");
        const auto params = parse_params(scene->params, {{"value", value}});
        ASSERT_TRUE(params);
        const auto data = scene->compute(session_, *params, Progress{});
        ASSERT_FALSE(data) << value;
        EXPECT_EQ(data.error().code, "floats_value");
    }
    const Scene* scene = find_scene("floats");
    const auto params = parse_params(scene->params, {{"values", "1,2,3,4,5,6,7,8,9"}});
    EXPECT_EQ(scene->compute(session_, *params, Progress{}).error().code, "floats_values");
}

TEST_F(FloatsScene, TidyAtAllSizes) {
    for (const char* mode : {"bits", "table", "ends", "spacing"}) {
        for (const char* value : {"pi", "-0.0001", "480", "1e30", "nan", "0"}) {
            const Shown s = show("floats", {{"mode", mode}, {"value", value}});
            expect_tidy(s, last(s), {0, 0, 900, 600});
            expect_tidy(s, last(s, Lang::kEn, ThemeId::kProjector), {0, 0, 1652, 930});  // the least page the window gives this type
            if (value == std::string("pi")) expect_tidy(s);
        }
    }
}

TEST_F(FloatsScene, NothingOverlapsOnTheLargePage) {
    for (const char* mode : {"bits", "table", "ends", "spacing"}) {
        for (const char* value : {"pi", "400", "1"}) {
            const Shown s = show("floats", {{"mode", mode}, {"value", value}});
            for (const ThemeId id : {ThemeId::kLight, ThemeId::kProjector}) {
                EXPECT_THAT(overlaps(s.drawn(last(s, Lang::kZh, id))), testing::IsEmpty()) << mode << value;
                EXPECT_THAT(overlaps(s.drawn(last(s, Lang::kEn, id))), testing::IsEmpty()) << mode << value;
            }
        }
    }
}

}  // namespace
}  // namespace dg::viz::floats
