#!/bin/sh
# A person's mouse and keyboard, once: Xvfb and xdotool. ASCII only: xdotool loses Chinese characters. Three tries,
# because a loaded machine may lose a key.
. "$(dirname "$0")/common.sh"
need Xvfb xvfb
need xdotool xdotool
ignore_driver_leaks

attempt() {
    DISPLAY_NUMBER=$((90 + ($$ + $1) % 400))
    Xvfb ":$DISPLAY_NUMBER" -screen 0 1280x720x24 -nolisten tcp >/dev/null 2>&1 &
    SERVER=$!
    export DISPLAY=":$DISPLAY_NUMBER"
    sleep 1
    (cd "$WORK" && SDL_VIDEODRIVER=x11 timeout 90 "$DEEPGLASS" --lang en --scene "$SCENE" --size 1280x720 --measure > out 2>&1; echo $? > status) &
    APP=$!
    ok=1
    rm -f "$WORK/status" "$WORK"/deepglass-*.png
    WINDOW=$(timeout 60 xdotool search --sync --onlyvisible --name deepglass | head -n 1) || ok=0
    if [ "$ok" = 1 ]; then
        xdotool windowfocus "$WINDOW" 2>/dev/null || true
        sleep 1
        # the mouse: language button EN/zh at the right of the top bar, then the keyboard: export with its dialog
        xdotool mousemove 640 18; sleep 0.3
        xdotool mousedown 1; sleep 0.15; xdotool mouseup 1; sleep 0.5
        xdotool type --delay 80 theme; sleep 0.3
        xdotool key --delay 80 Return; sleep 0.5
        xdotool key --delay 80 e; sleep 0.5
        xdotool key --delay 80 Return; sleep 3
        xdotool key --delay 80 ctrl+q; sleep 0.5
    fi
    i=0
    while kill -0 "$APP" 2>/dev/null && [ "$i" -lt 20 ]; do sleep 0.5; i=$((i + 1)); done
    kill "$APP" 2>/dev/null || true
    kill "$SERVER" 2>/dev/null || true
    wait "$SERVER" 2>/dev/null || true
    cat "$WORK/out"
    [ "$ok" = 1 ] && [ "$(cat "$WORK/status" 2>/dev/null)" = 0 ] && ls "$WORK"/deepglass-*.png >/dev/null 2>&1
}

for try in 1 2 3; do
    if attempt "$try"; then
        check_png "$(ls "$WORK"/deepglass-*.png | head -n 1)"
        echo "passed at try $try"
        exit 0
    fi
    echo "try $try failed"
done
exit 1
