// The window's controls, drawn on a Canvas: immediate mode, every control named by a stable id that scripts and tests use
// too. A control is pressed through the picture of the last frame (what was seen is what is hit); the keyboard walks the
// controls in drawing order and shows where it is.
#pragma once

#include "app/window/input.h"
#include "app/window/text_edit.h"
#include "viz/canvas/canvas.h"
#include "viz/i18n/i18n.h"
#include "viz/theme/theme.h"

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dg::app {

using viz::Rect;
using viz::Vec2;

enum class Pointer { kArrow, kHand, kText };

/// A control as the last frame drew it.
struct WidgetInfo {
    std::string id;
    Rect rect;
    std::string label;  // what it says: for tests and screen readers
    bool focusable = false, enabled = true;
    Pointer pointer = Pointer::kHand;
};

/// What controls remember between frames.
struct UiState {
    std::vector<WidgetInfo> widgets;      // of the last frame, later ones on top
    std::string active;                   // held by the mouse
    std::string focus;                    // has the keyboard
    bool focus_visible = false;           // reached by keyboard: draw the ring
    std::size_t modal = 0;                // first widget of the topmost dialog; 0 = none
    std::map<std::string, TextEdit> edits;
    std::map<std::string, float> scrolls;
    std::string popup;                    // the open drop-down
    int popup_row = 0;
    std::string picked_of;                // a drop-down whose entry was clicked in the last frame
    int picked = 0;
    Vec2 last_mouse;                      // of the frame before
    Vec2 grab;                            // where the active control was pressed
    Rect caret;                           // of the focused text field, for the input method; units of the canvas
    bool typing = false;                  // a text field has the keyboard
};

/// Sizes of the window's own type.
struct TypeSizes {
    float caption = 16, label = 18, body = 20, heading = 28, title = 34;
};

/// What a control says and how it can be reached.
struct ControlSpec {
    std::string label = {};
    bool enabled = true;
    bool focusable = true;
    Pointer pointer = Pointer::kHand;
    bool keys = true;  // Enter and Space press it
};

struct TextFieldSpec {
    bool multiline = false;
    std::string placeholder = {};
    std::string label = {};
    float size = 0;  // 0 = body
    bool frame = true;
};

class Ui {
  public:
    Ui(viz::Canvas& canvas, UiState& state, InputFrame& input, const viz::Theme& theme, viz::Lang lang, float scale,
       Clipboard& clipboard);

    viz::Canvas& canvas;
    UiState& state;
    InputFrame& input;
    const viz::Theme& theme;
    viz::Lang lang;
    Clipboard& clipboard;
    TypeSizes type;
    Vec2 mouse;  // in canvas units
    bool moved = false;  // since the frame before
    float scale = 1;
    double time = 0;  // seconds, for the caret only

    [[nodiscard]] std::string tr(std::string_view key, const viz::TextArgs& args = {}) const { return viz::tr(lang, key, args); }

    // ---- interaction ----

    /// Registers a control; true when it was clicked, or Enter or Space was pressed on it.
    bool press(const std::string& id, Rect rect, const ControlSpec& spec = {});
    [[nodiscard]] bool hot(std::string_view id) const { return hot_ == id; }

    [[nodiscard]] const std::string& hot() const { return hot_; }

    [[nodiscard]] bool active(std::string_view id) const { return state.active == id; }

    [[nodiscard]] bool focused(std::string_view id) const { return state.focus == id; }

    /// The focused control's key, if it was pressed in this frame; marks it used.
    bool take_key(const std::string& id, viz::Key key);
    /// The ring round a control that has the keyboard.
    void focus_ring(const std::string& id, Rect rect, float radius);
    /// From here on everything belongs to a dialog over the rest: nothing below reacts.
    void begin_modal(std::string_view id, Rect cover);
    /// Drawn after everything else of the frame, on top.
    void defer(std::function<void()> draw) { deferred_.push_back(std::move(draw)); }

    /// Runs deferred drawings, walks the focus, closes the frame.
    void end();

    // ---- controls ----

    enum class Look { kPlain, kPrimary, kGhost };

    bool button(const std::string& id, Rect rect, std::string_view label, Look look = Look::kPlain, bool enabled = true);
    /// One of a few side by side; returns the newly chosen one.
    std::optional<int> segmented(const std::string& id, Rect rect, std::span<const std::string> labels, int current);
    /// Returns the new value while dragged; `step` > 0 snaps.
    std::optional<double> slider(const std::string& id, Rect rect, double value, double min, double max, double step);
    std::optional<bool> toggle(const std::string& id, Rect rect, std::string_view label, bool value);
    /// Returns the newly chosen entry.
    std::optional<int> drop_down(const std::string& id, Rect rect, std::span<const std::string> labels, int current, std::string_view detail = {});

    /// Edits `value` in place; true when it changed.
    bool text_field(const std::string& id, Rect rect, std::string& value, const TextFieldSpec& spec);

    /// A vertical scroller: shifts the drawing by the returned amount (<= 0) and clips until end_scroll.
    float begin_scroll(const std::string& id, Rect rect, float content_height);
    void end_scroll();

    // ---- drawing helpers ----

    void text(Vec2 at, std::string_view utf8, float size, viz::Color color, viz::Weight weight = viz::Weight::kRegular,
              viz::Align align = viz::Align::kLeft);
    float width(std::string_view utf8, float size, viz::Weight weight = viz::Weight::kRegular) const;
    /// Marked-up text (viz/scenes/rich_text.h) wrapped from a top left corner; returns the height used.
    float paragraph(Vec2 top_left, std::string_view markup, float size, viz::Color color, float max_width,
                    viz::Weight weight = viz::Weight::kRegular, float leading = 1.5F);
    float paragraph_height(std::string_view markup, float size, float max_width, viz::Weight weight = viz::Weight::kRegular,
                           float leading = 1.5F) const;
    /// A line of help at the pointer, above everything.
    void tip(std::string words);
    void hairline(Vec2 from, Vec2 to);
    void card(Rect rect, viz::Color fill, viz::Color border, float radius = 8, float line = 0);

  private:
    struct Row {
        std::size_t begin = 0, end = 0;
    };
    /// A text field as laid out: the text with the unfinished one inside, cut into rows.
    struct FieldLayout {
        std::u32string shown;
        std::vector<float> x;   // left edge of each character in its row, and of the end
        std::vector<Row> rows;
        std::size_t caret = 0;  // in `shown`

        [[nodiscard]] std::size_t row_of(std::size_t position) const;
    };

    FieldLayout lay_out(const TextEdit& edit, float size, float width, bool multiline) const;
    std::size_t field_position(const FieldLayout& layout, Vec2 local, float line) const;
    void field_mouse(const std::string& id, TextEdit& edit, const FieldLayout& layout, Vec2 local, float line);
    void field_keys(TextEdit& edit, const FieldLayout& layout, bool multiline);
    void draw_field(const TextEdit& edit, const FieldLayout& layout, Vec2 origin, float size, float line, bool focused);
    Rect current_view() const { return scrolls_.back().view; }

    void find_hot();
    void walk_focus();
    void draw_popup(const std::string& id, Rect rect, std::vector<std::string> labels, int current);
    bool popup_keys(const std::string& id, int count);

    std::string hot_;
    std::vector<WidgetInfo> widgets_;
    struct Scroll {
        std::string id;
        Rect view;
    };
    std::vector<Scroll> scrolls_;
    std::size_t modal_ = 0;
    std::vector<std::function<void()>> deferred_;
};

}  // namespace dg::app
