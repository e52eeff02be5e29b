"""The ground under every end-to-end test: a site of the class's own, phones and SIPp runs that are cleaned up, and the proof after each
test that the daemon is where it was at the start."""
import os
import pathlib
import shutil
import tempfile
import unittest

from rig.phone import Phone
from rig.site import Site
from rig.sipp import Sipp, login
from rig.wait import Late, until

kHere = pathlib.Path(__file__).resolve().parent
kScenarios = kHere / "scenarios"
kQueues = ("service", "domestic", "abroad", "rescue")

# What must be back at its start value when no call is left: calls, legs, sessions, transactions, ports, descriptors, timers, threads.
kAtRest = ("calls", "legs", "ivr_machines", "offers", "core_timers", "sip_sessions", "sip_nta_legs", "sip_nta_incoming", "sip_nta_outgoing",
           "media_ports_open", "media_legs_open", "recordings_open", "process_open_fds", "process_threads")


kPools = {"store_lookup": 2, "ivr_lookup": 4, "ivr_guard": 1}


def log_folder(name):
    top = os.environ.get("HOTLINE_E2E_LOGS")
    folder = pathlib.Path(top) / name if top else pathlib.Path(tempfile.mkdtemp(prefix="hotline-e2e-"))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def without_wrapup():
    """Nothing after the conversation: neither the agent's wrap-up nor the caller's survey."""
    return {"survey": "", **{f"queues.{queue}.wrapup_s": 0 for queue in kQueues}}


class SiteCase(unittest.TestCase):
    """One daemon a class. `settings` are --set values on top of quick SIP timers, no wrap-up and no survey."""

    settings = {}
    site_folder = None  # another site than config/travel

    @classmethod
    def setUpClass(cls):
        cls.folder = log_folder(cls.__name__)
        cls.site = Site(cls.folder, {"sip.t1x64_ms": 2000, **without_wrapup(), **cls.settings}, site=cls.site_folder)
        cls.addClassCleanup(cls.end_site)
        until("the daemon to have its database", cls.has_database, 15)
        cls.start_values = {name: cls.site.metrics()["hotline_" + name] for name in kAtRest}

    @classmethod
    def has_database(cls):
        """All its connections: their descriptors belong to what it has at rest."""
        now = cls.site.metrics()
        return now["hotline_store_connected"] == 1 and all(now[f"hotline_{pool}_connections"] == size for pool, size in kPools.items())

    @classmethod
    def end_site(cls):
        code = cls.site.stop()
        cls.site.remove()
        if code:
            raise AssertionError(f"./dev up ended with {code}: {cls.site.log}")

    def setUp(self):
        self.addCleanup(self.come_to_rest)  # the first, so that it is done last: phones and SIPp runs are gone by then
        self.out = self.folder / self._testMethodName
        self.out.mkdir(exist_ok=True)
        self.began = self.site.db.value("select now() as at") if self.asks_database else None

    asks_database = True

    def come_to_rest(self):
        """Whatever the test did: nothing may be left of it."""
        if self.site.process.poll() is not None:
            return
        result = self._outcome.result
        if all(test is not self for test, _ in (*result.failures, *result.errors)):
            self.assert_at_rest()
        elif self.left_behind():
            self.begin_anew()  # so that the next test is told of its own faults alone

    def begin_anew(self):
        self.site.stop()
        self.site.start()
        until("the daemon to have its database", lambda: self.site.metric("store_connected") == 1, 15)

    def left_behind(self):
        now = self.site.metrics()
        return {name: (start, now.get("hotline_" + name, 0)) for name, start in self.start_values.items() if now["hotline_" + name] != start}

    def assert_at_rest(self, seconds=30):
        try:
            until("the daemon to come to rest", lambda: not self.left_behind(), seconds, 0.2)
        except Late:
            raise AssertionError(f"{self.id()} left something behind (start value, now): {self.left_behind()}") from None

    # ── Parties ──

    def phone(self, number, **options):
        """A baresip that is closed when the test ends. An agent's number (80xx) registers; his phones beside the first have a `place`."""
        place = options.pop("place", "")
        if number.startswith("80"):
            options.setdefault("password", f"demo-{number}")
        phone = Phone(number, self.site.sip, self.out / f"phone-{number}{place}", **options)
        self.addCleanup(phone.close)
        if options.get("password"):
            self.wait_agent_state("offline", below=True, number=number)
        return phone

    def sipp(self, scenario, **options):
        """Calls the site by a scenario; started at once."""
        keys = {"caller": "13800000001", "name": "Caller", "key": "0", **options.pop("keys", {})}
        run = Sipp(kScenarios / f"{scenario}.xml", self.site.sip, self.out, keys=keys, **options)
        self.addCleanup(run.stop)
        return run

    def course(self, scenario, **options):
        """The scenario's whole course must come true."""
        run = self.sipp(scenario, **options)
        run.check()
        return run

    def agent(self, number, scenario, calls=1, expires=600, seconds=40, **options):
        """An agent whose phone is a SIPp scenario: registered, then waiting for calls on the port that it registered from."""
        port = self.register(number, expires)
        run = Sipp(kScenarios / f"{scenario}.xml", None, self.out, port=port, calls=calls, seconds=seconds, **options)
        self.addCleanup(run.stop)
        self.addCleanup(self.register, number, 0, port)
        self.addCleanup(run.stop)
        return run

    def register(self, number, expires, port=None, password=None):
        """One registration by SIPp. → the port that it came from."""
        run = self.sipp("register-digest", keys={"expires": expires}, users=[login(number, password or f"demo-{number}")], port=port)
        run.check()
        return run.port

    # ── What became of it ──

    def calls(self, where="true"):
        """Records of this test's calls, oldest first."""
        return self.site.db.rows(f"select * from report.call where started_at >= '{self.began}' and {where} order by call_id")

    def wait_calls(self, count=1, where="true", seconds=15):
        rows = until(f"{count} call record(s) where {where}", lambda: (lambda r: r if len(r) >= count else None)(self.calls(where)), seconds)
        self.assertEqual(len(rows), count, rows)
        return rows

    def only_call(self, where="true", seconds=15):
        return self.wait_calls(1, where, seconds)[0]

    def segments(self, call_id):
        return self.site.db.rows(f"select * from report.segment where call_id = '{call_id}' order by offered_at")

    def decisions(self, call_id):
        return self.site.db.rows(f"select * from report.decision where call_id = '{call_id}' order by at")

    def wait_agent_state(self, state, count=1, seconds=15, below=False, number=None):
        """Until `count` agents are in this state; with `below`, until the agent `number` is in any other."""
        if below:
            return until(f"{number} to be logged in", lambda: self.site.agents("offline") < 6, seconds)
        return until(f"{count} agent(s) {state}", lambda: self.site.agents(state) == count, seconds)

    def wait_waiting(self, queue, count, seconds=15):
        return until(f"{count} waiting in {queue}", lambda: self.site.waiting(queue) == count, seconds)
