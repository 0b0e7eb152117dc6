// Scene floats: what five number formats can write. What its files share.
//   floats.cpp          parameters, measuring, observables, actions
//   floats_bits.cpp     bit editor, formula, the number in all formats
//   floats_line.cpp     number line with rounding bins
//   floats_table.cpp    ranges and precision, and why 448 and not 480
//   floats_ends.cpp     values thrown at the formats; what fails first at both ends
//   floats_spacing.cpp  the numbers of each format around a value
#pragma once

#include "viz/scenes/float_bits.h"
#include "viz/scenes/scene.h"

#include <string>
#include <vector>

namespace dg::viz::floats {

using fp8::FormatInfo;

enum class Mode { kBits, kTable, kEnds, kSpacing };

/// A number written in one format.
struct Written {
    std::uint32_t code = 0;
    double value = 0;           // of that code
    bool overflow = false;      // rounds beyond the largest finite number, saturated or not
    bool underflow = false;     // not zero before, zero after
    double relative = 0;        // |value - x| / |x|; NaN when that means nothing
};

/// A value thrown at the formats, and what each makes of it (order of fp8::formats()).
struct Thrown {
    std::string text;
    double x = 0;
    std::vector<Written> in;
};

struct Data : SceneData {
    Mode mode = Mode::kBits;
    const FormatInfo* format = nullptr;
    std::string text;  // the number as asked for: "pi"
    double x = 0;
    bool saturate = true;
    double window = 0.5;
    std::vector<fp8::Limits> limits;  // by format
    std::vector<Written> in;          // x in every format
    std::vector<Thrown> thrown;

    [[nodiscard]] std::size_t chosen() const { return static_cast<std::size_t>(format - fp8::formats().data()); }

    /// x in the chosen format.
    [[nodiscard]] const Written& now() const { return in[chosen()]; }
};

enum Stage { kValue, kRound, kRead };

/// How far a stage has come: 0 before it, 1 after it, eased.
double done(const View& view, Stage stage);

/// What the format makes of x.
Written write(const FormatInfo& format, double x, bool saturate);

/// π for "pi", else the number as typed.
std::string shown_text(const Data& data);
/// "3.4%", "–" for what has no relative error.
std::string error_text(const Written& written);

void draw_bits_page(Canvas& canvas, const Data& data, const View& view, const Theme& t, Rect area);
void draw_number_line(Canvas& canvas, const Data& data, const View& view, const Theme& t, Rect area);
void draw_table_page(Canvas& canvas, const Data& data, const View& view, const Theme& t, Rect area);
void draw_ends_page(Canvas& canvas, const Data& data, const View& view, const Theme& t, Rect area);
void draw_spacing_page(Canvas& canvas, const Data& data, const View& view, const Theme& t, Rect area);

}  // namespace dg::viz::floats
