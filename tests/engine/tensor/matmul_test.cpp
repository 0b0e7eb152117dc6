#include "engine/tensor/matmul.h"

#include "engine/base/parallel.h"
#include "engine/base/rng.h"

#include <gtest/gtest.h>

#include <cstring>

namespace dg {
namespace {

template <class Real>
Tensor<Real> random_tensor(Shape shape, std::uint64_t seed) {
    Tensor<Real> t(std::move(shape));
    Rng rng = Rng::keyed(seed, "matmul_test");
    for (std::int64_t i = 0; i < t.size(); ++i) t[i] = static_cast<Real>(rng.normal());
    return t;
}

template <class Real>
void expect_same_bits(const Tensor<Real>& a, const Tensor<Real>& b) {
    ASSERT_EQ(a.shape(), b.shape());
    EXPECT_EQ(std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(Real)), 0);
}

template <class Real>
void check_all_shapes() {
    const std::int64_t sizes[] = {1, 2, 5, 6, 7, 12, 13, 16, 31, 33, 64, 65};
    std::uint64_t seed = 1;
    for (const std::int64_t m : sizes)
        for (const std::int64_t n : sizes)
            for (const std::int64_t k : {std::int64_t{0}, std::int64_t{1}, std::int64_t{3}, std::int64_t{64}, std::int64_t{300}}) {
                const auto a = random_tensor<Real>({m, k}, ++seed), at = random_tensor<Real>({k, m}, seed + 7);
                const auto b = random_tensor<Real>({k, n}, ++seed), w = random_tensor<Real>({n, k}, seed + 9);
                for (int form = 0; form < 4; ++form) {
                    View<const Real> left{a.data(), m, k, k, 1}, right{b.data(), k, n, n, 1};
                    if (form & 1) left = View<const Real>{at.data(), k, m, m, 1}.transposed();
                    if (form & 2) right = View<const Real>{w.data(), n, k, k, 1}.transposed();
                    auto fast = random_tensor<Real>({m, n}, seed), slow = fast;
                    matmul(left, right, view(fast), form == 3);
                    matmul_reference(left, right, view(slow), form == 3);
                    expect_same_bits(fast, slow);
                }
                // b in place, inside a buffer that goes on
                auto wide = random_tensor<Real>({k * n + kReadAhead}, seed + 3);
                std::copy(b.data(), b.data() + k * n, wide.data());
                Tensor<Real> direct({m, n}), plain({m, n});
                matmul_in_place<Real>({a.data(), m, k, k, 1}, {wide.data(), k, n, n, 1}, view(direct));
                matmul_reference<Real>({a.data(), m, k, k, 1}, {b.data(), k, n, n, 1}, view(plain));
                expect_same_bits(direct, plain);
                Tensor<Real> row({1, n}), expected({1, n});
                const PackedMatrix<Real> packed(View<const Real>{b.data(), k, n, n, 1});
                packed.multiply_row(a.data(), row.data());
                matmul_reference<Real>({a.data(), 1, k, k, 1}, {b.data(), k, n, n, 1}, view(expected));
                expect_same_bits(row, expected);
            }
}

TEST(Matmul, EqualsTheFusedReferenceBitForBit) {
    check_all_shapes<float>();
    check_all_shapes<double>();
}

TEST(Matmul, SameBitsAtAnyThreadCount) {
    const auto a = random_tensor<float>({517, 700}, 1), b = random_tensor<float>({700, 211}, 2);
    Tensor<float> expected({517, 211});
    matmul_reference(view(a), view(b), view(expected));
    const int before = threads();
    for (const int n : {1, 2, 3, 8}) {
        set_threads(n);
        Tensor<float> c({517, 211});
        matmul(view(a), view(b), view(c));
        expect_same_bits(c, expected);
    }
    set_threads(before);
}

TEST(Matmul, WrongShapesAreABug) {
    const auto a = random_tensor<float>({2, 3}, 1);
    Tensor<float> c({2, 2});
    EXPECT_THROW(matmul(view(a), view(a), view(c)), Bug);
}

}  // namespace
}  // namespace dg
