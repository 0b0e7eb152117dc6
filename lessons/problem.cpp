#include "lessons/problem.h"

#include "engine/base/suggest.h"

#include <algorithm>
#include <cstdlib>

namespace dg::lessons {

void Problems::add(const Place& at, std::string code, Args args, bool warning) {
    list_.push_back({Error{std::move(code), std::move(args), at.written()}, at, warning});
}

void Problems::unknown(const Place& at, const std::string& code, const std::string& name,
                       const std::vector<std::string>& known, Args more) {
    const std::string near = nearest(name, known);
    more.insert(more.begin(), {"name", name});
    if (near.empty()) {
        more.emplace_back("known", fmt::format("{}", fmt::join(known, ", ")));
        error(at, code, std::move(more));
    } else {
        more.emplace_back("near", near);
        error(at, code + "_near", std::move(more));
    }
}

void Problems::in_string(const Place& at, const std::string& raw, Error error) {
    const auto offset = static_cast<std::size_t>(std::strtoull(error.where.c_str(), nullptr, 10));
    const Place place = place_in_string(at, raw, offset);
    error.where = place.written();
    list_.push_back({std::move(error), place, false});
}

void Problems::append(const Problems& other) {
    list_.insert(list_.end(), other.list_.begin(), other.list_.end());
}

bool Problems::failed() const {
    return std::any_of(list_.begin(), list_.end(), [](const Problem& p) { return !p.warning; });
}

std::vector<Problem> Problems::sorted() const {
    std::vector<Problem> out = list_;
    std::stable_sort(out.begin(), out.end(), [](const Problem& a, const Problem& b) {
        return std::pair(a.at.line, a.at.column) < std::pair(b.at.line, b.at.column);
    });
    return out;
}

Place place_in_string(const Place& at, const std::string& raw, std::size_t offset) {
    Place place = at;
    if (at.line == 0) return place;
    place.column += 1;  // past the quote
    std::size_t value_bytes = 0;
    for (std::size_t i = 0; i < raw.size() && value_bytes < offset;) {
        // an escape such as \" is two characters of the file and one byte of the value
        const bool escape =
            raw[i] == '\\' && i + 1 < raw.size() && (raw[i + 1] == '"' || raw[i + 1] == '\\');
        const std::size_t step = escape ? 2 : 1;
        // columns count characters, not bytes
        if ((static_cast<unsigned char>(raw[i]) & 0xC0U) != 0x80U)
            place.column += static_cast<int>(step);
        i += step;
        value_bytes += 1;
    }
    return place;
}

}  // namespace dg::lessons
