#include "app/window/lab.h"

#include <algorithm>
#include <chrono>

namespace dg::app {

namespace {

viz::Clock clock_of(const viz::Scene& scene) {
    std::vector<double> seconds;
    for (const viz::StageSpec& stage : scene.stages) seconds.push_back(stage.seconds);
    return viz::Clock(std::move(seconds));
}

}  // namespace

Result<void> Lab::open(const viz::Scene& scene, const Settings& set) {
    DG_ASSIGN(viz::Params params, viz::parse_params(scene.params, set));
    const bool same = scene_ == &scene && params == params_ && shown_ && !shown_->partial && !error_;
    const bool kept = serves(scene, params);
    if (scene_ != &scene) {
        clock_ = clock_of(scene);
        hover.reset(), selection.reset();
        shown_.reset();
    }
    scene_ = &scene;
    params_ = std::move(params);
    if (kept) shown_->params = params_;
    else if (!same) compute();
    return {};
}

void Lab::close() {
    lane_.cancel();
    scene_ = nullptr;
    shown_.reset(), error_.reset();
    hover.reset(), selection.reset();
}

Result<void> Lab::set(const Settings& changes) {
    DG_CHECK(scene_ != nullptr);
    Settings all = params_.written();
    for (const auto& [id, value] : changes) all[id] = value;
    DG_ASSIGN(viz::Params params, viz::parse_params(scene_->params, all));
    if (params == params_) return {};
    const bool kept = serves(*scene_, params);
    params_ = std::move(params);
    if (kept) shown_->params = params_;
    else compute();
    return {};
}

bool Lab::serves(const viz::Scene& scene, const viz::Params& params) const {
    if (!shown_ || shown_->scene != &scene || shown_->partial || error_ || lane_.busy()) return false;
    return std::ranges::all_of(scene.params, [&](const viz::ParamSpec& spec) {
        return spec.drawn_only || shown_->params.written().at(spec.id) == params.written().at(spec.id);
    });
}

void Lab::compute() {
    lane_.request([this, scene = scene_, params = params_](const viz::Progress& progress) -> Lane::Finish {
        using Data = std::shared_ptr<const viz::SceneData>;
        const auto start = std::chrono::steady_clock::now();
        const auto seconds_since = [start] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
        viz::Progress told = progress;
        told.publish = [&](Data part) {
            lane_.offer([this, scene, params, seconds = seconds_since(), part = std::move(part)] {
                shown_ = Shown{scene, params, part, seconds, true};
                error_.reset();
            });
        };
        Result<Data> data = guarded<Data>([&] { return scene->compute(session_, params, told); });
        const double seconds = seconds_since();
        return [this, scene, params, seconds, data = std::move(data)] {
            if (data) {
                shown_ = Shown{scene, params, data.value(), seconds};
                error_.reset();
            } else if (data.error().code != "cancelled") {
                error_ = data.error();
            }
        };
    });
}

void Lab::cancel() {
    lane_.cancel();
    // what is on screen is again what was asked for
    if (shown_) params_ = shown_->params;
}

bool Lab::poll() { return lane_.poll(); }

int Lab::stage_index(const std::string& id) const {
    const auto at = std::ranges::find(scene_->stages, id, &viz::StageSpec::id);
    return at == scene_->stages.end() ? static_cast<int>(scene_->stages.size()) - 1 : static_cast<int>(at - scene_->stages.begin());
}

const std::vector<viz::CellRef>& Lab::operands() {
    const std::optional<viz::CellRef>& wanted = hover ? hover : selection;
    const std::shared_ptr<const viz::SceneData> data = shown_ ? shown_->data : nullptr;
    if (wanted == operands_of_ && operands_in_ == data) return operands_;
    operands_of_ = wanted;
    operands_in_ = data;
    operands_.clear();
    if (!wanted || !trace()) return operands_;
    const Result<Explanation> why = trace()->tape.explain(wanted->tensor, wanted->at);
    if (!why) return operands_;  // a scene may name cells that its tape has not: nothing lights up
    for (const Operand& o : why->operands) operands_.push_back({o.tensor, o.at});
    return operands_;
}

const viz::ParamSpec* Lab::spec(std::string_view id) const {
    if (!scene_) return nullptr;
    const auto at = std::ranges::find(scene_->params, id, &viz::ParamSpec::id);
    return at == scene_->params.end() ? nullptr : &*at;
}

}  // namespace dg::app
