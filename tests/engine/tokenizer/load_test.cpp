#include "engine/io/files.h"
#include "tests/engine/tokenizer/support.h"

#include <filesystem>

namespace dg {
namespace {

TEST(TokenizerLoad, ReadsAFileAndSaysWhenItIsGone) {
    const auto file = std::filesystem::path(testing::TempDir()) / "deepglass_tokenizer_test.json";
    ASSERT_TRUE(write_file(file, test::small().json()).has_value());
    EXPECT_EQ(Tokenizer::load(file).value().json(), test::small().json());
    std::filesystem::remove(file);
    const auto gone = Tokenizer::load(file);
    ASSERT_FALSE(gone.has_value());
    EXPECT_EQ(gone.error().code, "file_read");
}

}  // namespace
}  // namespace dg
