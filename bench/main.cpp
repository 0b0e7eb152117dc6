#include "bench/bench.h"

#include <iostream>

int main(int argc, char** argv) {
    dg::bench::add_matmul();
    dg::bench::add_decode();
    dg::bench::add_training();
    dg::bench::add_fp8();
    dg::bench::add_figure();
    dg::bench::add_first_frame();
    dg::bench::add_double_descent();
    return dg::bench::run(argc > 1 ? argv[1] : "", 5, std::cout) > 0 ? 0 : 1;
}
