# Set-up shared by ./run and ./test: packages, configuration, build. Sourced; everything it says goes to standard error,
# so that `./run generate ... --json` leaves standard output to the program.

say() { printf "%s\n" "$@" >&2; }

die() {
    say "deepglass: $*"
    exit 1
}

build_packages=(g++ cmake ninja-build pkg-config libeigen3-dev libfmt-dev nlohmann-json3-dev libtomlplusplus-dev
    libcli11-dev libsdl2-dev libimgui-dev libpng-dev libfreetype-dev libcairo2-dev libfontconfig-dev
    fonts-noto-core fonts-noto-cjk)
bench_packages=(libbenchmark-dev)
test_packages=("${bench_packages[@]}" libgtest-dev libgmock-dev xvfb xauth xdotool x11-utils poppler-utils
    librsvg2-bin pngcheck libgl1-mesa-dri)

# Those of the given packages that dpkg does not know as installed.
missing_packages() {
    local installed
    installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null | awk '$1 == "ii" { print $2 }')
    comm -23 <(printf '%s\n' "$@" | sort -u) <(printf '%s\n' "$installed" | sort -u)
}

# install_packages NAME...: through apt-get, as root or sudo; only what is missing, and says what.
install_packages() {
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        say "no apt-get here: I take it that the libraries behind these packages are installed: $*"
        return
    fi
    local missing as_root=()
    mapfile -t missing < <(missing_packages "$@")
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "these packages are missing and there is no sudo; as root: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    say "installing ${#missing[@]} packages through apt-get: ${missing[*]}"
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120)
    "${apt[@]}" update >&2 </dev/null || say "apt-get update failed; trying with the package lists as they are"
    "${apt[@]}" install --no-install-recommends "${missing[@]}" >&2 </dev/null ||
        die "apt-get could not install: ${missing[*]} (on Ubuntu they need the 'universe' component: sudo add-apt-repository universe)"
}

# Does this CPU have everything of x86-64-v3? True on other architectures, whose only baseline is the portable one.
has_baseline() {
    [ "$(uname -m)" = x86_64 ] && [ -r /proc/cpuinfo ] || return 0
    local flags flag
    flags=" $(awk -F: '/^flags/ { print $2; exit }' /proc/cpuinfo) "
    for flag in avx avx2 bmi1 bmi2 f16c fma abm movbe; do
        [[ $flags == *" $flag "* ]] || return 1
    done
}

# CMake options for the instruction baseline of this machine.
baseline_options() {
    if [ "${DEEPGLASS_NATIVE:-0}" = 1 ]; then
        say "DEEPGLASS_NATIVE=1: compiled for this very CPU; golden hashes bind to x86-64-v3 and are compared with tolerances"
        printf "%s\n" -DDEEPGLASS_NATIVE=ON -DDEEPGLASS_PORTABLE=OFF
    elif has_baseline; then
        printf "%s\n" -DDEEPGLASS_NATIVE=OFF -DDEEPGLASS_PORTABLE=OFF
    else
        say "this CPU lacks AVX2 or FMA: building for any x86-64 instead of x86-64-v3; slower, and last bits may differ from the golden hashes"
        printf "%s\n" -DDEEPGLASS_NATIVE=OFF -DDEEPGLASS_PORTABLE=ON
    fi
}

# Compile jobs: one per CPU, but no more than memory carries at 1.2 GB each.
jobs() {
    local cpus memory
    cpus=$(nproc)
    memory=$(awk '/^MemAvailable/ { print int($2 / 1200000) }' /proc/meminfo 2>/dev/null || echo 1)
    [ "${memory:-1}" -ge 1 ] || memory=1
    echo $((cpus < memory ? cpus : memory))
}

# cached BUILD NAME: a value of the CMake cache.
cached() { sed -n "s/^$2:[A-Z]*=//p" "$1/CMakeCache.txt"; }

# has_values BUILD NAME=VALUE...: does the CMake cache hold all of them?
has_values() {
    local build=$1 pair
    shift
    for pair in "$@"; do
        [ "$(cached "$build" "${pair%%=*}")" = "${pair#*=}" ] || return 1
    done
}

# configure SOURCE BUILD -DNAME=VALUE...: runs CMake when a value changed or nothing is configured yet.
configure() {
    local source=$1 build=$2
    shift 2
    if command -v ccache >/dev/null; then
        set -- "$@" -DCMAKE_CXX_COMPILER_LAUNCHER=ccache
        export CCACHE_SLOPPINESS=pch_defines,time_macros  # precompiled headers carry time stamps that do not matter
    fi
    if [ -f "$build/build.ninja" ] && [ ! -f "$build/.configuring" ] &&
        has_values "$build" "CMAKE_HOME_DIRECTORY=$source" "${@#-D}"; then
        return 0
    fi
    # a cache made for another folder or generator cannot be reused
    if [ -f "$build/CMakeCache.txt" ] &&
        ! has_values "$build" "CMAKE_HOME_DIRECTORY=$source" CMAKE_GENERATOR=Ninja; then
        say "$build was configured for another source folder or generator: starting afresh"
        rm -rf "$build"
    fi
    mkdir -p "$build"
    touch "$build/.configuring"
    if ! cmake -S "$source" -B "$build" -G Ninja "$@" >"$build/configure.log" 2>&1 </dev/null; then
        tail -n 40 "$build/configure.log" >&2
        say "deepglass: configuring failed; the whole log: $build/configure.log"
        return 1
    fi
    rm -f "$build/.configuring"
}

# One line: compiler, build type, instruction baseline.
describe_build() {
    local build=$1 compiler baseline=portable
    compiler=$(cached "$build" CMAKE_CXX_COMPILER)
    if [ "$(cached "$build" DEEPGLASS_NATIVE)" = ON ]; then
        baseline="this CPU (native)"
    elif [ "$(uname -m)" = x86_64 ] && [ "$(cached "$build" DEEPGLASS_PORTABLE)" != ON ]; then
        baseline=x86-64-v3
    fi
    say "deepglass: $(basename "$compiler") $("$compiler" -dumpfullversion -dumpversion), $(cached "$build" CMAKE_BUILD_TYPE), baseline $baseline, in $build"
}

# build BUILD TARGET...: silent when there is nothing to do, otherwise ninja's own progress and errors.
build() {
    local dir=$1
    shift
    ninja -C "$dir" -j "$(jobs)" "$@" 2>&1 </dev/null |
        sed -u -e '/^ninja: Entering directory/d' -e '/Re-checking globbed directories/d' -e '/^ninja: no work to do/d' >&2
    return "${PIPESTATUS[0]}"
}
