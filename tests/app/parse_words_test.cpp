#include "app/parse_words.h"
#include "engine/io/files.h"
#include "viz/i18n/i18n.h"
#include "viz/i18n/reasons.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

namespace dg::app {
namespace {

std::string said(viz::Lang lang, const std::string& what) { return viz::describe(lang, parse_error_in_words(what, "deepglass train --help")); }

TEST(ParseWords, NoChineseSentenceKeepsTheParsersEnglish) {
    const std::pair<const char*, const char*> cases[] = {
        {"The following argument was not expected: --foo", "usage_extra"}, {"MODEL is required", "usage_required"},
        {"--prompt: 1 required TEXT missing", "usage_no_value"},           {"--lang: fr not in {zh,en}", "usage_choice"},
        {"--fps: Value 99 not in range 1.000000 to 60.000000", "usage_range"},
        {"--n: Value abc not in range 0.000000 to 1797693134862315708145274237317043567980705675258449965989174768031572607800285387605895586327668781715404589535143824642343213268894641827684675467035375169860499105765512820762454900903893289440758685084551339423045832369032229481658085593321233482747978262041447231687381771809192998812504040261841248583680000.0", "usage_value"},
        {"Could not convert: --seed = abc", "usage_value"},                {"--a excludes --b", "usage_excludes"},
        {"--a requires --b", "usage_requires"}};
    for (const auto& [what, code] : cases) {
        EXPECT_EQ(parse_error_in_words(what, "h").code, code) << what;
        const std::string zh = said(viz::Lang::kZh, what);
        for (const char* word : {"not ", "required", "Value", "argument", "convert", "excludes"}) EXPECT_EQ(zh.find(word), std::string::npos) << zh;
        EXPECT_NE(zh.find("deepglass train --help"), std::string::npos) << zh;
    }
    EXPECT_EQ(parse_error_in_words("something new", "h").code, "usage_words");
    EXPECT_NE(said(viz::Lang::kEn, "--lang: fr not in {zh,en}").find("zh, en"), std::string::npos);
    EXPECT_NE(said(viz::Lang::kZh, "--fps: Value 99 not in range 1.000000 to 60.000000").find("1 到 60"), std::string::npos);
}

TEST(Reasons, TheSystemsReasonsAreSaidInTheReadersLanguage) {
    for (const int number : {ENOENT, EACCES, EISDIR, ENOSPC, EROFS, EFBIG, ENAMETOOLONG}) {
        const std::string english = std::strerror(number);
        EXPECT_EQ(viz::reason_in_words(viz::Lang::kEn, english), english);
        const std::string zh = viz::reason_in_words(viz::Lang::kZh, english);
        EXPECT_NE(zh, english);
        EXPECT_TRUE(static_cast<unsigned char>(zh.front()) >= 0x80) << zh;
    }
    EXPECT_EQ(viz::reason_in_words(viz::Lang::kZh, "no such reason"), "no such reason");
    const Result<std::string> missing = read_file("/nonexistent/file");
    ASSERT_FALSE(missing);
    const std::string zh = viz::describe(viz::Lang::kZh, missing.error());
    EXPECT_EQ(zh.find("No such"), std::string::npos) << zh;
    EXPECT_NE(zh.find("没有这个文件"), std::string::npos) << zh;
}

}  // namespace
}  // namespace dg::app
