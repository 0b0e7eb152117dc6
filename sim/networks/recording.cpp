#include "sim/networks/recording.h"

#include "engine/io/safetensors.h"

#include <fmt/format.h>

namespace dg::sim {

Experiment networks_experiment();

namespace networks {
namespace {

constexpr std::array<const char*, 3> kDistances = {"near", "middle", "far"};

std::string weight_name(std::size_t distance, const std::string& name) { return fmt::format("{}.{}", kDistances[distance], name); }

Result<void> write_networks(const std::filesystem::path& file, const CopyRun& run) {
    SafeTensors content;
    for (const auto& kind : run.nets)
        for (std::size_t d = 0; d < 3; ++d)
            for (const auto& [name, t] : kind[d].weights.tensors) content.tensors.emplace(weight_name(d, name), RawTensor::from(t));
    return write_safetensors(file, content);
}

Result<void> read_networks(const std::filesystem::path& file, Recording& recording) {
    DG_ASSIGN(const SafeTensors content, read_safetensors(file));
    DG_ASSIGN(const CopyRecipe recipe, copy_recipe(recording.params));
    recording.nets = fresh_networks(recipe);
    for (auto& kind : recording.nets) {
        for (std::size_t d = 0; d < 3; ++d) {
            for (auto& [name, t] : kind[d].weights.tensors) {
                const auto it = content.tensors.find(weight_name(d, name));
                if (it == content.tensors.end() || it->second.shape != t.shape()) return damaged_run(file, weight_name(d, name));
                t = it->second.to_float();
            }
        }
    }
    return {};
}

}  // namespace

Result<CopyRecipe> copy_recipe(const Params& p) {
    CopyRecipe r{.seed = p.integer("seed"), .steps = p.integer("steps"), .batch = p.integer("batch"), .parameters = p.integer("parameters"),
                 .layers = p.integer("layers"), .distances = {p.integer("near"), p.integer("middle"), p.integer("far")}, .every = p.integer("every"),
                 .tests = p.integer("tests"), .learning_rate = p.real("learning_rate"), .mixed = p.flag("mixed")};
    if (r.distances[0] >= r.distances[1] || r.distances[1] >= r.distances[2])
        return Error{"network_distances", {{"near", p.text("near")}, {"middle", p.text("middle")}, {"far", p.text("far")}}, ""};
    return r;
}

StrokeRecipe stroke_recipe(const Params& p) {
    return {.seed = p.integer("seed"), .steps = p.integer("steps"), .batch = p.integer("batch"), .parameters = p.integer("parameters"),
            .samples = p.integer("samples"), .every = p.integer("every"), .tests = p.integer("tests"), .learning_rate = p.real("learning_rate")};
}

Records records_of(const std::vector<CopyRow>& rows) {
    Records out{.columns = {"step"}};
    for (const Kind kind : kKinds)
        for (const char* what : {"loss", "accuracy"})
            for (const char* distance : kDistances) out.columns.push_back(fmt::format("{}_{}_{}", id_of(kind), what, distance));
    for (const CopyRow& row : rows) {
        std::vector<double> line = {static_cast<double>(row.step)};
        for (std::size_t k = 0; k < 3; ++k) {
            line.insert(line.end(), row.loss[k].begin(), row.loss[k].end());
            line.insert(line.end(), row.accuracy[k].begin(), row.accuracy[k].end());
        }
        out.rows.push_back(std::move(line));
    }
    return out;
}

Records records_of(const std::vector<StrokeRow>& rows) {
    Records out{.columns = {"step", "cnn_loss", "cnn_accuracy", "cnn_train_accuracy", "transformer_loss", "transformer_accuracy", "transformer_train_accuracy"}};
    for (const StrokeRow& r : rows)
        out.rows.push_back({static_cast<double>(r.step), r.loss[0], r.accuracy[0], r.train_accuracy[0], r.loss[1], r.accuracy[1], r.train_accuracy[1]});
    return out;
}

Result<void> make_recording(const std::filesystem::path& folder, const Params& params) {
    const RunName name = name_of_run(folder, "task", params);
    if (name.name != "copy") {
        DG_ASSIGN(const StrokeRun run, train_strokes(stroke_recipe(params)));
        return write_run(name, networks_experiment(), params, records_of(run.rows));
    }
    DG_ASSIGN(const CopyRecipe recipe, copy_recipe(params));
    DG_ASSIGN(const CopyRun run, train_copy(recipe));
    DG_TRY(write_networks(name.file(".safetensors"), run));
    return write_run(name, networks_experiment(), params, records_of(run.rows));
}

Result<Recording> read_recording(const std::filesystem::path& folder, const std::string& task, std::int64_t seed) {
    const RunName name{.folder = folder, .key = "task", .name = task, .seed = seed};
    Recording out;
    DG_ASSIGN(static_cast<RecordedRun&>(out), read_run(name, networks_experiment()));
    const Records wanted = task == "copy" ? records_of(std::vector<CopyRow>{}) : records_of(std::vector<StrokeRow>{});
    if (out.records.columns != wanted.columns) return damaged_run(name.file(".csv"), "columns");
    if (task == "copy") DG_TRY(read_networks(name.file(".safetensors"), out));
    return out;
}

}  // namespace networks
}  // namespace dg::sim
