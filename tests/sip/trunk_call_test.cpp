// A call goes out through a trunk: what stands in its INVITE, who is answered a challenge, and how it ends.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sip/carrier.h"

namespace hotline::sip::test {
namespace {

using call::LegEnded;

class TrunkCall : public PlacedCall {};

TEST_F(TrunkCall, RingsIsAnsweredAndEnds) {
    Carrier carrier(daemon().address());
    use(at(carrier));
    const auto up = daemon().expect<call::TrunkState>();
    EXPECT_EQ("carrier", up.trunk);
    EXPECT_TRUE(up.up);
    EXPECT_EQ(*IpAddress::parse("127.0.0.1"), up.address);
    const auto leg = daemon().dial_out("carrier");
    const Message invite = carrier.called();
    const std::string there = to_text(carrier.peer.local());
    EXPECT_EQ("sip:13900001234@" + there, invite.request_uri());
    EXPECT_EQ("<sip:13900001234@" + there + ">", invite.header("To"));
    EXPECT_THAT(invite.header("From"), testing::StartsWith("<sip:95000@127.0.0.1>;tag="));
    EXPECT_EQ("<sip:95000@127.0.0.1>", invite.header("P-Asserted-Identity"));
    EXPECT_EQ("timer", invite.header("Supported"));
    EXPECT_EQ("1800", invite.header("Session-Expires"));
    EXPECT_EQ("", invite.header("Authorization") + invite.header("Proxy-Authorization") + invite.header("User-Agent"));
    EXPECT_THAT(invite.body(), testing::HasSubstr("m=audio 20000 RTP/AVP 8 101"));
    carrier.side.answer(invite, 180);
    EXPECT_EQ(leg, daemon().expect<call::LegRinging>().leg);
    carrier.side.answer(invite, 200, body(sdp()));
    EXPECT_EQ(invite.cseq(), carrier.peer.expect_request("ACK").cseq());
    EXPECT_EQ(40000, daemon().expect<call::LegAnswered>().audio.rtp.port);
    daemon().hangup(leg);
    const Message bye = carrier.peer.expect_request("BYE");
    EXPECT_EQ("sip:peer@" + there, bye.request_uri()) << "the Contact of the 200";
    carrier.side.answer(bye, 200);
    EXPECT_EQ(LegEnded::Cause::Local, daemon().expect<LegEnded>().cause);
}

TEST_F(TrunkCall, ADomainAndAnAccountStandInItsUris) {
    Carrier carrier(daemon().address());
    Trunk trunk = with_account(at(carrier));
    trunk.domain = "ims.example.com";
    use(trunk);
    daemon().dial_out("carrier", "+8613900001234", "");
    const Message invite = carrier.called();
    EXPECT_EQ("sip:+8613900001234@ims.example.com", invite.request_uri());
    EXPECT_THAT(invite.header("From"), testing::StartsWith("<sip:95000@ims.example.com>;tag="));
    carrier.side.answer(invite, 486);
    EXPECT_EQ(LegEnded::Cause::Busy, daemon().expect<LegEnded>().cause);
}

TEST_F(TrunkCall, OverTcp) {
    // The carrier listens; the daemon connects to it.
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_storage name{};
    socklen_t length = Address{*IpAddress::parse("127.0.0.1"), 0}.to_sockaddr(name);
    ASSERT_EQ(0, bind(listener, reinterpret_cast<sockaddr*>(&name), length));
    ASSERT_EQ(0, listen(listener, 1));
    length = sizeof name;
    getsockname(listener, reinterpret_cast<sockaddr*>(&name), &length);
    Trunk trunk{"carrier"};
    trunk.host = "127.0.0.1";
    trunk.port = Address::from(reinterpret_cast<sockaddr&>(name)).port;
    trunk.transport = "tcp";
    trunk.options_every = 0s;
    use(trunk);
    daemon().dial_out("carrier");
    pollfd wait{listener, POLLIN, 0};
    ASSERT_EQ(1, poll(&wait, 1, static_cast<int>(to_ms(kPatience))));
    const int line = accept(listener, nullptr, nullptr);
    pollfd readable{line, POLLIN, 0};
    ASSERT_EQ(1, poll(&readable, 1, static_cast<int>(to_ms(kPatience))));
    char buffer[4096];
    const auto got = recv(line, buffer, sizeof buffer, 0);
    ASSERT_GT(got, 0);
    const Message invite{std::string(buffer, static_cast<std::size_t>(got)), {}};
    EXPECT_EQ("INVITE", invite.method());
    EXPECT_THAT(invite.header("Via"), testing::StartsWith("SIP/2.0/TCP "));
    EXPECT_THAT(invite.header("Contact"), testing::HasSubstr(";transport=tcp"));
    const std::string busy = "SIP/2.0 486 Busy\r\nVia: " + invite.header("Via") + "\r\nFrom: " + invite.header("From") +
                             "\r\nTo: " + invite.header("To") + ";tag=1\r\nCall-ID: " + invite.header("Call-ID") +
                             "\r\nCSeq: " + invite.header("CSeq") + "\r\nContent-Length: 0\r\n\r\n";
    ASSERT_EQ(static_cast<ssize_t>(busy.size()), ::send(line, busy.data(), busy.size(), MSG_NOSIGNAL));
    EXPECT_EQ(LegEnded::Cause::Busy, daemon().expect<LegEnded>().cause);
    close(line);
    close(listener);
}

TEST_F(TrunkCall, AnUnknownTrunkIsToldLaterAndOnce) {
    const auto leg = daemon().dial_out("nowhere");
    const auto ended = daemon().expect<LegEnded>();
    EXPECT_EQ(leg, ended.leg);
    EXPECT_EQ(503, ended.status);
    EXPECT_EQ(0u, daemon().count<LegEnded>());
}

TEST_F(TrunkCall, WhatTheTrunkSaysIsToldWithItsStatus) {
    Carrier carrier(daemon().address());
    use(at(carrier));
    for (const int status : {403, 404, 486, 500, 503, 603}) {
        daemon().dial_out("carrier");
        carrier.side.answer(carrier.called(), status);
        carrier.peer.expect_request("ACK");
        EXPECT_EQ(status, daemon().expect<LegEnded>().status);
    }
}

TEST_F(TrunkCall, SilenceIsNoAnswer) {
    config.t1x64 = 300ms;
    Carrier carrier(daemon().address());
    use(at(carrier));
    daemon().dial_out("carrier");
    EXPECT_EQ(408, daemon().expect<LegEnded>().status);
}

TEST_F(TrunkCall, HangupCancels) {
    Carrier carrier(daemon().address());
    use(at(carrier));
    const auto leg = daemon().dial_out("carrier");
    const Message invite = carrier.called();
    carrier.side.answer(invite, 180);
    daemon().expect<call::LegRinging>();
    daemon().hangup(leg);
    daemon().expect<LegEnded>();
    carrier.side.answer(carrier.peer.expect_request("CANCEL"), 200);
    carrier.side.answer(invite, 487);
    carrier.peer.expect_request("ACK");
}

TEST_F(TrunkCall, EarlySoundIsToldAndServesA200WithoutSdp) {
    Carrier carrier(daemon().address());
    use(at(carrier));
    daemon().dial_out("carrier");
    const Message invite = carrier.called();
    carrier.side.answer(invite, 183, body(sdp()));
    const auto ringing = daemon().expect<call::LegRinging>();
    ASSERT_TRUE(ringing.early.has_value());
    EXPECT_EQ(40000, ringing.early->rtp.port);
    connect(carrier, invite, {});
    far_end_hangs_up(carrier);
}

TEST_F(TrunkCall, A200WithoutAnySdpIsEnded) {
    Carrier carrier(daemon().address());
    use(at(carrier));
    daemon().dial_out("carrier");
    carrier.side.answer(carrier.called(), 200);
    carrier.peer.expect_request("ACK");
    carrier.side.answer(carrier.peer.expect_request("BYE"), 200);
    EXPECT_EQ(LegEnded::Cause::NoCommonCodec, daemon().expect<LegEnded>().cause);
}

// ── Challenges ──

TEST_F(TrunkCall, AChallengeIsAnsweredWithTheTrunksAccount) {
    for (const int status : {401, 407}) {
        Carrier carrier(daemon().address());
        use(with_account(at(carrier)));
        const auto leg = daemon().dial_out("carrier");
        const Message first = carrier.called();
        carrier.challenge(first, status);
        carrier.peer.expect_request("ACK");
        const Message second = carrier.called();
        EXPECT_GT(second.cseq(), first.cseq());
        EXPECT_EQ(second.header("Call-ID"), first.header("Call-ID"));
        EXPECT_EQ(second.tag_of("From"), first.tag_of("From"));
        EXPECT_TRUE(carrier.proves(second));
        EXPECT_EQ("<sip:95000@127.0.0.1>", second.header("P-Asserted-Identity"));
        const char* name = status == 407 ? "Proxy-Authorization" : "Authorization";
        const Message ack = connect(carrier, second);
        EXPECT_EQ(ack.header(name), second.header(name)) << "RFC 3261 §22.1";
        daemon().hangup(leg);
        const Message bye = carrier.peer.expect_request("BYE");
        EXPECT_TRUE(carrier.proves(bye)) << "the nonce serves again, counted up";
        carrier.side.answer(bye, 200);
        daemon().expect<LegEnded>();
    }
}

TEST_F(TrunkCall, AByeThatIsChallengedIsSentAgain) {
    Carrier carrier(daemon().address());
    use(with_account(at(carrier)));
    const auto leg = daemon().dial_out("carrier");
    connect(carrier, carrier.called());
    daemon().hangup(leg);
    daemon().expect<LegEnded>();
    carrier.challenge(carrier.peer.expect_request("BYE"), 407);
    const Message again = carrier.peer.expect_request("BYE");
    EXPECT_TRUE(carrier.proves(again));
    carrier.side.answer(again, 200);
}

TEST_F(TrunkCall, AReInviteThatIsChallengedIsSentAgain) {
    Carrier carrier(daemon().address());
    use(with_account(at(carrier)));
    const auto leg = daemon().dial_out("carrier");
    connect(carrier, carrier.called());
    daemon().offer(leg, our_audio(call::Direction::SendOnly));
    carrier.challenge(carrier.peer.expect_request("INVITE"), 401);
    carrier.peer.expect_request("ACK");
    const Message again = carrier.peer.expect_request("INVITE");
    EXPECT_TRUE(carrier.proves(again));
    EXPECT_THAT(again.body(), testing::HasSubstr("a=sendonly"));
    carrier.side.answer(again, 200, body(sdp(2, "recvonly")));
    carrier.peer.expect_request("ACK");
    EXPECT_TRUE(daemon().expect<call::OfferAnswered>().answer.has_value());
    far_end_hangs_up(carrier);
}

TEST_F(TrunkCall, AWrongPasswordIsTriedOnce) {
    Carrier carrier(daemon().address());
    use(with_account(at(carrier)));
    daemon().dial_out("carrier");
    carrier.challenge(carrier.called(), 407);
    carrier.peer.expect_request("ACK");
    carrier.challenge(carrier.called(), 407);  // with a nonce of its own, as servers do
    carrier.peer.expect_request("ACK");
    EXPECT_EQ(407, daemon().expect<LegEnded>().status);
    EXPECT_FALSE(carrier.is_called());
}

TEST_F(TrunkCall, AStaleNonceIsNoWrongPassword) {
    Carrier carrier(daemon().address());
    use(with_account(at(carrier)));
    daemon().dial_out("carrier");
    carrier.challenge(carrier.called(), 401);
    carrier.peer.expect_request("ACK");
    carrier.challenge(carrier.called(), 401, true);
    carrier.peer.expect_request("ACK");
    const Message third = carrier.called();
    EXPECT_TRUE(carrier.proves(third));
    carrier.side.answer(third, 486);
    EXPECT_EQ(486, daemon().expect<LegEnded>().status);
}

TEST_F(TrunkCall, WithoutAnAccountNoChallengeIsAnswered) {
    Carrier carrier(daemon().address());
    use(at(carrier));
    daemon().dial_out("carrier");
    carrier.challenge(carrier.called(), 407);
    carrier.peer.expect_request("ACK");
    EXPECT_EQ(407, daemon().expect<LegEnded>().status);
    EXPECT_FALSE(carrier.is_called());
}

TEST_F(TrunkCall, NobodyElseIsGivenATrunksCredentials) {
    // Neither a phone that we ring, nor the trunk itself for a call that came from there.
    Carrier carrier(daemon().address());
    use(with_account(at(carrier)));
    Peer phone(Wire::Udp, daemon().address());
    enrol(phone, "8001");
    daemon().dial("8001");
    Side side(phone, "8001", "x");
    const Message invite = phone.expect_request("INVITE");
    side.take(invite);
    Extra extra;
    extra.headers = {"WWW-Authenticate: Digest realm=\"carrier\", nonce=\"1\", qop=\"auth\""};
    side.answer(invite, 401, extra);
    phone.expect_request("ACK");
    EXPECT_EQ(LegEnded::Cause::Rejected, daemon().expect<LegEnded>().cause);
    EXPECT_FALSE(phone.has(request("INVITE")));

    Side caller(carrier.peer, "13800000001", "95000");
    const auto leg = establish(caller);
    daemon().hangup(leg);
    daemon().expect<LegEnded>();
    const Message bye = carrier.peer.expect_request("BYE");
    EXPECT_EQ("", bye.header("Authorization"));
    caller.answer(bye, 401, extra);
    daemon().expect_at_rest();
    EXPECT_FALSE(carrier.peer.has(request("BYE")));
}

TEST_F(TrunkCall, AChallengeThatTheTrunkDidNotSendIsNotAnswered) {
    config.accounts.trunks.clear();
    Carrier carrier(daemon().address());
    use(with_account(at(carrier)));
    daemon().dial_out("carrier");
    const Message invite = carrier.called();
    Peer thief(Wire::Udp, daemon().address(), "127.0.0.9");  // one behind the carrier, who read the Via
    Extra extra;
    extra.headers = {kTheirs};
    Side(thief, "gateway", "x").answer(invite, 401, extra);
    EXPECT_EQ(401, daemon().expect<LegEnded>().status);
    EXPECT_FALSE(carrier.is_called()) << "not once more";
}

TEST_F(TrunkCall, NoCredentialsGoWhereTheContactLeads) {
    Carrier carrier(daemon().address());
    use(with_account(at(carrier)));
    Peer thief(Wire::Udp, daemon().address(), "127.0.0.9");
    const auto leg = daemon().dial_out("carrier");
    Extra extra = body(sdp());
    extra.contact = thief.contact();
    proven(carrier, extra);
    expect_nothing_of_ours(thief.expect_request("ACK"));
    daemon().expect<call::LegAnswered>();
    const auto asks = [&](const Message& asked) {
        expect_nothing_of_ours(asked);
        Extra challenge;
        challenge.headers = {kTheirs};
        challenge.contact = thief.contact();
        Side(thief, "gateway", "x").answer(asked, 401, challenge);
    };
    daemon().offer(leg, our_audio(call::Direction::SendOnly));
    asks(thief.expect_request("INVITE"));
    EXPECT_EQ(LegEnded::Cause::Failed, daemon().expect<LegEnded>().cause);
    asks(thief.expect_request("BYE"));
    daemon().expect_at_rest();
    EXPECT_FALSE(thief.has(request("BYE"))) << "it is not sent again";
    EXPECT_FALSE(thief.has(request("INVITE")));
}

TEST_F(TrunkCall, NoCredentialsGoWhereARecordRouteLeads) {
    config.session_expires = 90s;
    Carrier carrier(daemon().address());
    use(with_account(at(carrier)));
    Peer thief(Wire::Udp, daemon().address(), "127.0.0.9");
    daemon().dial_out("carrier");
    Extra extra = body(sdp());
    extra.headers = {"Record-Route: <sip:" + to_text(thief.local()) + ";lr>", "Session-Expires: 2;refresher=uac",
                     "Supported: timer", "Allow: INVITE, ACK, BYE, UPDATE"};
    proven(carrier, extra);
    expect_nothing_of_ours(thief.expect_request("ACK"));
    daemon().expect<call::LegAnswered>();
    const Message update = thief.expect_request("UPDATE");
    expect_nothing_of_ours(update);
    Extra challenge;
    challenge.headers = {kTheirs};
    Side(thief, "gateway", "x").answer(update, 407, challenge);
    EXPECT_EQ(LegEnded::Cause::Failed, daemon().expect<LegEnded>().cause);
    const Message bye = thief.expect_request("BYE");
    expect_nothing_of_ours(bye);
    Side(thief, "gateway", "x").answer(bye, 200);
    EXPECT_FALSE(thief.has(request("UPDATE")));
}

TEST_F(TrunkCall, NoCredentialsGoWhereAReInviteMovesTheTarget) {
    Carrier carrier(daemon().address());
    use(with_account(at(carrier)));
    Peer thief(Wire::Udp, daemon().address(), "127.0.0.9");
    const auto leg = daemon().dial_out("carrier");
    proven(carrier, body(sdp()));
    carrier.peer.expect_request("ACK");
    daemon().expect<call::LegAnswered>();
    Extra moved = body(sdp());
    moved.contact = thief.contact();
    carrier.side.send("INVITE", moved);
    carrier.side.expect(200);
    carrier.side.ack(carrier.side.cseq);
    daemon().hangup(leg);
    daemon().expect<LegEnded>();
    const Message bye = thief.expect_request("BYE");
    expect_nothing_of_ours(bye);
    Side(thief, "gateway", "x").answer(bye, 200);
}

TEST_F(TrunkCall, ARouteThroughTheTrunkItselfHasItsCredentials) {
    Carrier carrier(daemon().address());
    use(with_account(at(carrier)));
    const auto leg = daemon().dial_out("carrier");
    Extra extra = body(sdp());
    extra.headers = {"Record-Route: <sip:" + to_text(carrier.peer.local()) + ";lr>"};
    extra.contact = "<sip:gw@127.0.0.9:5060>";
    const Message second = proven(carrier, extra);
    EXPECT_EQ(second.header("Authorization"), carrier.peer.expect_request("ACK").header("Authorization"));
    daemon().expect<call::LegAnswered>();
    daemon().hangup(leg);
    daemon().expect<LegEnded>();
    const Message bye = carrier.peer.expect_request("BYE");
    EXPECT_EQ("sip:gw@127.0.0.9:5060", bye.request_uri());
    EXPECT_TRUE(carrier.proves(bye));
    carrier.challenge(bye, 401);
    const Message again = carrier.peer.expect_request("BYE");
    EXPECT_TRUE(carrier.proves(again));
    carrier.side.answer(again, 200);
}

TEST_F(TrunkCall, AForwardIsNotFollowed) {
    Carrier carrier(daemon().address());
    use(with_account(at(carrier)));
    Peer elsewhere(Wire::Udp, daemon().address(), "127.0.0.9");
    daemon().dial_out("carrier");
    const Message invite = carrier.called();
    carrier.challenge(invite, 401);
    carrier.peer.expect_request("ACK");
    Extra extra;
    extra.contact = elsewhere.contact();
    carrier.side.answer(carrier.called(), 302, extra);
    EXPECT_EQ(302, daemon().expect<LegEnded>().status);
    EXPECT_FALSE(elsewhere.next(0ms).has_value());
}

// ── Intervals (RFC 4028 §7.4) ──

TEST_F(TrunkCall, AnIntervalBetweenTwoChallengesIsNoRefusal) {
    Carrier carrier(daemon().address());
    use(with_account(at(carrier)));
    daemon().dial_out("carrier");
    carrier.challenge(carrier.called(), 401);
    carrier.peer.expect_request("ACK");
    const Message second = carrier.called();
    EXPECT_TRUE(carrier.proves(second));
    carrier.side.answer(second, 422, longer(3600));
    carrier.peer.expect_request("ACK");
    const Message third = carrier.called();
    EXPECT_EQ("3600", third.header("Session-Expires"));
    carrier.challenge(third, 401);  // with a nonce of its own, for the new request
    carrier.peer.expect_request("ACK");
    const Message fourth = carrier.called();
    EXPECT_TRUE(carrier.proves(fourth));
    EXPECT_EQ("3600", fourth.header("Session-Expires"));
    EXPECT_EQ("3600", fourth.header("Min-SE"));
    connect(carrier, fourth);
    far_end_hangs_up(carrier);
}

TEST_F(TrunkCall, ARefusalAfterAnIntervalIsOne) {
    Carrier carrier(daemon().address());
    use(with_account(at(carrier)));
    daemon().dial_out("carrier");
    carrier.challenge(carrier.called(), 401);
    carrier.side.answer(carrier.called(), 422, longer(3600));
    carrier.challenge(carrier.called(), 401);
    carrier.challenge(carrier.called(), 401);
    EXPECT_EQ(401, daemon().expect<LegEnded>().status);
    EXPECT_FALSE(carrier.is_called());
}

TEST_F(TrunkCall, SeveralProxiesEachWantALongerIntervalAndNotForEver) {
    Carrier carrier(daemon().address());
    use(at(carrier));
    daemon().dial_out("carrier");
    for (int seconds = 2000; seconds < 2003; ++seconds) carrier.side.answer(carrier.called(), 422, longer(seconds));
    const Message last = carrier.called();
    EXPECT_EQ("2002", last.header("Session-Expires"));
    carrier.side.answer(last, 422, longer(2003));
    EXPECT_EQ(422, daemon().expect<LegEnded>().status);
    EXPECT_FALSE(carrier.is_called());
}

TEST_F(TrunkCall, ARefreshThatIsTooBriefIsSentAgainAndTheCallLives) {
    for (const char* allowed : {"Allow: INVITE, ACK, BYE, UPDATE", "Allow: INVITE, ACK, BYE"}) {
        Carrier carrier(daemon().address());
        use(at(carrier));
        daemon().dial_out("carrier");
        Extra extra = body(sdp());
        extra.headers = {"Session-Expires: 4;refresher=uac", "Supported: timer", allowed};
        connect(carrier, carrier.called(), extra);
        const std::string method = std::string(allowed).ends_with("UPDATE") ? "UPDATE" : "INVITE";
        const Message refresh = carrier.peer.expect_request(method);
        EXPECT_EQ(0u, refresh.header("Session-Expires").find("4")) << refresh.text;
        carrier.side.answer(refresh, 422, longer(600));
        const Message again = carrier.peer.expect_request(method);
        EXPECT_EQ(0u, again.header("Session-Expires").find("600")) << again.text;
        EXPECT_EQ("600", again.header("Min-SE"));
        Extra granted = method == "INVITE" ? body(sdp()) : Extra{};
        granted.headers = {"Session-Expires: 600;refresher=uac", "Supported: timer"};
        carrier.side.answer(again, 200, granted);
        if (method == "INVITE") carrier.peer.expect_request("ACK");
        EXPECT_FALSE(daemon().next<LegEnded>(1s).has_value()) << "the first interval is over";
        far_end_hangs_up(carrier);
    }
}

// ── What else comes before and beside the answer ──

TEST_F(TrunkCall, A183WithoutSoundIsNoRinging) {
    Carrier carrier(daemon().address());
    use(at(carrier));
    daemon().dial_out("carrier");
    const Message invite = carrier.called();
    carrier.side.answer(invite, 183);
    EXPECT_TRUE(daemon().expect<call::LegRinging>().under_way);
    carrier.side.answer(invite, 183);
    carrier.side.answer(invite, 180);
    EXPECT_FALSE(daemon().expect<call::LegRinging>().under_way);
    carrier.side.answer(invite, 183);
    carrier.side.answer(invite, 486);
    daemon().expect<LegEnded>();
    EXPECT_EQ(0u, daemon().count<call::LegRinging>());
}

TEST_F(TrunkCall, AnUpdateBeforeTheAnswerMovesNoInvite) {
    Carrier carrier(daemon().address());
    use(with_account(at(carrier)));
    daemon().dial_out("carrier");
    const Message first = carrier.called();
    carrier.side.answer(first, 183);
    daemon().expect<call::LegRinging>();
    carrier.side.send("UPDATE");
    carrier.side.expect(200, "UPDATE");
    carrier.challenge(first, 401);  // of another branch
    const Message second = carrier.called();
    EXPECT_EQ(first.request_uri(), second.request_uri());
    EXPECT_TRUE(carrier.proves(second));
    carrier.side.answer(second, 486);
    daemon().expect<LegEnded>();
}

TEST_F(TrunkCall, ASecondAnswerOfAForkIsAckedAndEnded) {
    Carrier carrier(daemon().address());
    use(with_account(at(carrier)));
    daemon().dial_out("carrier");
    const Message invite = carrier.called();
    connect(carrier, invite);
    Side fork(carrier.side);
    fork.local_tag = unique();
    fork.answer(invite, 200, body(sdp(7)));
    EXPECT_EQ(fork.local_tag, carrier.peer.expect_request("ACK").tag_of("To"));
    const Message bye = carrier.peer.expect_request("BYE");
    EXPECT_EQ(fork.local_tag, bye.tag_of("To"));
    fork.answer(bye, 200);
    EXPECT_EQ(0u, daemon().count<LegEnded>());
    far_end_hangs_up(carrier);
}

// ── Inside the dialog ──

TEST_F(TrunkCall, AContactByNumberIsWhereOurRequestsGo) {
    Carrier carrier(daemon().address());
    use(at(carrier));
    const auto leg = daemon().dial_out("carrier");
    const Message invite = carrier.called();
    Peer media_gateway(Wire::Udp, daemon().address());
    Extra extra = body(sdp());
    extra.contact = "<sip:gw@" + to_text(media_gateway.local()) + ">";
    carrier.side.answer(invite, 200, extra);
    media_gateway.expect_request("ACK");
    daemon().expect<call::LegAnswered>();
    daemon().hangup(leg);
    daemon().expect<LegEnded>();
    const Message bye = media_gateway.expect_request("BYE");
    Side(media_gateway, "gw", "x").answer(bye, 200);
}

TEST_F(TrunkCall, AContactByNameLeadsBackToTheTrunk) {
    Carrier carrier(daemon().address());
    use(at(carrier));
    const auto leg = daemon().dial_out("carrier");
    Extra extra = body(sdp());
    extra.contact = "<sip:gw@gateway.invalid>";
    connect(carrier, carrier.called(), extra);
    daemon().hangup(leg);
    daemon().expect<LegEnded>();
    const Message bye = carrier.peer.expect_request("BYE");
    EXPECT_EQ("sip:gw@gateway.invalid", bye.request_uri());
    carrier.side.answer(bye, 200);
}

TEST_F(TrunkCall, OnlyTheTrunkSpeaksInsideIt) {
    config.accounts.trunks.clear();
    Carrier carrier(daemon().address());
    use(at(carrier));
    daemon().dial_out("carrier");
    connect(carrier, carrier.called());
    Peer forger(Wire::Udp, daemon().address(), "127.0.0.9");
    Side copy(carrier.side);
    forger.send(copy.make("BYE", 99, "z9hG4bKforged123", {}, forger));
    forger.expect_status(481, "BYE");
    EXPECT_EQ(0u, daemon().count<LegEnded>());
    far_end_hangs_up(carrier);
}

TEST_F(TrunkCall, TheSessionIsRefreshed) {
    config.session_expires = 90s;
    Carrier carrier(daemon().address());
    use(at(carrier));
    daemon().dial_out("carrier");
    const Message invite = carrier.called();
    EXPECT_EQ("90", invite.header("Session-Expires"));
    Extra extra = body(sdp());
    extra.headers = {"Session-Expires: 2;refresher=uac", "Supported: timer", "Allow: INVITE, ACK, BYE, UPDATE"};
    connect(carrier, invite, extra);
    const Message update = carrier.peer.expect_request("UPDATE");
    carrier.side.answer(update, 200);
    far_end_hangs_up(carrier);
}

// ── Early sound towards the phone that calls out ──

TEST_F(TrunkCall, EarlySoundReachesTheCallerAs183AndThe200SaysTheSame) {
    Peer phone(Wire::Udp, daemon().address());
    Side caller(phone, "13800000001", "95000");
    const auto leg = arrive(caller).leg;
    daemon().early(leg, our_audio());
    const Message progress = caller.expect(183);
    EXPECT_THAT(progress.body(), testing::HasSubstr("m=audio 20000"));
    EXPECT_NE("", progress.header("Contact"));
    daemon().answer(leg);
    const Message ok = caller.confirm();
    EXPECT_EQ(ok.body(), progress.body());
    EXPECT_EQ(ok.tag_of("To"), progress.tag_of("To"));
    daemon().expect<call::LegConfirmed>();
    finish(caller, leg);
}

TEST_F(TrunkCall, WithoutAnOfferEarlySoundIsARingingTone) {
    Peer phone(Wire::Udp, daemon().address());
    Side caller(phone, "13800000001", "95000");
    const auto leg = arrive(caller, "").leg;
    daemon().early(leg, our_audio());
    EXPECT_EQ("", caller.expect(180).body());
    daemon().refuse(leg, 480);
    caller.ack_failure(caller.expect(480));
    daemon().expect<LegEnded>();
}

}  // namespace
}  // namespace hotline::sip::test
