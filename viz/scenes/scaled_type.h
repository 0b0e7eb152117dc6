// Type that fits small pages: dense scenes shrink all their text together rather than let it
// collide.
#pragma once

#include "viz/theme/theme.h"

namespace dg::viz {

/// The theme with every text size multiplied by `scale`.
inline Theme scaled_type(Theme theme, float scale) {
    for (float* size : {&theme.caption, &theme.label, &theme.body, &theme.number, &theme.heading,
                        &theme.title, &theme.big}) {
        *size *= scale;
    }
    return theme;
}

}  // namespace dg::viz
