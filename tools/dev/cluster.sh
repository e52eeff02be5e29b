# A private PostgreSQL cluster in <data>/pg: Unix socket only, peer authentication, started as a child and stopped with it.

kSocketPathMax=107 # sun_path, without its final NUL (unix(7))

pg_bin() {
    local dir
    dir=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    [ -x "$dir/postgres" ] || fail 3 "no PostgreSQL server in /usr/lib/postgresql"
    printf '%s\n' "$dir"
}

# The socket's folder: in the data folder where its path is short enough, else under /tmp, by a name that only this folder has.
socket_dir() {
    local data=$1 dir=$1/run
    local socket=$dir/.s.PGSQL.5432
    if [ ${#socket} -gt $kSocketPathMax ]; then dir=/tmp/hotline-$(run_user)-$(printf '%s' "$data" | sha256sum | cut -c1-16); fi
    printf '%s\n' "$dir"
}

make_socket_dir() {
    local dir=$1
    as_user mkdir -p -m 700 "$dir"
    # Under /tmp somebody else could have made it first.
    if [ -L "$dir" ] || [ "$(stat -c %U "$dir")" != "$(run_user)" ]; then fail 5 "$dir belongs to somebody else; remove it"; fi
}

# cluster_init DATA: initdb and who may come in. Does nothing when the cluster is there.
cluster_init() {
    local data=$1 bin fresh=$1/pg.fresh
    [ ! -f "$data/pg/PG_VERSION" ] || return 0
    bin=$(pg_bin)
    as_user rm -rf "$fresh"
    logged_as_user "$data/initdb.log" "$bin/initdb" -D "$fresh" -U postgres -A peer --locale=C.UTF-8 -E UTF8 ${HOTLINE_SCRATCH:+--no-sync} ||
        fail 5 "initdb failed; its words are in $data/initdb.log"
    as_user tee -a "$fresh/postgresql.conf" >/dev/null <<CONF
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 60
shared_buffers = 64MB
cluster_name = 'hotline'
log_line_prefix = '%m [%p] %q%u@%d '
${HOTLINE_SCRATCH:+fsync = off}
include = 'hotline.conf'
CONF
    as_user mv -T "$fresh" "$data/pg"
}

# cluster_access DATA RUN: written at each start, since the path and the person who starts it may have changed. Nothing is `trust`.
cluster_access() {
    local data=$1 run=$2 user role
    user=$(run_user)
    # A list of names: each in double quotes, the whole in single ones.
    write_as_user "$data/pg/hotline.conf" <<<"unix_socket_directories = '\"${run//\'/\'\'}\"'"
    write_as_user "$data/pg/pg_hba.conf" <<<'local all all peer map=hotline'
    {
        for role in postgres hotline_migrator hotline_app hotline_ivr supervisor; do echo "hotline \"$user\" $role"; done
        if [ "$(id -un)" != "$user" ]; then printf 'hotline "%s" %s\n' "$(id -un)" supervisor "$(id -un)" hotline_ivr; fi
    } | write_as_user "$data/pg/pg_ident.conf"
}

# serves PID DATA: is this process the server of that cluster? The id alone may be somebody else's by now.
serves() { [ "$(readlink "/proc/$1/cwd" 2>/dev/null)" = "$(realpath "$2/pg")" ]; }

# A crash leaves postmaster.pid, and its process id may be somebody else's by now: PostgreSQL then refuses to start.
clear_stale_pid() {
    local data=$1 file=$1/pg/postmaster.pid pid deadline=$((SECONDS + 15))
    while [ -f "$file" ]; do
        pid=$(head -n 1 "$file")
        if ! serves "$pid" "$data"; then
            as_user rm -f "$file"
        elif [ "$SECONDS" -ge "$deadline" ]; then
            fail 5 "PostgreSQL (process $pid) still runs in $data/pg; stop it first: kill -INT $pid"
        else
            sleep 0.2 # the one whose parent was killed is on its way out
        fi
    done
}

# cluster_start DATA: it is stopped by cluster_stop, and by the kernel's signal should this script be killed.
cluster_start() {
    local data=$1 bin run child deadline=$((SECONDS + 60))
    bin=$(pg_bin)
    run=$(socket_dir "$data")
    make_socket_dir "$run"
    clear_stale_pid "$data"
    cluster_access "$data" "$run"
    # A session of its own: Ctrl-C is for this script, which ends the daemon first.
    # shellcheck disable=SC2016 # expanded by the inner shell
    (exec_as_user setsid setpriv --pdeathsig INT sh -c 'exec "$1" -D "$2" >>"$3" 2>&1' sh \
        "$bin/postgres" "$data/pg" "$data/postgres.log") </dev/null &
    child=$!
    until as_user "$bin/pg_isready" -q -h "$run" -d postgres -U postgres; do
        kill -0 "$child" 2>/dev/null || fail 5 "PostgreSQL did not start; its words are in $data/postgres.log"
        [ "$SECONDS" -lt "$deadline" ] || fail 5 "PostgreSQL is not ready after 60 s; see $data/postgres.log"
        sleep 0.05
    done
}

# Whoever started it: an operator may have done so by pg_ctl in the meantime.
cluster_stop() {
    local pid
    pid=$(head -n 1 "$data/pg/postmaster.pid" 2>/dev/null) || return 0
    serves "$pid" "$data" || return 0
    kill -CONT "$pid" 2>/dev/null || true # a stopped process hears nothing
    kill -INT "$pid" 2>/dev/null || return 0
    wait_gone "$pid" 20 || kill -QUIT "$pid" 2>/dev/null || true
    [ "$(socket_dir "$data")" = "$data/run" ] || as_user rm -rf "$(socket_dir "$data")"
}

# wait_gone PID SECONDS: a zombie counts as gone.
wait_gone() {
    local pid=$1 deadline=$((SECONDS + $2))
    while kill -0 "$pid" 2>/dev/null && ! grep -qs '^State:[[:space:]]*Z' "/proc/$pid/status"; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.05
    done
}

# conninfo DATA DATABASE ROLE: libpq's key='value', in which a quote or backslash is escaped.
conninfo() { printf "host='%s' dbname=%s user=%s\n" "$(socket_dir "$1" | sed "s/[\\\\']/\\\\&/g")" "$2" "$3"; }

# cluster_prepare DATA SQL DAEMON SITE: roles, database, migrations; the site's sample data where there are no tables of its yet. Safe to repeat.
cluster_prepare() {
    local data=$1 sql=$2 daemon=$3 site=$4 log=$1/migrate.log
    logged_as_user "$log" psql -Xq -v ON_ERROR_STOP=1 -f "$sql/roles.sql" "$(conninfo "$data" postgres postgres)" ||
        fail 5 "sql/roles.sql failed: $(tail -n 3 "$log")"
    logged_as_user "$log" "$daemon" migrate --db "$(conninfo "$data" hotline hotline_migrator)" --sql "$sql" --site "$site" ||
        fail 5 "migration failed: $(tail -n 3 "$log")"
}
