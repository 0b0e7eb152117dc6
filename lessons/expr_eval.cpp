// Tree of a claim + observations -> verdict, with both sides of every comparison as read.
#include "engine/base/mathfn.h"
#include "engine/base/suggest.h"
#include "lessons/expr.h"
#include "lessons/expr_math.h"
#include "lessons/expr_node.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace dg::lessons {
namespace {

// cells of a scalar: one. A condition holds 0 and 1.
struct Cells {
    std::vector<double> v;
    bool vector = false;
    bool condition = false;
};

Cells scalar(double x) {
    return {{x}, false, false};
}

bool compares(double a, const std::string& op, double b, double band) {
    if (op == "<") return a < b;
    if (op == "<=") return a <= b;
    if (op == ">") return a > b;
    if (op == ">=") return a >= b;
    if (op == "==") return a == b;
    if (op == "!=") return a != b && !std::isnan(a) && !std::isnan(b);
    return a == b || std::abs(a - b) <= band;
}

class Evaluator {
  public:
    Evaluator(const std::string& text, const Environment& environment, const Tolerance* tolerance)
        : text_(text), environment_(environment), tolerance_(tolerance) {}

    Result<Evaluation> run(const ExprNode& root) {
        DG_ASSIGN(const Cells cells, evaluate(root));
        if (cells.vector)
            return Error{"claim_vector", {{"text", piece(root)}}, std::to_string(root.begin)};
        result_.value = cells.v.front();
        result_.condition = cells.condition;
        if (result_.readings.empty())
            result_.readings.push_back({piece(root), cells.v, cells.vector});
        return result_;
    }

  private:
    Result<Cells> evaluate(const ExprNode& node) {
        switch (node.kind) {
            case ExprKind::kNumber:
                return scalar(node.number);
            case ExprKind::kObservable:
                return observable(node);
            case ExprKind::kCall:
                return call(node);
            case ExprKind::kNegate:
                return each(node, [](double x) { return -x; });
            case ExprKind::kBinary:
                return binary(node);
            case ExprKind::kCompare:
                return compare(node);
            case ExprKind::kAnd:
            case ExprKind::kOr:
                return join(node);
            case ExprKind::kNot: {
                DG_ASSIGN(Cells cells, each(node, [](double x) { return x == 0 ? 1.0 : 0.0; }));
                cells.condition = true;
                return cells;
            }
        }
        return scalar(std::nan(""));
    }

    Result<Cells> observable(const ExprNode& node) {
        const auto run = environment_.find(node.run);
        static const std::vector<viz::Observation> kNone;
        const std::vector<viz::Observation>& all = run == environment_.end() ? kNone : run->second;
        std::vector<const viz::Observation*> found, cells;
        for (const viz::Observation& o : all) {
            if (o.name != node.name) continue;
            found.push_back(&o);
            if (!node.indexed || o.index == node.index) cells.push_back(&o);
        }
        if (found.empty()) return unknown_observable(node, all);
        if (cells.empty()) return unknown_index(node, found);
        if (node.indexed && cells.size() > 1) {
            return Error{"claim_ambiguous_index",
                         {{"name", node.name}, {"index", node.index}},
                         std::to_string(node.begin)};
        }
        Cells value;
        for (const viz::Observation* o : cells) {
            value.v.push_back(o->value);
            (o->kind == viz::Kind::kPublished ? result_.published : result_.computed) = true;
        }
        value.vector = !node.indexed && (cells.size() > 1 || !cells.front()->index.empty());
        return value;
    }

    static Error unknown_observable(const ExprNode& node,
                                    const std::vector<viz::Observation>& all) {
        std::set<std::string> names;
        for (const viz::Observation& o : all) names.insert(o.name);
        const std::vector<std::string> known(names.begin(), names.end());
        const std::string near = nearest(node.name, known);
        if (!near.empty()) {
            return {"claim_unknown_observable_near",
                    {{"name", node.name}, {"near", near}},
                    std::to_string(node.begin)};
        }
        return {"claim_unknown_observable",
                {{"name", node.name}, {"known", fmt::format("{}", fmt::join(known, " "))}},
                std::to_string(node.begin)};
    }

    static Error unknown_index(const ExprNode& node,
                               const std::vector<const viz::Observation*>& found) {
        std::string known;
        for (std::size_t i = 0; i < found.size() && i < 12; ++i)
            known.append(i == 0 ? "" : " ").append(found[i]->index);
        if (found.size() > 12) known += fmt::format(" … ({})", found.size());
        return {"claim_unknown_index",
                {{"name", node.name}, {"index", node.index}, {"known", known}},
                std::to_string(node.begin)};
    }

    template <class F>
    Result<Cells> each(const ExprNode& node, F f) {
        DG_ASSIGN(Cells cells, evaluate(*node.parts.front()));
        for (double& x : cells.v) x = f(x);
        cells.condition = false;
        return cells;
    }

    // cell by cell; a scalar meets every cell
    template <class F>
    Result<Cells> zip(const ExprNode& node, const Cells& a, const Cells& b, F f) {
        if (a.vector && b.vector && a.v.size() != b.v.size()) {
            return Error{"claim_sizes",
                         {{"text", piece(node)},
                          {"left", std::to_string(a.v.size())},
                          {"right", std::to_string(b.v.size())}},
                         std::to_string(node.begin)};
        }
        Cells out;
        out.vector = a.vector || b.vector;
        const std::size_t n = a.vector ? a.v.size() : b.v.size();
        for (std::size_t i = 0; i < n; ++i)
            out.v.push_back(f(a.v[a.vector ? i : 0], b.v[b.vector ? i : 0]));
        return out;
    }

    Result<Cells> binary(const ExprNode& node) {
        DG_ASSIGN(const Cells a, evaluate(*node.parts[0]));
        DG_ASSIGN(const Cells b, evaluate(*node.parts[1]));
        return zip(node, a, b, [op = node.op](double x, double y) {
            switch (op) {
                case '+':
                    return x + y;
                case '-':
                    return x - y;
                case '*':
                    return x * y;
                case '/':
                    return x / y;
                default:
                    return power(x, y);
            }
        });
    }

    Result<Cells> compare(const ExprNode& node) {
        std::vector<Cells> sides;
        for (const auto& part : node.parts) {
            DG_ASSIGN(Cells side, evaluate(*part));
            if (part->kind != ExprKind::kNumber)
                result_.readings.push_back({piece(*part), side.v, side.vector});
            sides.push_back(std::move(side));
        }
        Cells verdict = {{1}, false, true};
        for (std::size_t i = 0; i < node.comparisons.size(); ++i) {
            DG_ASSIGN(const Tolerance band, band_of(node, i));
            DG_ASSIGN(const Cells holds, zip(node, sides[i], sides[i + 1], [&](double a, double b) {
                          const double width =
                              band.relative ? band.amount * std::abs(b) : band.amount;
                          return compares(a, node.comparisons[i], b, width) ? 1.0 : 0.0;
                      }));
            DG_ASSIGN(verdict, zip(node, verdict, holds, [](double a, double b) { return a * b; }));
        }
        verdict.condition = true;
        return verdict;
    }

    // the tolerance of one `~`: as written, else the claim's, else half a unit of the last decimal
    // of a literal, else 1e-5
    Result<Tolerance> band_of(const ExprNode& node, std::size_t i) {
        if (node.comparisons[i] != "~") return Tolerance{};
        const ExprNode::Band& band = node.bands[i];
        if (band.amount) {
            DG_ASSIGN(const Cells amount, evaluate(*band.amount));
            if (amount.vector) {
                return Error{"claim_vector",
                             {{"text", piece(*band.amount)}},
                             std::to_string(band.amount->begin)};
            }
            return Tolerance{band.relative ? amount.v.front() / 100 : amount.v.front(),
                             band.relative};
        }
        if (tolerance_ != nullptr) return *tolerance_;
        for (const std::size_t side : {i + 1, i}) {
            const int decimals = decimals_of(*node.parts[side]);
            if (decimals >= 0)
                return Tolerance{0.5 * integer_power(10, -decimals) * (1 + 1e-9), false};
        }
        return Tolerance{1e-5, true};
    }

    static int decimals_of(const ExprNode& node) {
        if (node.kind == ExprKind::kNegate) return decimals_of(*node.parts.front());
        return node.kind == ExprKind::kNumber ? node.decimals : -1;
    }

    Result<Cells> join(const ExprNode& node) {
        const bool conjunction = node.kind == ExprKind::kAnd;
        Cells verdict = {{conjunction ? 1.0 : 0.0}, false, true};
        for (const auto& part : node.parts) {
            DG_ASSIGN(const Cells next, evaluate(*part));
            DG_ASSIGN(verdict, zip(node, verdict, next, [conjunction](double a, double b) {
                          const bool both = conjunction ? a != 0 && b != 0 : a != 0 || b != 0;
                          return both ? 1.0 : 0.0;
                      }));
        }
        verdict.condition = true;
        return verdict;
    }

    Result<Cells> call(const ExprNode& node) {
        std::vector<Cells> arguments;
        for (const auto& part : node.parts) {
            DG_ASSIGN(Cells argument, evaluate(*part));
            arguments.push_back(std::move(argument));
        }
        const std::string& f = node.name;
        const bool many = f == "min" || f == "max";
        const std::size_t wanted = f == "rank" ? 2 : 1;
        if (many ? arguments.empty() : arguments.size() != wanted) {
            return Error{"claim_arguments",
                         {{"name", f},
                          {"wanted", many ? "1+" : std::to_string(wanted)},
                          {"found", std::to_string(arguments.size())}},
                         std::to_string(node.begin)};
        }
        if (f == "rank") return rank(node, arguments[0], arguments[1]);
        if (many && arguments.size() > 1) {
            Cells best = arguments.front();
            for (std::size_t i = 1; i < arguments.size(); ++i) {
                DG_ASSIGN(best, zip(node, best, arguments[i], [&](double a, double b) {
                              return extreme({a, b}, f == "max");
                          }));
            }
            return best;
        }
        return over_cells(f, std::move(arguments.front()));
    }

    // 1 + how many cells are larger
    Result<Cells> rank(const ExprNode& node, const Cells& x, const Cells& among) {
        if (x.vector)
            return Error{"claim_vector",
                         {{"text", piece(*node.parts[0])}},
                         std::to_string(node.parts[0]->begin)};
        const double value = x.v.front();
        return scalar(1 + static_cast<double>(std::count_if(among.v.begin(), among.v.end(),
                                                            [&](double y) { return y > value; })));
    }

    static Cells over_cells(const std::string& f, Cells x) {
        const auto n = static_cast<double>(x.v.size());
        const auto holds = [](double y) { return y != 0 && !std::isnan(y); };
        if (f == "sum") return scalar(std::accumulate(x.v.begin(), x.v.end(), 0.0));
        if (f == "mean") return scalar(std::accumulate(x.v.begin(), x.v.end(), 0.0) / n);
        if (f == "median") return scalar(median_of(x.v));
        if (f == "var") return scalar(variance_of(x.v));
        if (f == "min" || f == "max") return scalar(extreme(x.v, f == "max"));
        // of a condition: how often it holds; of an observable: how many cells it has
        if (f == "count")
            return scalar(x.condition
                              ? static_cast<double>(std::count_if(x.v.begin(), x.v.end(), holds))
                              : n);
        if (f == "all")
            return {{std::all_of(x.v.begin(), x.v.end(), holds) ? 1.0 : 0.0}, false, true};
        if (f == "any")
            return {{std::any_of(x.v.begin(), x.v.end(), holds) ? 1.0 : 0.0}, false, true};
        for (double& y : x.v) y = of_number(f, y);
        x.condition = false;
        return x;
    }

    static double of_number(const std::string& f, double x) {
        if (f == "abs") return std::abs(x);
        if (f == "ln") return dg::log(x);
        if (f == "log2") return log2_of(x);
        if (f == "log10") return log10_of(x);
        if (f == "exp") return dg::exp(x);
        if (f == "sqrt") return std::sqrt(x);
        if (f == "floor") return std::floor(x);
        return std::floor(x + 0.5);  // round
    }

    [[nodiscard]] std::string piece(const ExprNode& node) const {
        return text_.substr(node.begin, node.end - node.begin);
    }

    const std::string& text_;
    const Environment& environment_;
    const Tolerance* tolerance_;
    Evaluation result_;
};

}  // namespace

Result<Evaluation> Expression::evaluate(const Environment& environment,
                                        std::string_view tolerance) const {
    Tolerance band;
    if (!tolerance.empty()) {
        DG_ASSIGN(band, parse_tolerance(tolerance));
    }
    return Evaluator(text_, environment, tolerance.empty() ? nullptr : &band).run(*root_);
}

}  // namespace dg::lessons
