# `test`: every test there is. One line a stage; what failed, and where its log is.
#
#   build release ─▶ db, sim, tidy ─▶ e2e: the real daemon, PostgreSQL, SIPp and baresip ─▶ unit, sim, sip under asan ─▶ … under tsan
#                 └▶ build asan ─▶ build tsan (at leisure: the end-to-end tests mostly wait) ─▶
#
# asan (address and undefined behaviour) is compiled without optimisation: g++ 12 takes three times as long for a file with it. tsan (data
# races) is compiled with it: the simulation would take four times as long without.

kTestLogs=build/test
kSanitized=(asan tsan)
kPure='^(unit_.*|sim|sip)$' # what runs under the sanitizers

cmd_test() {
    local pattern=${1:-} failed=0 started=$SECONDS builds preset
    cd "$root" || exit
    if [ "$pattern" = --build-sanitized ]; then
        sanitized_builds
        return
    fi
    ensure_packages
    mkdir -p "$kTestLogs"
    # A daemon or cluster of another person's shell is not meant here.
    unset HOTLINE_BUILT
    if [ -n "$pattern" ]; then
        stage 'build release' build release || fail 1 'nothing was run'
        named_tests "$pattern" || failed=1
    else
        # Unit tests and sip run under the sanitizers alone: built a third time they would tell nothing new. The simulation's thousand
        # days are run in the release build, some of them again under the sanitizers.
        stage 'build release' build release hotlined db sim tidy || fail 1 'nothing was run'
        (at_leisure "$root/dev" test --build-sanitized) &
        builds=$!
        trap 'kill -- "-$builds" 2>/dev/null || true' EXIT
        stage 'db, sim, tidy' ctest_run release '^(db|sim|tidy)$' || failed=1
        stage 'end to end' e2e_run || failed=1
        wait "$builds" || failed=1
        trap - EXIT
        for preset in "${kSanitized[@]}"; do
            [ ! -f "$kTestLogs/built.$preset" ] || stage "unit, sim, sip under $preset" ctest_run "$preset" "$kPure" || failed=1
        done
    fi
    [ "$failed" -eq 0 ] || fail 1 "FAILED after $((SECONDS - started)) s"
    say "all passed in $((SECONDS - started)) s"
}

# stage NAME COMMAND…: runs it in a subshell, so that its failure ends this stage alone.
stage() {
    local name=$1 from=$SECONDS code=0
    shift
    ("$@") || code=$?
    if [ "$code" -eq 0 ]; then say "ok      $name ($((SECONDS - from)) s)"; else say "FAILED  $name ($((SECONDS - from)) s)"; fi
    return "$code"
}

# at_leisure COMMAND…: takes only what the processes beside it leave of the machine. A session of its own, since the scheduler shares the
# cores out among sessions first (sched(7), autogroup).
at_leisure() {
    # shellcheck disable=SC2016 # expanded by the inner shell
    exec setsid --wait sh -c '{ echo 19 >/proc/self/autogroup; } 2>/dev/null; exec "$@"' sh chrt --idle 0 "$@"
}

# One after the other; the test programs of each.
sanitized_builds() {
    local preset
    rm -f "${kSanitized[@]/#/$kTestLogs/built.}"
    for preset in "${kSanitized[@]}"; do
        stage "build $preset" sanitized_build "$preset" || return # as after Ctrl-C
        touch "$kTestLogs/built.$preset"
    done
}

sanitized_build() {
    local preset=$1 programs
    configure "$preset" >"$root/build/$preset.log" 2>&1 || fail 4 "cmake failed; the whole log is $root/build/$preset.log"
    mapfile -t programs < <(test_programs "$preset" "$kPure")
    build "$preset" "${programs[@]}"
}

# test_programs PRESET NAMES: as CTest knows them: a test is named as its program.
test_programs() {
    ctest --test-dir "$root/build/$1" -N -R "$2" | sed -n 's/^ *Test *#[0-9]*: //p'
}

# Sanitizer reports must fail the test and name their line; the suppressions are for libraries of Debian's alone.
sanitizer_options() {
    export ASAN_OPTIONS=abort_on_error=0:detect_stack_use_after_return=1:strict_string_checks=1
    export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
    export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
    local preset=$1 file=$root/tests/$1.suppressions
    if [ -f "$file" ]; then
        case $preset in
            asan) export LSAN_OPTIONS=suppressions=$file ;;
            tsan) export TSAN_OPTIONS=$TSAN_OPTIONS:suppressions=$file ;;
        esac
    fi
}

ctest_run() {
    local preset=$1 names=$2 log=$root/$kTestLogs/$1.log
    sanitizer_options "$preset"
    export HOTLINE_REQUIRE_DB=1
    [ "$preset" = release ] || export HOTLINE_SIM_SEEDS=${HOTLINE_SIM_SEEDS:-250}
    [ "$preset" != asan ] || export HOTLINE_ACD_SEEDS=${HOTLINE_ACD_SEEDS:-50} # the distributor's own days: all of them under tsan
    if ! ctest --test-dir "$root/build/$preset" -j "$(nproc)" -R "$names" --output-on-failure --no-tests=error >"$log" 2>&1; then
        grep -E '^ *[0-9]*: *\[  FAILED  \]|^\[  FAILED  \]|Failure$|\(Failed\)|\(Timeout\)|\(SEGFAULT\)|Subprocess aborted|ERROR: |WARNING: Thread|runtime error' "$log" |
            sort -u | head -n 20 >&2
        fail 1 "the whole log is $log"
    fi
    grep -a -E '\[  SKIPPED \]' "$log" | sort -u >&2 || true
}

e2e_run() {
    HOTLINE_BUILT=1 python tests/e2e/run.py --logs "$root/$kTestLogs/e2e" "$@"
}

# named_tests PATTERN: in the release build only: this is for the one who works on a single thing.
named_tests() {
    local pattern=$1 program found=0 failed=0
    while IFS= read -r program; do
        program=$root/build/release/tests/$program
        if [[ $("$program" --gtest_list_tests "--gtest_filter=*$pattern*" 2>/dev/null) == *$'\n  '* ]]; then
            found=1
            stage "$(basename "$program")" "$program" --gtest_brief=1 "--gtest_filter=*$pattern*" || failed=1
        fi
    done < <(test_programs release .)
    if [ -n "$(python tests/e2e/run.py --list "$pattern")" ]; then
        found=1
        stage 'end to end' e2e_run "$pattern" || failed=1
    fi
    [ "$found" -eq 1 ] || fail 2 "no test's name holds '$pattern'"
    return "$failed"
}
