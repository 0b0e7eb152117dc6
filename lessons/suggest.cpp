#include "lessons/suggest.h"

#include <algorithm>
#include <vector>

namespace dg::lessons {

int edit_distance(std::string_view a, std::string_view b) {
    // three rows of the table: two back (for swaps), one back, current
    std::vector<int> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = static_cast<int>(j);
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = static_cast<int>(i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const int substitution = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, substitution});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before.swap(last);
        last.swap(row);
    }
    return last[b.size()];
}

std::string nearest(std::string_view word, std::span<const std::string> known) {
    const int limit = std::max(2, static_cast<int>(word.size()) / 3);
    std::string best;
    int best_distance = limit + 1;
    for (const std::string& candidate : known) {
        const int d = edit_distance(word, candidate);
        // a distance of the whole word would be no resemblance at all
        if (d < best_distance && d < static_cast<int>(std::max(word.size(), candidate.size()))) {
            best = candidate;
            best_distance = d;
        }
    }
    return best;
}

}  // namespace dg::lessons
