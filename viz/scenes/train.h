// Scene train: how a recorded training run went, and runs in several number formats side by side. What its files share.
//   train.cpp           parameters, reading records, observables
//   train_run.cpp       one run: loss, learning rate, gradient norm, domains
//   train_numerics.cpp  the same run in several number formats, against the chaos floor
#pragma once

#include "viz/scenes/plot.h"
#include "viz/scenes/scene.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace dg::viz::train {

enum class Mode { kRun, kNumerics };

/// The columns of a curves.csv, one entry per logged step.
struct Curves {
    std::vector<double> step, tokens, loss, loss_mtp, lr, grad_norm, max_vio;

    [[nodiscard]] std::size_t size() const { return step.size(); }
};

/// curves.csv of a finished run. Error codes: those of read_file, train_curves (args path, line).
Result<Curves> read_curves(const std::filesystem::path& path);

/// Trailing mean over `window` logged points, but never over more than half of those so far.
std::vector<double> smoothed(const std::vector<double>& values, std::size_t window);

/// Held-out documents of one kind: what the model needs to write them and what the grammar needs at least.
struct DomainLoss {
    std::string name;
    double model = 0, entropy = 0;  // nats per document
};

/// One recorded run of the comparison.
struct FormatRun {
    std::string numerics;  // "f32", "chaos" (f32 with one bit changed), "bf16", "fp8", ...
    int seed = 0;
    std::string hash;
    Curves curves;
};

/// A number format over all seeds: its relative loss gap to f32 of the same seed.
struct FormatGap {
    std::string numerics;
    std::vector<double> step, mean, low, high;  // (loss - f32) / f32 of smoothed losses, over the seeds
    std::vector<double> ends;                   // mean gap over the last quarter, by seed
    double end = 0, end_low = 0, end_high = 0;  // their mean, least and largest
    int seeds = 0;
};

struct Data : SceneData {
    Mode mode = Mode::kRun;
    std::shared_ptr<const LoadedModel> model;  // of mode run
    Curves curves;
    std::vector<DomainLoss> domains;
    std::string seed, corpus_hash;
    std::size_t window = 20;
    std::vector<FormatRun> runs;
    std::vector<FormatGap> gaps;
    std::string recipe, records_hash;  // of the comparison: its notes, and a hash over its files

    [[nodiscard]] std::string model_hash() const override { return model ? model->model.hash : ""; }
};

enum Stage { kLoss, kRest, kCompare };

/// End of the strips with a dot per seed; gaps beyond it are an arrow there.
inline constexpr double kStripEnd = 0.04;

double done(const View& view, Stage stage);

void draw_run_page(Canvas& canvas, const Data& data, const View& view, const Theme& t, Rect area);
void draw_numerics_page(Canvas& canvas, const Data& data, const View& view, const Theme& t, Rect area);

}  // namespace dg::viz::train
