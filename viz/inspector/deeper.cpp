// One step below a page, and where an op's source stands.
#include "viz/inspector/inspector.h"
#include "viz/inspector/op_lines.h"

#include <fmt/format.h>

#include <algorithm>

namespace dg::viz {
namespace {

/// The operand to go on with: the page's own one, else the strongest that was computed from something.
std::optional<CellRef> next_cell(const Trace& trace, const InspectorPage& page) {
    const auto computed = [&](const Operand& o) { return !trace.tape.is_weight(trace.tape.find(o.tensor)); };
    for (const Term& term : page.terms) {
        if (term.own && computed(term.operands.front())) return CellRef{term.operands.front().tensor, term.operands.front().at};
    }
    for (const Term& term : page.terms) {
        const auto first = std::ranges::find_if(term.operands, computed);
        if (first != term.operands.end()) return CellRef{first->tensor, first->at};
    }
    return std::nullopt;
}

std::vector<Deeper::Part> parts_of(const InspectorPage& page) {
    std::vector<Deeper::Part> parts;
    if (page.kind != TermKind::kProduct) return parts;
    for (const Term& term : all_terms(page.why)) {
        const std::string& tensor = term.operands.front().tensor;
        auto at = std::ranges::find(parts, tensor, &Deeper::Part::tensor);
        if (at == parts.end()) at = parts.insert(parts.end(), {tensor, term.operands.back().tensor, 0, 0});
        at->sum += term.contribution;
        ++at->terms;
    }
    return parts;
}

}  // namespace

std::optional<Deeper> step_deeper(const Trace& trace, const InspectorPage& page, Lang lang) {
    const std::optional<CellRef> cell = next_cell(trace, page);
    if (!cell) return std::nullopt;
    Result<InspectorPage> below = inspect(trace, *cell, lang);
    if (!below || below->recheck == Recheck::kLeaf) return std::nullopt;
    Deeper out{std::move(below).value(), {}};
    out.parts = parts_of(out.page);
    return out;
}

std::string op_source(std::string_view op) {
    const auto lines = op_lines();
    const auto at = std::ranges::find(lines, op, &OpLine::op);
    return at == lines.end() ? std::string() : fmt::format("{}:{}", at->file, at->line);
}

}  // namespace dg::viz
