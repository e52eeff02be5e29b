// A call comes in and ends: INVITE, ACK, CANCEL, BYE, in every order.
#include "sip/peer.h"

namespace hotline::sip::test {
namespace {

using call::LegEnded;

class CallTest : public SipTest {};

TEST_F(CallTest, InviteIsAnsweredAndEndsByTheCallersBye) {
    Peer peer(Wire::Udp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    const auto arrived = arrive(caller);
    EXPECT_EQ("95000", arrived.called);
    EXPECT_EQ("13800138000", arrived.caller);
    EXPECT_EQ(call::Origin::Kind::Trunk, arrived.origin.kind);
    EXPECT_EQ("local", arrived.origin.name);
    ASSERT_TRUE(arrived.offer.has_value());
    EXPECT_EQ(40000, arrived.offer->rtp.port);

    daemon().ring(arrived.leg);
    EXPECT_FALSE(peer.expect_status(180, "INVITE").tag_of("To").empty());
    daemon().answer(arrived.leg);
    const Message ok = caller.confirm();
    EXPECT_THAT(ok.body(), testing::HasSubstr("m=audio 20000 RTP/AVP 8"));
    EXPECT_EQ("application/sdp", ok.header("Content-Type"));
    EXPECT_GE(ok.tag_of("To").size(), 16u);
    EXPECT_FALSE(daemon().expect<call::LegConfirmed>().answer.has_value());
    finish(caller, arrived.leg);
}

TEST_F(CallTest, OurHangupSendsBye) {
    Peer peer(Wire::Udp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    const auto leg = establish(caller);
    daemon().hangup(leg);
    EXPECT_EQ(LegEnded::Cause::Local, daemon().expect<LegEnded>().cause);
    caller.answer(peer.expect_request("BYE"), 200);
}

TEST_F(CallTest, HundredComesAtOnceWhenTheCoreThinksLong) {
    Peer peer(Wire::Udp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    const auto arrived = arrive(caller);
    peer.expect_status(100, "INVITE", 1s);
    daemon().refuse(arrived.leg, 486);
    caller.ack_failure(caller.expect(486));
    EXPECT_EQ(LegEnded::Cause::Local, daemon().expect<LegEnded>().cause);
}

TEST_F(CallTest, RefusalCarriesPhraseAndRetryAfter) {
    Peer peer(Wire::Udp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    const auto arrived = arrive(caller);
    daemon().refuse(arrived.leg, 503, "Draining", 7);
    const Message refused = caller.expect(503);
    EXPECT_EQ("7", refused.header("Retry-After"));
    EXPECT_THAT(refused.text, testing::StartsWith("SIP/2.0 503 Draining"));
    caller.ack_failure(refused);
    EXPECT_EQ(503, daemon().expect<LegEnded>().status);
}

TEST_F(CallTest, CancelEndsARingingCall) {
    Peer peer(Wire::Udp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    const auto arrived = arrive(caller);
    daemon().ring(arrived.leg);
    caller.expect(180);
    caller.cancel();
    peer.expect_status(200, "CANCEL");
    caller.ack_failure(caller.expect(487));
    EXPECT_EQ(LegEnded::Cause::Remote, daemon().expect<LegEnded>().cause);
    EXPECT_EQ(0u, daemon().count<LegEnded>());
}

TEST_F(CallTest, CancelAgainst200) {
    Peer peer(Wire::Udp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    const auto arrived = arrive(caller);
    daemon().answer(arrived.leg);
    caller.expect(200);
    caller.cancel();  // it was on its way when our 200 came
    peer.expect_status(481, "CANCEL");
    EXPECT_EQ(0u, daemon().count<LegEnded>());
    caller.confirm();
    daemon().expect<call::LegConfirmed>();
    finish(caller, arrived.leg);
}

TEST_F(CallTest, ForgedCancelIsIgnored) {
    config.accounts.trunks = {{"carrier", {*Network::parse("127.0.0.1/32")}}};
    Peer peer(Wire::Udp, daemon().address());
    Peer stranger(Wire::Udp, daemon().address(), "127.0.0.9");
    Side caller(peer, "13800138000", "95000");
    const auto arrived = arrive(caller);
    stranger.send(caller.make("CANCEL", caller.cseq, caller.branch, {}, stranger));
    stranger.expect_status(481, "CANCEL");
    EXPECT_EQ(0u, daemon().count<LegEnded>());
    EXPECT_EQ(1, daemon().counter("sip_forged_total"));
    // The caller's own still works.
    peer.send(caller.make("CANCEL", caller.cseq, caller.branch, {}, peer));
    caller.expect(200, "CANCEL");
    caller.expect(487);
    EXPECT_EQ(487, daemon().expect<LegEnded>().status);
    (void)arrived;
}

TEST_F(CallTest, ACarriersMachinesSpeakForEachOther) {
    config.accounts.trunks = {{"carrier", {*Network::parse("127.0.0.1/32"), *Network::parse("127.0.0.20/31")}},
                              {"another", {*Network::parse("127.0.0.30/32")}}};
    Peer peer(Wire::Udp, daemon().address());
    Peer second(Wire::Udp, daemon().address(), "127.0.0.21"), rival(Wire::Udp, daemon().address(), "127.0.0.30");
    Side caller(peer, "13800138000", "95000");
    establish(caller);
    rival.send(caller.make("BYE", caller.cseq + 1, "z9hG4bK" + unique(), {}, rival));
    rival.expect_status(481, "BYE");
    EXPECT_EQ(0u, daemon().count<LegEnded>());
    second.send(caller.make("BYE", caller.cseq + 2, "z9hG4bK" + unique(), {}, second));
    second.expect_status(200, "BYE");
    daemon().expect<LegEnded>();
}

TEST_F(CallTest, ACarriersMachinesCancelForEachOther) {
    config.accounts.trunks = {{"carrier", {*Network::parse("127.0.0.1/32"), *Network::parse("127.0.0.20/31")}}};
    Peer peer(Wire::Udp, daemon().address()), second(Wire::Udp, daemon().address(), "127.0.0.20");
    Side caller(peer, "13800138000", "95000");
    arrive(caller);
    second.send(caller.make("CANCEL", caller.cseq, caller.branch, {}, peer));  // the same Via (RFC 3261 §9.1)
    second.expect_status(200, "CANCEL");
    EXPECT_EQ(487, daemon().expect<LegEnded>().status);
    caller.expect(487);
}

TEST_F(CallTest, ForgedReInviteAndInfoAre481AndTheRealOnesGoOn) {
    config.accounts.trunks = {{"carrier", {*Network::parse("127.0.0.1/32")}}};
    Peer peer(Wire::Udp, daemon().address()), stranger(Wire::Udp, daemon().address(), "127.0.0.9");
    Side caller(peer, "13800138000", "95000");
    const auto leg = establish(caller);
    for (const char* method : {"INVITE", "INFO", "UPDATE"}) {
        stranger.send(caller.make(method, caller.cseq + 1000, "z9hG4bK" + unique(), {}, stranger));
        stranger.expect_status(481, method);
        if (std::string_view(method) == "INVITE")
            stranger.send(caller.make("ACK", caller.cseq + 1000, "z9hG4bK" + unique(), {}, stranger));
    }
    EXPECT_EQ(0u, daemon().count<call::OfferReceived>());
    EXPECT_EQ(0u, daemon().count<call::InfoDigit>());
    finish(caller, leg);
}

TEST_F(CallTest, NoAckEndsLeg) {
    Peer peer(Wire::Udp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    const auto arrived = arrive(caller);
    daemon().answer(arrived.leg);
    const Message ok = caller.expect(200);
    caller.expect(200);  // repeated meanwhile
    const auto ended = daemon().expect<LegEnded>();
    EXPECT_EQ(LegEnded::Cause::NoAck, ended.cause);
    caller.answer(peer.expect_request("BYE"), 200);
}

TEST_F(CallTest, HangupBeforeTheAckWaitsForIt) {
    Peer peer(Wire::Udp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    const auto arrived = arrive(caller);
    daemon().answer(arrived.leg);
    caller.expect(200);
    daemon().hangup(arrived.leg);
    EXPECT_EQ(LegEnded::Cause::Local, daemon().expect<LegEnded>().cause);
    EXPECT_FALSE(peer.has(request("BYE")));  // RFC 3261 §15
    caller.confirm();
    caller.answer(peer.expect_request("BYE"), 200);
    EXPECT_EQ(0u, daemon().count<call::LegConfirmed>());
}

TEST_F(CallTest, HangupOfAnUnansweredCallIs480) {
    Peer peer(Wire::Udp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    const auto arrived = arrive(caller);
    daemon().hangup(arrived.leg);
    caller.ack_failure(caller.expect(480));
    EXPECT_EQ(LegEnded::Cause::Local, daemon().expect<LegEnded>().cause);
}

TEST_F(CallTest, ByeCrossesBye) {
    Peer peer(Wire::Udp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    const auto leg = establish(caller);
    daemon().hangup(leg);
    const Message theirs = peer.expect_request("BYE");
    caller.send("BYE");
    caller.expect(200, "BYE");
    caller.answer(theirs, 200);
    EXPECT_EQ(LegEnded::Cause::Local, daemon().expect<LegEnded>().cause);
    EXPECT_EQ(0u, daemon().count<LegEnded>());
}

TEST_F(CallTest, ByeOfAnEarlyDialogEndsIt) {
    Peer peer(Wire::Udp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    const auto arrived = arrive(caller);
    daemon().ring(arrived.leg);
    const auto invite = caller.cseq;
    const Message ringing = caller.expect(180);
    caller.remote_tag = ringing.tag_of("To");
    caller.send("BYE");
    caller.expect(200, "BYE");
    peer.expect_status(487, "INVITE");
    caller.cseq = invite;
    caller.ack_failure(ringing);
    EXPECT_EQ(LegEnded::Cause::Remote, daemon().expect<LegEnded>().cause);
}

TEST_F(CallTest, ForgedByeIs481) {
    config.accounts.trunks = {{"carrier", {*Network::parse("127.0.0.1/32")}}};
    Peer peer(Wire::Udp, daemon().address());
    Peer stranger(Wire::Udp, daemon().address(), "127.0.0.9");
    Side caller(peer, "13800138000", "95000");
    const auto leg = establish(caller);
    stranger.send(caller.make("BYE", caller.cseq + 1000, "z9hG4bK" + unique(), {}, stranger));
    stranger.expect_status(481, "BYE");
    EXPECT_EQ(0u, daemon().count<LegEnded>());
    finish(caller, leg);  // its lower CSeq is still good
}

TEST_F(CallTest, ByeWithAWrongTagIs481) {
    Peer peer(Wire::Udp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    const auto leg = establish(caller);
    Side guess(caller);
    guess.remote_tag = "guess";
    guess.send("BYE");
    guess.expect(481, "BYE");
    finish(caller, leg);
}

TEST_F(CallTest, InviteWithoutOffer) {
    Peer peer(Wire::Udp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    const auto arrived = arrive(caller, "");
    EXPECT_FALSE(arrived.offer.has_value());
    EXPECT_EQ(peer.local().ip, arrived.source);
    daemon().answer(arrived.leg);
    EXPECT_THAT(caller.confirm(sdp()).body(), testing::HasSubstr("m=audio 20000"));
    const auto confirmed = daemon().expect<call::LegConfirmed>();
    ASSERT_TRUE(confirmed.answer.has_value());
    EXPECT_EQ(40000, confirmed.answer->rtp.port);
    finish(caller, arrived.leg);
}

TEST_F(CallTest, AckWithoutTheAnswerThatIsDueEndsTheLeg) {
    Peer peer(Wire::Udp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    const auto arrived = arrive(caller, "");
    daemon().answer(arrived.leg);
    caller.confirm();
    EXPECT_EQ(LegEnded::Cause::NoCommonCodec, daemon().expect<LegEnded>().cause);
    caller.answer(peer.expect_request("BYE"), 200);
}

TEST_F(CallTest, UnreachableContactNeverAcked) {
    Peer peer(Wire::Udp, daemon().address());
    for (const std::string contact : {"<tel:+123>", "<mailto:a@b>", "<sip:a@127.0.0.1:99999>", "<sip:a@127.0.0.1;transport=sctp>",
                                      "<sips:a@127.0.0.1>", "<sip:a@224.0.0.1>", "<sip:a@127.0.0.1;maddr=10.0.0.1>"}) {
        Side caller(peer, "13800138000", "95000");
        Extra extra;
        extra.contact = contact;
        caller.invite(sdp(), extra);
        caller.ack_failure(caller.expect(400));
    }
    EXPECT_EQ(0u, daemon().count<call::InviteArrived>());
}

TEST_F(CallTest, AnInviteWithoutContactIsAnsweredWhereItCameFrom) {
    Peer peer(Wire::Udp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    Extra extra;
    extra.contact = "none";  // as RFC 2543 allowed
    const auto leg = establish(caller, sdp(), extra);
    daemon().hangup(leg);
    caller.answer(peer.expect_request("BYE"), 200);
    daemon().expect<LegEnded>();
}

TEST_F(CallTest, AHostNameInContactIsResolvedBeforeOur200) {
    Peer peer(Wire::Udp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    Extra extra;
    extra.contact = "<sip:peer@localhost:" + std::to_string(peer.local().port) + ">";
    const auto leg = establish(caller, sdp(), extra);
    daemon().hangup(leg);
    caller.answer(peer.expect_request("BYE"), 200);
    daemon().expect<LegEnded>();
}

TEST_F(CallTest, AHostNameThatHasNoAddressIsRefusedWhenWeAnswer) {
    config.look_up = [](const std::string&, Family) { return NameAnswer{NameAnswer::Kind::NoAddress}; };
    Peer peer(Wire::Udp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    Extra extra;
    extra.contact = "<sip:peer@no-such-host.invalid>";
    const auto arrived = arrive(caller, sdp(), extra);  // the core hears of it first: 404 comes before 400
    daemon().answer(arrived.leg);
    caller.ack_failure(caller.expect(400));
    EXPECT_EQ(LegEnded::Cause::Failed, daemon().expect<LegEnded>().cause);
}

TEST_F(CallTest, WhenTheNameServerCannotBeAskedACarrierIsAnsweredWhereHeSpeaksFrom) {
    config.look_up = [](const std::string&, Family) { return NameAnswer{NameAnswer::Kind::Silent}; };
    Peer peer(Wire::Udp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    Extra extra;
    extra.contact = "<sip:peer@media-gateway.carrier.example>";
    const auto leg = establish(caller, sdp(), extra);
    daemon().hangup(leg);
    caller.answer(peer.expect_request("BYE"), 200);
    daemon().expect<LegEnded>();
}

TEST_F(CallTest, ASilentNameServerDelaysOur200ThreeSecondsAtMost) {
    std::promise<void> silence;
    config.look_up = [ended = silence.get_future().share()](const std::string&, Family) {
        ended.wait();
        return NameAnswer{NameAnswer::Kind::Silent};
    };
    Peer peer(Wire::Udp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    Extra extra;
    extra.contact = "<sip:peer@media-gateway.carrier.example>";
    const auto arrived = arrive(caller, sdp(), extra);
    const auto began = std::chrono::steady_clock::now();
    daemon().answer(arrived.leg);
    caller.confirm();
    const auto took = std::chrono::steady_clock::now() - began;
    EXPECT_GT(took, 2s);
    EXPECT_LT(took, 5s);
    daemon().expect<call::LegConfirmed>();
    daemon().hangup(arrived.leg);
    caller.answer(peer.expect_request("BYE"), 200);
    daemon().expect<LegEnded>();
    silence.set_value();
}

TEST_F(CallTest, AChallengeToOurByeIsNotAnswered) {
    Peer peer(Wire::Udp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    const auto leg = establish(caller);
    daemon().hangup(leg);
    Extra challenge;
    challenge.headers = {"WWW-Authenticate: Digest realm=\"leak\", nonce=\"1\""};
    const Message bye = peer.expect_request("BYE");
    EXPECT_EQ("", bye.header("Authorization"));
    caller.answer(bye, 401, challenge);
    daemon().expect<LegEnded>();
    daemon().expect_at_rest();
    EXPECT_FALSE(peer.has([&](const Message& one) { return one.method() == "BYE" && one.cseq() != bye.cseq(); }));
}

TEST_F(CallTest, NobodyTakesACallOverByReplaces) {
    Peer peer(Wire::Udp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    const auto leg = establish(caller);
    const std::string replaces = "Replaces: " + caller.call_id + ";to-tag=" + caller.remote_tag + ";from-tag=" + caller.local_tag;
    Peer elsewhere(Wire::Udp, daemon().address(), "127.0.0.3");
    Side thief(elsewhere, "13900139000", "95000");
    Extra extra;
    extra.headers = {replaces, "Require: replaces"};
    thief.invite(sdp(), extra);
    const Message refused = thief.expect(420);
    EXPECT_EQ("replaces", refused.header("Unsupported"));
    thief.ack_failure(refused);

    Side another(elsewhere, "13900139000", "95000");  // who does not insist is a call like any other
    extra.headers = {replaces};
    const auto arrived = arrive(another, sdp(), extra);
    EXPECT_NE(leg, arrived.leg);
    daemon().refuse(arrived.leg, 486);
    another.ack_failure(another.expect(486));
    daemon().expect<LegEnded>();
    EXPECT_EQ(0u, daemon().count<LegEnded>()) << "the first call stands";
    finish(caller, leg);
}

TEST_F(CallTest, RecordRouteIsFollowed) {
    Peer peer(Wire::Udp, daemon().address());
    Peer proxy(Wire::Udp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    Extra extra;
    extra.headers = {"Record-Route: <sip:" + to_text(proxy.local()) + ";lr>"};
    const auto leg = establish(caller, sdp(), extra);
    daemon().hangup(leg);
    const Message bye = proxy.expect_request("BYE");
    EXPECT_THAT(bye.header("Route"), testing::HasSubstr(to_text(proxy.local())));
    EXPECT_EQ("sip:peer@" + to_text(peer.local()), bye.request_uri());
    Side(proxy, "x", "y").answer(bye, 200);
    daemon().expect<LegEnded>();
}

TEST_F(CallTest, LateMessagesAfterTheEndAreHarmless) {
    Peer peer(Wire::Udp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    const auto leg = establish(caller);
    const auto invite = caller.cseq;
    finish(caller, leg);
    caller.ack(invite);
    caller.send("INFO");
    caller.expect(481, "INFO");
    daemon().hangup(leg);
    daemon().answer(leg);
    daemon().ring(leg);
    daemon().refuse(leg, 486);
    daemon().offer(leg, our_audio());
    EXPECT_EQ(0u, daemon().count<LegEnded>());
}

TEST_F(CallTest, CallsWorkOverTcp) {
    Peer peer(Wire::Tcp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    const auto leg = establish(caller);
    finish(caller, leg);
}

TEST_F(CallTest, SessionsAreLimited) {
    config.max_sessions = 1;
    Peer peer(Wire::Udp, daemon().address());
    Side first(peer, "1", "95000"), second(peer, "2", "95000");
    const auto leg = establish(first);
    second.invite(sdp());
    const Message refused = second.expect(503);
    EXPECT_GE(std::stoi(refused.header("Retry-After")), 1);
    EXPECT_LE(std::stoi(refused.header("Retry-After")), 10);
    second.ack_failure(refused);
    finish(first, leg);
}

}  // namespace
}  // namespace hotline::sip::test
