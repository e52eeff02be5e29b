# The Debian packages that building, running and testing need (why each of them: docs/dependencies.md).

kPackages=(
    g++ cmake ninja-build ccache pkg-config
    libsofia-sip-ua-dev libboost1.81-dev libpq-dev libspdlog-dev nlohmann-json3-dev libssl-dev libsystemd-dev
    libhowardhinnant-date-dev libsndfile1-dev libsamplerate0-dev
    libgtest-dev libgmock-dev libbenchmark-dev
    postgresql espeak-ng tzdata
    baresip-core sip-tester sox python3 python3-numpy
    clang-format clang-tidy shellcheck git
    util-linux
)

# Installs what is missing; one dpkg-query (20 ms) when nothing is.
ensure_packages() {
    local missing=()
    mapfile -t missing < <(missing_packages)
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || fail 3 "these Debian packages are missing, and there is no apt-get here: ${missing[*]}"
    say "installing ${missing[*]}"
    without_main_cluster install_packages "${missing[@]}"
}

missing_packages() {
    local installed
    # dpkg-query ends with 1 when a package is unknown; its list of the others is complete nevertheless.
    installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${kPackages[@]}" 2>/dev/null | sed -n 's/^installed //p') || true
    comm -23 <(printf '%s\n' "${kPackages[@]}" | sort) <(printf '%s\n' "$installed" | sort -u)
}

as_admin() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

install_packages() {
    local log
    log=$(mktemp)
    if ! { as_admin apt-get -q update && apt_install "$@"; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        fail 3 "apt-get could not install $*; the whole log is $log"
    fi
    rm -f "$log"
}

apt_install() {
    as_admin env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Options::=--force-confold \
        -o DPkg::Lock::Timeout=120 install --no-install-recommends "$@"
}

# Debian starts a cluster of its own on port 5432 when PostgreSQL comes in for the first time; nobody asked for that one.
without_main_cluster() {
    local dir=/etc/postgresql-common/createcluster.d made='' code=0
    if ! dpkg-query -W -f='${db:Status-Status}' postgresql-common 2>/dev/null | grep -q '^installed$'; then
        made=$dir/hotline.conf
        as_admin mkdir -p "$dir"
        echo 'create_main_cluster = false' | as_admin tee "$made" >/dev/null
    fi
    ("$@") || code=$?
    [ -z "$made" ] || as_admin rm -f "$made"
    [ "$code" -eq 0 ] || exit "$code"
}
