// Changes inside a call: hold, refreshes, offers of both sides, and what happens when they cross.
#include "sip/peer.h"

namespace hotline::sip::test {
namespace {

using call::LegEnded;
using testing::HasSubstr;

class OfferTest : public SipTest {
  protected:
    void SetUp() override {
        peer_ = std::make_unique<Peer>(Wire::Udp, daemon().address());
        caller_ = std::make_unique<Side>(*peer_, "13800138000", "95000");
    }
    Peer& peer() { return *peer_; }
    Side& caller() { return *caller_; }
    static std::string version_of(const std::string& body) {
        const auto at = body.find("o=");
        const auto end = body.find(" IN", at);
        return body.substr(body.rfind(' ', end - 1) + 1, end - body.rfind(' ', end - 1) - 1);
    }
    static Extra with(const std::string& body, std::vector<std::string> headers = {}) {
        Extra extra;
        extra.body = body;
        extra.headers = std::move(headers);
        return extra;
    }
    /// A call to a phone of 8001: we made its Call-ID.
    call::LegId call_out() {
        enrol(peer(), "8001");
        const auto leg = daemon().dial("8001");
        const Message invite = peer().expect_request("INVITE");
        caller().take(invite);
        caller().answer(invite, 200, with(sdp()));
        peer().expect_request("ACK");
        daemon().expect<call::LegAnswered>();
        return leg;
    }

  private:
    std::unique_ptr<Peer> peer_;
    std::unique_ptr<Side> caller_;
};

TEST_F(OfferTest, ReInviteHold) {
    const auto leg = establish(caller());
    caller().invite(sdp(2, "sendonly"));
    const auto hold = daemon().expect<call::OfferReceived>();
    EXPECT_EQ(leg, hold.leg);
    EXPECT_EQ(call::Direction::SendOnly, hold.offer.direction);
    daemon().answer_offer(leg, our_audio(call::Direction::RecvOnly));
    EXPECT_THAT(caller().confirm().body(), HasSubstr("a=recvonly"));
    caller().invite(sdp(3));
    EXPECT_EQ(call::Direction::SendRecv, daemon().expect<call::OfferReceived>().offer.direction);
    daemon().answer_offer(leg);
    EXPECT_THAT(caller().confirm().body(), testing::Not(HasSubstr("a=recvonly")));
    finish(caller(), leg);
}

TEST_F(OfferTest, ARefreshIsAnsweredWithWhatWeSaidLast) {
    const auto arrived = arrive(caller());
    daemon().answer(arrived.leg);
    const std::string said = caller().confirm().body();
    daemon().expect<call::LegConfirmed>();
    caller().invite(sdp());
    EXPECT_EQ(said, caller().confirm().body());
    EXPECT_EQ(0u, daemon().count<call::OfferReceived>());
    finish(caller(), arrived.leg);
}

TEST_F(OfferTest, UpdateWithAnOfferIsToldAndAnswered) {
    const auto leg = establish(caller());
    caller().send("UPDATE", with(sdp(2, "inactive")));
    daemon().expect<call::OfferReceived>();
    daemon().answer_offer(leg, our_audio(call::Direction::Inactive));
    EXPECT_THAT(caller().expect(200, "UPDATE").body(), HasSubstr("a=inactive"));
    finish(caller(), leg);
}

TEST_F(OfferTest, ARefusedOfferLeavesTheSessionAsItWas) {
    const auto arrived = arrive(caller());
    daemon().answer(arrived.leg);
    const std::string said = caller().confirm().body();
    daemon().expect<call::LegConfirmed>();
    caller().invite(sdp(2, "sendonly"));
    daemon().expect<call::OfferReceived>();
    daemon().refuse_offer(arrived.leg, 488);
    caller().ack_failure(caller().expect(488));
    caller().invite(sdp());
    EXPECT_EQ(said, caller().confirm().body());
    finish(caller(), arrived.leg);
}

TEST_F(OfferTest, AnOfferWithoutCommonCodecIs488) {
    const auto leg = establish(caller());
    caller().invite(sdp(2, "", "97"));
    caller().ack_failure(caller().expect(488));
    EXPECT_EQ(0u, daemon().count<call::OfferReceived>());
    finish(caller(), leg);
}

TEST_F(OfferTest, AReInviteWithoutSdpGetsOurOffer) {
    const auto leg = establish(caller());
    caller().invite("");
    EXPECT_THAT(caller().confirm(sdp(2, "sendonly")).body(), HasSubstr("m=audio 20000"));
    EXPECT_EQ(call::Direction::SendOnly, daemon().expect<call::OfferAnswered>().answer->direction);
    finish(caller(), leg);
}

TEST_F(OfferTest, AnOfferInTheDarkIsRefusedInTime) {
    config.t1x64 = 300ms;
    const auto leg = establish(caller());
    caller().invite(sdp(2, "sendonly"));
    daemon().expect<call::OfferReceived>();
    caller().ack_failure(caller().expect(500));  // the core never decided
    finish(caller(), leg);
}

TEST_F(OfferTest, ASecondReInviteBeforeTheFirstIsDecidedIs500) {
    const auto leg = establish(caller());
    const auto first = caller().invite(sdp(2, "sendonly"));
    daemon().expect<call::OfferReceived>();
    caller().invite(sdp(3));
    const Message refused = caller().expect(500);
    EXPECT_LE(std::stoi(refused.header("Retry-After")), 10);
    caller().ack_failure(refused);
    daemon().answer_offer(leg);
    const auto last = std::exchange(caller().cseq, first);
    caller().confirm();
    caller().cseq = last;
    finish(caller(), leg);
}

TEST_F(OfferTest, CancelOfAReInviteEndsOnlyTheOffer) {
    const auto leg = establish(caller());
    caller().invite(sdp(2, "sendonly"));
    daemon().expect<call::OfferReceived>();
    caller().cancel();
    peer().expect_status(200, "CANCEL");
    caller().ack_failure(caller().expect(487));
    finish(caller(), leg);
}

TEST_F(OfferTest, ByeDuringAReInviteEndsBoth) {
    const auto leg = establish(caller());
    const auto invite = caller().invite(sdp(2, "sendonly"));
    daemon().expect<call::OfferReceived>();
    finish(caller(), leg);
    caller().cseq = invite;
    caller().ack_failure(caller().expect(487));
    daemon().answer_offer(leg);  // late
}

TEST_F(OfferTest, AReInviteThatIsNeverAckedEndsTheLeg) {
    config.t1x64 = 300ms;
    const auto leg = establish(caller());
    caller().invite(sdp());
    caller().expect(200);
    const auto ended = daemon().expect<LegEnded>();
    EXPECT_EQ(leg, ended.leg);
    EXPECT_EQ(LegEnded::Cause::NoAck, ended.cause);
    caller().answer(peer().expect_request("BYE"), 200);
}

TEST_F(OfferTest, AnUnreachableContactInAReInviteIs400) {
    const auto leg = establish(caller());
    Extra extra;
    extra.contact = "<tel:+123>";
    caller().invite(sdp(2), extra);
    caller().ack_failure(caller().expect(400));
    finish(caller(), leg);
}

TEST_F(OfferTest, AReInviteMovesTheTarget) {
    const auto leg = establish(caller());
    Peer elsewhere(Wire::Udp, daemon().address());
    Extra extra;
    extra.contact = elsewhere.contact();
    caller().invite(sdp(), extra);
    caller().confirm();
    daemon().hangup(leg);
    Side(elsewhere, "x", "y").answer(elsewhere.expect_request("BYE"), 200);
    daemon().expect<LegEnded>();
}

// ── our offers ──

TEST_F(OfferTest, OurOfferIsAnswered) {
    const auto arrived = arrive(caller());
    daemon().answer(arrived.leg);
    const std::string before = caller().confirm().body();
    daemon().expect<call::LegConfirmed>();
    daemon().offer(arrived.leg, our_audio(call::Direction::SendOnly));
    const Message invite = peer().expect_request("INVITE");
    EXPECT_THAT(invite.body(), HasSubstr("a=sendonly"));
    EXPECT_EQ(std::stoull(version_of(before)) + 1, std::stoull(version_of(invite.body())));
    caller().answer(invite, 200, with(sdp(2, "recvonly")));
    peer().expect_request("ACK");
    EXPECT_EQ(call::Direction::RecvOnly, daemon().expect<call::OfferAnswered>().answer->direction);
    finish(caller(), arrived.leg);
}

TEST_F(OfferTest, OurRefusedOfferIsForgotten) {
    const auto arrived = arrive(caller());
    daemon().answer(arrived.leg);
    const std::string before = caller().confirm().body();
    daemon().expect<call::LegConfirmed>();
    daemon().offer(arrived.leg, our_audio(call::Direction::SendOnly));
    caller().answer(peer().expect_request("INVITE"), 488);
    peer().expect_request("ACK");
    EXPECT_FALSE(daemon().expect<call::OfferAnswered>().answer.has_value());
    caller().invite(sdp());  // their refresh hears what was valid before
    EXPECT_EQ(before, caller().confirm().body());
    finish(caller(), arrived.leg);
}

TEST_F(OfferTest, AnOfferBeforeTheAckWaitsForIt) {
    const auto arrived = arrive(caller());
    daemon().answer(arrived.leg);
    caller().expect(200);
    daemon().offer(arrived.leg, our_audio(call::Direction::SendOnly));
    EXPECT_FALSE(peer().has(request("INVITE")));
    caller().confirm();
    const Message invite = peer().expect_request("INVITE");
    caller().answer(invite, 200, with(sdp(2, "recvonly")));
    peer().expect_request("ACK");
    daemon().expect<call::OfferAnswered>();
    finish(caller(), arrived.leg);
}

TEST_F(OfferTest, AnOvertakenOfferIsAnsweredWithNothing) {
    const auto arrived = arrive(caller());
    daemon().answer(arrived.leg);
    daemon().offer(arrived.leg, our_audio(call::Direction::SendOnly));
    daemon().offer(arrived.leg, our_audio(call::Direction::Inactive));
    EXPECT_FALSE(daemon().expect<call::OfferAnswered>().answer.has_value());
    caller().confirm();
    const Message invite = peer().expect_request("INVITE");
    EXPECT_THAT(invite.body(), HasSubstr("a=inactive"));
    caller().answer(invite, 200, with(sdp(2, "inactive")));
    EXPECT_TRUE(daemon().expect<call::OfferAnswered>().answer.has_value());
    finish(caller(), arrived.leg);
}

TEST_F(OfferTest, GlareTheirsMeetsOurs) {
    const auto leg = establish(caller());
    daemon().offer(leg, our_audio(call::Direction::SendOnly));
    const Message ours = peer().expect_request("INVITE");
    caller().invite(sdp(2, "sendonly"));
    caller().ack_failure(caller().expect(491));
    caller().answer(ours, 200, with(sdp(2, "recvonly")));
    peer().expect_request("ACK");
    daemon().expect<call::OfferAnswered>();
    EXPECT_EQ(0u, daemon().count<call::OfferReceived>());
    finish(caller(), leg);
}

TEST_F(OfferTest, Glare) {
    // They made the Call-ID: we come again within 2 s.
    const auto leg = establish(caller());
    daemon().offer(leg, our_audio(call::Direction::SendOnly));
    const Message first = peer().expect_request("INVITE");
    const Time refused = read_clocks().at;
    caller().answer(first, 491);
    peer().expect_request("ACK");
    EXPECT_EQ(0u, daemon().count<call::OfferAnswered>());
    const Message second =
        peer().expect([&](const Message& one) { return request("INVITE")(one) && one.cseq() > first.cseq(); }, "our offer again");
    EXPECT_LE(read_clocks().at - refused, 2s + 500ms);
    EXPECT_EQ(first.body(), second.body());
    caller().answer(second, 200, with(sdp(2, "recvonly")));
    peer().expect_request("ACK");
    EXPECT_TRUE(daemon().expect<call::OfferAnswered>().answer.has_value());
    finish(caller(), leg);
}

TEST_F(OfferTest, GlareWhenTheCallIdIsOursWaitsLonger) {
    const auto leg = call_out();
    daemon().offer(leg, our_audio(call::Direction::SendOnly));
    const Message first = peer().expect_request("INVITE");
    const Time refused = read_clocks().at;
    caller().answer(first, 491);
    // Meanwhile theirs comes through.
    caller().invite(sdp(2, "inactive"));
    daemon().expect<call::OfferReceived>();
    daemon().answer_offer(leg, our_audio(call::Direction::Inactive));
    caller().confirm();
    const Message second =
        peer().expect([&](const Message& one) { return request("INVITE")(one) && one.cseq() > first.cseq(); }, "our offer again");
    EXPECT_GE(read_clocks().at - refused, 2s);
    EXPECT_LE(read_clocks().at - refused, 4s + 500ms);
    caller().answer(second, 200, with(sdp(3, "recvonly")));
    peer().expect_request("ACK");
    EXPECT_TRUE(daemon().expect<call::OfferAnswered>().answer.has_value());
    finish(caller(), leg);
}

TEST_F(OfferTest, AChallengeToOurReInviteEndsTheLeg) {
    const auto leg = establish(caller());
    daemon().offer(leg, our_audio(call::Direction::SendOnly));
    Extra extra;
    extra.headers = {"WWW-Authenticate: Digest realm=\"leak\", nonce=\"1\""};
    caller().answer(peer().expect_request("INVITE"), 401, extra);
    const auto ended = daemon().expect<LegEnded>();
    EXPECT_EQ(LegEnded::Cause::Failed, ended.cause);
    EXPECT_EQ(401, ended.status);
    const Message bye = peer().expect_request("BYE");
    caller().answer(bye, 401, extra);  // not answered either
    EXPECT_EQ("", bye.header("Authorization"));
}

TEST_F(OfferTest, HangupDuringOurOfferEndsCleanly) {
    const auto leg = establish(caller());
    daemon().offer(leg, our_audio(call::Direction::SendOnly));
    const Message invite = peer().expect_request("INVITE");
    daemon().hangup(leg);
    caller().answer(peer().expect_request("BYE"), 200);
    caller().answer(invite, 487);
    peer().expect_request("ACK");
    daemon().expect<LegEnded>();
    EXPECT_EQ(0u, daemon().count<call::OfferAnswered>());
}

// ── other requests inside a dialog ──

TEST_F(OfferTest, KeysByInfoAreTold) {
    const auto leg = establish(caller());
    for (const auto& [type, body, key] :
         std::vector<std::tuple<std::string, std::string, char>>{{"application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", '5'},
                                                                 {"application/dtmf-relay", "Signal= #\r\nDuration= 160\r\n", '#'},
                                                                 {"application/dtmf", "*", '*'},
                                                                 {"application/dtmf", "11", '#'}}) {
        Extra extra = with(body);
        extra.content_type = type;
        caller().send("INFO", extra);
        caller().expect(200, "INFO");
        const auto digit = daemon().expect<call::InfoDigit>();
        EXPECT_EQ(leg, digit.leg);
        EXPECT_EQ(key, digit.key);
    }
    Extra other = with("<media_control/>");
    other.content_type = "application/media_control+xml";
    caller().send("INFO", other);
    EXPECT_THAT(caller().expect(415, "INFO").header("Accept"), HasSubstr("application/dtmf-relay"));
    finish(caller(), leg);
}

TEST_F(OfferTest, OtherMethodsInsideADialog) {
    const auto leg = establish(caller());
    caller().send("OPTIONS");
    caller().expect(200, "OPTIONS");
    caller().send("REFER", with("", {"Refer-To: <sip:+8613900000000@example.com>"}));
    caller().expect(403, "REFER");
    caller().send("SUBSCRIBE", with("", {"Event: dialog"}));
    caller().expect(489, "SUBSCRIBE");
    caller().send("MESSAGE");
    caller().expect(405, "MESSAGE");
    caller().send("INFO", with("", {"Require: bogus"}));
    caller().expect(420, "INFO");
    caller().send("DANCE");
    caller().expect(501, "DANCE");
    finish(caller(), leg);
}

}  // namespace
}  // namespace hotline::sip::test
