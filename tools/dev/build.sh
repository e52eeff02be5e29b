# CMake presets, Ninja, ccache.

cmd_build() {
    local preset=${1:-release}
    [ $# -eq 0 ] || shift
    ensure_packages
    build "$preset" "$@"
    if [ "$preset" = release ] && [ -x "$root/build/release/hotlined" ]; then say "build/release/hotlined is ready"; fi
}

# build PRESET [TARGET…]: quiet unless it fails. One at a time in a folder: two Ninjas there would spoil each other's files.
build() {
    local preset=$1
    shift
    local log=$root/build/$preset.log targets=()
    [ $# -eq 0 ] || targets=(--target "$@")
    mkdir -p "$root/build"
    exec 8>"$root/build/$preset.lock"
    flock -n 8 || { say "waiting for another build in build/$preset" && flock 8; }
    build_now || fail 4 "the $preset build failed; the whole log is $log"
    exec 8>&-
}

# With what build() has prepared.
build_now() {
    if ! { configure "$preset" && cmake --build "$root/build/$preset" "${targets[@]}"; } >"$log" 2>&1; then
        grep -E -m 20 'error:|FAILED|CMake Error' "$log" >&2 || tail -n 20 "$log" >&2
        return 1
    fi
}

configure() {
    [ -f "$root/build/$1/build.ninja" ] || cmake -S "$root" --preset "$1"
}

# The daemon of the release build; HOTLINE_BUILT=1 says that it is up to date (tests, which start it many times).
ensure_daemon() {
    if [ -z "${HOTLINE_BUILT:-}" ]; then
        ensure_packages
        build release hotlined
    fi
    [ -x "$root/build/release/hotlined" ] || fail 4 "build/release/hotlined is missing: ./dev build"
}
