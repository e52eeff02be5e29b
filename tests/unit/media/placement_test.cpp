// Where sound is placed in a recording: jitter does not move it, drift and jumps are followed.
#include "media/placement.h"

#include <gtest/gtest.h>

#include "hotline/base/random.h"

namespace hotline::media {
namespace {

TEST(Placement, JitterDoesNotMoveSound) {
    Placement placement;
    Random random(1);
    const auto first = placement.place(5000, 100);
    for (int i = 1; i < 3000; ++i) {
        const auto delay = static_cast<std::int64_t>(random.below(400));
        ASSERT_EQ(placement.place(5000 + 160u * static_cast<unsigned>(i), 100 + 160 * i + delay), first + 160 * i) << i;
    }
}

TEST(Placement, AReorderedPacketFindsItsPlace) {
    Placement placement;
    EXPECT_EQ(placement.place(0, 0), 0);
    EXPECT_EQ(placement.place(320, 320), 320);
    EXPECT_EQ(placement.place(160, 330), 160);
    EXPECT_EQ(placement.place(480, 480), 480);
}

TEST(Placement, TwoCrystalsStayAligned) {
    for (const double skew : {0.9998, 1.0002}) {  // 200 ppm: 0.7 s an hour
        Placement placement;
        for (int i = 0; i < 180'000; ++i) {  // one hour
            const auto arrival = static_cast<std::int64_t>(160.0 * i * skew);
            ASSERT_LE(std::abs(placement.place(160u * static_cast<unsigned>(i), arrival) - arrival), 320) << i;
        }
    }
}

TEST(Placement, AFirstPacketThatWasLateIsCorrectedWithinASecond) {
    Placement placement;
    placement.place(0, 1600);  // 200 ms late
    std::int64_t last = 0;
    for (int i = 1; i <= 60; ++i) last = placement.place(160u * static_cast<unsigned>(i), 160 * i);
    EXPECT_EQ(last, 160 * 60);
}

TEST(Placement, SilenceSuppressionLeavesAGap) {
    Placement placement;
    placement.place(0, 0);
    EXPECT_EQ(placement.place(80'000, 80'100), 80'000);
}

TEST(Placement, AClockThatStoodStillOrJumpedIsPlacedByItsArrival) {
    Placement placement;
    placement.place(0, 0);
    EXPECT_EQ(placement.place(160, 80'000), 80'000) << "the timestamp stood still";
    EXPECT_EQ(placement.place(320, 80'160), 80'160);
    EXPECT_EQ(placement.place(900'000, 80'320), 80'320) << "the timestamp jumped";
    EXPECT_EQ(placement.place(0x80000000u, 80'480), 80'480);
}

}  // namespace
}  // namespace hotline::media
