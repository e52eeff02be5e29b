// One unbroken stream to the far side, whoever speaks.
#include "media/outgoing_stream.h"

#include <gtest/gtest.h>

#include "unit/media/start.h"

namespace hotline::media {
namespace {

using Content = OutgoingStream::Content;
OutgoingStream stream() { return {0xabcd, 65534, 0xffffff00}; }
rtp::Header from(std::uint32_t sequence, std::uint32_t timestamp, std::uint32_t ssrc = 7, bool marker = false) {
    return {marker, 8, static_cast<std::uint16_t>(sequence), timestamp, ssrc};
}

TEST(OutgoingStream, OwnFramesCountOnAndWrap) {
    auto out = stream();
    for (int i = 0; i < 5; ++i) {
        const auto header = out.frame(160, kStart + 20ms * i);
        EXPECT_EQ(header.sequence, static_cast<std::uint16_t>(65534 + i));
        EXPECT_EQ(header.timestamp, static_cast<std::uint32_t>(0xffffff00u + 160u * static_cast<unsigned>(i)));
        EXPECT_EQ(header.marker, i == 0);
    }
    EXPECT_EQ(out.numbers_used(), 5u);
}

TEST(OutgoingStream, ATickThatIsALittleLateLeavesNoGap) {
    auto out = stream();
    const auto first = out.frame(160, kStart);
    EXPECT_EQ(out.frame(160, kStart + 55ms).timestamp, first.timestamp + 160);
}

TEST(OutgoingStream, APauseShowsInTheTimestampAndBeginsATalkspurt) {
    auto out = stream();
    const auto first = out.frame(160, kStart);
    const auto second = out.frame(160, kStart + 2s);
    EXPECT_EQ(second.timestamp, first.timestamp + 16000);
    EXPECT_EQ(second.sequence, static_cast<std::uint16_t>(first.sequence + 1));
    EXPECT_TRUE(second.marker);
}

TEST(OutgoingStream, ARelayedStreamKeepsItsDistances) {
    auto out = stream();
    const auto base = out.relay(from(500, 9000), Content::Sound, kStart).value();
    EXPECT_TRUE(base.marker);
    for (const unsigned n : {1u, 2u, 5u, 4u, 3u, 9u}) {
        const auto header = out.relay(from(500 + n, 9000 + 160 * n), Content::Sound, kStart + 20ms * n);
        ASSERT_TRUE(header);
        EXPECT_EQ(header->sequence, static_cast<std::uint16_t>(base.sequence + n));
        EXPECT_EQ(header->timestamp, base.timestamp + 160 * n);
        EXPECT_EQ(header->ssrc, 0xabcdu);
        EXPECT_FALSE(header->marker);
    }
    EXPECT_EQ(out.numbers_used(), 10u);
}

TEST(OutgoingStream, APacketFromBeforeTheChangeOfSpeakerIsNotRelayed) {
    auto out = stream();
    ASSERT_TRUE(out.relay(from(500, 9000), Content::Sound, kStart));
    EXPECT_FALSE(out.relay(from(499, 8840), Content::Sound, kStart));
}

TEST(OutgoingStream, APacketFarBehindIsNotRelayedAlsoAfterManyWraps) {
    auto out = stream();
    for (std::uint32_t n = 0; n < 150'000; ++n) {
        ASSERT_TRUE(out.relay(from(n, 160 * n), Content::Sound, kStart + 20ms * n));
        if (n < 300 || n % 1000 != 7) continue;
        ASSERT_TRUE(out.relay(from(n - 100, 160 * (n - 100)), Content::Sound, kStart + 20ms * n));
        ASSERT_FALSE(out.relay(from(n - 200, 160 * (n - 200)), Content::Sound, kStart + 20ms * n));
    }
}

TEST(OutgoingStream, AnotherSpeakerContinuesTheNumbersInRealTime) {
    auto out = stream();
    const auto prompt = out.frame(160, kStart);
    const auto agent = out.relay(from(9, 1, 7), Content::Sound, kStart + 1s).value();
    EXPECT_EQ(agent.sequence, static_cast<std::uint16_t>(prompt.sequence + 1));
    EXPECT_EQ(agent.timestamp, prompt.timestamp + 8000);
    EXPECT_TRUE(agent.marker);
    const auto other = out.relay(from(40000, 77777, 8), Content::Sound, kStart + 1001ms).value();
    EXPECT_EQ(other.sequence, static_cast<std::uint16_t>(prompt.sequence + 2));
    EXPECT_EQ(other.timestamp, agent.timestamp + 160) << "at least one frame further";
    EXPECT_TRUE(other.marker);
}

TEST(OutgoingStream, WhatIsSkippedLeavesNoGapInTheNumbers) {
    auto out = stream();
    const auto before = out.relay(from(10, 0), Content::Sound, kStart).value();
    for (const unsigned n : {11u, 12u, 13u}) out.skip(from(n, 160));
    const auto after = out.relay(from(14, 640), Content::Sound, kStart + 80ms).value();
    EXPECT_EQ(after.sequence, static_cast<std::uint16_t>(before.sequence + 1));
    EXPECT_EQ(after.timestamp, before.timestamp + 640);
    EXPECT_TRUE(after.marker) << "sound again after a pause";
}

TEST(OutgoingStream, AClockThatLeavesRealTimeGetsANewOrigin) {
    auto out = stream();
    const auto before = out.relay(from(10, 1'000'000), Content::Sound, kStart).value();
    const auto after = out.relay(from(11, 5), Content::Sound, kStart + 20ms).value();
    EXPECT_EQ(after.timestamp, before.timestamp + 160);
    EXPECT_TRUE(after.marker);
    EXPECT_EQ(out.relay(from(12, 165), Content::Sound, kStart + 40ms)->timestamp, after.timestamp + 160);
}

TEST(OutgoingStream, SilenceSuppressionIsNoNewOrigin) {
    auto out = stream();
    const auto before = out.relay(from(10, 0), Content::Sound, kStart).value();
    const auto after = out.relay(from(11, 80'000, 7, true), Content::Sound, kStart + 10s).value();
    EXPECT_EQ(after.timestamp, before.timestamp + 80'000);
    EXPECT_TRUE(after.marker);
}

TEST(OutgoingStream, ALongKeyPressDoesNotMoveTheClock) {
    auto out = stream();
    const auto before = out.relay(from(10, 0), Content::Sound, kStart).value();
    for (unsigned n = 1; n <= 250; ++n) {
        const auto event = out.relay(from(10 + n, 160), Content::Event, kStart + 20ms * n).value();
        ASSERT_EQ(event.timestamp, before.timestamp + 160);
    }
    const auto after = out.relay(from(261, 160 + 40'000), Content::Sound, kStart + 5020ms).value();
    EXPECT_EQ(after.timestamp, before.timestamp + 40'160);
}

TEST(OutgoingStream, TheTimestampAtAnInstantFollowsTheNewestPacket) {
    auto out = stream();
    const auto sent = out.frame(160, kStart);
    EXPECT_EQ(out.timestamp_at(kStart + 100ms), sent.timestamp + 800);
}

}  // namespace
}  // namespace hotline::media
