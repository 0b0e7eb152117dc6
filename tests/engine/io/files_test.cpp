#include "engine/io/files.h"

#include "engine/io/text.h"
#include "tests/engine/io/io_testing.h"

#include <sys/resource.h>

#include <csignal>

namespace dg {
namespace {

using testing::expect_error;
using testing::TempFolder;

TEST(Files, WritesAndReadsBack) {
    const TempFolder folder;
    const std::string content("a\0b\n学", 7);
    ASSERT_TRUE(write_file(folder / "x", content));
    EXPECT_EQ(read_file(folder / "x").value(), content);
    ASSERT_TRUE(write_file(folder / "x", ""));
    EXPECT_EQ(read_file(folder / "x").value(), "");
    EXPECT_EQ(folder.entries(), 1U) << "a temporary file was left";
}

TEST(Files, ReadsWhatHasNoSize) {
    EXPECT_NE(read_file("/proc/self/status").value().find("Name:"), std::string::npos);
}

TEST(Files, MissingFilesAndFoldersAreErrors) {
    const TempFolder folder;
    expect_error(read_file(folder / "absent").error(), "file_read");
    expect_error(read_file(folder.path()).error(), "file_read");
    expect_error(write_file(folder / "absent/x", "a").error(), "file_write");
    expect_error(write_file(folder.path(), "a").error(), "file_write");
    expect_error(write_file(folder / "new/", "a").error(), "file_write");
}

TEST(Files, AFileBeyondTheMemoryIsRefusedUnread) {
    const TempFolder folder;
    ASSERT_TRUE(write_file(folder / "sparse", "x"));
    std::error_code failed;
    std::filesystem::resize_file(folder / "sparse", std::uintmax_t{1} << 43U, failed);
    if (failed) GTEST_SKIP() << "no sparse files here: " << failed.message();
    expect_error(read_file(folder / "sparse").error(), "file_read");
}

TEST(Files, AFullDiskIsAnError) {
    expect_error(write_file("/dev/full", "abc").error(), "file_write");
}

TEST(Files, AFailedWriteKeepsTheOldFileAndNoTemporaryOne) {
    const TempFolder folder;
    ASSERT_TRUE(write_file(folder / "x", "old"));

    // a limit on file sizes fails in the middle of the write, as a full disk does
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{.rlim_cur = 4096, .rlim_max = before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const Result<void> written = write_file(folder / "x", std::string(100000, 'n'));
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, handler);

    ASSERT_FALSE(written);
    expect_error(written.error(), "file_write");
    EXPECT_EQ(read_file(folder / "x").value(), "old");
    EXPECT_EQ(folder.entries(), 1U) << "a temporary file was left";
}

TEST(Files, AnUncommittedFileVanishes) {
    const TempFolder folder;
    {
        Result<OutputFile> output = OutputFile::create(folder / "x");
        ASSERT_TRUE(output);
        ASSERT_TRUE(output->write("half"));
        EXPECT_EQ(folder.entries(), 1U);
    }
    EXPECT_EQ(folder.entries(), 0U);
}

TEST(Files, ALinkKeepsPointingWhereItPoints) {
    const TempFolder folder;
    ASSERT_TRUE(write_file(folder / "target", "old"));
    std::filesystem::create_symlink("target", folder / "link");
    ASSERT_TRUE(write_file(folder / "link", "new"));
    EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
    EXPECT_EQ(read_file(folder / "target").value(), "new");
}

TEST(Files, HashIsSixteenDigitsAndDependsOnEveryByte) {
    EXPECT_EQ(hash_hex("").size(), 16U);
    EXPECT_EQ(hash_hex("abc"), hash_hex("abc"));
    EXPECT_NE(hash_hex("abc"), hash_hex("abd"));
    EXPECT_NE(hash_hex("a"), hash_hex(std::string_view("a\0", 2)));
    EXPECT_EQ(hash_digits(0xFULL), "000000000000000f");
}

TEST(Text, ClipCutsBetweenCharactersAndDropsControls) {
    EXPECT_EQ(clip("short"), "short");
    EXPECT_EQ(clip("学习", 5), "学…");
    EXPECT_EQ(clip("学习", 6), "学习");
    EXPECT_EQ(clip("a\nb\x1b[31m"), "a b [31m");
    EXPECT_EQ(line_and_column("ab\ncd", 0), std::pair(std::size_t{1}, std::size_t{1}));
    EXPECT_EQ(line_and_column("ab\ncd", 4), std::pair(std::size_t{2}, std::size_t{2}));
}

}  // namespace
}  // namespace dg
