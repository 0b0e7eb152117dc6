// The tree of a claim expression; shared by expr_parse.cpp and expr_eval.cpp only.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace dg::lessons {

enum class ExprKind { kNumber, kObservable, kCall, kNegate, kBinary, kCompare, kAnd, kOr, kNot };

struct ExprNode {
    ExprKind kind = ExprKind::kNumber;
    std::size_t begin = 0, end = 0;  // bytes in the expression

    double number = 0;
    int decimals = -1;  // digits after the point of a literal; -1 = none written

    std::string run, name, index;  // observable; name: function of a call
    bool indexed = false;

    char op = 0;  // binary: + - * / ^
    std::vector<std::string>
        comparisons;  // "<", "<=", ">", ">=", "==", "!=", "~": one less than parts

    struct Band {
        std::shared_ptr<const ExprNode> amount;  // nullptr = none written
        bool relative = false;
    };

    std::vector<Band> bands;  // one per comparison

    std::vector<std::shared_ptr<const ExprNode>> parts;
};

}  // namespace dg::lessons
