// The scene on the stage: what was asked for, what is computed, where its clock stands, what the pointer explains. It
// draws nothing; the panels read it, the shell feeds it.
#pragma once

#include "app/window/lane.h"
#include "viz/scenes/clock.h"
#include "viz/scenes/scene.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dg::app {

using Settings = std::map<std::string, std::string>;

/// A computed picture with the parameters it belongs to.
struct Shown {
    const viz::Scene* scene = nullptr;
    viz::Params params;
    std::shared_ptr<const viz::SceneData> data;
    double seconds = 0;    // the computation took
    bool partial = false;  // published on the way: more is to come, or the computation was cancelled
};

class Lab {
  public:
    Lab(viz::Session& session, std::function<void()> wake) : session_(session), lane_(std::move(wake)) {}

    /// Puts a scene on the stage. The old picture stays until the new one is there. Error codes: those of parse_params.
    Result<void> open(const viz::Scene& scene, const Settings& set);
    void close();

    [[nodiscard]] const viz::Scene* scene() const { return scene_; }

    /// Parameters as asked for, complete.
    [[nodiscard]] const viz::Params& params() const { return params_; }

    /// Changes parameters; an error leaves them as they were.
    Result<void> set(const Settings& changes);
    /// Computes again with the same parameters.
    void retry() { compute(); }

    /// Takes a finished computation; true when the picture changed.
    bool poll();

    [[nodiscard]] const std::optional<Shown>& shown() const { return shown_; }

    /// Why the last computation failed.
    [[nodiscard]] const std::optional<Error>& error() const { return error_; }

    void dismiss_error() { error_.reset(); }

    void cancel();

    [[nodiscard]] Lane& lane() { return lane_; }

    [[nodiscard]] const Lane& lane() const { return lane_; }

    [[nodiscard]] viz::Clock& clock() { return clock_; }

    [[nodiscard]] const viz::Clock& clock() const { return clock_; }

    /// Index of a stage by id; the last for "" or an unknown one.
    [[nodiscard]] int stage_index(const std::string& id) const;

    // ---- what the pointer explains ----

    std::optional<viz::CellRef> hover, selection;
    /// Operands of the hovered, else the selected cell; remembered until that changes.
    const std::vector<viz::CellRef>& operands();
    [[nodiscard]] const viz::Trace* trace() const { return shown_ ? shown_->data->trace() : nullptr; }

    /// The spec of a parameter; nullptr when the scene has none of that name.
    [[nodiscard]] const viz::ParamSpec* spec(std::string_view id) const;

  private:
    void compute();
    /// Whether what is shown was computed from these parameters too: they differ only in what the drawing reads.
    [[nodiscard]] bool serves(const viz::Scene& scene, const viz::Params& params) const;

    viz::Session& session_;
    const viz::Scene* scene_ = nullptr;
    viz::Params params_;
    std::optional<Shown> shown_;
    std::optional<Error> error_;
    viz::Clock clock_;
    std::vector<viz::CellRef> operands_;
    std::optional<viz::CellRef> operands_of_;
    std::shared_ptr<const viz::SceneData> operands_in_;
    Lane lane_;  // last: its thread ends before the rest
};

}  // namespace dg::app
