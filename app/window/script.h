// A script drives the shell with neutral events and asks what is on screen: UI tests without a window, and the same in
// one. One command per line, # starts a comment:
//     click @ID | click X Y       press and release a control, or a point of the window (pixels)
//     double @ID                  double click            hover @ID | hover X Y
//     drag @ID DX DY              press in its middle, move, release (pixels)
//     wheel STEPS [@ID]           away from the user is positive
//     cell TENSOR I,J,...         click the region of a cell        hover-cell TENSOR I,J,...
//     text ANY TEXT               types it;  editing ANY TEXT        unfinished text of an input method
//     key ctrl+z                  key names of deeds.h
//     wait idle | wait SECONDS    until nothing is computed or moves; or that much time in frames of 1/60 s
//     resize WxH                  pixels
//     shot FILE.png               the window's pixels
//     expect NAME OP VALUE        OP: == != contains < > <= >= ; names of state_value() below
//     claim EXPRESSION            a claim of lessons/FORMAT.md over the scene's observables
//     expect-widget @ID           the control is on screen;  expect-no-widget @ID
//     expect-label @ID TEXT       and says this (contains)
#pragma once

#include "app/window/shell.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace dg::app {

struct ScriptLine {
    int number = 0;
    std::string command, rest;
};

/// Error code: script_command (line, command, suggestion).
Result<std::vector<ScriptLine>> parse_script(const std::string& text, const std::string& file);

/// Who runs frames for a script.
class Stage {
  public:
    virtual ~Stage() = default;
    virtual Shell& shell() = 0;
    virtual void push(viz::InputEvent event) = 0;
    /// One frame with everything that was pushed, then frames of `dt` until the input is used up.
    virtual void frames(double dt) = 0;
    virtual void resize(int width, int height) = 0;
    virtual Result<void> shot(const std::filesystem::path& file) = 0;
    /// Pixels per unit of the window's canvas.
    virtual float scale() = 0;
};

/// Runs all lines. The error says file:line and what was found. Error codes: script_widget, script_expect, script_claim,
/// script_value, script_cell, file_write.
Result<void> run_script(const std::vector<ScriptLine>& lines, const std::string& file, Stage& stage);

/// What a script may ask: scene, page, lang, theme, lesson, step, stage, u, playing, speed, revealed, chosen, inspector
/// (tensor[index]), inspector.value, inspector.depth, focus, focus.visible, typing, hot, overlay, popup, banner, toast,
/// clipboard, hover, selection, operands, tokens, zoom, presenter, blank, controls, fullscreen, renderer, busy, error,
/// width, height, regions, param.NAME, edit.ID, preedit.ID. Nothing for unknown names.
std::optional<std::string> state_value(Stage& stage, const std::string& name);

}  // namespace dg::app
