// From an explanation to a page: terms by influence, the rest as one exact sum, the verdict.
#include "engine/base/mathfn.h"
#include "viz/inspector/inspector.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace dg::viz {
namespace {

TermKind kind_of(const Explanation& why) {
    static constexpr std::array<std::string_view, 7> kProducts = {"linear", "head_linear", "attention_scores", "attention_mix", "combine", "conv", "recurrence"};
    if (std::ranges::find(kProducts, why.op) != kProducts.end()) return TermKind::kProduct;
    if (why.op == "softmax") return TermKind::kShare;
    if (why.op == "rmsnorm") return TermKind::kSquare;
    return TermKind::kValue;
}

/// Neighbours whose roles differ are the two factors of one product; a last one without partner stands alone.
std::vector<Term> pair_up(const std::vector<Operand>& operands) {
    std::vector<Term> terms;
    for (std::size_t i = 0; i < operands.size(); ++i) {
        const bool pair = i + 1 < operands.size() && operands[i].role != operands[i + 1].role;
        if (pair) {
            terms.push_back({{operands[i], operands[i + 1]}, operands[i].value * operands[i + 1].value, false});
            ++i;
        } else {
            terms.push_back({{operands[i]}, operands[i].value, false});
        }
    }
    return terms;
}

std::vector<Term> single(const Explanation& why, TermKind kind) {
    std::vector<Term> terms;
    double top = -std::numeric_limits<double>::infinity(), sum = 0;
    for (const Operand& o : why.operands) top = std::max(top, o.value);
    for (const Operand& o : why.operands) {
        double contribution = o.value;
        if (kind == TermKind::kShare) contribution = dg::exp(o.value - top);
        if (kind == TermKind::kSquare) contribution = o.role == "x" ? o.value * o.value : 0;
        const bool own = kind != TermKind::kValue && o.at == why.at;
        sum += contribution;
        terms.push_back({{o}, contribution, own});
    }
    if (kind == TermKind::kShare) {
        for (Term& term : terms) term.contribution /= sum;
    }
    return terms;
}

/// Rounding that f32 arithmetic over this many operands may leave behind.
double tolerance_of(const Explanation& why, TermKind kind, double absolute_sum) {
    double scale = std::abs(why.value);
    if (kind == TermKind::kProduct) scale = std::max(scale, absolute_sum);
    if (kind != TermKind::kShare && kind != TermKind::kProduct) {
        for (const Operand& o : why.operands) scale = std::max(scale, std::abs(o.value));
    }
    constexpr double kHalfUlp = 5.9604644775390625e-8;  // 2^-24
    return kHalfUlp * (static_cast<double>(why.operands.size()) + 16) * scale;
}

Recheck verdict(const InspectorPage& page) {
    if (page.why.op == "weight" || page.why.op == "input") return Recheck::kLeaf;
    if (page.why.discrete) return page.difference() == 0 ? Recheck::kAgrees : Recheck::kDiffers;
    // written so that NaN differs
    return std::abs(page.difference()) <= page.tolerance ? Recheck::kAgrees : Recheck::kDiffers;
}

/// Keeps the strongest terms and the cell's own one.
void keep_strongest(InspectorPage& page, std::vector<Term> all) {
    std::ranges::stable_sort(all, [](const Term& a, const Term& b) {
        return std::abs(a.contribution) > std::abs(b.contribution);
    });
    for (const Term& term : all) page.total += term.contribution;
    if (all.size() > kShownTerms) {
        const auto own = std::ranges::find(all, true, &Term::own);
        const auto last = all.begin() + static_cast<std::ptrdiff_t>(kShownTerms) - 1;
        if (own != all.end() && own > last) std::rotate(last, own, own + 1);
        for (std::size_t i = kShownTerms; i < all.size(); ++i) page.more_sum += all[i].contribution;
        page.more = all.size() - kShownTerms;
        all.resize(kShownTerms);
    }
    page.terms = std::move(all);
}

}  // namespace

double InspectorPage::difference() const { return why.value == why.recheck ? 0 : why.difference(); }

std::vector<Term> all_terms(const Explanation& why) {
    const TermKind kind = kind_of(why);
    return kind == TermKind::kProduct ? pair_up(why.operands) : single(why, kind);
}

InspectorPage make_page(Explanation why) {
    InspectorPage page;
    page.cell = {why.tensor, why.at};
    page.why = std::move(why);
    page.kind = kind_of(page.why);
    std::vector<Term> all = all_terms(page.why);
    double absolute_sum = 0;
    for (const Term& term : all) absolute_sum += std::abs(term.contribution);
    page.tolerance = tolerance_of(page.why, page.kind, absolute_sum);
    keep_strongest(page, std::move(all));
    page.recheck = verdict(page);
    return page;
}

}  // namespace dg::viz
