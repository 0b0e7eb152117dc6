#include "app/window/export_panel.h"

#include "app/window/shell.h"
#include "viz/export/ffmpeg.h"
#include "viz/export/figure.h"
#include "viz/export/movie.h"
#include "viz/scenes/numbers.h"
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
};

struct Sharpness {
    const char* name;
    double dpi;
};

constexpr std::array kSizes = {PictureSize{"1280×720", 1280, 720}, PictureSize{"1920×1080", 1920, 1080}, PictureSize{"1600×1200", 1600, 1200}, PictureSize{"1200×1200", 1200, 1200}};
constexpr std::array kSharpness = {Sharpness{"96 dpi", 96}, Sharpness{"144 dpi", 144}, Sharpness{"192 dpi", 192}, Sharpness{"300 dpi", 300}};
constexpr std::array kThemes = {viz::ThemeId::kPaper, viz::ThemeId::kLight, viz::ThemeId::kDark, viz::ThemeId::kProjector};
constexpr std::array kLangs = {viz::Lang::kZh, viz::Lang::kEn};
constexpr std::string_view kFrames = "frames";

Result<void> write(viz::Session& session, std::span<const viz::Scene> scenes, const viz::FigureRequest& request, const fs::path& file,
                   const viz::Progress& progress) {
    DG_ASSIGN(const viz::Figure figure, viz::make_figure(session, request, progress, scenes));
    const std::string ending = file.extension().string();
    if (ending == ".gif" || ending == ".mp4" || ending.empty()) return viz::export_movie(figure, {}, file, progress);
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
    out.emplace_back("mp4");
    out.emplace_back(kFrames);
    return out;
}

bool ExportPanel::moves() const {
    const std::string format = formats().at(static_cast<std::size_t>(format_));
    return format == "gif" || format == "mp4" || format == kFrames;
}

void ExportPanel::set_format(int format) {
    format_ = format;
    const std::string ending = formats().at(static_cast<std::size_t>(format));
    path_ = fs::path(path_).replace_extension(ending == kFrames ? "" : ending).string();
}

void ExportPanel::open(Shell& shell) {
    if (!shell.lab.scene()) return shell.close_top();
    const std::string id(shell.lab.scene()->id);
    if (scene_ != id) scene_ = id, path_ = "deepglass-" + id + ".png";
    lang_ = shell.lang == kLangs[0] ? 0 : 1;
    ffmpeg_ = viz::has_ffmpeg();
    set_format(format_);
    ended_.reset();
    shell.ui.focus = "export.path";
    TextEdit& edit = shell.ui.edits["export.path"];
    edit.set(path_);
    edit.select_all();
}

void ExportPanel::start(Shell& shell) {
    const viz::Clock& clock = shell.lab.clock();
    viz::FigureRequest request{.scene = std::string(shell.lab.scene()->id), .set = shell.lab.params().written(), .lang = kLangs.at(static_cast<std::size_t>(lang_)),
                               .theme = kThemes.at(static_cast<std::size_t>(theme_))};
    if (clock.stages() > 0) request.stage = std::to_string(clock.stage() + 1), request.u = clock.u();
    const PictureSize& size = kSizes.at(static_cast<std::size_t>(size_));
    request.width = size.width, request.height = size.height, request.dpi = kSharpness.at(static_cast<std::size_t>(sharpness_)).dpi;
    ended_.reset();
    ended_file_ = fs::absolute(path_).string();
    lane_.request([this, session = shell.setup.session, scenes = shell.setup.scenes, request, file = ended_file_](const viz::Progress& progress) -> Lane::Finish {
        Result<void> done = guarded<void>([&] { return write(*session, scenes, request, file, progress); });
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

std::string ExportPanel::summary(const Shell& shell) const {
    const std::string format = formats().at(static_cast<std::size_t>(format_));
    const auto words = [&](std::string_view key, const viz::TextArgs& args = {}) { return viz::tr(shell.lang, key, args); };
    if (format == "csv" || format == "json") return words("window.export.numbers");
    const PictureSize& size = kSizes.at(static_cast<std::size_t>(size_));
    const double zoom = kSharpness.at(static_cast<std::size_t>(sharpness_)).dpi / 96;
    if (format == "svg" || format == "pdf") return words("window.export.vector");
    std::string out = words("window.export.pixels", {{"width", fmt::format("{:.0f}", size.width * zoom)}, {"height", fmt::format("{:.0f}", size.height * zoom)}});
    if (!moves()) return out;
    const viz::MovieOptions options;
    const std::size_t frames = viz::movie_moments(*shell.lab.scene(), options).size();
    return out + " · " + words("window.export.frames", {{"frames", std::to_string(frames)}, {"seconds", viz::fixed(static_cast<double>(frames) / options.fps, 1)}});
}

std::string ExportPanel::trouble(const Shell& shell) const {
    if (formats().at(static_cast<std::size_t>(format_)) == "mp4" && !ffmpeg_) return viz::tr(shell.lang, "error.ffmpeg_missing");
    if (ended_ && !*ended_) return viz::describe(shell.lang, ended_->error());
    return {};
}

void ExportPanel::draw_choices(Shell& shell, Ui& u, Rect area, float& y) {
    const auto row = [&](std::string_view key, const std::string& id, std::span<const std::string> names, int& chosen) {
        u.text({area.x, y + 18}, u.tr(key), u.type.caption, u.theme.ink2);
        const std::optional<int> clicked = u.segmented(id, {area.x, y + 26, area.w, 40}, names, chosen);
        if (clicked) chosen = *clicked;
        y += 78;
        return clicked.has_value();
    };
    std::vector<std::string> endings = formats(), sizes, dpis, looks;
    for (std::string& ending : endings) {
        if (ending == kFrames) ending = u.tr("window.export.folder");
        else std::ranges::transform(ending, ending.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    }
    for (const PictureSize& size : kSizes) sizes.emplace_back(size.name);
    for (const Sharpness& sharp : kSharpness) dpis.emplace_back(sharp.name);
    for (const viz::ThemeId id : kThemes) looks.push_back(u.tr(fmt::format("window.theme.{}", viz::theme(id).name)));
    const std::array<std::string, 2> langs = {"中文", "English"};
    int format = format_;
    if (row("window.export.format", "export.format", endings, format)) set_format(format), ended_.reset();
    row("window.export.size", "export.size", sizes, size_);
    row("window.export.dpi", "export.dpi", dpis, sharpness_);
    row("window.export.theme", "export.theme", looks, theme_);
    row("window.export.lang", "export.lang", langs, lang_);
    u.paragraph({area.x, y - 4}, viz::rich_escape(summary(shell)), u.type.caption, u.theme.ink2, area.w);
    y += 30;
}

void ExportPanel::draw_foot(Shell& shell, Ui& u, Rect area, float y, bool entered) {
    std::error_code ignored;
    const bool exists = !path_.empty() && fs::exists(path_, ignored), running = lane_.busy();
    const bool ready = !running && !path_.empty() && (formats().at(static_cast<std::size_t>(format_)) != "mp4" || ffmpeg_);
    const std::string save = running ? fmt::format("{} {}", u.tr("window.export.running"), lane_.fraction() > 0 ? fmt::format("{:.0f}%", 100 * lane_.fraction()) : "")
                                     : u.tr(exists ? "window.export.replace" : "window.export.save");
    if (u.button("export.save", {area.right() - 200, y, 200, 46}, save, Ui::Look::kPrimary, ready) || (entered && ready)) start(shell);
    if (u.button("export.cancel", {area.right() - 200 - 132, y, 120, 46}, u.tr("state.loading.cancel"))) {
        if (running) lane_.cancel();
        else shell.close_top();
    }
}

void ExportPanel::draw(Shell& shell, Ui& u, Rect page) {
    u.begin_modal("export.veil", page);
    if (u.press("export.out", page, {.focusable = false, .pointer = Pointer::kArrow})) return shell.close_top();
    u.canvas.fill_rect(page, viz::Color{0, 0, 0, 70});
    const float w = std::min(780.0F, page.w - 48), inner_w = w - 64;
    const std::string fault = trouble(shell);
    const float fault_h = fault.empty() ? 0 : u.paragraph_height(viz::rich_escape(fault), u.type.label, inner_w) + 12;
    const float h = 76 + 5 * 78 + 30 + 84 + fault_h + 76, shown_h = std::min(h, page.h - 32);
    const Rect box = {page.center().x - w / 2, std::max(16.0F, page.center().y - shown_h / 2), w, shown_h};
    u.card(box, u.theme.panel, u.theme.border, 12);
    u.press("export.box", box, {.focusable = false, .pointer = Pointer::kArrow});
    // a low window scrolls the dialog
    const float top = box.y + u.begin_scroll("export.scroll", box, h);
    const Rect area = {box.x + 32, top, inner_w, h};
    u.text({area.x, top + 50}, u.tr("window.export.title"), u.type.heading, u.theme.ink, viz::Weight::kBold);
    float y = top + 76;
    const bool entered = u.take_key("export.path", viz::Key::kEnter);
    draw_choices(shell, u, area, y);
    u.text({area.x, y + 18}, u.tr("window.export.file"), u.type.caption, u.theme.ink2);
    u.text_field("export.path", {area.x, y + 26, inner_w, 44}, path_, {.label = u.tr("window.export.file")});
    y += 84;
    if (!fault.empty()) y += u.paragraph({area.x, y}, viz::rich_escape(fault), u.type.label, u.theme.error.ink, inner_w) + 12;
    draw_foot(shell, u, area, y, entered);
    u.end_scroll();
}

}  // namespace dg::app
