// Each key press once (RFC 4733), through everything that a network and a phone do to its packets.
#include "media/telephone_event.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hotline::media {
namespace {

struct EventPacket {
    std::uint32_t timestamp;
    int event;
    int duration;
    bool end = false, marker = false;
};

std::string keys_of(const std::vector<EventPacket>& packets) {
    KeyPresses presses;
    std::string keys;
    for (const auto& p : packets) {
        const std::uint8_t payload[]{static_cast<std::uint8_t>(p.event), static_cast<std::uint8_t>(p.end ? 0x80 : 0),
                                     static_cast<std::uint8_t>(p.duration >> 8), static_cast<std::uint8_t>(p.duration)};
        if (const auto key = presses.on_event(p.timestamp, p.marker, payload)) keys += *key;
    }
    return keys;
}

constexpr bool kEnd = true;

TEST(KeyPresses, AWholePressWithItsThreeEndsIsOneKey) {
    EXPECT_EQ(keys_of({{8000, 5, 160, false, true},
                       {8000, 5, 320},
                       {8000, 5, 480},
                       {8000, 5, 640, kEnd},
                       {8000, 5, 640, kEnd},
                       {8000, 5, 640, kEnd}}),
              "5");
}

TEST(KeyPresses, AnyOnePacketOfAPressIsEnough) {
    EXPECT_EQ(keys_of({{8000, 5, 160, false, true}}), "5");
    EXPECT_EQ(keys_of({{8000, 5, 320}}), "5");
    EXPECT_EQ(keys_of({{8000, 5, 640, kEnd}}), "5");
}

TEST(KeyPresses, TheSameKeyAgainIsAnotherPressAlsoWhenAllEndsWereLost) {
    EXPECT_EQ(keys_of({{8000, 5, 160, false, true}, {8000, 5, 640}, {12000, 5, 160, false, true}, {12000, 5, 640, kEnd}}), "55");
    EXPECT_EQ(keys_of({{8000, 5, 160, false, true}, {8000, 5, 640}, {12000, 5, 160}, {12000, 5, 640, kEnd}}), "55")
        << "its first packet was lost too";
}

TEST(KeyPresses, StragglersOfAnEarlierPressAreNoKey) {
    EXPECT_EQ(keys_of({{8000, 5, 640, kEnd}, {10000, 6, 160, false, true}, {8000, 5, 640, kEnd}, {10000, 6, 640, kEnd}}), "56");
}

TEST(KeyPresses, APressLongerThanADurationCanSayIsOneKey) {
    EXPECT_EQ(keys_of({{8000, 5, 160, false, true}, {8000, 5, 65535}, {8000 + 65535, 5, 160}, {8000 + 65535, 5, 4000, kEnd}}), "5");
}

TEST(KeyPresses, APhoneThatMovesTheTimestampWithinAPressPressedOnce) {
    EXPECT_EQ(keys_of({{8000, 5, 160, false, true},
                       {8160, 5, 320},
                       {8320, 5, 480},
                       {8480, 5, 640},
                       {8640, 5, 800, kEnd},
                       {8640, 5, 800, kEnd}}),
              "5");
}

TEST(KeyPresses, AllSixteenKeysAndNothingElse) {
    std::vector<EventPacket> all;
    for (int event = 0; event < 256; ++event)
        all.push_back({static_cast<std::uint32_t>(1000 * (event + 1)), event, 640, kEnd, true});
    EXPECT_EQ(keys_of(all), "0123456789*#ABCD");
}

TEST(KeyPresses, ATimestampThatWrapsIsLater) { EXPECT_EQ(keys_of({{0xffffff00, 1, 640, kEnd}, {0x00000400, 2, 640, kEnd}}), "12"); }

TEST(KeyPresses, APayloadTooShortForAnEventIsNone) {
    KeyPresses presses;
    const std::uint8_t three[]{5, 0x80, 1};
    EXPECT_FALSE(presses.on_event(1, true, three));
}

}  // namespace
}  // namespace hotline::media
