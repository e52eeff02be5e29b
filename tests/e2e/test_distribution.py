"""Several phones for one caller, callers who are sent on, and what a conversation was about: through real dialogs and the real store."""
from case import SiteCase
from rig.sipp import login
from rig.wait import until


class RingAll(SiteCase):
    """asterisk#176 as a black box: both phones say 200, one has the caller, the other one is sent away at once."""
    settings = {"queues.service.strategy": "ring_all", "queues.service.max_missed": 0, "queues.service.ring_s": 5}

    def test_the_first_answer_wins_and_the_other_phone_is_cancelled(self):
        slow = self.agent("8002", "uas-no-answer")
        self.wait_agent_state("ready", 1)
        quick = self.agent("8001", "uas-answer-then-bye")
        self.wait_agent_state("ready", 2)
        self.course("uac-key-then-served", keys={"caller": "13950000001"})
        quick.check()
        slow.check()
        self.one_has_the_call("8001", "8002")

    def test_an_answer_that_crosses_our_cancel_is_ended(self):
        late = self.agent("8004", "uas-answer-against-cancel")
        self.wait_agent_state("ready", 1)
        quick = self.agent("8003", "uas-answer-then-bye")
        self.wait_agent_state("ready", 2)
        self.course("uac-key-then-served", keys={"caller": "13950000002"})
        quick.check()
        late.check()
        self.one_has_the_call("8003", "8004")

    def one_has_the_call(self, winner, other):
        call = self.only_call()
        self.assertEqual((call["outcome"], call["agent"]), ("answered", winner))
        self.assertEqual({(s["agent"], s["result"]) for s in self.segments(call["call_id"])}, {(winner, "answered"), (other, "elsewhere")})
        self.assertEqual({(d["agent"], d["reason"]) for d in self.decisions(call["call_id"])}, {(winner, "ring_all"), (other, "ring_all")})
        missed = self.site.db.value(f"select coalesce(sum(missed), 0) from report.agent_day where agent = '{other}'")
        self.assertEqual(int(missed), 0)


class SentOn(SiteCase):
    settings = {"queues.domestic.overflow": [{"after_s": 2, "move": "service"}],
                "queues.service.wrapup_s": 8,
                "queues.service.wrapup_codes": {"codes": {"1": "booked", "9": "machine"}, "default": "none"}}

    def test_waits_in_another_queue_after_his_time(self):
        caller = self.sipp("uac-many-queue", keys={"key": "1"}, users=[["13950000011"]], seconds=60)
        self.wait_waiting("domestic", 1)
        self.wait_waiting("service", 1)
        agent = self.agent("8005", "uas-answer-then-bye")
        caller.check()
        agent.check()
        call = self.only_call()
        self.assertEqual((call["outcome"], call["queue"], call["agent"]), ("answered", "service", "8005"))
        self.assertGreaterEqual(call["wait_ms"], 2000)

    def test_what_it_was_about_stands_in_the_report(self):
        agent = self.agent("8001", "uas-answer-then-bye")
        self.course("uac-key-then-served", keys={"caller": "13950000012"})
        agent.check()
        call = self.only_call()
        self.dial("*751")
        segment = until("the code in the report", lambda: [s for s in self.codes(call["call_id"]) if s["code"]], 20)[0]
        self.assertEqual((segment["agent"], segment["code"]), ("8001", "booked"))

    def codes(self, call_id):
        return self.site.db.rows(f"select agent, code from report.segment where call_id = '{call_id}'")

    def dial(self, code):
        self.course("uac-agent-star-code", service=code, users=[login("8001", "demo-8001")],
                    options=["-auth_uri", f"{code}@{self.site.sip[0]}:{self.site.sip[1]}"])
