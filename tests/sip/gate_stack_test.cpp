// The gate in front of a whole stack: what kills, stalls or misuses libsofia never reaches it, and calls go on meanwhile.
#include "sip/peer.h"

namespace hotline::sip::test {
namespace {

using namespace std::string_view_literals;

constexpr Duration kAtOnce{1s};  // a blocking look-up of a name takes five seconds a try

std::string options(const std::string& via, const std::string& id, const std::string& version = "SIP/2.0",
                    const std::string& method = "OPTIONS") {
    return method + " sip:95000@127.0.0.1 " + version + "\r\n" + via +
           "\r\nMax-Forwards: 70\r\nFrom: <sip:probe@h>;tag=1\r\nTo: <sip:95000@h>\r\nCall-ID: " + id + "\r\nCSeq: 1 " + method +
           "\r\nContent-Length: 0\r\n\r\n";
}

class GateStackTest : public SipTest {
  protected:
    std::int64_t stopped(const std::string& reason) { return daemon().counter("sip_gate_total{result=\"" + reason + "\"}"); }
    /// An OPTIONS sent after everything else is answered at once: what came before was read and has not stalled anything.
    void expect_alive(Peer& peer) {
        const auto id = unique();
        peer.send(options(peer.via("z9hG4bK" + id), id));
        peer.expect([&](const Message& one) { return one.status() == 200 && one.header("Call-ID") == id; }, "200 to OPTIONS",
                    kAtOnce);
    }
    /// Sends bytes that must be neither answered nor survived by anything, and names the reason under which they are counted.
    void expect_silence(Peer& peer, std::string_view bytes, const std::string& reason) {
        const auto before = stopped(reason);
        peer.send(std::string(bytes));
        expect_alive(peer);
        EXPECT_EQ(before + 1, stopped(reason)) << bytes;
        EXPECT_FALSE(peer.has([](const Message&) { return true; })) << bytes;
    }
};

TEST_F(GateStackTest, WhatIsNoSipIsMetWithSilence) {
    Peer peer(Wire::Udp, daemon().address());
    expect_silence(peer, "\0\1\0\0\x21\x12\xa4\x42\0\0\0\0\0\0\0\0\0\0\0\0"sv, "not_sip");  // STUN
    expect_silence(peer, "\xf8\x01\x02\x03"sv, "not_sip");                                  // SigComp
    expect_silence(peer, "\r\n\r\n", "keep_alive");
    expect_silence(peer, "GET / HTTP/1.0\r\n\r\n", "no_start_line");
    expect_silence(peer, options("X: y", unique()), "no_via");
}

TEST_F(GateStackTest, NothingIsSentToThirdParties) {
    Peer peer(Wire::Udp, daemon().address()), victim(Wire::Udp, daemon().address());
    const auto via = peer.via("z9hG4bK" + unique());
    expect_silence(peer, options(via + ";maddr=127.0.0.1", unique()), "maddr");
    expect_silence(peer, options("Via: SIP/2.0/UDP 127.0.0.1:53;branch=z9hG4bK1", unique()), "low_port");
    // Without rport the answer goes back to where the request came from all the same.
    const auto id = unique();
    peer.send(options("Via: SIP/2.0/UDP " + to_text(victim.local()) + ";branch=z9hG4bK" + id, id));
    peer.expect_status(200, "OPTIONS");
    EXPECT_FALSE(victim.has([](const Message&) { return true; }));
}

TEST_F(GateStackTest, AShortBranchIsStoppedAndAMissingOneIsNot) {
    Peer peer(Wire::Udp, daemon().address());
    expect_silence(peer, options(peer.via("z9"), unique()), "short_branch");
    peer.send(options("Via: SIP/2.0/UDP " + to_text(peer.local()) + ";rport", unique()));
    peer.expect_status(200, "OPTIONS");
}

TEST_F(GateStackTest, NamesInViaStallNothing) {
    Peer peer(Wire::Udp, daemon().address());
    for (int i = 0; i < 3; ++i) {
        peer.send(
            options("Via: SIP/9.0/UDP host" + std::to_string(i) + ".example.com;branch=z9hG4bK" + unique(), unique(), "SIP/9.0"));
        peer.expect_status(505, "OPTIONS", kAtOnce);
        peer.send(options("Via: SIP/2.0/UDP host" + std::to_string(i) + ".example.com;branch=z9hG4bK" + unique(), unique()));
        peer.expect_status(200, "OPTIONS", kAtOnce);
    }
    EXPECT_EQ(3, stopped("bad_version"));
}

TEST_F(GateStackTest, AConnectionSurvivesARequestThatLibsofiaCannotRead) {
    Peer peer(Wire::Tcp, daemon().address());
    const auto strange = unique();
    peer.send(options(peer.via("z9hG4bK" + strange), strange, "SIP/2.0", "A+B"));
    peer.expect_status(501, "A+B", kAtOnce);
    expect_alive(peer);
}

TEST_F(GateStackTest, AFloodOfRegistrationsIsShedAndTheCallGoesOn) {
    config.gate_rate = 1;
    config.gate_burst = 100;
    Peer peer(Wire::Udp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    const auto leg = establish(caller);
    for (int i = 0; i < 50; ++i) peer.send(options(peer.via("z9hG4bK" + unique()), unique(), "SIP/2.0", "REGISTER"));
    finish(caller, leg);
    EXPECT_GE(stopped("rate_limited"), 39);  // the burst of a tenth, and what refills meanwhile
}

TEST_F(GateStackTest, ACallerBeyondHisRateIsToldToComeBackAndAStrangerIsNot) {
    config.gate_rate = 1;
    config.gate_burst = 2;
    config.accounts.trunks = {{"local", {*Network::parse("127.0.0.1")}}};
    Peer known(Wire::Udp, daemon().address()), stranger(Wire::Udp, daemon().address(), "127.0.0.9");
    for (int i = 0; i < 4; ++i) known.send(options(known.via("z9hG4bK" + unique()), unique(), "SIP/2.0", "INVITE"));
    const auto told = known.expect_status(503, "INVITE");
    EXPECT_GE(std::stoi(told.header("Retry-After")), 1);
    EXPECT_LE(std::stoi(told.header("Retry-After")), 10);
    stranger.send(options(stranger.via("z9hG4bK" + unique()), unique(), "SIP/2.0", "INVITE"));
    known.send(options(known.via("z9hG4bK" + unique()), unique(), "SIP/2.0", "BYE"));  // never shed
    known.expect_status(481, "BYE");
    EXPECT_FALSE(stranger.has([](const Message&) { return true; }));
    for (int passed = 0; passed < 2; ++passed) daemon().refuse(daemon().expect<call::InviteArrived>().leg, 486);
}

TEST_F(GateStackTest, AnOverloadShedsCallsBeforePhonesAndEmergenciesAndNothingTwice) {
    config.gate_total_rate = 1e-6;
    config.gate_total_burst = 16;
    config.emergency_numbers = {"95119"};
    config.accounts.trunks = {{"local", {*Network::parse("127.0.0.1")}}};
    Peer trunk(Wire::Udp, daemon().address()), phone(Wire::Udp, daemon().address(), "127.0.0.9");
    enrol(phone, "8001");
    const auto invite = [&](Peer& peer, const std::string& branch, const std::string& uri) {
        auto text = options(peer.via("z9hG4bK" + branch), branch, "SIP/2.0", "INVITE");
        peer.send(text.replace(text.find(' ') + 1, text.find(" SIP/2.0") - text.find(' ') - 1, uri));
    };
    const auto first = unique();
    invite(trunk, first, "sip:95000@hotline");
    std::vector<call::LegId> legs{daemon().expect<call::InviteArrived>().leg};
    for (int i = 0; i < 20; ++i) invite(trunk, unique(), "sip:95000@hotline");
    constexpr int kShed = 11;  // of 16 two went to the registration and one to the first call; callers leave four
    for (int i = 0; i < kShed; ++i) trunk.expect_status(503, "INVITE");
    invite(trunk, first, "sip:95000@hotline");  // repeated: it has no new answer
    invite(trunk, unique(), "sip:95119@hotline");
    invite(phone, unique(), "sip:95000@hotline");
    phone.expect_status(401, "INVITE");
    EXPECT_EQ(kShed, stopped("overload"));
    bool emergency = false;
    while (!emergency) {
        const auto arrived = daemon().expect<call::InviteArrived>();
        emergency = arrived.called == "95119";
        legs.push_back(arrived.leg);
    }
    for (const auto leg : legs) daemon().refuse(leg, 486);
}

TEST_F(GateStackTest, SwitchedOffItLetsEverythingThrough) {
    config.gate = false;
    Peer peer(Wire::Udp, daemon().address());
    peer.send(options("Via: SIP/2.0/UDP 127.0.0.1:53;branch=z9hG4bK" + unique(), unique()));
    peer.expect_status(200, "OPTIONS");
    EXPECT_EQ(0, daemon().counter("sip_gate_total"));
}

TEST_F(GateStackTest, ALockedPasswordCannotBeGuessedInAnothersName) {
    Peer stranger(Wire::Udp, daemon().address(), "127.0.0.9");
    Side guesser(stranger, "8002", "8002");
    Extra plain;
    plain.uri = "sip:" + to_text(daemon().address());
    const auto guess = [&](const std::string& password) {
        guesser.send("REGISTER", plain);
        Extra extra = plain;
        extra.headers.push_back(authorization(guesser.expect(401, "REGISTER"), "REGISTER", extra.uri, "8001", password));
        const auto cseq = guesser.send("REGISTER", extra);
        return stranger.expect([&](const Message& one) { return one.status() >= 200 && one.cseq() == cseq; }, "final response")
            .status();
    };
    EXPECT_EQ(403, guess("pw-8001"));  // right, but not 8002's
    for (int i = 0; i < 8; ++i) EXPECT_EQ(401, guess("guess"));
    EXPECT_EQ(401, guess("pw-8001"));
}

}  // namespace
}  // namespace hotline::sip::test
