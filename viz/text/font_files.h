// Which font files the program draws with (fontconfig).
#pragma once

#include "viz/canvas/canvas.h"
#include "viz/text/fonts.h"

#include <optional>
#include <span>

namespace dg::viz {

struct FoundFont {
    FaceFile file;
    bool bold = false;  // has real bold outlines
};

/// The first of these families that is installed, in this weight (or its regular cut).
std::optional<FoundFont> find_family(std::span<const char* const> families, Weight weight);
/// Any installed scalable font that has this character, Chinese ones preferred.
std::optional<FoundFont> find_covering(char32_t code, Weight weight);

inline constexpr const char* kLatinFamilies[] = {"Noto Sans", "DejaVu Sans", "Liberation Sans",
                                                 "FreeSans"};
inline constexpr const char* kMathFamilies[] = {"Noto Sans Math", "DejaVu Sans", "STIX Two Math",
                                                "FreeSans"};
inline constexpr const char* kHanFamilies[] = {
    "Noto Sans CJK SC",    "Noto Sans SC",      "Source Han Sans SC",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback",
    "LXGW WenKai",         "PingFang SC",       "Microsoft YaHei"};

}  // namespace dg::viz
