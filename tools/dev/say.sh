# Words to the person at the terminal: progress on stderr, so that stdout stays for results.

say() { printf 'dev: %s\n' "$*" >&2; }

# fail CODE TEXT: ends the script. The text says what to do.
fail() {
    local code=$1
    shift
    say "$*"
    exit "$code"
}

# need_value OPTION COUNT: an option that takes a value is the last word of the command line.
need_value() { [ "$2" -ge 2 ] || fail 2 "$1 needs a value"; }
