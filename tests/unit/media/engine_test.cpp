// Calls through the engine on real sockets: playing, bridging, hold, what goes over the wire.
#include <gmock/gmock.h>
#include <sys/epoll.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "exchange.h"
#include "media/g711.h"
#include "media/player.h"

namespace hotline::media {
namespace {

using call::Codec;

TEST(EnginePlays, EachByteWithUnbrokenNumbers) {
    Exchange x;
    Phone phone;
    x.join(1, phone);
    x.play(1, {numbered_frames(3), nullptr, numbered_frames(2, 50)});
    std::optional<rtp::Header> before;
    for (const int frame : {1, 2, 3, 50, 51}) {
        const auto heard = phone.hear();
        ASSERT_TRUE(heard);
        EXPECT_EQ(heard->payload, Bytes(160, static_cast<std::uint8_t>(frame)));
        EXPECT_EQ(heard->header.payload_type, 8);
        EXPECT_EQ(heard->header.marker, !before.has_value());
        if (before) {
            EXPECT_EQ(heard->header.sequence, static_cast<std::uint16_t>(before->sequence + 1));
            EXPECT_EQ(heard->header.timestamp, before->timestamp + 160);
            EXPECT_EQ(heard->header.ssrc, before->ssrc);
        }
        before = heard->header;
    }
    const auto ended = x.events.wait<call::PlayEnded>();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->play.value, 1u);
    EXPECT_FALSE(phone.hear(0ms));
}

TEST(EnginePlays, SeamsAreSampleExactAndTheLastFrameEndsInSilence) {
    Exchange x;
    Phone phone;
    x.join(1, phone, {.codec = Codec::Pcmu});
    x.play(1, {sound_of(Bytes(100, 1), Bytes(100, 2)), sound_of(Bytes(100, 3), Bytes(100, 4))});
    const auto first = phone.hear(), second = phone.hear();
    ASSERT_TRUE(first && second);
    Bytes all = first->payload;
    all.insert(all.end(), second->payload.begin(), second->payload.end());
    Bytes expected(100, 2);
    expected.insert(expected.end(), 100, 4);
    expected.insert(expected.end(), 120, kUlawSilence);
    EXPECT_EQ(all, expected);
}

TEST(EnginePlays, MusicAgainAndAgainUntilStopped) {
    Exchange x;
    Phone phone;
    x.join(1, phone);
    x.play(1, {numbered_frames(2)}, Mode::Loop);
    for (const int frame : {1, 2, 1, 2, 1}) EXPECT_EQ(phone.hear().value().payload[0], frame);
    x.engine->stop(call::LegId{1});
    x.settle();
    while (phone.hear(0ms)) {
    }
    x.play(1, {numbered_frames(1, 9)}, Mode::Once, 2);
    EXPECT_EQ(phone.hear().value().payload[0], 9);
    EXPECT_EQ(x.events.wait<call::PlayEnded>().value().play.value, 2u);  // none for the music
}

TEST(EnginePlays, NothingToPlayEndsAtOnce) {
    Exchange x;
    Phone phone;
    x.join(1, phone);
    x.play(1, {nullptr});
    EXPECT_TRUE(x.events.wait<call::PlayEnded>());
    x.play(1, {}, Mode::Loop, 2);
    x.play(1, {}, Mode::Once, 4);
    EXPECT_EQ(x.events.wait<call::PlayEnded>().value().play.value, 4u) << "music ends without a word";
}

TEST(EnginePlays, ANewOrderReplacesTheOldOne) {
    Exchange x;
    Phone phone;
    x.join(1, phone);
    x.play(1, {numbered_frames(200)}, Mode::Once, 1);
    ASSERT_TRUE(phone.hear());
    x.play(1, {numbered_frames(1, 99)}, Mode::Once, 2);
    EXPECT_EQ(x.events.wait<call::PlayEnded>().value().play.value, 2u);
    EXPECT_EQ(x.events.count<call::PlayEnded>(), 0u);
}

TEST(EnginePlays, WaitsForTheAgreement) {
    Exchange x;
    Phone phone;
    x.open(1);
    x.play(1, {numbered_frames(2)});
    x.settle();
    x.connect(1, phone);
    EXPECT_EQ(phone.hear().value().payload[0], 1);
}

TEST(EngineBridges, BothWaysWithOwnNumbers) {
    Exchange x;
    Phone caller, agent;
    agent.ssrc = 0x33334444;
    const auto a = x.join(1, caller), b = x.join(2, agent);
    x.bridge(1, 2);
    x.settle();
    for (int i = 0; i < 5; ++i) {
        caller.say(a, static_cast<std::uint8_t>(10 + i));
        agent.say(b, static_cast<std::uint8_t>(20 + i));
        const auto at_agent = agent.hear(), at_caller = caller.hear();
        ASSERT_TRUE(at_agent && at_caller);
        EXPECT_EQ(at_agent->payload, Bytes(160, static_cast<std::uint8_t>(10 + i)));
        EXPECT_EQ(at_caller->payload, Bytes(160, static_cast<std::uint8_t>(20 + i)));
        EXPECT_NE(at_agent->header.ssrc, caller.ssrc);
        EXPECT_NE(at_caller->header.ssrc, at_agent->header.ssrc);
        EXPECT_EQ(at_agent->header.marker, i == 0);
    }
    const auto quality = x.close(1);
    EXPECT_EQ(quality.packets_in, 5u);
    EXPECT_EQ(quality.packets_out, 5u);
    EXPECT_EQ(quality.lost_in, 0u);
}

TEST(EngineBridges, LossAndReorderingStayVisibleBehindUs) {
    Exchange x;
    Phone caller, agent;
    const auto a = x.join(1, caller);
    x.join(2, agent);
    x.bridge(1, 2);
    x.settle();
    const auto send = [&](int n) {
        caller.send(a, {false, 8, static_cast<std::uint16_t>(100 + n), static_cast<std::uint32_t>(160 * n), 7},
                    Bytes(160, static_cast<std::uint8_t>(n)));
    };
    for (const int n : {0, 1, 3, 2, 6, 6}) send(n);
    const auto first = agent.hear().value().header;
    for (const int n : {1, 3, 2, 6}) {
        const auto heard = agent.hear().value();
        EXPECT_EQ(heard.payload[0], n);
        EXPECT_EQ(heard.header.sequence, static_cast<std::uint16_t>(first.sequence + n));
        EXPECT_EQ(heard.header.timestamp, first.timestamp + static_cast<std::uint32_t>(160 * n));
    }
    const auto quality = x.close(1);
    EXPECT_FALSE(agent.hear(0ms)) << "a duplicate is passed on";
    EXPECT_EQ(x.dropped("duplicate"), 1);
    EXPECT_EQ(quality.lost_in, 1u);  // 4 and 5 are missing, 6 came twice (RFC 3550 A.3 counts it)
}

TEST(EngineBridges, OneStreamAcrossPromptBridgePrompt) {
    Exchange x;
    Phone caller, agent;
    x.join(1, caller);
    const auto b = x.join(2, agent);
    std::vector<rtp::Header> headers;
    const auto hear = [&](std::uint8_t payload) {
        const auto heard = caller.hear();
        ASSERT_TRUE(heard);
        EXPECT_EQ(heard->payload[0], payload);
        headers.push_back(heard->header);
    };
    x.play(1, {numbered_frames(2)});
    hear(1), hear(2);
    ASSERT_TRUE(x.events.wait<call::PlayEnded>());
    x.bridge(1, 2);
    x.settle();
    agent.say(b, 0x71), agent.say(b, 0x72);
    hear(0x71), hear(0x72);
    x.engine->unbridge(call::LegId{2});
    x.play(1, {numbered_frames(2)}, Mode::Once, 2);
    hear(1), hear(2);
    ASSERT_EQ(headers.size(), 6u);
    for (std::size_t i = 1; i < headers.size(); ++i) {
        EXPECT_EQ(headers[i].ssrc, headers[0].ssrc);
        EXPECT_EQ(headers[i].sequence, static_cast<std::uint16_t>(headers[i - 1].sequence + 1));
        EXPECT_EQ(headers[i].marker, i % 2 == 0) << i;
        const auto step = rtp::ahead(headers[i - 1].timestamp, headers[i].timestamp);
        EXPECT_GE(step, 160);
        EXPECT_LT(step, 5 * rtp::kTicksPerSecond);
    }
}

TEST(EngineBridges, LawsAreConvertedOnlyWhereTheyDiffer) {
    Exchange x;
    Phone caller, agent;
    const auto a = x.join(1, caller, {.codec = Codec::Pcma}), b = x.join(2, agent, {.codec = Codec::Pcmu});
    x.bridge(1, 2);
    x.settle();
    Bytes every(256);
    for (std::size_t i = 0; i < every.size(); ++i) every[i] = static_cast<std::uint8_t>(i);
    Bytes as_ulaw(256), as_alaw(256);
    alaw_to_ulaw(every, as_ulaw);
    ulaw_to_alaw(every, as_alaw);

    caller.say(a, every, 8);
    const auto at_agent = agent.hear().value();
    EXPECT_EQ(at_agent.header.payload_type, 0);
    EXPECT_EQ(at_agent.payload, as_ulaw);

    agent.say(b, every, 0);
    const auto at_caller = caller.hear().value();
    EXPECT_EQ(at_caller.header.payload_type, 8);
    EXPECT_EQ(at_caller.payload, as_alaw);

    caller.say(a, every, 0);  // the caller switches to the agent's law without a word
    EXPECT_EQ(agent.hear().value().payload, every);
}

TEST(EngineBridges, HeaderExtensionsSourcesAndPaddingAreTakenOff) {
    Exchange x;
    Phone caller, agent;
    const auto a = x.join(1, caller);
    x.join(2, agent);
    x.bridge(1, 2);
    x.settle();
    Bytes packet{0xb1, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9, /*source*/ 1, 2, 3, 4, /*extension*/ 0xbe, 0xde, 0, 1, 0x10, 0xff, 0, 0};
    packet.insert(packet.end(), 160, 0x42);
    packet.insert(packet.end(), {0, 0, 0, 4});
    caller.rtp.send(a, packet);
    const auto raw = agent.rtp.receive();
    ASSERT_TRUE(raw);
    EXPECT_EQ(raw->size(), 172u);
    EXPECT_EQ((*raw)[0], 0x80);
    EXPECT_EQ(Bytes(raw->begin() + 12, raw->end()), Bytes(160, 0x42));
}

TEST(EngineBridges, BridgingStopsWhatIsPlayedToEither) {
    Exchange x;
    Phone caller, agent;
    x.join(1, caller), x.join(2, agent);
    x.play(1, {numbered_frames(1)}, Mode::Loop, 1);
    x.play(2, {numbered_frames(200)}, Mode::Once, 2);
    ASSERT_TRUE(caller.hear() && agent.hear());
    x.bridge(1, 2);
    x.settle();
    while (caller.hear(0ms) || agent.hear(0ms)) {
    }
    x.play(2, {numbered_frames(1, 77)}, Mode::Once, 3);
    EXPECT_EQ(agent.hear().value().payload[0], 77);
    EXPECT_EQ(x.events.wait<call::PlayEnded>().value().play.value, 3u);
    EXPECT_FALSE(caller.hear(0ms));
}

TEST(EngineBridges, APromptToABridgedLegComesBeforeTheOther) {
    Exchange x;
    Phone caller, agent;
    const auto a = x.join(1, caller);
    x.join(2, agent);
    x.bridge(1, 2);
    x.play(2, {numbered_frames(1, 77)}, Mode::Loop);
    ASSERT_EQ(agent.hear().value().payload[0], 77);
    caller.say(a, 0x11);
    x.settle();
    x.engine->stop(call::LegId{2});
    x.settle();
    while (const auto heard = agent.hear(0ms)) EXPECT_EQ(heard->payload[0], 77);
    caller.say(a, 0x12);
    EXPECT_EQ(agent.hear().value().payload[0], 0x12);
}

TEST(EngineHolds, NothingIsSentToALegThatWantsNothing) {
    Exchange x;
    Phone caller, agent;
    x.join(1, caller, {.send = false});
    const auto b = x.join(2, agent);
    x.play(1, {numbered_frames(3)});
    EXPECT_TRUE(x.events.wait<call::PlayEnded>()) << "time goes by for a prompt that is not heard";
    x.bridge(1, 2);
    x.settle();
    agent.say(b, 0x55);
    const auto quality = x.close(1);
    EXPECT_EQ(quality.packets_out, 0u);
    EXPECT_FALSE(caller.hear(0ms));
}

TEST(EngineHolds, WhatAHeldLegSaysIsNotPassedOn) {
    Exchange x;
    Phone caller, agent;
    const auto a = x.join(1, caller, {.receive = false});
    x.join(2, agent);
    x.bridge(1, 2);
    x.settle();
    caller.say(a, 0x55);
    caller.press(a, 4);
    EXPECT_EQ(x.events.keys_until('4'), "4");
    x.connect(1, caller);
    x.settle();
    caller.say(a, 0x56);
    EXPECT_EQ(agent.hear().value().payload[0], 0x56);
    x.close(1);
    EXPECT_EQ(x.dropped("on_hold"), 1);
}

TEST(EngineHolds, AnAddressThatMayNotBeSentToGetsNothing) {
    Exchange x;
    const auto leg = call::LegId{1};
    x.open(1);
    for (const char* remote : {"0.0.0.0:4000", "127.0.0.1:0", "224.0.0.5:4000", "[::1]:4000"}) {
        call::AgreedAudio audio;
        audio.remote_rtp = audio.remote_rtcp = Address::parse(remote).value();
        x.engine->connect(leg, audio);
        x.play(1, {numbered_frames(1)});
        ASSERT_TRUE(x.events.wait<call::PlayEnded>());
    }
    EXPECT_EQ(x.close(1).packets_out, 0u);
}

TEST(EngineSpeaks, OverIpv6) {
    Exchange x;
    std::optional<Phone> phone;
    try {
        phone.emplace("::1");
    } catch (const std::runtime_error&) {
        GTEST_SKIP() << "no IPv6 on this host";
    }
    const auto local = x.join(1, *phone);
    EXPECT_TRUE(local.ip.v6);
    x.play(1, {numbered_frames(1, 5)});
    EXPECT_EQ(phone->hear().value().payload[0], 5);
    Phone other("::1");
    const auto b = x.join(2, other);
    x.bridge(1, 2);
    x.settle();
    other.say(b, 0x31);
    EXPECT_EQ(phone->hear().value().payload[0], 0x31);
}

TEST(EngineSpeaks, WithTheAdvertisedAddressInSdp) {
    Config config;
    config.advertised = ip("192.0.2.7");
    Exchange x(config);
    EXPECT_EQ(x.open(1).ip, ip("192.0.2.7"));
}

TEST(EngineThreads, ABridgeAcrossThreadsMovesTheYoungerCall) {
    Config config;
    config.threads = 2;
    Exchange x(config);
    Phone caller, agent, third;
    const auto a = x.join(1, caller, {}, 1);
    const auto b = x.join(2, agent, {}, 2);  // the other thread is less loaded
    const auto c = x.join(3, third, {}, 2);
    x.bridge(2, 3);
    x.settle(2);
    agent.say(b, 0x01);
    ASSERT_EQ(third.hear().value().payload[0], 0x01);
    x.play(2, {numbered_frames(1)}, Mode::Loop, 1);

    x.bridge(1, 2);  // agent's call is the younger: leg 3 moves too
    x.play(3, {numbered_frames(1, 88)}, Mode::Once, 4);
    EXPECT_EQ(third.hear().value().payload[0], 88);
    caller.say(a, 0x21);
    std::optional<Heard> heard;
    while ((heard = agent.hear()) && heard->payload[0] != 0x21) {
    }
    ASSERT_TRUE(heard);
    agent.say(b, 0x22);
    EXPECT_EQ(caller.hear().value().payload[0], 0x22);
    third.say(c, 0x23);
    EXPECT_EQ(x.close(3).packets_in, 1u);
    EXPECT_EQ(x.close(2).packets_in, 2u);
    EXPECT_EQ(x.close(1).packets_in, 1u);
}

/// Descriptors of this process that are epoll sets, each with what it watches, as the system tells them.
std::map<int, std::vector<int>> epoll_sets() {
    std::map<int, std::vector<int>> sets;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;  // the folder's own descriptor
        if (std::filesystem::read_symlink(entry, gone) != "anon_inode:[eventpoll]") continue;
        const std::string number = entry.path().filename();
        auto& watched = sets[std::stoi(number)];
        std::ifstream info("/proc/self/fdinfo/" + number);
        for (std::string line; std::getline(info, line);)
            if (line.starts_with("tfd:")) watched.push_back(std::stoi(line.substr(4)));
    }
    return sets;
}

int socket_on(const Address& local) {
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        const int fd = std::stoi(entry.path().filename());
        Endpoint bound{};
        socklen_t length = sizeof bound;
        if (::getsockname(fd, &bound.any, &length) == 0 && bound.any.sa_family == AF_INET && bound.address() == local) return fd;
    }
    throw std::runtime_error("no socket on " + to_text(local.ip));
}

/// The next thread that is to watch this socket is refused: the system takes no descriptor twice (EEXIST).
void let_nobody_else_watch(const Address& local) {
    const int socket = socket_on(local);
    for (const auto& [epoll, watched] : epoll_sets()) {
        if (std::ranges::find(watched, socket) != watched.end()) continue;
        epoll_event nothing{};
        ASSERT_EQ(::epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &nothing), 0);
    }
}

TEST(EngineThreads, ALegThatIsLostOnItsWayToAnotherThreadEndsInOrder) {
    Config config;
    config.threads = 2;
    config.port_quarantine = Duration(0);
    Exchange x(config);
    Phone caller, agent, colleague;
    const auto a = x.join(1, caller, {}, 1);
    const auto b = x.join(2, agent, {}, 2);
    x.engine->record(CallId{2}, call::LegId{2}, "recordings/moved.wav");
    x.settle(2);
    agent.say(b, 0x01);
    x.settle(2);
    let_nobody_else_watch(b);

    x.bridge(1, 2);  // the younger call would move
    const auto closed = x.events.wait<call::AudioClosed>([](const auto& e) { return e.leg.value == 2; });
    ASSERT_TRUE(closed);
    EXPECT_EQ(closed->quality.packets_in, 1u) << "what it was like is not lost with it";
    const auto saved = x.events.wait<call::RecordingSaved>();
    ASSERT_TRUE(saved) << "its sound until then is kept";
    EXPECT_EQ(saved->call, CallId{2});
    ASSERT_TRUE(x.engine->flush_recordings(5s));
    EXPECT_EQ(x.metrics.gauge("recordings_open", "").value(), 0);
    EXPECT_EQ(x.metrics.gauge("media_legs_open", "").value(), 1);
    EXPECT_EQ(x.metrics.gauge("media_ports_open", "").value(), 2);

    const auto again = x.join(2, agent, {}, 2);  // the engine has forgotten it: the number is free
    x.join(3, colleague, {}, 2);
    x.bridge(2, 3);
    x.settle(2);
    agent.say(again, 0x02);
    EXPECT_EQ(colleague.hear().value().payload[0], 0x02);
    caller.say(a, 0x03);
    EXPECT_EQ(x.close(1).packets_in, 1u) << "the other call stays";
}

}  // namespace
}  // namespace hotline::media
