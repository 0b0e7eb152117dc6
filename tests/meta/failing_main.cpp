// Tests that fail on purpose, each in one of the ways a test can fail. tests/meta/harness_test.cpp runs them one by one
// and expects exit status 1 (or a death): a harness that cannot fail proves nothing.
#include "engine/base/check.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace {

TEST(OnPurpose, ExpectationFails) { EXPECT_EQ(1 + 1, 3); }

TEST(OnPurpose, BugEscapes) { DG_CHECK(1 + 1 == 3); }

TEST(OnPurpose, Aborts) { std::abort(); }

TEST(OnPurpose, Passes) { EXPECT_EQ(1 + 1, 2); }

}  // namespace

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
