// The help page: every key, from the one table.
#include "app/window/deeds.h"
#include "app/window/shell.h"
#include "viz/scenes/rich_text.h"

namespace dg::app {

void draw_help(Shell& s, Ui& u, Rect page) {
    u.begin_modal("help.veil", page);
    const bool out = u.press("help.out", page, {.focusable = false, .pointer = Pointer::kArrow});
    u.canvas.fill_rect(page, viz::Color{0, 0, 0, 70});
    const int columns = page.w > 1000 ? 2 : 1, count = static_cast<int>(deeds().size()), rows = (count + columns - 1) / columns;
    const float row_h = 36, w = std::min(page.w - 48, 560.0F * static_cast<float>(columns)), head = 84;
    const float h = std::min(page.h - 96, head + row_h * static_cast<float>(rows) + 28);
    const Rect box = {page.center().x - w / 2, page.center().y - h / 2, w, h};
    u.card(box, u.theme.panel, u.theme.border, 12);
    u.press("help.box", box, {.focusable = false, .pointer = Pointer::kArrow});
    u.text({box.x + 32, box.y + 52}, u.tr("window.help.title"), u.type.heading, u.theme.ink, viz::Weight::kBold);
    if (u.button("help.close", {box.right() - 132, box.y + 22, 100, 40}, u.tr("window.banner.close"))) s.close_top();

    const Rect body = {box.x, box.y + head - 8, box.w, box.h - head - 8};
    const float column_w = (w - 64) / static_cast<float>(columns);
    const float top = body.y + u.begin_scroll("help.scroll", body, row_h * static_cast<float>(rows) + 16);
    for (int i = 0; i < count; ++i) {
        const Deed& deed = deeds()[static_cast<std::size_t>(i)];
        const float x = box.x + 32 + column_w * static_cast<float>(i / rows), y = top + row_h * static_cast<float>(i % rows);
        const std::string key = all_key_labels(deed.keys);
        const float key_w = std::max(40.0F, u.width(key, 15) + 18);
        u.card({x, y + 4, key_w, 28}, u.theme.ground, u.theme.border, 5);
        u.text({x + key_w / 2, y + 24}, key, 15, u.theme.ink2, viz::Weight::kRegular, viz::Align::kCenter);
        const float words_x = x + std::max(116.0F, key_w + 16);
        const viz::TextStyle style{.size = u.type.caption, .color = u.theme.ink};
        u.canvas.text({words_x, y + 24}, viz::elide(u.canvas, u.tr(fmt::format("window.deed.{}", deed.id)), style, x + column_w - 12 - words_x), style);
    }
    u.end_scroll();
    if (out) s.close_top();
}

}  // namespace dg::app
