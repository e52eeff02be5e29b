"""A call centre for load: the sample site with hundreds of agents whose phones are one SIPp, the daemon on a core of its own, everything else
on the other."""
import csv
import json
import pathlib
import shutil
import tempfile
import time

from bench import cores
from rig.ports import free_port
from rig.site import Site, kRoot
from rig.sipp import Sipp
from rig.wait import until

kScenarios = kRoot / "tools" / "bench" / "scenarios"
kPhones = kRoot / "tests" / "e2e" / "scenarios"
kQueues = ("service", "domestic", "abroad", "rescue")
kFirstAgent = 70001
kForever = 3600

# The load comes from one address; 660 calls a second leave 2,640 ports resting.
kSettings = {"sip.gate_rate": 1_000_000, "sip.gate_burst": 1_000_000, "limits.max_calls": 20_000, "sip.max_transactions": 200_000,
             "media.port_min": 10_000, "media.port_max": 31_999, **{f"queues.{queue}.wrapup_s": 0 for queue in kQueues}}


def number(index):
    return str(kFirstAgent + index)


def password(index):
    return f"bench-{kFirstAgent + index}"


def make_site(folder, agents):
    """config/travel with `agents` agents, all in all queues."""
    site = pathlib.Path(folder) / "site"
    shutil.copytree(kRoot / "config" / "travel", site)
    (site / "agents.json").write_text(json.dumps(
        {number(i): {"password": password(i), "name": f"Agent {i}", "queues": list(kQueues)} for i in range(agents)}))
    return site


class Tally:
    """SIPp's own count of a run, from its statistics file."""

    def __init__(self, path, words):
        if not path.exists():
            raise AssertionError(f"SIPp did not start: {words()}")
        with open(path, newline="") as lines:
            rows = [row for row in csv.DictReader(lines, delimiter=";") if row.get("TotalCallCreated")]
        last = rows[-1] if rows else {}
        self.created, self.ok, self.failed, self.repeats = (int(last.get(name, 0)) for name in (
            "TotalCallCreated", "SuccessfulCall(C)", "FailedCall(C)", "Retransmissions(C)"))


class Centre:
    """Started at once, agents on duty; `with Centre(…) as centre`. settings are --set values on top of kSettings."""

    def __init__(self, agents, settings=None, phones=True):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hotline-bench-"))
        self.folder.chmod(0o755)  # the daemon's user reads the site from here
        self.agents = agents
        self.phones = None
        self.runs = []
        self.site = Site(self.folder, {**kSettings, **(settings or {})}, site=make_site(self.folder, agents), daemon_core=cores.kDaemonCore)
        try:
            until("the daemon to have its database", lambda: self.site.metric("store_connected") == 1, 15)
            self.pid = self.site.pid
            cores.pin(self.pid, cores.kDaemonCore)
            cores.pin_tree(self.site.database_pid(), cores.kLoadCore)
            if phones:
                self.log_in()
        except BaseException:
            self.stop()
            raise

    def log_in(self):
        """All agents register from one port, where a SIPp then answers at once."""
        port = free_port()
        users = [[number(i), f"[authentication username={number(i)} password={password(i)}]"] for i in range(self.agents)]
        self.sipp(kScenarios / "register-many.xml", port=port, users=users, calls=self.agents, rate=200, seconds=60).check()
        until(f"{self.agents} agents ready", lambda: self.site.agents("ready") == self.agents, 20)
        self.phones = self.sipp(kPhones / "uas-answer-at-once.xml", target=None, port=port, calls=1_000_000_000, seconds=kForever)

    def sipp(self, scenario, target=..., **options):
        run = Sipp(scenario, self.site.sip if target is ... else target, self.folder, core=cores.kLoadCore, trace=False,
                   **{"limit": 20_000, **options})
        cores.favour(run.process.pid)
        self.runs.append(run)
        return run

    def callers(self, prefix, rate, calls, talk_ms=1050, target=..., seconds=None):
        """Queue calls from numbers that start with `prefix`. → Sipp, with .tally() for when it has ended."""
        stat = self.folder / f"callers-{prefix}.csv"
        stat.unlink(missing_ok=True)
        run = self.sipp(kScenarios / "uac-queue-call.xml", target, keys={"prefix": prefix, "key": "0"}, calls=calls,
                        rate=rate, seconds=seconds or calls / rate + 60, options=("-d", str(talk_ms), "-trace_stat", "-stf", str(stat), "-fd", "1"))
        run.tally = lambda: Tally(stat, run.words)
        return run

    def at_rest(self, seconds=60):
        """Until no call is left, every recording is finished and every fact is in PostgreSQL."""
        def left():
            now = self.site.metrics()
            return not (now["hotline_calls"] or now["hotline_legs"] or now["hotline_recordings_open"] or now["hotline_journal_backlog"])
        until("the daemon to come to rest", left, seconds, 0.25)

    def stored(self, seconds=60):
        """Until every fact so far is in PostgreSQL."""
        until("the facts to be stored", lambda: self.site.metric("journal_backlog") == 0, seconds, 0.1)

    def cpu(self):
        """Seconds used so far: of the daemon, of its threads by name, of the agents' SIPp, of PostgreSQL; and when this was."""
        return {"at": time.monotonic(), "daemon": cores.cpu_of_process(self.pid), "threads": cores.cpu_by_name(self.pid),
                "phones": cores.cpu_of_process(self.phones.process.pid) if self.phones else 0.0, "database": cores.cpu_of_tree(self.site.database_pid())}

    def stop(self):
        for run in self.runs:
            run.stop()
        self.site.stop()
        self.site.remove()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
