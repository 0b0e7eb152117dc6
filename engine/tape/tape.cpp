#include "engine/tape/tape.h"

#include <algorithm>

namespace dg {

template <class Real>
TensorId Tape<Real>::add(Entry e) {
    const auto id = static_cast<TensorId>(entries_.size());
    if (!e.name.empty()) {
        DG_CHECK(!by_name_.contains(e.name));
        by_name_.emplace(e.name, id);
    }
    entries_.push_back(std::move(e));
    return id;
}

template <class Real>
TensorId Tape<Real>::input(std::string name, Tensor<Real> value, bool integer) {
    Entry e;
    e.name = std::move(name);
    e.owned = std::move(value);
    e.integer = integer;
    return add(std::move(e));
}

template <class Real>
TensorId Tape<Real>::weight(const std::string& name, const Tensor<Real>& value) {
    if (const TensorId id = find(name); id >= 0) return id;
    Entry e;
    e.name = name;
    e.borrowed = &value;
    return add(std::move(e));
}

template <class Real>
std::vector<TensorId> Tape<Real>::run(std::unique_ptr<Op<Real>> op, std::vector<TensorId> in, std::vector<std::string> names,
                                      std::vector<bool> integer) {
    Node node{std::move(op), std::move(in), {}};
    std::vector<Tensor<Real>*> out;
    for (std::size_t i = 0; i < names.size(); ++i) {
        Entry e;
        e.name = std::move(names[i]);
        e.node = static_cast<int>(nodes_.size());
        e.slot = static_cast<int>(i);
        e.integer = i < integer.size() && integer[i];
        node.out.push_back(add(std::move(e)));
    }
    for (const TensorId id : node.out) out.push_back(&entry(id).owned);
    node.op->forward(values(node.in), out);
    nodes_.push_back(std::move(node));
    return nodes_.back().out;
}

template <class Real>
TensorId Tape<Real>::run1(std::unique_ptr<Op<Real>> op, std::vector<TensorId> in, std::string name) {
    return run(std::move(op), std::move(in), {std::move(name)}).front();
}

template <class Real>
const Tensor<Real>& Tape<Real>::value(TensorId id) const {
    const Entry& e = entry(id);
    return e.borrowed != nullptr ? *e.borrowed : e.owned;
}

template <class Real>
const std::string& Tape<Real>::name(TensorId id) const {
    return entry(id).name;
}

template <class Real>
bool Tape<Real>::integer(TensorId id) const {
    return entry(id).integer;
}

template <class Real>
TensorId Tape<Real>::find(std::string_view name) const {
    const auto it = by_name_.find(std::string(name));
    return it == by_name_.end() ? -1 : it->second;
}

template <class Real>
std::vector<std::string> Tape<Real>::names(bool weights) const {
    std::vector<std::string> all;
    for (const Entry& e : entries_)
        if (!e.name.empty() && (weights || e.borrowed == nullptr)) all.push_back(e.name);
    return all;
}

template <class Real>
bool Tape<Real>::is_weight(TensorId id) const {
    return entry(id).borrowed != nullptr;
}

template <class Real>
const Op<Real>* Tape<Real>::producer(TensorId id) const {
    const int node = entry(id).node;
    return node < 0 ? nullptr : nodes_[static_cast<std::size_t>(node)].op.get();
}

template <class Real>
std::vector<const Tensor<Real>*> Tape<Real>::values(const std::vector<TensorId>& ids) const {
    std::vector<const Tensor<Real>*> all;
    all.reserve(ids.size());
    for (const TensorId id : ids) all.push_back(&value(id));
    return all;
}

template <class Real>
void Tape<Real>::backward(TensorId root) {
    DG_CHECK_EQ(value(root).size(), 1);
    Tensor<Real> one(value(root).shape());
    one[0] = Real(1);
    const std::pair<TensorId, Tensor<Real>> seed(root, std::move(one));
    backward_from({&seed, 1});
}

template <class Real>
void Tape<Real>::backward_from(std::span<const std::pair<TensorId, Tensor<Real>>> seeds) {
    for (const auto& [id, cotangent] : seeds) {
        Tensor<Real>& g = entry(id).grad;
        DG_CHECK(cotangent.shape() == value(id).shape());
        if (g.empty()) {
            g = cotangent;
        } else {
            for (std::int64_t i = 0; i < g.size(); ++i) g[i] += cotangent[i];
        }
    }
    run_backward();
}

template <class Real>
void Tape<Real>::run_backward() {
    for (std::size_t n = nodes_.size(); n-- > 0;) {
        Node& node = nodes_[n];
        const bool reached = std::any_of(node.out.begin(), node.out.end(), [&](TensorId id) { return !entry(id).grad.empty(); });
        if (!reached) continue;
        std::vector<const Tensor<Real>*> dout;
        std::vector<Tensor<Real>*> din;
        for (const TensorId id : node.out) dout.push_back(&entry(id).grad);
        for (const TensorId id : node.in) {
            Entry& e = entry(id);
            if (e.integer) {
                din.push_back(nullptr);
                continue;
            }
            if (e.grad.empty() && value(id).size() > 0) e.grad = Tensor<Real>(value(id).shape());
            din.push_back(&e.grad);
        }
        node.op->backward(values(node.in), values(node.out), dout, din);
        // what this op made is not needed again; weights and inputs keep their gradients
        if (mode_ == Mode::kTrain)
            for (const TensorId id : node.out) entry(id).grad = Tensor<Real>();
    }
}

template <class Real>
const Tensor<Real>& Tape<Real>::grad(TensorId id) const {
    return entry(id).grad;
}

template <class Real>
void Tape<Real>::clear_grads() {
    for (Entry& e : entries_) e.grad = Tensor<Real>();
}

template <class Real>
Result<Explanation> Tape<Real>::explain(std::string_view tensor, const Index& at) const {
    const TensorId id = find(tensor);
    if (id < 0) return Error{"no_such_tensor", {{"name", std::string(tensor)}}, {}};
    const Tensor<Real>& t = value(id);
    bool inside = at.size() == t.shape().size();
    for (std::size_t i = 0; inside && i < at.size(); ++i) inside = at[i] >= 0 && at[i] < t.shape()[i];
    if (!inside)
        return Error{"bad_index", {{"at", to_string(at)}, {"shape", to_string(t.shape())}}, std::string(tensor)};

    const Entry& e = entry(id);
    Explanation why;
    why.tensor = std::string(tensor);
    why.at = at;
    why.value = static_cast<double>(t[t.offset(at)]);
    if (e.node < 0) {
        why.op = e.borrowed != nullptr ? "weight" : "input";
        why.recheck = why.value;
        why.discrete = e.integer;
        return why;
    }
    const Node& node = nodes_[static_cast<std::size_t>(e.node)];
    CellExplanation cell = node.op->explain(values(node.in), values(node.out), e.slot, at);
    why.op = std::string(node.op->name());
    why.formula = std::move(cell.formula);
    why.recheck = cell.recheck;
    why.discrete = cell.discrete;
    for (CellExplanation::Ref& ref : cell.operands) {
        const TensorId source = ref.input >= 0 ? node.in[static_cast<std::size_t>(ref.input)] : node.out[static_cast<std::size_t>(-1 - ref.input)];
        const Tensor<Real>& operand = value(source);
        why.operands.push_back({name(source), ref.at, static_cast<double>(operand[operand.offset(ref.at)]), std::move(ref.role)});
    }
    return why;
}

template class Tape<float>;
template class Tape<double>;

}  // namespace dg
