// Drawing helpers that the pictures of scene next-token share.
#pragma once

#include "viz/scenes/next_token.h"
#include "viz/scenes/widgets.h"

namespace dg::viz::next_token {

enum Stage { kArrow, kGrow, kChoose, kAppend };

/// How far a stage has come: 0 before it, 1 after it, eased.
double done(const View& view, Stage stage);
/// Progress over all stages together, 0 .. 1, for pictures whose rows appear one after the other.
double overall(const View& view);

/// Token positions computed by all passes together: with the whole text sent every time, and with a KV cache.
struct Work {
    std::int64_t full = 0, cached = 0;
};
Work work_of(const Run& run);

/// Title and the same in the other language below it; badge with model, hash and seed.
PageText page_text(const Data& data, const View& view, std::string_view key, const TextArgs& args, const std::string& seed = {});

/// draw_frame without the second language where the page is small.
Rect draw_page(Canvas& canvas, const View& view, PageText page);
/// About the place that draw_page would leave, without drawing: how many rows fit is part of what the notes say.
Rect page_room(const Canvas& canvas, const View& view, const PageText& page);

/// Fades a colour towards the ground.
Color faded(const Theme& t, Color c, double alpha);
/// Dashed outline of a place that is still empty.
void draw_slot(Canvas& canvas, const Theme& t, Rect rect, Color color);
/// The size of `style`, or smaller down to `least` so that the text fits.
float fit_size(const Canvas& canvas, std::string_view text, TextStyle style, float width, float least);
/// A token in a rounded box.
struct TokenBox {
    Color fill, ink;
    bool bold = false;
    bool outline = false;
};
void draw_token(Canvas& canvas, const Theme& t, Rect rect, std::string_view label, float size, const TokenBox& box);
/// Widths for labels at a size, kept under `room` in total by one common cap of at least `least`; shorter than `labels`
/// when even that does not fit: then the last ones that do.
std::vector<float> token_widths(const Canvas& canvas, std::span<const std::string> labels, const TextStyle& style, float room, float least);

void draw_bars(Canvas& canvas, const Data& data, const Params& params, const View& view);
void draw_loop(Canvas& canvas, const Data& data, const Params& params, const View& view);
void draw_columns(Canvas& canvas, const Data& data, const Params& params, const View& view);
void draw_scorer(Canvas& canvas, const Data& data, const Params& params, const View& view);
void draw_corpus(Canvas& canvas, const Data& data, const Params& params, const View& view);

/// The prompt in large type with one underline per token, then the open slot; returns the slot.
Rect draw_prompt(Canvas& canvas, const Data& data, const View& view, Rect area);
/// Prompt tokens, arrow, slots of the steps to come; returns the first slot.
Rect draw_strip(Canvas& canvas, const Data& data, const View& view, Rect area);

}  // namespace dg::viz::next_token
