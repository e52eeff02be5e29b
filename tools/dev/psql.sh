# `psql`: as the read-only role supervisor. `--as ROLE` is for tests and for repair: it enters as the user who owns the cluster.

cmd_psql() {
    local dir=$root/var role=supervisor data
    while [ $# -gt 0 ]; do
        case $1 in
            --data) need_value "$1" $# && dir=$2 && shift 2 ;;
            --as) need_value "$1" $# && role=$2 && shift 2 ;;
            *) break ;;
        esac
    done
    data=$(data_dir_of "$dir")
    [ -S "$(socket_dir "$data")/.s.PGSQL.5432" ] || fail 6 "no PostgreSQL runs in $dir: ./dev up --data $dir"
    if [ "$role" = supervisor ]; then
        exec psql -X "$(conninfo "$data" hotline supervisor)" "$@"
    fi
    exec_as_user psql -X "$(conninfo "$data" hotline "$role")" "$@"
}
