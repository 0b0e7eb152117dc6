#include "app/window/text_edit.h"

#include "viz/text/utf8.h"

#include <algorithm>

namespace dg::app {
namespace {

constexpr std::size_t kUndoKept = 200;

enum class Class { kBlank, kWord, kHan, kOther };

Class class_of(char32_t c) {
    if (c == U' ' || c == U'\n' || c == U'\t' || c == 0x3000) return Class::kBlank;
    if (viz::is_wide(c)) return Class::kHan;
    const bool letter = (c >= U'0' && c <= U'9') || (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z') || c == U'_' || c >= 0xC0;
    return letter ? Class::kWord : Class::kOther;
}

}  // namespace

std::string TextEdit::value() const { return viz::encode_utf8(text_); }

void TextEdit::set(std::string_view utf8) {
    std::u32string text = viz::decode_utf8(utf8);
    if (text == text_) return;
    text_ = std::move(text);
    caret_ = anchor_ = std::min(caret_, text_.size());
    undo_.clear(), redo_.clear();
    typing_ = false;
}

void TextEdit::set_preedit(std::string_view utf8, int caret) {
    preedit_ = viz::decode_utf8(utf8);
    preedit_caret_ = std::min(preedit_.size(), static_cast<std::size_t>(std::max(0, caret)));
}

void TextEdit::place(std::size_t position, bool extend) {
    caret_ = std::min(position, text_.size());
    if (!extend) anchor_ = caret_;
    typing_ = false;
}

void TextEdit::select_word(std::size_t position) {
    if (text_.empty()) return;
    const std::size_t at = std::min(position, text_.size() - 1);
    const Class wanted = class_of(text_[at]);
    std::size_t begin = at, end = at + 1;
    while (begin > 0 && class_of(text_[begin - 1]) == wanted) --begin;
    while (end < text_.size() && class_of(text_[end]) == wanted) ++end;
    anchor_ = begin, caret_ = end;
}

void TextEdit::select_all() { anchor_ = 0, caret_ = text_.size(); }

void TextEdit::remember(bool typing) {
    if (!(typing && typing_)) {
        undo_.push_back({text_, caret_});
        if (undo_.size() > kUndoKept) undo_.erase(undo_.begin());
    }
    redo_.clear();
    typing_ = typing;
}

void TextEdit::erase(std::size_t begin, std::size_t end) {
    text_.erase(begin, end - begin);
    caret_ = anchor_ = begin;
}

void TextEdit::insert(std::string_view utf8, bool multiline) {
    std::u32string fresh;
    for (const char32_t c : viz::decode_utf8(utf8)) {
        const bool line_break = c == U'\n';
        if (c == U'\t') fresh.push_back(U' ');
        else if (line_break ? multiline : c >= 0x20 && c != 0x7F) fresh.push_back(c);
    }
    if (fresh.empty() && !has_selection()) return;
    remember(fresh.size() == 1 && !has_selection());
    erase(selection_begin(), selection_end());
    text_.insert(caret_, fresh);
    caret_ = anchor_ = caret_ + fresh.size();
}

std::size_t TextEdit::word_left(std::size_t from) const {
    while (from > 0 && class_of(text_[from - 1]) == Class::kBlank) --from;
    if (from == 0) return 0;
    const Class wanted = class_of(text_[from - 1]);
    while (from > 0 && class_of(text_[from - 1]) == wanted) --from;
    return from;
}

std::size_t TextEdit::word_right(std::size_t from) const {
    if (from >= text_.size()) return text_.size();
    const Class wanted = class_of(text_[from]);
    while (from < text_.size() && class_of(text_[from]) == wanted) ++from;
    while (from < text_.size() && class_of(text_[from]) == Class::kBlank) ++from;
    return from;
}

void TextEdit::delete_key(bool backwards, bool word) {
    std::size_t begin = selection_begin(), end = selection_end();
    if (begin == end) {
        if (backwards && begin > 0) begin = word ? word_left(begin) : begin - 1;
        if (!backwards && end < text_.size()) end = word ? word_right(end) : end + 1;
    }
    if (begin == end) return;
    remember(false);
    erase(begin, end);
}

std::string TextEdit::selected() const {
    return viz::encode_utf8(std::u32string_view(text_).substr(selection_begin(), selection_end() - selection_begin()));
}

bool TextEdit::undo() {
    if (undo_.empty()) return false;
    redo_.push_back({text_, caret_});
    text_ = undo_.back().text;
    caret_ = anchor_ = undo_.back().caret;
    undo_.pop_back();
    typing_ = false;
    return true;
}

bool TextEdit::redo() {
    if (redo_.empty()) return false;
    undo_.push_back({text_, caret_});
    text_ = redo_.back().text;
    caret_ = anchor_ = redo_.back().caret;
    redo_.pop_back();
    typing_ = false;
    return true;
}

bool TextEdit::shortcut(const viz::InputEvent& e, bool multiline, Clipboard& clipboard) {
    switch (e.code) {
        case U'a': select_all(); return true;
        case U'c':
        case U'x':
            if (has_selection()) clipboard.set_clipboard(selected());
            if (e.code == U'x' && has_selection()) delete_key(true, false);
            return true;
        case U'v': insert(clipboard.clipboard(), multiline); return true;
        // an empty history leaves the key to the parameters' undo
        case U'z': return e.shift ? redo() : undo();
        case U'y': return redo();
        default: return false;
    }
}

bool TextEdit::key(const viz::InputEvent& e, bool multiline, Clipboard& clipboard) {
    using viz::Key;
    if (!preedit_.empty()) return true;  // the input method has these keys
    if (e.ctrl && e.key == Key::kCharacter) return shortcut(e, multiline, clipboard);
    switch (e.key) {
        case Key::kLeft:
            if (has_selection() && !e.shift && !e.ctrl) place(selection_begin(), false);
            else place(e.ctrl ? word_left(caret_) : caret_ - (caret_ > 0 ? 1 : 0), e.shift);
            return true;
        case Key::kRight:
            if (has_selection() && !e.shift && !e.ctrl) place(selection_end(), false);
            else place(e.ctrl ? word_right(caret_) : caret_ + 1, e.shift);
            return true;
        case Key::kHome: place(0, e.shift); return true;
        case Key::kEnd: place(text_.size(), e.shift); return true;
        case Key::kBackspace: delete_key(true, e.ctrl); return true;
        case Key::kDelete: delete_key(false, e.ctrl); return true;
        case Key::kEnter:
            if (!multiline) return false;
            insert("\n", true);
            return true;
        // a letter arrives as text as well: it is not a command while typing
        case Key::kCharacter:
        case Key::kSpace: return !e.ctrl && !e.alt;
        default: return false;
    }
}

}  // namespace dg::app
