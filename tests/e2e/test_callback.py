"""Who would rather not wait is called back through the trunk when his turn comes: by an agent, or before one."""
import time

from case import kScenarios
from rig import sound
from rig.ports import free_ports
from rig.sipp import Sipp
from rig.wait import until
from sound_case import SoundCase

kCarrier = free_ports(2)  # reserved as long as this process lives
kNumber = "13900007777"
kQuick = {"trunks.local.address": f"127.0.0.1:{kCarrier}",
          **{f"queues.{queue}.callback.offer_after_s": 2 for queue in ("service", "domestic", "abroad")},
          **{f"queues.{queue}.callback.hours": "always" for queue in ("service", "domestic", "abroad")},
          "queues.service.callback.retry_s": 4, "queues.service.callback.ring_s": 5, "queues.abroad.callback.retries": 0}


class CallbackCase(SoundCase):
    settings = kQuick

    def offers(self):
        return self.site.words().count("callback.offered")

    def takes_one(self, phone, key="0", queue="service"):
        """He waits, is offered a callback, takes it, and is told that he will be called."""
        before, since = self.offers(), phone.mark()
        phone.call("95000")
        phone.key(key)
        self.wait_waiting(queue, 1)
        until("the offer", lambda: self.offers() > before, 15)
        phone.key("1")
        phone.wait("CALL_CLOSED", 30, since)
        self.assertEqual(self.site.waiting(queue), 1, "his place is kept")

    def callback(self):
        return self.site.db.row(f"select * from report.callback where asked_at >= '{self.began}' order by asked_at desc limit 1")

    def wait_callback(self, seconds=15, **wanted):
        def as_wanted():
            rows = self.site.db.rows(f"select * from report.callback where asked_at >= '{self.began}' order by asked_at desc limit 1")
            return rows[0] if rows and all(rows[0][name] == value for name, value in wanted.items()) else None
        return until(f"a callback with {wanted}", as_wanted, seconds)

    def agent_speech(self):
        """He is on the line before the customer is."""
        samples = sound.read_wav(self.agent_says)[0]
        return sound.write_wav(self.out / "agent.wav", [0.0] * sound.kRate * 3 + list(samples))


class AgentFirst(CallbackCase):
    def test_the_agent_calls_him_and_both_hear_each_other(self):
        customer = self.phone(kNumber, play=self.caller_speech(), sip_port=kCarrier)
        self.takes_one(customer)
        agent = self.phone("8001", play=self.agent_speech())
        until("the customer to be called", lambda: customer.count("CALL_ESTABLISHED") == 2, 20)
        self.wait_agent_state("talking", 1)
        # The agent's phone may have been answered before its control was there to hear of it.
        began = [event["at"] for event in customer.events if event["type"] == "CALL_ESTABLISHED"][1]
        until("the conversation to last", lambda: time.monotonic() - began > 11, 20)
        agent.hangup()
        until("it to be over", lambda: customer.count("CALL_CLOSED") == 2, 5)
        asked, placed = self.wait_calls(2)
        self.assertEqual((asked["direction"], asked["outcome"], asked["queue"], asked["agent"]), ("in", "callback", "service", None))
        self.assertEqual((placed["direction"], placed["outcome"], placed["called"], placed["queue"], placed["agent"], placed["hangup_by"]),
                         ("out", "answered", kNumber, "service", "8001", "agent"))
        self.assertGreater(placed["talk_ms"], 5000)
        self.assert_both_hear(customer, agent, placed)
        row = self.wait_callback(state="done")
        self.assertEqual((row["number"], row["queue"], row["tries"], row["last_result"], row["call_id"], row["last_call_id"]),
                         (kNumber, "service", 1, "answered", asked["call_id"], placed["call_id"]))
        self.assertLess(row["place_from"], row["asked_at"])

    def test_busy_is_tried_again(self):
        caller = self.phone(kNumber)
        self.takes_one(caller)
        busy = Sipp(kScenarios / "uas-busy.xml", None, self.out, port=kCarrier, seconds=40)
        self.addCleanup(busy.stop)
        self.phone("8001")
        busy.check()
        row = self.wait_callback(last_result="busy")
        self.assertEqual((row["state"], row["tries"]), ("open", 1))
        self.wait_agent_state("ready", 1)
        customer = self.phone(kNumber, sip_port=kCarrier)
        customer.wait("CALL_ESTABLISHED", 20)
        customer.hangup()
        row = self.wait_callback(state="done")
        self.assertEqual(row["tries"], 2)

    def test_nobody_has_two_and_who_calls_again_has_his_place(self):
        caller = self.phone(kNumber)
        self.takes_one(caller)
        other = self.phone("13800000009")
        other.call("95000")
        other.key("0")
        self.wait_waiting("service", 2)
        caller.call("95000")
        caller.key("0")
        row = self.wait_callback(state="called_again")
        self.assertEqual(row["tries"], 0)
        self.assertEqual(self.site.waiting("service"), 2, "he is counted once")
        agent = self.phone("8001")
        self.wait_agent_state("talking", 1)
        self.wait_waiting("service", 1)
        caller.hangup()
        agent.wait("CALL_CLOSED", 10)
        other.hangup()
        answered = self.wait_calls(1, f"caller = '{kNumber}' and outcome = 'answered'")[0]
        decisions = self.site.db.rows(f"select call_id from report.decision where at >= '{self.began}' order by at limit 1")
        self.assertEqual(decisions[0]["call_id"], answered["call_id"], "he was the first")

    def test_it_outlives_the_daemon(self):
        caller = self.phone(kNumber)
        self.takes_one(caller)
        caller.close()
        self.begin_anew()
        until("it to be taken up", lambda: self.site.waiting("service") == 1, 15)
        customer = self.phone(kNumber, sip_port=kCarrier)
        self.phone("8001")
        customer.wait("CALL_ESTABLISHED", 20)
        customer.hangup()
        row = self.wait_callback(state="done")
        self.assertEqual(row["tries"], 1)
        self.assertEqual(len(self.calls(f"called = '{kNumber}'")), 1, "he is dialled once")


class CustomerFirst(CallbackCase):
    def test_he_says_by_key_that_he_is_there_and_is_connected(self):
        customer = self.phone(kNumber, play=self.caller_speech(), sip_port=kCarrier)
        self.takes_one(customer, "2", "abroad")
        agent = self.phone("8001", play=self.agent_says)
        until("the customer to be called", lambda: customer.count("CALL_ESTABLISHED") == 2, 20)
        self.assertEqual(agent.count("CALL_ESTABLISHED"), 0, "the agent is kept, and does not ring yet")
        time_to_hear = time.monotonic() + 2
        until("a moment of the greeting", lambda: time.monotonic() > time_to_hear, 5)
        customer.key("1")
        agent.wait("CALL_ESTABLISHED", 10)
        until("the conversation to last", lambda: agent.talked() > 8, 12)
        customer.hangup()
        agent.wait("CALL_CLOSED", 5)
        placed = self.only_call(f"called = '{kNumber}'")
        self.assertEqual((placed["direction"], placed["outcome"], placed["agent"], placed["hangup_by"]), ("out", "answered", "8001", "called"))
        self.assertGreater(placed["ivr_ms"], 1000)
        heard = sound.read_wav(customer.heard()[-1])[0]
        said = sound.read_wav(self.agent_says)[0]
        self.assertGreater(sound.likeness(heard, said), 0.85)
        self.assertGreater(sound.likeness(heard, sound.prompt(self.site.site, "callback_hello", self.out / "hello.wav")[:2 * sound.kRate]), 0.8)
        self.wait_callback(state="done")

    def test_a_machine_presses_nothing(self):
        customer = self.phone(kNumber, sip_port=kCarrier)
        self.takes_one(customer, "2", "abroad")
        agent = self.phone("8001")
        row = self.wait_callback(seconds=50, state="given_up")
        self.assertEqual((row["tries"], row["last_result"]), (1, "unconfirmed"))
        self.assertEqual(agent.count("CALL_ESTABLISHED"), 0)
        self.wait_agent_state("ready", 1)
        self.assertEqual(self.only_call(f"called = '{kNumber}'")["outcome"], "rejected")
