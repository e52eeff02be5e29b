// Session timers (RFC 4028): the arithmetic as a table, then on the wire with intervals of seconds.
#include "sip/peer.h"
#include "sip/session_timer.h"

namespace hotline::sip::test {
namespace {

using call::LegEnded;
using testing::HasSubstr;

constexpr TimerPolicy kPolicy{1800, 90};

TEST(SessionTimerTable, WhoRefreshesAndHowOften) {
    struct Row {
        TimerHeaders request;
        std::uint32_t expires_s;
        SessionTimer::Role role;
        bool require;
    };
    const auto we = SessionTimer::Role::WeRefresh, they = SessionTimer::Role::TheyRefresh;
    for (const Row& row : {
             Row{{true, 600, Refresher::Uac, 0}, 600, they, true}, Row{{true, 600, Refresher::Uas, 0}, 600, we, false},
             Row{{true, 600, Refresher::Unsaid, 0}, 600, we, false},
             Row{{true, 7200, Refresher::Uac, 0}, 1800, they, true},     // ours is shorter
             Row{{true, 7200, Refresher::Uac, 3600}, 3600, they, true},  // but not below their least
             Row{{true, std::nullopt, Refresher::Unsaid, 0}, 1800, we, false},
             Row{{false, std::nullopt, Refresher::Unsaid, 0}, 1800, we, false},  // it knows no timers: only we can
         }) {
        const auto answer = answer_timer(row.request, kPolicy);
        ASSERT_TRUE(answer.has_value());
        EXPECT_EQ(row.expires_s, answer->timer.expires_s);
        EXPECT_EQ(row.role, answer->timer.role);
        EXPECT_EQ(row.require, answer->require);
    }
    EXPECT_FALSE(answer_timer({true, std::nullopt, Refresher::Unsaid, 0}, {0, 90}).has_value());
}

TEST(SessionTimerTable, TooSmallIsSaidOnlyToThoseWhoUnderstand) {
    EXPECT_EQ(90u, too_small({true, 60, Refresher::Unsaid, 0}, kPolicy));
    EXPECT_EQ(120u, too_small({true, 100, Refresher::Unsaid, 120}, kPolicy));
    EXPECT_FALSE(too_small({false, 60, Refresher::Unsaid, 0}, kPolicy).has_value());
    EXPECT_FALSE(too_small({true, 90, Refresher::Unsaid, 0}, kPolicy).has_value());
    EXPECT_FALSE(too_small({true, std::nullopt, Refresher::Unsaid, 0}, kPolicy).has_value());
}

TEST(SessionTimerTable, DeadlinesLieBeforeTheEnd) {
    const SessionTimer timer{1800, SessionTimer::Role::WeRefresh};
    EXPECT_EQ(Time{900s}, timer.refresh_at(Time{}));
    EXPECT_EQ(Time{1768s}, timer.give_up_at(Time{}));
    EXPECT_EQ(Time{60s}, (SessionTimer{90, SessionTimer::Role::TheyRefresh}.give_up_at(Time{})));
}

class TimerTest : public SipTest {
  protected:
    void SetUp() override {
        config.session_expires = 2s;
        config.min_se = 1s;
        peer_ = std::make_unique<Peer>(Wire::Udp, daemon().address());
        caller_ = std::make_unique<Side>(*peer_, "13800138000", "95000");
    }
    Peer& peer() { return *peer_; }
    Side& caller() { return *caller_; }
    static Extra with(std::vector<std::string> headers, const std::string& body = "") {
        Extra extra;
        extra.headers = std::move(headers);
        extra.body = body;
        return extra;
    }

  private:
    std::unique_ptr<Peer> peer_;
    std::unique_ptr<Side> caller_;
};

TEST_F(TimerTest, SessionRefreshCarriesSdp) {
    const auto arrived = arrive(caller(), sdp(), with({"Supported: timer", "Session-Expires: 2;refresher=uas"}));
    daemon().answer(arrived.leg);
    const Message ok = caller().confirm();
    EXPECT_EQ("2;refresher=uas", ok.header("Session-Expires"));
    daemon().expect<call::LegConfirmed>();
    const Message refresh = peer().expect_request("INVITE");  // no Allow: UPDATE was heard
    EXPECT_EQ(ok.body(), refresh.body());                     // the same o= too
    EXPECT_THAT(refresh.header("Session-Expires"), testing::StartsWith("2"));
    caller().answer(refresh, 200, with({"Session-Expires: 2;refresher=uac", "Require: timer"}, sdp()));
    peer().expect_request("ACK");
    const Message again = peer().expect([&](const Message& one) { return request("INVITE")(one) && one.cseq() > refresh.cseq(); },
                                        "the next refresh");
    caller().answer(again, 200, with({"Session-Expires: 2;refresher=uac", "Require: timer"}, sdp()));
    peer().expect_request("ACK");
    EXPECT_EQ(0u, daemon().count<call::OfferAnswered>());
    EXPECT_EQ(0u, daemon().count<LegEnded>());
    finish(caller(), arrived.leg);
}

TEST_F(TimerTest, RefreshByUpdateWhereItIsAllowed) {
    const auto leg = establish(caller(), sdp(),
                               with({"Supported: timer", "Session-Expires: 2;refresher=uas", "Allow: INVITE, ACK, BYE, UPDATE"}));
    const Message refresh = peer().expect_request("UPDATE");
    EXPECT_EQ("", refresh.body());
    EXPECT_EQ("2;refresher=uac", refresh.header("Session-Expires"));
    caller().answer(refresh, 200, with({"Session-Expires: 2;refresher=uac", "Require: timer"}));
    EXPECT_FALSE(peer().has(request("INVITE")));
    finish(caller(), leg);
}

TEST_F(TimerTest, ARefusedUpdateIsFollowedByAReInvite) {
    const auto leg = establish(caller(), sdp(),
                               with({"Supported: timer", "Session-Expires: 2;refresher=uas", "Allow: INVITE, ACK, BYE, UPDATE"}));
    caller().answer(peer().expect_request("UPDATE"), 405);
    const Message refresh = peer().expect_request("INVITE");
    EXPECT_THAT(refresh.body(), HasSubstr("m=audio"));
    caller().answer(refresh, 200, with({"Session-Expires: 2;refresher=uac"}, sdp()));
    peer().expect_request("ACK");
    finish(caller(), leg);
}

TEST_F(TimerTest, RefreshMissingEndsLeg) {
    const auto leg = establish(caller(), sdp(), with({"Supported: timer", "Session-Expires: 2;refresher=uac"}));
    const auto ended = daemon().expect<LegEnded>();
    EXPECT_EQ(leg, ended.leg);
    EXPECT_EQ(LegEnded::Cause::SessionTimer, ended.cause);
    caller().answer(peer().expect_request("BYE"), 200);
}

TEST_F(TimerTest, TheirRefreshKeepsTheLeg) {
    const auto arrived = arrive(caller(), sdp(), with({"Supported: timer", "Session-Expires: 2;refresher=uac"}));
    daemon().answer(arrived.leg);
    const Message ok = caller().confirm();
    EXPECT_EQ("2;refresher=uac", ok.header("Session-Expires"));
    EXPECT_EQ("timer", ok.header("Require"));
    const Time answered = read_clocks().at;
    // Refreshed as soon as the interval would otherwise be half over, for longer than one interval.
    while (read_clocks().at - answered < 2500ms) {
        EXPECT_FALSE(daemon().next<LegEnded>(500ms).has_value());
        caller().send("UPDATE", with({"Supported: timer", "Session-Expires: 2;refresher=uac"}));
        EXPECT_EQ("2;refresher=uac", caller().expect(200, "UPDATE").header("Session-Expires"));
    }
    finish(caller(), arrived.leg);
}

TEST_F(TimerTest, AnUnansweredRefreshEndsTheLeg) {
    const auto leg = establish(caller(), sdp(), with({"Supported: timer", "Session-Expires: 2;refresher=uas"}));
    const auto ended = daemon().expect<LegEnded>();
    EXPECT_EQ(leg, ended.leg);
    caller().answer(peer().expect_request("BYE"), 200);
}

TEST_F(TimerTest, TheTimerOfACallThatWeMade) {
    enrol(peer(), "8001");
    const auto leg = daemon().dial("8001");
    const Message invite = peer().expect_request("INVITE");
    EXPECT_EQ("2", invite.header("Session-Expires"));
    EXPECT_EQ("1", invite.header("Min-SE"));
    caller().take(invite);
    caller().answer(invite, 200,
                    with({"Session-Expires: 2;refresher=uac", "Require: timer", "Allow: INVITE, ACK, BYE, UPDATE"}, sdp()));
    peer().expect_request("ACK");
    daemon().expect<call::LegAnswered>();
    caller().answer(peer().expect_request("UPDATE"), 200, with({"Session-Expires: 2;refresher=uac"}));
    finish(caller(), leg);
}

}  // namespace
}  // namespace hotline::sip::test
