#include "engine/io/files.h"

#include "engine/base/rng.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

namespace dg {

namespace {

Error read_error(const std::filesystem::path& file, int number) {
    return {.code = "file_read",
            .args = {{"file", file.string()}, {"reason", std::strerror(number)}},
            .where = {}};
}

Error write_error(const std::filesystem::path& file, int number) {
    return {.code = "file_write",
            .args = {{"file", file.string()}, {"reason", std::strerror(number)}},
            .where = {}};
}

/// A name beside the target that no other writer uses.
std::filesystem::path temporary_beside(const std::filesystem::path& target) {
    static std::atomic<unsigned> counter{0};
    const unsigned n = counter.fetch_add(1);
    return target.parent_path() /
           fmt::format(".{}.tmp-{}-{}", target.filename().string(), ::getpid(), n);
}

/// Makes a rename durable. A file system that cannot sync folders is not an error: the file itself
/// is on the disk.
void sync_folder(const std::filesystem::path& folder) {
    const int descriptor =
        ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    ::fsync(descriptor);
    ::close(descriptor);
}

}  // namespace

std::uint64_t physical_memory() {
    const long pages = ::sysconf(_SC_PHYS_PAGES);
    const long page = ::sysconf(_SC_PAGESIZE);
    if (pages <= 0 || page <= 0) return std::uint64_t{1} << 34U;
    return static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page);
}

Result<InputFile> InputFile::open(const std::filesystem::path& file) {
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return read_error(file, errno);

    struct stat status {};

    InputFile opened(file, descriptor, 0, true);
    if (::fstat(descriptor, &status) != 0) return read_error(file, errno);
    if (S_ISDIR(status.st_mode)) return read_error(file, EISDIR);
    opened.regular_ = S_ISREG(status.st_mode);
    opened.size_ = opened.regular_ ? static_cast<std::uint64_t>(status.st_size) : 0;
    return opened;
}

InputFile::InputFile(InputFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_),
      regular_(other.regular_) {}

InputFile& InputFile::operator=(InputFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(descriptor_, other.descriptor_);
    std::swap(size_, other.size_);
    std::swap(regular_, other.regular_);
    return *this;
}

InputFile::~InputFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Result<std::size_t> InputFile::read_at(std::uint64_t offset, char* into, std::size_t length) const {
    std::size_t done = 0;
    while (done < length) {
        const ssize_t n =
            ::pread(descriptor_, into + done, length - done, static_cast<off_t>(offset + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return read_error(path_, errno);
        if (n == 0) break;
        done += static_cast<std::size_t>(n);
    }
    return done;
}

Result<std::string> InputFile::read_all() const {
    const std::uint64_t limit = physical_memory();
    if (size_ > limit) return read_error(path_, EFBIG);
    std::string content;
    if (regular_) {
        content.resize(size_);
        DG_ASSIGN(const std::size_t done, read_at(0, content.data(), content.size()));
        content.resize(done);
        if (done > 0 || size_ > 0) return content;
    }

    // a pipe, a device, or a file of /proc that says size 0: read on until the end
    std::string block(std::size_t{1} << 20U, '\0');
    while (content.size() <= limit) {
        const ssize_t n = ::read(descriptor_, block.data(), block.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return read_error(path_, errno);
        if (n == 0) return content;
        content.append(block, 0, static_cast<std::size_t>(n));
        if (content.size() > limit / 4) break;
    }
    return read_error(path_, EFBIG);
}

Result<std::string> read_file(const std::filesystem::path& file) {
    DG_ASSIGN(const InputFile input, InputFile::open(file));
    return input.read_all();
}

Result<OutputFile> OutputFile::create(const std::filesystem::path& file) {
    struct stat status {};

    const bool exists = ::stat(file.c_str(), &status) == 0;
    if (exists && S_ISDIR(status.st_mode)) return write_error(file, EISDIR);
    if (exists && !S_ISREG(status.st_mode)) {
        const int device = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
        if (device < 0) return write_error(file, errno);
        return OutputFile(file, {}, device);
    }

    // a link keeps pointing where it points: replace what it names
    std::error_code ignored;
    std::filesystem::path target = exists ? std::filesystem::canonical(file, ignored) : file;
    if (target.empty()) target = file;
    if (target.filename().empty()) return write_error(file, EISDIR);
    const std::filesystem::path temporary = temporary_beside(target);
    const mode_t mode = exists ? (status.st_mode & 0777U) : 0666U;
    const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (descriptor < 0) return write_error(file, errno);
    return OutputFile(target, temporary, descriptor);
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : target_(std::move(other.target_)),
      temporary_(std::exchange(other.temporary_, {})),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

OutputFile::~OutputFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Result<void> OutputFile::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n =
            ::write(descriptor_, bytes.data(), std::min(bytes.size(), std::size_t{1} << 30U));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return write_error(target_, errno);
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

Result<void> OutputFile::commit() {
    DG_CHECK(descriptor_ >= 0);
    if (!temporary_.empty() && ::fsync(descriptor_) != 0) return write_error(target_, errno);
    if (::close(std::exchange(descriptor_, -1)) != 0) return write_error(target_, errno);
    if (temporary_.empty()) return {};
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) return write_error(target_, errno);
    temporary_.clear();
    sync_folder(target_.parent_path());
    return {};
}

Result<void> write_file(const std::filesystem::path& file, std::string_view content) {
    DG_ASSIGN(OutputFile output, OutputFile::create(file));
    DG_TRY(output.write(content));
    return output.commit();
}

Result<void> check_writable(const std::filesystem::path& file) {
    struct stat status {};

    if (::stat(file.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return {};
    DG_TRY(OutputFile::create(file));  // and its temporary file goes again
    return {};
}

std::string hash_hex(std::string_view bytes) {
    return hash_digits(hash_text(bytes));
}

std::string hash_digits(std::uint64_t hash) {
    return fmt::format("{:016x}", hash);
}

}  // namespace dg
