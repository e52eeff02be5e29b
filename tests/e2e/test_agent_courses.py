"""Every way an agent's phone can go, as SIPp scenarios: he answers, misses, refuses, hangs up, holds, crosses the caller's end."""
from case import SiteCase


class AgentCourses(SiteCase):
    settings = {"queues.service.ring_s": 3, "queues.service.max_missed": 2}

    def test_answers_and_the_caller_hangs_up(self):
        agent = self.agent("8001", "uas-answer")
        self.course("uac-talks-then-bye")
        agent.check()
        call = self.only_call()
        self.assertEqual((call["outcome"], call["agent"], call["queue"], call["hangup_by"]), ("answered", "8001", "service", "caller"))
        self.assertTrue(400 <= call["ring_ms"] <= 1500, call)
        self.assertTrue(1500 <= call["talk_ms"] <= 3500, call)
        self.assertGreaterEqual(call["wait_ms"], call["ring_ms"])
        segment, = self.segments(call["call_id"])
        self.assertEqual((segment["agent"], segment["result"]), ("8001", "answered"))
        self.assertIsNotNone(segment["answered_at"])
        decision, = self.decisions(call["call_id"])
        self.assertEqual((decision["agent"], decision["reason"]), ("8001", "longest_idle"))
        self.assertIn("8001", str(decision["candidates"]))

    def test_the_agent_hangs_up_first(self):
        agent = self.agent("8001", "uas-answer-then-bye")
        self.course("uac-key-then-served")
        agent.check()
        call = self.only_call()
        self.assertEqual((call["outcome"], call["hangup_by"], call["agent"]), ("answered", "agent", "8001"))

    def test_the_caller_leaves_while_the_phone_rings(self):
        agent = self.agent("8001", "uas-no-answer")
        self.course("uac-abandons-in-queue")
        agent.check()
        call = self.only_call()
        self.assertEqual((call["outcome"], call["agent"]), ("abandoned", None))
        self.assertEqual([s["result"] for s in self.segments(call["call_id"])], ["withdrawn"])
        self.wait_agent_state("ready", 1)

    def test_the_answer_crosses_the_cancel(self):
        agent = self.agent("8001", "uas-answer-against-cancel")
        self.course("uac-abandons-in-queue")
        agent.check()
        call = self.only_call()
        self.assertEqual((call["outcome"], call["agent"], call["talk_ms"]), ("abandoned", None, 0))
        self.wait_agent_state("ready", 1)

    def course_of_a_miss(self, scenario, result):
        """8001 fails in this way, 8002 takes the call. → 8001's SIPp run, the call's record."""
        first = self.agent("8001", scenario)
        self.wait_agent_state("ready", 1)
        second = self.agent("8002", "uas-answer-then-bye")
        self.wait_agent_state("ready", 2)
        self.course("uac-key-then-served", keys={"caller": "13922220001"}, seconds=40)
        second.check()
        call = self.only_call()
        self.assertEqual((call["agent"], call["outcome"]), ("8002", "answered"))
        self.assertEqual([(s["agent"], s["result"]) for s in self.segments(call["call_id"])], [("8001", result), ("8002", "answered")])
        return first, call

    def test_busy(self):
        first, _ = self.course_of_a_miss("uas-busy", "busy")
        first.check()

    def test_rejects(self):
        first, _ = self.course_of_a_miss("uas-reject", "rejected")
        first.check()

    def test_does_not_answer_in_ring_time(self):
        first, call = self.course_of_a_miss("uas-no-answer", "missed")
        first.check()
        self.assertTrue(2800 <= call["ring_ms"] <= 5000, call)
        self.assertGreaterEqual(call["wait_ms"], 3000)  # enter time kept: the whole wait is one

    def test_never_says_a_word(self):
        self.course_of_a_miss("uas-silent", "missed")

    def test_unavailable(self):
        first = self.agent("8001", "uas-unavailable")
        self.wait_agent_state("ready", 1)
        second = self.agent("8002", "uas-answer-then-bye")
        self.course("uac-key-then-served")
        first.check()
        second.check()
        self.assertEqual(self.only_call()["agent"], "8002")

    def test_an_error_of_the_phone(self):
        first, _ = self.course_of_a_miss("uas-error", "unreachable")
        first.check()

    def test_a_forward_abroad_is_not_followed(self):
        first = self.agent("8001", "uas-redirect-302")
        self.wait_agent_state("ready", 1)
        second = self.agent("8002", "uas-answer-then-bye")
        self.course("uac-key-then-served")
        first.check()
        second.check()
        call = self.only_call()
        self.assertEqual(call["agent"], "8002")
        self.assertNotEqual(self.segments(call["call_id"])[0]["result"], "answered")

    def test_an_answer_without_sdp(self):
        first = self.agent("8001", "uas-answer-without-sdp")
        self.wait_agent_state("ready", 1)
        second = self.agent("8002", "uas-answer-then-bye")
        self.course("uac-key-then-served")
        first.check()
        second.check()
        self.assertEqual(self.only_call()["agent"], "8002")

    def test_an_answer_in_a_codec_that_was_not_offered(self):
        first = self.agent("8001", "uas-answer-g729")
        self.wait_agent_state("ready", 1)
        second = self.agent("8002", "uas-answer-then-bye")
        self.course("uac-key-then-served")
        first.check()
        second.check()
        self.assertEqual(self.only_call()["agent"], "8002")

    def test_the_caller_holds_and_resumes(self):
        agent = self.agent("8001", "uas-answer")
        self.course("uac-reinvite-hold")
        agent.check()
        call = self.only_call()
        self.assertEqual(call["outcome"], "answered")
        self.assertTrue(1200 <= call["hold_ms"] <= 2500, call)

    def test_the_agent_holds_and_resumes(self):
        agent = self.agent("8001", "uas-holds")
        self.course("uac-key-then-bye")
        agent.check()
        call = self.only_call()
        self.assertEqual(call["outcome"], "answered")
        self.assertTrue(1200 <= call["hold_ms"] <= 2500, call)

    def test_two_misses_in_a_row_pause_the_agent(self):
        agent = self.agent("8001", "uas-reject", calls=2)
        caller = self.sipp("uac-waits-eight-seconds")
        self.wait_agent_state("paused", 1, 15)
        agent.check()
        caller.check()
        call = self.only_call()
        self.assertEqual(call["outcome"], "abandoned")
        self.assertEqual([s["result"] for s in self.segments(call["call_id"])], ["rejected", "rejected"])
