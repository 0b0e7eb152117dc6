#include "viz/scenes/numerics_param.h"

namespace dg::viz {

ParamSpec numerics_param() {
    const auto names = numerics_names();
    return {.id = "numerics", .type = ParamType::kChoice, .default_value = names.front(), .choices = {names.begin(), names.end()}};
}

std::string model_of(const Params& params) {
    const std::string& numerics = params.text("numerics");
    return numerics == numerics_names().front() ? params.text("model") : params.text("model") + "@" + numerics;
}

Numerics numerics_of(const LoadedModel& model) {
    const std::size_t at = model.name.rfind('@');
    if (at == std::string::npos) return {};
    const Result<Numerics> numerics = parse_numerics(std::string_view(model.name).substr(at + 1));
    return numerics ? *numerics : Numerics{};
}

}  // namespace dg::viz
