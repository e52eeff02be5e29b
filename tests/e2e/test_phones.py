"""What happens at real phones beside talking: what is said to those who wait, two phones of one agent, one that dies, closed hours."""
from case import SiteCase
from rig import sound
from rig.wait import until


class Phones(SiteCase):
    settings = {"queues.domestic.announce": {"position": True, "first_s": 2, "every_s": 5}, "sip.register_min_s": 2}

    def test_who_waits_is_told_his_position(self):
        caller = self.phone("13960000001")
        caller.call("95000")
        caller.key("1")
        self.wait_waiting("domestic", 1)
        before, after = (sound.prompt_text(self.site.site, name) for name in ("position_before", "position_after"))
        sentence = sound.site_says(self.site.site, before + "一" + after, self.out / "position.wav")
        until("the welcome of the queue, then the announcement", lambda: caller.talked() > 26, 30)
        caller.hangup()
        self.assertEqual(self.only_call()["outcome"], "abandoned")
        heard = sound.read_wav(caller.heard()[-1])[0]
        self.assertGreater(sound.likeness(heard, sentence), 0.85)
        self.assertGreater(sound.rms(heard[-sound.kRate // 2:]), 0.003, "it is never silent")

    def test_all_phones_of_an_agent_ring_and_the_first_who_answers_has_the_call(self):
        desk, mobile = (self.phone("8001", answer="manual", place=place) for place in ("desk", "mobile"))
        until("both contacts", lambda: self.site.metric("sip_contacts") == 2)
        caller = self.phone("13960000002")
        caller.call("95000")
        caller.key("0")
        for phone in (desk, mobile):
            phone.wait("CALL_INCOMING", 10)
        mobile.accept()
        mobile.wait("CALL_ESTABLISHED", 5)
        desk.wait("CALL_CLOSED", 5)
        self.assertEqual(desk.count("CALL_ESTABLISHED"), 0)
        self.wait_agent_state("talking", 1)
        caller.hangup()
        mobile.wait("CALL_CLOSED", 5)
        call = self.only_call()
        self.assertEqual((call["outcome"], call["agent"]), ("answered", "8001"))
        self.assertEqual([s["result"] for s in self.segments(call["call_id"])], ["answered"], "two phones are one offer")

    def test_an_agent_whose_phone_has_died_is_offline_when_his_registration_ends(self):
        phone = self.phone("8002", expires=4)
        self.wait_agent_state("ready", 1)
        phone.vanish()
        self.assertEqual(self.site.agents("ready"), 1, "nobody has said so yet")
        self.wait_agent_state("offline", 6, seconds=10)
        self.course("uac-abandons-in-queue")
        self.assertEqual(self.segments(self.only_call()["call_id"]), [])


class Closed(SiteCase):
    settings = {"hours.always": {"week": {}}}

    def test_outside_the_hours_that_is_said_and_we_hang_up(self):
        caller = self.phone("13960000003")
        caller.dial("95000")
        caller.wait("CALL_CLOSED", 30)
        call = self.only_call()
        self.assertEqual((call["outcome"], call["hangup_by"], call["queue"]), ("self_service", "system", None))
        heard = sound.read_wav(caller.heard()[-1])[0]
        closed = sound.prompt(self.site.site, "closed", self.out / "closed.wav")
        welcome = sound.prompt(self.site.site, "welcome", self.out / "welcome.wav")
        self.assertGreater(sound.likeness(heard, closed), 0.85)
        self.assertLess(sound.likeness(heard, welcome), 0.5)
