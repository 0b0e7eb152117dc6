// Where in the source each op computes, read from engine/ops when the program is built.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace dg::viz {

struct OpLine {
    std::string_view op, file;  // "rmsnorm", "engine/ops/rmsnorm.cpp"
    int line = 0;               // of its forward()
};

std::span<const OpLine> op_lines();
/// "engine/ops/rmsnorm.cpp:22"; empty for weights, inputs and ops of elsewhere.
std::string op_source(std::string_view op);

}  // namespace dg::viz
