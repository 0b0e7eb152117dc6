// What the attention tests share: the scene's data on the small model, its parameters, a moment of
// its clock.
#pragma once

#include "tests/viz/scenes/attention_support.h"
#include "viz/scenes/attention.h"

#include <map>

namespace dg::viz {

inline constexpr const char* kPrompt = "a fluffy blue creature roamed the verdant forest";

inline std::shared_ptr<const attention::Data> data_of(const std::string& prompt,
                                                      std::int64_t position = -1,
                                                      AttentionKind kind = AttentionKind::kMla) {
    return attention::make_data(small_trace(prompt, kind), 1, 2, position).value();
}

inline Params params_of(const std::map<std::string, std::string>& set = {}) {
    return parse_params(attention_scene().params, set).value();
}

inline View view_at(int stage, double u, Lang lang = Lang::kEn, ThemeId id = ThemeId::kLight) {
    View v;
    v.stage = stage, v.u = u, v.lang = lang, v.theme = id, v.presenter = id == ThemeId::kProjector;
    return v;
}

}  // namespace dg::viz
