// What is wrong with a lesson file: every finding of one pass, in the order of the file.
#pragma once

#include "engine/base/result.h"
#include "lessons/lesson.h"

#include <string>
#include <utility>
#include <vector>

namespace dg::lessons {

struct Problem {
    Error error;  // code and arguments; where = "file:line:column"
    Place at;
    bool warning = false;  // does not fail a check
};

class Problems {
  public:
    using Args = std::vector<std::pair<std::string, std::string>>;

    void error(const Place& at, std::string code, Args args = {}) {
        add(at, std::move(code), std::move(args), false);
    }

    void warning(const Place& at, std::string code, Args args = {}) {
        add(at, std::move(code), std::move(args), true);
    }

    /// `code` with `name` and `known`, or `code`_near with `name` and `near` when a known word
    /// resembles it.
    void unknown(const Place& at, const std::string& code, const std::string& name,
                 const std::vector<std::string>& known, Args more = {});

    /// An Error of an expression inside a TOML string: its `where` is a byte offset in the string,
    /// `raw` the string as written between its quotes.
    void in_string(const Place& at, const std::string& raw, Error error);

    void append(const Problems& other);
    [[nodiscard]] bool failed() const;
    /// Sorted by place.
    [[nodiscard]] std::vector<Problem> sorted() const;

  private:
    void add(const Place& at, std::string code, Args args, bool warning);

    std::vector<Problem> list_;
};

/// The column of byte `offset` of a TOML basic or literal string whose opening quote is at `at`.
/// Escapes are walked.
Place place_in_string(const Place& at, const std::string& raw, std::size_t offset);

}  // namespace dg::lessons
