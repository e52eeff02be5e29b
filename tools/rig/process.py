"""Processes of ours: none outlives the one that started it, however that ended."""
import signal

# The kernel sends SIGTERM when the thread that started the process has ended (prctl(2), PR_SET_PDEATHSIG).
kEndsWithUs = ["setpriv", "--pdeathsig", "TERM", "--"]


def interrupt_on_sigterm():
    """SIGTERM becomes what Ctrl-C is: `finally` and `with` run, and what was started is ended."""
    def interrupt(*_):
        raise KeyboardInterrupt
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGINT, interrupt)  # ignored in what a shell started in the background
