#include "app/commands/command.h"
#include "app/interrupt.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif
#include <unistd.h>

#include <iostream>

namespace {

/// A trace of 64 tokens makes and frees some megabytes of tensors for every letter typed: keep them in the process instead of
/// handing every page back to the system and faulting it in again (a fifth of the time of an edit).
void keep_freed_memory() {
#if defined(__GLIBC__)
    mallopt(M_MMAP_THRESHOLD, 64 << 20);
    mallopt(M_TRIM_THRESHOLD, 256 << 20);
    mallopt(M_TOP_PAD, 16 << 20);
#endif
}

}  // namespace

int main(int argc, char** argv) {
    keep_freed_memory();
    std::ios::sync_with_stdio(false);
    dg::app::catch_interrupts();
    const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
    return dg::app::run(words, {std::cout, std::cerr, dg::app::language_of(words), ::isatty(STDERR_FILENO) == 1});
}
