"""A menu hands its caller on: to a real phone of an agent, and to a number outside behind the trunk."""
import json
import shutil

from case import SiteCase, kScenarios, log_folder
from rig.ports import free_ports
from rig.site import kRoot
from rig.sipp import Sipp
from rig.wait import until
from sound_case import SoundCase

kCarrier = free_ports(2)  # reserved as long as this process lives
kNumber = "13900001234"
kExits = {"busy": "is_busy", "no_answer": "is_away", "failed": "is_gone"}
kSettings = {"trunks.local.address": f"127.0.0.1:{kCarrier}", "outbound.transfers": {"allowed": ["1"], "max_calls_per_hour": 100},
             "agents.8002.head_of": ["service"], "queues.service.caller_id": '"057195000"'}


def transfer(**members):
    return {"type": "transfer", "announce": ["please_wait"], "ring_s": 5, **kExits, **members}


def say(chinese, following):
    return {"type": "say", "text": {"zh": chinese, "en": chinese}, "goto": following}


kProgram = {
    "start": "main",
    "nodes": {
        "main": {"type": "menu", "greeting": ["main_menu"], "on_invalid": "bye", "on_no_input": "bye",
                 "keys": {"1": {"what": "agent", "goto": "agent"}, "2": {"what": "head", "goto": "head"}, "3": {"what": "outside", "goto": "outside"},
                          "4": {"what": "extension", "goto": "extension"}, "5": {"what": "outside, and back", "goto": "and_back"}}},
        "agent": transfer(to="8001"),
        "head": transfer(head_of="service", after="asked"),
        "outside": transfer(to=kNumber),
        "and_back": transfer(to=kNumber, after="asked"),
        "extension": {"type": "collect", "variable": "extension", "prompt": ["enter_order_no"], "min": 4, "max": 11, "goto": "typed", "failed": "bye"},
        "typed": transfer(to={"of": "extension"}, only=["agents"]),
        "asked": {"type": "survey", "question": "reached", "prompt": ["main_menu"], "answers": {"1": "yes"}, "goto": "bye", "unanswered": "bye"},
        "is_busy": say("忙", "busy_counted"), "is_away": say("没人接", "away_counted"), "is_gone": say("没有", "gone_counted"),
        **{f"{word}_counted": {"type": "hangup", "counts": {"what": word}} for word in ("busy", "away", "gone")},
        "bye": {"type": "hangup"},
    },
}


def site_of_transfers(folder):
    target = folder / "site"
    shutil.copytree(kRoot / "config" / "travel", target)
    (target / "ivr" / "main.json").write_text(json.dumps(kProgram, ensure_ascii=False))
    return target


class TransferCase(SiteCase):
    settings = kSettings

    @classmethod
    def setUpClass(cls):
        cls.site_folder = site_of_transfers(log_folder(cls.__name__ + "-site"))
        super().setUpClass()

    def carrier(self, scenario):
        run = Sipp(kScenarios / f"{scenario}.xml", None, self.out, port=kCarrier, seconds=40)
        self.addCleanup(run.stop)
        return run

    def presses(self, key, number="13800000001", **options):
        caller = self.phone(number, **options)
        caller.call("95000")
        caller.key(key)
        return caller

    def transfers(self, call):
        return self.site.db.rows(f"select * from report.transfer where call_id = '{call['call_id']}' order by at")

    def led_to(self, call):
        """The branch that was taken, as the flow counts it."""
        return [row["what"] for row in self.site.db.rows(f"select what from report.self_service where call_id = '{call['call_id']}'")]

    def assert_branch(self, result, counted, agent=None, number=None):
        call = self.only_call()
        self.assertEqual((call["outcome"], call["agent"]), ("overflow", None), call)
        row, = self.transfers(call)
        self.assertEqual((row["result"], row["agent"], row["number"]), (result, agent, number), row)
        until("the branch to be counted", lambda: self.led_to(call) == [counted], 5)
        return row


class ToAnAgent(TransferCase):
    def test_he_is_busy_while_it_rings_and_free_after_the_talk(self):
        agent = self.phone("8001", answer="manual")
        caller = self.presses("1")
        agent.wait("CALL_INCOMING", 10)
        self.wait_agent_state("busy", 1)
        agent.accept()
        agent.wait("CALL_ESTABLISHED", 5)
        until("a moment of talk", lambda: caller.talked() > 3, 15)
        agent.hangup()
        caller.wait("CALL_CLOSED", 5)
        self.wait_agent_state("ready", 1)
        call = self.only_call()
        self.assertEqual((call["direction"], call["outcome"], call["agent"], call["hangup_by"], call["queue"]), ("in", "answered", "8001", "agent", None))
        part, = self.segments(call["call_id"])
        self.assertEqual((part["agent"], part["result"], part["number"]), ("8001", "answered", None))
        row, = self.transfers(call)
        self.assertEqual((row["node"], row["result"], row["talk_ms"]), ("agent", "answered", call["talk_ms"]))

    def test_who_declines_is_busy(self):
        agent = self.phone("8001", answer="manual")
        caller = self.presses("1")
        agent.wait("CALL_INCOMING", 10)
        agent.hangup()
        caller.wait("CALL_CLOSED", 10)
        self.assert_branch("busy", "busy", agent="8001")

    def test_who_does_not_answer(self):
        agent = self.phone("8001", answer="manual")
        caller = self.presses("1")
        caller.wait("CALL_CLOSED", 20)
        row = self.assert_branch("no_answer", "away", agent="8001")
        self.assertTrue(5000 <= row["ring_ms"] <= 6500, row)
        self.assertEqual(agent.count("CALL_ESTABLISHED"), 0)

    def test_who_has_no_phone(self):
        self.presses("1").wait("CALL_CLOSED", 15)
        self.assert_branch("failed", "gone", agent="8001")

    def test_the_caller_gives_up_and_the_phone_stops_ringing(self):
        agent = self.phone("8001", answer="manual")
        caller = self.presses("1")
        agent.wait("CALL_INCOMING", 10)
        since = agent.mark()
        caller.hangup()
        agent.wait("CALL_CLOSED", 3, since)
        call = self.only_call()
        self.assertEqual((call["outcome"], call["hangup_by"]), ("abandoned", "caller"))
        self.assertEqual([row["result"] for row in self.transfers(call)], ["withdrawn"])

    def test_the_head_of_the_queue_and_the_flow_goes_on_after_him(self):
        head = self.phone("8002")
        caller = self.presses("2")
        head.wait("CALL_ESTABLISHED", 10)
        until("a moment of talk", lambda: caller.talked() > 2, 15)
        head.hangup()
        caller.key("1")  # he is asked, and answers
        caller.wait("CALL_CLOSED", 30)
        call = self.only_call()
        self.assertEqual((call["outcome"], call["agent"], call["hangup_by"]), ("answered", "8002", "agent"))
        self.assertEqual(self.transfers(call)[0]["head_of"], "service")
        self.assertEqual(self.site.db.value(f"select answer from report.survey where call_id = '{call['call_id']}'"), "yes")

    def test_a_keyed_extension_is_an_agent_and_nobody_else(self):
        agent = self.phone("8001")
        caller = self.presses("4")
        for key in "8001#":
            caller.key(key)
        agent.wait("CALL_ESTABLISHED", 15)
        caller.hangup()
        self.assertEqual(self.only_call()["agent"], "8001")
        before = self.site.metric('outbound_refused_total{reason="not_allowed"}')
        other = self.presses("4", "13800000002")
        for key in kNumber:
            other.key(key)
        other.wait("CALL_CLOSED", 30)
        until("the refusal to be counted", lambda: self.site.metric('outbound_refused_total{reason="not_allowed"}') == before + 1, 5)


class ToANumberOutside(TransferCase):
    def test_he_answers_talks_and_hangs_up(self):
        carrier, caller = self.carrier("uas-answer-then-bye"), self.presses("3")
        caller.wait("CALL_CLOSED", 30)
        carrier.check()
        call = self.only_call()
        self.assertEqual((call["direction"], call["outcome"], call["hangup_by"], call["agent"]), ("in", "answered", "called", None))
        part, = self.segments(call["call_id"])
        self.assertEqual((part["agent"], part["number"], part["trunk"], part["result"]), (None, kNumber, "local", "answered"))
        row, = self.transfers(call)
        self.assertEqual((row["number"], row["trunk"], row["result"]), (kNumber, "local", "answered"))
        words = self.site.hotlined("explain", call["call_id"])[1]
        self.assertIn(f"the house dials {kNumber} through trunk local, showing 95000", words)

    def test_the_caller_hangs_up_while_they_talk(self):
        carrier, caller = self.carrier("uas-answer"), self.presses("3")
        until("a call through the trunk", lambda: self.site.metric('trunk_calls{trunk="local"}') == 2, 10)
        until("a moment of talk", lambda: self.site.db.rows(f"select * from report.transfer where at >= '{self.began}'"), 10)
        caller.hangup()
        carrier.check()
        self.assertEqual(self.only_call()["hangup_by"], "caller")

    def test_the_caller_gives_up_while_it_rings(self):
        carrier, caller = self.carrier("uas-no-answer"), self.presses("3")
        until("it to ring", lambda: self.site.metric('trunk_calls{trunk="local"}') == 2, 4)  # his own, and the one to the outside
        until("the INVITE to be there", lambda: list(self.out.glob(f"{carrier.name}.messages")), 5)
        caller.hangup()
        carrier.check()
        self.assertEqual(self.only_call()["outcome"], "abandoned")

    def test_busy(self):
        carrier, caller = self.carrier("uas-busy"), self.presses("3")
        caller.wait("CALL_CLOSED", 20)
        carrier.check()
        self.assert_branch("busy", "busy", number=kNumber)

    def test_no_answer(self):
        carrier, caller = self.carrier("uas-no-answer"), self.presses("3")
        caller.wait("CALL_CLOSED", 25)
        carrier.check()
        self.assert_branch("no_answer", "away", number=kNumber)

    def test_no_trunk(self):
        carrier, caller = self.carrier("uas-error"), self.presses("3")
        caller.wait("CALL_CLOSED", 20)
        carrier.check()
        row = self.assert_branch("failed", "gone", number=kNumber)
        self.assertIn("no trunk took it", row["why"])

    def test_early_sound_and_an_answer(self):
        carrier, caller = self.carrier("uas-early-sound"), self.presses("3")
        until("the answer", lambda: self.site.db.rows(f"select * from report.transfer where at >= '{self.began}' and result = 'answered'"), 15)
        caller.hangup()
        carrier.check()
        self.assertEqual(self.only_call()["outcome"], "answered")


class TransferSound(SoundCase):
    """What both sides hear once the menu has handed the caller on, and what the recording holds of it."""

    settings = kSettings

    @classmethod
    def setUpClass(cls):
        cls.site_folder = site_of_transfers(log_folder(cls.__name__ + "-site"))
        super().setUpClass()

    def both_talk(self, called, key):
        caller = self.phone("13800000001", play=self.caller_speech())
        caller.call("95000")
        caller.key(key)
        called.wait("CALL_ESTABLISHED", 15)
        until("the conversation to last", lambda: called.talked() > 9, 20)
        caller.hangup()
        called.wait("CALL_CLOSED", 5)
        call = self.only_call()
        self.assert_both_hear(caller, called, call)
        return call

    def test_an_agent(self):
        call = self.both_talk(self.phone("8001", play=self.agent_says), "1")
        self.assertEqual((call["agent"], call["outcome"]), ("8001", "answered"))

    def test_a_number_outside(self):
        call = self.both_talk(self.phone(kNumber, play=self.agent_says, sip_port=kCarrier), "3")
        self.assertEqual((call["agent"], call["outcome"]), (None, "answered"))
