// The seeded loop that stands in for libFuzzer in an ordinary build: feeds LLVMFuzzerTestOneInput mutated corpus files for
// some seconds. Input i is a function of (seed, i) and the corpus alone, so `--only i` repeats a failure.
#include "engine/base/rng.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

namespace {

constexpr std::size_t kLargest = 1U << 16U;

volatile std::sig_atomic_t running = -1;  // the input being tried

/// Names the input that the program dies on; async-signal-safe.
void name_input() {
    char text[64] = "died on input ";
    char digits[24];
    std::size_t n = 0, at = std::strlen(text);
    for (auto v = static_cast<std::uint64_t>(running); n == 0 || v > 0; v /= 10) digits[n++] = static_cast<char>('0' + v % 10);
    while (n > 0) text[at++] = digits[--n];
    text[at++] = '\n';
    if (write(2, text, at) < 0) return;
}

void on_signal(int signal) {
    name_input();
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

std::vector<std::string> read_corpus(const std::vector<std::filesystem::path>& folders) {
    std::vector<std::filesystem::path> files;
    for (const auto& folder : folders) {
        if (!std::filesystem::is_directory(folder)) continue;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
            if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    std::vector<std::string> seeds;
    for (const auto& file : files) {
        std::ifstream in(file, std::ios::binary);
        seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    if (seeds.empty()) seeds.emplace_back();
    return seeds;
}

/// What parsers stumble over: limits, structure, broken UTF-8.
constexpr std::string_view kWords[] = {"0",  "-1", "18446744073709551616", "9223372036854775807", "1e999", "NaN", "null", "true",
                                       "{",  "}",  "[",  "]",  "\"", ":",  ",",  "=",  "\\u0000", "\\ud800", "\xe6\xb9", "\xff\xfe",
                                       "\n", "[[step]]", "\xe5\xad\xa6", std::string_view("\0\0\0\0\0\0\0\x7f", 8)};

void mutate(std::string& text, const std::vector<std::string>& seeds, dg::Rng& rng) {
    const auto place = [&](std::size_t size) { return static_cast<std::size_t>(rng.below(static_cast<std::uint32_t>(size) + 1)); };
    const std::size_t at = place(text.size());
    const std::size_t length = std::min(text.size() - at, place(16));
    switch (rng.below(8)) {
        case 0: if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1U << rng.below(8))); break;
        case 1: if (at < text.size()) text[at] = static_cast<char>(rng.below(256)); break;
        case 2: text.erase(at, length); break;
        case 3: text.insert(place(text.size()), std::string(text, at, length)); break;
        case 4: text.insert(at, kWords[rng.below(static_cast<std::uint32_t>(std::size(kWords)))]); break;
        case 5: text.replace(at, length, kWords[rng.below(static_cast<std::uint32_t>(std::size(kWords)))]); break;
        case 6: text.resize(at); break;
        default: {  // the rest of another seed
            const std::string& other = seeds[rng.below(static_cast<std::uint32_t>(seeds.size()))];
            text.replace(at, std::string::npos, other, std::min(other.size(), place(other.size())), std::string::npos);
        }
    }
    if (text.size() > kLargest) text.resize(kLargest);
}

std::string make_input(std::uint64_t seed, std::uint64_t i, const std::vector<std::string>& seeds) {
    if (i < seeds.size()) return seeds[i];  // first the corpus as it is
    dg::Rng rng = dg::Rng::keyed(seed, "fuzz", i);
    std::string text = seeds[rng.below(static_cast<std::uint32_t>(seeds.size()))];
    for (std::uint32_t n = 1 + rng.below(8); n > 0; --n) mutate(text, seeds, rng);
    return text;
}

void try_input(std::uint64_t i, const std::string& text) {
    running = static_cast<std::sig_atomic_t>(i);
    // a copy of exactly this size: the sanitizer sees a read past the end
    const std::vector<std::uint8_t> bytes(text.begin(), text.end());
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
    double seconds = 5;
    std::uint64_t seed = 1;
    std::int64_t only = -1;
    std::vector<std::filesystem::path> folders;
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument == "--seconds" && i + 1 < argc) seconds = std::atof(argv[++i]);
        else if (argument == "--seed" && i + 1 < argc) seed = std::strtoull(argv[++i], nullptr, 10);
        else if (argument == "--only" && i + 1 < argc) only = std::atoll(argv[++i]);
        else folders.emplace_back(argument);
    }
    for (const int signal : {SIGSEGV, SIGABRT, SIGFPE, SIGBUS, SIGILL}) std::signal(signal, on_signal);
    if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(name_input);
    const std::vector<std::string> seeds = read_corpus(folders);
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    std::uint64_t i = only >= 0 ? static_cast<std::uint64_t>(only) : 0;
    try {
        do {
            try_input(i, make_input(seed, i, seeds));
            ++i;
        } while (only < 0 && (i < seeds.size() + 100 || std::chrono::steady_clock::now() < end));
    } catch (const std::exception& e) {
        std::cerr << "input " << i << " of seed " << seed << " threw: " << e.what() << "\nrepeat with: --seed " << seed
                  << " --only " << i << "\n";
        return 1;
    }
    std::cout << i << " inputs from " << seeds.size() << " corpus files, seed " << seed << ": no fault\n";
    return 0;
}
