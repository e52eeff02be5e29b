"""Who takes whom: waiting and its order, affinity, star codes, wrap-up, limits."""
import time

from case import SiteCase
from rig.sipp import login
from rig.wait import until


class Waiting(SiteCase):
    settings = {"queues.domestic.max_length": 1, "queues.abroad.max_wait_s": 3}

    def test_waits_and_is_served_when_an_agent_comes(self):
        caller = self.sipp("uac-many-queue", users=[["13930000001"]])
        self.wait_waiting("service", 1)
        waits_since = time.monotonic()
        until("him to have waited for a while", lambda: time.monotonic() - waits_since > 0.5, 5)
        agent = self.agent("8001", "uas-answer-then-bye")
        caller.check()
        agent.check()
        call = self.only_call()
        self.assertEqual((call["outcome"], call["agent"]), ("answered", "8001"))
        self.assertGreater(call["wait_ms"], 500)

    def test_equal_callers_are_served_in_the_order_they_came(self):
        callers = self.sipp("uac-many-queue", calls=4, rate=3, users=[[f"1393000010{n}"] for n in range(4)], seconds=60)
        self.wait_waiting("service", 4)
        agent = self.agent("8001", "uas-answer-then-bye", calls=4, seconds=60)
        callers.check()
        agent.check()
        calls = self.wait_calls(4)
        answered = self.site.db.rows(f"select caller from report.segment s join report.call c using (call_id) where c.started_at >= '{self.began}' "
                                     "and s.answered_at is not null order by s.answered_at")
        self.assertEqual([row["caller"] for row in answered], [call["caller"] for call in calls])

    def test_rescue_goes_before_everybody(self):
        ordinary = self.sipp("uac-many-queue", calls=2, rate=5, users=[["13930000201"], ["13930000202"]], seconds=60)
        self.wait_waiting("service", 2)
        rescue = self.sipp("uac-many-queue", keys={"key": "9"}, users=[["13930000209"]], seconds=60)
        self.wait_waiting("rescue", 1)
        agent = self.agent("8001", "uas-answer-then-bye", calls=3, seconds=60)
        for run in (ordinary, rescue, agent):
            run.check()
        self.wait_calls(3)
        first = self.site.db.row(f"select caller from report.segment s join report.call c using (call_id) where c.started_at >= '{self.began}' "
                                 "order by s.offered_at limit 1")
        self.assertEqual(first["caller"], "13930000209")

    def test_the_longest_idle_agent_is_taken(self):
        first = self.agent("8003", "uas-answer-then-bye")
        self.wait_agent_state("ready", 1)
        self.register_idle("8004")
        self.course("uac-key-then-served", keys={"caller": "13930000301"})
        first.check()
        self.assertEqual(self.only_call()["agent"], "8003")

    def register_idle(self, number):
        port = self.register(number, 600)
        self.addCleanup(self.register, number, 0, port)
        self.wait_agent_state("ready", 2)

    def test_a_full_queue_is_an_announcement_and_an_end_by_us(self):
        first = self.sipp("uac-waits-eight-seconds", keys={"key": "1", "caller": "13930000401"})
        self.wait_waiting("domestic", 1)
        second = self.sipp("uac-many-queue", keys={"key": "1"}, users=[["13930000402"]], seconds=60)
        second.check()
        call = self.only_call("caller = '13930000402'")
        self.assertEqual((call["outcome"], call["hangup_by"], call["queue"]), ("overflow", "system", "domestic"))
        first.check()

    def test_the_longest_wait_ends_in_an_announcement(self):
        self.sipp("uac-many-queue", keys={"key": "2"}, users=[["13930000501"]], seconds=60).check()
        call = self.only_call()
        self.assertEqual((call["outcome"], call["hangup_by"]), ("overflow", "system"))
        self.assertTrue(2900 <= call["wait_ms"] <= 4500, call)

    def test_agents_who_unregister_are_rung_no_more(self):
        port = self.register("8001", 600)
        self.wait_agent_state("ready", 1)
        self.register("8001", 0, port)
        self.wait_agent_state("offline", 6)
        self.course("uac-abandons-in-queue")
        self.assertEqual(self.segments(self.only_call()["call_id"]), [])


class Skills(SiteCase):
    settings = {"agents.8001.skills": {"english": 5}, "ivr.main.nodes.service.skills": {"english": 3},
                "queues.service.relax": [{"after_s": 3, "drop": ["english"]}], "queues.service.strategy": "top_down"}

    def test_the_one_who_knows_it_is_taken_although_another_stands_first(self):
        self.register_idle("8002", 1)
        skilled = self.agent("8001", "uas-answer-then-bye")
        self.wait_agent_state("ready", 2)
        self.course("uac-key-then-served", keys={"caller": "13970000001"})
        skilled.check()
        call = self.only_call()
        self.assertEqual((call["agent"], call["outcome"]), ("8001", "answered"))
        decision, = self.decisions(call["call_id"])
        self.assertEqual((decision["reason"], decision["candidates"]["skipped"], decision["candidates"]["relaxed"]), ("top_down", {"unskilled": 5}, 0))

    def test_who_has_waited_is_content_with_less(self):
        other = self.agent("8002", "uas-answer-then-bye")
        self.wait_agent_state("ready", 1)
        self.course("uac-key-then-served", keys={"caller": "13970000002"}, seconds=40)
        other.check()
        call = self.only_call()
        self.assertEqual(call["agent"], "8002")
        self.assertTrue(3000 <= call["wait_ms"] <= 6000, call)
        decision, = self.decisions(call["call_id"])
        self.assertEqual(decision["candidates"]["relaxed"], 1)

    def register_idle(self, number, ready):
        port = self.register(number, 600)
        self.addCleanup(self.register, number, 0, port)
        self.wait_agent_state("ready", ready)


class Presence(SiteCase):
    settings = {"queues.domestic.joining_needs": "logged_in", "queues.abroad.staying_needs": "logged_in"}

    def test_nobody_joins_a_queue_that_nobody_serves(self):
        self.sipp("uac-many-queue", keys={"key": "1"}, users=[["13970000101"]], seconds=60).check()
        call = self.only_call()
        self.assertEqual((call["outcome"], call["hangup_by"], call["wait_ms"]), ("overflow", "system", 0))

    def test_nobody_stays_in_a_queue_that_nobody_serves(self):
        self.sipp("uac-many-queue", keys={"key": "2"}, users=[["13970000102"]], seconds=60).check()
        self.assertEqual(self.only_call()["outcome"], "overflow")


class Affinity(SiteCase):
    settings = {"queues.service.affinity_wait_s": 6, "queues.domestic.affinity_wait_s": 1}

    def two_agents(self, calls=(2, 1), scenario="uas-answer-then-bye"):
        first = self.agent("8001", scenario, calls=calls[0])
        self.wait_agent_state("ready", 1)
        second = self.agent("8002", scenario, calls=calls[1])
        self.wait_agent_state("ready", 2)
        return first, second

    def serve(self, caller, key="0"):
        """One whole call of this caller; → its record."""
        before = len(self.calls())
        self.sipp("uac-many-queue", keys={"key": key}, users=[[caller]], seconds=60).check()
        return self.wait_calls(before + 1)[-1]

    def test_the_same_agent_again_although_another_has_been_idle_longer(self):
        first, _ = self.two_agents()
        one = self.serve("13940000001")
        self.assertEqual((one["agent"], one["affinity"]), ("8001", "none"))
        # 8002 has now been idle since he registered, 8001 for a moment.
        two = self.serve("13940000001")
        self.assertEqual((two["agent"], two["affinity"]), ("8001", "hit"))
        decision, = self.decisions(two["call_id"])
        self.assertEqual(decision["reason"], "affinity")
        first.check()

    def test_somebody_else_goes_to_the_longest_idle(self):
        self.two_agents(calls=(1, 1))
        self.assertEqual(self.serve("13940000101")["agent"], "8001")
        self.assertEqual(self.serve("13940000102")["agent"], "8002")

    def test_waits_for_his_agent_who_is_talking(self):
        self.two_agents(calls=(3, 1))
        self.assertEqual(self.serve("13940000201")["agent"], "8001")
        # 8001 is brought into another talk: of a caller who knows him, too.
        self.assertEqual(self.serve("13940000202")["agent"], "8002")
        busy = self.sipp("uac-many-queue", users=[["13940000201"]], seconds=60)
        self.wait_agent_state("talking", 1)
        again = self.sipp("uac-many-queue", users=[["13940000201"]], seconds=60)
        busy.check()
        again.check()
        calls = self.wait_calls(4, seconds=20)
        self.assertEqual([(c["agent"], c["affinity"]) for c in calls[2:]], [("8001", "hit"), ("8001", "hit")])
        self.assertGreater(calls[3]["wait_ms"], 500)

    def test_the_wait_for_his_agent_is_bounded(self):
        long_talk = self.agent("8001", "uas-answer", calls=2, seconds=60)
        self.wait_agent_state("ready", 1)
        other = self.agent("8002", "uas-answer-then-bye", seconds=60)
        self.wait_agent_state("ready", 2)
        self.course("uac-talks-then-bye", keys={"caller": "13940000301"})
        self.wait_agent_state("ready", 2)
        busy = self.sipp("uac-waits-eight-seconds", keys={"caller": "13940000301", "key": "1"})
        self.wait_agent_state("talking", 1)
        again = self.sipp("uac-many-queue", keys={"key": "1"}, users=[["13940000301"]], seconds=60)
        for run in (again, other, busy, long_talk):
            run.check()
        third = self.wait_calls(3)[2]
        self.assertEqual((third["agent"], third["affinity"]), ("8002", "timeout"))
        self.assertTrue(900 <= third["wait_ms"] <= 3000, third)

    def test_not_at_all_when_he_is_away(self):
        first = self.agent("8001", "uas-answer-then-bye")
        self.wait_agent_state("ready", 1)
        self.assertEqual(self.serve("13940000401")["agent"], "8001")
        first.check()
        self.register("8001", 0, first.port)
        self.wait_agent_state("offline", 6)
        self.agent("8002", "uas-answer-then-bye")
        self.wait_agent_state("ready", 1)
        again = self.serve("13940000401")
        self.assertEqual((again["agent"], again["affinity"]), ("8002", "unavailable"))
        self.assertLess(again["wait_ms"], 900)


class StarCodes(SiteCase):
    """From the agent's own phone, as SIPp places it: challenged, served, a spoken word, hung up by us."""

    def code(self, code, number="8001"):
        self.course("uac-agent-star-code", service=code, users=[login(number, f"demo-{number}")], port=self.port,
                    options=["-auth_uri", f"{code}@{self.site.sip[0]}:{self.site.sip[1]}"])

    def setUp(self):
        super().setUp()
        self.port = self.register("8001", 600)
        self.wait_agent_state("ready", 1)
        self.addCleanup(self.register, "8001", 0, self.port)

    def test_pause_and_resume(self):
        self.code("*73")
        self.wait_agent_state("paused", 1)
        self.course("uac-abandons-in-queue")
        call = self.only_call("direction = 'in'")
        self.assertEqual(self.segments(call["call_id"]), [])
        self.code("*74")
        self.wait_agent_state("ready", 1)

    def test_log_out_and_in(self):
        self.code("*72")
        self.wait_agent_state("offline", 6)
        self.code("*71")
        self.wait_agent_state("ready", 1)


class WrapUp(SiteCase):
    settings = {"queues.service.wrapup_s": 4, "queues.service.wrapup_mode": "exactly"}

    def test_the_next_caller_waits_for_it_and_the_record_tells_its_length(self):
        agent = self.agent("8001", "uas-answer-then-bye", calls=2, seconds=60)
        self.wait_agent_state("ready", 1)
        callers = self.sipp("uac-many-queue", calls=2, rate=5, users=[["13950000001"], ["13950000002"]], seconds=60)
        self.wait_agent_state("wrap_up", 1)
        callers.check()
        agent.check()
        first, second = self.wait_calls(2)
        self.assertGreater(second["wait_ms"], 5500)  # two seconds of talk, four of wrap-up
        wrapup = until("the wrap-up in the record", lambda: self.site.db.value(
            f"select wrapup_ms from report.call where call_id = '{first['call_id']}' and wrapup_ms > 0"), 10)
        self.assertAlmostEqual(wrapup, 4000, delta=300)
        self.wait_agent_state("ready", 1)
