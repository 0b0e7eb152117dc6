// "Why does this cell have its value?" as a value: the window draws it as a panel, `deepglass explain` prints it. A page
// explains one cell; the inspector is the trail of pages that led there. No drawing, no ImGui.
#pragma once

#include "viz/canvas/canvas.h"
#include "viz/i18n/i18n.h"
#include "viz/scenes/session.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dg::viz {

/// What enters a cell as one thing: an operand, or the two factors of a product.
struct Term {
    std::vector<Operand> operands;  // 1 or 2
    double contribution = 0;        // see TermKind
    bool own = false;               // the operand that stands at the cell's own place (softmax, rmsnorm)
};

/// What a contribution is, and so what the sum over all terms means.
enum class TermKind {
    kProduct,  // x * W: adds up to the value (attention scores: to the value before scaling)
    kShare,    // e^s / sum e^s: adds up to 1
    kSquare,   // x^2: adds up to n times the mean square
    kValue,    // the operand itself
};

/// Verdict of the recomputation in double.
enum class Recheck { kLeaf, kAgrees, kDiffers };

inline constexpr std::size_t kShownTerms = 8;

struct InspectorPage {
    CellRef cell;
    Explanation why;            // all operands
    TermKind kind = TermKind::kValue;
    std::vector<Term> terms;    // the shown ones: largest |contribution| first, the own term among them
    std::size_t more = 0;       // terms left out
    double more_sum = 0;        // and the sum of their contributions
    double total = 0;           // of all terms
    Recheck recheck = Recheck::kLeaf;
    double tolerance = 0;       // |difference| allowed for f32 sums of this length
    std::string place;          // what the indices mean: "head 5 · query 3 “blue” · key 2 “fluffy”"

    /// value - recheck; 0 when both are the same infinity.
    [[nodiscard]] double difference() const;
};

/// Explains a cell of a trace. Error codes: no_such_tensor, bad_index.
Result<InspectorPage> inspect(const Trace& trace, const CellRef& cell, Lang lang);
/// The page of an explanation; pure.
InspectorPage make_page(Explanation why);

/// Everything that enters the cell, in the order of its operands.
std::vector<Term> all_terms(const Explanation& why);

/// One step below a page: the operand that matters most there and how it came about itself.
struct Deeper {
    /// Terms that come from one pair of tensors, as one number: the content and the rotary part of an attention score.
    struct Part {
        std::string tensor, with;
        double sum = 0;
        std::size_t terms = 0;
    };

    InspectorPage page;
    std::vector<Part> parts;  // of products; they add up to page.total
};

/// The page's own operand, else its strongest computed one. Nothing when only weights and inputs are left.
std::optional<Deeper> step_deeper(const Trace& trace, const InspectorPage& page, Lang lang);

/// {"tensor","at","value","recheck","difference","formula","op","discrete","operands":[{"tensor","at","value","role"}]}:
/// every operand; values that are no finite numbers are null.
std::string explanation_json(const Explanation& why);
/// The page in words, for the terminal.
std::string page_text(Lang lang, const InspectorPage& page);

/// What the copy buttons put on the clipboard.
std::string copy_value(const InspectorPage& page);    // all digits
std::string copy_formula(const InspectorPage& page);  // TeX
std::string copy_worked(const InspectorPage& page);   // "0.42 = 1.50×0.28 + ... "

/// "layers.1.attn.probs[0,2,5,3]", and the same for people: "L1 probs [0,2,5,3]".
std::string cell_name(const CellRef& cell);
std::string short_name(const CellRef& cell);

/// The trail: open() starts it, push() goes one operand deeper, pop() comes back.
class Inspector {
  public:
    /// Errors leave the trail as it was.
    Result<void> open(const Trace& trace, const CellRef& cell, Lang lang);
    Result<void> push(const Trace& trace, const CellRef& operand, Lang lang);
    /// One level back; closes on the last.
    void pop();
    /// Back to a level of the breadcrumb.
    void jump(std::size_t level);
    void close() { pages_.clear(); }

    [[nodiscard]] bool is_open() const { return !pages_.empty(); }

    /// The page on top; a Bug when closed.
    [[nodiscard]] const InspectorPage& page() const;

    /// From the first cell to the present one.
    [[nodiscard]] std::span<const InspectorPage> trail() const { return pages_; }

  private:
    std::vector<InspectorPage> pages_;
};

}  // namespace dg::viz
