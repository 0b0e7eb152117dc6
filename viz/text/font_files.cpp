#include "viz/text/font_files.h"

#include <fontconfig/fontconfig.h>

#include <algorithm>
#include <memory>
#include <string_view>

#ifdef __SANITIZE_ADDRESS__
// fontconfig keeps 288 bytes for the life of the process and never frees them
extern "C" const char* __lsan_default_suppressions();

extern "C" const char* __lsan_default_suppressions() { return "leak:libfontconfig\n"; }

extern "C" const char* __lsan_default_options();

extern "C" const char* __lsan_default_options() { return "print_suppressions=0"; }
#endif

namespace dg::viz {

namespace {

struct PatternDeleter {
    void operator()(FcPattern* p) const { FcPatternDestroy(p); }
};

using Pattern = std::unique_ptr<FcPattern, PatternDeleter>;

const FcChar8* fc(const char* text) {
    return reinterpret_cast<const FcChar8*>(text);
}

bool same_name(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
}

bool has_family(FcPattern* font, std::string_view family) {
    FcChar8* name = nullptr;
    for (int i = 0; FcPatternGetString(font, FC_FAMILY, i, &name) == FcResultMatch; ++i) {
        if (same_name(reinterpret_cast<const char*>(name), family)) return true;
    }
    return false;
}

Pattern best_match(Pattern wanted, Weight weight) {
    FcPatternAddInteger(wanted.get(), FC_WEIGHT,
                        weight == Weight::kBold ? FC_WEIGHT_BOLD : FC_WEIGHT_REGULAR);
    FcPatternAddInteger(wanted.get(), FC_SLANT, FC_SLANT_ROMAN);
    FcPatternAddInteger(wanted.get(), FC_WIDTH, FC_WIDTH_NORMAL);
    FcPatternAddBool(wanted.get(), FC_SCALABLE, FcTrue);
    FcConfigSubstitute(nullptr, wanted.get(), FcMatchPattern);
    FcDefaultSubstitute(wanted.get());
    FcResult result = FcResultNoMatch;
    return Pattern(FcFontMatch(nullptr, wanted.get(), &result));
}

std::optional<FoundFont> file_of(FcPattern* font) {
    FcChar8* file = nullptr;
    int index = 0, weight = FC_WEIGHT_REGULAR;
    if (FcPatternGetString(font, FC_FILE, 0, &file) != FcResultMatch) return std::nullopt;
    if (FcPatternGetInteger(font, FC_INDEX, 0, &index) != FcResultMatch) index = 0;
    if (FcPatternGetInteger(font, FC_WEIGHT, 0, &weight) != FcResultMatch)
        weight = FC_WEIGHT_REGULAR;
    return FoundFont{{reinterpret_cast<const char*>(file), index & 0xFFFF, false},
                     weight >= FC_WEIGHT_DEMIBOLD};
}

}  // namespace

std::optional<FoundFont> find_family(std::span<const char* const> families, Weight weight) {
    for (const char* family : families) {
        Pattern wanted(FcPatternCreate());
        FcPatternAddString(wanted.get(), FC_FAMILY, fc(family));
        const Pattern font = best_match(std::move(wanted), weight);
        // a match is always returned: it counts only when it is the family that was asked for
        if (font && has_family(font.get(), family)) return file_of(font.get());
    }
    return std::nullopt;
}

std::optional<FoundFont> find_covering(char32_t code, Weight weight) {
    FcCharSet* set = FcCharSetCreate();
    FcCharSetAddChar(set, code);
    Pattern wanted(FcPatternCreate());
    FcPatternAddCharSet(wanted.get(), FC_CHARSET, set);
    FcPatternAddString(wanted.get(), FC_LANG, fc("zh-cn"));
    FcCharSetDestroy(set);
    const Pattern font = best_match(std::move(wanted), weight);
    FcCharSet* covered = nullptr;
    if (!font || FcPatternGetCharSet(font.get(), FC_CHARSET, 0, &covered) != FcResultMatch)
        return std::nullopt;
    return FcCharSetHasChar(covered, code) == FcTrue ? file_of(font.get()) : std::nullopt;
}

}  // namespace dg::viz
