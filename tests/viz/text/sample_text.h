// Formulas, marked-up lines and wrapped boxes on one page, shared by the tests of the text layer.
#pragma once

#include "viz/canvas/canvas.h"
#include "viz/text/formula.h"
#include "viz/text/layout.h"
#include "viz/theme/theme.h"

#include <string>
#include <vector>

namespace dg::viz {

inline ColorNames role_names(const Theme& t) {
    return {{"q", t.q.ink}, {"Q", t.q.ink}, {"k", t.k.ink},           {"K", t.k.ink},
            {"v", t.v.ink}, {"V", t.v.ink}, {"c_{kv}", t.latent.ink}, {"c", t.latent.ink}};
}

inline const std::vector<std::string>& sample_formulas() {
    static const std::vector<std::string> kFormulas = {
        "p_{6,1} = \\frac{\\exp(s_{6,1} - m)}{\\sum_{j \\le 6} \\exp(s_{6,j} - m)}",
        "\\mathrm{Attention}(Q, K, V) = \\operatorname{softmax}\\left(\\frac{Q "
        "K^\\top}{\\sqrt{d_k}}\\right) V",
        "y_t = \\sum_{i=1}^{N_r} g_{i,t} E_i(x_t) + S(x_t)",
        "\\hat x = \\frac{x - \\mu}{\\sqrt{\\sigma^2 + \\varepsilon}} \\cdot \\gamma + \\beta",
        "c_{kv} = W^{DKV} h_t, \\quad k^R = \\operatorname{RoPE}(W^{KR} h_t)",
        "L = -\\frac{1}{T} \\sum_t \\ln P(x_{t+1} \\mid x_{\\le t}) \\quad \\text{（奈特 nats）}",
        "\\max_{\\theta} \\prod_{i} \\left[ a_i \\right]^{2} \\le \\left\\{ \\frac{1}{2} "
        "\\right\\} \\ne -1",
        "A_i = \\frac{r_i - \\bar r}{\\tilde\\sigma}, \\int_0^1 f'(x) \\, dx \\approx 0.4244 "
        "\\times 10^{-3}",
        "损失 = \\left\\| y - Xb \\right\\|^2 + \\lambda \\left| b \\right|"};
    return kFormulas;
}

inline void draw_text_sample(Canvas& c, const Theme& t) {
    float y = 90;
    for (const std::string& tex : sample_formulas()) {
        FormulaStyle style{30, t.ink, role_names(t)};
        const TextSize size = measure_formula(c, tex, style);
        y += size.ascent;
        c.fill_rect({90, y - size.ascent, size.width, size.ascent + size.descent}, t.panel);
        draw_formula(c, {90, y}, tex, style);
        y += size.descent + 22;
    }
    const std::string zh =
        "每个词发出查询 [[q|Q]]，与前面每个词的键 [[k|K]] "
        "比对；得分归一后就是权重：**从谁那里取，取多少**。“只看”两个词（例如 blue 和 fluffy），"
        "第 3 层、第 5 个头的 c_{kv} 有 64 个数，占 88.4%——比 10^{6} 少……";
    const std::string en =
        "Each word sends a query [[q|Q]] to every earlier key [[k|K]]; softmax turns the scores "
        "into weights: **from whom to take, and how much**. "
        "Well-known end-to-end hyphenated words break after the hyphen; "
        "Donaudampfschifffahrtsgesellschaftskapitänswitwe is cut.";
    const auto zh_runs = parse_rich(zh, role_names(t)), en_runs = parse_rich(en, role_names(t));
    float top = 90;
    for (const auto& runs : {zh_runs, en_runs}) {
        for (const float width : {360.0F, 240.0F}) {
            BoxStyle style{{t.body, t.ink}, 1.5F, 0};
            const float height = box_height(c, width, runs, style);
            const float x = width > 300 ? 1080.0F : 1500.0F;
            c.stroke_rect({x, top, width, height}, {t.border, 1});
            draw_box(c, {x, top, width, height}, runs, style);
        }
        top += 430;
    }
    draw_box(c, {1080, 960, 360, 0}, zh, {{t.caption, t.ink3}, 1.5F, 2});
    c.fill_rect({1500, 960, 160, 40}, t.q.fill, 6);
    draw_label(c, {1500, 960, 160, 40}, "␣Chang 湖南大学 a long label",
               {t.label, t.ink_on(t.q.fill), Weight::kBold, Align::kCenter});
    c.fill_rect({1680, 960, 60, 40}, t.k.fill, 6);
    draw_label(c, {1680, 960, 60, 40}, "学 K",
               {t.label, t.ink_on(t.k.fill), Weight::kBold, Align::kCenter});
}

}  // namespace dg::viz
