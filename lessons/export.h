// Files that leave the room with you: handout and key as PDF, and every step's figure, numbers and
// settings.
#pragma once

#include "lessons/handout.h"
#include "viz/export/figure.h"

#include <filesystem>
#include <vector>

namespace dg::lessons {

using Files = std::vector<std::filesystem::path>;

/// FILE.pdf with the questions and FILE-key.pdf with the answers. Error codes: those of
/// make_handout and of write_pdf.
Result<Files> export_handout(Runner& runner, const Lesson& lesson, viz::Lang lang,
                             const std::filesystem::path& file);

/// FOLDER/handout.pdf, handout-key.pdf, and for every step step-N.svg, .png, .csv and .json (the
/// figure remakes itself from the recipe inside) in the language, theme and size of `picture`. Error
/// codes in addition: those of make_figure and export_figure; file_write.
Result<Files> export_folder(viz::Session& session, Runner& runner, const Lesson& lesson,
                            const viz::FigureRequest& picture, const std::filesystem::path& folder);

}  // namespace dg::lessons
