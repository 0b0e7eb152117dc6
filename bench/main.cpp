#include "bench/bench.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>

int main(int argc, char** argv) {
    dg::bench::add_matmul();
    dg::bench::add_decode();
    dg::bench::add_training();
    dg::bench::add_fp8();
    dg::bench::add_figure();
    dg::bench::add_first_frame();
    dg::bench::add_double_descent();
    const int repetitions = argc > 2 ? std::max(1, std::atoi(argv[2])) : 5;  // more on a noisy machine
    return dg::bench::run(argc > 1 ? argv[1] : "", repetitions, std::cout) > 0 ? 0 : 1;
}
