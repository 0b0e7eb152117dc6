#include "engine/tensor/tensor.h"

namespace dg {

std::int64_t count(const Shape& shape) {
    std::int64_t n = 1;
    for (const std::int64_t d : shape) n *= d;
    return n;
}

std::string to_string(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

template <class Real>
std::int64_t Tensor<Real>::offset(const Index& at) const {
    DG_CHECK_EQ(at.size(), shape_.size());
    std::int64_t flat = 0;
    for (std::size_t i = 0; i < at.size(); ++i) {
        DG_CHECK(at[i] >= 0 && at[i] < shape_[i]);
        flat = flat * shape_[i] + at[i];
    }
    return flat;
}

template <class Real>
Index Tensor<Real>::index_of(std::int64_t flat) const {
    DG_CHECK(flat >= 0 && flat < size());
    Index at(shape_.size());
    for (std::size_t i = shape_.size(); i-- > 0;) {
        at[i] = flat % shape_[i];
        flat /= shape_[i];
    }
    return at;
}

template class Tensor<float>;
template class Tensor<double>;

}  // namespace dg
