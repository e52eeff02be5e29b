"""The ground under tests of what people hear: speech for both sides, and the proof of where it arrived."""
import datetime
import zoneinfo

from case import SiteCase
from rig import sound

kCallerSays = "Good morning. I would like to ask about the tour to the yellow mountains in October, for two adults and a child."
kAgentSays = "Welcome to the travel agency, my name is Li. One moment please, I will look that up in our catalogue for you."


class SoundCase(SiteCase):
    """A site with something to say for both sides."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.caller_says = sound.speech(kCallerSays, cls.folder / "caller.wav")
        cls.agent_says = sound.speech(kAgentSays, cls.folder / "agent.wav")

    def caller_speech(self):
        samples = sound.read_wav(self.caller_says)[0]
        return sound.write_wav(self.out / "caller.wav", [0.0] * sound.kRate * 2 + list(samples))

    def recording(self, call):
        day = datetime.datetime.fromisoformat(call["started_at"]).astimezone(zoneinfo.ZoneInfo("Asia/Shanghai"))  # the site's time zone
        self.assertEqual(call["recording"], f"recordings/{day:%Y/%m/%d}/{call['call_id']}.wav")
        return self.site.data / call["recording"]

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
