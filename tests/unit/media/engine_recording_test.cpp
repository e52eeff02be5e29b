// A recorded call in real time: what was said on each side is found in its channel at its time.
#include "exchange.h"
#include "media/g711.h"
#include "wav_reader.h"

namespace hotline::media {
namespace {

constexpr std::int16_t kLoud = 8000;
const std::uint8_t kTone = linear_to_alaw(kLoud);

/// Beats every 20 ms: a leg of its own that is played to. So a test talks in real time and sleeps nowhere.
class Metronome {
  public:
    explicit Metronome(Exchange& x) {
        x.join(900, phone_, {}, 900);
        x.play(900, {numbered_frames(1)}, Mode::Loop);
    }
    void beat() {
        if (!phone_.hear()) throw std::runtime_error("the metronome stands still");
    }

  private:
    Phone phone_;
};

TEST(EngineRecords, WhatEachSideSaysInItsChannelAtItsTime) {
    Exchange x;
    Phone caller, agent;
    const auto a = x.join(1, caller);
    const auto b = x.join(2, agent, {.codec = call::Codec::Pcmu});
    x.bridge(1, 2);
    Metronome metronome(x);
    x.engine->record(CallId{42}, call::LegId{1}, "recordings/42.wav");
    x.settle();
    const std::uint8_t agents_tone = linear_to_ulaw(-kLoud);
    for (int beat = 0; beat < 100; ++beat) {
        metronome.beat();
        const bool both = beat >= 20 && beat < 40, agent_alone = beat >= 60 && beat < 80;
        caller.say(a, both ? kTone : kAlawSilence);
        agent.say(b, both || agent_alone ? agents_tone : kUlawSilence, 0);
    }
    x.close(1);
    const auto saved = x.events.wait<call::RecordingSaved>();
    ASSERT_TRUE(saved);
    const std::string path = x.folder.path() + "/recordings/42.wav";
    EXPECT_EQ(saved->sha256, sha256sum(path));
    const StereoSound sound(path);
    const auto left = onset(sound.left), right = onset(sound.right);
    ASSERT_GE(left, 0);
    ASSERT_GE(right, 0);
    EXPECT_NEAR(static_cast<double>(right), static_cast<double>(left), 320) << "said at once: within 40 ms of each other";
    EXPECT_GT(sound.left[static_cast<std::size_t>(left)], 0);
    EXPECT_LT(sound.right[static_cast<std::size_t>(right)], 0);
    const auto alone = static_cast<std::size_t>(left) + 3200 + 640;
    EXPECT_EQ(onset(sound.left, alone), -1) << "what the agent says is not on the left";
    EXPECT_GE(onset(sound.right, alone), 0) << "and is on the right";
    EXPECT_EQ(to_ms(saved->length), static_cast<std::int64_t>(sound.left.size()) / 8);
}

TEST(EngineRecords, WhatIsMaskedIsSilenceAndKeepsItsTime) {
    Exchange x;
    Phone caller;
    const auto a = x.join(1, caller);
    Metronome metronome(x);
    x.engine->record(CallId{42}, call::LegId{1}, "recordings/42.wav");
    x.settle();
    for (int beat = 0; beat < 60; ++beat) {
        if (beat == 20 || beat == 40) {
            x.engine->mask_recording(call::LegId{1}, beat == 20);
            x.settle();
        }
        metronome.beat();
        caller.say(a, kTone);
        x.settle();
    }
    x.close(1);
    ASSERT_TRUE(x.events.wait<call::RecordingSaved>());
    const StereoSound sound(x.folder.path() + "/recordings/42.wav");
    const auto begin = onset(sound.left);
    ASSERT_GE(begin, 0);
    const auto loud = std::count_if(sound.left.begin(), sound.left.end(), [](int s) { return s > 1000; });
    EXPECT_NEAR(static_cast<double>(loud), 40 * 160, 2 * 160) << "all but the twenty frames in the middle";
    const auto middle = static_cast<std::size_t>(begin) + 30 * 160;
    EXPECT_LE(std::abs(sound.left[middle]), 8) << "the silence of A-law";
    EXPECT_GT(onset(sound.left, middle), 0) << "and then he is heard again";
}

TEST(EngineRecords, PromptsAreOnTheRightAndMusicIsNot) {
    Exchange x;
    Phone caller;
    x.join(1, caller);
    x.engine->record(CallId{42}, call::LegId{1}, "recordings/42.wav");
    const auto tone = sound_of(Bytes(3200, kTone), Bytes(3200, linear_to_ulaw(kLoud)));
    x.play(1, {tone}, Mode::Loop, 1);
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(caller.hear());
    x.play(1, {tone}, Mode::Once, 2);
    ASSERT_TRUE(x.events.wait<call::PlayEnded>());
    x.play(1, {tone}, Mode::Loop, 3);
    for (int i = 0; i < 40; ++i) ASSERT_TRUE(caller.hear());
    x.close(1);
    ASSERT_TRUE(x.events.wait<call::RecordingSaved>());
    const StereoSound sound(x.folder.path() + "/recordings/42.wav");
    const auto begin = onset(sound.right);
    ASSERT_GE(begin, 2000) << "music before the prompt";
    const auto loud = std::count_if(sound.right.begin(), sound.right.end(), [](int s) { return s > 1000; });
    EXPECT_EQ(loud, 3200) << "the prompt, whole, and none of the music after it";
    EXPECT_EQ(onset(sound.left), -1);
}

TEST(EngineRecords, ACallGoesOnWhenItsRecordingIsLost) {
    Config config;
    config.disk_reserve_bytes = UINT64_MAX;
    Exchange x(config);
    Phone caller, agent;
    const auto a = x.join(1, caller);
    x.join(2, agent);
    x.bridge(1, 2);
    x.engine->record(CallId{42}, call::LegId{1}, "recordings/42.wav");
    ASSERT_TRUE(x.events.wait<call::RecordingLost>());
    for (int i = 0; i < 50; ++i) {
        caller.say(a, 0x11);
        ASSERT_TRUE(agent.hear());
    }
    x.close(1);
    EXPECT_TRUE(x.engine->flush_recordings(5s));
    EXPECT_EQ(x.events.count<call::RecordingSaved>(), 0u);
    EXPECT_EQ(x.events.count<call::RecordingLost>(), 0u);
    EXPECT_EQ(x.metrics.counter("recordings_lost_total", "").value(), 1);
}

TEST(EngineRecords, FlushFinishesWhatIsOpen) {
    Exchange x;
    Phone caller;
    x.join(1, caller);
    EXPECT_TRUE(x.engine->flush_recordings(5s)) << "none is open";
    x.engine->record(CallId{42}, call::LegId{1}, "recordings/42.wav");
    EXPECT_TRUE(x.engine->flush_recordings(5s));
    EXPECT_EQ(x.events.count<call::RecordingSaved>(), 1u);
}

TEST(EngineRecords, LeftoversOfACrashAreMadePlayableAtTheNextStart) {
    ScratchFolder folder;
    const std::string day = folder.path() + "/recordings/2026/11/22";
    std::filesystem::create_directories(day);
    Config config;
    config.data_dir = folder.path();
    {
        Exchange x(config);
        Phone caller;
        x.join(1, caller);
        x.engine->record(CallId{42}, call::LegId{1}, "recordings/2026/11/22/42.wav");
        x.close(1);
        ASSERT_TRUE(x.events.wait<call::RecordingSaved>());
    }
    std::filesystem::rename(day + "/42.wav", day + "/43.wav.part");
    Exchange x(config);
    ASSERT_TRUE(x.engine->flush_recordings(5s));
    Phone caller;
    x.join(1, caller);
    x.engine->record(CallId{44}, call::LegId{1}, "recordings/44.wav");
    x.close(1);
    ASSERT_TRUE(x.events.wait<call::RecordingSaved>()) << "the disk thread looks for leftovers first";
    EXPECT_NO_THROW(StereoSound(day + "/43.wav"));
}

}  // namespace
}  // namespace hotline::media
