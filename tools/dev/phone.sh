# Commands that use headless phones: `call`, `demo`, `soak`. The phones themselves are in tools/rig (Python, standard library and numpy).

# Debian's own interpreter: it has Debian's numpy, whatever other Python stands first in PATH.
kPython=/usr/bin/python3

python() {
    local script=$1
    shift
    PYTHONPATH=$root/tools PYTHONDONTWRITEBYTECODE=1 HOTLINE_ROOT=$root "$kPython" "$root/$script" "$@"
}

cmd_call() {
    ensure_packages
    python tools/call.py "$@"
}

cmd_demo() {
    ensure_daemon
    HOTLINE_BUILT=1 python tools/demo.py "$@"
}

cmd_soak() {
    ensure_daemon
    HOTLINE_BUILT=1 python tools/soak.py "$@"
}
