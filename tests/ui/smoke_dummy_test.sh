#!/bin/sh
# The real window without a display: SDL's dummy driver, software rasteriser, window surface.
. "$(dirname "$0")/common.sh"
SDL_VIDEODRIVER=dummy timeout 120 "$DEEPGLASS" --lang en --scene "$SCENE" --script "$WORK/tour.script" --measure | tee "$WORK/out"
grep -q "renderer software" "$WORK/out"
check_png "$WORK/window.png"
check_png "$WORK/figure.png"
