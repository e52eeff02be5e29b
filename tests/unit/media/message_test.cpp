// Voice messages: who speaks and who does not, by level; the file of one; what becomes of it.
#include <gmock/gmock.h>
#include <sndfile.h>

#include <cmath>
#include <fstream>
#include <numbers>

#include "exchange.h"
#include "hotline/base/random.h"
#include "media/g711.h"
#include "media/speech_meter.h"
#include "wav_reader.h"

namespace hotline::media {
namespace {

using call::VoiceMessageId;
using Fate = call::Media::Fate;
using Tone = call::Media::MessageOrder::Tone;
namespace fs = std::filesystem;

// ── The meter ──

/// Sound of 20 ms a piece, at levels in dBFS, into a meter with a clock of its own.
struct Listening {
    SpeechMeter meter;
    Time now{Time(1h)};
    hotline::Random random{7};

    /// Noise of this level for so long.
    void noise(double dbfs, Duration length) {
        const double amplitude = 32768 * std::pow(10, dbfs / 20) * std::sqrt(3.0);  // uniform: RMS is the peak over √3
        for (; length > 0s; length -= 20ms) {
            Bytes frame;
            for (int i = 0; i < 160; ++i)
                frame.push_back(linear_to_alaw(static_cast<std::int16_t>(std::lround(amplitude * (2 * random.unit() - 1)))));
            meter.feed(frame, call::Codec::Pcma, now);
            now += 20ms;
        }
    }
    /// Syllables of 200 ms with 100 ms between them, over a noise.
    void speech(double dbfs, Duration length, double noise_dbfs = -70) {
        for (; length > 0s; length -= 300ms) noise(dbfs, 200ms), noise(noise_dbfs, 100ms);
    }
    double seconds() const { return std::chrono::duration<double>(meter.spoken()).count(); }
    double silent() const { return std::chrono::duration<double>(now - meter.last_heard().value_or(Time(1h))).count(); }
};

TEST(Speaking, IsMeasuredWithItsShortPauses) {
    Listening x;
    x.noise(-70, 1s);
    x.speech(-20, 6s);
    x.noise(-70, 3s);
    EXPECT_NEAR(x.seconds(), 6, 0.3);
    EXPECT_NEAR(x.silent(), 3, 0.2);
}

TEST(Speaking, LongPausesAreNot) {
    Listening x;
    x.speech(-20, 3s);
    x.noise(-70, 2s);
    x.speech(-20, 3s);
    EXPECT_NEAR(x.seconds(), 6, 0.5);
}

TEST(Speaking, IsHeardThoughItIsSoft) {
    Listening x;
    x.noise(-65, 1s);
    x.speech(-40, 3s, -65);
    EXPECT_NEAR(x.seconds(), 3, 0.4);
}

TEST(Speaking, SilenceIsNone) {
    Listening x;
    x.noise(-60, 10s);
    EXPECT_EQ(x.seconds(), 0);
    EXPECT_FALSE(x.meter.last_heard());
}

TEST(Speaking, AStreetIsNone) {
    Listening x;
    x.noise(-35, 10s);
    EXPECT_LT(x.seconds(), 1.5) << "until it is known";
    EXPECT_GT(x.silent(), 8);
    x.speech(-15, 3s, -35);
    EXPECT_NEAR(x.seconds(), 3, 1.8) << "and who speaks in it is heard";
    x.noise(-35, 4s);
    EXPECT_GT(x.silent(), 3.5);
}

TEST(Speaking, AToneThatNeverEndsIsNone) {
    Listening x;
    Bytes frame;
    for (int i = 0; i < 160; ++i)
        frame.push_back(linear_to_ulaw(static_cast<std::int16_t>(8000 * std::sin(2 * std::numbers::pi * 425 * i / 8000))));
    for (int i = 0; i < 1500; ++i, x.now += 20ms) x.meter.feed(frame, call::Codec::Pcmu, x.now);
    EXPECT_LT(x.seconds(), 8);
    EXPECT_GT(x.silent(), 20);
}

TEST(Speaking, APhoneThatSendsNothingInPausesIsSilentThen) {
    Listening x;
    x.speech(-20, 3s);
    x.now += 5s;
    EXPECT_NEAR(x.silent(), 5, 0.2);
    x.speech(-20, 3s);
    EXPECT_NEAR(x.seconds(), 6, 0.5);
}

// ── On a leg ──

std::vector<std::int16_t> read_mono(const std::string& path) {
    SF_INFO info{};
    SNDFILE* file = sf_open(path.c_str(), SFM_READ, &info);
    if (!file || info.channels != 1 || info.samplerate != 8000 || info.format != (SF_FORMAT_WAV | SF_FORMAT_PCM_16))
        throw std::runtime_error("not a mono recording: " + path);
    std::vector<std::int16_t> samples(static_cast<std::size_t>(info.frames));
    sf_readf_short(file, samples.data(), info.frames);
    sf_close(file);
    return samples;
}

constexpr std::int16_t kSpokenLevel = 8000;
constexpr const char* kPath = "recordings/2026/11/28/42-message-1.wav";

/// A caller on a leg, whose own stream is clocked by what he hears: a leg that is played to beats every 20 ms.
struct Booth : Exchange {
    explicit Booth(Config wanted = {}) : Exchange(std::move(wanted)) {
        join(900, beat_phone, {}, 900);
        play(900, {numbered_frames(1)}, Mode::Loop);
        local = join(1, caller);
    }
    void take(Tone tone = Tone::None, Duration longest = 30s, Duration silence = 1s) {
        engine->take_message({VoiceMessageId{7}, CallId{42}, call::LegId{1}, kPath, tone, longest, silence});
        settle();
    }
    /// Syllables, as long as said.
    void speaks(Duration length) {
        for (int i = 0; length > 0s; length -= 20ms, ++i) says(i % 15 < 10 ? kSpokenLevel : std::int16_t{8});
    }
    void silent(Duration length) {
        for (; length > 0s; length -= 20ms) says(8);
    }
    void says(std::int16_t level) {
        if (!beat_phone.hear()) throw std::runtime_error("the metronome stands still");
        caller.say(local, linear_to_alaw(level));
    }
    call::VoiceMessageEnded ended() {
        const auto event = events.wait<call::VoiceMessageEnded>(10s);
        if (!event) throw std::runtime_error("the message does not end");
        return *event;
    }
    void decide(Fate fate) { engine->settle_message(VoiceMessageId{7}, fate); }
    std::string path() const { return folder.path() + '/' + kPath; }
    std::int64_t open_recordings() { return metrics.gauge("recordings_open", "").value(); }

    Phone beat_phone, caller;
    Address local;
};

TEST(EngineMessages, OneIsTheCallersWordsInAMonoFileWithItsHash) {
    Booth x;
    x.take();
    x.speaks(2s);
    x.engine->end_message(call::LegId{1}, VoiceMessageId{7});
    const auto ended = x.ended();
    EXPECT_NEAR(std::chrono::duration<double>(ended.length).count(), 2, 0.3);
    EXPECT_NEAR(std::chrono::duration<double>(ended.spoken).count(), 2, 0.4);
    EXPECT_FALSE(fs::exists(x.path())) << "no lasting name before it is kept";
    x.decide(Fate::Keep);
    const auto saved = x.events.wait<call::VoiceMessageSaved>();
    ASSERT_TRUE(saved);
    EXPECT_EQ(saved->message, VoiceMessageId{7});
    EXPECT_EQ(saved->path, kPath);
    EXPECT_EQ(saved->sha256, sha256sum(x.path()));
    const auto sound = read_mono(x.path());
    EXPECT_EQ(to_ms(saved->length), static_cast<std::int64_t>(sound.size()) / 8);
    EXPECT_GE(onset(sound), 0);
    EXPECT_LT(onset(sound), 1600);
    EXPECT_EQ(x.open_recordings(), 0);
}

TEST(EngineMessages, EndsBySilenceWhichIsCutOff) {
    Booth x;
    x.take(Tone::None, 30s, 2s);
    x.speaks(1s);
    x.silent(3s);
    const auto ended = x.ended();
    EXPECT_NEAR(std::chrono::duration<double>(ended.length).count(), 2, 0.3) << "a second of silence stays";
    x.close(1);
    EXPECT_EQ(x.events.count<call::VoiceMessageEnded>(), 0u) << "it ended once";
    x.decide(Fate::Drop);
}

TEST(EngineMessages, EndsWhenNothingComesAnyMore) {
    Booth x;
    x.take(Tone::None, 30s, 1s);
    x.speaks(1s);
    EXPECT_NEAR(std::chrono::duration<double>(x.ended().spoken).count(), 1, 0.4);
    x.decide(Fate::Drop);
}

TEST(EngineMessages, EndsWhenItIsAsLongAsItMayBe) {
    Booth x;
    x.take(Tone::None, 1s, 30s);
    x.speaks(2s);
    EXPECT_NEAR(std::chrono::duration<double>(x.ended().length).count(), 1, 0.3);
    x.decide(Fate::Drop);
}

TEST(EngineMessages, EndsWithItsLegBeforeThatIsClosed) {
    Booth x;
    x.take();
    x.speaks(1s);
    x.close(1);
    EXPECT_EQ(x.events.count<call::VoiceMessageEnded>(), 1u);
    x.decide(Fate::Keep);
    ASSERT_TRUE(x.events.wait<call::VoiceMessageSaved>());
    EXPECT_GE(onset(read_mono(x.path())), 0);
}

TEST(EngineMessages, BeginsBehindItsTone) {
    Booth x;
    x.take(Tone::Beep);
    double loudest = 0;
    for (int i = 0; i < 12; ++i) {
        const auto heard = x.caller.hear();
        ASSERT_TRUE(heard);
        for (const auto code : heard->payload) loudest = std::max(loudest, std::abs(static_cast<double>(kAlawToLinear[code])));
    }
    EXPECT_NEAR(loudest, 8000, 500) << "he hears it";
    EXPECT_EQ(x.events.count<call::PlayEnded>(), 0u);
    x.settle();
    x.speaks(1s);
    x.engine->end_message(call::LegId{1}, VoiceMessageId{7});
    EXPECT_LT(std::chrono::duration<double>(x.ended().length).count(), 1.3) << "and it is not in the message";
    EXPECT_EQ(x.events.count<call::PlayEnded>(), 0u);
    x.decide(Fate::Keep);
    ASSERT_TRUE(x.events.wait<call::VoiceMessageSaved>());
}

TEST(EngineMessages, AKeyWithinTheToneEndsItWithNothing) {
    Booth x;
    x.take(Tone::Beep);
    x.engine->end_message(call::LegId{1}, VoiceMessageId{7});
    EXPECT_EQ(x.ended().spoken, 0s);
    x.decide(Fate::Drop);
    x.settle();
    EXPECT_EQ(x.open_recordings(), 0);
    EXPECT_FALSE(fs::exists(x.path() + ".part"));
}

TEST(EngineMessages, OfADroppedOneNothingIsLeft) {
    Booth x;
    x.take();
    x.speaks(1s);
    x.engine->end_message(call::LegId{1}, VoiceMessageId{7});
    x.ended();
    EXPECT_TRUE(fs::exists(x.path() + ".part"));
    x.decide(Fate::Drop);
    EXPECT_TRUE(x.engine->flush_recordings(5s));
    EXPECT_FALSE(fs::exists(x.path() + ".part"));
    EXPECT_FALSE(fs::exists(x.path()));
    EXPECT_EQ(x.open_recordings(), 0);
    EXPECT_EQ(x.events.count<call::VoiceMessageSaved>() + x.events.count<call::VoiceMessageLost>(), 0u);
}

TEST(EngineMessages, WhoWaitsForTheDiskWaitsForOneThatHasJustBeenSettled) {
    for (int i = 0; i < 20; ++i) {
        Booth x;
        x.take();
        x.speaks(1s);
        x.close(1);
        x.ended();
        x.decide(Fate::Keep);
        ASSERT_TRUE(x.engine->flush_recordings(5s));
        EXPECT_EQ(x.events.count<call::VoiceMessageSaved>(), 1u) << "its word is there when all is said to be written";
    }
}

TEST(EngineMessages, OneCanBeHeardBeforeItIsKept) {
    Booth x;
    x.take();
    x.speaks(1s);
    x.engine->end_message(call::LegId{1}, VoiceMessageId{7});
    const auto ended = x.ended();
    x.engine->load_message(VoiceMessageId{7});
    const auto loaded = x.events.wait<call::VoiceMessageLoaded>();
    ASSERT_TRUE(loaded && loaded->sound);
    EXPECT_EQ(to_ms(loaded->sound->length()), to_ms(ended.length));
    EXPECT_NE(std::ranges::find_if(loaded->sound->alaw, [](auto code) { return std::abs(int{kAlawToLinear[code]}) > 7000; }),
              loaded->sound->alaw.end());
    x.engine->load_message(VoiceMessageId{8});
    const auto unknown = x.events.wait<call::VoiceMessageLoaded>();
    ASSERT_TRUE(unknown);
    EXPECT_FALSE(unknown->sound);
    x.decide(Fate::Drop);
}

TEST(EngineMessages, StandBesideTheRecordingOfTheCall) {
    Booth x;
    x.engine->record(CallId{42}, call::LegId{1}, "recordings/42.wav");
    x.take();
    x.speaks(1s);
    x.close(1);
    x.decide(Fate::Keep);
    ASSERT_TRUE(x.events.wait<call::RecordingSaved>());
    ASSERT_TRUE(x.events.wait<call::VoiceMessageSaved>());
    EXPECT_GE(onset(StereoSound(x.folder.path() + "/recordings/42.wav").left), 0);
}

TEST(EngineMessages, AFullDiskIsToldAtOnce) {
    Config config;
    config.disk_reserve_bytes = UINT64_MAX;
    Booth x(config);
    x.take();
    const auto lost = x.events.wait<call::VoiceMessageLost>();
    ASSERT_TRUE(lost);
    EXPECT_EQ(lost->message, VoiceMessageId{7});
    EXPECT_THAT(lost->text, ::testing::HasSubstr("free space"));
    x.close(1);
    EXPECT_EQ(x.open_recordings(), 0);
    EXPECT_TRUE(x.engine->flush_recordings(5s));
    EXPECT_EQ(x.events.count<call::VoiceMessageLost>(), 0u) << "once";
}

TEST(EngineMessages, AFolderThatCannotBeWrittenIsToldAtOnce) {
    Booth x;
    std::ofstream(x.folder.path() + "/recordings") << "in the way";
    x.take();
    EXPECT_TRUE(x.events.wait<call::VoiceMessageLost>());
}

TEST(EngineMessages, ALegThatIsGoneTakesNone) {
    Booth x;
    x.close(1);
    x.engine->take_message({VoiceMessageId{7}, CallId{42}, call::LegId{1}, kPath, Tone::None, 30s, 1s});
    EXPECT_TRUE(x.events.wait<call::VoiceMessageLost>());
}

TEST(EngineMessages, WhatACrashLeavesIsMadePlayableAsWhatItIs) {
    ScratchFolder folder;
    Config config;
    config.data_dir = folder.path();
    {
        Booth x(config);
        x.take();
        x.speaks(1500ms);
        x.engine->end_message(call::LegId{1}, VoiceMessageId{7});
        x.ended();
        x.engine->load_message(VoiceMessageId{7});
        ASSERT_TRUE(x.events.wait<call::VoiceMessageLoaded>());
        fs::copy_file(folder.path() + '/' + kPath + ".part", folder.path() + "/kept");
        x.decide(Fate::Drop);
    }
    fs::rename(folder.path() + "/kept", folder.path() + '/' + kPath + ".part");
    Exchange next(config);
    next.engine->flush_recordings(5s);
    next.engine->load_message(VoiceMessageId{9});  // the disk thread has begun its work: what was left is done
    ASSERT_TRUE(next.events.wait<call::VoiceMessageLoaded>());
    EXPECT_GE(onset(read_mono(folder.path() + '/' + kPath)), 0);
}

TEST(EngineMessages, WhatNobodyDecidedIsPlayableAfterTheEnd) {
    ScratchFolder folder;
    Config config;
    config.data_dir = folder.path();
    {
        Booth x(config);
        x.take();
        x.speaks(1s);
        x.close(1);
        x.ended();
        EXPECT_TRUE(x.engine->flush_recordings(5s)) << "nobody waits for it";
    }
    EXPECT_GE(onset(read_mono(folder.path() + '/' + kPath)), 0);
}

}  // namespace
}  // namespace hotline::media
