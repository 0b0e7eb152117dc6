#include "viz/export/ffmpeg.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

extern char** environ;

namespace dg::viz {
namespace {

/// While it lives, writing to a closed pipe is an error and not the end of the process.
class IgnorePipeSignal {
  public:
    IgnorePipeSignal() : before_(std::signal(SIGPIPE, SIG_IGN)) {}

    ~IgnorePipeSignal() { std::signal(SIGPIPE, before_); }

    IgnorePipeSignal(const IgnorePipeSignal&) = delete;
    IgnorePipeSignal& operator=(const IgnorePipeSignal&) = delete;

  private:
    void (*before_)(int);
};

std::vector<std::string> command_line(const std::filesystem::path& file, int width, int height, double fps) {
    // even sides: the common pixel format needs them; the codec is the best that this ffmpeg has for mp4
    return {"ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-y", "-f", "rawvideo", "-pix_fmt", "rgba",
            "-s", fmt::format("{}x{}", width, height), "-r", fmt::format("{}", fps), "-i", "pipe:0",
            "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-pix_fmt", "yuv420p", "-movflags", "+faststart",
            "file:" + file.string()};
}

/// Starts `words` with `input` as its standard input; -1 when it cannot be started.
pid_t spawn(std::vector<std::string> words, int input, int other_end) {
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawn_file_actions_addclose(&actions, other_end);
    pid_t process = -1;
    const int code = ::posix_spawnp(&process, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    return code == 0 ? process : -1;
}

Error failed(const std::string& reason) { return {"ffmpeg_failed", {{"reason", reason}}, ""}; }

}  // namespace

bool has_ffmpeg() {
    const char* path = std::getenv("PATH");
    std::string_view rest = path ? path : "";
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(':'), rest.size());
        const std::string file = std::string(rest.substr(0, end)) + "/ffmpeg";
        if (end > 0 && ::access(file.c_str(), X_OK) == 0) return true;
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return false;
}

Result<Ffmpeg> Ffmpeg::start(const std::filesystem::path& file, int width, int height, double fps) {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) return failed("pipe");
    const pid_t process = spawn(command_line(file, width, height, fps), ends[0], ends[1]);
    ::close(ends[0]);
    if (process < 0) {
        ::close(ends[1]);
        return Error{"ffmpeg_missing", {}, ""};
    }
    return Ffmpeg(process, ends[1]);
}

Ffmpeg::Ffmpeg(Ffmpeg&& other) noexcept : process_(std::exchange(other.process_, -1)), pipe_(std::exchange(other.pipe_, -1)) {}

Ffmpeg::~Ffmpeg() {
    if (process_ >= 0) ::kill(process_, SIGTERM);
    wait();
}

int Ffmpeg::wait() {
    if (pipe_ >= 0) ::close(std::exchange(pipe_, -1));
    if (process_ < 0) return -1;
    int status = 0;
    while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Result<void> Ffmpeg::write(const Image& frame) {
    const IgnorePipeSignal guard;
    std::size_t done = 0;
    while (done < frame.rgba.size()) {
        const ssize_t n = ::write(pipe_, frame.rgba.data() + done, frame.rgba.size() - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return failed(fmt::format("exit status {}", wait()));
        done += static_cast<std::size_t>(n);
    }
    return {};
}

Result<void> Ffmpeg::finish() {
    const int status = wait();
    if (status != 0) return failed(fmt::format("exit status {}", status));
    return {};
}

}  // namespace dg::viz
