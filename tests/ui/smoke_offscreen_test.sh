#!/bin/sh
# The OpenGL path without a display: SDL's offscreen driver (EGL). Its picture must be that of the software rasteriser.
. "$(dirname "$0")/common.sh"
ignore_driver_leaks
printf 'wait idle\nshot %s/probe.png\n' "$WORK" > "$WORK/probe.script"
SDL_VIDEODRIVER=offscreen timeout 120 "$DEEPGLASS" --lang en --renderer gl --scene "$SCENE" --script "$WORK/probe.script" --measure > "$WORK/out" 2>&1 ||
    { cat "$WORK/out"; skip "SDL has no offscreen OpenGL here"; }
grep -q "renderer software" "$WORK/out" && skip "no OpenGL 3 driver here (apt install libgl1-mesa-dri)"
SDL_VIDEODRIVER=offscreen timeout 240 "$DEEPGLASS" --lang en --renderer gl --scene "$SCENE" --script "$WORK/tour.script" --measure
check_png "$WORK/window.png"
check_png "$WORK/figure.png"
