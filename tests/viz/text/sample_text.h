// Formulas on one page, shared by the tests of the text layer and of the back ends.
#pragma once

#include "viz/canvas/canvas.h"
#include "viz/text/formula.h"
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
}

}  // namespace dg::viz
