#include "viz/text/formula_symbols.h"

#include <algorithm>
#include <array>

namespace dg::viz {

namespace {

using enum Spacing;

constexpr FormulaSymbol kSymbols[] = {{"alpha", "α"},
                                      {"beta", "β"},
                                      {"gamma", "γ"},
                                      {"delta", "δ"},
                                      {"epsilon", "ε"},
                                      {"varepsilon", "ε"},
                                      {"zeta", "ζ"},
                                      {"eta", "η"},
                                      {"theta", "θ"},
                                      {"iota", "ι"},
                                      {"kappa", "κ"},
                                      {"lambda", "λ"},
                                      {"mu", "μ"},
                                      {"nu", "ν"},
                                      {"xi", "ξ"},
                                      {"pi", "π"},
                                      {"rho", "ρ"},
                                      {"sigma", "σ"},
                                      {"tau", "τ"},
                                      {"phi", "φ"},
                                      {"varphi", "φ"},
                                      {"chi", "χ"},
                                      {"psi", "ψ"},
                                      {"omega", "ω"},
                                      {"Gamma", "Γ"},
                                      {"Delta", "Δ"},
                                      {"Theta", "Θ"},
                                      {"Lambda", "Λ"},
                                      {"Pi", "Π"},
                                      {"Sigma", "Σ"},
                                      {"Phi", "Φ"},
                                      {"Psi", "Ψ"},
                                      {"Omega", "Ω"},
                                      {"infty", "∞"},
                                      {"partial", "∂"},
                                      {"nabla", "∇"},
                                      {"ell", "ℓ"},
                                      {"top", "⊤"},
                                      {"ldots", "…"},
                                      {"cdots", "⋯"},
                                      {"dots", "…"},
                                      {"forall", "∀"},
                                      {"exists", "∃"},
                                      {"emptyset", "∅"},
                                      {"prime", "′"},
                                      {"percent", "%"},
                                      {"degree", "°"},
                                      {"cdot", "·", kBinary},
                                      {"times", "×", kBinary},
                                      {"div", "÷", kBinary},
                                      {"pm", "±", kBinary},
                                      {"odot", "⊙", kBinary},
                                      {"oplus", "⊕", kBinary},
                                      {"otimes", "⊗", kBinary},
                                      {"circ", "∘", kBinary},
                                      {"ast", "∗", kBinary},
                                      {"cup", "∪", kBinary},
                                      {"cap", "∩", kBinary},
                                      {"setminus", "∖", kBinary},
                                      {"le", "≤", kRelation},
                                      {"leq", "≤", kRelation},
                                      {"ge", "≥", kRelation},
                                      {"geq", "≥", kRelation},
                                      {"ne", "≠", kRelation},
                                      {"neq", "≠", kRelation},
                                      {"approx", "≈", kRelation},
                                      {"sim", "∼", kRelation},
                                      {"equiv", "≡", kRelation},
                                      {"propto", "∝", kRelation},
                                      {"in", "∈", kRelation},
                                      {"notin", "∉", kRelation},
                                      {"subset", "⊂", kRelation},
                                      {"to", "→", kRelation},
                                      {"rightarrow", "→", kRelation},
                                      {"leftarrow", "←", kRelation},
                                      {"gets", "←", kRelation},
                                      {"Rightarrow", "⇒", kRelation},
                                      {"mapsto", "↦", kRelation},
                                      {"ll", "≪", kRelation},
                                      {"gg", "≫", kRelation},
                                      {"mid", "|", kRelation},
                                      {"parallel", "∥", kRelation},
                                      {"perp", "⊥", kRelation},
                                      {"langle", "⟨", kOpen},
                                      {"rangle", "⟩", kClose},
                                      {"lfloor", "⌊", kOpen},
                                      {"rfloor", "⌋", kClose},
                                      {"lceil", "⌈", kOpen},
                                      {"rceil", "⌉", kClose},
                                      {"lVert", "‖", kOpen},
                                      {"rVert", "‖", kClose},
                                      {"|", "‖"},
                                      {"lvert", "|", kOpen},
                                      {"rvert", "|", kClose},
                                      {"{", "{", kOpen},
                                      {"}", "}", kClose},
                                      {"%", "%"},
                                      {"_", "_"},
                                      {"&", "&"},
                                      {"#", "#"},
                                      {"$", "$"}};

constexpr std::array<std::string_view, 21> kFunctions = {
    "exp",     "log",  "ln",   "max", "min", "sin", "cos",   "tanh", "arg", "argmax", "argmin",
    "softmax", "clip", "sign", "det", "dim", "lim", "round", "mean", "std", "sup"};
constexpr std::array<std::string_view, 9> kLimits = {"sum",    "prod", "max", "min",     "argmax",
                                                     "argmin", "lim",  "sup", "bigoplus"};

template <class List>
bool contains(const List& list, std::string_view name) {
    return std::ranges::find(list, name) != list.end();
}

}  // namespace

const FormulaSymbol* find_symbol(std::string_view name) {
    const auto* const found = std::ranges::find(kSymbols, name, &FormulaSymbol::name);
    return found == std::end(kSymbols) ? nullptr : found;
}

bool is_function(std::string_view name) {
    return contains(kFunctions, name);
}

bool takes_limits(std::string_view name) {
    return contains(kLimits, name);
}

std::string_view large_operator(std::string_view name) {
    if (name == "sum") return "∑";
    if (name == "prod") return "∏";
    if (name == "int") return "∫";
    return name == "bigoplus" ? "⊕" : "";
}

float space_width(std::string_view name) {
    if (name == ",") return 0.17F;
    if (name == ":") return 0.22F;
    if (name == ";" || name == " ") return 0.28F;
    if (name == "quad") return 1;
    if (name == "qquad") return 2;
    return name == "!" ? 0.0F : -1.0F;
}

Spacing spacing_of(char32_t c) {
    switch (c) {
        case U'+':
        case U'-':
        case U'*':
        case 0x2212:
        case 0xB1:
        case 0xD7:
        case 0xF7:
        case 0xB7:
            return kBinary;
        case U'=':
        case U'<':
        case U'>':
        case U':':
        case 0x2264:
        case 0x2265:
        case 0x2260:
        case 0x2248:
        case 0x2192:
        case 0x2190:
        case 0x2208:
        case 0x221D:
        case 0x21D2:
            return kRelation;
        case U'(':
        case U'[':
            return kOpen;
        case U')':
        case U']':
        case U'!':
            return kClose;
        case U',':
        case U';':
            return kPunctuation;
        default:
            return kOrdinary;
    }
}

}  // namespace dg::viz
