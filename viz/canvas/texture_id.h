// ImTextureID <-> Texture*: a pointer type in old Dear ImGui, an integer in new.
#pragma once

#include "viz/canvas/image.h"

#include <imgui.h>

#include <cstdint>
#include <type_traits>

namespace dg::viz {

template <class Id>
Texture* texture_of_id(Id id) {
    if constexpr (std::is_pointer_v<Id>) {
        return static_cast<Texture*>(id);
    } else {
        return reinterpret_cast<Texture*>(static_cast<std::intptr_t>(id));
    }
}

template <class Id = ImTextureID>
Id id_of_texture(const Texture& texture) {
    auto* address = const_cast<Texture*>(&texture);
    if constexpr (std::is_pointer_v<Id>) {
        return static_cast<Id>(address);
    } else {
        return static_cast<Id>(reinterpret_cast<std::intptr_t>(address));
    }
}

}  // namespace dg::viz
