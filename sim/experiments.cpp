// The one table of experiments: to add one, declare its entry function here and add a row. Order = order of `sim --list`.
#include "sim/experiment.h"

#include "engine/base/suggest.h"
#include "engine/tokenizer/tokenizer.h"

namespace dg::sim {

Experiment double_descent_experiment();
Experiment intrinsic_dimension_experiment();
Experiment networks_experiment();
Experiment fp8_training_experiment();
Experiment fp8_outlier_experiment();
Experiment grpo_experiment();
Experiment balance_loss_experiment();
Experiment mtp_gain_experiment();
Experiment reasoning_experiment();
Experiment embedding_trails_experiment();

std::span<const Experiment> experiments() {
    static const std::vector<Experiment> table = {
        double_descent_experiment(),
        intrinsic_dimension_experiment(),
        networks_experiment(),
        fp8_training_experiment(),
        fp8_outlier_experiment(),
        grpo_experiment(),
        balance_loss_experiment(),
        mtp_gain_experiment(),
        reasoning_experiment(),
        embedding_trails_experiment(),
    };
    return table;
}

Result<const Experiment*> require_experiment(std::string_view id) {
    std::vector<std::string> known;
    for (const Experiment& experiment : experiments()) {
        if (experiment.id == id) return &experiment;
        known.emplace_back(experiment.id);
    }
    return Error{"unknown_experiment", {{"name", printable(id)}, {"suggestion", nearest(id, known)}}, ""};
}

}  // namespace dg::sim
