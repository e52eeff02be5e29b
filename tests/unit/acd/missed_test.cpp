// Offers that come to nothing: the caller's place, the agent's delay, the automatic pause.
#include "centre.h"

namespace hotline::acd {
namespace {

class Missed : public Centre {};

TEST_F(Missed, TheCallerGoesBackToHisOldPlaceAndTheNextAgentRings) {
    service({"8001", "8002"});
    open();
    CallId first = joins("service");
    Offer ringing = offer();
    CallId second = joins("service");
    EXPECT_EQ(acd.position(first), std::nullopt);
    Offer other = offer();  // 8002 for the second
    misses(other);
    now += 1s;
    misses(ringing);
    EXPECT_EQ(acd.position(first), 1u);
    EXPECT_EQ(acd.position(second), 2u);
}

TEST_F(Missed, EachKindOfMissHasItsOwnDelay) {
    QueueConfig& rules = service({"8001"});
    rules.missed_delay = 4s;
    rules.rejected_delay = 6s;
    rules.busy_delay = 8s;
    rules.max_missed = 0;
    open();
    joins("service");
    const std::pair<Miss, Duration> kinds[] = {
        {Miss::NoAnswer, 4s}, {Miss::Rejected, 6s}, {Miss::Busy, 8s}, {Miss::Unreachable, 4s}};
    for (auto [why, delay] : kinds) {
        misses(offer(), why);
        EXPECT_TRUE(nobody_offered());
        EXPECT_EQ(acd.next_deadline(), now + delay);
        EXPECT_TRUE(after(delay - 1ms).offers.empty());
        now += 1ms;
    }
    EXPECT_EQ(name(offer().agent), "8001");
}

TEST_F(Missed, WithoutADelayHeIsRungAgainAsSoonAsHisPhoneHasRungInVain) {
    service({"8001"}).missed_delay = 0s;
    open();
    CallId caller = joins("service");
    misses(offer(), Miss::NoAnswer);
    EXPECT_EQ(offer().call, caller);
}

TEST_F(Missed, APhoneThatSaysNoAtOnceIsNotDialledInATightLoop) {
    QueueConfig& rules = service({"8001"});
    rules.missed_delay = rules.rejected_delay = rules.busy_delay = 0s;
    rules.max_missed = 0;
    open();
    joins("service");
    Offer ringing = offer();
    for (const Miss why : {Miss::Unreachable, Miss::Busy, Miss::Rejected}) {
        misses(ringing, why);
        EXPECT_TRUE(after(999ms).offers.empty()) << static_cast<int>(why);
        const Decisions round = after(1ms);
        ASSERT_EQ(round.offers.size(), 1u);
        ringing = round.offers[0];
    }
}

TEST_F(Missed, ABusyPhoneNeverPausesItsAgent) {
    QueueConfig& rules = service({"8001"});
    rules.max_missed = 1;
    rules.busy_delay = 1s;
    open();
    joins("service");
    for (int i = 0; i < 5; ++i) {
        misses(i == 0 ? offer() : after(1s).offers.at(0), Miss::Busy);
        EXPECT_EQ(acd.view(id("8001"))->availability, Availability::Ready);
    }
}

TEST_F(Missed, AfterSoManyInARowTheAgentIsPausedAndToldSo) {
    QueueConfig& rules = service({"8001"});
    rules.max_missed = 2;
    rules.missed_delay = 1s;
    open();
    joins("service");
    misses(offer());
    EXPECT_TRUE(after(1s).paused.empty());
    acd.on_missed(OfferId{2}, Miss::Rejected, now);
    EXPECT_LE(*acd.next_deadline(), now) << "there is something to be told";
    Decisions round = at_once();
    ASSERT_EQ(round.paused.size(), 1u);
    EXPECT_EQ(round.paused.front().agent, id("8001"));
    EXPECT_EQ(round.paused.front().missed, 2);
    EXPECT_EQ(acd.view(id("8001"))->availability, Availability::Paused);
    EXPECT_EQ(acd.view(id("8001"))->pause_reason, "missed");
    EXPECT_TRUE(after(60s).offers.empty());
}

TEST_F(Missed, AnAnswerOrAResumeBeginsTheCountAnew) {
    QueueConfig& rules = service({"8001"});
    rules.max_missed = 2;
    rules.missed_delay = 0s;
    open();
    joins("service");
    misses(offer());
    talks("8001");  // the answer
    hangs_up("8001");
    joins("service");
    misses(offer());
    EXPECT_TRUE(acd.view(id("8001"))->availability == Availability::Ready);
    resumes("8001");
    misses(offer());
    EXPECT_TRUE(acd.view(id("8001"))->availability == Availability::Ready);
    misses(offer());
    EXPECT_TRUE(acd.view(id("8001"))->availability == Availability::Paused);
}

TEST_F(Missed, AnUnreachablePhoneIsNoFaultOfTheAgents) {
    QueueConfig& rules = service({"8001"});
    rules.max_missed = 1;
    open();
    joins("service");
    misses(offer(), Miss::Unreachable);
    EXPECT_TRUE(after(5s).paused.empty());
    EXPECT_EQ(acd.view(id("8001"))->availability, Availability::Ready);
}

TEST_F(Missed, AnAgentWhoPausedWhileItRangKeepsHisOwnReason) {
    service({"8001"}).max_missed = 1;
    open();
    joins("service");
    Offer ringing = offer();
    pauses("8001");
    misses(ringing);
    EXPECT_TRUE(at_once().paused.empty());
    EXPECT_EQ(acd.view(id("8001"))->pause_reason, "lunch");
}

TEST_F(Missed, AnOfferThatNobodyReportsOnLapsesByItself) {
    service({"8001", "8002"}).ring_time = 15s;
    open();
    CallId caller = joins("service");
    Offer ringing = offer();
    EXPECT_EQ(ringing.deadline, now + 15s);
    EXPECT_TRUE(after(14999ms).lapsed.empty());
    Decisions round = after(1ms);
    ASSERT_EQ(round.lapsed.size(), 1u);
    EXPECT_EQ(round.lapsed.front().id, ringing.id);
    EXPECT_EQ(round.lapsed.front().call, caller);
    EXPECT_EQ(round.lapsed.front().agent, id("8001"));
    ASSERT_EQ(round.offers.size(), 1u);  // in the same round to the next agent
    EXPECT_EQ(name(round.offers.front().agent), "8002");
}

TEST_F(Missed, ALateWordAboutAnOfferChangesNothing) {
    service({"8001"});
    open();
    CallId caller = joins("service");
    Offer ringing = offer();
    misses(ringing);
    EXPECT_FALSE(acd.on_missed(ringing.id, Miss::NoAnswer, now));
    EXPECT_FALSE(acd.on_answered(ringing.id, now));
    EXPECT_FALSE(acd.on_answered(OfferId{}, now));
    EXPECT_FALSE(acd.on_answered(OfferId{12345}, now));
    EXPECT_EQ(acd.position(caller), 1u);
}

}  // namespace
}  // namespace hotline::acd
