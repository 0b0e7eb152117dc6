// The row `grpo` of the experiments, and what the scene shares with it: parameters to settings, and the model by its name.
#pragma once

#include "sim/experiment.h"
#include "sim/grpo/grpo.h"

namespace dg::sim {

/// The parameters of a run; defaults are the live run with the noisy pen.
std::vector<ParamSpec> grpo_params();
GrpoSettings grpo_settings(const Params& params);
/// A shipped model's name or a folder; it must speak the task's 32 characters and have room for a prompt and a response. Error
/// codes: assets_missing, grpo_model, those of load_model.
Result<Model<float>> load_reasoner(const std::string& name);
/// One row of the records: step,accuracy,mean_length,reward,format,entropy,kl,wait_given_wrong,wait_given_right,seconds.
std::vector<double> grpo_row(const GrpoStats& stats);

}  // namespace dg::sim
