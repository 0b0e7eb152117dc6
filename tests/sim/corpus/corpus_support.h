// Walking the grammar instead of drawing from it.
#pragma once

#include "sim/corpus/corpus.h"

#include <functional>
#include <string>
#include <vector>

namespace dg::sim::testing {

/// Leads a writer through every path of a grammar, one document per path: the last choice that has
/// an alternative left moves on (an odometer of unknown width). `ends_only` keeps the first and the
/// last alternative of each choice.
class EveryChoice : public ChoiceSource {
  public:
    explicit EveryChoice(bool ends_only) : ends_only_(ends_only) {}

    std::size_t choose(std::span<const double> p) override { return take(p.size()); }

    std::size_t choose_uniform(std::size_t n) override { return take(n); }

    /// Prepares the next path; false after the last.
    bool advance() {
        while (!path_.empty() && path_.back().index + 1 == path_.back().width) path_.pop_back();
        if (path_.empty()) return false;
        ++path_.back().index;
        depth_ = 0;
        return true;
    }

  private:
    struct Choice {
        std::size_t index, width;
    };

    std::size_t take(std::size_t n) {
        if (depth_ == path_.size()) path_.push_back({0, ends_only_ && n > 2 ? 2 : n});
        const Choice c = path_[depth_++];
        return c.width < n && c.index == 1 ? n - 1 : c.index;
    }

    bool ends_only_;
    std::vector<Choice> path_;
    std::size_t depth_ = 0;
};

/// Calls `visit` with each document of a domain (or of its ends-only part).
inline void walk(Domain domain, bool ends_only, const std::function<void(const Document&)>& visit) {
    EveryChoice choices(ends_only);
    do {
        visit(document_from(domain, choices));
    } while (choices.advance());
}

/// Whole UTF-8 characters only, shortest form, no surrogates.
inline bool is_utf8(std::string_view s) {
    for (std::size_t i = 0; i < s.size();) {
        const auto byte = [&](std::size_t k) {
            return k < s.size() ? static_cast<unsigned char>(s[k]) : 0U;
        };
        const unsigned first = byte(i);
        const std::size_t length = first < 0x80                    ? 1
                                   : first >= 0xC2 && first < 0xE0 ? 2
                                   : first >= 0xE0 && first < 0xF0 ? 3
                                   : first >= 0xF0 && first < 0xF5 ? 4
                                                                   : 0;
        if (length == 0) return false;
        for (std::size_t k = 1; k < length; ++k)
            if ((byte(i + k) & 0xC0U) != 0x80U) return false;
        if ((first == 0xE0 && byte(i + 1) < 0xA0) || (first == 0xED && byte(i + 1) > 0x9F))
            return false;
        i += length;
    }
    return true;
}

/// Units that no tokenizer of ours joins: Han characters, digits, words, punctuation marks.
inline std::size_t units(std::string_view s) {
    std::size_t n = 0;
    bool word = false;
    for (const char c : s) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const bool starts = (c & '\xC0') != '\x80' && c != ' ';
        if (starts && !(letter && word)) ++n;
        word = letter;
    }
    return n;
}

inline std::size_t count(std::string_view text, std::string_view what) {
    std::size_t n = 0;
    for (std::size_t at = text.find(what); at != std::string_view::npos;
         at = text.find(what, at + what.size()))
        ++n;
    return n;
}

}  // namespace dg::sim::testing
