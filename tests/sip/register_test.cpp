// Registrations, digest, and who is believed to be whom.
#include "sip/peer.h"

namespace hotline::sip::test {
namespace {

using call::AgentContacts;
using call::LegEnded;

class RegisterTest : public SipTest {
  protected:
    std::string registrar() { return "sip:" + to_text(daemon().address()); }
    Extra ask(const Peer& phone, std::vector<std::string> headers = {}) {
        Extra extra;
        extra.uri = registrar();
        extra.contact = phone.contact();
        extra.headers = std::move(headers);
        return extra;
    }
    /// Sends REGISTER, answers the challenge, returns the final response.
    Message authorized(Side& side, Extra extra, const std::string& password, const std::string& algorithm = "MD5") {
        side.send("REGISTER", extra);
        const Message challenge = side.expect(401, "REGISTER");
        extra.headers.push_back(authorization(challenge, "REGISTER", extra.uri, side.user, password, algorithm));
        const auto cseq = side.send("REGISTER", extra);
        return side.peer.expect([&](const Message& one) { return one.status() >= 200 && one.cseq() == cseq; }, "final response");
    }
    /// `caller` calls with the right password of 8001, for a challenge that `challenged` got; he is refused.
    void calls_as_8001(Side& caller, Side& challenged) {
        challenged.invite(sdp());
        const Message challenge = challenged.expect(401);
        challenged.ack_failure(challenge);
        Extra extra;
        extra.headers = {authorization(challenge, "INVITE", caller.target, "8001", "pw-8001")};
        caller.invite(sdp(), extra);
        caller.ack_failure(caller.expect(403));
        EXPECT_EQ(0u, daemon().count<call::InviteArrived>());
    }
};

TEST_F(RegisterTest, APhoneRegistersAndLeaves) {
    Peer phone(Wire::Udp, daemon().address());
    Side side(phone, "8001", "8001");
    const Message ok = authorized(side, ask(phone, {"Expires: 120"}), "pw-8001");
    EXPECT_EQ(200, ok.status());
    EXPECT_THAT(ok.header("Contact"), testing::HasSubstr(phone.contact() + ";expires=120"));
    const auto here = daemon().expect<AgentContacts>();
    EXPECT_EQ("8001", here.agent);
    EXPECT_EQ(1, here.contacts);
    EXPECT_EQ(phone.local().ip, here.source);
    EXPECT_EQ(1u, daemon().census().contacts);

    EXPECT_EQ(200, authorized(side, ask(phone, {"Expires: 60"}), "pw-8001").status());
    EXPECT_EQ(0u, daemon().count<AgentContacts>());  // a refresh is no news

    Extra leave = ask(phone, {"Expires: 0"});
    leave.contact = "*";
    EXPECT_EQ(200, authorized(side, leave, "pw-8001").status());
    const auto gone = daemon().expect<AgentContacts>();
    EXPECT_EQ(0, gone.contacts);
    EXPECT_TRUE(gone.signed_off);
}

TEST_F(RegisterTest, Sha256WorksToo) {
    config.sha256 = true;
    Peer phone(Wire::Udp, daemon().address());
    Side side(phone, "8001", "8001");
    EXPECT_EQ(200, authorized(side, ask(phone), "pw-8001", "SHA-256").status());
    daemon().expect<AgentContacts>();
}

TEST_F(RegisterTest, RegistrationExpires) {
    config.min_expires = 1s;
    Peer phone(Wire::Udp, daemon().address());
    enrol(phone, "8001", "", 1);
    const auto gone = daemon().expect<AgentContacts>();
    EXPECT_EQ("8001", gone.agent);
    EXPECT_EQ(0, gone.contacts);
    EXPECT_FALSE(gone.signed_off);
    EXPECT_EQ(0u, daemon().census().contacts);
}

TEST_F(RegisterTest, TooShortAnExpiryIs423) {
    Peer phone(Wire::Udp, daemon().address());
    Side side(phone, "8001", "8001");
    const Message brief = authorized(side, ask(phone, {"Expires: 5"}), "pw-8001");
    EXPECT_EQ(423, brief.status());
    EXPECT_EQ("60", brief.header("Min-Expires"));
}

TEST_F(RegisterTest, SeveralPhonesOfOneAgent) {
    Peer desk(Wire::Udp, daemon().address()), mobile(Wire::Udp, daemon().address());
    enrol(desk, "8001");
    Side side(mobile, "8001", "8001");
    const Message ok = authorized(side, ask(mobile), "pw-8001");
    EXPECT_THAT(ok.headers("Contact"),
                testing::UnorderedElementsAre(testing::StartsWith(desk.contact()), testing::StartsWith(mobile.contact())));
    EXPECT_EQ(2, daemon().expect<AgentContacts>().contacts);
}

TEST_F(RegisterTest, WrongPasswordLooksLikeUnknownUser) {
    Peer phone(Wire::Udp, daemon().address());
    std::vector<std::vector<std::string>> seen;
    for (const std::string user : {"8001", "8999"}) {
        Side side(phone, user, user);
        side.send("REGISTER", ask(phone));
        const Message first = side.expect(401, "REGISTER");
        Extra extra = ask(phone);
        extra.headers.push_back(authorization(first, "REGISTER", extra.uri, user, "wrong"));
        side.send("REGISTER", extra);
        const Message second = side.expect(401, "REGISTER");
        std::vector<std::string> names;
        for (const Message* one : {&first, &second}) {
            const std::string head = one->text.substr(0, one->text.find("\r\n\r\n"));
            names.push_back(head.substr(0, head.find("\r\n")));
            for (std::size_t at = head.find("\r\n"); at != std::string::npos; at = head.find("\r\n", at + 2))
                names.push_back(head.substr(at + 2, head.find(':', at) - at - 2));
            EXPECT_THAT(one->text, testing::Not(testing::HasSubstr("stale=true")));
        }
        seen.push_back(names);
    }
    EXPECT_EQ(seen[0], seen[1]);
    EXPECT_EQ(0u, daemon().census().contacts);
    EXPECT_EQ(2, daemon().counter("sip_auth_failures_total"));
}

TEST_F(RegisterTest, AgentsRegisterOnlyThemselves) {
    Peer phone(Wire::Udp, daemon().address());
    Side side(phone, "8002", "8002");  // To says 8002
    side.send("REGISTER", ask(phone));
    const Message challenge = side.expect(401, "REGISTER");
    Extra extra = ask(phone);
    extra.headers.push_back(authorization(challenge, "REGISTER", extra.uri, "8001", "pw-8001"));
    side.send("REGISTER", extra);
    side.expect(403, "REGISTER");
    EXPECT_EQ(0u, daemon().census().contacts);
}

TEST_F(RegisterTest, AnUnknownAuthenticationSchemeIsNoCredentials) {
    Peer phone(Wire::Udp, daemon().address());
    Side side(phone, "8001", "8001");
    side.send("REGISTER", ask(phone, {"Authorization: NoOneKnowsThisScheme opaque-data=here"}));
    side.expect(401, "REGISTER");
}

TEST_F(RegisterTest, AnUnreachableContactIs400) {
    Peer phone(Wire::Udp, daemon().address());
    Side side(phone, "8001", "8001");
    Extra extra = ask(phone);
    extra.contact = "<tel:+123>";
    EXPECT_EQ(400, authorized(side, extra, "pw-8001").status());
}

TEST_F(RegisterTest, ToMustBeASipAddress) {
    Peer phone(Wire::Udp, daemon().address());
    phone.send("REGISTER sip:example.com SIP/2.0\r\n" + phone.via("z9hG4bK" + unique()) +
               "\r\nMax-Forwards: 70\r\nFrom: <sip:a@example.com>;tag=1\r\nTo: <isbn:2983792873>\r\nCall-ID: " + unique() +
               "\r\nCSeq: 1 REGISTER\r\nContact: " + phone.contact() + "\r\nContent-Length: 0\r\n\r\n");
    phone.expect_status(400, "REGISTER");
}

TEST_F(RegisterTest, AnAgentWhoIsNoMoreLosesHisContacts) {
    Peer phone(Wire::Udp, daemon().address());
    enrol(phone, "8001");
    daemon().run([](Stack& stack) {
        Accounts accounts;
        accounts.passwords["8002"] = "pw-8002";
        stack.reload(accounts);
    });
    EXPECT_EQ(0, daemon().expect<AgentContacts>().contacts);
}

TEST_F(RegisterTest, GuessingLocksTheStrangerAndNotThePhone) {
    Peer phone(Wire::Udp, daemon().address());
    enrol(phone, "8001");
    Peer stranger(Wire::Udp, daemon().address(), "127.0.0.9");
    Side guesser(stranger, "8001", "8001");
    for (int i = 0; i < 8; ++i) EXPECT_EQ(401, authorized(guesser, ask(stranger), "guess").status());
    EXPECT_EQ(401, authorized(guesser, ask(stranger), "pw-8001").status());  // locked: even the right one
    Side side(phone, "8001", "8001");
    EXPECT_EQ(200, authorized(side, ask(phone), "pw-8001").status());
}

TEST_F(RegisterTest, AForgersGuessesLockNobodyOut) {
    // He sends from the phone's own address, but does not see what is answered to it: the challenges that he knows are of another
    // one.
    Peer phone(Wire::Udp, daemon().address()), forger(Wire::Udp, daemon().address());
    Peer elsewhere(Wire::Udp, daemon().address(), "127.0.0.9");
    Side asks(elsewhere, "8001", "8001"), guesser(forger, "8001", "8001");
    asks.send("REGISTER", ask(elsewhere));
    const Message challenge = asks.expect(401, "REGISTER");
    for (int i = 0; i < 30; ++i) {
        Extra guess = ask(forger);
        guess.headers.push_back(authorization(challenge, "REGISTER", guess.uri, "8001", "guess"));
        guesser.send("REGISTER", guess);
        guesser.expect(401, "REGISTER");
    }
    EXPECT_EQ(0, daemon().counter("sip_auth_failures_total"));
    Side side(phone, "8001", "8001");
    EXPECT_EQ(200, authorized(side, ask(phone), "pw-8001").status());
    daemon().expect<AgentContacts>();
}

// ── who may call ──

TEST_F(RegisterTest, AnAgentsOwnCallIsChallenged) {
    Peer phone(Wire::Udp, daemon().address());
    Side agent(phone, "8001", "95000");
    agent.invite(sdp());
    const Message challenge = agent.expect(401);
    agent.ack_failure(challenge);
    Extra extra;
    extra.headers = {authorization(challenge, "INVITE", agent.target, "8001", "pw-8001")};
    const auto leg = establish(agent, sdp(), extra);
    finish(agent, leg);
}

TEST_F(RegisterTest, AnAgentsCallArrivesInHisName) {
    Peer phone(Wire::Udp, daemon().address());
    Side agent(phone, "8001", "*73");
    agent.invite(sdp());
    const Message challenge = agent.expect(401);
    Extra extra;
    extra.headers = {authorization(challenge, "INVITE", agent.target, "8001", "pw-8001")};
    const auto arrived = arrive(agent, sdp(), extra);
    EXPECT_EQ(call::Origin::Kind::Agent, arrived.origin.kind);
    EXPECT_EQ("8001", arrived.origin.name);
    EXPECT_EQ("8001", arrived.caller);
    EXPECT_EQ("*73", arrived.called);
    daemon().refuse(arrived.leg, 480);
    daemon().expect<LegEnded>();
}

TEST_F(RegisterTest, AnAgentCannotCallInAnothersName) {
    Peer phone(Wire::Udp, daemon().address());
    Side agent(phone, "8002", "95000");
    calls_as_8001(agent, agent);
}

TEST_F(RegisterTest, ACarriersCallInTheNameOfOneWithTheCredentialsOfAnotherIs403) {
    Peer trunk(Wire::Udp, daemon().address());  // 127.0.0.0/8 is a trunk: without credentials this would be its call
    Side caller(trunk, "13800138000", "95000");
    Side agent(trunk, "8001", "95000");
    calls_as_8001(caller, agent);
}

TEST_F(RegisterTest, AStrangerLearnsNothing) {
    config.accounts.trunks.clear();
    Peer peer(Wire::Udp, daemon().address());
    std::vector<std::string> first_lines;
    for (const std::string called : {"95000", "00000", "8001"}) {
        Side stranger(peer, "13800138000", called);
        stranger.invite(sdp());
        const Message challenge = stranger.expect(401);
        stranger.ack_failure(challenge);
        Extra extra;
        extra.headers = {authorization(challenge, "INVITE", stranger.target, "13800138000", "guess")};
        stranger.invite(sdp(), extra);
        const Message again = stranger.expect(401);
        stranger.ack_failure(again);
        EXPECT_EQ(challenge.headers("WWW-Authenticate").size(), again.headers("WWW-Authenticate").size());

        stranger.send("OPTIONS");
        EXPECT_EQ(1u, stranger.expect(401, "OPTIONS").headers("WWW-Authenticate").size());
    }
    EXPECT_EQ(0u, daemon().count<call::InviteArrived>());
}

TEST_F(RegisterTest, APhoneMayAskWhetherWeAreAliveFromWhereItIsRegistered) {
    config.accounts.trunks.clear();
    Peer peer(Wire::Udp, daemon().address());
    enrol(peer, "8001");
    Side asking(peer, "8001", "95000");
    asking.send("OPTIONS");
    asking.expect(200, "OPTIONS");
    Peer elsewhere(Wire::Udp, daemon().address());
    Side stranger(elsewhere, "8001", "95000");
    stranger.send("OPTIONS");
    stranger.expect(401, "OPTIONS");
}

}  // namespace
}  // namespace hotline::sip::test
