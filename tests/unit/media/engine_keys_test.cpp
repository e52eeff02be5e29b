// Key presses through the engine: each told once, and passed on to who can take them.
#include <cmath>

#include "exchange.h"
#include "media/g711.h"

namespace hotline::media {
namespace {

using call::Codec;

TEST(EngineKeys, EachPressIsToldOnce) {
    Exchange x;
    Phone phone;
    const auto local = x.join(1, phone);
    phone.press(local, 1);
    phone.say(local, 0xd5);
    phone.press(local, 1);
    phone.press(local, 11);
    EXPECT_EQ(x.events.keys_until('#'), "11#");
}

TEST(EngineKeys, APressWhoseEndIsLostIsToldOnceAndTheNextToo) {
    Exchange x;
    Phone phone;
    const auto local = x.join(1, phone);
    phone.event_packet(local, 5, 160, false, 101, true);
    phone.event_packet(local, 5, 320, false);
    phone.timestamp += 4000;
    phone.event_packet(local, 5, 160, false, 101, true);
    phone.timestamp += 4000;
    phone.press(local, 10);
    EXPECT_EQ(x.events.keys_until('*'), "55*");
}

TEST(EngineKeys, ARepeatedPacketIsNoSecondPress) {
    Exchange x;
    Phone phone;
    const auto local = x.join(1, phone);
    for (int i = 0; i < 5; ++i) {
        phone.event_packet(local, 7, 640, true, 101, true);
        --phone.sequence;
    }
    ++phone.sequence;
    phone.timestamp += 4000;
    phone.press(local, 0);
    EXPECT_EQ(x.events.keys_until('0'), "70");
}

TEST(EngineKeys, AKeyOfAnotherPayloadTypeIsNone) {
    Exchange x;
    Phone phone;
    const auto local = x.join(1, phone, {.telephone_event = 101});
    phone.press(local, 3, 96);
    phone.press(local, 4, 101);
    EXPECT_EQ(x.events.keys_until('4'), "4");
    x.close(1);
    EXPECT_EQ(x.dropped("unknown_payload"), 6);
}

TEST(EngineKeys, ArePassedOnWithTheOtherSidesPayloadType) {
    Exchange x;
    Phone caller, agent;
    const auto a = x.join(1, caller, {.telephone_event = 101});
    x.join(2, agent, {.telephone_event = 96});
    x.bridge(1, 2);
    x.settle();
    caller.say(a, 0x10);
    caller.press(a, 8);
    const auto before = agent.hear().value();
    for (int i = 0; i < 6; ++i) {
        const auto event = agent.hear().value();
        EXPECT_EQ(event.header.payload_type, 96);
        EXPECT_EQ(event.header.sequence, static_cast<std::uint16_t>(before.header.sequence + 1 + i));
        EXPECT_EQ(event.header.timestamp, before.header.timestamp + 160);
        EXPECT_EQ(event.header.marker, i == 0);
        EXPECT_EQ(event.payload[0], 8);
    }
    EXPECT_EQ(x.events.keys_until('8'), "8");
}

TEST(EngineKeys, AreKeptFromASideThatDidNotAgreeWithoutAGap) {
    Exchange x;
    Phone caller, agent;
    const auto a = x.join(1, caller);
    x.join(2, agent, {.telephone_event = std::nullopt});
    x.bridge(1, 2);
    x.settle();
    caller.say(a, 0x10);
    caller.press(a, 8);
    caller.say(a, 0x11);
    const auto before = agent.hear().value(), after = agent.hear().value();
    EXPECT_EQ(after.payload[0], 0x11);
    EXPECT_EQ(after.header.sequence, static_cast<std::uint16_t>(before.header.sequence + 1));
    EXPECT_EQ(after.header.timestamp, before.header.timestamp + 160 + 640);
    EXPECT_TRUE(after.header.marker);
}

/// `ms` of a key's two tones at −10 dBm0 each (ITU-T Q.23), or of silence.
Bytes tones(double low, double high, int ms, Codec codec) {
    constexpr double kAmplitude = 7000;
    Bytes out;
    for (int n = 0; n < ms * 8; ++n) {
        const double t = n / 8000.0;
        const auto sample = static_cast<std::int16_t>(kAmplitude * (std::sin(2 * M_PI * low * t) + std::sin(2 * M_PI * high * t)));
        out.push_back(codec == Codec::Pcma ? linear_to_alaw(sample) : linear_to_ulaw(sample));
    }
    return out;
}

void say_all(Phone& phone, const Address& to, const Bytes& bytes, Codec codec) {
    for (std::size_t at = 0; at + 160 <= bytes.size(); at += 160) {
        phone.say(to, std::span(bytes).subspan(at, 160), static_cast<std::uint8_t>(codec));
    }
}

TEST(EngineKeys, ComeAsTonesWhereEventsWereNotAgreed) {
    for (const Codec codec : {Codec::Pcma, Codec::Pcmu}) {
        Exchange x;
        Phone phone;
        const auto local = x.join(1, phone, {.codec = codec, .telephone_event = std::nullopt});
        say_all(phone, local, tones(770, 1336, 100, codec), codec);
        say_all(phone, local, tones(0, 0, 100, codec), codec);
        say_all(phone, local, tones(941, 1477, 100, codec), codec);
        EXPECT_EQ(x.events.keys_until('#'), "5#");
    }
}

TEST(EngineKeys, TonesAreMerelySoundWhereEventsWereAgreedOrTonesAreTurnedOff) {
    Config without;
    without.inband_dtmf = false;
    for (const bool agreed : {true, false}) {
        Exchange x(agreed ? Config{} : without);
        Phone phone;
        const auto local = x.join(1, phone, {.telephone_event = agreed ? std::optional<std::uint8_t>(101) : std::nullopt});
        say_all(phone, local, tones(770, 1336, 100, Codec::Pcma), Codec::Pcma);
        say_all(phone, local, tones(0, 0, 100, Codec::Pcma), Codec::Pcma);
        EXPECT_EQ(x.close(1).packets_in, 10u);
        EXPECT_EQ(x.events.count<call::DigitHeard>(), 0u);
    }
}

}  // namespace
}  // namespace hotline::media
