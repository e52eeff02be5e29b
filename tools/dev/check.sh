# `check`: what a reader would stumble over, found by machines: layout, lint, the tree's own rules, the sample sites.

cmd_check() {
    local failed=0
    cd "$root" || exit
    ensure_packages
    stage 'clang-format' check_format || failed=1
    stage 'shellcheck' shellcheck -x dev .ci/run tools/dev/*.sh || failed=1
    stage 'python' "$kPython" -W error -c "$kCompilePython" tools tests || failed=1
    stage 'build release' build release || fail 1 'clang-tidy and the sites were not looked at'
    stage 'tidy' "$root/build/release/tests/tidy" --gtest_brief=1 || failed=1
    stage 'clang-tidy' check_lint || failed=1
    local site
    for site in config/*/; do
        [ "$site" != config/schema/ ] || continue
        stage "hotlined check --site $site" "$root/build/release/hotlined" check --site "$site" || failed=1
    done
    [ "$failed" -eq 0 ] || fail 1 'something is to be mended'
}

kCompilePython='
import ast, pathlib, sys
for folder in sys.argv[1:]:
    for path in pathlib.Path(folder).rglob("*.py"):
        ast.parse(path.read_text(), str(path))
'

check_format() {
    git ls-files '*.h' '*.cpp' | xargs -r -P "$(nproc)" -n 20 clang-format --dry-run -Werror
}

# The files that differ from the branch's start, or the last commit's: linting everything takes many minutes.
check_lint() {
    local files=() base
    base=$(git merge-base HEAD origin/HEAD 2>/dev/null || git rev-parse HEAD~1 2>/dev/null || git rev-parse HEAD)
    mapfile -t files < <(git diff --name-only --diff-filter=d "$base" -- 'src/*.cpp')
    [ ${#files[@]} -gt 0 ] || return 0
    # The precompiled header is g++'s, which clang refuses: it reads the headers themselves.
    mkdir -p build/lint
    sed -E 's#-Winvalid-pch -include [^ ]*/cmake_pch\.hxx#-include '"$root"'/src/base/pch.h#' build/release/compile_commands.json \
        >build/lint/compile_commands.json
    printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -n 4 clang-tidy -p build/lint --quiet --extra-arg=-Wno-unknown-warning-option \
        --extra-arg=-Wno-ignored-optimization-argument
}
