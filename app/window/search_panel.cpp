#include "app/window/search_panel.h"

#include "app/window/deeds.h"
#include "app/window/icons.h"
#include "app/window/shell.h"
#include "viz/scenes/rich_text.h"
#include "viz/text/utf8.h"

#include <algorithm>
#include <cstdlib>

namespace dg::app {
namespace {

constexpr std::size_t kMost = 9;

std::u32string folded(std::string_view text) {
    std::u32string out;
    for (const char32_t c : viz::decode_utf8(text)) out.push_back(c >= U'A' && c <= U'Z' ? c + 32 : c);
    return out;
}

int word_score(std::u32string_view word, std::u32string_view text) {
    const std::size_t at = text.find(word);
    if (at == 0) return 100;
    if (at != std::u32string_view::npos) {
        const bool beginning = text[at - 1] == U' ' || text[at - 1] == U'.' || text[at - 1] == U'-' || text[at - 1] == U'_';
        return beginning ? 80 : 60;
    }
    // scattered letters, in order
    if (word.size() < 2) return 0;
    std::size_t i = 0;
    for (const char32_t c : text) {
        if (i < word.size() && c == word[i]) ++i;
    }
    return i == word.size() ? 20 : 0;
}

using Hit = SearchPanel::Hit;

void add_scenes(const Shell& s, std::vector<Hit>& hits) {
    for (const viz::Scene& scene : s.setup.scenes) {
        const std::string key = fmt::format("scene.{}.name", scene.id);
        hits.push_back({"scene", viz::tr(s.lang, key), std::string(scene.id) + " " + viz::tr(s.lang == viz::Lang::kZh ? viz::Lang::kEn : viz::Lang::kZh, key),
                        [id = std::string(scene.id)](Shell& shell) {
                            if (const Result<void> opened = shell.open_scene(id); !opened) shell.say(opened.error());
                        }});
    }
}

void add_lessons(const Shell& s, std::vector<Hit>& hits) {
    for (const lessons::ShelfEntry& entry : s.setup.shelf) {
        hits.push_back({"lesson", entry.id, "", [entry](Shell& shell) {
            if (const Result<void> opened = shell.open_lesson(entry); !opened) shell.say(opened.error());
        }});
        const auto title = s.titles.find(entry.id);
        if (title == s.titles.end()) continue;
        hits.back().detail = entry.id + " " + title->second.title.zh + " " + title->second.title.en;
        hits.back().title = fmt::format("L{} {}", title->second.number, title->second.title.in(s.lang));
        hits.back().name = title->second.title.in(s.lang);
    }
}

void add_commands(const Shell& s, std::vector<Hit>& hits) {
    for (const Deed& deed : deeds()) {
        if (deed.id == "close" || deed.id == "search" || (deed.useful && !deed.useful(s))) continue;
        hits.push_back({"command", viz::tr(s.lang, fmt::format("window.deed.{}", deed.id)), key_label(deed.keys), [run = deed.run](Shell& shell) { run(shell); }});
    }
}

/// A typed path opens a model folder.
void add_path(const Shell& s, const std::string& query, std::vector<Hit>& hits) {
    if (!query.starts_with('/') && !query.starts_with("~/") && !query.starts_with("./")) return;
    std::string path = query;
    if (const char* home = std::getenv("HOME"); home && path.starts_with('~')) path = home + path.substr(1);
    hits.push_back({"command", viz::tr(s.lang, "window.search.open_path", {{"path", query}}), query, [path](Shell& shell) { shell.drop(path); }});
}

void add_tensors(const Shell& s, const std::string& query, std::vector<Hit>& hits) {
    const viz::Trace* trace = s.lab.trace();
    if (!trace || query.empty()) return;
    for (const std::string& name : trace->tape.names(true)) {
        const Tensor<float>& tensor = trace->tape.value(trace->tape.find(name));
        if (tensor.size() == 0) continue;
        hits.push_back({"tensor", name, to_string(tensor.shape()), [name](Shell& shell) {
            const viz::Trace* now = shell.lab.trace();
            const TensorId id = now ? now->tape.find(name) : -1;
            if (id < 0) return;
            // its last cell: the newest token's last number
            const Tensor<float>& t = now->tape.value(id);
            shell.show_cell({name, t.index_of(t.size() - 1)});
        }});
    }
}

Icon icon_of(const std::string& kind) {
    return kind == "scene" ? Icon::kMark : kind == "lesson" ? Icon::kPlay : kind == "tensor" ? Icon::kSearch : Icon::kRight;
}

}  // namespace

int match_score(std::string_view query, std::string_view text) {
    const std::u32string q = folded(query), t = folded(text);
    int total = 0, words = 0;
    for (std::size_t begin = 0; begin < q.size();) {
        const std::size_t end = std::min(q.find(U' ', begin), q.size());
        if (end > begin) {
            const int score = word_score(std::u32string_view(q).substr(begin, end - begin), t);
            if (score == 0) return 0;
            total += score, ++words;
        }
        begin = end + 1;
    }
    return words == 0 ? 1 : total / words;
}

std::vector<Hit> SearchPanel::find(const Shell& shell, const std::string& query) {
    std::vector<Hit> hits;
    add_lessons(shell, hits);
    add_scenes(shell, hits);
    add_commands(shell, hits);
    add_tensors(shell, query, hits);
    add_path(shell, query, hits);
    for (Hit& hit : hits) hit.score = std::max({match_score(query, hit.title), hit.name.empty() ? 0 : match_score(query, hit.name), match_score(query, hit.detail) * 9 / 10});
    // what the run computed before what it was made from, and both after scenes and lessons
    for (Hit& hit : hits) {
        if (hit.kind == "tensor" && hit.score > 2) hit.score -= hit.title.ends_with(".weight") ? 2 : 1;
    }
    std::erase_if(hits, [](const Hit& hit) { return hit.score == 0; });
    std::ranges::stable_sort(hits, std::ranges::greater{}, &Hit::score);
    if (hits.size() > kMost) hits.resize(kMost);
    return hits;
}

void SearchPanel::open(Shell& shell) {
    query_.clear();
    row_ = 0;
    shell.ui.focus = "search.query";
    shell.ui.focus_visible = false;
}

void SearchPanel::draw(Shell& shell, Ui& u, Rect page) {
    const Rect veil = page;
    u.begin_modal("search.veil", veil);
    if (u.press("search.out", veil, {.focusable = false, .pointer = Pointer::kArrow})) return shell.close_top();
    u.canvas.fill_rect(veil, viz::Color{0, 0, 0, 70});
    const std::vector<Hit> hits = find(shell, query_);
    const float w = std::min(720.0F, page.w - 48), row_h = 48;
    const Rect box = {page.center().x - w / 2, page.y + 72, w, 76 + row_h * static_cast<float>(std::max<std::size_t>(1, hits.size())) + 12};
    u.card(box, u.theme.panel, u.theme.border, 12);
    u.press("search.box", box, {.focusable = false, .pointer = Pointer::kArrow});

    const int count = static_cast<int>(hits.size());
    row_ = std::clamp(row_, 0, std::max(0, count - 1));
    if (u.take_key("search.query", viz::Key::kDown)) row_ = std::min(row_ + 1, count - 1);
    if (u.take_key("search.query", viz::Key::kUp)) row_ = std::max(row_ - 1, 0);
    std::optional<int> chosen;
    if (u.take_key("search.query", viz::Key::kEnter) && count > 0) chosen = row_;
    draw_icon(u.canvas, Icon::kSearch, {box.x + 32, box.y + 40}, 18, u.theme.ink2);
    if (u.text_field("search.query", {box.x + 56, box.y + 16, w - 76, 48}, query_, {.placeholder = u.tr("window.search.hint"), .frame = false})) row_ = 0;
    u.hairline({box.x, box.y + 70}, {box.right(), box.y + 70});

    if (hits.empty()) u.text({box.x + 32, box.y + 108}, u.tr("window.search.nothing", {{"query", query_}}), u.type.label, u.theme.ink3);
    for (int i = 0; i < count; ++i) {
        const Hit& hit = hits[static_cast<std::size_t>(i)];
        const Rect row = {box.x + 8, box.y + 76 + row_h * static_cast<float>(i), w - 16, row_h};
        const std::string id = fmt::format("hit={}", i + 1);
        if (u.press(id, row, {.label = hit.title, .focusable = false})) chosen = i;
        if (u.hot(id) && u.moved) row_ = i;
        if (i == row_) u.canvas.fill_rect(row, u.theme.track, 8);
        const float base = row.center().y + 0.36F * u.type.label;
        draw_icon(u.canvas, icon_of(hit.kind), {row.x + 24, row.center().y}, 14, u.theme.ink3);
        const viz::TextStyle title{.size = u.type.label, .color = u.theme.ink, .weight = i == row_ ? viz::Weight::kBold : viz::Weight::kRegular};
        u.canvas.text({row.x + 48, base}, viz::elide(u.canvas, hit.title, title, row.w * 0.58F), title);
        const viz::TextStyle small{.size = u.type.caption, .color = u.theme.ink3, .align = viz::Align::kRight};
        const std::string kind = u.tr(fmt::format("window.search.{}", hit.kind));
        u.canvas.text({row.right() - 16, base}, viz::elide(u.canvas, hit.kind == "command" || hit.kind == "tensor" ? hit.detail + "  " + kind : kind, small, row.w * 0.3F), small);
    }
    if (!chosen) return;
    const std::function<void(Shell&)> go = hits[static_cast<std::size_t>(*chosen)].go;
    shell.overlay = Overlay::kNone;
    shell.ui.focus.clear();
    go(shell);
}

}  // namespace dg::app
