# `up`: one site running in the foreground: PostgreSQL, migrations, the daemon; ended in the opposite order.

cmd_up() {
    local dir=$root/var site=$root/config/travel arguments=()
    hear_interrupts up "$@"
    while [ $# -gt 0 ]; do
        case $1 in
            --data) need_value "$1" $# && dir=$2 && shift 2 ;;
            --site) need_value "$1" $# && site=$2 && shift 2 ;;
            --set | --drain) need_value "$1" $# && arguments+=("$1" "$2") && shift 2 ;;
            *) fail 2 "up does not know '$1'; ./dev help" ;;
        esac
    done
    site=$(realpath -e "$site") || fail 2 "there is no site folder $site"
    dir=$(realpath -m "$dir")
    ensure_daemon
    ensure_user
    up_run "$dir" "$site" "${arguments[@]}"
}

# A shell script's background job is started with SIGINT ignored, and bash cannot trap what was ignored at its start.
hear_interrupts() {
    local ignored
    ignored=$((16#$(sed -n 's/^SigIgn:[[:space:]]*//p' /proc/$$/status)))
    if [ $((ignored & 2)) -ne 0 ]; then exec env --default-signal=INT "$root/dev" "$@"; fi
}

up_run() {
    local dir=$1 site=$2 sql daemon readable
    shift 2
    # Not local: the traps read them, whichever function has ended the script.
    data='' daemon_pid='' leaving=''
    data=$(own_data_dir "$dir")
    # Held until this script has ended, but not by its children.
    write_as_user "$data/.lock" </dev/null
    exec 9<"$data/.lock"
    flock -n 9 || fail 5 "another ./dev up runs in $dir"
    readable=$(readable_link "$site")
    sql=$(readable_copy "$root/sql")
    daemon=$(readable_copy "$root/build/release/hotlined")
    as_user rm -f "$data/ready"

    trap end_all EXIT
    trap leave TERM INT
    trap 'reload_site "$data"' HUP
    up_cluster "$data" "$sql" "$daemon" "$readable"
    printf '%s\n%s\n' "$site" "$readable" | write_as_user "$data/site"
    [ -z "$leaving" ] || exit 0
    take_speech "$data"
    up_daemon "$daemon" serve --site "$readable" --data "$data" --db "$(conninfo "$data" hotline hotline_app)" "$@"
}

up_cluster() {
    cluster_init "$1"
    cluster_start "$1" 9>&-
    cluster_prepare "$@"
}

# The daemon first: its last facts are for PostgreSQL.
end_all() {
    leave
    [ -z "$daemon_pid" ] || wait_gone "$daemon_pid" 75 || kill -KILL "$daemon_pid" 2>/dev/null || true
    cluster_stop
}

leave() {
    leaving=1
    [ -z "$daemon_pid" ] || kill -TERM "$daemon_pid" 2>/dev/null || true
}

# up_daemon COMMAND…: waits for it, and ends with its exit code.
up_daemon() {
    local code=0 again=0
    # A pipe, and not a process substitution, would make $! somebody else. tee_ready ends when the daemon closes its end.
    (exec_daemon "$@") 9>&- </dev/null > >(tee_ready) &
    daemon_pid=$!
    [ -z "$leaving" ] || leave
    while :; do
        wait "$daemon_pid" && code=0 || code=$?
        # wait also returns when a signal was trapped: then the daemon still runs.
        kill -0 "$daemon_pid" 2>/dev/null || break
    done
    # … or it ended in that very moment: its own word counts, where bash has it still.
    wait "$daemon_pid" 2>/dev/null || again=$?
    [ "$again" -eq 127 ] || code=$again
    as_user rm -f "$data/ready"
    give_speech "$data"
    exit "$code"
}

# Hands the daemon's lines on, and keeps the one that says where it listens: ./dev call and ./dev demo read it.
tee_ready() {
    local line
    trap '' INT TERM HUP
    while IFS= read -r line; do
        case $line in 'hotline: ready '*) printf '%s\n' "$line" | write_as_user "$data/ready" ;; esac
        printf '%s\n' "$line"
    done
}

# Four descriptors a call. Media threads run at real-time priority where the system allows it: root can hand on the right to nothing else.
exec_daemon() {
    local privileges=() nice=(--inh-caps=+sys_nice --ambient-caps=+sys_nice)
    ulimit -n "$(ulimit -Hn)" 2>/dev/null || true
    if [ "$(id -u)" -eq 0 ] && setpriv "${nice[@]}" true 2>/dev/null; then privileges=("${nice[@]}"); fi
    exec_as_user setsid setpriv --pdeathsig TERM "$@"
}

# A scratch site (tests) takes over the speech that an earlier one has synthesised: five seconds of a core otherwise.
take_speech() {
    local data=$1
    if [ -n "${HOTLINE_SPEECH:-}" ] && [ -d "$HOTLINE_SPEECH" ]; then
        cp -r "$HOTLINE_SPEECH" "$data/speech"
        [ "$(id -u)" -ne 0 ] || chown -R hotline:hotline "$data/speech"
    fi
}

give_speech() {
    local fresh=${HOTLINE_SPEECH:-}.$$
    if [ -n "${HOTLINE_SPEECH:-}" ] && [ ! -d "$HOTLINE_SPEECH" ] && [ -d "$1/speech" ]; then
        cp -r "$1/speech" "$fresh"
        mv -T "$fresh" "$HOTLINE_SPEECH" 2>/dev/null || rm -rf "$fresh" # another one was quicker
    fi
}

# The daemon reads its site anew; first the copy is renewed, where it runs from one. A trap must not end the script.
reload_site() {
    refresh_site "$1" || { say 'the site could not be copied for the daemon, which keeps what it has: see above' && return 0; }
    [ -z "${daemon_pid:-}" ] || kill -HUP "$daemon_pid" 2>/dev/null || true
}

refresh_site() {
    local lines
    mapfile -t lines <"$1/site" || return
    [ "${lines[0]}" = "${lines[1]}" ] || (readable_link "${lines[0]}") >/dev/null
}

cmd_reload() {
    local dir=$root/var data
    while [ $# -gt 0 ]; do
        case $1 in
            --data) need_value "$1" $# && dir=$2 && shift 2 ;;
            *) fail 2 "reload does not know '$1'; ./dev help" ;;
        esac
    done
    data=$(data_dir_of "$dir")
    [ -f "$data/ready" ] || fail 6 "nothing runs in $dir: ./dev up --data $dir"
    refresh_site "$data" || fail 6 "the site could not be copied for the daemon, which keeps what it has"
    as_user "$(readable_copy "$root/build/release/hotlined")" reload --data "$data"
}
