// The glass case of the start page: the shipped model at work, drawn from one recorded run at a time.
#pragma once

#include "app/window/living_model.h"
#include "app/window/ui.h"

namespace dg::app {

/// Parts of the model that lessons point at.
enum class CasePart { kNone, kNext, kUnembed, kExperts, kAttention, kEmbed, kTokens };

/// Where each part was drawn.
struct CaseParts {
    Rect next, unembed, experts, attention, embed, tokens;

    [[nodiscard]] Rect of(CasePart part) const;
};

/// Draws the case; `progress` 0 .. 1 is how far the step has been shown, `lit` gets the ring. Without a step: what is
/// missing, or that the model is being loaded.
CaseParts draw_glass_case(Ui& u, Rect rect, const std::optional<LivingStep>& step, const std::optional<Error>& error, double progress, CasePart lit);

}  // namespace dg::app
