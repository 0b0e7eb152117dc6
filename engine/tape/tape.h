// The tape: one recorded forward pass. Training differentiates it, the window draws it, `deepglass trace` writes it, and
// the inspector asks it why: tensors under stable names (tests/golden/README.md), each knowing the op that made it.
#pragma once

#include "engine/base/result.h"
#include "engine/tensor/tensor.h"

#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace dg {

/// A tensor on a tape. -1 = none.
using TensorId = int;

/// One value that went into a cell.
struct Operand {
    std::string tensor;  // name on the tape
    Index at;
    double value = 0;
    std::string role;  // symbol in the formula: "x", "W", "scores"
};

/// Why a cell has its value.
struct Explanation {
    std::string tensor;
    Index at;
    double value = 0;        // as recorded
    double recheck = 0;      // the recorded operands evaluated in double by other code than forward's
    bool discrete = false;   // an id or a decision: recheck repeats the decision
    std::string op;          // "rmsnorm", "linear", ..., "weight", "input"
    std::string formula;     // TeX subset of viz/text: y_{t,i} = \sum_j x_{t,j} W_{i,j}
    std::vector<Operand> operands;

    [[nodiscard]] double difference() const { return value - recheck; }
};

/// What an op's explain() returns: operands by input slot; the tape adds names and values.
struct CellExplanation {
    struct Ref {
        int input;  // slot among the op's inputs; -1 - k: its own output k (a recurrence reads earlier cells)
        Index at;
        std::string role;
    };
    std::string formula;
    std::vector<Ref> operands;
    double recheck = 0;
    bool discrete = false;
};

template <class Real>
using Inputs = std::span<const Tensor<Real>* const>;
template <class Real>
using Outputs = std::span<Tensor<Real>* const>;

/// An op has three faces. It is created with its attributes, run once forward (which may keep what backward needs), and
/// then asked for gradients or explanations any number of times.
template <class Real>
class Op {
  public:
    virtual ~Op() = default;
    [[nodiscard]] virtual std::string_view name() const = 0;
    /// Sets shape and values of every output.
    virtual void forward(Inputs<Real> in, Outputs<Real> out) = 0;
    /// dout[i]: gradient of output i (empty tensor = zero). din[i]: to be added to, already shaped; nullptr = not wanted.
    virtual void backward(Inputs<Real> in, Inputs<Real> out, Inputs<Real> dout, Outputs<Real> din) = 0;
    /// Operands, formula and double-precision value of cell `at` of output `which`.
    [[nodiscard]] virtual CellExplanation explain(Inputs<Real> in, Inputs<Real> out, int which, const Index& at) const = 0;
    /// The file that holds the op, for "show source".
    [[nodiscard]] virtual std::string_view source() const = 0;
};

template <class Real>
class Tape {
  public:
    /// kTrace keeps every intermediate; kTrain lets ops reuse buffers that backward does not need.
    enum class Mode { kTrace, kTrain };

    explicit Tape(Mode mode = Mode::kTrace) : mode_(mode) {}

    [[nodiscard]] Mode mode() const { return mode_; }

    /// A leaf owned by the tape (token ids, positions, a cotangent).
    TensorId input(std::string name, Tensor<Real> value, bool integer = false);
    /// A leaf borrowed for the life of the tape: a weight. The same name gives the same id.
    TensorId weight(const std::string& name, const Tensor<Real>& value);

    /// Runs the op now and records it. `names` has one name per output; an empty name marks a tensor no trace shows.
    std::vector<TensorId> run(std::unique_ptr<Op<Real>> op, std::vector<TensorId> in, std::vector<std::string> names,
                              std::vector<bool> integer = {});
    TensorId run1(std::unique_ptr<Op<Real>> op, std::vector<TensorId> in, std::string name);

    [[nodiscard]] const Tensor<Real>& value(TensorId id) const;
    [[nodiscard]] const std::string& name(TensorId id) const;
    [[nodiscard]] bool integer(TensorId id) const;
    /// Id of a name; -1 when the tape has no such tensor.
    [[nodiscard]] TensorId find(std::string_view name) const;
    /// All names, in order of computation; weights included when asked.
    [[nodiscard]] std::vector<std::string> names(bool weights = false) const;
    [[nodiscard]] bool is_weight(TensorId id) const;
    /// The op that made a tensor; nullptr for leaves.
    [[nodiscard]] const Op<Real>* producer(TensorId id) const;

    /// Reverse pass from a scalar: d root / d everything that reaches it. Calling it twice adds up.
    void backward(TensorId root);
    /// Reverse pass from given cotangents (same shapes as the tensors).
    void backward_from(std::span<const std::pair<TensorId, Tensor<Real>>> seeds);
    /// Gradient of a tensor; empty when nothing reached it.
    [[nodiscard]] const Tensor<Real>& grad(TensorId id) const;
    /// Called during the reverse pass when a weight's gradient is complete is not guaranteed; read after backward().
    void clear_grads();

    /// Why does cell `at` of `tensor` have its value? Error codes: no_such_tensor, bad_index.
    [[nodiscard]] Result<Explanation> explain(std::string_view tensor, const Index& at) const;

  private:
    struct Entry {
        std::string name;
        Tensor<Real> owned;
        const Tensor<Real>* borrowed = nullptr;
        Tensor<Real> grad;
        int node = -1, slot = 0;
        bool integer = false;
    };
    struct Node {
        std::unique_ptr<Op<Real>> op;
        std::vector<TensorId> in, out;
    };

    Entry& entry(TensorId id) { return entries_.at(static_cast<std::size_t>(id)); }

    const Entry& entry(TensorId id) const { return entries_.at(static_cast<std::size_t>(id)); }

    TensorId add(Entry e);
    void run_backward();
    std::vector<const Tensor<Real>*> values(const std::vector<TensorId>& ids) const;

    Mode mode_;
    std::deque<Entry> entries_;  // stable addresses
    std::vector<Node> nodes_;
    std::unordered_map<std::string, TensorId> by_name_;
};

extern template class Tape<float>;
extern template class Tape<double>;

}  // namespace dg
