#include "lessons/handout_kit.h"

#include "viz/i18n/i18n.h"

namespace dg::lessons::kit {
namespace {

const viz::Theme& paper() {
    return viz::theme(viz::ThemeId::kPaper);
}

// "deepglass --lesson 01-next-token --step 2 --lang zh"
std::string recipe_line(const Handout& handout) {
    return fmt::format("deepglass --lesson {} --step {} --lang {}", handout.lesson.id,
                       handout.figure_step + 1, viz::lang_name(handout.lang));
}

}  // namespace

viz::TextStyle style(float size, viz::Weight weight, viz::Color color) {
    viz::TextStyle s;
    s.size = size;
    s.weight = weight;
    s.color = color;
    return s;
}

float height_of(const viz::Canvas& canvas, std::string_view text, float size, float width,
                viz::Weight weight) {
    const auto lines = viz::wrap(canvas, text, style(size, weight), width);
    return static_cast<float>(lines.size()) * leading(size);
}

float put(viz::Canvas& canvas, float x, float top, std::string_view text, const viz::TextStyle& s,
          float width) {
    float y = top;
    for (const std::string& line : viz::wrap(canvas, text, s, width)) {
        // the baseline sits so that the line is centred in its leading
        canvas.text({x, y + leading(s.size) * 0.5F + s.size * 0.36F}, line, s);
        y += leading(s.size);
    }
    return y;
}

float header(viz::Canvas& canvas, const Handout& handout, std::string_view kind_key,
             std::size_t page, std::size_t pages) {
    const float baseline = kMargin + 6;
    const viz::TextStyle name = style(13, viz::Weight::kBold);
    canvas.text({kMargin, baseline}, "deepglass", name);
    const float after = kMargin + canvas.measure("deepglass", name).width + 12;
    const std::string line = viz::tr(handout.lang, kind_key,
                                     {{"number", std::to_string(handout.lesson.number())},
                                      {"page", std::to_string(page + 1)},
                                      {"pages", std::to_string(pages)}});
    canvas.text({after, baseline}, line, style(11, viz::Weight::kRegular, paper().ink2));
    canvas.line({kMargin, baseline + 12}, {kMargin + kWidth, baseline + 12}, {paper().ink, 1.3F});
    return baseline + 26;
}

void foot(viz::Canvas& canvas, const Handout& handout) {
    const float top = 1122.5F - kMargin - 14;
    canvas.line({kMargin, top - 14}, {kMargin + kWidth, top - 14}, {paper().hairline, 1});
    canvas.text({kMargin, top}, recipe_line(handout),
                style(10, viz::Weight::kRegular, paper().ink2));
}

void number_disc(viz::Canvas& canvas, viz::Vec2 center, int number) {
    canvas.fill_circle(center, 10, paper().ink);
    viz::TextStyle s = style(12, viz::Weight::kBold, viz::Color::hex(0xFFFFFF));
    s.align = viz::Align::kCenter;
    canvas.text({center.x, center.y + 4.3F}, std::to_string(number), s);
}

}  // namespace dg::lessons::kit
