"""The cases that queues elsewhere are tested by, and have failed: exact places, who is rung, who is not, and in which order."""
import re

from case import SiteCase
from rig.wait import until

kOneQueue = {f"ivr.main.nodes.{node}.queue": "service" for node in ("domestic", "abroad")}


class JoinPositions(SiteCase):
    """Keys 0, 1 and 2 lead into one queue with priorities 0, 1 and 2; it holds ten."""

    settings = {**kOneQueue, "ivr.main.nodes.domestic.priority": 1, "ivr.main.nodes.abroad.priority": 2,
                "queues.service.max_length": 10, "queues.service.max_wait_s": 20}

    def test_twelve_callers_each_at_the_very_place_and_no_more_than_the_queue_holds(self):
        waiting, expected = [], []
        runs = []
        for n, key in enumerate("010212001021"):
            caller = f"139400002{n:02}"
            runs.append(self.sipp("uac-many-queue", keys={"key": key}, users=[[caller]], seconds=60))
            if len(waiting) < 10:
                waiting.append(int(key))
                expected.append((caller, sum(other >= int(key) for other in waiting), int(key)))
                self.wait_waiting("service", len(waiting))
        for run in runs:
            run.check()
        calls = self.wait_calls(12)
        self.assertEqual({call["outcome"] for call in calls}, {"overflow"})
        self.assertEqual([call["wait_ms"] for call in calls[10:]], [0, 0], "the last two never joined")
        self.assertEqual([self.joined(call) for call in calls[:10]], expected)

    def joined(self, call):
        words = "\n".join(row["what"] for row in self.site.db.rows(f"select what from report.timeline('{call['call_id']}')"))
        place = re.search(r"joins queue service at position (\d+), priority (\d+)", words)
        return call["caller"], int(place[1]), int(place[2])


class WhoIsRung(SiteCase):
    settings = {"queues.service.max_missed": 1, "queues.service.busy_delay_s": 1, "queues.service.ring_s": 3,
                "queues.service.wrapup_s": 5, "queues.service.wrapup_mode": "exactly"}

    def test_an_agent_who_is_busy_is_not_paused_for_it(self):
        agent = self.agent("8001", "uas-busy", calls=3)
        caller = self.sipp("uac-waits-eight-seconds")
        agent.check()
        self.assertEqual(self.site.agents("paused"), 0)
        caller.check()
        results = [result for _, result in self.rung(self.only_call())]
        if results[-1] == "withdrawn":  # he left in the very moment in which the phone was tried once more
            results.pop()
        self.assertEqual(set(results), {"busy"})

    def test_a_paused_agent_is_not_rung_and_the_other_is(self):
        deaf = self.agent("8001", "uas-no-answer")
        self.wait_agent_state("ready", 1)
        caller = self.sipp("uac-many-queue", users=[["13940000301"]], seconds=60)
        self.wait_agent_state("paused", 1)
        deaf.check()
        agent = self.agent("8002", "uas-answer-then-bye")
        caller.check()
        agent.check()
        self.assertEqual(self.rung(self.only_call()), [("8001", "missed"), ("8002", "answered")])

    def rung(self, call):
        """(agent, result) in order. Right after its registration a phone may not listen yet: that is left out."""
        return [(s["agent"], s["result"]) for s in self.segments(call["call_id"]) if s["result"] != "unreachable"]

    def test_everybody_paused_is_nobody_rung(self):
        deaf = self.agent("8003", "uas-no-answer")
        self.wait_agent_state("ready", 1)
        self.sipp("uac-waits-eight-seconds", keys={"caller": "13940000311"}).check()
        deaf.check()
        self.wait_agent_state("paused", 1)
        self.course("uac-abandons-in-queue", keys={"caller": "13940000312"})
        second = self.wait_calls(2)[1]
        self.assertEqual((second["outcome"], self.segments(second["call_id"])), ("abandoned", []))

    def test_after_call_work_for_one_queue_holds_for_the_others(self):
        agent = self.agent("8001", "uas-answer-then-bye", calls=2, seconds=60)
        self.wait_agent_state("ready", 1)
        self.sipp("uac-many-queue", users=[["13940000401"]], seconds=60).check()
        self.wait_agent_state("wrap_up", 1)
        self.sipp("uac-many-queue", keys={"key": "1"}, users=[["13940000402"]], seconds=60).check()
        agent.check()
        first, second = self.wait_calls(2)
        self.assertEqual(second["queue"], "domestic")
        wrapup = until("the wrap-up in the record", lambda: self.site.db.value(
            f"select wrapup_ms from report.call where call_id = '{first['call_id']}' and wrapup_ms > 0"), 10)
        self.assertAlmostEqual(wrapup, 5000, delta=300)
        gap = self.site.db.value(f"select (extract(epoch from s.offered_at - c.ended_at) * 1000)::int from report.segment s, report.call c "
                                 f"where s.call_id = '{second['call_id']}' and c.call_id = '{first['call_id']}'")
        self.assertGreaterEqual(gap, 4900, "he was offered the next call when that was over")


class OrderOfAgents(SiteCase):
    """Strategy round robin: the one after the one who was rung last, whatever his idle time is."""

    settings = {"queues.service.strategy": "round_robin", "queues.service.affinity_wait_s": 0}

    def test_each_in_his_turn(self):
        agents = []
        for number in ("8003", "8001", "8002"):
            agents.append(self.agent(number, "uas-answer-then-bye", calls=2, seconds=60))
            self.wait_agent_state("ready", len(agents))
        served = []
        for n in range(6):
            self.sipp("uac-many-queue", users=[[f"1394000050{n}"]], seconds=60).check()
            served.append(self.wait_calls(n + 1)[-1]["agent"])
        self.assertEqual(served, served[:3] * 2)
        self.assertEqual(sorted(served[:3]), ["8001", "8002", "8003"])
        for agent in agents:
            agent.check()
