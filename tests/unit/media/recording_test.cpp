// The way of sound into a file, without sockets and with the clock in hand: places, gaps, codings, what can go wrong on a disk.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fstream>

#include "exchange.h"
#include "hotline/base/random.h"
#include "media/g711.h"
#include "media/recording_file.h"
#include "media/recording_tap.h"
#include "unit/media/start.h"
#include "wav_reader.h"

namespace hotline::media {
namespace {

using call::Codec;
using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr std::int16_t kLoud = 8000;

/// A recorder and one recording in it.
struct Studio {
    explicit Studio(Config wanted = {}, Codec coding = Codec::Pcma) : codec(coding), config(std::move(wanted)) {
        config.data_dir = folder.path();
        if (config.disk_reserve_bytes == Config{}.disk_reserve_bytes) config.disk_reserve_bytes = 0;
        recorder = Recorder::start(config, events.sink(), metrics).value();
        tap.emplace(*recorder, recorder->begin(CallId{77}, kPath, codec), codec, kStart);
    }
    /// 20 ms at `level`, stamped and arriving when told.
    static Bytes frame(std::int16_t level, Codec coding = Codec::Pcma) {
        return Bytes(160, coding == Codec::Pcma ? linear_to_alaw(level) : linear_to_ulaw(level));
    }
    void heard(std::uint32_t timestamp, Duration arrival, std::int16_t level = kLoud) {
        tap->heard(timestamp, codec, frame(level, codec), kStart + arrival);
    }
    void said(std::uint32_t timestamp, Duration sent, std::int16_t level = kLoud) {
        tap->said(timestamp, codec, frame(level, codec), kStart + sent);
    }
    StereoSound finish(Duration after) {
        tap->finish(kStart + after);
        saved = events.wait<call::RecordingSaved>();
        if (!saved) throw std::runtime_error("not saved");
        return StereoSound(path());
    }
    std::string lost() {
        const auto event = events.wait<call::RecordingLost>();
        return event ? event->text : "";
    }
    std::string path() const { return folder.path() + "/" + kPath; }

    static constexpr const char* kPath = "recordings/2026/11/23/0000000000077.wav";
    Codec codec;
    ScratchFolder folder;
    Metrics metrics;
    EventBox events;
    Config config;
    std::optional<call::RecordingSaved> saved;
    std::unique_ptr<Recorder> recorder;
    std::optional<RecordingTap> tap;
};

constexpr auto samples(Duration d) { return rtp::ticks(d); }

TEST(Recording, HasTheLengthOfTheCallAndTheHashOfTheFile) {
    Studio studio;
    for (unsigned i = 0; i < 100; ++i) studio.heard(160 * i, 20ms * i);
    const auto sound = studio.finish(2500ms);
    EXPECT_EQ(sound.left.size(), 20'000u);
    EXPECT_EQ(studio.saved->call, CallId{77});
    EXPECT_EQ(studio.saved->path, Studio::kPath);
    EXPECT_EQ(studio.saved->length, 2500ms);
    EXPECT_EQ(studio.saved->sha256, sha256sum(studio.path()));
    EXPECT_EQ(studio.saved->sha256.size(), 64u);
    EXPECT_FALSE(fs::exists(studio.path() + ".part"));
}

TEST(Recording, KeepsEachSampleOfBothCodings) {
    for (const Codec codec : {Codec::Pcma, Codec::Pcmu}) {
        Studio studio({}, codec);
        Bytes every(256);
        for (std::size_t i = 0; i < every.size(); ++i) every[i] = static_cast<std::uint8_t>(i);
        studio.tap->heard(0, codec, every, kStart);
        const auto sound = studio.finish(32ms);
        const auto& table = codec == Codec::Pcma ? kAlawToLinear : kUlawToLinear;
        for (std::size_t i = 0; i < 256; ++i) ASSERT_EQ(sound.left[i], table[i]) << i;
    }
}

TEST(Recording, TakesTheOtherCodingToo) {
    Studio studio({}, Codec::Pcma);
    studio.tap->heard(0, Codec::Pcmu, Studio::frame(kLoud, Codec::Pcmu), kStart);
    studio.tap->said(0, Codec::Pcmu, Studio::frame(-kLoud, Codec::Pcmu), kStart);
    const auto sound = studio.finish(20ms);
    EXPECT_NEAR(sound.left[80], kLoud, 300);
    EXPECT_NEAR(sound.right[80], -kLoud, 300);
}

TEST(Recording, BothChannelsAreAlignedWithin40Milliseconds) {
    // Two phones with clocks 200 ppm apart and 60 ms of jitter; each is loud for one second in ten, at the same true time.
    Studio studio;
    hotline::Random random(3);
    const auto loud = [](int frame) { return frame % 500 >= 450; };
    constexpr int kFrames = 50 * 600;
    for (int i = 0; i < kFrames; ++i) {
        const auto n = static_cast<std::uint32_t>(i);
        const Duration at = 20ms * i;
        const auto jitter = [&] { return std::chrono::microseconds(random.below(60'000)); };
        studio.heard(static_cast<std::uint32_t>(160.0 * 1.0001 * n), at + jitter(), loud(i) ? kLoud : 0);
        studio.said(static_cast<std::uint32_t>(160.0 * 0.9999 * n), at + jitter(), loud(i) ? kLoud : 0);
    }
    const auto sound = studio.finish(20ms * kFrames);
    int onsets = 0;
    for (std::size_t from = 0; from + 80'000 <= sound.left.size(); from += 80'000, ++onsets) {
        const auto left = onset(sound.left, from + 8000), right = onset(sound.right, from + 8000);
        const auto truly = static_cast<std::int64_t>(from) + samples(9s);
        ASSERT_LE(std::abs(left - right), samples(40ms)) << from;
        ASSERT_LE(std::abs(left - truly), samples(80ms)) << from;
    }
    EXPECT_EQ(onsets, 60);
}

TEST(Recording, SilenceSuppressedPausesAndLostPacketsAreGaps) {
    Studio studio;
    studio.heard(0, 0ms);
    studio.heard(8000, 1s);
    studio.heard(8000 + 160 * 3, 1060ms);
    const auto sound = studio.finish(2s);
    EXPECT_EQ(onset(sound.left), 0);
    EXPECT_EQ(onset(sound.left, 160), 8000);
    EXPECT_EQ(onset(sound.left, 8160), 8480);
    EXPECT_EQ(onset(sound.left, 8640), -1);
    EXPECT_EQ(onset(sound.right), -1);
}

TEST(Recording, TenMinutesOnHoldCostNoSpaceOnDisk) {
    Studio studio;
    studio.heard(0, 0ms);
    studio.heard(160, 10min);
    const auto sound = studio.finish(10min + 1s);
    EXPECT_EQ(sound.left.size(), 601u * 8000);
    EXPECT_EQ(onset(sound.left, 160), samples(10min));
    EXPECT_EQ(studio.saved->sha256, sha256sum(studio.path()));
    struct stat info {};
    ASSERT_EQ(::stat(studio.path().c_str(), &info), 0);
    EXPECT_LT(info.st_blocks * 512, 1 << 20);
}

TEST(Recording, ReorderedPacketsFindTheirPlaceAndLateOnesAreDropped) {
    Studio studio;
    studio.heard(0, 0ms, 0);
    studio.heard(320, 40ms);
    studio.heard(160, 45ms, -kLoud);
    for (unsigned i = 3; i < 200; ++i) studio.heard(160 * i, 20ms * i, 0);
    studio.heard(480, 4s);  // four seconds late: its block is on disk; and it is no new origin for those that follow
    studio.heard(160 * 201, 4020ms, kLoud);
    const auto sound = studio.finish(5s);
    EXPECT_LT(sound.left[200], -7000);
    EXPECT_GT(sound.left[400], 7000);
    EXPECT_EQ(sound.left[500], sound.left[10]);
}

TEST(Recording, SoundFromBeforeItsBeginningIsCutOff) {
    Studio studio;
    studio.heard(160, 0ms);
    studio.heard(0, 1ms);
    const auto sound = studio.finish(100ms);
    EXPECT_EQ(onset(sound.left), 0);
    EXPECT_EQ(onset(sound.left, 160), -1);
}

TEST(RecordingLost, WhenTheReserveIsReached) {
    Config config;
    config.disk_reserve_bytes = UINT64_MAX;
    Studio studio(config);
    EXPECT_THAT(studio.lost(), HasSubstr("free space"));
    for (unsigned i = 0; i < 200; ++i) studio.heard(160 * i, 20ms * i);
    studio.tap->finish(kStart + 4s);
    EXPECT_TRUE(studio.recorder->wait_until_idle(5s));
    EXPECT_EQ(studio.events.count<call::RecordingLost>(), 0u) << "told once";
    EXPECT_EQ(studio.events.count<call::RecordingSaved>(), 0u);
    EXPECT_FALSE(fs::exists(studio.path()));
}

TEST(RecordingLost, WhenTheDiskIsTooSlow) {
    Config config;
    config.disk_queue_blocks = 0;
    Studio studio(config);
    for (unsigned i = 0; i < 200; ++i) studio.heard(160 * i, 20ms * i);
    EXPECT_THAT(studio.lost(), HasSubstr("faster"));
    studio.tap->finish(kStart + 4s);
    EXPECT_TRUE(studio.recorder->wait_until_idle(5s));
    EXPECT_EQ(studio.events.count<call::RecordingSaved>(), 0u);
}

TEST(RecordingLost, WhenAFileIsWhereAFolderShouldBe) {
    Exchange x;
    std::ofstream(x.folder.path() + "/recordings") << "no folder";
    Phone phone;
    const auto local = x.join(1, phone);
    x.engine->record(CallId{5}, call::LegId{1}, "recordings/2026/01/01/x.wav");
    const auto lost = x.events.wait<call::RecordingLost>();
    ASSERT_TRUE(lost);
    EXPECT_EQ(lost->call, CallId{5});
    EXPECT_THAT(lost->text, HasSubstr("recordings/2026"));
    phone.say(local, 0x11);
    x.settle();
    EXPECT_EQ(x.close(1).packets_in, 1u) << "the call goes on";
    EXPECT_TRUE(x.engine->flush_recordings(5s));
    EXPECT_EQ(x.events.count<call::RecordingSaved>(), 0u);
}

TEST(RecordingLost, WhenThePathLeavesTheDataDirectory) {
    for (const char* path : {"../outside.wav", "/tmp/outside.wav", "recordings/../../x.wav", ""}) {
        Exchange x;
        Phone phone;
        x.join(1, phone);
        x.engine->record(CallId{5}, call::LegId{1}, path);
        EXPECT_TRUE(x.events.wait<call::RecordingLost>()) << path;
    }
}

TEST(RecordingLost, WhenALegIsRecordedTwiceTheFirstGoesOn) {
    Exchange x;
    Phone phone;
    x.join(1, phone);
    x.engine->record(CallId{5}, call::LegId{1}, "recordings/a.wav");
    x.engine->record(CallId{5}, call::LegId{1}, "recordings/b.wav");
    EXPECT_TRUE(x.events.wait<call::RecordingLost>());
    x.close(1);
    EXPECT_EQ(x.events.wait<call::RecordingSaved>().value().path, "recordings/a.wav");
}

/// Files of this process may not grow beyond `bytes`, as if the disk were full.
class FileLimit {
  public:
    explicit FileLimit(rlim_t bytes) {
        before_signal_ = ::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit tight{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &tight);
    }
    ~FileLimit() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        ::signal(SIGXFSZ, before_signal_);
    }

  private:
    rlimit before_{};
    void (*before_signal_)(int);
};

TEST(RecordingLost, WhenTheFileCannotGrowAndWhatWasWrittenIsKept) {
    Studio studio;
    {
        const FileLimit limit(100'000);
        for (unsigned i = 0; i < 500; ++i) studio.heard(160 * i, 20ms * i);
        EXPECT_THAT(studio.lost(), testing::AllOf(HasSubstr("ulimit -f"), HasSubstr("its first 3 s are in")));
        studio.tap->finish(kStart + 10s);
        EXPECT_TRUE(studio.recorder->wait_until_idle(5s));
    }
    const StereoSound kept(studio.path());
    EXPECT_EQ(kept.left.size(), 6u * 4096);
    EXPECT_EQ(onset(kept.left), 0);
    EXPECT_EQ(studio.events.count<call::RecordingSaved>(), 0u);
}

TEST(RecordingFile, OfACrashBecomesPlayable) {
    ScratchFolder folder;
    const std::string path = "recordings/2026/11/23/crash.wav";
    {
        auto file = RecordingFile::create(folder.path(), path);
        ASSERT_TRUE(file);
        const std::vector<std::int16_t> frames(2 * 4096, kLoud);
        ASSERT_TRUE(file->write(0, frames));
        ASSERT_TRUE(file->write(4096, frames));
    }  // neither sealed nor published
    EXPECT_FALSE(fs::exists(folder.path() + "/" + path));
    EXPECT_EQ(recover_recordings(folder.path()), 1u);
    EXPECT_EQ(StereoSound(folder.path() + "/" + path).left.size(), 8192u);
    EXPECT_EQ(recover_recordings(folder.path()), 0u);
}

TEST(RecordingFile, OfAnotherCallIsNeverReplaced) {
    ScratchFolder folder;
    fs::create_directories(folder.path() + "/recordings");
    std::ofstream(folder.path() + "/recordings/a.wav") << "evidence";
    auto file = RecordingFile::create(folder.path(), "recordings/a.wav");
    ASSERT_TRUE(file && file->seal(0));
    const auto published = file->publish();
    ASSERT_FALSE(published);
    EXPECT_EQ(published.error().kind, ErrorKind::Conflict);
    EXPECT_EQ(fs::file_size(folder.path() + "/recordings/a.wav"), 8u);
}

TEST(RecordingFile, HashesManySlices) {
    ScratchFolder folder;
    auto file = RecordingFile::create(folder.path(), "long.wav");
    ASSERT_TRUE(file);
    std::vector<std::int16_t> frames(2 * 4096);
    hotline::Random random(5);
    for (auto& sample : frames) sample = static_cast<std::int16_t>(random.next());
    for (std::int64_t block = 0; block < 200; ++block) ASSERT_TRUE(file->write(block * 4096, frames));
    ASSERT_TRUE(file->seal(200 * 4096));
    int slices = 0;
    for (bool done = false; !done; ++slices) done = *file->hash_slice();
    EXPECT_EQ(slices, 4);
    ASSERT_TRUE(file->publish());
    EXPECT_EQ(file->sha256(), sha256sum(folder.path() + "/long.wav"));
}

}  // namespace
}  // namespace hotline::media
