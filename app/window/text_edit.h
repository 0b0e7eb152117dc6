// The state of a text field: characters, caret, selection, undo, and the unfinished text of an input method. It draws
// nothing; ui_text.cpp lays it out.
#pragma once

#include "viz/window/event.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dg::app {

/// Where copied text goes.
class Clipboard {
  public:
    virtual ~Clipboard() = default;
    virtual void set_clipboard(const std::string& text) = 0;
    [[nodiscard]] virtual std::string clipboard() const = 0;
};

class TextEdit {
  public:
    /// The whole text as UTF-8; set() keeps the caret where it can and forgets the undo history when the text differs.
    [[nodiscard]] std::string value() const;
    void set(std::string_view utf8);

    [[nodiscard]] const std::u32string& text() const { return text_; }

    [[nodiscard]] std::size_t caret() const { return caret_; }

    [[nodiscard]] std::size_t selection_begin() const { return caret_ < anchor_ ? caret_ : anchor_; }

    [[nodiscard]] std::size_t selection_end() const { return caret_ < anchor_ ? anchor_ : caret_; }

    [[nodiscard]] bool has_selection() const { return caret_ != anchor_; }

    /// Unfinished text of an input method, drawn at the caret; never part of value().
    [[nodiscard]] const std::u32string& preedit() const { return preedit_; }

    [[nodiscard]] std::size_t preedit_caret() const { return preedit_caret_; }

    void set_preedit(std::string_view utf8, int caret);

    void place(std::size_t position, bool extend);
    void select_word(std::size_t position);
    void select_all();

    /// Replaces the selection. Control characters are dropped; line breaks too unless `multiline`.
    void insert(std::string_view utf8, bool multiline);
    /// A key; returns whether it meant something to the field. Up and down are the layout's business.
    bool key(const viz::InputEvent& e, bool multiline, Clipboard& clipboard);
    bool undo();
    bool redo();

  private:
    struct Moment {
        std::u32string text;
        std::size_t caret = 0;
    };

    void remember(bool typing);
    void erase(std::size_t begin, std::size_t end);
    void delete_key(bool backwards, bool word);
    [[nodiscard]] std::size_t word_left(std::size_t from) const;
    [[nodiscard]] std::size_t word_right(std::size_t from) const;
    bool shortcut(const viz::InputEvent& e, bool multiline, Clipboard& clipboard);
    [[nodiscard]] std::string selected() const;

    std::u32string text_, preedit_;
    std::size_t caret_ = 0, anchor_ = 0, preedit_caret_ = 0;
    std::vector<Moment> undo_, redo_;
    bool typing_ = false;  // the last change was typing: the next letter joins it
};

}  // namespace dg::app
