// Text of a claim -> tree. A recursive descent over a handful of levels, loosest first: or, and,
// not, comparison chain, sum, product, minus, power, primary.
#include "engine/base/suggest.h"
#include "lessons/expr.h"
#include "lessons/expr_node.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>

namespace dg::lessons {
namespace {

using NodePtr = std::shared_ptr<const ExprNode>;

constexpr int kDeepest = 200;  // brackets, signs and powers inside one another

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

class ExprParser {
  public:
    ExprParser(std::string_view text, const std::vector<std::string>& runs)
        : text_(text), runs_(runs) {}

    Result<NodePtr> parse() {
        DG_ASSIGN(NodePtr root, disjunction());
        skip_space();
        if (at_ != text_.size()) return problem("claim_expected_operator");
        return root;
    }

  private:
    Result<NodePtr> disjunction() { return joined("or", ExprKind::kOr, &ExprParser::conjunction); }

    Result<NodePtr> conjunction() { return joined("and", ExprKind::kAnd, &ExprParser::negation); }

    // a WORD b WORD c, as one node
    Result<NodePtr> joined(std::string_view word, ExprKind kind,
                           Result<NodePtr> (ExprParser::*part)()) {
        DG_ASSIGN(NodePtr first, (this->*part)());
        if (!peek_word(word)) return first;
        auto node = std::make_shared<ExprNode>();
        node->kind = kind;
        node->parts.push_back(first);
        while (take_word(word)) {
            DG_ASSIGN(NodePtr next, (this->*part)());
            node->parts.push_back(next);
        }
        return spanned(std::move(node));
    }

    Result<NodePtr> negation() {
        skip_space();
        const std::size_t begin = at_;
        if (!take_word("not")) return comparison();
        if (++depth_ > kDeepest) return problem("claim_too_deep");
        auto node = std::make_shared<ExprNode>();
        node->kind = ExprKind::kNot;
        DG_ASSIGN(NodePtr inner, negation());
        --depth_;
        node->parts.push_back(inner);
        node->begin = begin;
        node->end = inner->end;
        return NodePtr(std::move(node));
    }

    // a < b <= c ~ d +- 2%
    Result<NodePtr> comparison() {
        DG_ASSIGN(NodePtr first, sum());
        auto node = std::make_shared<ExprNode>();
        node->kind = ExprKind::kCompare;
        node->parts.push_back(first);
        while (const auto op = take_comparison()) {
            DG_ASSIGN(NodePtr right, sum());
            node->comparisons.push_back(*op);
            node->parts.push_back(right);
            ExprNode::Band band;
            if (take("+-") || take("±")) {
                if (*op != "~") return problem("claim_band_without_tilde");
                DG_ASSIGN(NodePtr amount, sum());
                band.amount = amount;
                band.relative = take("%");
            }
            node->bands.push_back(std::move(band));
        }
        if (node->comparisons.empty()) return first;
        return spanned(std::move(node));
    }

    std::optional<std::string> take_comparison() {
        for (const std::string_view op : {"<=", ">=", "==", "!=", "<", ">", "~"}) {
            if (take(op)) return std::string(op);
        }
        if (take("≤")) return "<=";
        if (take("≥")) return ">=";
        if (take("≠")) return "!=";
        if (take("≈")) return "~";
        return std::nullopt;
    }

    Result<NodePtr> sum() {
        DG_ASSIGN(NodePtr left, product());
        while (true) {
            skip_space();
            // "+-" opens a tolerance, it is no sum
            if (text_.substr(at_, 2) == "+-") return left;
            const char op = take("+") ? '+' : (take("-") || take("−") ? '-' : '\0');
            if (op == '\0') return left;
            DG_ASSIGN(NodePtr right, product());
            left = binary(op, left, right);
        }
    }

    Result<NodePtr> product() {
        DG_ASSIGN(NodePtr left, minus());
        while (true) {
            const char op = take("*") || take("×") || take("·") ? '*' : (take("/") ? '/' : '\0');
            if (op == '\0') return left;
            DG_ASSIGN(NodePtr right, minus());
            left = binary(op, left, right);
        }
    }

    Result<NodePtr> minus() {
        skip_space();
        const std::size_t begin = at_;
        if (!take("-") && !take("−")) return power();
        if (++depth_ > kDeepest) return problem("claim_too_deep");
        DG_ASSIGN(NodePtr inner, minus());
        --depth_;
        auto node = std::make_shared<ExprNode>();
        node->kind = ExprKind::kNegate;
        node->parts.push_back(inner);
        node->begin = begin;
        node->end = inner->end;
        return NodePtr(std::move(node));
    }

    // binds tighter than the minus before it and groups to the right: -2^2 = -4, 2^3^2 = 512
    Result<NodePtr> power() {
        DG_ASSIGN(NodePtr base, primary());
        if (!take("^")) return base;
        if (++depth_ > kDeepest) return problem("claim_too_deep");
        DG_ASSIGN(NodePtr exponent, minus());
        --depth_;
        return binary('^', base, exponent);
    }

    Result<NodePtr> primary() {
        if (++depth_ > kDeepest) return problem("claim_too_deep");
        skip_space();
        if (at_ >= text_.size()) return problem("claim_expected_operand");
        const std::size_t begin = at_;
        Result<NodePtr> node = problem("claim_expected_operand");
        if (take("(")) {
            DG_ASSIGN(const NodePtr inner, disjunction());
            if (!take(")")) return unexpected(")");
            // the brackets belong to the piece that messages quote
            auto bracketed = std::make_shared<ExprNode>(*inner);
            bracketed->begin = begin;
            bracketed->end = at_;
            node = NodePtr(std::move(bracketed));
        } else if (is_digit(text_[at_]) || text_[at_] == '.') {
            node = number();
        } else if (is_name_start(text_[at_])) {
            node = named();
        }
        --depth_;
        return node;
    }

    Result<NodePtr> number() {
        auto node = std::make_shared<ExprNode>();
        node->begin = at_;
        const char* first = text_.data() + at_;
        const auto [end, error] = std::from_chars(first, text_.data() + text_.size(), node->number);
        if (error != std::errc{}) return problem("claim_expected_operand");
        const std::string_view digits(first, static_cast<std::size_t>(end - first));
        const std::size_t point = digits.find('.');
        if (point != std::string_view::npos) {
            const std::size_t stop = std::min(digits.find_first_of("eE"), digits.size());
            node->decimals = static_cast<int>(stop - point - 1);
            // 6.24e-3 states five decimals
            if (stop < digits.size()) {
                node->decimals -= std::atoi(std::string(digits.substr(stop + 1)).c_str());
            }
        }
        at_ += digits.size();
        node->end = at_;
        return NodePtr(std::move(node));
    }

    // f(x, y), run.name, name["cell"]
    Result<NodePtr> named() {
        auto node = std::make_shared<ExprNode>();
        node->begin = at_;
        std::string name = dotted_name();
        node->end = at_;
        if (take("(")) {
            node->kind = ExprKind::kCall;
            node->name = name;
            DG_TRY(check_function(name, node->begin));
            DG_TRY(arguments(*node));
            node->end = at_;
        } else {
            node->kind = ExprKind::kObservable;
            const std::size_t dot = name.find('.');
            const std::string head = name.substr(0, dot);
            if (dot != std::string::npos &&
                std::find(runs_.begin(), runs_.end(), head) != runs_.end()) {
                node->run = head;
                name = name.substr(dot + 1);
            }
            node->name = name;
            if (take("[")) {
                node->indexed = true;
                DG_ASSIGN(node->index, cell_index());
                node->end = at_;
            }
        }
        return NodePtr(std::move(node));
    }

    std::string dotted_name() {
        const std::size_t begin = at_;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            const bool dot = c == '.' && at_ + 1 < text_.size() && is_name_start(text_[at_ + 1]);
            if (!is_name_start(c) && !is_digit(c) && !dot) break;
            ++at_;
        }
        return std::string(text_.substr(begin, at_ - begin));
    }

    Result<void> check_function(const std::string& name, std::size_t begin) const {
        const std::vector<std::string>& known = expression_functions();
        if (std::binary_search(known.begin(), known.end(), name)) return {};
        const std::string near = nearest(name, known);
        const std::string where = std::to_string(begin);
        if (near.empty()) {
            return Error{"claim_unknown_function",
                         {{"name", name}, {"known", fmt::format("{}", fmt::join(known, " "))}},
                         where};
        }
        return Error{"claim_unknown_function_near", {{"name", name}, {"near", near}}, where};
    }

    Result<void> arguments(ExprNode& node) {
        if (take(")")) return {};
        do {
            DG_ASSIGN(NodePtr argument, disjunction());
            node.parts.push_back(argument);
        } while (take(","));
        if (!take(")")) return unexpected(") ,");
        return {};
    }

    // "学", 'a', 3, 2,5
    Result<std::string> cell_index() {
        skip_space();
        std::string index;
        if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) {
            const std::size_t close = text_.find(text_[at_], at_ + 1);
            if (close == std::string_view::npos) return unexpected("\"");
            index = std::string(text_.substr(at_ + 1, close - at_ - 1));
            at_ = close + 1;
        } else {
            do {
                skip_space();
                const std::size_t begin = at_;
                while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
                if (at_ == begin) return problem("claim_expected_index");
                index.append(index.empty() ? "" : ",").append(text_.substr(begin, at_ - begin));
            } while (take(","));
        }
        if (!take("]")) return unexpected("]");
        return index;
    }

    static NodePtr binary(char op, const NodePtr& left, const NodePtr& right) {
        auto node = std::make_shared<ExprNode>();
        node->kind = ExprKind::kBinary;
        node->op = op;
        node->parts = {left, right};
        return spanned(std::move(node));
    }

    static NodePtr spanned(std::shared_ptr<ExprNode> node) {
        node->begin = node->parts.front()->begin;
        node->end = node->parts.back()->end;
        return node;
    }

    void skip_space() {
        while (at_ < text_.size() &&
               (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n'))
            ++at_;
    }

    bool take(std::string_view token) {
        skip_space();
        if (text_.substr(at_, token.size()) != token) return false;
        at_ += token.size();
        return true;
    }

    bool peek_word(std::string_view word) {
        skip_space();
        if (text_.substr(at_, word.size()) != word) return false;
        const std::size_t next = at_ + word.size();
        return next >= text_.size() || !(is_name_start(text_[next]) || is_digit(text_[next]));
    }

    bool take_word(std::string_view word) {
        if (!peek_word(word)) return false;
        at_ += word.size();
        return true;
    }

    [[nodiscard]] Error unexpected(const std::string& token) const {
        Error error = problem("claim_syntax");
        error.args.emplace_back("expected", token);
        return error;
    }

    [[nodiscard]] Error problem(const std::string& code) const {
        std::size_t length = at_ < text_.size() ? 1 : 0;
        // a whole character, not its first byte
        while (at_ + length < text_.size() &&
               (static_cast<unsigned char>(text_[at_ + length]) & 0xC0U) == 0x80U)
            ++length;
        const std::string found = length == 0 ? "⏎" : std::string(text_.substr(at_, length));
        return {code, {{"found", found}}, std::to_string(at_)};
    }

    std::string_view text_;
    const std::vector<std::string>& runs_;
    std::size_t at_ = 0;
    int depth_ = 0;
};

void collect(const ExprNode& node, std::vector<ObservableUse>& uses) {
    if (node.kind == ExprKind::kObservable) {
        uses.push_back({node.run, node.name, node.indexed, node.index, node.begin});
    }
    for (std::size_t i = 0; i < node.parts.size(); ++i) {
        collect(*node.parts[i], uses);
        if (i > 0 && i <= node.bands.size() && node.bands[i - 1].amount)
            collect(*node.bands[i - 1].amount, uses);
    }
}

}  // namespace

Result<Expression> Expression::parse(std::string_view text, const std::vector<std::string>& runs) {
    Expression expression;
    expression.text_ = text;
    DG_ASSIGN(expression.root_, ExprParser(expression.text_, runs).parse());
    return expression;
}

std::vector<ObservableUse> Expression::observables() const {
    std::vector<ObservableUse> uses;
    collect(*root_, uses);
    return uses;
}

bool Expression::is_condition() const {
    switch (root_->kind) {
        case ExprKind::kCompare:
        case ExprKind::kAnd:
        case ExprKind::kOr:
        case ExprKind::kNot:
            return true;
        case ExprKind::kCall:
            return root_->name == "all" || root_->name == "any";
        default:
            return false;
    }
}

}  // namespace dg::lessons
