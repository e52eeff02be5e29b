# Commands that use headless phones: `call`, `demo`, `soak`. The phones themselves are in tools/rig (Python, standard library and numpy).

# Debian's own interpreter: it has Debian's numpy, whatever other Python stands first in PATH.
kPython=/usr/bin/python3

python() { (exec_python "$@"); }

# In the place of this shell, so that a signal reaches it.
exec_python() {
    local script=$1
    shift
    export PYTHONPATH=$root/tools PYTHONDONTWRITEBYTECODE=1 HOTLINE_ROOT=$root
    exec "$kPython" "$root/$script" "$@"
}

cmd_call() {
    ensure_packages
    exec_python tools/call.py "$@"
}

cmd_demo() {
    ensure_daemon
    export HOTLINE_BUILT=1
    exec_python tools/demo.py "$@"
}

cmd_soak() {
    ensure_daemon
    export HOTLINE_BUILT=1
    exec_python tools/soak.py "$@"
}
