// Callers who ask for one agent by name wait in his own list, and then take anyone.
#include "centre.h"

namespace hotline::acd {
namespace {

class OwnList : public Centre {
  protected:
    /// 8001 and 8002 serve the queue; 8009 serves another one.
    void house() {
        service({"8001", "8002"});
        queue("other");
        agent("8009", {"other"});
        open();
    }
};

TEST_F(OwnList, WhomHeAskedForIsWaitedForAlthoughOthersAreFree) {
    house();
    joins("other");
    talks("8009");
    const CallId caller = joins("service", {.named = "8009"});
    EXPECT_TRUE(after(59s).offers.empty());
    hangs_up("8009");
    const Offer given = offer();
    EXPECT_EQ(given.call, caller);
    EXPECT_EQ(name(given.agent), "8009") << "whatever queues he serves";
    EXPECT_TRUE(given.reason.by_name);
    EXPECT_EQ(given.reason.affinity, AffinityOutcome::Hit);
    EXPECT_EQ(given.reason.candidates[0].agent, given.agent);
}

TEST_F(OwnList, AfterTheLongestWaitAnyoneOfTheQueueTakesHim) {
    house();
    config.agents[2].own_wait = 30s;
    acd.configure(config, now);
    joins("other");
    talks("8009");
    joins("service", {.named = "8009"});
    EXPECT_TRUE(after(30s - 1us).offers.empty());
    const Decisions round = after(1us);
    ASSERT_EQ(round.offers.size(), 1u);
    EXPECT_EQ(name(round.offers[0].agent), "8001");
    EXPECT_FALSE(round.offers[0].reason.by_name);
    EXPECT_EQ(round.offers[0].reason.affinity, AffinityOutcome::TimedOut);
}

TEST_F(OwnList, AFullListSendsHimToTheQueueAtOnce) {
    house();
    config.agents[2].own_length = 1;
    acd.configure(config, now);
    joins("other");
    talks("8009");
    joins("service", {.named = "8009"});
    EXPECT_TRUE(nobody_offered());
    joins("service", {.named = "8009"});
    EXPECT_EQ(name(offer().agent), "8001");
}

TEST_F(OwnList, NobodyWaitsForOneWhoIsNotThere) {
    house();
    pauses("8009");
    joins("service", {.named = "8009"});
    EXPECT_EQ(name(offer().agent), "8001");
    resumes("8009");
    joins("other");
    talks("8009");
    joins("service", {.named = "8009"});
    EXPECT_TRUE(nobody_offered());
    logs_out("8009");
    EXPECT_EQ(name(offer().agent), "8002") << "he goes home while he talks";
}

TEST_F(OwnList, WhoMissesTheCallerWhoAskedForHimIsNotAskedAgain) {
    house();
    joins("service", {.knows = {"8002"}, .named = "8009"});
    const Offer first = offer();
    EXPECT_EQ(name(first.agent), "8009");
    misses(first);
    const Offer second = offer();
    EXPECT_EQ(name(second.agent), "8002") << "then who knows him";
    EXPECT_FALSE(second.reason.by_name);
}

TEST_F(OwnList, WhomHeAskedForIsThereForHimThoughTheQueuesOwnAreNot) {
    house();
    config.queues[0].joining = config.queues[0].staying = Needs::Ready;
    config.agents[2].own_wait = 30s;
    acd.configure(config, now);
    for (const char* each : {"8001", "8002"}) logs_out(each);
    joins("other");
    talks("8009");
    EXPECT_FALSE(tries(next_call(), "service").ok());
    const CallId caller = joins("service", {.named = "8009"});
    EXPECT_TRUE(after(29s).expired.empty());
    hangs_up("8009");
    const Offer given = offer();
    EXPECT_EQ(given.call, caller);
    misses(given);
    const Decisions round = at_once();
    ASSERT_EQ(round.expired.size(), 1u) << "then the queue's rules hold";
    EXPECT_EQ(round.expired[0].why, Expired::Why::NobodyThere);
}

TEST_F(OwnList, WithTheLongestWaitForOneEndsTheStayWhereNobodyElseIs) {
    house();
    config.queues[0].staying = Needs::LoggedIn;
    config.agents[2].own_wait = 30s;
    acd.configure(config, now);
    joins("other");
    talks("8009");
    joins("service", {.named = "8009"});
    for (const char* each : {"8001", "8002"}) logs_out(each);
    EXPECT_TRUE(after(30s - 1us).expired.empty());
    EXPECT_EQ(after(1us).expired.size(), 1u);
}

TEST_F(OwnList, WhomHeAskedForGoesHomeWhereNobodyElseIs) {
    house();
    config.queues[0].staying = Needs::LoggedIn;
    acd.configure(config, now);
    for (const char* each : {"8001", "8002"}) logs_out(each);
    joins("other");
    talks("8009");
    joins("service", {.named = "8009"});
    EXPECT_TRUE(at_once().expired.empty());
    pauses("8009");
    EXPECT_EQ(at_once().expired.size(), 1u);
}

TEST_F(OwnList, NobodyJoinsAnEmptyQueueForOneWhoseListIsFull) {
    house();
    config.queues[0].joining = Needs::Ready;
    config.agents[2].own_length = 1;
    acd.configure(config, now);
    for (const char* each : {"8001", "8002"}) logs_out(each);
    joins("other");
    talks("8009");
    joins("service", {.named = "8009"});
    EXPECT_EQ(tries(next_call(), "service", {.named = "8009"}).error().kind, ErrorKind::Unavailable);
}

TEST_F(OwnList, TheListKeepsTheOrderOfThoseWhoWaitInIt) {
    house();
    joins("other");
    talks("8009");
    const CallId first = joins("service", {.named = "8009"});
    after(1s);
    joins("service", {.named = "8009"});
    hangs_up("8009");
    EXPECT_EQ(offer().call, first);
}

}  // namespace
}  // namespace hotline::acd
