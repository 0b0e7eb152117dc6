#include "engine/base/parallel.h"

#include "engine/base/check.h"
#include "engine/base/rng.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace dg {
namespace {

/// Leaves the pool as it was found.
class ParallelFor : public testing::TestWithParam<int> {
  protected:
    void SetUp() override {
        before_ = threads();
        set_threads(GetParam());
    }

    void TearDown() override { set_threads(before_); }

  private:
    int before_ = 1;
};

INSTANTIATE_TEST_SUITE_P(Threads, ParallelFor, testing::Values(1, 2, 3, 8));

TEST_P(ParallelFor, VisitsEveryIndexOnce) {
    EXPECT_EQ(threads(), GetParam());
    for (const std::int64_t n : {0, 1, 2, 3, 7, 64, 1000}) {
        std::vector<std::atomic<int>> visits(static_cast<std::size_t>(n));
        parallel_for(n, [&](std::int64_t i) { visits.at(static_cast<std::size_t>(i)).fetch_add(1); });
        for (const auto& v : visits) EXPECT_EQ(v.load(), 1);
    }
    parallel_for(-5, [](std::int64_t) { FAIL() << "body called for a negative count"; });
}

TEST_P(ParallelFor, RangesCutWithoutGapOrOverlap) {
    for (const std::int64_t n : {0, 1, 5, 16, 17, 100}) {
        for (const std::int64_t grain : {-1, 1, 3, 16, 1000}) {
            std::vector<std::atomic<int>> visits(static_cast<std::size_t>(n));
            parallel_ranges(n, grain, [&](std::int64_t begin, std::int64_t end) {
                EXPECT_LT(begin, end);
                EXPECT_LE(end - begin, std::max<std::int64_t>(1, grain));
                for (std::int64_t i = begin; i < end; ++i) visits.at(static_cast<std::size_t>(i)).fetch_add(1);
            });
            for (const auto& v : visits) EXPECT_EQ(v.load(), 1) << n << " by " << grain;
        }
    }
}

TEST_P(ParallelFor, RethrowsTheFirstExceptionByIndex) {
    for (int round = 0; round < 20; ++round) {
        try {
            parallel_for(100, [](std::int64_t i) {
                if (i == 17 || i == 18 || i == 90) throw std::runtime_error(std::to_string(i));
            });
            FAIL() << "no exception";
        } catch (const std::runtime_error& e) {
            EXPECT_STREQ(e.what(), "17");
        }
    }
    // and the pool still works
    std::atomic<int> sum{0};
    parallel_for(10, [&](std::int64_t i) { sum += static_cast<int>(i); });
    EXPECT_EQ(sum.load(), 45);
}

TEST_P(ParallelFor, NestedCallsRunToTheEnd) {
    std::vector<std::atomic<int>> visits(8 * 16);
    parallel_for(8, [&](std::int64_t i) {
        parallel_for(16, [&](std::int64_t j) { visits.at(static_cast<std::size_t>(i * 16 + j)).fetch_add(1); });
    });
    for (const auto& v : visits) EXPECT_EQ(v.load(), 1);
}

TEST_P(ParallelFor, AnExceptionOfANestedCallReachesTheOuterCaller) {
    const auto nested = [] {
        parallel_for(4, [](std::int64_t i) {
            parallel_for(4, [i](std::int64_t j) {
                if (i == 2 && j == 3) throw std::runtime_error("inner");
            });
        });
    };
    EXPECT_THROW(nested(), std::runtime_error);
}

TEST_P(ParallelFor, BodiesMayAskForTheThreadCount) {
    std::atomic<int> wrong{0};
    parallel_for(32, [&](std::int64_t) { wrong += threads() == GetParam() ? 0 : 1; });
    EXPECT_EQ(wrong.load(), 0);
}

TEST(Parallel, ResizingFromInsideABodyIsABug) {
    const int before = threads();
    set_threads(2);
    EXPECT_THROW(parallel_for(8, [](std::int64_t) { set_threads(1); }), Bug);
    EXPECT_EQ(threads(), 2);
    set_threads(before);
}

TEST_P(ParallelFor, ManyCallersAtOnceEachGetTheirOwnResult) {
    std::vector<std::thread> callers;
    std::vector<std::int64_t> sums(4);
    for (std::size_t c = 0; c < sums.size(); ++c) {
        callers.emplace_back([&sums, c] {
            for (int round = 0; round < 50; ++round) {
                std::vector<std::int64_t> parts(64);
                parallel_for(64, [&](std::int64_t i) { parts.at(static_cast<std::size_t>(i)) = i * static_cast<std::int64_t>(c + 1); });
                for (const std::int64_t p : parts) sums.at(c) += p;
            }
        });
    }
    for (auto& t : callers) t.join();
    for (std::size_t c = 0; c < sums.size(); ++c) EXPECT_EQ(sums[c], 50 * 2016 * static_cast<std::int64_t>(c + 1));
}

/// A reduction as the engine writes it: fixed tiles, partial sums added in tile order.
double tiled_sum(const std::vector<float>& x) {
    const std::int64_t n = static_cast<std::int64_t>(x.size()), grain = 97;
    std::vector<float> partial(static_cast<std::size_t>((n + grain - 1) / grain));
    parallel_ranges(n, grain, [&](std::int64_t begin, std::int64_t end) {
        float sum = 0;
        for (std::int64_t i = begin; i < end; ++i) sum += x[static_cast<std::size_t>(i)];
        partial[static_cast<std::size_t>(begin / grain)] = sum;
    });
    float total = 0;
    for (const float p : partial) total += p;
    return static_cast<double>(total);
}

TEST(Parallel, SumsHaveTheSameBitsAtAnyThreadCount) {
    const int before = threads();
    Rng rng(1);
    std::vector<float> x(10007);
    for (float& v : x) v = static_cast<float>(rng.normal());
    set_threads(1);
    const double want = tiled_sum(x);
    for (const int n : {1, 2, 3, 8}) {
        set_threads(n);
        for (int run = 0; run < 3; ++run) EXPECT_EQ(tiled_sum(x), want) << n << " threads";
    }
    set_threads(before);
}

TEST(Parallel, ThreadCountIsAtLeastOne) {
    const int before = threads();
    EXPECT_GE(before, 1);
    set_threads(0);
    EXPECT_EQ(threads(), 1);
    set_threads(-3);
    EXPECT_EQ(threads(), 1);
    set_threads(before);
    EXPECT_EQ(threads(), before);
}

TEST(Parallel, WorkIsSharedByTheThreads) {
    const int before = threads();
    set_threads(2);
    // both bodies wait for each other: only two threads at once can finish this
    std::atomic<int> arrived{0};
    parallel_for(2, [&](std::int64_t) {
        ++arrived;
        while (arrived.load() < 2) std::this_thread::yield();
    });
    EXPECT_EQ(arrived.load(), 2);
    set_threads(before);
}

}  // namespace
}  // namespace dg
