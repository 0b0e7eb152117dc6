#include "app/commands/command.h"
#include "app/interrupt.h"

#include <unistd.h>

#include <iostream>

int main(int argc, char** argv) {
    std::ios::sync_with_stdio(false);
    dg::app::catch_interrupts();
    const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
    return dg::app::run(words, {std::cout, std::cerr, dg::app::language_of(words), ::isatty(STDERR_FILENO) == 1});
}
