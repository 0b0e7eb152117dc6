// A dense array with a shape: row-major, last dimension contiguous, shapes written outer to inner.
#pragma once

#include "engine/base/check.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dg {

using Shape = std::vector<std::int64_t>;
/// A cell: one index per dimension.
using Index = std::vector<std::int64_t>;

std::int64_t count(const Shape& shape);
/// "[2, 24, 64]"
std::string to_string(const Shape& shape);

/// Leaves new elements unset: op outputs are written in full right after allocation.
template <class Real>
struct UnsetAllocator : std::allocator<Real> {
    template <class Other>
    struct rebind {
        using other = UnsetAllocator<Other>;
    };

    template <class T, class... Args>
    void construct(T* p, Args&&... args) {
        if constexpr (sizeof...(Args) > 0) std::construct_at(p, std::forward<Args>(args)...);
    }
};

/// Tensor of Real (float, or double for gradient checks). Integer tensors (token ids, expert ids) use it too, with
/// values that are exact small integers; the tape marks them.
template <class Real>
class Tensor {
  public:
    using Storage = std::vector<Real, UnsetAllocator<Real>>;

    Tensor() = default;

    /// All zero.
    explicit Tensor(Shape shape) : shape_(std::move(shape)), data_(static_cast<std::size_t>(count(shape_)), Real(0)) {}

    Tensor(Shape shape, const std::vector<Real>& data) : shape_(std::move(shape)), data_(data.begin(), data.end()) {
        DG_CHECK_EQ(static_cast<std::int64_t>(data_.size()), count(shape_));
    }

    /// Unset elements: the caller writes every one.
    static Tensor unset(Shape shape) {
        Tensor t;
        t.shape_ = std::move(shape);
        t.data_.resize(static_cast<std::size_t>(count(t.shape_)));
        return t;
    }

    [[nodiscard]] const Shape& shape() const { return shape_; }

    [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(data_.size()); }

    [[nodiscard]] bool empty() const { return data_.empty(); }

    [[nodiscard]] std::int64_t rank() const { return static_cast<std::int64_t>(shape_.size()); }

    /// Extent of dimension i; negative i counts from the end.
    [[nodiscard]] std::int64_t dim(std::int64_t i) const {
        return shape_.at(static_cast<std::size_t>(i < 0 ? i + rank() : i));
    }

    /// The tensor seen as a matrix: rows = product of all dimensions but the last.
    [[nodiscard]] std::int64_t cols() const { return shape_.empty() ? 1 : shape_.back(); }

    [[nodiscard]] std::int64_t rows() const { return cols() == 0 ? 0 : size() / cols(); }

    Real* data() { return data_.data(); }

    const Real* data() const { return data_.data(); }

    Real* row(std::int64_t r) { return data_.data() + r * cols(); }

    const Real* row(std::int64_t r) const { return data_.data() + r * cols(); }

    Real& operator[](std::int64_t i) { return data_[static_cast<std::size_t>(i)]; }

    const Real& operator[](std::int64_t i) const { return data_[static_cast<std::size_t>(i)]; }

    [[nodiscard]] std::span<const Real> values() const { return data_; }

    Storage& storage() { return data_; }

    /// Same data under another shape of the same size.
    void reshape(Shape shape) {
        DG_CHECK_EQ(count(shape), size());
        shape_ = std::move(shape);
    }

    /// Flat offset of a cell; a Bug when out of range.
    [[nodiscard]] std::int64_t offset(const Index& at) const;
    /// The cell at a flat offset.
    [[nodiscard]] Index index_of(std::int64_t flat) const;

  private:
    Shape shape_;
    Storage data_;
};

extern template class Tensor<float>;
extern template class Tensor<double>;

}  // namespace dg
