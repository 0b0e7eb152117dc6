#include "sim/reasoner/task.h"

#include "engine/tokenizer/characters.h"

#include <algorithm>
#include <array>

namespace dg::sim {
namespace {

constexpr std::string_view kLetters = "abcdefhi";
static_assert(kLetters.size() == kSlots);
static_assert(kCharacters.size() == 31);

bool digit(char c) { return c >= '0' && c <= '9'; }

bool chance(Rng& rng, double p) { return rng.uniform() < p; }

char as_char(int d) { return static_cast<char>('0' + d); }

/// One pass over the terms in `order`; false in `whole` when it was broken off.
struct Pass {
    std::string text;
    int total = 0;
    bool whole = true;
};

Pass write_pass(const Problem& p, const Mixture& m, Rng& rng, bool may_skip, bool reversed) {
    const auto n = p.digits.size();
    const auto slot = [&](std::size_t k) { return reversed ? n - 1 - k : k; };
    Pass pass;
    pass.total = p.digits[slot(0)];
    if (reversed) pass.text = {kLetters[slot(0)], as_char(pass.total)};
    for (std::size_t k = 1; k < n; ++k) {
        if (may_skip && chance(rng, m.skip)) {
            pass.whole = false;
            return pass;
        }
        const std::size_t s = slot(k);
        const int right = (pass.total + p.digits[s]) % 10;
        int written = right;
        if (chance(rng, m.slip)) written = (right + (rng.below(2) == 0 ? 1 : 9)) % 10;
        pass.text += {kLetters[s], as_char(p.digits[s]), '=', as_char(written)};
        if (chance(rng, written != right ? m.wait_slip : m.wait_ok)) {
            written = right;
            pass.text += {'w', as_char(written)};
        }
        pass.total = written;
    }
    return pass;
}

}  // namespace

Tokenizer reasoner_tokenizer() { return character_tokenizer(kCharacters, "<|unk|>"); }

std::int32_t character_id(char c) {
    const std::size_t at = kCharacters.find(c);
    return at == std::string_view::npos ? 0 : static_cast<std::int32_t>(at) + 1;
}

std::string characters(std::span<const std::int32_t> ids) {
    std::string text;
    for (const std::int32_t id : ids) text += id <= 0 || id > static_cast<std::int32_t>(kCharacters.size()) ? '~' : kCharacters[static_cast<std::size_t>(id - 1)];
    return text;
}

std::vector<std::int32_t> character_ids(std::string_view text) {
    std::vector<std::int32_t> ids;
    for (const char c : text) ids.push_back(character_id(c));
    return ids;
}

int Problem::answer() const {
    int sum = 0;
    for (const int d : digits) sum += d;
    return sum % 10;
}

std::string Problem::prompt() const {
    std::string text;
    for (std::size_t i = 0; i < digits.size(); ++i) text += {kLetters[i], as_char(digits[i])};
    text.resize(2 * kSlots, ' ');
    return text + ':';
}

Problem draw_problem(Rng& rng, std::int64_t min_terms, std::int64_t max_terms, double zeros) {
    const auto n = min_terms + rng.below(static_cast<std::uint32_t>(max_terms - min_terms + 1));
    Problem p;
    for (std::int64_t i = 0; i < n; ++i) p.digits.push_back(zeros > 0 && chance(rng, zeros) ? 0 : static_cast<int>(rng.below(10)));
    return p;
}

std::string written_response(const Problem& problem, const Mixture& mixture, Rng& rng) {
    const std::string answer = {'#', as_char(problem.answer()), '$'};
    if (chance(rng, mixture.direct)) return answer;
    Pass pass = write_pass(problem, mixture, rng, true, false);
    if (!pass.whole) return pass.text + answer;
    if (chance(rng, mixture.recheck)) {
        const Pass back = write_pass(problem, mixture, rng, false, true);
        pass.text += '?' + back.text;
        if (back.total != pass.total) {
            const Pass third = write_pass(problem, mixture, rng, false, false);
            pass.text += std::string{'w', kLetters[0], as_char(problem.digits[0])} + third.text;
            pass.total = third.total;
        }
    }
    return pass.text + std::string{'#', as_char(pass.total), '$'};
}

Score score(const Problem& problem, std::string_view response) {
    const std::size_t mark = response.find('#');
    if (mark == std::string_view::npos || response.size() != mark + 3 || response.back() != '$' || !digit(response[mark + 1])) return {};
    return {response[mark + 1] - '0' == problem.answer(), true};
}

WaitCounts& WaitCounts::operator+=(const WaitCounts& other) {
    wrong += other.wrong, wrong_wait += other.wrong_wait, right += other.right, right_wait += other.right_wait, repaired += other.repaired;
    return *this;
}

WaitCounts wait_counts(const Problem& problem, std::string_view response) {
    WaitCounts counts;
    const std::string_view pass = response.substr(0, response.find_first_of("#?"));
    int total = problem.digits[0];
    for (std::size_t i = 0; i + 4 <= pass.size();) {
        // letter, digit, '=', digit; anything else is passed over
        const bool step = pass[i] >= 'a' && pass[i] <= 'j' && digit(pass[i + 1]) && pass[i + 2] == '=' && digit(pass[i + 3]);
        if (!step) {
            ++i;
            continue;
        }
        const int right = (total + (pass[i + 1] - '0')) % 10, written = pass[i + 3] - '0';
        const bool wait = i + 5 < pass.size() && pass[i + 4] == 'w' && digit(pass[i + 5]);
        (written == right ? counts.right : counts.wrong) += 1;
        if (wait) (written == right ? counts.right_wait : counts.wrong_wait) += 1;
        total = wait ? pass[i + 5] - '0' : written;
        if (wait && written != right && total == right) counts.repaired += 1;
        i += wait ? 6 : 4;
    }
    return counts;
}

Strategy strategy(const Problem& problem, std::string_view response) {
    if (response.starts_with('#')) return Strategy::kDirect;
    if (response.find('?') != std::string_view::npos) return Strategy::kRecheck;
    const WaitCounts c = wait_counts(problem, response);
    const std::int64_t steps = c.wrong + c.right, all = static_cast<std::int64_t>(problem.digits.size()) - 1;
    return steps == all ? Strategy::kFull : steps < all && steps > 0 ? Strategy::kSkip : Strategy::kOther;
}

}  // namespace dg::sim
