// The number format in which a scene's model runs: a shared parameter, and what it becomes in passes.
#pragma once

#include "engine/fp8/numerics.h"
#include "viz/scenes/scene.h"
#include "viz/scenes/session.h"

#include <string>

namespace dg::viz {

/// Parameter `numerics`, one of numerics_names(). Shared: "param.numerics.label" and so on.
ParamSpec numerics_param();
/// What to ask the session for: "mini", or "mini@fp8" when `numerics` is not f32.
std::string model_of(const Params& params);

/// The number format of the Linears in every pass that is made with a model: what its name says after the last @, f32 without one.
/// (A folder whose own name ends in that way is asked for with a slash behind it.)
Numerics numerics_of(const LoadedModel& model);

}  // namespace dg::viz
