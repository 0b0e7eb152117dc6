#include "engine/base/suggest.h"

#include <algorithm>
#include <cctype>
#include <vector>

namespace dg {
namespace {

std::string folded(std::string_view word) {
    std::string out;
    for (const char c : word) {
        out += c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return out;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
    // rows of the usual table: two back (for swaps), last, current
    std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        now[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replace = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            now[j] = std::min({replace, last[j] + 1, now[j - 1] + 1});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) now[j] = std::min(now[j], before[j - 2] + 1);
        }
        before.swap(last);
        last.swap(now);
    }
    return last[b.size()];
}

std::string nearest(std::string_view word, std::span<const std::string> candidates) {
    const std::string wanted = folded(word);
    std::size_t best_distance = std::max<std::size_t>(1, wanted.size() / 3) + 1;
    std::string best;
    for (const std::string& candidate : candidates) {
        const std::string name = folded(candidate);
        const bool prefix = wanted.size() >= 2 && name.starts_with(wanted);
        const std::size_t distance = prefix ? 1 : edit_distance(wanted, name);
        if (distance < best_distance) best_distance = distance, best = candidate;
    }
    return best;
}

}  // namespace dg
