# `bench`: numbers, each beside a yardstick of the same run. A table on stdout, the same as JSON in build/bench/NAME.json.

kBenches=(acd media pickup menu lookup calls memory)

cmd_bench() {
    local names=() name failed=0
    # Names first; the rest is for the bench itself (memory --full, calls --rate 500).
    while [ $# -gt 0 ] && [[ $1 != -* ]]; do
        names+=("$1")
        shift
    done
    [ ${#names[@]} -gt 0 ] || names=("${kBenches[@]}")
    ensure_packages
    build release
    ensure_user
    mkdir -p "$root/build/bench"
    for name in "${names[@]}"; do
        [ -f "$root/tools/bench/$name.py" ] || fail 2 "there is no bench '$name': ${kBenches[*]}"
        HOTLINE_BUILT=1 python "tools/bench/$name.py" --json "$root/build/bench/$name.json" "$@" || failed=1
    done
    return "$failed"
}
