"""What callers leave: voice messages, and answers after the agent's hang-up. On real phones, with sound."""
import hashlib
import wave

from case import SiteCase
from rig import sound
from rig.wait import until
from test_sound import SoundCase

kBegins = 3  # seconds from the answer to the caller's first word


class Messages(SoundCase):
    """Key 6: after the greeting (any key ends it) and a tone the caller speaks."""

    def caller_at_the_tone(self, number, words=True):
        """A caller who has pressed 6, skipped the greeting, and speaks a second or so later."""
        play = None
        if words:
            said = sound.read_wav(self.caller_says)[0]
            play = sound.write_wav(self.out / "caller.wav", [0.0] * sound.kRate * kBegins + list(said))
        caller = self.phone(number, play=play)
        caller.call("95000")
        caller.key("6")
        caller.key("5")  # ends the greeting
        return caller

    def end_by_key(self, caller):
        """His words are over, and he says so. The review follows."""
        until("his words to be over", lambda: caller.talked() > self.spoken_s() + 0.5, 30)
        ended = self.site.words().count("message.ended")
        caller.key("#")
        until("its end", lambda: self.site.words().count("message.ended") > ended, 5)

    def spoken_s(self):
        return kBegins + len(sound.read_wav(self.caller_says)[0]) / sound.kRate

    def messages(self, count=1):
        def rows():
            return self.site.db.rows(f"select * from report.voice_message where at >= '{self.began}' order by at")
        until(f"{count} message(s)", lambda: len(rows()) == count, 15)
        return rows()

    def assert_is_what_he_said(self, message, call):
        self.assertEqual((message["call_id"], message["caller"], message["what"], message["heard_at"]),
                         (call["call_id"], call["caller"], "complaint", None))
        self.assertEqual(message["recording"], call["recording"].replace(".wav", "-message-1.wav"))
        path = self.site.data / message["recording"]
        self.assertEqual(hashlib.sha256(path.read_bytes()).hexdigest(), message["recording_sha256"])
        with wave.open(str(path), "rb") as f:
            self.assertEqual((f.getnchannels(), f.getsampwidth(), f.getframerate()), (1, 2, 8000))
            self.assertAlmostEqual(f.getnframes() / 8, message["ms"], delta=1)
        said = sound.read_wav(self.caller_says)[0]
        self.assertGreater(sound.likeness(sound.read_wav(path)[0], said), 0.85)
        self.assertGreater(message["ms"], len(said) / 8 * 0.8)

    def test_one_who_hangs_up_after_he_has_spoken_has_left_it(self):
        caller = self.caller_at_the_tone("13800000101")
        until("his words to be over", lambda: caller.talked() > self.spoken_s() + 0.5, 30)
        caller.hangup()
        call = self.only_call()
        self.assertEqual((call["outcome"], call["queue"], call["agent"]), ("voice_message", None, None))
        message, = self.messages()
        self.assert_is_what_he_said(message, call)

    def test_one_is_heard_and_kept_by_key(self):
        caller = self.caller_at_the_tone("13800000102")
        self.end_by_key(caller)
        before = caller.talked()
        caller.key("2")
        until("some of it", lambda: caller.talked() > before + kBegins + 4, 10)
        caller.key("1")
        caller.wait("CALL_CLOSED", 30)
        call = self.only_call()
        self.assertEqual((call["outcome"], call["hangup_by"]), ("voice_message", "system"))
        message, = self.messages()
        self.assert_is_what_he_said(message, call)
        heard = sound.read_wav(caller.heard()[-1])[0]  # nobody else has this voice
        said = sound.read_wav(self.caller_says)[0]
        self.assertGreater(sound.likeness(heard, said[:3 * sound.kRate]), 0.85, "he heard himself")

    def test_silence_ends_it_and_silence_keeps_it(self):
        caller = self.caller_at_the_tone("13800000103")
        caller.wait("CALL_CLOSED", 60)
        call = self.only_call()
        self.assertEqual((call["outcome"], call["hangup_by"]), ("voice_message", "system"))
        message, = self.messages()
        self.assert_is_what_he_said(message, call)
        self.assertLess(message["ms"], self.spoken_s() * 1000 + 1500, "what he was silent is cut off")

    def test_one_that_is_discarded_leaves_nothing(self):
        caller = self.caller_at_the_tone("13800000104")
        self.end_by_key(caller)
        caller.key("4")
        until("the menu", lambda: caller.talked() > self.spoken_s() + 2, 10)
        caller.hangup()
        call = self.only_call()
        self.assertEqual(call["outcome"], "self_service")
        self.messages(0)
        self.assertEqual(list((self.site.data / call["recording"]).parent.glob(f"{call['call_id']}-message*")), [])

    def test_who_says_nothing_leaves_none(self):
        caller = self.caller_at_the_tone("13800000105", words=False)
        until("the tone and more", lambda: caller.talked() > 4, 10)
        caller.hangup()
        call = self.only_call()
        self.assertEqual(call["outcome"], "self_service")
        self.messages(0)

    def test_a_person_is_still_to_be_had(self):
        """The menu's own keys lead on: who comes back from a message that he discarded reaches the queue."""
        caller = self.caller_at_the_tone("13800000106")
        self.end_by_key(caller)
        caller.key("4")
        caller.key("0")
        self.wait_waiting("service", 1)
        caller.hangup()
        self.assertEqual(self.only_call()["outcome"], "abandoned")


class MessagesOnAFullDisk(SiteCase):
    """The reserve for the journal is more than the disk has: he is told so, and a person hears him."""

    settings = {"media.disk_reserve_mb": 1 << 20}

    def test_the_failure_branch_leads_to_a_person(self):
        caller = self.phone("13800000107")
        caller.call("95000")
        caller.key("6")
        caller.key("5")
        self.wait_waiting("service", 1, 20)
        caller.hangup()
        call = self.only_call()
        self.assertEqual((call["outcome"], call["queue"]), ("abandoned", "service"))
        missed = self.site.db.rows(f"select body from hotline.fact where kind = 'VoiceMessageMissed' and call_id = '{call['call_id']}'", "hotline_app")
        self.assertEqual(len(missed), 1)
        self.assertEqual(self.site.db.value("select count(*) as n from report.voice_message"), 0)


class Surveys(SoundCase):
    """After the agent's hang-up: 1 satisfied, 2 fair, 3 not satisfied."""

    settings = {"survey": "survey"}

    def conversation(self, number):
        """→ (caller's phone, agent's phone), two seconds into their talk."""
        agent = self.phone("8001", play=self.agent_says)
        caller = self.phone(number)
        caller.call("95000")
        caller.key("0")
        agent.wait("CALL_ESTABLISHED", 10)
        until("some talk", lambda: agent.talked() > 2, 5)
        return caller, agent

    def agent_hangs_up(self, caller, agent):
        begun = self.site.words().count("survey.begins")
        agent.hangup()
        until("the survey", lambda: self.site.words().count("survey.begins") > begun, 5)
        return caller.talked()

    def rows(self, call):
        return self.site.db.rows(f"select * from report.survey where call_id = '{call['call_id']}' order by at")

    def wait_row(self, call):
        row, = until("a row", lambda: self.rows(call), 10)
        return row

    def test_an_answer_is_counted_with_its_agent(self):
        caller, agent = self.conversation("13800000111")
        asked_at = self.agent_hangs_up(caller, agent)
        self.wait_agent_state("ready", 1)  # he is free while his caller is being asked
        self.assertEqual(self.site.metric("calls"), 1)
        until("the question to be heard", lambda: caller.talked() > asked_at + 5, 8)
        caller.key("2")
        caller.wait("CALL_CLOSED", 20)
        call = self.only_call()
        row = self.wait_row(call)
        self.assertEqual((row["caller"], row["agent"], row["queue"], row["branch"], row["question"], row["answer"]),
                         ("13800000111", "8001", "service", None, "satisfaction", "fair"))
        self.assertEqual((call["outcome"], call["agent"], call["hangup_by"]), ("answered", "8001", "agent"))
        self.assertTrue(1500 <= call["talk_ms"] <= 4500, call)  # it ends with the agent
        self.assertGreater(call["ivr_ms"], 4500)
        segment, = self.segments(call["call_id"])
        self.assertEqual(segment["result"], "answered")
        heard = sound.read_wav(caller.heard()[-1])[0][int(asked_at * sound.kRate):]
        question = sound.prompt(self.site.site, "survey_question", self.out / "question.wav")
        self.assertGreater(sound.likeness(heard, question[:4 * sound.kRate]), 0.85)

    def test_keys_one_and_three(self):
        for number, key, answer in (("13800000112", "1", "satisfied"), ("13800000113", "3", "not_satisfied")):
            with self.subTest(key):
                caller, agent = self.conversation(number)
                self.agent_hangs_up(caller, agent)
                caller.key(key)
                caller.wait("CALL_CLOSED", 20)
                agent.close()
                self.assertEqual(self.wait_row(self.only_call(f"caller = '{number}'"))["answer"], answer)

    def test_silence_is_no_answer(self):
        caller, agent = self.conversation("13800000114")
        self.agent_hangs_up(caller, agent)
        caller.wait("CALL_CLOSED", 40)
        call = self.only_call()
        self.assertIsNone(self.wait_row(call)["answer"])
        self.assertEqual((call["outcome"], call["hangup_by"]), ("answered", "agent"))

    def test_who_hangs_up_while_he_is_asked_gave_no_answer(self):
        caller, agent = self.conversation("13800000115")
        self.agent_hangs_up(caller, agent)
        caller.hangup()
        call = self.only_call()
        self.assertIsNone(self.wait_row(call)["answer"])
        self.assertEqual(call["hangup_by"], "agent")

    def test_who_hangs_up_first_is_not_asked(self):
        caller, agent = self.conversation("13800000116")
        caller.hangup()
        agent.wait("CALL_CLOSED", 5)
        call = self.only_call()
        self.assertEqual((call["outcome"], call["hangup_by"]), ("answered", "caller"))
        self.assertEqual(self.rows(call), [])

    def test_the_recording_of_the_call_is_as_it_was(self):
        caller, agent = self.conversation("13800000117")
        self.agent_hangs_up(caller, agent)
        caller.key("1")
        caller.wait("CALL_CLOSED", 20)
        call = self.only_call()
        path = self.recording(call)
        self.assertEqual(hashlib.sha256(path.read_bytes()).hexdigest(), call["recording_sha256"])
        right = sound.read_wav(path)[1]
        self.assertGreater(sound.likeness(right, sound.read_wav(self.agent_says)[0][:2 * sound.kRate]), 0.85)
