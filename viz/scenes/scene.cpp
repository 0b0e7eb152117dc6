#include "viz/scenes/scene.h"

#include "engine/base/suggest.h"
#include "engine/tokenizer/tokenizer.h"

namespace dg::viz {

const Scene* find_scene(std::string_view id) {
    for (const Scene& scene : scenes()) {
        if (scene.id == id) return &scene;
    }
    return nullptr;
}

Result<const Scene*> require_scene(std::string_view id, std::span<const Scene> table) {
    std::vector<std::string> known;
    for (const Scene& scene : table) {
        if (scene.id == id) return &scene;
        known.emplace_back(scene.id);
    }
    return Error{"unknown_scene", {{"name", printable(id)}, {"suggestion", nearest(id, known)}}, ""};
}

ParamSpec model_param(std::string default_value) {
    return {.id = "model", .type = ParamType::kText, .default_value = std::move(default_value)};
}

ParamSpec prompt_param(std::string default_value) {
    return {.id = "prompt", .type = ParamType::kText, .default_value = std::move(default_value)};
}

ParamSpec layer_param(std::int64_t default_value, std::int64_t last) {
    return {.id = "layer", .type = ParamType::kInt, .default_value = fmt::format("{}", default_value), .min = 0,
            .max = static_cast<double>(last)};
}

ParamSpec head_param(std::int64_t default_value, std::int64_t last) {
    return {.id = "head", .type = ParamType::kInt, .default_value = fmt::format("{}", default_value), .min = 0,
            .max = static_cast<double>(last)};
}

ParamSpec position_param(std::int64_t default_value) {
    return {.id = "position", .type = ParamType::kInt, .default_value = fmt::format("{}", default_value), .min = -1, .max = 4095};
}

ParamSpec seed_param(std::int64_t default_value) {
    return {.id = "seed", .type = ParamType::kInt, .default_value = fmt::format("{}", default_value), .min = 0, .max = 4294967295.0};
}

}  // namespace dg::viz
