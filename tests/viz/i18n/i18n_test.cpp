#include "viz/i18n/i18n.h"

#include <gmock/gmock.h>

#include <cstdlib>

namespace dg::viz {
namespace {

TEST(I18n, CatalogueIsWhole) {
    EXPECT_GT(catalogue().size(), 20U);
    EXPECT_THAT(catalogue_faults(), testing::IsEmpty());
}

TEST(I18n, PlaceholdersAgreeInBothLanguages) {
    for (const CatalogueEntry& e : catalogue()) EXPECT_EQ(placeholders(e.zh), placeholders(e.en)) << e.key;
}

TEST(I18n, ChineseIsChinese) {
    int with_han = 0;
    for (const CatalogueEntry& e : catalogue()) {
        const bool han = std::ranges::any_of(e.zh, [](char c) { return static_cast<unsigned char>(c) >= 0xE3; });
        with_han += han ? 1 : 0;
        // an English wording never carries Chinese by mistake (names in quotation marks are arguments)
        EXPECT_EQ(e.en.find("。"), std::string::npos) << e.key;
    }
    EXPECT_GT(with_han * 10, static_cast<int>(catalogue().size()) * 8);
}

TEST(I18n, ArgumentsAreFilledOnce) {
    EXPECT_EQ(tr(Lang::kEn, "badge.seed", {{"seed", "{seed}7"}}), "seed {seed}7");
    EXPECT_EQ(tr(Lang::kZh, "badge.seed", {{"seed", "7"}}), "种子 7");
    EXPECT_EQ(tr(Lang::kEn, "badge.seed"), "seed {seed}");
    EXPECT_EQ(tr(Lang::kEn, "no.such.key"), "⟦no.such.key⟧");
    EXPECT_FALSE(has_key("no.such.key"));
}

TEST(I18n, PlaceholdersOfAWording) {
    EXPECT_THAT(placeholders("{a} {b_2} {a} { x } {} {\\pi}"), testing::ElementsAre("a", "b_2"));
}

TEST(I18n, DescribePutsThePlaceInFront) {
    const Error e{"unknown_scene", {{"name", "mlaa"}, {"suggestion", "mla"}}, "lesson.toml:3:1"};
    EXPECT_EQ(describe(Lang::kEn, e),
              "lesson.toml:3:1: there is no scene 'mlaa'; deepglass figure --list shows them all. Did you mean 'mla'?");
    const Error unknown{"never_heard_of", {{"x", "1"}}, "here"};
    EXPECT_EQ(describe(Lang::kZh, unknown), unknown.plain());
}

TEST(I18n, LanguageOfTheEnvironment) {
    ::setenv("LC_ALL", "", 1);
    ::setenv("LC_MESSAGES", "", 1);
    ::setenv("LANG", "zh_CN.UTF-8", 1);
    EXPECT_EQ(lang_from_environment(), Lang::kZh);
    ::setenv("LC_ALL", "de_DE.UTF-8", 1);
    EXPECT_EQ(lang_from_environment(), Lang::kEn);
    ::unsetenv("LC_ALL");
    ::unsetenv("LC_MESSAGES");
    ::unsetenv("LANG");
    EXPECT_EQ(lang_from_environment(), Lang::kEn);
}

}  // namespace
}  // namespace dg::viz
