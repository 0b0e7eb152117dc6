// Training runs that differ in one thing, several seeds of each: a column per setting, a dot per seed, the means joined by a
// thick line.
#pragma once

#include "viz/scenes/widgets.h"

#include <string>
#include <vector>

namespace dg::viz {

struct Cohort {
    std::string label = {};                     // of the y axis, with unit
    std::string axis = {};                      // of the x axis
    std::vector<std::string> names = {};        // settings, left to right
    std::vector<std::vector<double>> values = {};  // [setting][seed]
    std::size_t ringed = 0;                     // the seed whose dots are ringed
    std::size_t joined = 0;                     // the first settings whose means a line joins; 0 = all
    bool paired = false;                        // thin lines join the dots of a seed
    double shown = 1;                           // share drawn, for motion
    bool from_zero = false;
};

double mean_of(const std::vector<double>& values);
void draw_cohort(Canvas& canvas, const View& view, Rect area, const Cohort& cohort);

}  // namespace dg::viz
