// SDL's events in neutral words.
#pragma once

#include "viz/window/event.h"

#include <optional>

union SDL_Event;

namespace dg::viz {

/// `pixels`: drawable pixels per window unit. Nothing for events that mean nothing here.
std::optional<InputEvent> translate(const SDL_Event& event, float pixels);

}  // namespace dg::viz
