// What an agent says and does, and when it takes effect.
#include "centre.h"

namespace hotline::acd {
namespace {

class Agents : public Centre {};

TEST_F(Agents, OnlyOneWhoIsPresentAndReadyIsRung) {
    service({"8001"});
    acd.configure(config, now);
    EXPECT_FALSE(acd.view(id("8001"))->present);
    CallId caller = joins("service");
    EXPECT_TRUE(nobody_offered());
    pauses("8001");
    logs_in("8001");
    EXPECT_TRUE(nobody_offered());
    resumes("8001");
    EXPECT_EQ(offer().call, caller);
}

TEST_F(Agents, WhoPausesWhileHisPhoneRingsMayStillAnswerAndIsPausedAfterwards) {
    service({"8001"});
    open();
    joins("service");
    Offer ringing = offer();
    pauses("8001");
    EXPECT_EQ(occupancy("8001"), Occupancy::Reserved);
    answers(ringing);
    joins("service");
    hangs_up("8001");
    EXPECT_TRUE(nobody_offered());
    EXPECT_EQ(occupancy("8001"), Occupancy::Idle);
    EXPECT_EQ(acd.view(id("8001"))->availability, Availability::Paused);
}

TEST_F(Agents, WhoLeavesWhileHeTalksFinishesAndIsRungNoMore) {
    QueueConfig& rules = service({"8001"});
    rules.wrapup_mode = WrapUpMode::AtMost;
    rules.wrapup = 10s;
    open();
    joins("service");
    talks("8001");
    logs_out("8001");
    EXPECT_EQ(occupancy("8001"), Occupancy::Talking);
    EXPECT_EQ(hangs_up("8001"), now + 10s);
    joins("service");
    EXPECT_TRUE(after(11s).offers.empty());
}

TEST_F(Agents, AnAbsentAgentsOpenOfferStaysUntilThePhoneAnswers) {
    service({"8001"});
    open();
    joins("service");
    Offer ringing = offer();
    logs_out("8001");
    EXPECT_TRUE(acd.on_answered(ringing.id, now));
    EXPECT_EQ(occupancy("8001"), Occupancy::Talking);
}

TEST_F(Agents, ACallOfHisOwnKeepsHimFromTheQueue) {
    service({"8001"});
    open();
    busy("8001", true);
    EXPECT_EQ(occupancy("8001"), Occupancy::Busy);
    CallId caller = joins("service");
    EXPECT_TRUE(nobody_offered());
    busy("8001", false);
    EXPECT_EQ(offer().call, caller);
}

TEST_F(Agents, ACallOfHisOwnShowsAfterTheQueuesCall) {
    QueueConfig& rules = service({"8001"});
    rules.wrapup_mode = WrapUpMode::AtMost;
    rules.wrapup = 10s;
    open();
    joins("service");
    Offer ringing = offer();
    busy("8001", true);
    EXPECT_EQ(occupancy("8001"), Occupancy::Reserved);
    misses(ringing, Miss::Busy);
    EXPECT_EQ(occupancy("8001"), Occupancy::Busy);
    EXPECT_TRUE(after(60s).offers.empty()) << "he is not rung while he is known to be on the phone";
    busy("8001", false);
    talks("8001");
    busy("8001", true);
    busy("8001", false);
    EXPECT_EQ(occupancy("8001"), Occupancy::Talking);
    hangs_up("8001");
    busy("8001", true);
    EXPECT_EQ(occupancy("8001"), Occupancy::WrapUp);
    after(10s);
    EXPECT_EQ(occupancy("8001"), Occupancy::Busy);
}

TEST_F(Agents, WhenTheCallerHangsUpTheRingingAgentIsFreeWithoutAMiss) {
    service({"8001"}).max_missed = 1;
    open();
    CallId gone = joins("service");
    Offer ringing = offer();
    CallId next = joins("service");
    leaves(gone);
    EXPECT_FALSE(acd.on_answered(ringing.id, now)) << "a late 200 finds nothing";
    Offer second = offer();
    EXPECT_EQ(second.call, next);
    EXPECT_EQ(name(second.agent), "8001");
}

TEST_F(Agents, AnUnknownAgentIsNobody) {
    service({"8001"});
    open();
    AgentId nobody{42};
    acd.pause(nobody, "lunch", now);
    acd.resume(nobody, now);
    acd.set_present(nobody, true, now);
    acd.set_busy(nobody, true, now);
    acd.finish_wrapup(nobody, now);
    EXPECT_EQ(acd.on_talk_ended(nobody, now), std::nullopt);
    EXPECT_EQ(acd.agent("nobody"), AgentId{});
    EXPECT_EQ(acd.queue("nowhere"), QueueId{});
    check();
}

}  // namespace
}  // namespace hotline::acd
