// Requests outside dialogs, and what is wrong with an INVITE.
#include "sip/peer.h"

namespace hotline::sip::test {
namespace {

using call::LegEnded;

class RequestTest : public SipTest {
  protected:
    /// An INVITE of the trunk that is refused at once; returns the refusal.
    Message refused(const std::string& body, const Extra& extra, int status) {
        Peer peer(Wire::Udp, daemon().address());
        Side caller(peer, "13800138000", "95000");
        caller.invite(body, extra);
        const Message answer = caller.expect(status);
        caller.ack_failure(answer);
        EXPECT_EQ(0u, daemon().count<call::InviteArrived>());
        return answer;
    }
    Message answer_to(const std::string& method, int status, const Extra& extra = {}) {
        Peer peer(Wire::Udp, daemon().address());
        Side side(peer, "13800138000", "95000");
        side.send(method, extra);
        return side.expect(status, method);
    }
};

Extra with(const std::string& header) {
    Extra extra;
    extra.headers = {header};
    return extra;
}

TEST_F(RequestTest, OptionsTellsWhatWeCanAndNotWhoWeAre) {
    const Message answer = answer_to("OPTIONS", 200);
    EXPECT_THAT(answer.header("Allow"), testing::HasSubstr("INVITE"));
    EXPECT_THAT(answer.header("Allow"), testing::Not(testing::HasSubstr("REFER")));
    EXPECT_EQ("application/sdp", answer.header("Accept"));
    EXPECT_EQ("timer", answer.header("Supported"));
    EXPECT_EQ("", answer.header("Server"));
    EXPECT_EQ("", answer.header("User-Agent"));
}

TEST_F(RequestTest, ReferIs403) { answer_to("REFER", 403, with("Refer-To: <sip:+8613900000000@example.com>")); }
TEST_F(RequestTest, SubscribeIs489) { answer_to("SUBSCRIBE", 489, with("Event: dialog")); }
TEST_F(RequestTest, MessageIs405) { EXPECT_NE("", answer_to("MESSAGE", 405).header("Allow")); }
TEST_F(RequestTest, AnUnknownMethodIs501) { answer_to("DANCE", 501); }
TEST_F(RequestTest, ByeOutsideADialogIs481) { answer_to("BYE", 481); }
TEST_F(RequestTest, AnUnknownSchemeIs416) {
    Extra extra;
    extra.uri = "nobodyKnowsThisScheme:totallyopaquecontent";
    answer_to("OPTIONS", 416, extra);
}

TEST_F(RequestTest, AnUnknownExtensionIs420) {
    EXPECT_EQ("bogus", refused(sdp(), with("Require: timer, bogus"), 420).header("Unsupported"));
}
TEST_F(RequestTest, ReliableProvisionalsAreNotPromised) {
    EXPECT_EQ("100rel", refused(sdp(), with("Require: 100rel"), 420).header("Unsupported"));
}
TEST_F(RequestTest, MaxForwardsZeroIs483) { refused(sdp(), with("Max-Forwards: 0"), 483); }
TEST_F(RequestTest, AnotherContentTypeIs415) {
    Extra extra;
    extra.content_type = "application/unknownformat";
    EXPECT_EQ("application/sdp", refused("<audio/>", extra, 415).header("Accept"));
}
TEST_F(RequestTest, AnUnknownEncodingIs415) { refused(sdp(), with("Content-Encoding: gzip"), 415); }
TEST_F(RequestTest, AcceptWithoutSdpIs406) {
    EXPECT_EQ("application/sdp", refused(sdp(), with("Accept: text/nobodyKnowsThis"), 406).header("Accept"));
}
TEST_F(RequestTest, BrokenSdpIs400) { refused("this is no session description\r\n", {}, 400); }
TEST_F(RequestTest, NoCommonCodecIs488) { refused(sdp(1, "", "97"), {}, 488); }
TEST_F(RequestTest, SdpThatLoopsInLibsofiaIsNoMatter) {
    refused("v=0\r\no=a 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 49217 RTP/;;;;SIP/2.0;;AVP 0 12\r\n",
            {}, 488);
}
TEST_F(RequestTest, TooShortASessionIntervalIs422) {
    Extra extra;
    extra.headers = {"Supported: timer", "Session-Expires: 60"};
    EXPECT_EQ("90", refused(sdp(), extra, 422).header("Min-SE"));
}

TEST_F(RequestTest, AMergedInviteIs482) {
    Peer peer(Wire::Udp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    const auto arrived = arrive(caller);
    Extra extra;
    extra.body = sdp();
    peer.send(caller.make("INVITE", caller.cseq, "z9hG4bK" + unique(), extra, peer));
    peer.expect_status(482, "INVITE");
    daemon().refuse(arrived.leg, 486);
    daemon().expect<LegEnded>();
}

TEST_F(RequestTest, ARepeatedInviteIsOneCall) {
    Peer peer(Wire::Udp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    const auto arrived = arrive(caller);
    Extra extra;
    extra.body = sdp();
    peer.send(caller.make("INVITE", caller.cseq, caller.branch, extra, peer));
    peer.expect_status(100, "INVITE");
    daemon().refuse(arrived.leg, 486);
    caller.ack_failure(caller.expect(486));
    daemon().expect<LegEnded>();
    EXPECT_EQ(0u, daemon().count<call::InviteArrived>());
}

TEST_F(RequestTest, NamesFromStrangersBecomeValidText) {
    Peer peer(Wire::Udp, daemon().address());
    Side caller(peer, "a%00b", "95000");
    const auto arrived = arrive(caller);
    EXPECT_EQ(
        "a\xEF\xBF\xBD"
        "b",
        arrived.caller);
    daemon().refuse(arrived.leg, 486);
    daemon().expect<LegEnded>();
}

TEST_F(RequestTest, ATooLongBodyIs413OverTcp) {
    config.max_message_bytes = 4000;
    Peer peer(Wire::Tcp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    Extra extra;
    extra.body = sdp();
    std::string head = caller.make("INVITE", 2, "z9hG4bK" + unique(), extra, peer);
    const std::string length = "Content-Length: " + std::to_string(extra.body.size());
    head.replace(head.find(length), length.size(), "Content-Length: 6000");
    peer.send(head);  // announced is enough
    peer.expect_status(413, "INVITE");
}

TEST_F(RequestTest, HeadersWithoutEndCloseTheConnection) {
    config.max_message_bytes = 4000;
    Peer peer(Wire::Tcp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    Extra extra;
    extra.headers = {"X-Long: " + std::string(6000, 'x')};
    caller.invite(sdp(), extra);
    EXPECT_TRUE(peer.closed_by_far_side(kPatience));
    EXPECT_EQ(0u, daemon().count<call::InviteArrived>());
}

// A response is the request's Via and more: here over the 65,507 bytes of a datagram, so that it cannot be sent. libsofia keeps
// such a transaction in a queue in which an ACK must not find it.
TEST_F(RequestTest, AResponseTooLongForADatagramHarmsNobody) {
    constexpr std::size_t kLongest = 65507;  // of a UDP datagram over IPv4; the response is longer by its tag and challenge
    Peer peer(Wire::Udp, daemon().address());
    for (const std::size_t less : {70u, 40u, 20u, 0u}) {
        Side caller(peer, "8001", "95000");
        const std::string branch = "z9hG4bK" + unique();
        const auto invite = [&](std::size_t padding) {
            return caller.make("INVITE", 2, branch + ";x=" + std::string(padding, 'x'), {}, peer);
        };
        peer.send(invite(kLongest - less - invite(0).size()));
        caller.remote_tag = "x";
        peer.send(caller.make("ACK", 2, branch, {}, peer));
        Side probe(peer, "1", "2");
        probe.send("OPTIONS");
        probe.expect(200, "OPTIONS");
    }
}

}  // namespace
}  // namespace hotline::sip::test
