"""What people hear, on real phones: the caller's voice at the agent, the agent's at the caller, both in the recording; keys; prompts."""
import hashlib
import subprocess
import time
import wave

import numpy

from case import SiteCase
from rig import sound
from rig.wait import until

kCallerSays = "Good morning. I would like to ask about the tour to the yellow mountains in October, for two adults and a child."
kAgentSays = "Welcome to the travel agency, my name is Li. One moment please, I will look that up in our catalogue for you."


class Sound(SiteCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.caller_says = sound.speech(kCallerSays, cls.folder / "caller.wav")
        cls.agent_says = sound.speech(kAgentSays, cls.folder / "agent.wav")

    def talk(self, caller_options=None, agent_options=None, seconds=6):
        """One conversation. → (caller's phone, agent's phone, record)."""
        agent = self.phone("8001", **{"play": self.agent_says, **(agent_options or {})})
        # The caller's file runs from the answer on; a silent start keeps his words for the agent.
        caller = self.phone("13800000002", **{"play": self.caller_speech(), **(caller_options or {})})
        caller.call("95000")
        caller.key("0")
        agent.wait("CALL_ESTABLISHED", 10)
        until("the conversation to last", lambda: self.talked(agent) > seconds, seconds + 5)
        caller.hangup()
        agent.wait("CALL_CLOSED", 5)
        return caller, agent, self.only_call()

    @staticmethod
    def talked(phone):
        """Seconds since this phone's first call was answered."""
        return time.monotonic() - next(e["at"] for e in phone.events if e["type"] == "CALL_ESTABLISHED")

    def caller_speech(self):
        samples = sound.read_wav(self.caller_says)[0]
        return sound.write_wav(self.out / "caller.wav", [0.0] * sound.kRate * 2 + list(samples))

    def recording(self, call):
        path = self.site.data / call["recording"]
        self.assertEqual(call["recording"], f"recordings/{path.parts[-4]}/{path.parts[-3]}/{path.parts[-2]}/{call['call_id']}.wav")
        return path

    def assert_both_hear(self, caller, agent, call):
        caller_said, agent_said = sound.read_wav(self.caller_says)[0], sound.read_wav(self.agent_says)[0]
        at_agent, at_caller = sound.read_wav(agent.heard()[-1])[0], sound.read_wav(caller.heard()[-1])[0]
        left, right = sound.read_wav(self.recording(call))
        for where, samples, said, other in (("at the agent", at_agent, caller_said, agent_said), ("at the caller", at_caller, agent_said, caller_said),
                                            ("left in the recording", left, caller_said, agent_said),
                                            ("right in the recording", right, agent_said, caller_said)):
            with self.subTest(where):
                self.assertGreater(sound.likeness(samples, said), 0.85)
                self.assertLess(sound.likeness(samples, other), 0.5)

    def test_speech_goes_both_ways_and_into_the_recording(self):
        caller, agent, call = self.talk()
        self.assertEqual((call["outcome"], call["agent"]), ("answered", "8001"))
        self.assert_both_hear(caller, agent, call)

    def test_the_recording_is_a_stereo_wav_from_answer_to_end_with_its_hash_in_the_record(self):
        _, _, call = self.talk(seconds=3)
        path = self.recording(call)
        with wave.open(str(path), "rb") as f:
            self.assertEqual((f.getnchannels(), f.getsampwidth(), f.getframerate()), (2, 2, 8000))
            length_ms = f.getnframes() / 8
        self.assertEqual(hashlib.sha256(path.read_bytes()).hexdigest(), call["recording_sha256"])
        whole_ms = call["ivr_ms"] + call["wait_ms"] + call["talk_ms"] + call["hold_ms"]
        self.assertAlmostEqual(length_ms, whole_ms, delta=400)

    def test_pcma_caller_and_pcmu_agent(self):
        caller, agent, call = self.talk({"codec": "PCMA"}, {"codec": "PCMU"})
        self.assert_both_hear(caller, agent, call)

    def test_pcmu_caller_and_pcma_agent_over_tcp(self):
        caller, agent, call = self.talk({"codec": "PCMU", "transport": "tcp"}, {"transport": "tcp"})
        self.assert_both_hear(caller, agent, call)

    def test_loss_and_jitter_of_the_caller_are_in_the_record(self):
        _, _, call = self.talk(seconds=3)
        self.assertLess(call["loss_in_pct"], 1)
        self.assertTrue(0 <= call["jitter_in_ms"] < 30, call)

    def test_a_tone_comes_through_clean(self):
        tone = sound.write_wav(self.out / "tone.wav", sound.tone(440, 20))
        _, agent, call = self.talk({"play": tone}, seconds=3)
        at_agent = sound.read_wav(agent.heard()[-1])[0][sound.kRate:]
        self.assertAlmostEqual(sound.loudest_level(at_agent, 440), 0.5, delta=0.05)
        self.assertLess(sound.loudest_level(at_agent, 1000), 0.005)
        left, right = sound.read_wav(self.recording(call))
        self.assertAlmostEqual(sound.loudest_level(left, 440), 0.5, delta=0.05)
        self.assertLess(sound.loudest_level(right[len(right) // 2:], 440), 0.05)

    def test_an_in_band_tone_is_a_key_where_no_telephone_events_were_agreed(self):
        """Key 2 as two tones in the voice (ITU-T Q.23: 697 + 1336 Hz), a second after the answer."""
        digit = numpy.concatenate([numpy.zeros(sound.kRate), sound.tone(697, 0.12, 0.3) + sound.tone(1336, 0.12, 0.3), numpy.zeros(3 * sound.kRate)])
        wav = sound.write_wav(self.out / "digit.wav", digit)
        subprocess.run(["sox", wav, "-t", "al", str(self.out / "digit.al")], check=True)
        self.course("uac-inband-key")
        self.assertEqual(self.only_call()["queue"], "abroad")

    def test_the_menu_speaks_at_once_and_a_key_ends_it(self):
        caller = self.phone("13800000004")
        caller.call("95000")
        until("two seconds of the menu", lambda: self.talked(caller) > 2, 5)
        caller.key("3")
        until("the opening hours", lambda: self.talked(caller) > 6, 8)
        caller.hangup()
        self.assertEqual(self.only_call()["outcome"], "self_service")
        heard = sound.read_wav(caller.heard()[-1])[0]
        self.assertGreater(sound.rms(heard[:sound.kRate * 2]), 0.01)
        self.assertGreater(sound.rms(heard[sound.kRate * 3:sound.kRate * 6]), 0.01)

    def test_music_is_heard_while_waiting(self):
        caller = self.phone("13800000005")
        caller.call("95000")
        caller.key("1")
        self.wait_waiting("domestic", 1)
        until("some music", lambda: self.talked(caller) > 8, 12)
        caller.hangup()
        self.only_call()
        heard = sound.read_wav(caller.heard()[-1])[0]
        self.assertGreater(sound.rms(heard[-2 * sound.kRate:]), 0.003)

    def test_hold_and_resume_from_the_agents_phone(self):
        agent = self.phone("8001", play=self.agent_says)
        caller = self.phone("13800000006", play=sound.write_wav(self.out / "tone.wav", sound.tone(440, 60)))
        caller.call("95000")
        caller.key("0")
        agent.wait("CALL_ESTABLISHED", 10)
        until("some talk", lambda: self.talked(agent) > 2, 5)
        agent.hold()
        until("the hold", lambda: self.talked(agent) > 4, 5)
        agent.resume()
        until("more talk", lambda: self.talked(agent) > 6, 5)
        caller.hangup()
        agent.wait("CALL_CLOSED", 5)
        call = self.only_call()
        self.assertTrue(1500 <= call["hold_ms"] <= 3000, call)
        at_agent = sound.read_wav(agent.heard()[-1])[0]
        self.assertGreater(sound.level_of(at_agent[-sound.kRate:-sound.kRate // 4], 440), 0.3)
