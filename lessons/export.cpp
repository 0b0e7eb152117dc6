#include "lessons/export.h"

#include "viz/canvas/backends.h"
#include "viz/canvas/pdf_canvas.h"

#include <functional>
#include <system_error>

namespace dg::lessons {
namespace {

namespace fs = std::filesystem;
using Pages = std::vector<HandoutPage>;
using DrawPage = void (*)(viz::Canvas&, const Handout&, const Pages&, std::size_t);

Result<void> write_pages(const fs::path& file, const Handout& handout, const Pages& pages,
                         DrawPage draw) {
    std::vector<viz::DrawFunction> drawings;
    for (std::size_t i = 0; i < pages.size(); ++i) {
        drawings.emplace_back(
            [&handout, &pages, draw, i](viz::Canvas& canvas) { draw(canvas, handout, pages, i); });
    }
    viz::OutputOptions options;
    options.metadata = {{"Title", handout.lesson.title.in(handout.lang)}};
    return viz::write_pdf(file, {kA4.w, kA4.h}, options, drawings);
}

viz::FigureRequest figure_of(const Step& step, viz::FigureRequest request) {
    request.scene = step.scene;
    request.set = step.set.values;
    request.stage = step.stage;
    request.u = step.u;
    return request;
}

}  // namespace

Result<Files> export_handout(Runner& runner, const Lesson& lesson, viz::Lang lang,
                             const fs::path& file) {
    DG_ASSIGN(const Handout handout, make_handout(runner, lesson, lang));
    const viz::PdfCanvas probe(kA4);  // measures with the fonts that will be written
    const fs::path key = file.parent_path() / (file.stem().string() + "-key.pdf");
    DG_TRY(write_pages(file, handout, handout_pages(probe, handout), &draw_handout_page));
    DG_TRY(write_pages(key, handout, key_pages(probe, handout), &draw_key_page));
    return Files{file, key};
}

Result<Files> export_folder(viz::Session& session, Runner& runner, const Lesson& lesson,
                            const viz::FigureRequest& picture, const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error)
        return Error{"file_write", {{"file", folder.string()}, {"reason", error.message()}}, {}};
    DG_ASSIGN(Files files, export_handout(runner, lesson, picture.lang, folder / "handout.pdf"));
    for (std::size_t i = 0; i < lesson.steps.size(); ++i) {
        DG_ASSIGN(const viz::Figure figure,
                  viz::make_figure(session, figure_of(lesson.steps[i], picture)));
        for (const char* extension : {"svg", "png", "csv", "json"}) {
            const fs::path file = folder / fmt::format("step-{}.{}", i + 1, extension);
            DG_ASSIGN(const viz::FigureFormat format, viz::figure_format(file));
            DG_TRY(viz::export_figure(figure, format, file));
            files.push_back(file);
        }
    }
    return files;
}

}  // namespace dg::lessons
