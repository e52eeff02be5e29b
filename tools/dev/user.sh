# Who runs PostgreSQL and the daemon, and where he finds his files.
#
# Never root: started by root, both run as the system user `hotline`. What he must read (daemon, site, SQL) or write (the data folder) may
# lie where he cannot go, e.g. in a checkout under /root: then he gets it in kStage/<hash of the path>, copied or linked.

kStage=/var/lib/hotline-dev

run_user() {
    if [ "$(id -u)" -eq 0 ]; then echo hotline; else id -un; fi
}

ensure_user() {
    [ "$(id -u)" -eq 0 ] || return 0
    id -u hotline >/dev/null 2>&1 ||
        useradd --system --user-group --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin hotline
}

# exec_as_user COMMAND…: replaces this (sub)shell, so that a child started with & keeps its process id. From /, since the current folder
# may be closed to him. An array `privileges` of the caller's adds options for setpriv.
exec_as_user() {
    cd / || exit 3
    if [ "$(id -u)" -eq 0 ]; then
        exec env HOME=/nonexistent USER=hotline LOGNAME=hotline setpriv --reuid hotline --regid hotline --init-groups \
            "${privileges[@]}" -- "$@"
    else
        exec "$@"
    fi
}

as_user() (exec_as_user "$@")

# logged_as_user LOG COMMAND…: the file is opened by him, so that root never writes through a link that he made.
logged_as_user() {
    # shellcheck disable=SC2016 # expanded by the inner shell
    as_user sh -c 'log=$1; shift; exec "$@" >>"$log" 2>&1' sh "$@"
}

# write_as_user FILE: takes stdin.
write_as_user() { as_user tee "$1" >/dev/null; }

# user_can TEST PATH: test(1) as he sees it.
user_can() { as_user test "$1" "$2"; }

user_reads_tree() {
    local closed
    closed=$(as_user find -L "$1" ! -readable -print -quit 2>/dev/null) && [ -z "$closed" ]
}

# make_stage PATH: the staging folder for PATH: root's, readable by him and nobody else (a site's files hold passwords).
make_stage() {
    local stage
    stage=$kStage/$(printf '%s' "$1" | sha256sum | cut -c1-16)
    install -d -m 755 "$kStage"
    install -d -m 750 -g hotline "$stage"
    printf '%s\n' "$stage"
}

# readable_copy PATH: prints a path with the same content that he can read: PATH itself where possible. A copy is named after its content and
# never changed: who runs from it keeps it. Those that nobody asked for in a week go.
readable_copy() {
    local source=$1 stage copy fresh
    if user_reads_tree "$source"; then
        printf '%s\n' "$source"
        return
    fi
    [ "$(id -u)" -eq 0 ] || fail 3 "$source cannot be read by $(id -un)"
    stage=$(make_stage "$source")
    copy=$stage/copy.$(content_of "$source") || fail 3 "$source cannot be read"
    if ! touch -c "$copy" || [ ! -d "$copy" ]; then
        find "$stage" -mindepth 1 -maxdepth 1 -name 'copy.*' -mtime +7 -exec rm -rf {} +
        fresh=$(mktemp -d "$stage/fresh.XXXXXX")
        cp -RL "$source" "$fresh/" || fail 3 "$source could not be copied to $stage"
        chmod -R a+rX "$fresh"
        mv -T "$fresh" "$copy" 2>/dev/null || rm -rf "$fresh" # another one was quicker
    fi
    printf '%s\n' "$copy/$(basename "$source")"
}

# content_of PATH: a name for what a file, or the files of a folder, hold.
content_of() {
    if [ -d "$1" ]; then
        (cd "$1" && find -L . -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum)
    else
        sha256sum <"$1"
    fi | sha256sum | cut -c1-16
}

# readable_link PATH: the same for a folder that its reader will read again: a path that stays, and shows what PATH held when this was
# called last.
readable_link() {
    local source=$1 copy stage link
    copy=$(readable_copy "$source") || return
    if [ "$copy" = "$source" ]; then
        printf '%s\n' "$source"
        return
    fi
    stage=$(dirname "$(dirname "$copy")")
    link=$(mktemp -d "$stage/fresh.XXXXXX") && ln -s "$copy" "$link/current" && mv -T "$link/current" "$stage/current" && rmdir "$link" || return
    printf '%s\n' "$stage/current"
}

# What DIR holds for the daemon: each is linked where DIR itself is closed to him.
kDataParts=(pg run journal recordings speech control.sock ready postgres.log)

# own_data_dir DIR: makes it, and prints the folder that PostgreSQL and the daemon use: DIR itself where they can, else one that DIR links to.
own_data_dir() {
    local dir=$1 real part
    mkdir -p "$dir" || fail 5 "$dir cannot be made: choose another by --data"
    if [ "$(id -u)" -ne 0 ]; then
        [ -w "$dir" ] || fail 5 "$dir belongs to $(stat -c %U "$dir"): choose another by --data"
        printf '%s\n' "$dir"
        return
    fi
    if user_can -x "$(dirname "$dir")" && { [ -z "$(ls -A "$dir")" ] || [ -e "$dir/.hotline" ]; }; then
        chown hotline:hotline "$dir"
        write_as_user "$dir/.hotline" </dev/null
    fi
    if user_can -w "$dir" && user_can -x "$dir"; then
        printf '%s\n' "$dir"
        return
    fi
    [ ! -e "$dir/pg" ] || [ -L "$dir/pg" ] || fail 5 "the cluster in $dir belongs to $(stat -c %U "$dir/pg"): run ./dev up as that user"
    real=$(make_stage "$dir")/data
    if [ ! -L "$dir/pg" ] && [ -e "$real" ]; then
        # DIR was removed by hand since: it starts empty, as a folder of his own would. Unless its daemon still runs.
        [ ! -e "$real/.lock" ] || flock -n "$real/.lock" true || fail 5 "another ./dev up runs in $dir"
        rm -rf "$real"
    fi
    install -d -m 755 -o hotline -g hotline "$real"
    for part in "${kDataParts[@]}"; do
        [ -e "$dir/$part" ] || ln -sfn "$real/$part" "$dir/$part"
    done
    printf '%s\n' "$real"
}

# data_dir_of DIR: the same for a folder that is in use already; changes nothing.
data_dir_of() {
    local dir
    dir=$(realpath -m "$1")
    if [ -L "$dir/pg" ]; then dirname "$(readlink "$dir/pg")"; else printf '%s\n' "$dir"; fi
}
