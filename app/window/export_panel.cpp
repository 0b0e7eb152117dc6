#include "app/window/export_panel.h"

#include "app/window/shell.h"
#include "viz/export/figure.h"
#include "viz/export/movie.h"
#include "viz/scenes/rich_text.h"

#include <algorithm>
#include <array>
#include <filesystem>

namespace dg::app {
namespace {

namespace fs = std::filesystem;

struct PictureSize {
    const char* name;
    int width, height;
    double dpi;
};

constexpr std::array kSizes = {PictureSize{"1280×720", 1280, 720, 96}, PictureSize{"1920×1080", 1920, 1080, 96}, PictureSize{"3840×2160", 1920, 1080, 192},
                               PictureSize{"1200×1200", 1200, 1200, 96}};
constexpr std::array kThemes = {viz::ThemeId::kPaper, viz::ThemeId::kLight, viz::ThemeId::kDark, viz::ThemeId::kProjector};

Result<void> write(viz::Session& session, std::span<const viz::Scene> scenes, const viz::FigureRequest& request, const fs::path& file,
                   const viz::Progress& progress) {
    DG_ASSIGN(const viz::Figure figure, viz::make_figure(session, request, progress, scenes));
    const std::string ending = file.extension().string();
    if (ending == ".gif" || ending == ".mp4") return viz::export_movie(figure, {}, file, progress);
    DG_ASSIGN(const viz::FigureFormat format, viz::figure_format(file));
    return viz::export_figure(figure, format, file);
}

}  // namespace

std::vector<std::string> ExportPanel::formats() {
    std::vector<std::string> out;
    for (const char* ending : {"png", "svg", "pdf", "csv", "json"}) {
        if (viz::figure_format(std::string("x.") + ending)) out.emplace_back(ending);
    }
    out.emplace_back("gif");
    return out;
}

void ExportPanel::set_format(int format) {
    format_ = format;
    path_ = fs::path(path_).replace_extension(formats()[static_cast<std::size_t>(format)]).string();
}

void ExportPanel::open(Shell& shell) {
    if (!shell.lab.scene()) return shell.close_top();
    const std::string id(shell.lab.scene()->id);
    if (fs::path(path_).stem().string() != id) path_ = "deepglass-" + id + ".png";
    set_format(format_);
    ended_.reset();
    shell.ui.focus = "export.path";
    TextEdit& edit = shell.ui.edits["export.path"];
    edit.set(path_);
    edit.select_all();
}

void ExportPanel::start(Shell& shell) {
    const viz::Clock& clock = shell.lab.clock();
    viz::FigureRequest request{.scene = std::string(shell.lab.scene()->id), .set = shell.lab.params().written(), .lang = shell.lang,
                               .theme = kThemes.at(static_cast<std::size_t>(theme_))};
    if (clock.stages() > 0) request.stage = std::to_string(clock.stage() + 1), request.u = clock.u();
    const PictureSize& size = kSizes.at(static_cast<std::size_t>(size_));
    request.width = size.width, request.height = size.height, request.dpi = size.dpi;
    ended_.reset();
    ended_file_ = fs::absolute(path_).string();
    lane_.request([this, session = shell.setup.session, scenes = shell.setup.scenes, request, file = ended_file_](const viz::Progress& progress) -> Lane::Finish {
        Result<void> done = Error{"bug", {{"what", "export"}}, ""};
        try {
            done = write(*session, scenes, request, file, progress);
        } catch (const std::exception& e) {
            done = Error{"bug", {{"what", e.what()}}, ""};
        }
        return [this, done] { ended_ = done; };
    });
}

void ExportPanel::report(Shell& shell) {
    if (!ended_) return;
    if (*ended_) {
        shell.overlay = Overlay::kNone;
        shell.ui.focus.clear();
        shell.toast(viz::tr(shell.lang, "window.export.done", {{"file", ended_file_}}));
    }
}

void ExportPanel::draw(Shell& shell, Ui& u, Rect page) {
    u.begin_modal("export.veil", page);
    if (u.press("export.out", page, {.focusable = false, .pointer = Pointer::kArrow})) return shell.close_top();
    u.canvas.fill_rect(page, viz::Color{0, 0, 0, 70});
    const bool failed = ended_ && !*ended_;
    const std::string fault = failed ? viz::describe(shell.lang, ended_->error()) : std::string();
    const float w = std::min(680.0F, page.w - 48), inner_w = w - 64;
    const float fault_h = failed ? u.paragraph_height(viz::rich_escape(fault), u.type.label, inner_w) + 12 : 0;
    const Rect box = {page.center().x - w / 2, std::max(64.0F, page.center().y - 250), w, 494 + fault_h};
    u.card(box, u.theme.panel, u.theme.border, 12);
    u.press("export.box", box, {.focusable = false, .pointer = Pointer::kArrow});
    const float x = box.x + 32;
    float y = box.y + 24;
    u.text({x, y + 26}, u.tr("window.export.title"), u.type.heading, u.theme.ink, viz::Weight::kBold);
    y += 52;
    const auto label = [&](std::string_view key) {
        u.text({x, y + 18}, u.tr(key), u.type.caption, u.theme.ink2);
        y += 28;
    };
    std::vector<std::string> endings = formats(), names;
    for (std::string& ending : endings) {
        std::ranges::transform(ending, ending.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    }
    label("window.export.format");
    if (const auto chosen = u.segmented("export.format", {x, y, inner_w, 44}, endings, format_)) set_format(*chosen);
    y += 58;
    label("window.export.size");
    for (const PictureSize& size : kSizes) names.emplace_back(size.name);
    if (const auto chosen = u.segmented("export.size", {x, y, inner_w, 44}, names, size_)) size_ = *chosen;
    y += 58;
    label("window.export.theme");
    std::vector<std::string> looks;
    for (const viz::ThemeId id : kThemes) looks.push_back(u.tr(fmt::format("window.theme.{}", viz::theme(id).name)));
    if (const auto chosen = u.segmented("export.theme", {x, y, inner_w, 44}, looks, theme_)) theme_ = *chosen;
    y += 58;
    label("window.export.file");
    const bool entered = u.take_key("export.path", viz::Key::kEnter);
    u.text_field("export.path", {x, y, inner_w, 44}, path_, {.label = u.tr("window.export.file")});
    std::error_code ignored;
    const bool exists = !path_.empty() && fs::exists(path_, ignored);
    y += 56;
    if (failed) y += u.paragraph({x, y}, viz::rich_escape(fault), u.type.label, u.theme.error.ink, inner_w) + 12;
    const bool running = lane_.busy();
    const std::string save = running ? fmt::format("{} {}", u.tr("window.export.running"), lane_.fraction() > 0 ? fmt::format("{:.0f}%", 100 * lane_.fraction()) : "")
                                     : u.tr(exists ? "window.export.replace" : "window.export.save");
    if (u.button("export.save", {box.right() - 32 - 200, y, 200, 46}, save, Ui::Look::kPrimary, !running && !path_.empty()) || (entered && !running && !path_.empty()))
        start(shell);
    if (u.button("export.cancel", {box.right() - 32 - 200 - 132, y, 120, 46}, u.tr("state.loading.cancel"))) {
        if (running) lane_.cancel();
        else shell.close_top();
    }
}

}  // namespace dg::app
