// The caller who was served before, and the agent who knows him.
#include "centre.h"

namespace hotline::acd {
namespace {

class Affinity : public Centre {
  protected:
    /// 8001 is talking; 8002 and 8003 are idle.
    void open_with_8001_talking() {
        service({"8001", "8002", "8003"});
        config.queues.front().affinity_wait = 20s;
        config.queues.front().affinity_backlog = 2;
        open();
        joins("service");
        talks("8001");
    }
    void expect_hit(const Offer& offered, const std::string& agent_name) {
        EXPECT_EQ(name(offered.agent), agent_name);
        EXPECT_TRUE(offered.reason.by_affinity);
        EXPECT_EQ(offered.reason.affinity, AffinityOutcome::Hit);
    }
    void expect_pool(const Offer& offered, const std::string& agent_name, AffinityOutcome why) {
        EXPECT_EQ(name(offered.agent), agent_name);
        EXPECT_FALSE(offered.reason.by_affinity);
        EXPECT_EQ(offered.reason.affinity, why);
    }
};

TEST_F(Affinity, TheAgentWhoKnowsHimIsTakenAlthoughAnotherHasBeenIdleLonger) {
    service({"8001", "8002", "8003"});
    open();
    joins("service", {.knows = {"8003"}});
    Offer offered = offer();
    expect_hit(offered, "8003");
    ASSERT_EQ(offered.reason.candidates.size(), 3u);
    EXPECT_EQ(name(offered.reason.candidates[0].agent), "8003");  // the chosen one first, then the strategy's order
    EXPECT_EQ(name(offered.reason.candidates[1].agent), "8001");
    EXPECT_EQ(name(offered.reason.candidates[2].agent), "8002");
}

TEST_F(Affinity, ADecisionSaysWhyThoseWhoKnowHimWereNotTaken) {
    open_with_8001_talking();
    pauses("8003");
    agent("8009", {"rescue"});
    queue("rescue");
    config.agents.back().queues = {"rescue"};
    acd.configure(config, now);
    joins("service", {.knows = {"8009", "8003", "8001"}});
    EXPECT_TRUE(after(1s).offers.empty());
    const auto decisions = after(20s).offers;
    ASSERT_EQ(decisions.size(), 1u);
    const Reason& reason = decisions.front().reason;
    expect_pool(decisions.front(), "8002", AffinityOutcome::TimedOut);
    std::vector<std::pair<std::string, std::string>> passed;
    for (const Passed& one : reason.passed) passed.emplace_back(name(one.agent), one.why);
    const std::vector<std::pair<std::string, std::string>> expected{{"8009", "elsewhere"}, {"8003", "paused"}, {"8001", "talking"}};
    EXPECT_EQ(passed, expected);
}

TEST_F(Affinity, HeWaitsForTheAgentWhoTalksAlthoughOthersAreIdle) {
    open_with_8001_talking();
    CallId known = joins("service", {.knows = {"8001"}});
    EXPECT_TRUE(after(19s).offers.empty());
    hangs_up("8001");
    Offer offered = offer();
    expect_hit(offered, "8001");
    EXPECT_EQ(offered.call, known);
}

TEST_F(Affinity, AfterTheBoundedWaitHeTakesAnyone) {
    open_with_8001_talking();
    joins("service", {.knows = {"8001"}});
    EXPECT_TRUE(at_once().offers.empty());
    EXPECT_EQ(acd.next_deadline(), now + 20s);
    Decisions round = after(20s);
    ASSERT_EQ(round.offers.size(), 1u);
    expect_pool(round.offers.front(), "8002", AffinityOutcome::TimedOut);
}

TEST_F(Affinity, AnAgentWhoIsFreeInTheLastMomentStillCounts) {
    open_with_8001_talking();
    joins("service", {.knows = {"8001"}});
    at_once();
    now += 20s;
    hangs_up("8001");
    expect_hit(offer(), "8001");
}

TEST_F(Affinity, HeWaitsThroughWrapUpReservedAndACallOfHisOwn) {
    QueueConfig& rules = service({"8001", "8002"});
    rules.wrapup_mode = WrapUpMode::AtMost;
    rules.wrapup = 10s;
    open();
    joins("service");
    Offer ringing = offer();
    CallId known = joins("service", {.knows = {"8001"}});
    EXPECT_TRUE(nobody_offered());  // reserved
    answers(ringing);
    EXPECT_TRUE(after(1s).offers.empty());  // talking
    hangs_up("8001");
    EXPECT_TRUE(after(1s).offers.empty());  // wrap-up
    busy("8001", true);
    EXPECT_TRUE(after(9s).offers.empty());  // busy
    busy("8001", false);
    Offer offered = offer();
    expect_hit(offered, "8001");
    EXPECT_EQ(offered.call, known);
}

TEST_F(Affinity, AnAgentWhoIsOffPausedOrOfAnotherQueueIsPassedOverAtOnce) {
    agent("8004", {"other"});
    queue("other");
    service({"8001", "8002", "8003"});
    open();
    logs_out("8002");
    pauses("8003");
    for (const char* absent : {"8002", "8003", "8004"}) {
        CallId known = joins("service", {.knows = {absent}});
        Offer offered = offer();
        expect_pool(offered, "8001", AffinityOutcome::Unavailable);
        leaves(known);
    }
}

TEST_F(Affinity, AnUnknownAgentIsPassedOver) {
    service({"8001"});
    open();
    ASSERT_TRUE(acd.enqueue({next_call(), acd.queue("service"), now, 0, {AgentId{}, AgentId{77}}}, now).ok());
    expect_pool(offer(), "8001", AffinityOutcome::Unavailable);
}

TEST_F(Affinity, TheNextWhoKnowsHimIsTriedBeforeGivingUp) {
    service({"8001", "8002", "8003"});
    open();
    pauses("8002");
    joins("service", {.knows = {"8002", "8003"}});
    expect_hit(offer(), "8003");
}

TEST_F(Affinity, HisBacklogIsBounded) {
    open_with_8001_talking();  // two may wait for one agent
    joins("service", {.knows = {"8001"}});
    joins("service", {.knows = {"8001"}});
    EXPECT_TRUE(nobody_offered());
    joins("service", {.knows = {"8001"}});
    expect_pool(offer(), "8002", AffinityOutcome::Unavailable);
}

TEST_F(Affinity, WhenHePausesDuringTheWaitTheCallerIsReleasedAtOnce) {
    open_with_8001_talking();
    joins("service", {.knows = {"8001"}});
    EXPECT_TRUE(after(3s).offers.empty());
    pauses("8001");  // while he talks
    expect_pool(offer(), "8002", AffinityOutcome::Unavailable);
}

TEST_F(Affinity, WhenHeLeavesDuringTheWaitTheNextWhoKnowsHimIsWaitedFor) {
    open_with_8001_talking();
    joins("service");
    talks("8002");
    CallId known = joins("service", {.knows = {"8001", "8002"}});
    EXPECT_TRUE(after(15s).offers.empty());
    logs_out("8001");
    EXPECT_TRUE(after(4s).offers.empty());  // for 8002 now, although 8003 is idle
    hangs_up("8002");
    Offer offered = offer();
    expect_hit(offered, "8002");
    EXPECT_EQ(offered.call, known);
}

TEST_F(Affinity, TheWaitIsBoundedForAllCandidatesTogether) {
    open_with_8001_talking();
    joins("service");
    talks("8002");
    joins("service", {.knows = {"8001", "8002"}});
    after(15s);
    logs_out("8001");
    EXPECT_TRUE(after(4999ms).offers.empty());
    Decisions round = after(1ms);
    ASSERT_EQ(round.offers.size(), 1u);
    expect_pool(round.offers.front(), "8003", AffinityOutcome::TimedOut);
}

TEST_F(Affinity, AnAgentKnownToComeBackTooLateIsNotWaitedFor) {
    QueueConfig& rules = service({"8001", "8002"});
    rules.wrapup_mode = WrapUpMode::Exactly;
    rules.wrapup = 60s;
    open();
    joins("service");
    talks("8001");
    hangs_up("8001");
    CallId known = joins("service", {.knows = {"8001"}});
    Offer offered = offer();
    expect_pool(offered, "8002", AffinityOutcome::Unavailable);
    leaves(known);
    after(45s);
    joins("service", {.knows = {"8001"}});  // 15 s more: within the wait of 20 s
    EXPECT_TRUE(nobody_offered());
}

TEST_F(Affinity, WithNoWaitOnlyAnIdleOneIsTaken) {
    open_with_8001_talking();
    config.queues.front().affinity_wait = 0s;
    acd.configure(config, now);
    joins("service", {.knows = {"8001"}});
    expect_pool(offer(), "8002", AffinityOutcome::TimedOut);
    hangs_up("8001");
    joins("service", {.knows = {"8001"}});
    expect_hit(offer(), "8001");
}

TEST_F(Affinity, WhenTheDirectoryAnswersLateTheWaitBeginsThen) {
    open_with_8001_talking();
    for (const char* each : {"8002", "8003"}) {
        joins("service");
        talks(each);
    }
    CallId known = joins("service");
    after(5s);
    acd.set_affinity(known, ids({"8001"}), now);
    hangs_up("8002");
    EXPECT_TRUE(after(19999ms).offers.empty());
    Decisions round = after(1ms);
    ASSERT_EQ(round.offers.size(), 1u);
    expect_pool(round.offers.front(), "8002", AffinityOutcome::TimedOut);
}

TEST_F(Affinity, WhenTheDirectoryAnswersAfterTheOfferItIsTooLate) {
    service({"8001", "8002"});
    open();
    CallId caller = joins("service");
    Offer ringing = offer();
    acd.set_affinity(caller, ids({"8002"}), now);
    acd.set_affinity(CallId{999}, ids({"8002"}), now);
    check();
    answers(ringing);
}

TEST_F(Affinity, TheFreeAgentServesTheFirstOfThoseWhoWaitForAllAndForHim) {
    open_with_8001_talking();
    for (const char* each : {"8002", "8003"}) {
        joins("service");
        talks(each);
    }
    CallId known = joins("service", {.knows = {"8001"}});
    now += 1s;
    CallId anyone = joins("service");
    CallId urgent = joins("service", {.boost = 1});
    hangs_up("8001");
    std::vector<CallId> order;
    for (int i = 0; i < 3; ++i) {
        Offer offered = offer();
        EXPECT_EQ(name(offered.agent), "8001");
        order.push_back(offered.call);
        answers(offered);
        hangs_up("8001");
    }
    EXPECT_THAT(order, ::testing::ElementsAre(urgent, known, anyone));
}

TEST_F(Affinity, WhoWaitsForOneAgentKeepsHisPositionInTheLine) {
    open_with_8001_talking();
    for (const char* each : {"8002", "8003"}) {
        joins("service");
        talks(each);
    }
    CallId known = joins("service", {.knows = {"8001"}});
    CallId next = joins("service");
    EXPECT_EQ(acd.position(known), 1u);
    EXPECT_EQ(acd.position(next), 2u);
}

TEST_F(Affinity, NobodyWaitsOnWhenTheAgentsWrapUpTurnsOutTooLong) {
    QueueConfig& rules = service({"8001", "8002"});
    rules.affinity_wait = 20s;
    rules.wrapup_mode = WrapUpMode::Exactly;
    rules.wrapup = 60s;
    open();
    joins("service");
    talks("8001");
    CallId known = joins("service", {.knows = {"8001"}});
    EXPECT_TRUE(after(2s).offers.empty());
    hangs_up("8001");
    Offer offered = offer();
    EXPECT_EQ(offered.call, known);
    expect_pool(offered, "8002", AffinityOutcome::Unavailable);
}

TEST_F(Affinity, NobodyWaitsOnWhenTheAgentIsDelayedForTooLongAfterAMiss) {
    QueueConfig& rules = service({"8001", "8002"});
    rules.affinity_wait = 20s;
    rules.missed_delay = 60s;
    open();
    joins("service", {.knows = {"8001"}});
    Offer ringing = offer();
    CallId known = joins("service", {.knows = {"8001"}});
    EXPECT_TRUE(at_once().offers.empty());
    misses(ringing);
    Offer first = offer();  // 8002 is given the one who came first, and the other takes anyone, too
    EXPECT_EQ(first.call, ringing.call);
    answers(first);
    hangs_up("8002");
    Offer second = offer();
    EXPECT_EQ(second.call, known);
    expect_pool(second, "8002", AffinityOutcome::Unavailable);
}

TEST_F(Affinity, WhoLeavesWhileHeWaitsForHisAgentWaitedInVain) {
    open_with_8001_talking();
    CallId known = joins("service", {.knows = {"8001"}});
    CallId stranger = joins("service");
    EXPECT_EQ(acd.affinity(known), AffinityOutcome::TimedOut);
    EXPECT_EQ(acd.affinity(stranger), AffinityOutcome::None);
    hangs_up("8001");
    Decisions round = at_once();
    ASSERT_EQ(round.offers.size(), 2u);
    EXPECT_EQ(acd.affinity(known), AffinityOutcome::TimedOut) << "his agent's phone rings, but nobody has answered yet";
}

TEST_F(Affinity, WhenTheOneWhoKnowsHimDoesNotAnswerHeTakesAnyoneFromHisOldPlace) {
    service({"8001", "8002"});
    open();
    CallId known = joins("service", {.knows = {"8002"}});
    Offer ringing = offer();
    expect_hit(ringing, "8002");
    now += 5s;
    misses(ringing);
    Offer second = offer();
    EXPECT_EQ(second.call, known);
    expect_pool(second, "8001", AffinityOutcome::Unavailable);
}

TEST_F(Affinity, WhenTheWaitIsOverByTheTimeOfTheMissTheOthersWhoKnowHimAreNotPreferredEither) {
    QueueConfig& rules = service({"8001", "8002", "8003"});
    rules.affinity_wait = 10s;
    open();
    joins("service", {.knows = {"8002", "8003"}});
    Offer ringing = offer();
    now += 12s;
    misses(ringing);
    expect_pool(offer(), "8001", AffinityOutcome::TimedOut);
}

}  // namespace
}  // namespace hotline::acd
