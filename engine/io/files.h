// Whole files in, whole files out.
#pragma once

#include "engine/base/result.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace dg {

/// The file's bytes. A file larger than the machine's memory is refused before anything is read.
/// Error code: file_read (args file, reason).
Result<std::string> read_file(const std::filesystem::path& file);

/// Writes to a temporary file in the same folder, syncs, renames over the target. A target that is
/// a device or a pipe is written directly. Error code: file_write (args file, reason); a failure
/// leaves the old file and no temporary one.
Result<void> write_file(const std::filesystem::path& file, std::string_view content);

/// Whether write_file would find a place to write: asked before long work, so that a wrong folder costs nothing. A device or a pipe
/// is not touched. Error code: file_write.
Result<void> check_writable(const std::filesystem::path& file);

/// 64-bit hash of bytes as 16 hex digits (recipes, corpus and model hashes).
std::string hash_hex(std::string_view bytes);
/// A 64-bit hash as 16 hex digits.
std::string hash_digits(std::uint64_t hash);

/// Bytes of memory in this machine: the bound for anything that a file claims to hold.
std::uint64_t physical_memory();

/// An open file, read at any place.
class InputFile {
  public:
    /// Error code: file_read.
    static Result<InputFile> open(const std::filesystem::path& file);
    InputFile(InputFile&& other) noexcept;
    InputFile& operator=(InputFile&& other) noexcept;
    InputFile(const InputFile&) = delete;
    InputFile& operator=(const InputFile&) = delete;
    ~InputFile();

    /// Bytes in the file when it was opened; 0 for pipes and devices.
    [[nodiscard]] std::uint64_t size() const { return size_; }

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

    /// Reads up to `length` bytes from `offset`; fewer only at the end of the file. Error code:
    /// file_read.
    Result<std::size_t> read_at(std::uint64_t offset, char* into, std::size_t length) const;

    /// Reads what is left of a stream (a pipe has no offsets), up to the machine's memory. Error
    /// code: file_read.
    Result<std::string> read_all() const;

  private:
    InputFile(std::filesystem::path path, int descriptor, std::uint64_t size, bool regular)
        : path_(std::move(path)), descriptor_(descriptor), size_(size), regular_(regular) {}

    std::filesystem::path path_;
    int descriptor_ = -1;
    std::uint64_t size_ = 0;
    bool regular_ = true;
};

/// A file that appears whole or not at all: written beside the target, renamed by commit(). Without
/// commit() the destructor removes it.
class OutputFile {
  public:
    /// Error code: file_write (args file, reason).
    static Result<OutputFile> create(const std::filesystem::path& file);
    OutputFile(OutputFile&& other) noexcept;
    OutputFile& operator=(OutputFile&& other) = delete;
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;
    ~OutputFile();

    Result<void> write(std::string_view bytes);
    /// Syncs the bytes to the disk, renames, syncs the folder.
    Result<void> commit();

  private:
    OutputFile(std::filesystem::path target, std::filesystem::path temporary, int descriptor)
        : target_(std::move(target)), temporary_(std::move(temporary)), descriptor_(descriptor) {}

    std::filesystem::path target_;
    std::filesystem::path temporary_;  // empty: written directly (device, pipe)
    int descriptor_ = -1;
};

}  // namespace dg
