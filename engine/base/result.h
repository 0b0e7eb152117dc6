// Expected failures: files, lessons, settings. A function that can meet bad input returns Result<T>; the names of the
// members are those of std::expected.
#pragma once

#include "engine/base/check.h"

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace dg {

/// What went wrong, as a code and its arguments: the zh/en catalogue (viz/i18n) words it.
///   code   key of the catalogue, "error.<code>", e.g. "safetensors_truncated"
///   args   named arguments of the wording, e.g. {{"file", "model.safetensors"}, {"expected", "1024"}}
///   where  file, file:line:column, or tensor name; may be empty
struct Error {
    std::string code;
    std::vector<std::pair<std::string, std::string>> args;
    std::string where;

    /// "where: code (name=value, ...)": the wording of last resort, when no catalogue is at hand.
    [[nodiscard]] std::string plain() const;
};

/// A value of T or an Error.
template <class T>
class [[nodiscard]] Result {
  public:
    Result(T value) : state_(std::move(value)) {}            // NOLINT(google-explicit-constructor)
    Result(Error error) : state_(std::move(error)) {}        // NOLINT(google-explicit-constructor)

    [[nodiscard]] bool has_value() const { return state_.index() == 0; }

    explicit operator bool() const { return has_value(); }

    /// The value; a Bug if there is none.
    T& value() & {
        require_value();
        return std::get<0>(state_);
    }

    const T& value() const& {
        require_value();
        return std::get<0>(state_);
    }

    T&& value() && {
        require_value();
        return std::get<0>(std::move(state_));
    }

    T& operator*() & { return value(); }

    const T& operator*() const& { return value(); }

    T&& operator*() && { return std::move(*this).value(); }

    T* operator->() { return &value(); }

    const T* operator->() const { return &value(); }

    [[nodiscard]] const Error& error() const {
        DG_CHECK(!has_value());
        return std::get<1>(state_);
    }

  private:
    void require_value() const {
        if (!has_value()) throw_bug(__FILE__, __LINE__, "Result without value: " + std::get<1>(state_).plain());
    }

    std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
  public:
    Result() = default;
    Result(Error error) : error_(std::move(error)), failed_(true) {}  // NOLINT(google-explicit-constructor)

    [[nodiscard]] bool has_value() const { return !failed_; }

    explicit operator bool() const { return !failed_; }

    [[nodiscard]] const Error& error() const {
        DG_CHECK(failed_);
        return error_;
    }

  private:
    Error error_;
    bool failed_ = false;
};

}  // namespace dg

/// Hand an Error of `expression` (a Result) to the caller; otherwise go on.
#define DG_TRY(expression)                                      \
    do {                                                        \
        if (auto dg_result = (expression); !dg_result) return dg_result.error(); \
    } while (false)

#define DG_CONCAT_(a, b) a##b
#define DG_CONCAT(a, b) DG_CONCAT_(a, b)

/// DG_ASSIGN(auto config, read_config(path)): the value, or return its Error to the caller.
#define DG_ASSIGN_(tmp, declaration, expression) \
    auto tmp = (expression);                     \
    if (!tmp) return tmp.error();                \
    declaration = std::move(tmp).value()
#define DG_ASSIGN(declaration, expression) DG_ASSIGN_(DG_CONCAT(dg_result_, __LINE__), declaration, expression)
