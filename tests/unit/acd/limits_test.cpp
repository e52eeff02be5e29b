// What is bounded: the length of a queue, the longest wait. And what can be asked: positions and counts.
#include "centre.h"

namespace hotline::acd {
namespace {

class Limits : public Centre {};

TEST_F(Limits, AFullQueueTakesNobodyMore) {
    service({}).max_length = 2;
    open();
    joins("service"), joins("service");
    Outcome third = tries(next_call(), "service");
    ASSERT_FALSE(third.ok());
    EXPECT_EQ(third.error().kind, ErrorKind::Full);
}

TEST_F(Limits, AnOfferedCallerStillCounts) {
    service({"8001"}).max_length = 1;
    open();
    joins("service");
    Offer ringing = offer();
    EXPECT_EQ(tries(next_call(), "service").error().kind, ErrorKind::Full);
    answers(ringing);
    EXPECT_TRUE(tries(next_call(), "service").ok());
}

TEST_F(Limits, AFullQueueTakesThoseForWhomAnAgentIsFree) {
    service({"8001", "8002", "8003"}).max_length = 1;
    open();
    for (int i = 0; i < 3; ++i) joins("service");
    EXPECT_EQ(tries(next_call(), "service").error().kind, ErrorKind::Full) << "three agents, three callers";
    EXPECT_EQ(at_once().offers.size(), 3u);
    EXPECT_EQ(tries(next_call(), "service").error().kind, ErrorKind::Full) << "three phones ring";
}

TEST_F(Limits, AboveItsLimitAQueueNeverHoldsMoreThanItHasAgents) {
    service({"8001", "8002"}).max_length = 1;
    config.queues[0].affinity_backlog = 100;
    open();
    joins("service", {.knows = {"8001"}});
    answers(offer());
    std::size_t taken = 0;  // all of them wait for 8001, who talks, and leave 8002 free
    for (int i = 0; i < 20; ++i) {
        taken += tries(next_call(), "service", {.knows = {"8001"}}).ok();
        at_once();
    }
    EXPECT_EQ(taken, 3u);
}

TEST_F(Limits, WhoComesBackFindsHisPlaceInAFullQueue) {
    service({}).max_length = 1;
    open();
    CallId waiting = joins("service");
    now += 60s;
    CallId returned = joins("service", {.ago = 90s, .returns = true});
    EXPECT_EQ(acd.position(returned), 1u);
    EXPECT_EQ(acd.position(waiting), 2u);
}

TEST_F(Limits, WhoWasAskedSomethingBeforeHeJoinsIsNotOneWhoComesBack) {
    service({}).max_length = 1;
    open();
    joins("service");
    EXPECT_EQ(tries(next_call(), "service", {.ago = 300ms}).error().kind, ErrorKind::Full);
}

TEST_F(Limits, AnUnknownQueueTakesNobody) {
    service({});
    open();
    EXPECT_EQ(tries(next_call(), "nowhere").error().kind, ErrorKind::NotFound);
    EXPECT_EQ(acd.enqueue({next_call(), QueueId{99}, now, 0, {}}, now).error().kind, ErrorKind::NotFound);
}

TEST_F(Limits, ACallIsInOneQueueAtATime) {
    service({});
    queue("other");
    open();
    CallId caller = joins("service");
    EXPECT_EQ(tries(caller, "other").error().kind, ErrorKind::Conflict);
    leaves(caller);
    EXPECT_TRUE(tries(caller, "other").ok());
}

TEST_F(Limits, AfterTheLongestWaitTheCallerLeavesAsExpired) {
    service({}).max_wait = 60s;
    open();
    CallId caller = joins("service");
    EXPECT_EQ(acd.next_deadline(), now + 60s);
    EXPECT_TRUE(after(59s).expired.empty());
    Decisions round = after(1s);
    ASSERT_EQ(round.expired.size(), 1u);
    EXPECT_EQ(round.expired.front().call, caller);
    EXPECT_EQ(round.expired.front().queue, acd.queue("service"));
    EXPECT_EQ(acd.position(caller), std::nullopt);
    leaves(caller);  // late, and nothing
    EXPECT_EQ(acd.next_deadline(), std::nullopt);
}

TEST_F(Limits, TheWaitCountsFromTheEnterTime) {
    service({}).max_wait = 60s;
    open();
    joins("service", {.ago = 50s});
    EXPECT_EQ(acd.next_deadline(), now + 10s);
}

TEST_F(Limits, NobodyExpiresWhileAnAgentRingsForHim) {
    QueueConfig& rules = service({"8001"});
    rules.max_wait = 10s;
    rules.ring_time = 15s;
    open();
    CallId caller = joins("service");
    Offer ringing = offer();
    EXPECT_TRUE(after(14s).expired.empty());
    misses(ringing);
    Decisions round = at_once();
    ASSERT_EQ(round.expired.size(), 1u);
    EXPECT_EQ(round.expired.front().call, caller);
}

TEST_F(Limits, ALapsedOfferOfOneWhoHasWaitedTooLongExpiresHimInTheSameRound) {
    QueueConfig& rules = service({"8001", "8002"});
    rules.max_wait = 10s;
    rules.ring_time = 15s;
    open();
    joins("service");
    at_once();
    Decisions round = after(15s);
    EXPECT_EQ(round.lapsed.size(), 1u);
    EXPECT_EQ(round.expired.size(), 1u);
    EXPECT_TRUE(round.offers.empty());
}

TEST_F(Limits, TwelveCallersHaveTwelvePositions) {
    service({});
    open();
    std::vector<CallId> all;
    for (std::size_t i = 1; i <= 12; ++i) {
        all.push_back(joins("service"));
        EXPECT_EQ(acd.position(all.back()), i);
        now += 1s;
    }
    leaves(all[4]);
    for (std::size_t i = 0; i < 12; ++i) {
        if (i != 4) {
            EXPECT_EQ(acd.position(all[i]), i < 4 ? i + 1 : i);
        }
    }
    CallId urgent = joins("service", {.boost = 1});
    EXPECT_EQ(acd.position(urgent), 1u);
    EXPECT_EQ(acd.position(all[0]), 2u);
    EXPECT_EQ(acd.position(all[4]), std::nullopt);
    EXPECT_EQ(acd.position(CallId{9999}), std::nullopt);
}

TEST_F(Limits, AQueueSaysHowManyWaitHowLongAndHowManyAgentsAreReady) {
    service({"8001", "8002", "8003"});
    open();
    auto view = [&] { return *acd.view(acd.queue("service"), now); };
    EXPECT_EQ(view().name, "service");
    EXPECT_EQ(view().longest_wait, 0s);
    EXPECT_EQ(view().ready, 3u);
    pauses("8003");
    joins("service");
    CallId offered = joins("service");
    at_once();
    now += 7s;
    CallId urgent = joins("service", {.boost = 9});
    EXPECT_EQ(view().ready, 0u);
    EXPECT_EQ(view().waiting, 3u);  // the two who are being offered too
    EXPECT_EQ(view().longest_wait, 7s);
    leaves(CallId{1}), leaves(offered);
    EXPECT_EQ(view().waiting, 1u);
    EXPECT_EQ(view().longest_wait, 0s);
    leaves(urgent);
    EXPECT_EQ(view().ready, 2u);
    EXPECT_FALSE(acd.view(QueueId{7}, now));
    EXPECT_FALSE(acd.view(AgentId{7}));
}

TEST_F(Limits, WithNothingToWaitForThereIsNoDeadline) {
    service({"8001"});
    open();
    at_once();
    EXPECT_EQ(acd.next_deadline(), std::nullopt);
}

}  // namespace
}  // namespace hotline::acd
