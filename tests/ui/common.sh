# Shared by the smoke tests of the real window. $DEEPGLASS_BINARY (or $1) is the program. Exit 77 = skipped, with the reason.
set -eu
DEEPGLASS=${1:-${DEEPGLASS_BINARY:?usage: smoke_*_test.sh DEEPGLASS}}
DEEPGLASS=$(realpath "$DEEPGLASS")
WORK=$(mktemp -d)
export XDG_STATE_HOME="$WORK/state"
trap 'rm -rf "$WORK"' EXIT
skip() { echo "skip: $*"; exit 77; }
need() { command -v "$1" >/dev/null 2>&1 || skip "$1 is missing (apt install $2)"; }
# a GL driver keeps memory of its own and is unloaded before leaks are reported, so no suppression can name it; leaks of
# ours show on the dummy driver, whose test keeps leak detection on
ignore_driver_leaks() { export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"; }
SCENE=$("$DEEPGLASS" figure --list | head -n 1 | cut -d' ' -f1)
[ -n "$SCENE" ] || skip "this build has no scene yet"

# start, type, look, resize, export, close: the same for every renderer
cat > "$WORK/tour.script" <<SCRIPT
wait idle
expect page == lab
expect error ==
expect faults == 0
key /
expect overlay == search
text theme
key enter
expect theme == dark
key l
key l
key f5
key f5
key e
expect overlay == export
click @export.path
key ctrl+a
text $WORK/figure.png
key enter
wait idle
expect overlay == none
expect toast contains figure.png
shot $WORK/window.png
key ctrl+q
SCRIPT

# a PNG of more than 5 kB whose pixels are not all alike
check_png() {
    [ -s "$1" ] || { echo "no picture $1"; exit 1; }
    size=$(wc -c < "$1")
    [ "$size" -gt 5000 ] || { echo "$1 has only $size bytes: an empty picture?"; exit 1; }
}
