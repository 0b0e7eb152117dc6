// Claim expressions: grammar, arithmetic, tolerances, cells, runs, and what each mistake is told.
#include "lessons/expr.h"

#include <gtest/gtest.h>

#include <cmath>

namespace dg::lessons {
namespace {

using viz::Kind;

Environment sample() {
    Environment e;
    e[""] = {{"p", "学", 0.5},
             {"p", "车", 0.25},
             {"p", "3", 0.125},
             {"p", "2,5", 0.125},
             {"entropy", "", 1.2130075659799042},
             {"V", "", 1024},
             {"nan", "", std::nan("")},
             {"paper", "", 671, Kind::kPublished},
             {"dup", "a", 1},
             {"dup", "a", 2}};
    e["random"] = {{"entropy", "", 6.9}, {"p", "学", 0.001}, {"p", "车", 0.002}};
    return e;
}

double value_of(const std::string& text, const std::string& tolerance = {}) {
    auto expression = Expression::parse(text, {"random"});
    if (!expression) {
        ADD_FAILURE() << text << ": " << expression.error().plain();
        return std::nan("");
    }
    auto evaluation = expression->evaluate(sample(), tolerance);
    if (!evaluation) {
        ADD_FAILURE() << text << ": " << evaluation.error().plain();
        return std::nan("");
    }
    return evaluation->value;
}

Error error_of(const std::string& text) {
    auto expression = Expression::parse(text, {"random"});
    if (!expression) return expression.error();
    auto evaluation = expression->evaluate(sample());
    if (!evaluation) return evaluation.error();
    ADD_FAILURE() << text << " was accepted";
    return {};
}

TEST(Expr, Arithmetic) {
    EXPECT_EQ(value_of("1 + 2 * 3"), 7);
    EXPECT_EQ(value_of("(1 + 2) * 3"), 9);
    EXPECT_EQ(value_of("10 - 4 - 3"), 3);
    EXPECT_EQ(value_of("-2 ^ 2"), -4);
    EXPECT_EQ(value_of("2 ^ 3 ^ 2"), 512);
    EXPECT_EQ(value_of("2 ^ -2"), 0.25);
    EXPECT_EQ(value_of("7 / 2"), 3.5);
    EXPECT_EQ(value_of("1.5e3"), 1500);
    EXPECT_NEAR(value_of("2 ^ 0.5"), std::sqrt(2.0), 1e-15);
}

TEST(Expr, Functions) {
    EXPECT_NEAR(value_of("ln(V)"), 6.931471805599453, 1e-14);
    EXPECT_EQ(value_of("log2(V)"), 10);
    EXPECT_EQ(value_of("log10(1000)"), 3);
    EXPECT_NEAR(value_of("exp(1)"), 2.718281828459045, 1e-15);
    EXPECT_EQ(value_of("sqrt(16)"), 4);
    EXPECT_EQ(value_of("abs(-3)"), 3);
    EXPECT_EQ(value_of("min(3, 1, 2)"), 1);
    EXPECT_EQ(value_of("max(p)"), 0.5);
    EXPECT_EQ(value_of("sum(p)"), 1);
    EXPECT_EQ(value_of("mean(p)"), 0.25);
    EXPECT_EQ(value_of("median(p)"), 0.1875);
    EXPECT_TRUE(std::isnan(value_of("median(p * nan)")));
    EXPECT_EQ(value_of("count(p)"), 4);
    EXPECT_EQ(value_of("count(p > 0.2)"), 2);
    EXPECT_EQ(value_of("rank(p[\"车\"], p)"), 2);
    EXPECT_EQ(value_of("round(2.5) + floor(-0.5)"), 2);
    EXPECT_NEAR(value_of("-sum(p * ln(p))"), 1.2130075659799042, 1e-14);
}

TEST(Expr, CellsAndRuns) {
    EXPECT_EQ(value_of("p[\"学\"]"), 0.5);
    EXPECT_EQ(value_of("p['车']"), 0.25);
    EXPECT_EQ(value_of("p[3]"), 0.125);
    EXPECT_EQ(value_of("p[2,5]"), 0.125);
    EXPECT_EQ(value_of("random.entropy"), 6.9);
    EXPECT_EQ(value_of("random.p['学'] < p['学']"), 1);
}

TEST(Expr, Comparisons) {
    EXPECT_EQ(value_of("p['学'] > p['车']"), 1);
    EXPECT_EQ(value_of("p['学'] < p['车']"), 0);
    EXPECT_EQ(value_of("0 < p['车'] < p['学'] <= 1"), 1);
    EXPECT_EQ(value_of("0 < p['学'] < p['车']"), 0);
    EXPECT_EQ(value_of("1 <= 1 and not 1 > 1"), 1);
    EXPECT_EQ(value_of("1 > 2 or 2 >= 2"), 1);
    EXPECT_EQ(value_of("all(0 <= p <= 0.5)"), 1);
    EXPECT_EQ(value_of("all(p > 0.125)"), 0);
    EXPECT_EQ(value_of("any(p == 0.25)"), 1);
    EXPECT_EQ(value_of("0.1 + 0.2 == 0.3"), 0) << "== is exact";
    EXPECT_EQ(value_of("nan == nan or nan != 1 or nan ~ 1"), 0) << "nothing is true of NaN";
    EXPECT_EQ(value_of("p['学'] ≥ p['车'] and p['学'] ≠ 1"), 1);
}

TEST(Expr, Tolerances) {
    EXPECT_EQ(value_of("6.8 ~ ln(V) +- 2%"), 1);
    EXPECT_EQ(value_of("6.7 ~ ln(V) +- 2%"), 0);
    EXPECT_EQ(value_of("10 ~ 11 ± 1"), 1);
    EXPECT_EQ(value_of("10 ~ 11 +- 0.9"), 0);
    // stated digits: half a unit of the last one
    EXPECT_EQ(value_of("ln(V) ~ 6.931"), 1);
    EXPECT_EQ(value_of("ln(V) ~ 6.93"), 1);
    EXPECT_EQ(value_of("ln(V) ~ 6.932"), 0);
    EXPECT_EQ(value_of("-ln(V) ~ -6.931"), 1);
    EXPECT_EQ(value_of("6.9315e0 ~ ln(V)"), 1);
    // a whole number states no decimals: 1e-5 relative
    EXPECT_EQ(value_of("1.000009 * sum(p) ~ 1"), 1);
    EXPECT_EQ(value_of("1.00002 * sum(p) ~ 1"), 0);
    EXPECT_EQ(value_of("entropy ~ -sum(p * ln(p))"), 1);
    // the claim's own default, which a written one overrides
    EXPECT_EQ(value_of("10 ~ 11", "1"), 1);
    EXPECT_EQ(value_of("10 ~ 11", "5%"), 0);
    EXPECT_EQ(value_of("10 ~ 11 +- 0.5", "1"), 0);
    EXPECT_EQ(value_of("all(p ~ 0.25 +- 0.25)"), 1);
}

TEST(Expr, ReadingsQuoteBothSides) {
    auto expression =
        Expression::parse("sum(p) * (1 + 1) ~ 2 and p['学'] > random.p['学']", {"random"});
    ASSERT_TRUE(expression);
    auto e = expression->evaluate(sample());
    ASSERT_TRUE(e);
    ASSERT_EQ(e->readings.size(), 3U);
    EXPECT_EQ(e->readings[0].text, "sum(p) * (1 + 1)");
    EXPECT_EQ(e->readings[0].written(), "2");
    EXPECT_EQ(e->readings[1].text, "p['学']");
    EXPECT_EQ(e->readings[2].text, "random.p['学']");
    EXPECT_EQ(e->readings[2].written(), "0.001");
    EXPECT_TRUE(e->computed);
    EXPECT_FALSE(e->published);
}

TEST(Expr, KindsOfObservations) {
    auto expression = Expression::parse("paper == 671");
    ASSERT_TRUE(expression);
    auto e = expression->evaluate(sample());
    ASSERT_TRUE(e);
    EXPECT_TRUE(e->published);
    EXPECT_FALSE(e->computed);
}

TEST(Expr, MistakesAreNamedAndPlaced) {
    EXPECT_EQ(error_of("1 +").code, "claim_expected_operand");
    EXPECT_EQ(error_of("1 2").code, "claim_expected_operator");
    EXPECT_EQ(error_of("1 2").where, "2");
    EXPECT_EQ(error_of("(1").code, "claim_syntax");
    EXPECT_EQ(error_of("p[").code, "claim_expected_index");
    EXPECT_EQ(error_of("p[\"学").code, "claim_syntax");
    EXPECT_EQ(error_of("1 < 2 +- 1").code, "claim_band_without_tilde");
    EXPECT_EQ(error_of("smu(p)").code, "claim_unknown_function_near");
    EXPECT_EQ(error_of("smu(p)").args[1].second, "sum");
    EXPECT_EQ(error_of("entrpoy > 1").code, "claim_unknown_observable_near");
    EXPECT_EQ(error_of("1 < entrpoy").where, "4");
    EXPECT_EQ(error_of("quality > 1").code, "claim_unknown_observable");
    EXPECT_EQ(error_of("p['x'] > 1").code, "claim_unknown_index");
    EXPECT_EQ(error_of("dup['a'] > 1").code, "claim_ambiguous_index");
    EXPECT_EQ(error_of("p > 0").code, "claim_vector");
    EXPECT_EQ(error_of("sum(p, p)").code, "claim_arguments");
    EXPECT_EQ(error_of("sum(p + random.p)").code, "claim_sizes");
    EXPECT_EQ(error_of(std::string(5000, '(')).code, "claim_too_deep");
    EXPECT_EQ(error_of(std::string(5000, '-') + "1").code, "claim_too_deep");
    std::string nots, powers = "2";
    for (int i = 0; i < 5000; ++i) nots += "not ", powers += "^2";
    EXPECT_EQ(error_of(nots + "1 < 2").code, "claim_too_deep");
    EXPECT_EQ(error_of(powers).code, "claim_too_deep");
    EXPECT_EQ(error_of("").code, "claim_expected_operand");
}

TEST(Expr, ToleranceText) {
    EXPECT_TRUE(parse_tolerance("2%")->relative);
    EXPECT_EQ(parse_tolerance("0.5 %")->amount, 0.005);
    EXPECT_EQ(parse_tolerance("0.05")->amount, 0.05);
    for (const char* bad : {"", "x", "2 percent", "-1", "%"})
        EXPECT_FALSE(parse_tolerance(bad)) << bad;
}

TEST(Expr, RandomBytesNeverCrash) {
    const std::string alphabet = "p[]()\"'学~<>=!+-*/^%., 1a±and or not sum";
    std::uint64_t state = 20260101;
    int accepted = 0;
    for (int round = 0; round < 20000; ++round) {
        std::string text;
        for (int i = 0; i < 1 + round % 24; ++i) {
            state = state * 6364136223846793005ULL + 1442695040888963407ULL;
            text += alphabet[(state >> 33U) % alphabet.size()];
        }
        if (auto expression = Expression::parse(text)) {
            ++accepted;
            auto evaluation = expression->evaluate(sample());
            EXPECT_TRUE(!evaluation || !evaluation->readings.empty()) << text;
        }
    }
    EXPECT_GT(accepted, 100) << "the loop must reach the evaluator";
}

}  // namespace
}  // namespace dg::lessons
