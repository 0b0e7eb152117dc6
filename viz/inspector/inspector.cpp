#include "viz/inspector/inspector.h"

#include "viz/scenes/numbers.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace dg::viz {
namespace {

using Json = nlohmann::ordered_json;

Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

/// "5 “blue”" for a token of the prompt.
std::string token_name(const Trace& trace, std::int64_t position) {
    if (position < 0 || position >= static_cast<std::int64_t>(trace.tokens.size()) || !trace.model) return fmt::format("{}", position);
    const std::int32_t id = trace.tokens[static_cast<std::size_t>(position)].id;
    return fmt::format("{} “{}”", position, trace.model->tokenizer.label(id));
}

/// What the indices mean. Scores and probabilities are [B,H,query,key]; most others begin with [B,T].
std::string place_of(const Trace& trace, const CellRef& cell, Lang lang) {
    const std::string& name = cell.tensor;
    const bool leaf = trace.tape.is_weight(trace.tape.find(name));
    if (leaf || cell.at.size() < 2 || trace.batch.length == 0) return {};
    // rows of an MTP module combine token i + 1 with hidden state i: their place is no single token
    if (name.starts_with("mtp")) return {};
    if ((name.ends_with("attn.probs") || name.ends_with("attn.scores")) && cell.at.size() == 4) {
        return tr(lang, "inspector.place.attention",
                  {{"head", fmt::format("{}", cell.at[1])}, {"query", token_name(trace, cell.at[2])}, {"key", token_name(trace, cell.at[3])}});
    }
    const Shape& shape = trace.tape.value(trace.tape.find(name)).shape();
    if (shape.size() < 2 || shape[0] != trace.batch.batch || shape[1] != trace.batch.length) return {};
    return tr(lang, "inspector.place.token", {{"token", token_name(trace, cell.at[1])}});
}

std::string term_text(const Term& term) {
    std::string text;
    for (const Operand& o : term.operands) {
        const bool factor = &o != &term.operands.front();
        const bool bracket = factor && o.value < 0;
        text += fmt::format("{}{}{}{}", factor ? "×" : "", bracket ? "(" : "", number(o.value), bracket ? ")" : "");
    }
    return text;
}

std::string recheck_line(Lang lang, const InspectorPage& page) {
    switch (page.recheck) {
        case Recheck::kLeaf: return tr(lang, page.why.op == "weight" ? "inspector.leaf.weight" : "inspector.leaf.input");
        case Recheck::kAgrees:
        case Recheck::kDiffers: break;
    }
    const char* key = page.recheck == Recheck::kAgrees ? "inspector.recheck.agrees" : "inspector.recheck.differs";
    return tr(lang, key, {{"recheck", fmt::format("{:.17g}", page.why.recheck)}, {"difference", scientific(page.difference(), 3)},
                          {"tolerance", scientific(page.tolerance, 2)}});
}

}  // namespace

Result<InspectorPage> inspect(const Trace& trace, const CellRef& cell, Lang lang) {
    DG_ASSIGN(Explanation why, trace.tape.explain(cell.tensor, cell.at));
    InspectorPage page = make_page(std::move(why));
    page.place = place_of(trace, cell, lang);
    return page;
}

std::string explanation_json(const Explanation& why) {
    Json operands = Json::array();
    for (const Operand& o : why.operands) {
        operands.push_back(Json{{"tensor", o.tensor}, {"at", o.at}, {"value", number_or_null(o.value)}, {"role", o.role}});
    }
    const double difference = why.value == why.recheck ? 0 : why.difference();
    const Json json = {{"tensor", why.tensor}, {"at", why.at}, {"value", number_or_null(why.value)},
                       {"recheck", number_or_null(why.recheck)}, {"difference", number_or_null(difference)},
                       {"formula", why.formula}, {"op", why.op}, {"discrete", why.discrete}, {"operands", operands}};
    return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string copy_value(const InspectorPage& page) { return fmt::format("{:.9g}", page.why.value); }

std::string copy_formula(const InspectorPage& page) { return page.why.formula; }

std::string copy_worked(const InspectorPage& page) {
    std::string text = fmt::format("{} = {}", cell_name(page.cell), number(page.why.value, 5));
    if (page.terms.empty()) return text;
    text += page.kind == TermKind::kProduct ? " = " : "; ";
    for (std::size_t i = 0; i < page.terms.size(); ++i) {
        if (i > 0) text += page.kind == TermKind::kProduct ? " + " : ", ";
        text += term_text(page.terms[i]);
    }
    if (page.more > 0) text += fmt::format(" + [{} more: {}]", page.more, number(page.more_sum, 5));
    return text;
}

std::string cell_name(const CellRef& cell) { return fmt::format("{}[{}]", cell.tensor, fmt::join(cell.at, ",")); }

std::string short_name(const CellRef& cell) {
    std::string_view name = cell.tensor;
    for (const std::string_view prefix : {"model.", "decode."}) {
        if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
    }
    std::string layer;
    if (name.starts_with("layers.")) {
        name.remove_prefix(7);
        const std::size_t dot = std::min(name.find('.'), name.size());
        layer = fmt::format("L{} ", name.substr(0, dot));
        name.remove_prefix(std::min(dot + 1, name.size()));
    }
    if (name.ends_with(".weight")) name.remove_suffix(7);
    // the last part says most: attn.probs -> probs, mlp.experts.3.gate -> experts.3.gate
    for (const std::string_view prefix : {"attn.", "self_attn.", "mlp."}) {
        if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
    }
    return fmt::format("{}{} [{}]", layer, name, fmt::join(cell.at, ","));
}

std::string page_text(Lang lang, const InspectorPage& page) {
    std::string text = fmt::format("{} = {}\n", cell_name(page.cell), copy_value(page));
    if (!page.place.empty()) text += "  " + page.place + "\n";
    if (!page.why.formula.empty()) text += "  " + page.why.formula + "\n";
    for (const Term& term : page.terms) {
        text += "    ";
        for (const Operand& o : term.operands) {
            text += fmt::format("{}{} = {} ({})", &o == &term.operands.front() ? "" : "  ×  ", o.role, number(o.value, 6),
                                cell_name({o.tensor, o.at}));
        }
        if (term.operands.size() > 1) text += fmt::format("  =  {}", number(term.contribution, 6));
        text += term.own ? "  *\n" : "\n";
    }
    if (page.more > 0) {
        text += "    " + tr(lang, "inspector.more", {{"count", fmt::format("{}", page.more)}, {"sum", number(page.more_sum, 6)}}) + "\n";
    }
    return text + "  " + recheck_line(lang, page) + "\n";
}

const InspectorPage& Inspector::page() const {
    DG_CHECK(is_open());
    return pages_.back();
}

Result<void> Inspector::open(const Trace& trace, const CellRef& cell, Lang lang) {
    DG_ASSIGN(InspectorPage page, inspect(trace, cell, lang));
    pages_.clear();
    pages_.push_back(std::move(page));
    return {};
}

Result<void> Inspector::push(const Trace& trace, const CellRef& operand, Lang lang) {
    DG_ASSIGN(InspectorPage page, inspect(trace, operand, lang));
    pages_.push_back(std::move(page));
    return {};
}

void Inspector::pop() {
    if (!pages_.empty()) pages_.pop_back();
}

void Inspector::jump(std::size_t level) {
    DG_CHECK(level < pages_.size());
    pages_.resize(level + 1);
}

}  // namespace dg::viz
