// Claim expressions: `p["学"] > p["车"]`, `entropy ~ ln(V) +- 2%`, `all(0 <= p <= 1)`. FORMAT.md
// holds the grammar. An expression is parsed once and evaluated against the observations of a
// step's runs, in double.
#pragma once

#include "engine/base/result.h"
#include "viz/scenes/scene.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace dg::lessons {

/// What an expression sees: the observations of the step's own run under "", of further runs under
/// their names.
using Environment = std::map<std::string, std::vector<viz::Observation>>;

/// A side of a comparison, or the value of an expression without one, as written and as computed.
struct Reading {
    std::string text;  // piece of the expression
    std::vector<double> cells;
    bool vector = false;  // an observable with many cells

    /// "0.8142", or "[1024] 0.0009 … 0.0011" for a vector.
    [[nodiscard]] std::string written() const;
};

struct Evaluation {
    double value = 0;  // a condition is 0 or 1
    bool condition = false;
    std::vector<Reading> readings;
    bool computed = false, published = false;  // kinds of the observations used
};

/// An observable as an expression names it.
struct ObservableUse {
    std::string run, name;
    bool indexed = false;
    std::string index;
    std::size_t offset = 0;  // byte in the expression
};

struct ExprNode;

class Expression {
  public:
    /// `runs`: names that a dotted name may start with. Error codes: claim_syntax (expected,
    /// found), claim_expected_operand, claim_expected_operator, claim_expected_index,
    /// claim_band_without_tilde, claim_too_deep (found), claim_unknown_function (name, known),
    /// claim_unknown_function_near (name, near). `where`: byte offset.
    static Result<Expression> parse(std::string_view text,
                                    const std::vector<std::string>& runs = {});

    /// `tolerance`: default of `~` ("2%", "0.05", "" = the rule of FORMAT.md). Error codes:
    /// claim_unknown_observable (name, known), claim_unknown_observable_near (name, near),
    /// claim_unknown_index (name, index, known), claim_ambiguous_index (name, index), claim_vector
    /// (text), claim_sizes (text, left, right), claim_arguments (name, wanted, found); `where`
    /// holds the byte offset.
    [[nodiscard]] Result<Evaluation> evaluate(const Environment& environment,
                                              std::string_view tolerance = {}) const;

    /// The observables in the order they are written.
    [[nodiscard]] std::vector<ObservableUse> observables() const;
    /// Is it a condition (a comparison, and, or, not, all, any)?
    [[nodiscard]] bool is_condition() const;

    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    std::string text_;
    std::shared_ptr<const ExprNode> root_;
};

/// A tolerance as written: a number, or a number and "%", relative to the right-hand side. Error
/// code: claim_tolerance.
struct Tolerance {
    double amount = 0;
    bool relative = false;
};

Result<Tolerance> parse_tolerance(std::string_view written);

/// The functions of claim expressions, sorted.
const std::vector<std::string>& expression_functions();

/// A number for people: up to `digits` significant digits, NaN and inf as such.
std::string written_number(double value, int digits = 6);

}  // namespace dg::lessons
