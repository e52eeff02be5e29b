"""Every way an agent's phone can go, as SIPp scenarios: he answers, misses, refuses, hangs up, holds, crosses the caller's end."""
import itertools

from case import SiteCase


class AgentCourses(SiteCase):
    settings = {"queues.service.ring_s": 3, "queues.service.max_missed": 0}

    def test_answers_and_the_caller_hangs_up(self):
        agent = self.agent("8001", "uas-answer")
        self.course("uac-talks-then-bye")
        agent.check()
        call = self.only_call()
        self.assertEqual((call["outcome"], call["agent"], call["queue"], call["hangup_by"]), ("answered", "8001", "service", "caller"))
        self.assertTrue(400 <= call["ring_ms"] <= 2500, call)
        self.assertTrue(500 <= call["talk_ms"] <= 4000, call)
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

    # An agent who missed an offer rests for five seconds, so each test takes the next pair.
    pairs = itertools.cycle([("8001", "8002"), ("8003", "8004"), ("8005", "8006")])

    numbers = itertools.count(1000)

    def course_of_a_miss(self, scenario, result):
        """One agent's phone fails in this way, the next one's takes the call. → the record."""
        one, two = next(self.pairs)
        first = self.agent(one, scenario)
        self.wait_agent_state("ready", 1)
        second = self.agent(two, "uas-answer-then-bye")
        self.wait_agent_state("ready", 2)
        # Each a caller of his own: one who was served before would go to the agent who knows him.
        self.course("uac-key-then-served", keys={"caller": f"1392222{next(self.numbers)}"}, seconds=40)
        first.check()
        second.check()
        call = self.only_call()
        self.assertEqual((call["agent"], call["outcome"]), (two, "answered"))
        self.assertEqual([(s["agent"], s["result"]) for s in self.segments(call["call_id"])], [(one, result), (two, "answered")])
        return call

    def test_busy(self):
        self.course_of_a_miss("uas-busy", "busy")

    def test_rejects(self):
        self.course_of_a_miss("uas-reject", "rejected")

    def test_does_not_answer_in_ring_time(self):
        call = self.course_of_a_miss("uas-no-answer", "missed")
        self.assertTrue(2800 <= call["ring_ms"] <= 5000, call)
        self.assertGreaterEqual(call["wait_ms"], 3000)  # enter time kept: the whole wait is one

    def test_never_says_a_word(self):
        self.course_of_a_miss("uas-silent", "missed")

    def test_unavailable(self):
        self.course_of_a_miss("uas-unavailable", "missed")

    def test_an_error_of_the_phone(self):
        self.course_of_a_miss("uas-error", "unreachable")

    def test_a_forward_abroad_is_not_followed(self):
        self.course_of_a_miss("uas-redirect-302", "rejected")

    def test_an_answer_without_sdp(self):
        self.course_of_a_miss("uas-answer-without-sdp", "failed")

    def test_an_answer_in_a_codec_that_was_not_offered(self):
        self.course_of_a_miss("uas-answer-g729", "failed")

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


class MissedTooOften(SiteCase):
    settings = {"queues.service.max_missed": 2, "queues.service.rejected_delay_s": 1}

    def test_two_misses_in_a_row_pause_the_agent(self):
        agent = self.agent("8001", "uas-reject", calls=2)
        caller = self.sipp("uac-waits-eight-seconds")
        self.wait_agent_state("paused", 1, 15)
        agent.check()
        caller.check()
        call = self.only_call()
        self.assertEqual(call["outcome"], "abandoned")
        self.assertEqual([s["result"] for s in self.segments(call["call_id"])], ["rejected", "rejected"])
