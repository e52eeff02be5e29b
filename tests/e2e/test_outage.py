"""PostgreSQL away, or worse, hung: calls go on, and each is in the store exactly once when it is back. The same over kill -9."""
import os
import signal
import time

from case import SiteCase
from rig.wait import until

kAwaySeconds = 20


class Outage(SiteCase):
    settings = {"queues.service.max_missed": 0}

    def talk_through(self, away, back):
        """Calls before, during and after the outage; → number of calls."""
        agent = self.agent("8001", "uas-answer", calls=10, seconds=150)
        self.wait_agent_state("ready", 1)
        self.one_call(1)
        self.addCleanup(back)
        away()
        began, during = time.monotonic(), 0
        while time.monotonic() - began < kAwaySeconds:
            during += 1
            self.one_call(10 + during)
            self.assertEqual(self.site.get("/healthz")[0], 200)  # degraded, not down: calls go on
        self.assertGreater(self.site.metric("journal_backlog"), 5 * during)
        back()
        self.one_call(99)
        until("the store to have all facts", lambda: self.site.metric("journal_backlog") == 0, 40)
        agent.stop()
        return during + 2

    def one_call(self, number):
        self.course("uac-talks-then-bye", keys={"caller": f"1397000{number:04d}"})

    def assert_each_once(self, count):
        calls = self.wait_calls(count, seconds=30)
        self.assertEqual(len({c["call_id"] for c in calls}), count)
        self.assertEqual({c["outcome"] for c in calls}, {"answered"})
        twice = self.site.db.rows("select call_id, kind, count(*) as n from hotline.fact where kind in ('CallArrived', 'CallEnded') "
                                  "group by 1, 2 having count(*) > 1", "hotline_app")
        self.assertEqual(twice, [])

    def test_postgresql_hangs_for_twenty_seconds_under_calls(self):
        self.assert_each_once(self.talk_through(self.site.freeze_database, self.site.thaw_database))

    def test_postgresql_is_gone_for_twenty_seconds_under_calls(self):
        self.assert_each_once(self.talk_through(self.site.stop_database, self.start_once))

    def start_once(self):
        if not self.site.database_runs():
            self.site.start_database()

    def test_a_lookup_that_hangs_delays_the_caller_by_its_deadline_only(self):
        self.addCleanup(self.site.thaw_database)
        self.site.freeze_database()
        agent = self.agent("8002", "uas-answer")
        self.wait_agent_state("ready", 1)
        self.course("uac-talks-then-bye", keys={"caller": "13970009999"})
        agent.check()
        self.site.thaw_database()
        call = self.only_call(seconds=30)
        self.assertEqual(call["agent"], "8002")
        self.assertLess(call["wait_ms"] - call["ring_ms"], 1500)


class Killed(SiteCase):
    """kill -9 under calls: what had happened is in the store once, what was open is closed as lost_at_restart."""

    def test_the_daemon_dies_while_postgresql_is_away(self):
        caller = self.sipp("uac-waits-eight-seconds")
        self.wait_waiting("service", 1)
        self.course("uac-bye-in-menu", keys={"caller": "13970020001"})
        self.site.stop_database()
        self.course("uac-bye-in-menu", keys={"caller": "13970020002"})
        os.kill(self.site.pid, signal.SIGKILL)
        self.site.process.wait(30)
        caller.stop()
        self.site.start()
        calls = self.wait_calls(3, seconds=30)
        self.assertEqual([c["outcome"] for c in calls], ["lost_at_restart", "abandoned", "abandoned"])
        self.assertEqual(len({c["call_id"] for c in calls}), 3)
