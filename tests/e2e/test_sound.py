"""What people hear, on real phones: the caller's voice at the agent, the agent's at the caller, both in the recording; keys; prompts."""
import hashlib
import subprocess
import wave

import numpy

from case import SiteCase
from rig import rtp, sound
from rig.raw_caller import RawCaller
from rig.wait import until
from sound_case import SoundCase

class Sound(SoundCase):
    def talk(self, caller_options=None, agent_options=None, seconds=6):
        """One conversation. → (caller's phone, agent's phone, record)."""
        agent = self.phone("8001", **{"play": self.agent_says, **(agent_options or {})})
        # The caller's file runs from the answer on; a silent start keeps his words for the agent.
        caller = self.phone("13800000002", **{"play": self.caller_speech(), **(caller_options or {})})
        caller.call("95000")
        caller.key("0")
        agent.wait("CALL_ESTABLISHED", 10)
        until("the conversation to last", lambda: agent.talked() > seconds, seconds + 5)
        caller.hangup()
        agent.wait("CALL_CLOSED", 5)
        return caller, agent, self.only_call()

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

    def test_a_clean_line_is_on_record_as_clean(self):
        _, _, call = self.talk(seconds=3)
        self.assertLess(call["loss_in_pct"], 1)
        self.assertTrue(0 <= call["jitter_in_ms"] < 30, call)

    def stream(self, **faults):
        """A caller in the menu whose stream goes through a bad network for four seconds. → the record."""
        with RawCaller(self.site.sip, "13800000007") as caller:
            caller.send(caller.invite())
            answer = caller.final("INVITE")
            caller.send(caller.ack(answer))
            rtp.send_silence(caller.rtp, caller.media_of(answer), 4, **faults)
            caller.send(caller.bye(answer))
            self.assertEqual(caller.final("BYE").status, 200)
        return self.only_call()

    def test_loss_is_in_the_record(self):
        call = self.stream(lost=lambda n: n % 10 == 5)
        self.assertAlmostEqual(call["loss_in_pct"], 10, delta=0.5)

    def test_jitter_is_in_the_record(self):
        call = self.stream(late_s=lambda n: 0.01 * (n % 2))
        self.assertTrue(8 <= call["jitter_in_ms"] <= 20, call)  # each step is 10 ms (RFC 3550 A.8); the machine adds its own
        self.assertEqual(call["loss_in_pct"], 0)

    def test_the_round_trip_of_each_leg_is_on_record(self):
        """Our report, the phone's report about it (RFC 3550 §6.4.1): each side sends one every five seconds or so."""
        _, _, call = self.talk(seconds=12)
        legs = self.site.db.rows(f"select * from report.leg_quality where call_id = '{call['call_id']}'")
        self.assertEqual({leg["leg"]: leg["agent"] for leg in legs}, {"caller": None, "agent": "8001"})
        for leg in legs:
            with self.subTest(leg["leg"]):
                self.assertIsNotNone(leg["round_trip_ms"], leg)
                self.assertTrue(0 <= leg["round_trip_ms"] < 500, leg)
                self.assertGreater(leg["packets_in"], 500)
                self.assertGreater(leg["packets_out"], 500)

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

    def said_by_the_site(self, name):
        return sound.prompt(self.site.site, name, self.out / f"{name}.wav")

    def test_the_menu_speaks_at_once_and_a_key_ends_it(self):
        caller = self.phone("13800000004")
        caller.call("95000")
        until("two seconds of the menu", lambda: caller.talked() > 2, 5)
        caller.key("3")
        pressed = int(caller.talked() * sound.kRate)
        until("the opening hours", lambda: caller.talked() > 7, 9)
        caller.hangup()
        self.assertEqual(self.only_call()["outcome"], "self_service")
        heard = sound.read_wav(caller.heard()[-1])[0]
        before, after = heard[:pressed], heard[pressed + sound.kRate // 2:]
        welcome, menu, hours = (self.said_by_the_site(name) for name in ("welcome", "main_menu", "opening_hours"))
        three = 3 * sound.kRate  # of a prompt, what there was time for
        self.assertGreater(sound.likeness(before, welcome[:sound.kRate * 3 // 2]), 0.85)
        self.assertGreater(sound.likeness(after, hours[:three]), 0.85)
        self.assertLess(sound.likeness(before, hours[:three]), 0.5)
        self.assertLess(sound.likeness(after, numpy.concatenate([welcome[three // 2:], menu[:three]])), 0.5)

    def test_a_telephone_event_within_the_first_second_counts(self):
        caller = self.phone("13800000008")
        caller.call("95000")
        caller.key("2")
        self.wait_waiting("abroad", 1)
        caller.hangup()
        call = self.only_call()
        self.assertEqual((call["queue"], call["outcome"]), ("abroad", "abandoned"))
        self.assertLess(call["ivr_ms"], 1000)

    def test_music_is_heard_while_waiting(self):
        caller = self.phone("13800000005")
        caller.call("95000")
        caller.key("1")
        self.wait_waiting("domestic", 1)
        until("some music", lambda: caller.talked() > 8, 12)
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
        until("some talk", lambda: agent.talked() > 2, 5)
        agent.hold()
        until("the hold", lambda: agent.talked() > 4, 5)
        agent.resume()
        until("more talk", lambda: agent.talked() > 6, 5)
        caller.hangup()
        agent.wait("CALL_CLOSED", 5)
        call = self.only_call()
        self.assertTrue(1500 <= call["hold_ms"] <= 3000, call)
        at_agent = sound.read_wav(agent.heard()[-1])[0]
        self.assertGreater(sound.level_of(at_agent[-sound.kRate:-sound.kRate // 4], 440), 0.3)

    def assert_hears_music(self, held, holder, holders_words):
        """`holder` holds the conversation that both are in for three seconds: `held` hears music then, and not the holder."""
        holder.hold()
        begin = int((held.talked() + 0.2) * sound.kRate)
        until("the hold", lambda: held.talked() * sound.kRate > begin + 3 * sound.kRate, 6)
        end = int(held.talked() * sound.kRate)
        holder.resume()
        until("more talk", lambda: held.talked() * sound.kRate > end + sound.kRate, 5)
        held.hangup()
        holder.wait("CALL_CLOSED", 5)
        self.assertGreater(self.only_call()["hold_ms"], 2500)
        heard = sound.read_wav(held.heard()[-1])[0][begin:end]
        music = sound.read_wav(self.site.site / "prompts" / "music.wav")[0][:3 * sound.kRate]  # from its beginning
        self.assertGreater(sound.likeness(heard, music), 0.85)
        self.assertLess(sound.likeness(heard, sound.read_wav(holders_words)[0]), 0.5)

    def conversation(self):
        """→ (caller's phone, agent's phone), both speaking."""
        agent, caller = self.phone("8001", play=self.agent_says), self.phone("13800000009", play=self.caller_says)
        caller.call("95000")
        caller.key("0")
        agent.wait("CALL_ESTABLISHED", 10)
        until("some talk", lambda: agent.talked() > 1, 5)
        return caller, agent

    def test_a_caller_who_is_held_hears_music(self):
        caller, agent = self.conversation()
        self.assert_hears_music(caller, agent, self.agent_says)

    def test_an_agent_who_is_held_hears_music(self):
        caller, agent = self.conversation()
        self.assert_hears_music(agent, caller, self.caller_says)


class Colleagues(SoundCase):
    """An agent calls another by his number: no menu, no queue."""

    def test_both_hear_each_other(self):
        colleague = self.phone("8002", play=self.agent_says)
        agent = self.phone("8001", play=self.caller_speech())
        agent.call("8002")
        colleague.wait("CALL_ESTABLISHED", 10)
        until("the conversation to last", lambda: colleague.talked() > 6, 11)
        agent.hangup()
        colleague.wait("CALL_CLOSED", 5)
        call = self.only_call()
        self.assertEqual((call["direction"], call["caller"], call["called"], call["agent"], call["queue"], call["outcome"], call["hangup_by"]),
                         ("internal", "8001", "8002", "8002", None, "answered", "caller"))
        self.assert_both_hear(agent, colleague, call)

    def test_who_cannot_be_reached_is_told_by_its_code(self):
        busy = self.phone("8002")
        caller = self.phone("13800000011")
        caller.call("95000")
        caller.key("0")
        busy.wait("CALL_ESTABLISHED", 10)
        agent = self.phone("8001")
        for number, code in (("8003", "480"), ("8002", "486"), ("8099", "404")):
            with self.subTest(code):
                since = agent.mark()
                agent.dial(number)
                closed = agent.wait("CALL_CLOSED", 10, since)
                self.assertEqual(closed["param"].split()[0], code)
                self.assertEqual(self.only_call(f"called = '{number}'")["outcome"], "rejected")
        self.assertEqual(busy.count("CALL_CLOSED"), 0, "the conversation goes on")
        caller.hangup()
        busy.wait("CALL_CLOSED", 5)
        self.assertEqual(self.only_call("called = '95000'")["agent"], "8002")


class RtpSilence(SiteCase):
    """A phone that sends nothing any more is gone, whatever signalling says. On the sample site after 60 s, here after two."""

    settings = {"media.rtp_silence_s": 2}

    def test_a_caller_without_sound_is_hung_up_on_in_the_menu(self):
        self.course("uac-never-sends-sound")
        call = self.only_call()
        self.assertEqual((call["outcome"], call["hangup_by"], call["agent"]), ("failed", "system", None))
        self.assertTrue(1900 <= call["ivr_ms"] <= 4000, call)

    def test_a_caller_whose_phone_dies_in_a_conversation_was_answered_all_the_same(self):
        agent, caller = self.phone("8001"), self.phone("13800000010")
        caller.call("95000")
        caller.key("0")
        agent.wait("CALL_ESTABLISHED", 10)
        caller.vanish()
        agent.wait("CALL_CLOSED", 8)
        call = self.only_call()
        self.assertEqual((call["outcome"], call["hangup_by"], call["agent"]), ("answered", "system", "8001"))
        self.assertTrue(1900 <= call["talk_ms"] <= 5000, call)
