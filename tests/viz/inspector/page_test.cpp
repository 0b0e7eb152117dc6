#include "viz/inspector/inspector.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace dg::viz {
namespace {

using testing::HasSubstr;

/// y = sum_j x_j W_j with x_j = j + 1 and W_j = (-1)^j / 8.
Explanation linear(int n) {
    Explanation why;
    why.tensor = "y", why.at = {0, 1};
    why.op = "linear";
    why.formula = R"(y_i = \sum_j x_j W_{i,j})";
    for (int j = 0; j < n; ++j) {
        const double x = j + 1, w = (j % 2 == 0 ? 1.0 : -1.0) / 8;
        why.operands.push_back({"x", {0, j}, x, "x"});
        why.operands.push_back({"W", {1, j}, w, "W"});
        why.recheck += x * w;
    }
    why.value = why.recheck;
    return why;
}

TEST(InspectorPage, ProductsAreTermsStrongestFirst) {
    const InspectorPage page = make_page(linear(25));
    EXPECT_EQ(page.kind, TermKind::kProduct);
    ASSERT_EQ(page.terms.size(), kShownTerms);
    EXPECT_EQ(page.more, 25 - kShownTerms);
    EXPECT_EQ(page.terms[0].operands[0].value, 25);
    EXPECT_EQ(page.terms[0].contribution, 25.0 / 8);
    for (std::size_t i = 1; i < page.terms.size(); ++i) {
        EXPECT_GE(std::abs(page.terms[i - 1].contribution), std::abs(page.terms[i].contribution));
    }
    // shown and hidden terms add up to the value exactly (eighths: no rounding)
    double shown = 0;
    for (const Term& t : page.terms) shown += t.contribution;
    EXPECT_EQ(shown + page.more_sum, page.why.value);
    EXPECT_EQ(page.total, page.why.value);
    EXPECT_EQ(page.recheck, Recheck::kAgrees);
}

TEST(InspectorPage, EightTermsNeedNoRest) {
    const InspectorPage page = make_page(linear(8));
    EXPECT_EQ(page.terms.size(), 8U);
    EXPECT_EQ(page.more, 0U);
    EXPECT_EQ(page.more_sum, 0);
}

TEST(InspectorPage, AWrongValueIsSeen) {
    Explanation why = linear(25);
    why.value *= 1 + 1e-4;
    EXPECT_EQ(make_page(why).recheck, Recheck::kDiffers);
    why.value = std::nan("");
    EXPECT_EQ(make_page(why).recheck, Recheck::kDiffers);
}

TEST(InspectorPage, SoftmaxSharesAddUpAndKeepTheOwnTerm) {
    Explanation why;
    why.tensor = "layers.0.attn.probs", why.at = {0, 0, 19, 3};
    why.op = "softmax";
    double sum = 0;
    for (int j = 0; j < 20; ++j) sum += std::exp(0.1 * j);
    for (int j = 0; j < 20; ++j) why.operands.push_back({"layers.0.attn.scores", {0, 0, 19, j}, 0.1 * j, "s"});
    why.recheck = std::exp(0.3) / sum;
    why.value = static_cast<float>(why.recheck);
    const InspectorPage page = make_page(why);
    EXPECT_EQ(page.kind, TermKind::kShare);
    EXPECT_NEAR(page.total, 1, 1e-12);
    const auto own = std::ranges::find(page.terms, true, &Term::own);
    ASSERT_NE(own, page.terms.end()) << "the cell's own score is rank 17 but must be shown";
    EXPECT_NEAR(own->contribution, page.why.value, 1e-7);
    EXPECT_EQ(page.terms.size(), kShownTerms);
    double shown = 0;
    for (const Term& t : page.terms) shown += t.contribution;
    EXPECT_NEAR(shown + page.more_sum, 1, 1e-12);
    EXPECT_EQ(page.recheck, Recheck::kAgrees);
}

TEST(InspectorPage, MaskedScoresAgreeAtMinusInfinity) {
    Explanation why;
    why.tensor = "layers.0.attn.scores", why.at = {0, 0, 1, 2};
    why.op = "attention_scores";
    why.value = why.recheck = -std::numeric_limits<double>::infinity();
    const InspectorPage page = make_page(why);
    EXPECT_EQ(page.difference(), 0);
    EXPECT_EQ(page.recheck, Recheck::kAgrees);
    const auto json = nlohmann::json::parse(explanation_json(why));
    EXPECT_TRUE(json["value"].is_null());
    EXPECT_EQ(json["difference"], 0);
}

TEST(InspectorPage, DecisionsMustAgreeExactly) {
    Explanation why;
    why.op = "router", why.discrete = true;
    why.value = 7, why.recheck = 7;
    EXPECT_EQ(make_page(why).recheck, Recheck::kAgrees);
    why.recheck = 8;
    EXPECT_EQ(make_page(why).recheck, Recheck::kDiffers);
}

TEST(InspectorPage, JsonHasEveryOperand) {
    const Explanation why = linear(25);
    const auto json = nlohmann::json::parse(explanation_json(why));
    for (const char* key : {"tensor", "at", "value", "recheck", "difference", "formula", "operands"}) EXPECT_TRUE(json.contains(key)) << key;
    ASSERT_EQ(json["operands"].size(), 50U);
    EXPECT_EQ(json["operands"][3]["tensor"], "W");
    EXPECT_EQ(json["operands"][3]["at"], (std::vector<int>{1, 1}));
    EXPECT_EQ(json["operands"][3]["value"], -0.125);
    EXPECT_EQ(json["value"], why.value);
    EXPECT_EQ(json["at"], (std::vector<int>{0, 1}));
}

TEST(InspectorPage, WordsAndCopies) {
    const InspectorPage page = make_page(linear(25));
    EXPECT_EQ(copy_value(page), "1.625");
    EXPECT_THAT(copy_worked(page), HasSubstr("y[0,1] = 1.6250 = 25.0×0.125 + 24.0×(−0.125)"));
    EXPECT_THAT(copy_worked(page), HasSubstr("[17 more: "));
    for (const Lang lang : {Lang::kZh, Lang::kEn}) {
        const std::string text = page_text(lang, page);
        EXPECT_THAT(text, HasSubstr("25.0000"));
        EXPECT_EQ(text.find("⟦"), std::string::npos) << text;
        EXPECT_EQ(text.find("{"), text.find("{i,j}")) << text;
    }
    EXPECT_EQ(cell_name({"layers.1.attn.probs", {0, 2, 5, 3}}), "layers.1.attn.probs[0,2,5,3]");
    EXPECT_EQ(short_name({"layers.1.attn.probs", {0, 2}}), "L1 probs [0,2]");
    EXPECT_EQ(short_name({"model.layers.3.mlp.experts.7.up_proj.weight", {1, 2}}), "L3 experts.7.up_proj [1,2]");
    EXPECT_EQ(short_name({"logits", {0}}), "logits [0]");
}

}  // namespace
}  // namespace dg::viz
