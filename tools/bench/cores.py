"""Who runs on which core, and what CPU he has used. One core is the daemon's, the other the load's: SIPp and PostgreSQL."""
import os
import pathlib

kDaemonCore = 0
kLoadCore = 1 if os.sysconf("SC_NPROCESSORS_ONLN") > 1 else 0
kFavour = -15


def threads(pid):
    return [int(tid) for tid in os.listdir(f"/proc/{pid}/task")]


def pin(pid, core):
    """All threads of `pid` to `core`, and, where the system lets us, before whatever else the machine does: a bench is not of the others."""
    for tid in threads(pid):
        os.sched_setaffinity(tid, {core})
        favour(tid)


def pin_self(core):
    """This program, when it is itself a part of the load."""
    os.sched_setaffinity(0, {core})
    favour(os.getpid())


def favour(tid):
    try:
        if os.sched_getscheduler(tid) == os.SCHED_OTHER:
            os.setpriority(os.PRIO_PROCESS, tid, os.getpriority(os.PRIO_PROCESS, tid) + kFavour)  # its own order is kept
        pathlib.Path(f"/proc/{tid}/autogroup").write_text(str(kFavour))  # nice counts inside a session alone (sched(7))
    except OSError:
        pass  # not root, or no autogroups


def pin_tree(pid, core):
    """A process and its children: PostgreSQL's backends."""
    pin(pid, core)
    for child in children(pid):
        pin_tree(child, core)


def children(pid):
    return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def cpu_of_thread(pid, tid):
    """Seconds on a core so far, to the nanosecond (schedstat), else to the tick."""
    task = pathlib.Path(f"/proc/{pid}/task/{tid}")
    try:
        return int((task / "schedstat").read_text().split()[0]) / 1e9
    except OSError:
        fields = (task / "stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_by_name(pid):
    """{thread's name: seconds}; the main thread is called `control`. A thread that has ended since is missing."""
    used = {}
    for tid in threads(pid):
        try:
            name = "control" if tid == pid else pathlib.Path(f"/proc/{pid}/task/{tid}/comm").read_text().strip()
            used[name] = used.get(name, 0.0) + cpu_of_thread(pid, tid)
        except OSError:
            continue
    return used


def cpu_of_process(pid):
    """User and system time, ended threads included."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_of_tree(pid):
    """A process and its children, those that have ended included."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    own = sum(int(fields[n]) for n in (11, 12, 13, 14)) / os.sysconf("SC_CLK_TCK")
    return own + sum(cpu_of_tree(child) for child in children(pid))


def resident_kb(pid):
    """{"VmRSS": all that it has in memory, "RssAnon": of it what is not mapped from files, …}"""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: int(value.split()[0]) for name, value in (line.split(":", 1) for line in lines) if name in ("VmRSS", "RssAnon", "RssFile")}
