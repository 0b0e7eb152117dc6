// One drawing that uses everything a Canvas has, shared by the tests of the back ends.
#pragma once

#include "viz/canvas/canvas.h"
#include "viz/theme/theme.h"

#include <cmath>

namespace dg::viz {

inline void draw_sample(Canvas& c, const Theme& t) {
    c.begin_group("titles");
    c.text({96, 100}, "creature 只向两个词取信息：blue 0.58，fluffy 0.42",
           {t.title, t.ink, Weight::kBold});
    c.text({96, 134}, "The query “creature” draws on two keys only — 它“只看”两个词……",
           {t.label, t.ink3});
    c.text({96, 180}, "∇L = Σᵢ √(x² + y²) ≤ ∞, ∀x∈ℝ ⟨a,b⟩ 𝑥·𝐖 β₁ ␣Chang ▶ ▲ ▽ ①②③ → × ÷ ± −0.312",
           {t.body, t.ink});
    c.text({96, 210}, "龘 罕见字 の カ 한글 ﹏ éàü Ω", {t.body, t.ink2});
    c.end_group();
    c.begin_group("map");
    std::vector<Color> cells;
    for (int i = 0; i < 16; ++i) {
        for (int j = 0; j < 16; ++j) cells.push_back(t.sequential_at(std::abs(i - j) / 15.0));
    }
    c.heatmap({96, 240, 320, 320}, 16, 16, cells);
    c.stroke_rect({96, 240, 320, 320}, {t.border, t.line});
    for (int i = 0; i < 7; ++i) {
        const Color cell = t.sequential_at(i / 6.0);
        c.fill_rect({440, 240 + 46.0F * static_cast<float>(i), 96, 44}, cell, 4);
        c.text({488, 269 + 46.0F * static_cast<float>(i)}, "0.42",
               {t.body, t.ink_on(cell), Weight::kBold, Align::kCenter});
    }
    c.hatch({560, 240, 160, 320}, t.border);
    c.stroke_rect({580, 260, 120, 60}, {t.select_outline, 7}, 8);
    c.stroke_rect({580, 260, 120, 60}, {t.select, 3}, 8);
    c.end_group();
    c.begin_group("curves");
    std::vector<Vec2> wave, noise;
    for (int i = 0; i <= 400; ++i) {
        const float u = static_cast<float>(i) / 400.0F;
        wave.push_back({760 + 420 * u, 400 - 120 * std::sin(u * 20) * (1 - u)});
        noise.push_back({760 + 420 * u, 500 + static_cast<float>((i * 7919) % 61) - 30});
    }
    c.line({760, 560}, {1180, 560}, {t.ink, t.line});
    c.line({760, 240}, {760, 560}, {t.ink, t.line});
    c.polyline(wave, {t.q.fill, 3});
    c.polyline(noise, {t.ink3, 1});
    c.line({760, 250}, {1180, 330}, {t.error.fill, 2, 10, 6});
    Path arc;
    arc.move({900, 330}).cubic({900, 200}, {1080, 200}, {1080, 330});
    c.stroke_path(arc, {t.bar, 12});
    Path star;
    for (int i = 0; i < 10; ++i) {
        const float a = static_cast<float>(i) * 0.6283F, r = i % 2 == 0 ? 60.0F : 24.0F;
        const Vec2 p = {1290 + r * std::sin(a), 320 - r * std::cos(a)};
        i == 0 ? star.move(p) : star.line(p);
    }
    c.fill_path(star.close(), t.k.fill);
    c.stroke_path(star, {t.ink, 2});
    c.fill_circle({1290, 460}, 40, t.latent.fill);
    c.fill_circle({1360, 460}, 5, t.v.fill);
    c.fill_circle({1380, 460}, 2, t.v.fill);
    c.text({744, 520}, "loss 损失 (nats)", {t.label, t.ink2, Weight::kRegular, Align::kLeft, -90});
    c.end_group();
    c.push_clip({1440, 240, 200, 200});
    c.fill_rect({1400, 200, 140, 140}, t.panel, 16);
    c.text({1450, 300}, "clipped text 被裁掉的文字", {t.heading, t.rotary.ink});
    c.pop_clip();
    float y = 620;
    for (const RoleColor& role : {t.q, t.k, t.v, t.latent, t.rotary, t.gradient, t.error}) {
        c.fill_rect({96, y - 20, 60, 28}, role.fill, 6);
        c.text({170, y}, "role ink 角色文字 0.4244", {t.body, role.ink});
        y += 40;
    }
    float x = 560;
    for (std::size_t i = 0; i < t.experts.size(); ++i) {
        c.fill_rect({x, 620, 40, 40}, t.experts[i], 6);
        c.text({x + 20, 647}, std::to_string(i),
               {t.label, t.ink_on(t.experts[i]), Weight::kBold, Align::kCenter});
        x += 48;
    }
    float base = 740;
    for (const float size : {14.0F, 16.0F, 18.0F, 20.0F, 28.0F, 34.0F, 48.0F}) {
        c.text({560, base}, "湖南大学 Hunan University 0123456789 注意力 attention", {size, t.ink});
        base += size * 1.5F;
    }
}

}  // namespace dg::viz
