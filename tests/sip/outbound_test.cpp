// A call goes out to the phones of an agent.
#include "sip/peer.h"

namespace hotline::sip::test {
namespace {

using call::LegEnded;

class OutboundTest : public SipTest {
  protected:
    struct Phone {
        Phone(const Address& daemon, Wire wire = Wire::Udp) : peer(wire, daemon), side(peer, "8001", "x") {}
        /// Waits for the INVITE and takes its dialog.
        Message ringing_starts() {
            Message invite = peer.expect_request("INVITE");
            side.take(invite);
            return invite;
        }
        Peer peer;
        Side side;
    };
    static Extra body(const std::string& text) {
        Extra extra;
        extra.body = text;
        return extra;
    }
    LegEnded::Cause cause_after(Phone& phone, int status) {
        daemon().dial("8001");
        phone.side.answer(phone.ringing_starts(), status);
        phone.peer.expect_request("ACK");
        return daemon().expect<LegEnded>().cause;
    }
};

TEST_F(OutboundTest, ThePhoneRingsAnswersAndHangsUp) {
    Phone phone(daemon().address());
    enrol(phone.peer, "8001");
    const auto leg = daemon().dial("8001", {{"X-Hotline-Queue", "service"}, {"X-Bad", "a\r\nInjected: yes"}, {"no token", "x"}});
    const Message invite = phone.ringing_starts();
    EXPECT_EQ("sip:peer@" + to_text(phone.peer.local()), invite.request_uri());
    EXPECT_EQ("service", invite.header("X-Hotline-Queue"));
    EXPECT_EQ("", invite.header("Injected"));
    EXPECT_EQ("", invite.header("no token"));
    EXPECT_THAT(invite.header("From"), testing::StartsWith("\"Li\" <sip:13800138000@127.0.0.1>;tag="));
    EXPECT_GE(invite.tag_of("From").size(), 16u);
    EXPECT_THAT(invite.body(), testing::HasSubstr("m=audio 20000"));
    EXPECT_EQ("", invite.header("User-Agent"));
    phone.side.answer(invite, 180);
    EXPECT_EQ(leg, daemon().expect<call::LegRinging>().leg);
    phone.side.answer(invite, 200, body(sdp()));
    const Message ack = phone.peer.expect_request("ACK");
    EXPECT_EQ(invite.cseq(), ack.cseq());
    EXPECT_EQ(40000, daemon().expect<call::LegAnswered>().audio.rtp.port);
    phone.side.send("BYE");
    phone.side.expect(200, "BYE");
    EXPECT_EQ(LegEnded::Cause::Remote, daemon().expect<LegEnded>().cause);
}

TEST_F(OutboundTest, ALineOfTextIsShownAtThePhone) {
    Phone phone(daemon().address());
    enrol(phone.peer, "8001");
    daemon().run([](Stack& stack) { stack.show("8001", "已暂停 *74\r\nINVITE"); });
    const Message message = phone.peer.expect_request("MESSAGE");
    EXPECT_EQ("sip:peer@" + to_text(phone.peer.local()), message.request_uri());
    EXPECT_EQ("已暂停 *74\r\nINVITE", message.body());
    EXPECT_EQ("text/plain;charset=UTF-8", message.header("Content-Type"));
    EXPECT_EQ("", message.header("Contact"));
    EXPECT_THAT(message.header("To"), testing::HasSubstr("<sip:8001@127.0.0.1>"));
    const Message again = phone.peer.expect_request("MESSAGE");  // not answered yet
    EXPECT_EQ(message.header("Call-ID"), again.header("Call-ID"));
    phone.side.take(again);
    phone.side.answer(again, 200);
    daemon().run([](Stack& stack) { stack.show("8002", "nobody is there"); });
    daemon().dial("8001");
    phone.ringing_starts();  // all is as before
}

TEST_F(OutboundTest, NobodyRegisteredIsToldLaterAndOnce) {
    const auto leg = daemon().dial("8001");
    const auto ended = daemon().expect<LegEnded>();
    EXPECT_EQ(leg, ended.leg);
    EXPECT_EQ(LegEnded::Cause::Unreachable, ended.cause);
    EXPECT_EQ(480, ended.status);
    EXPECT_EQ(0u, daemon().count<LegEnded>());
}

TEST_F(OutboundTest, NothingIsToldInsideDial) {
    bool told_inside = true;
    daemon().run([&](Stack& stack) {
        const auto before = daemon().metrics().render().size();
        stack.dial(call::Signaling::AgentCall{call::LegId{900}, "8001", "1", "", our_audio(), {}});
        told_inside = daemon().next<LegEnded>(0ms).has_value();
        (void)before;
    });
    EXPECT_FALSE(told_inside);
    EXPECT_EQ(call::LegId{900}, daemon().expect<LegEnded>().leg);
}

TEST_F(OutboundTest, WhatPhonesSayBecomesACause) {
    Phone phone(daemon().address());
    enrol(phone.peer, "8001");
    EXPECT_EQ(LegEnded::Cause::Busy, cause_after(phone, 486));
    EXPECT_EQ(LegEnded::Cause::Busy, cause_after(phone, 600));
    EXPECT_EQ(LegEnded::Cause::Rejected, cause_after(phone, 603));
    EXPECT_EQ(LegEnded::Cause::Rejected, cause_after(phone, 403));
    EXPECT_EQ(LegEnded::Cause::NoAnswer, cause_after(phone, 480));
    EXPECT_EQ(LegEnded::Cause::Unreachable, cause_after(phone, 404));
    EXPECT_EQ(LegEnded::Cause::Unreachable, cause_after(phone, 500));
    EXPECT_EQ(LegEnded::Cause::NoCommonCodec, cause_after(phone, 488));
}

TEST_F(OutboundTest, AForwardIsNotFollowed) {
    Phone phone(daemon().address());
    enrol(phone.peer, "8001");
    daemon().dial("8001");
    Extra extra;
    extra.contact = "<sip:+8613900000000@127.0.0.1>";
    phone.side.answer(phone.ringing_starts(), 302, extra);
    phone.peer.expect_request("ACK");
    EXPECT_EQ(LegEnded::Cause::Rejected, daemon().expect<LegEnded>().cause);
    EXPECT_FALSE(phone.peer.has(request("INVITE")));
}

TEST_F(OutboundTest, AChallengeIsNotAnswered) {
    Phone phone(daemon().address());
    enrol(phone.peer, "8001");
    daemon().dial("8001");
    Extra extra;
    extra.headers = {"WWW-Authenticate: Digest realm=\"leak\", nonce=\"1\""};
    phone.side.answer(phone.ringing_starts(), 401, extra);
    phone.peer.expect_request("ACK");
    EXPECT_EQ(LegEnded::Cause::Rejected, daemon().expect<LegEnded>().cause);
    EXPECT_FALSE(phone.peer.has(request("INVITE")));
}

TEST_F(OutboundTest, ASilentPhoneIsNoAnswer) {
    config.t1x64 = 300ms;
    Phone phone(daemon().address());
    enrol(phone.peer, "8001");
    daemon().dial("8001");
    EXPECT_EQ(LegEnded::Cause::NoAnswer, daemon().expect<LegEnded>().cause);
}

TEST_F(OutboundTest, AClosedPortIsUnreachable) {
    {
        Phone phone(daemon().address(), Wire::Tcp);
        enrol(phone.peer, "8001");
    }
    daemon().dial("8001");
    EXPECT_EQ(LegEnded::Cause::Unreachable, daemon().expect<LegEnded>().cause);
}

TEST_F(OutboundTest, HangupCancelsTheRinging) {
    Phone phone(daemon().address());
    enrol(phone.peer, "8001");
    const auto leg = daemon().dial("8001");
    const Message invite = phone.ringing_starts();
    phone.side.answer(invite, 180);
    daemon().expect<call::LegRinging>();
    daemon().hangup(leg);
    EXPECT_EQ(LegEnded::Cause::Local, daemon().expect<LegEnded>().cause);
    phone.side.answer(phone.peer.expect_request("CANCEL"), 200);
    phone.side.answer(invite, 487);
    phone.peer.expect_request("ACK");
    EXPECT_EQ(0u, daemon().count<LegEnded>());
}

TEST_F(OutboundTest, CancelWaitsForAProvisionalResponse) {
    Phone phone(daemon().address());
    enrol(phone.peer, "8001");
    const auto leg = daemon().dial("8001");
    const Message invite = phone.ringing_starts();
    daemon().hangup(leg);
    daemon().expect<LegEnded>();
    EXPECT_FALSE(phone.peer.has(request("CANCEL")));  // RFC 3261 §9.1
    phone.side.answer(invite, 180);
    phone.side.answer(phone.peer.expect_request("CANCEL"), 200);
    phone.side.answer(invite, 487);
    phone.peer.expect_request("ACK");
}

TEST_F(OutboundTest, A200ThatCrossesOurCancelIsAckedAndEnded) {
    Phone phone(daemon().address());
    enrol(phone.peer, "8001");
    const auto leg = daemon().dial("8001");
    const Message invite = phone.ringing_starts();
    phone.side.answer(invite, 180);
    daemon().expect<call::LegRinging>();
    daemon().hangup(leg);
    const Message cancel = phone.peer.expect_request("CANCEL");
    phone.side.answer(invite, 200, body(sdp()));
    phone.side.answer(cancel, 481);
    phone.peer.expect_request("ACK");
    phone.side.answer(phone.peer.expect_request("BYE"), 200);
    daemon().expect<LegEnded>();
    EXPECT_EQ(0u, daemon().count<call::LegAnswered>());
}

TEST_F(OutboundTest, ForkFirstAnswerWins) {
    Phone desk(daemon().address()), mobile(daemon().address());
    enrol(desk.peer, "8001");
    enrol(mobile.peer, "8001");
    daemon().dial("8001");
    const Message to_desk = desk.ringing_starts(), to_mobile = mobile.ringing_starts();
    desk.side.answer(to_desk, 180);
    mobile.side.answer(to_mobile, 180);
    daemon().expect<call::LegRinging>();
    mobile.side.answer(to_mobile, 200, body(sdp()));
    mobile.peer.expect_request("ACK");
    daemon().expect<call::LegAnswered>();
    // The desk phone answers at the same moment: its 200 crosses our CANCEL.
    desk.side.answer(to_desk, 200, body(sdp()));
    desk.peer.expect_request("ACK");
    desk.side.answer(desk.peer.expect_request("BYE"), 200);
    EXPECT_EQ(0u, daemon().count<call::LegAnswered>());
    EXPECT_EQ(0u, daemon().count<LegEnded>());
    EXPECT_EQ(0u, daemon().count<call::LegRinging>());  // told once for the leg
    mobile.side.send("BYE");
    mobile.side.expect(200, "BYE");
    daemon().expect<LegEnded>();
}

TEST_F(OutboundTest, OneBusyPhoneDoesNotEndTheRingingOfTheOther) {
    Phone desk(daemon().address()), mobile(daemon().address());
    enrol(desk.peer, "8001");
    enrol(mobile.peer, "8001");
    daemon().dial("8001");
    const Message to_desk = desk.ringing_starts(), to_mobile = mobile.ringing_starts();
    desk.side.answer(to_desk, 486);
    desk.peer.expect_request("ACK");
    EXPECT_EQ(0u, daemon().count<LegEnded>());
    mobile.side.answer(to_mobile, 480);
    mobile.peer.expect_request("ACK");
    EXPECT_EQ(LegEnded::Cause::Busy, daemon().expect<LegEnded>().cause);  // busy tells more than silence
}

TEST_F(OutboundTest, ADeclineSpeaksForAllPhones) {
    Phone desk(daemon().address()), mobile(daemon().address());
    enrol(desk.peer, "8001");
    enrol(mobile.peer, "8001");
    daemon().dial("8001");
    const Message to_desk = desk.ringing_starts(), to_mobile = mobile.ringing_starts();
    mobile.side.answer(to_mobile, 180);
    daemon().expect<call::LegRinging>();
    desk.side.answer(to_desk, 603);
    EXPECT_EQ(LegEnded::Cause::Rejected, daemon().expect<LegEnded>().cause);
    mobile.side.answer(mobile.peer.expect_request("CANCEL"), 200);
    mobile.side.answer(to_mobile, 487);
    mobile.peer.expect_request("ACK");
}

TEST_F(OutboundTest, ATcpPhoneIsCalledThroughItsOwnConnection) {
    Phone phone(daemon().address(), Wire::Tcp);
    enrol(phone.peer, "8001", "<sip:peer@10.255.255.1:5060;transport=tcp>");  // an address behind a NAT
    daemon().dial("8001");
    const Message invite = phone.ringing_starts();
    EXPECT_THAT(invite.request_uri(), testing::HasSubstr("10.255.255.1"));
    phone.side.answer(invite, 200, body(sdp()));
    phone.peer.expect_request("ACK");
    daemon().expect<call::LegAnswered>();
    phone.side.send("BYE");
    phone.side.expect(200, "BYE");
    daemon().expect<LegEnded>();
}

TEST_F(OutboundTest, AUdpPhoneIsCalledWhereItRegisteredFrom) {
    Phone phone(daemon().address());
    enrol(phone.peer, "8001", "<sip:peer@phone.invalid>");
    daemon().dial("8001");
    phone.side.answer(phone.ringing_starts(), 486);
    phone.peer.expect_request("ACK");
    daemon().expect<LegEnded>();
}

TEST_F(OutboundTest, HeadersInARegisteredContactAreNotOurs) {
    Phone phone(daemon().address());
    enrol(phone.peer, "8001", "<sip:peer@" + to_text(phone.peer.local()) + "?X-Injected=yes>");
    daemon().dial("8001");
    const Message invite = phone.ringing_starts();
    EXPECT_EQ("", invite.header("X-Injected"));
    phone.side.answer(invite, 486);
    daemon().expect<LegEnded>();
}

TEST_F(OutboundTest, CallersNamesAreQuoted) {
    Phone phone(daemon().address());
    enrol(phone.peer, "8001");
    daemon().dial("8001", {}, "a\"b<c>", "Bob\" <sip:evil@x>;tag=1\r\nX: y\\");
    const Message invite = phone.ringing_starts();
    EXPECT_THAT(invite.header("From"),
                testing::StartsWith("\"Bob\\\" <sip:evil@x>;tag=1X: y\\\\\" <sip:a%22b%3Cc%3E@127.0.0.1>;tag="));
    phone.side.answer(invite, 486);
    daemon().expect<LegEnded>();
}

TEST_F(OutboundTest, WhoeverStandsInTheContactOfThe200MayEndTheCall) {
    Phone phone(daemon().address());
    enrol(phone.peer, "8001");
    daemon().dial("8001");
    const Message invite = phone.ringing_starts();
    Peer moved(Wire::Udp, daemon().address(), "127.0.0.3"), forger(Wire::Udp, daemon().address(), "127.0.0.4");
    Extra extra = body(sdp());
    extra.contact = moved.contact();
    phone.side.answer(invite, 200, extra);
    phone.peer.expect_request("ACK");
    daemon().expect<call::LegAnswered>();
    forger.send(phone.side.make("BYE", 2, "z9hG4bK" + unique(), {}, forger));
    forger.expect_status(481, "BYE");
    moved.send(phone.side.make("BYE", 2, "z9hG4bK" + unique(), {}, moved));
    moved.expect_status(200, "BYE");
    EXPECT_EQ(LegEnded::Cause::Remote, daemon().expect<LegEnded>().cause);
}

TEST_F(OutboundTest, AnUnusable200IsAckedAndEnded) {
    Phone phone(daemon().address());
    enrol(phone.peer, "8001");
    daemon().dial("8001");
    phone.side.answer(phone.ringing_starts(), 200, body(sdp(1, "", "97")));
    phone.peer.expect_request("ACK");
    phone.side.answer(phone.peer.expect_request("BYE"), 200);
    EXPECT_EQ(LegEnded::Cause::NoCommonCodec, daemon().expect<LegEnded>().cause);
}

TEST_F(OutboundTest, AnUnreachableContactInThe200EndsTheLeg) {
    Phone phone(daemon().address());
    enrol(phone.peer, "8001");
    daemon().dial("8001");
    Extra extra = body(sdp());
    extra.contact = "<tel:+123>";
    phone.side.answer(phone.ringing_starts(), 200, extra);
    phone.peer.expect_request("ACK");
    phone.side.answer(phone.peer.expect_request("BYE"), 200);
    EXPECT_EQ(LegEnded::Cause::Rejected, daemon().expect<LegEnded>().cause);
}

TEST_F(OutboundTest, ARepeated200IsAckedAgain) {
    Phone phone(daemon().address());
    enrol(phone.peer, "8001");
    daemon().dial("8001");
    const Message invite = phone.ringing_starts();
    phone.side.answer(invite, 200, body(sdp()));
    phone.peer.expect_request("ACK");
    daemon().expect<call::LegAnswered>();
    phone.side.answer(invite, 200, body(sdp()));
    phone.peer.expect_request("ACK");
    EXPECT_EQ(0u, daemon().count<call::LegAnswered>());
    phone.side.send("BYE");
    phone.side.expect(200, "BYE");
    daemon().expect<LegEnded>();
}

TEST_F(OutboundTest, EarlyMediaIsTold) {
    Phone phone(daemon().address());
    enrol(phone.peer, "8001");
    daemon().dial("8001");
    const Message invite = phone.ringing_starts();
    phone.side.answer(invite, 183, body(sdp()));
    const auto ringing = daemon().expect<call::LegRinging>();
    ASSERT_TRUE(ringing.early.has_value());
    phone.side.answer(invite, 486);
    daemon().expect<LegEnded>();
}

TEST_F(OutboundTest, ALongerSessionIntervalIsGranted) {
    Phone phone(daemon().address());
    enrol(phone.peer, "8001");
    daemon().dial("8001");
    const Message invite = phone.ringing_starts();
    EXPECT_EQ("1800", invite.header("Session-Expires"));
    Extra extra;
    extra.headers = {"Min-SE: 3600"};
    phone.side.answer(invite, 422, extra);
    phone.peer.expect_request("ACK");
    const Message again = phone.ringing_starts();
    EXPECT_GT(again.cseq(), invite.cseq());
    EXPECT_EQ("3600", again.header("Session-Expires"));
    EXPECT_EQ("3600", again.header("Min-SE"));
    phone.side.answer(again, 486);
    daemon().expect<LegEnded>();
}

}  // namespace
}  // namespace hotline::sip::test
