// Sequence numbers, jitter and loss against RFC 3550's own algorithms, as tables.
#include "media/receiver_stats.h"

#include <gtest/gtest.h>

#include "unit/media/start.h"

namespace hotline::media {
namespace {

using A = Arrival;
TEST(SequenceTracker, TellsEachPacketsPlace) {
    struct Step {
        std::uint16_t sequence;
        Arrival arrival;
        std::uint32_t extended;
    };
    SequenceTracker tracker(65533);
    const Step steps[] = {
        {65534, A::InOrder, 65534},
        {65535, A::InOrder, 65535},
        {0, A::InOrder, 65536},
        {2, A::InOrder, 65538},
        {1, A::Late, 65538},
        {1, A::Duplicate, 65538},
        {2, A::Duplicate, 65538},
        {65530, A::Late, 65538},
        {3001, A::InOrder, 65536 + 3001},
        {2902, A::Late, 65536 + 3001},
        {20000, A::Wild, 65536 + 3001},
        {3002, A::InOrder, 65536 + 3002},
        {20001, A::Wild, 65536 + 3002},
        {20002, A::Restarted, 20002},
        {20003, A::InOrder, 20003},
    };
    int i = 0;
    for (const auto& step : steps) {
        EXPECT_EQ(tracker.on_packet(step.sequence), step.arrival) << i;
        EXPECT_EQ(tracker.extended_highest(), step.extended) << i;
        ++i;
    }
}

TEST(SequenceTracker, CountsExpectedAndLostAcrossManyWraps) {
    SequenceTracker tracker(0);
    std::uint64_t received = 1;
    for (std::uint32_t n = 1; n < 200'000; ++n) {
        if (n % 10 == 3) continue;
        ASSERT_EQ(tracker.on_packet(static_cast<std::uint16_t>(n)), A::InOrder);
        ++received;
    }
    EXPECT_EQ(tracker.expected(), 200'000u);
    EXPECT_EQ(tracker.received(), received);
    EXPECT_EQ(tracker.lost(), 20'000);
}

TEST(SequenceTracker, DuplicatesMakeTheLossNegative) {
    SequenceTracker tracker(5);
    tracker.on_packet(5);
    tracker.on_packet(5);
    EXPECT_EQ(tracker.lost(), -2);  // RFC 3550 §6.4.1: so it is reported
}

TEST(Jitter, FollowsTheFormulaOfA8) {
    Jitter jitter;
    double expected = 0;
    std::uint32_t timestamp = 0xffffff00, arrival = 77;  // both wrap on the way
    std::int64_t before = 0;
    for (int i = 0; i < 2000; ++i) {
        const int delay = (i * 37) % 100;
        jitter.on_packet(timestamp, arrival + static_cast<std::uint32_t>(delay));
        if (i > 0) expected += (std::abs(static_cast<double>(delay - before)) - expected) / 16;
        before = delay;
        timestamp += 160;
        arrival += 160;
        ASSERT_NEAR(jitter.value(), expected, 1.5) << i;
    }
    EXPECT_GT(jitter.value(), 30u);
}

TEST(Jitter, IsZeroForASteadyStream) {
    Jitter jitter;
    for (std::uint32_t i = 0; i < 100; ++i) jitter.on_packet(160 * i, 5000 + 160 * i);
    EXPECT_EQ(jitter.value(), 0u);
}

TEST(Jitter, TakesATimestampThatJumpsForANewOrigin) {
    struct Case {
        const char* what;
        std::uint32_t jump;  // of the timestamp, once, under the same SSRC
        std::uint32_t least, most;
    };
    constexpr std::uint32_t kSecond = rtp::kTicksPerSecond;
    const Case cases[] = {
        {"none", 0, 0, 0},
        {"a late packet of 100 ms is jitter", 800, 50, 50},
        {"half a second is jitter", kSecond / 2, 250, 250},
        {"just under two seconds forward", 2 * kSecond - 1, 999, 1000},
        {"just under two seconds back", 0u - (2 * kSecond - 1), 999, 1000},
        {"two seconds forward", 2 * kSecond, 0, 0},
        {"two seconds back", 0u - 2 * kSecond, 0, 0},
        {"an hour", 3600 * kSecond, 0, 0},
        {"half the circle", 1u << 31, 0, 0},
        {"the other half", (1u << 31) - 1, 0, 0},
    };
    for (const auto& c : cases) {
        Jitter jitter;
        std::uint32_t i = 0;
        for (; i < 50; ++i) jitter.on_packet(160 * i, 5000 + 160 * i);
        jitter.on_packet(160 * i + c.jump, 5000 + 160 * i);
        EXPECT_GE(jitter.value(), c.least) << c.what;
        EXPECT_LE(jitter.value(), c.most) << c.what;
        const auto after_jump = jitter.value();
        for (++i; i < 100; ++i) jitter.on_packet(160 * i + c.jump, 5000 + 160 * i);
        EXPECT_LE(jitter.value(), after_jump) << c.what << ": a steady stream from the new origin";
    }
}

TEST(Jitter, IsStillFollowedAfterANewOrigin) {
    Jitter jitter;
    constexpr std::uint32_t kJump = 1u << 30;
    for (std::uint32_t i = 0; i < 500; ++i)
        jitter.on_packet(160 * i + (i < 50 ? 0 : kJump), 5000 + 160 * i + (i % 2 == 0 ? 0 : 80));
    EXPECT_NEAR(jitter.value(), 80, 1);
}

TEST(LossInterval, IsAShareOf256SinceTheLastReport) {
    LossInterval loss;
    EXPECT_EQ(loss.take(100, 100), 0);
    EXPECT_EQ(loss.take(200, 150), 128);
    EXPECT_EQ(loss.take(300, 300), 0) << "more came than was expected: late ones";
    EXPECT_EQ(loss.take(300, 300), 0) << "nothing was expected";
    EXPECT_EQ(loss.take(400, 300), 255);
}

rtp::Header header(unsigned sequence, std::uint32_t ssrc = 1) {
    return {false, 8, static_cast<std::uint16_t>(sequence), 160 * sequence, ssrc};
}

TEST(ReceiverStats, ANewSourceCountsAnewAndTheTotalsStay) {
    ReceiverStats stats;
    EXPECT_FALSE(stats.report());
    for (const unsigned n : {10u, 11u, 14u}) stats.on_packet(header(n), ReceiverStats::Content::Sound, kStart + 20ms * n);
    EXPECT_EQ(stats.lost(), 2u);
    EXPECT_EQ(stats.on_packet(header(5000, 2), ReceiverStats::Content::Sound, kStart + 1s), A::Restarted);
    stats.on_packet(header(5002, 2), ReceiverStats::Content::Sound, kStart + 1040ms);
    EXPECT_EQ(stats.lost(), 3u);
    EXPECT_EQ(stats.packets(), 5u);
    const auto report = stats.report();
    ASSERT_TRUE(report);
    EXPECT_EQ(report->ssrc, 2u);
    EXPECT_EQ(report->cumulative_lost, 1);
    EXPECT_EQ(report->fraction_lost, 85);  // 1 of 3
    EXPECT_EQ(report->extended_highest, 5002u);
}

TEST(ReceiverStats, AStrayNumberIsNoLoss) {
    ReceiverStats stats;
    stats.on_packet(header(1), ReceiverStats::Content::Sound, kStart);
    EXPECT_EQ(stats.on_packet(header(30000), ReceiverStats::Content::Sound, kStart), A::Wild);
    stats.on_packet(header(2), ReceiverStats::Content::Sound, kStart + 20ms);
    EXPECT_EQ(stats.lost(), 0u);
    EXPECT_EQ(stats.packets(), 2u);
}

TEST(ReceiverStats, EventsWithTheirFrozenTimestampAreNoJitter) {
    ReceiverStats stats;
    for (std::uint16_t n = 0; n < 100; ++n) {
        stats.on_packet({false, 101, n, 777, 1}, ReceiverStats::Content::Event, kStart + 20ms * n);
    }
    EXPECT_EQ(stats.jitter_max_ms(), 0);
}

TEST(ReceiverStats, JitterIsToldInMilliseconds) {
    ReceiverStats stats;
    for (unsigned n = 0; n < 400; ++n) {
        stats.on_packet(header(n), ReceiverStats::Content::Sound, kStart + 20ms * n + (n % 2 == 0 ? 0ms : 10ms));
    }
    EXPECT_NEAR(stats.jitter_ms(), 10, 0.5);
    EXPECT_GE(stats.jitter_max_ms(), stats.jitter_ms());
}

}  // namespace
}  // namespace hotline::media
