#include "sip/sdp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hotline::sip {
namespace {

using call::Codec;
using call::Direction;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

/// A session with its lines joined by CR LF; `media` are the lines from the first m= on.
std::string session(std::initializer_list<std::string> media, const std::string& connection = "c=IN IP4 192.0.2.1") {
    std::string body =
        "v=0\r\no=phone 7 9 IN IP4 192.0.2.1\r\ns=-\r\n" + (connection.empty() ? "" : connection + "\r\n") + "t=0 0\r\n";
    for (const auto& line : media) body += line + "\r\n";
    return body;
}

RemoteSdp read(const std::string& body) {
    auto sdp = read_sdp(body);
    EXPECT_TRUE(sdp.ok()) << sdp.error().text;
    return sdp.ok() ? *sdp : RemoteSdp{};
}

bool usable(const std::string& body) { return read(body).usable; }

call::LocalAudio ours() {
    call::LocalAudio audio;
    audio.rtp = *Address::parse("198.51.100.7:20000");
    audio.codecs = {{Codec::Pcma, 8}, {Codec::Pcmu, 0}};
    audio.telephone_event = 101;
    return audio;
}

// ── Reading ──

TEST(ReadSdp, a_plain_phone) {
    const auto sdp = read(session({"m=audio 4000 RTP/AVP 8 0 101", "a=rtpmap:101 telephone-event/8000", "a=ptime:30"}));
    EXPECT_TRUE(sdp.usable);
    EXPECT_EQ(sdp.audio.rtp, *Address::parse("192.0.2.1:4000"));
    EXPECT_EQ(sdp.audio.rtcp, *Address::parse("192.0.2.1:4001"));
    EXPECT_THAT(sdp.audio.codecs, ElementsAre(Pair(Codec::Pcma, 8), Pair(Codec::Pcmu, 0)));
    EXPECT_EQ(sdp.audio.telephone_event, 101);
    EXPECT_EQ(sdp.audio.ptime, 30ms);
    EXPECT_EQ(sdp.audio.direction, Direction::SendRecv);
    EXPECT_EQ(sdp.origin_key, "phone 7 9 IN IP4 192.0.2.1");
}

TEST(ReadSdp, lines_may_end_with_LF_alone) {
    EXPECT_TRUE(usable("v=0\no=- 1 1 IN IP4 192.0.2.1\nc=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 0\n"));
}

TEST(ReadSdp, static_payload_types_need_no_rtpmap_and_dynamic_ones_do) {
    EXPECT_THAT(read(session({"m=audio 4000 RTP/AVP 0"})).audio.codecs, ElementsAre(Pair(Codec::Pcmu, 0)));
    EXPECT_THAT(read(session({"m=audio 4000 RTP/AVP 96", "a=rtpmap:96 pcma/8000/1"})).audio.codecs,
                ElementsAre(Pair(Codec::Pcma, 96)));
    EXPECT_FALSE(usable(session({"m=audio 4000 RTP/AVP 96"})));
    EXPECT_FALSE(usable(session({"m=audio 4000 RTP/AVP 96", "a=rtpmap:96 PCMA/16000"})));
    EXPECT_FALSE(usable(session({"m=audio 4000 RTP/AVP 96", "a=rtpmap:96 PCMA/8000/2"})));
}

TEST(ReadSdp, a_static_type_that_was_mapped_to_something_else_is_something_else) {
    EXPECT_FALSE(usable(session({"m=audio 4000 RTP/AVP 8", "a=rtpmap:8 G729/8000"})));
}

TEST(ReadSdp, each_codec_counts_once_in_the_order_of_the_offer) {
    const auto sdp = read(session({"m=audio 4000 RTP/AVP 97 8 0", "a=rtpmap:97 PCMA/8000"}));
    EXPECT_THAT(sdp.audio.codecs, ElementsAre(Pair(Codec::Pcma, 97), Pair(Codec::Pcmu, 0)));
}

TEST(ReadSdp, telephone_event_is_taken_at_8000_only) {
    const auto sdp = read(
        session({"m=audio 4000 RTP/AVP 0 100 101", "a=rtpmap:100 telephone-event/48000", "a=rtpmap:101 telephone-event/8000"}));
    EXPECT_EQ(sdp.audio.telephone_event, 101);
    EXPECT_FALSE(usable(session({"m=audio 4000 RTP/AVP 101", "a=rtpmap:101 telephone-event/8000"})))
        << "keys alone are no conversation";
}

TEST(ReadSdp, what_is_not_used_is_not_judged) {
    // RFC 4475: an rtpmap without a clock rate, on a video line that is refused anyway.
    const auto sdp = read(session({"m=audio 49217 RTP/AVP 0 12", "a=rtpmap:12 ", "a=nonsense", "m=video 3227 RTP/AVP 31",
                                   "a=rtpmap:31 LPC", "a=rtpmap:999999999999 x", "z z z", "=", "x=unknown"}));
    EXPECT_TRUE(sdp.usable);
    ASSERT_EQ(sdp.lines.size(), 2u);
    EXPECT_EQ(sdp.lines[1].kind, "video");
}

TEST(ReadSdp, the_media_line_that_never_ends_in_libsofia) {
    const auto sdp = read(session({"m=audio 49217 RTP/;;;;SIP/2.0;;AVP 0 12"}));
    EXPECT_FALSE(sdp.usable);
    EXPECT_EQ(sdp.lines.size(), 1u);
}

TEST(ReadSdp, the_first_usable_audio_line_is_taken) {
    const auto sdp = read(session({"m=video 5000 RTP/AVP 31", "m=audio 0 RTP/AVP 8", "m=audio 4000 RTP/SAVP 8",
                                   "m=audio 4002 RTP/AVP 18", "m=audio 4004 RTP/AVP 8", "m=audio 4006 RTP/AVP 0"}));
    EXPECT_TRUE(sdp.usable);
    EXPECT_EQ(sdp.audio_line, 4u);
    EXPECT_EQ(sdp.audio.rtp.port, 4004);
    EXPECT_THAT(sdp.audio.codecs, ElementsAre(Pair(Codec::Pcma, 8)));
    EXPECT_EQ(sdp.lines.size(), 6u);
}

TEST(ReadSdp, attributes_of_another_audio_line_do_not_leak) {
    const auto sdp = read(session({"m=audio 4000 RTP/AVP 8", "m=audio 4002 RTP/AVP 0 101", "a=rtpmap:101 telephone-event/8000",
                                   "a=sendonly", "a=rtcp-mux", "c=IN IP4 192.0.2.99"}));
    EXPECT_EQ(sdp.audio.rtp, *Address::parse("192.0.2.1:4000"));
    EXPECT_FALSE(sdp.audio.telephone_event);
    EXPECT_FALSE(sdp.audio.rtcp_mux);
    EXPECT_EQ(sdp.audio.direction, Direction::SendRecv);
}

TEST(ReadSdp, the_media_s_connection_and_direction_win_over_the_session_s) {
    auto body = session({"m=audio 4000 RTP/AVP 8", "c=IN IP6 2001:db8::5", "a=recvonly"}, "c=IN IP4 192.0.2.1\r\na=inactive");
    const auto sdp = read(body);
    EXPECT_EQ(sdp.audio.rtp, *Address::parse("[2001:db8::5]:4000"));
    EXPECT_EQ(sdp.audio.direction, Direction::RecvOnly);
    EXPECT_EQ(read(session({"m=audio 4000 RTP/AVP 8"}, "c=IN IP4 192.0.2.1\r\na=sendonly")).audio.direction, Direction::SendOnly);
}

TEST(ReadSdp, an_IPv4_mapped_address_is_the_IPv4_address) {
    EXPECT_EQ(read(session({"m=audio 4000 RTP/AVP 8"}, "c=IN IP6 ::ffff:192.0.2.2")).audio.rtp, *Address::parse("192.0.2.2:4000"));
}

TEST(ReadSdp, any_as_address_is_hold) {
    const auto hold = read(session({"m=audio 4000 RTP/AVP 8"}, "c=IN IP4 0.0.0.0"));
    EXPECT_TRUE(hold.usable);
    EXPECT_EQ(hold.audio.direction, Direction::SendOnly);
    EXPECT_EQ(read(session({"m=audio 4000 RTP/AVP 8", "a=inactive"}, "c=IN IP4 0.0.0.0")).audio.direction, Direction::Inactive);
    EXPECT_EQ(read(session({"m=audio 4000 RTP/AVP 8", "a=recvonly"}, "c=IN IP6 ::")).audio.direction, Direction::Inactive);
}

TEST(ReadSdp, addresses_that_nothing_may_be_sent_to_are_not_usable) {
    for (const auto* connection : {"c=IN IP4 224.2.1.1/127", "c=IN IP6 ff02::1", "c=IN IP4 255.255.255.255",
                                   "c=IN IP4 host.example.com", "c=IN IP4 192.0.2.300", "c=ATM NSAP 47.0091", "c=", "c=IN", ""}) {
        EXPECT_FALSE(usable(session({"m=audio 4000 RTP/AVP 8"}, connection))) << connection;
    }
}

TEST(ReadSdp, rtcp_goes_where_the_phone_says) {
    const auto rtcp = [](std::initializer_list<std::string> attributes) {
        std::string body = session({"m=audio 4000 RTP/AVP 8"});
        for (const auto& a : attributes) body += a + "\r\n";
        return to_text(read(body).audio.rtcp);
    };
    EXPECT_EQ(rtcp({"a=rtcp:5000"}), "192.0.2.1:5000");
    EXPECT_EQ(rtcp({"a=rtcp:5000 IN IP4 192.0.2.9"}), "192.0.2.9:5000");
    EXPECT_EQ(rtcp({"a=rtcp:5000 IN IP4 224.0.0.1"}), "192.0.2.1:5000");
    EXPECT_EQ(rtcp({"a=rtcp:0"}), "192.0.2.1:4001");
    EXPECT_EQ(rtcp({"a=rtcp:70000"}), "192.0.2.1:4001");
    EXPECT_EQ(rtcp({"a=rtcp:5000", "a=rtcp-mux"}), "192.0.2.1:4000");
    EXPECT_EQ(to_text(read(session({"m=audio 65535 RTP/AVP 8"})).audio.rtcp), "192.0.2.1:65535");
}

TEST(ReadSdp, packet_times_are_kept_between_10_and_60_ms) {
    const auto ptime = [](const std::string& line) { return to_ms(read(session({"m=audio 4000 RTP/AVP 8", line})).audio.ptime); };
    EXPECT_EQ(ptime("a=ptime:10"), 10);
    EXPECT_EQ(ptime("a=ptime:0"), 10);
    EXPECT_EQ(ptime("a=ptime:200"), 60);
    EXPECT_EQ(ptime("a=ptime:25"), 20);
    EXPECT_EQ(ptime("a=ptime:x"), 20);
    EXPECT_EQ(ptime("a=ptime:-20"), 20);
    EXPECT_EQ(ptime("a=maxptime:10"), 10);
    EXPECT_EQ(ptime("a=maxptime:150"), 20);
}

TEST(ReadSdp, what_is_no_SDP_is_invalid) {
    for (const auto* body : {"", "\r\n", "hello", "<audio>\r\n", "v=1\r\n", "o=- 1 1 IN IP4 192.0.2.1\r\nv=0\r\n"}) {
        const auto sdp = read_sdp(body);
        ASSERT_FALSE(sdp.ok()) << body;
        EXPECT_EQ(sdp.error().kind, ErrorKind::Invalid);
    }
}

TEST(ReadSdp, a_media_line_that_an_answer_could_not_repeat_is_invalid) {
    for (const std::string line :
         {"m=audio", "m=audio 4000", "m=audio 4000 RTP/AVP", "m=audio x RTP/AVP 0", "m=audio 70000 RTP/AVP 0",
          "m=video -1 RTP/AVP 31", "m=vid\x01 5 RTP/AVP 31", "m=video 5 RTP/AVP 3\x7f", "m= ", "m="}) {
        EXPECT_FALSE(read_sdp(session({"m=audio 4000 RTP/AVP 8", line})).ok()) << line;
    }
    EXPECT_FALSE(read_sdp(session({std::string("m=audio 4000 RTP/AVP 8\0", 23)})).ok());
    EXPECT_TRUE(read_sdp(session({"m=audio 4000/2 RTP/AVP 8"})).ok());
}

TEST(ReadSdp, everything_has_a_limit) {
    const auto many = [](const std::string& line, int n) {
        std::string body = session({"m=audio 4000 RTP/AVP 8"});
        for (int i = 0; i < n; ++i) body += line + "\r\n";
        return read_sdp(body).ok();
    };
    EXPECT_TRUE(many("a=x", 256));
    EXPECT_FALSE(many("a=x", 257));
    EXPECT_TRUE(many("m=video 1 RTP/AVP 31", 31));
    EXPECT_FALSE(many("m=video 1 RTP/AVP 31", 32));
    EXPECT_TRUE(many("y=", 900));
    EXPECT_FALSE(many("y=", 1000));
    EXPECT_FALSE(many(std::string(70000, 'y'), 1));
    std::string formats = "m=audio 4000 RTP/AVP";
    for (int i = 0; i < 64; ++i) formats += " 8";
    EXPECT_TRUE(read_sdp(session({formats})).ok());
    EXPECT_FALSE(read_sdp(session({formats + " 8"})).ok());
}

TEST(ReadSdp, a_body_without_media_is_well_formed_but_of_no_use) {
    const auto sdp = read(session({}));
    EXPECT_FALSE(sdp.usable);
    EXPECT_TRUE(sdp.lines.empty());
}

// ── Writing ──

TEST(WriteSdp, an_offer_can_be_read_back) {
    OwnSdp own;
    const auto sdp = read(write_offer(ours(), own));
    EXPECT_TRUE(sdp.usable);
    EXPECT_EQ(sdp.audio.rtp, ours().rtp);
    EXPECT_EQ(sdp.audio.codecs, ours().codecs);
    EXPECT_EQ(sdp.audio.telephone_event, 101);
    EXPECT_NE(own.id, 0u);
    EXPECT_EQ(own.version, 1u);
}

TEST(WriteSdp, an_offer_over_IPv6_says_so) {
    OwnSdp own;
    auto audio = ours();
    audio.rtp = *Address::parse("[2001:db8::7]:20000");
    EXPECT_THAT(write_offer(audio, own), HasSubstr("\r\nc=IN IP6 2001:db8::7\r\n"));
}

TEST(WriteSdp, the_version_rises_only_when_the_body_changes) {
    OwnSdp own;
    const auto first = write_offer(ours(), own);
    const auto id = own.id;
    EXPECT_EQ(write_offer(ours(), own), first);
    EXPECT_EQ(own.version, 1u);
    auto held = ours();
    held.direction = Direction::SendOnly;
    EXPECT_NE(write_offer(held, own), first);
    EXPECT_EQ(own.version, 2u);
    write_offer(ours(), own);
    EXPECT_EQ(own.version, 3u) << "back to what was said before last is a change, too";
    EXPECT_EQ(own.id, id);
}

TEST(WriteSdp, an_answer_keeps_number_and_order_of_the_media_lines) {
    const auto offer = read(session({"m=video 5000 RTP/AVP 31 96", "m=audio 4000 RTP/AVPF 97 8", "a=rtpmap:97 PCMA/8000",
                                     "m=audio 4002 RTP/AVP 0", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel"}));
    OwnSdp own;
    auto audio = ours();
    audio.codecs = {{Codec::Pcma, 97}};
    const auto body = write_answer(audio, own, offer);
    EXPECT_THAT(body, HasSubstr("m=video 0 RTP/AVP 31 96\r\nm=audio 20000 RTP/AVPF 97 101\r\na=rtpmap:97 PCMA/8000\r\n"));
    EXPECT_THAT(body, HasSubstr("m=audio 0 RTP/AVP 0\r\nm=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"));
    const auto again = read(body);
    EXPECT_EQ(again.lines.size(), 4u);
    EXPECT_EQ(again.audio_line, 1u);
}

TEST(WriteSdp, a_later_offer_keeps_the_refused_lines) {
    const auto offer = read(session({"m=video 5000 RTP/AVP 31", "m=audio 4000 RTP/AVP 8"}));
    OwnSdp own;
    auto audio = ours();
    audio.codecs = {{Codec::Pcma, 8}};
    write_answer(audio, own, offer);
    audio.direction = Direction::SendOnly;
    const auto body = write_offer(audio, own);
    EXPECT_THAT(body, HasSubstr("m=video 0 RTP/AVP 31\r\nm=audio 20000 RTP/AVP 8 101\r\n"));
    EXPECT_THAT(body, HasSubstr("a=sendonly\r\n"));
    EXPECT_EQ(own.version, 2u);
}

TEST(WriteSdp, mux_is_said_only_when_wanted) {
    OwnSdp own;
    auto audio = ours();
    EXPECT_THAT(write_offer(audio, own), Not(HasSubstr("rtcp-mux")));
    audio.rtcp_mux = true;
    EXPECT_THAT(write_offer(audio, own), HasSubstr("a=rtcp-mux\r\n"));
}

}  // namespace
}  // namespace hotline::sip
