// Callers who are sent on: by waiting time, estimate, length and hours; to another queue, with its help, or out.
#include "centre.h"

namespace hotline::acd {
namespace {

using ::testing::ElementsAre;
using When = OverflowRule::When;
using Action = OverflowRule::Action;

class Overflow : public Centre {
  protected:
    /// Queues a (served by 8001) and b (served by 8002); both agents talk. `rules` are a's.
    void two_queues(const std::vector<OverflowRule>& rules) {
        agent("8001", {"a"}), agent("8002", {"b"});
        queue("a"), queue("b");
        open();
        for (const char* each : {"a", "b"}) joins(each);
        for (const Offer& each : at_once().offers) answers(each);
        config.queues[0].overflow = rules;
        acd.configure(config, now);
    }
    std::string queue_name(QueueId queue) const { return std::string(acd.view(queue, now)->name); }
    std::size_t waiting(const std::string& name) const { return acd.view(acd.queue(name), now)->waiting; }
    static OverflowRule after(Duration limit, Action action, const std::string& to) { return {When::Waited, limit, 0, action, to}; }
    using Centre::after;
};

TEST_F(Overflow, AfterHisTimeHeWaitsInAnotherQueueAtThePlaceOfHisFirstWish) {
    two_queues({after(60s, Action::Move, "b")});
    const CallId early = joins("a");
    after(10s);
    const CallId late = joins("b");
    EXPECT_TRUE(after(50s - 1us).expired.empty());
    const Decisions round = after(1us);
    ASSERT_EQ(round.expired.size(), 1u);
    EXPECT_EQ(round.expired[0].call, early);
    EXPECT_EQ(round.expired[0].why, Expired::Why::Overflow);
    EXPECT_EQ(queue_name(round.expired[0].queue), "a");
    EXPECT_EQ(queue_name(round.expired[0].moved_to), "b");
    EXPECT_EQ(acd.position(early), 1u);
    EXPECT_EQ(acd.position(late), 2u);
    EXPECT_EQ(waiting("a"), 0u);
    hangs_up("8001");
    EXPECT_TRUE(nobody_offered()) << "the agents of the first queue are no longer his";
    hangs_up("8002");
    EXPECT_EQ(offer().call, early);
}

TEST_F(Overflow, TheNewQueuesLongestWaitCountsFromTheMove) {
    two_queues({after(60s, Action::Move, "b")});
    config.queues[1].max_wait = 90s;
    acd.configure(config, now);
    joins("a");
    EXPECT_TRUE(bool(after(60s).expired.at(0).moved_to));
    EXPECT_TRUE(after(90s - 1us).expired.empty());
    const Decisions round = after(1us);
    ASSERT_EQ(round.expired.size(), 1u);
    EXPECT_EQ(round.expired[0].why, Expired::Why::LongestWait);
    EXPECT_EQ(queue_name(round.expired[0].queue), "b");
}

TEST_F(Overflow, OfALongerListTheFirstRuleThatCanBeFollowedCounts) {
    two_queues({after(30s, Action::Move, "gone"), after(30s, Action::Leave, "timed_out")});
    joins("a");
    const Decisions round = after(30s);
    ASSERT_EQ(round.expired.size(), 1u);
    EXPECT_EQ(round.expired[0].to, "timed_out");
    EXPECT_FALSE(round.expired[0].moved_to);
}

TEST_F(Overflow, HelpersComeAfterTheQueuesOwnAgents) {
    two_queues({after(20s, Action::Widen, "b")});
    const CallId first = joins("a"), second = joins("a");
    hangs_up("8002");
    EXPECT_TRUE(nobody_offered());
    Decisions round = after(20s);
    ASSERT_EQ(round.offers.size(), 1u);
    EXPECT_EQ(round.offers[0].call, first);
    EXPECT_EQ(name(round.offers[0].agent), "8002");
    EXPECT_EQ(queue_name(round.offers[0].queue), "a") << "he still waits in his own queue";
    answers(round.offers[0]);
    hangs_up("8002"), hangs_up("8001");
    EXPECT_EQ(name(offer().agent), "8001") << "although 8002 has been idle as long, and nobody else's caller comes first";
    (void)second;
}

TEST_F(Overflow, HelpersAreThereForWhomTheyMayTake) {
    two_queues({after(20s, Action::Widen, "b")});
    config.queues[0].staying = config.queues[0].joining = Needs::Ready;
    acd.configure(config, now);
    const CallId widened = joins("a");
    after(20s);
    const CallId later = joins("a");
    pauses("8001"), hangs_up("8001");
    Decisions round = at_once();
    ASSERT_EQ(round.expired.size(), 1u);
    EXPECT_EQ(round.expired[0].call, later);
    EXPECT_EQ(acd.position(widened), 1u);
    pauses("8002");
    EXPECT_TRUE(at_once().expired.empty()) << "8002 talks, and what he does ends first";
    hangs_up("8002");
    round = at_once();
    ASSERT_EQ(round.expired.size(), 1u) << "the last helper is gone";
    EXPECT_EQ(round.expired[0].why, Expired::Why::NobodyThere);
}

TEST_F(Overflow, AStepThatWidensAtOnceBringsThoseWhomJoiningNeeds) {
    agent("8001", {"a"}), agent("8002", {"b"});
    queue("b");
    QueueConfig& rules = queue("a");
    rules.joining = rules.staying = Needs::Ready;
    rules.relax = {{0s, 0, {}, {"b"}}};
    open();
    logs_out("8001");
    joins("a");
    EXPECT_EQ(name(offer().agent), "8002");
}

TEST_F(Overflow, WhoMeetsALongLineIsSentOnAndThoseWhoStandThereAreNot) {
    two_queues({{When::Length, {}, 2, Action::Leave, "full"}});
    joins("a"), joins("a");
    EXPECT_TRUE(at_once().expired.empty());
    const CallId third = joins("a");
    const Decisions round = at_once();
    ASSERT_EQ(round.expired.size(), 1u);
    EXPECT_EQ(round.expired[0].call, third);
    EXPECT_EQ(round.expired[0].to, "full");
    EXPECT_TRUE(after(1h - 30min - 1s).expired.empty());
}

TEST_F(Overflow, NobodyWaitsForWhomAPhoneRingsOrAnAgentIsFree) {
    service({"8001", "8002", "8003", "8004"}).overflow = {{When::Length, {}, 1, Action::Leave, "full"}};
    open();
    for (int i = 0; i < 4; ++i) {
        joins("service");
        const Decisions round = after(1s);
        EXPECT_TRUE(round.expired.empty()) << i << " phones ring, and " << 4 - i << " agents are free";
        EXPECT_EQ(round.offers.size(), 1u);
    }
    joins("service");
    EXPECT_TRUE(at_once().expired.empty()) << "the first who waits";
    joins("service");
    EXPECT_EQ(at_once().expired.size(), 1u);
}

TEST_F(Overflow, OfThoseWhoComeAtOnceTheLastIsOneTooMany) {
    two_queues({{When::Length, {}, 1, Action::Leave, "full"}});
    joins("a");
    const CallId second = joins("a");
    const Decisions round = at_once();
    ASSERT_EQ(round.expired.size(), 1u);
    EXPECT_EQ(round.expired[0].call, second);
}

TEST_F(Overflow, OfThoseWhoComeAtOnceSomeFindAgentsAndTheRestALine) {
    service({"8001", "8002"}).overflow = {{When::Length, {}, 1, Action::Leave, "full"}};
    open();
    std::vector<CallId> all;
    for (int i = 0; i < 4; ++i) all.push_back(joins("service"));
    const Decisions round = at_once();
    EXPECT_EQ(round.offers.size(), 2u);
    ASSERT_EQ(round.expired.size(), 1u);
    EXPECT_EQ(round.expired[0].call, all[3]) << "two were taken at once, the third is the only one who waits";
    EXPECT_EQ(acd.position(all[2]), 1u);
}

TEST_F(Overflow, ALineOfThoseWhoWantOtherAgentsKeepsNobodyFromAFreeOne) {
    service({"8001", "8002"}).overflow = {{When::Length, {}, 2, Action::Leave, "full"}};
    config.agents[0].skills = {{"english", 5}};
    open();
    joins("service", {.skills = {{"english", 3}}});
    answers(offer());
    for (int i = 0; i < 2; ++i) joins("service", {.skills = {{"english", 3}}});
    at_once();
    const CallId anybody = joins("service");
    const Decisions round = at_once();
    EXPECT_TRUE(round.expired.empty());
    ASSERT_EQ(round.offers.size(), 1u);
    EXPECT_EQ(round.offers[0].call, anybody);
    joins("service", {.skills = {{"english", 3}}});
    EXPECT_EQ(at_once().expired.size(), 1u) << "for him nobody is free";
}

TEST_F(Overflow, AFullQueueTakesWhoIsMovedThereWhileAnAgentIsFree) {
    two_queues({after(30s, Action::Move, "b")});
    config.queues[1].max_length = 0;
    acd.configure(config, now);
    joins("a");
    EXPECT_TRUE(after(30s).expired.empty());
    hangs_up("8002");
    EXPECT_EQ(after(5s).expired.size(), 1u);
}

TEST_F(Overflow, WhoWouldWaitTooLongIsSentOnUnlessSomebodyIsFreeNow) {
    service({"8001"}).overflow = {{When::EstimatedWait, 40s, 0, Action::Leave, "overflow"}};
    open();
    for (int i = 0; i < 4; ++i) {  // one a minute
        joins("service");
        talks("8001");
        after(60s);
        hangs_up("8001");
    }
    joins("service");
    ASSERT_GT(acd.estimated_wait(acd.queue("service"), now), 40s);
    Decisions round = at_once();
    EXPECT_TRUE(round.expired.empty()) << "8001 is free: nobody waits";
    ASSERT_EQ(round.offers.size(), 1u);
    answers(round.offers[0]);
    const CallId sent_on = joins("service");
    round = at_once();
    ASSERT_EQ(round.expired.size(), 1u);
    EXPECT_EQ(round.expired[0].call, sent_on);
    EXPECT_EQ(round.expired[0].to, "overflow");
}

TEST_F(Overflow, WhatHelpersAnswerIsNoWorkOfTheQueuesOwnAgents) {
    two_queues({after(1s, Action::Widen, "b")});
    for (int i = 0; i < 4; ++i) {
        hangs_up("8002");
        joins("a");
        const Decisions round = after(1s);
        ASSERT_EQ(round.offers.size(), 1u);
        answers(round.offers[0]);
        after(60s);
    }
    EXPECT_EQ(acd.estimated_wait(acd.queue("a"), now), std::nullopt) << "its own agent has answered one caller";
}

TEST_F(Overflow, WithoutAnEstimateNobodyIsSentOn) {
    two_queues({{When::EstimatedWait, 1s, 0, Action::Leave, "overflow"}});
    ASSERT_EQ(acd.estimated_wait(acd.queue("a"), now), std::nullopt);
    joins("a");
    EXPECT_TRUE(at_once().expired.empty());
}

TEST_F(Overflow, WhenAQueueClosesThoseWhoWaitAreSentOnAndThoseWhoComeToo) {
    two_queues({{When::Closed, {}, 0, Action::Move, "b"}});
    const CallId waits = joins("a");
    EXPECT_TRUE(at_once().expired.empty());
    acd.set_open(acd.queue("a"), false, now);
    EXPECT_EQ(acd.next_deadline(), now) << "to be told at once";
    Decisions round = at_once();
    ASSERT_EQ(round.expired.size(), 1u);
    EXPECT_EQ(round.expired[0].call, waits);
    joins("a");
    EXPECT_EQ(at_once().expired.size(), 1u);
    acd.set_open(acd.queue("a"), true, now);
    joins("a");
    EXPECT_TRUE(at_once().expired.empty());
    EXPECT_EQ(waiting("b"), 2u);
}

TEST_F(Overflow, WhoIsRungForWhenItClosesIsSentOnOnlyIfNobodyAnswers) {
    two_queues({{When::Closed, {}, 0, Action::Leave, "unavailable"}});
    const CallId caller = joins("a");
    hangs_up("8001");
    const Offer ringing = offer();
    acd.set_open(acd.queue("a"), false, now);
    EXPECT_TRUE(at_once().expired.empty());
    misses(ringing);
    const Decisions round = at_once();
    ASSERT_EQ(round.expired.size(), 1u);
    EXPECT_EQ(round.expired[0].call, caller);
}

TEST_F(Overflow, NobodyIsMovedToAQueueThatSentHimOn) {
    two_queues({after(10s, Action::Move, "b")});
    config.queues[1].overflow = {after(10s, Action::Move, "a")};
    acd.configure(config, now);
    const CallId caller = joins("a");
    int moves = 0;
    for (int i = 0; i < 60; ++i) moves += static_cast<int>(after(10s).expired.size());
    EXPECT_EQ(moves, 1);
    EXPECT_EQ(acd.position(caller), 1u);
    EXPECT_EQ(waiting("b"), 1u);
}

TEST_F(Overflow, RulesThatLeadRoundLeadThroughEachQueueOnce) {
    two_queues({{When::Length, {}, 0, Action::Move, "b"}});
    config.queues[1].overflow = {{When::Length, {}, 0, Action::Move, "c"}};
    queue("c").overflow = {{When::Length, {}, 0, Action::Move, "a"}, {When::Length, {}, 0, Action::Move, "b"}};
    acd.configure(config, now);
    joins("a");
    const Decisions round = at_once();
    ASSERT_EQ(round.expired.size(), 2u);
    EXPECT_EQ(queue_name(round.expired[1].moved_to), "c");
    EXPECT_EQ(waiting("c"), 1u);
}

TEST_F(Overflow, AQueueThatIsFullIsAskedAgain) {
    two_queues({after(30s, Action::Move, "b")});
    config.queues[1].max_length = 1;
    acd.configure(config, now);
    const CallId in_the_way = joins("b");
    joins("a");
    EXPECT_TRUE(after(30s).expired.empty());
    leaves(in_the_way);
    Decisions round;
    for (int second = 0; second < 6 && round.expired.empty(); ++second) round = after(1s);
    ASSERT_EQ(round.expired.size(), 1u);
    EXPECT_EQ(queue_name(round.expired[0].moved_to), "b");
}

TEST_F(Overflow, ARescueCallerStaysOneWhereverHeIsMoved) {
    two_queues({after(10s, Action::Move, "b")});
    config.queues[0].priority = kRescue;
    config.queues[1].priority = 500;
    acd.configure(config, now);
    const CallId before = joins("b", {.boost = 900});
    const CallId rescue = joins("a", {.boost = 1});
    after(10s);
    EXPECT_EQ(acd.position(rescue), 1u);
    EXPECT_EQ(acd.position(before), 2u);
    EXPECT_EQ(acd.priority(rescue, acd.queue("b")), kRescue);
    EXPECT_EQ(acd.priority(before, acd.queue("b")), kRescue - 1);
    hangs_up("8002");
    EXPECT_EQ(offer().call, rescue);
}

TEST_F(Overflow, NobodyBecomesRescueByAMove) {
    two_queues({after(10s, Action::Move, "b")});
    config.queues[1].priority = kRescue;
    config.queues[1].age_every = 1s;
    acd.configure(config, now);
    const CallId moved = joins("a", {.boost = 5});
    after(10s);
    const CallId rescue = joins("b", {.boost = -5});
    after(5s);
    EXPECT_EQ(acd.position(rescue), 1u);
    EXPECT_EQ(acd.position(moved), 2u);
    EXPECT_EQ(acd.priority(moved, acd.queue("b")), kRescue - 1);
}

TEST_F(Overflow, WhoWasSentOnAndComesBackWaits) {
    two_queues({{When::Length, {}, 0, Action::Leave, "full"}, after(60s, Action::Leave, "timed_out")});
    const CallId caller = joins("a", {.been = {"a"}});
    EXPECT_TRUE(at_once().expired.empty());
    EXPECT_EQ(acd.position(caller), 1u);
    EXPECT_EQ(after(60s).expired.size(), 1u) << "but not longer than the rules allow";
}

TEST_F(Overflow, RulesThatAReloadBringsHoldForThoseWhoWait) {
    two_queues({});
    const CallId caller = joins("a");
    after(100s);
    config.queues[0].overflow = {after(60s, Action::Move, "b")};
    acd.configure(config, now);
    const Decisions round = at_once();
    ASSERT_EQ(round.expired.size(), 1u);
    EXPECT_EQ(round.expired[0].call, caller);
    EXPECT_EQ(queue_name(round.expired[0].moved_to), "b");
}

TEST_F(Overflow, AQueueThatIsClosedTakesNobodyFromOthers) {
    two_queues({after(10s, Action::Move, "b")});
    acd.set_open(acd.queue("b"), false, now);
    joins("a");
    EXPECT_TRUE(after(10s).expired.empty());
    acd.set_open(acd.queue("b"), true, now);
    EXPECT_EQ(after(5s).expired.size(), 1u);
}

}  // namespace
}  // namespace hotline::acd
