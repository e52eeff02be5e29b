"""Agents call numbers outside: SIPp is the carrier behind the trunk, or a phone that says something."""
import re

from case import SiteCase, kScenarios
from rig.carrier import Carrier
from rig.ports import free_ports
from rig.sipp import Sipp
from rig.wait import until
from sound_case import SoundCase

kCarrier = free_ports(2)  # reserved as long as this process lives
kSecond = free_ports(2)
kNumber = "13900001234"


def refusals(site, reason):
    return site.metric(f'outbound_refused_total{{reason="{reason}"}}')


class OutsideCase(SiteCase):
    def carrier(self, scenario, port=kCarrier, **options):
        """The far end of the trunk is a SIPp scenario."""
        run = Sipp(kScenarios / f"{scenario}.xml", None, self.out, port=port, seconds=40, **options)
        self.addCleanup(run.stop)
        return run

    def invite_at(self, run):
        """The INVITE that came there, as text."""
        return re.search(r"(?ms)^INVITE .*?\r?\n\r?\n", next(self.out.glob(f"{run.name}.messages")).read_text(errors="replace"))[0]

    def dials(self, agent, number=kNumber):
        since = agent.mark()
        agent.dial(number)
        return since

    def refused(self, agent, number=kNumber, seconds=10):
        """→ the status that the agent's phone was told."""
        since = self.dials(agent, number)
        return agent.wait("CALL_CLOSED", seconds, since)["param"].split()[0]


class Outside(OutsideCase):
    settings = {"trunks.local.address": f"127.0.0.1:{kCarrier}", "outbound.ring_s": 5, "outbound.max_calls_per_agent": 1}

    def day_of(self, agent):
        rows = self.site.db.rows(f"select calls_out, calls_in, talk_ms from report.agent_day where agent = '{agent}'")
        return rows[0] if rows else {"calls_out": 0, "calls_in": 0, "talk_ms": 0}

    def test_an_agent_calls_talks_and_hangs_up(self):
        carrier, agent = self.carrier("uas-answer"), self.phone("8001")
        before = self.day_of("8001")
        agent.call(kNumber)
        self.wait_agent_state("busy", 1)
        until("a moment of talk", lambda: self.site.metric('trunk_calls{trunk="local"}') == 1, 5)
        agent.hangup()
        carrier.check()
        call = self.only_call()
        self.assertEqual((call["direction"], call["caller"], call["called"], call["agent"], call["outcome"], call["hangup_by"], call["queue"]),
                         ("out", "8001", kNumber, "8001", "answered", "agent", None))
        self.assertTrue(400 <= call["ring_ms"] <= 2500, call)
        self.assertGreater(call["talk_ms"], 0)
        self.assertIsNotNone(call["recording"])
        self.wait_agent_state("ready", 1)
        after = self.day_of("8001")
        self.assertEqual((after["calls_out"] - before["calls_out"], after["calls_in"] - before["calls_in"]), (1, 0))
        self.assertEqual(after["talk_ms"] - before["talk_ms"], call["talk_ms"])
        invite = self.invite_at(carrier)
        self.assertIn(f"INVITE sip:{kNumber}@127.0.0.1:{kCarrier} SIP/2.0", invite)
        self.assertRegex(invite, r"(?m)^From: <sip:95000@127\.0\.0\.1>;tag=")
        self.assertRegex(invite, r"(?m)^P-Asserted-Identity: <sip:95000@127\.0\.0\.1>")
        words = self.site.hotlined("explain", call["call_id"])[1]
        self.assertIn(f"8001 dials {kNumber} through trunk local, showing 95000", words)

    def test_the_called_one_hangs_up(self):
        carrier, agent = self.carrier("uas-answer-then-bye"), self.phone("8001")
        since = self.dials(agent, "+86 139 0000 1234".replace(" ", ""))
        agent.wait("CALL_CLOSED", 15, since)
        carrier.check()
        call = self.only_call()
        self.assertEqual((call["outcome"], call["hangup_by"]), ("answered", "called"))
        self.assertIn(f"INVITE sip:{kNumber}@", self.invite_at(carrier))

    def test_what_the_called_side_says_is_told(self):
        agent = self.phone("8001")
        for scenario, code in (("uas-busy", "486"), ("uas-reject", "603"), ("uas-unavailable", "480"), ("uas-error", "503")):
            with self.subTest(code):
                carrier = self.carrier(scenario)
                number = f"1390000{code}0"
                self.assertEqual(self.refused(agent, number), code)
                carrier.check()
                call = self.only_call(f"called = '{number}'")
                self.assertEqual((call["outcome"], call["agent"], call["talk_ms"]), ("failed" if code == "503" else "rejected", "8001", 0))
                carrier.stop()

    def test_nobody_answers_outside(self):
        carrier, agent = self.carrier("uas-no-answer"), self.phone("8001")
        self.assertEqual(self.refused(agent, seconds=15), "480")
        carrier.check()
        self.assertGreaterEqual(self.only_call()["ring_ms"], 5000)

    def test_the_agent_gives_up(self):
        carrier, agent = self.carrier("uas-no-answer"), self.phone("8001")
        since = self.dials(agent)
        agent.wait("CALL_RINGING", 10, since)
        agent.hangup()
        carrier.check()
        call = self.only_call()
        self.assertEqual((call["outcome"], call["agent"]), ("abandoned", "8001"))

    def test_early_sound_reaches_the_agent_before_the_answer(self):
        carrier, agent = self.carrier("uas-early-sound"), self.phone("8001")
        since = self.dials(agent)
        early = agent.wait("CALL_PROGRESS", 10, since)
        answered = agent.wait("CALL_ESTABLISHED", 10, since)
        self.assertGreater(answered["at"] - early["at"], 0.5)
        agent.hangup()
        carrier.check()
        self.assertEqual(self.only_call()["outcome"], "answered")

    def test_only_allowed_numbers(self):
        agent = self.phone("8001")
        before = refusals(self.site, "not_allowed")
        self.assertEqual(self.refused(agent, "0019005551234"), "403")
        self.assertEqual(self.refused(agent, "8099"), "404")
        call = self.only_call("called = '0019005551234'")
        self.assertEqual((call["direction"], call["outcome"], call["agent"]), ("out", "rejected", None))
        until("the refusal to be counted", lambda: refusals(self.site, "not_allowed") == before + 1, 5)

    def test_one_call_at_a_time(self):
        carrier, agent, colleague = self.carrier("uas-answer"), self.phone("8001"), self.phone("8002")
        agent.call(kNumber)
        before = refusals(self.site, "too_many_at_once")
        self.assertEqual(self.refused(agent, "13900009999"), "403")
        until("the refusal to be counted", lambda: refusals(self.site, "too_many_at_once") == before + 1, 5)
        self.assertEqual(colleague.count("CALL_ESTABLISHED"), 0)
        agent.hangup()
        carrier.check()

    def test_a_customer_cannot_have_us_call_out(self):
        caller = self.phone("13800000001")
        before = refusals(self.site, "not_an_agent")
        self.assertEqual(self.refused(caller, "13900001234"), "403")
        until("the refusal to be counted", lambda: refusals(self.site, "not_an_agent") == before + 1, 5)

    def test_nobody_is_offered_to_who_calls_out(self):
        carrier, agent = self.carrier("uas-answer"), self.phone("8001")
        agent.call(kNumber)
        caller = self.phone("13800000003")
        caller.call("95000")
        caller.key("0")
        self.wait_waiting("service", 1)
        self.assertEqual(agent.count("CALL_ESTABLISHED"), 1, "his own")
        agent.hangup()
        carrier.check()
        until("the waiting caller to be answered", lambda: agent.count("CALL_ESTABLISHED") == 2, 10)
        caller.hangup()


class NumberOfTheQueue(OutsideCase):
    settings = {"trunks.local.address": f"127.0.0.1:{kCarrier}", "queues.domestic.caller_id": '"057195001"'}

    def test_who_has_not_talked_yet_shows_that_of_a_queue_he_serves(self):
        carrier, agent = self.carrier("uas-answer"), self.phone("8001")
        agent.call(kNumber)
        agent.hangup()
        carrier.check()
        invite = self.invite_at(carrier)
        self.assertRegex(invite, r"(?m)^From: <sip:057195001@127\.0\.0\.1>;tag=")
        self.assertRegex(invite, r"(?m)^P-Asserted-Identity: <sip:057195001@127\.0\.0\.1>")
        self.only_call()


class OutsideSound(SoundCase):
    """What both sides of a call to the outside hear, and on which side of the recording they are."""

    settings = {"trunks.local.address": f"127.0.0.1:{kCarrier}"}

    def test_both_hear_each_other_and_the_agent_is_right_in_the_recording(self):
        customer = self.phone(kNumber, play=self.caller_speech(), sip_port=kCarrier)
        agent = self.phone("8001", play=self.agent_says)
        agent.call(kNumber)
        customer.wait("CALL_ESTABLISHED", 10)
        until("the conversation to last", lambda: customer.talked() > 6, 11)
        agent.hangup()
        customer.wait("CALL_CLOSED", 5)
        call = self.only_call()
        self.assertEqual(call["direction"], "out")
        self.assert_both_hear(customer, agent, call)


class TrunkWithAnAccount(OutsideCase):
    settings = {"trunks.local.address": f"127.0.0.1:{kCarrier}", "trunks.local.user": '"95000"', "trunks.local.password": "secret"}

    def test_a_challenge_is_answered(self):
        carrier, agent = self.carrier("uas-challenges-401"), self.phone("8001")
        agent.call(kNumber)
        agent.hangup()
        carrier.check()
        self.assertEqual(self.only_call()["outcome"], "answered")


class TwoTrunks(OutsideCase):
    settings = {"trunks.local.address": f"127.0.0.1:{kCarrier}",
                "trunks.second": {"address": f"127.0.0.1:{kSecond}", "caller_id": "95001", "number_form": "e164", "options_every_s": 0},
                "outbound.routes": [{"prefixes": ["1"], "trunks": ["local", "second"]}], "outbound.silence_s": 1}

    def through_the_second(self, first):
        one, two, agent = self.carrier(first), self.carrier("uas-answer", kSecond), self.phone("8001")
        agent.call(kNumber)
        agent.hangup()
        one.stop()
        two.check()
        self.assertEqual(self.only_call()["outcome"], "answered")
        invite = self.invite_at(two)
        self.assertIn(f"INVITE sip:+86{kNumber}@", invite)
        self.assertIn("<sip:95001@", invite)

    def test_after_a_server_error(self):
        self.through_the_second("uas-error")

    def test_after_silence(self):
        self.through_the_second("uas-silent")

    def test_never_after_the_callees_word(self):
        one, agent = self.carrier("uas-busy"), self.phone("8001")
        second = Carrier(kSecond)
        self.addCleanup(second.close)
        self.assertEqual(self.refused(agent), "486")
        one.check()
        self.assertEqual(second.came("INVITE"), [])

    def test_no_route_no_call(self):
        self.assertEqual(self.refused(self.phone("8001"), "02165551234"), "503")
        until("it to be counted", lambda: refusals(self.site, "no_trunk") >= 1, 5)


class TrunkWithAFarewell(OutsideCase):
    settings = {"trunks.local.address": f"127.0.0.1:{kCarrier}", "trunks.local.options_every_s": 0, "trunks.local.user": '"95000"',
                "trunks.local.password": "secret", "trunks.local.register": True}

    def expiries(self, carrier):
        return [re.search(r"(?m)^Expires: (\d+)", request)[1] for request in carrier.came("REGISTER")]

    def test_at_the_end_the_registration_is_taken_back(self):
        carrier = Carrier(kCarrier, challenges=True)
        self.addCleanup(carrier.close)
        until("the registration", lambda: self.site.metric('trunk_registered{trunk="local"}') == 1, 20)
        self.assertNotIn("0", self.expiries(carrier))
        self.assertEqual(self.site.stop(), 0)
        self.assertEqual(self.expiries(carrier)[-1], "0")
        self.assertIn('username="95000"', carrier.came("REGISTER")[-1])
        self.assertIn("trunk.unregistered", self.site.words())
        self.begin_anew()


class TrunkHealth(OutsideCase):
    settings = {"trunks.local.address": f"127.0.0.1:{kCarrier}", "trunks.local.options_every_s": 1, "trunks.local.options_misses": 2,
                "trunks.local.user": '"95000"', "trunks.local.password": "secret", "trunks.local.register": True}

    def is_up(self):
        return self.site.metric('trunk_up{trunk="local"}')

    def test_registered_and_asked_it_is_up_silent_it_is_down(self):
        carrier = Carrier(kCarrier, challenges=True)
        self.addCleanup(carrier.close)
        until("the registration", lambda: self.site.metric('trunk_registered{trunk="local"}') == 1, 20)
        until("it to be up", lambda: self.is_up() == 1, 10)
        self.assertIn('username="95000"', carrier.came("REGISTER")[-1])
        carrier.answers = False
        until("it to be down", lambda: self.is_up() == 0, 15)
        self.assertIn("trunk.down", self.site.words())
        self.assertEqual(self.refused(self.phone("8001")), "503")
        self.assertEqual(carrier.came("INVITE"), [])
        carrier.answers = True
        until("it to be up again", lambda: self.is_up() == 1, 10)
