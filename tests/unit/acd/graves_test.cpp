// One test for each defect that queues elsewhere have had for years, named after its public report.
#include "centre.h"

namespace hotline::acd {
namespace {

class Graves : public Centre {};

// freeswitch#2540: an agent stuck as reserved after an offer that nobody reported on.
TEST_F(Graves, NobodyStaysReservedWhenThePhoneIsSilentForEver) {
    service({"8001"}).max_missed = 0;
    open();
    CallId caller = joins("service");
    for (int round = 0; round < 50; ++round) {
        ASSERT_EQ(offer().call, caller);
        after(15s);  // never a word from the phone
        after(5s - 1us);
        EXPECT_EQ(occupancy("8001"), Occupancy::Idle);
        now += 1us;
    }
}

// freeswitch#1973: a member "answered" hours after the call.
TEST_F(Graves, AnAnswerHoursLaterIsNoAnswer) {
    service({"8001"});
    open();
    CallId caller = joins("service");
    Offer ringing = offer();
    leaves(caller);
    after(3h);
    EXPECT_FALSE(acd.on_answered(ringing.id, now));
    EXPECT_EQ(occupancy("8001"), Occupancy::Idle);
}

// freeswitch#2529: the agent is called although the caller has left.
TEST_F(Graves, WhoLeavesIsNeverOfferedAgain) {
    service({"8001"});
    open();
    CallId gone = joins("service");
    leaves(gone);
    EXPECT_TRUE(after(1h).offers.empty());
    CallId missed_and_gone = joins("service");
    misses(offer());
    leaves(missed_and_gone);
    EXPECT_TRUE(after(1h).offers.empty());
}

// opensips#3123: an agent locked for ever in a call. Any order of answer, hang-up, leave and word of the phone ends in idle.
TEST_F(Graves, AnAgentIsFreeAgainInWhateverOrderTheEndsAreReported) {
    service({"8001"});
    open();
    for (int order = 0; order < 8; ++order) {
        CallId caller = joins("service");
        Offer ringing = offer();
        if (order & 1) acd.on_answered(ringing.id, now);
        if (order & 2) acd.leave(caller, now);
        if (order & 4) acd.on_talk_ended(id("8001"), now);
        acd.leave(caller, now);
        acd.on_talk_ended(id("8001"), now);
        acd.on_answered(ringing.id, now);
        acd.on_missed(ringing.id, Miss::NoAnswer, now);
        check();
        EXPECT_EQ(occupancy("8001"), Occupancy::Idle) << order;
    }
}

// asterisk#176: one caller answered by two agents.
TEST_F(Graves, OneCallerIsAnsweredByOneAgent) {
    service({"8001", "8002"});
    open();
    joins("service");
    Offer first = offer();
    misses(first);  // our deadline
    Offer second = offer();
    EXPECT_EQ(first.call, second.call);
    EXPECT_NE(first.agent, second.agent);
    answers(second);
    EXPECT_FALSE(acd.on_answered(first.id, now)) << "the late 200 of the first phone";
    EXPECT_EQ(occupancy("8001"), Occupancy::Idle);
}

// asterisk#607: an agent transferred a call, and his wrap-up lost its beginning while the second conversation ran.
TEST_F(Graves, AWrapUpEndsWhenItWasToEndWhateverBecomesOfTheCallerMeanwhile) {
    agent("8001", {"a"}), agent("8002", {"b"});
    QueueConfig& first = queue("a");
    first.wrapup_mode = WrapUpMode::Exactly, first.wrapup = 10s;
    QueueConfig& second = queue("b");
    second.wrapup_mode = WrapUpMode::Exactly, second.wrapup = 50s;
    open();
    joins("a");
    talks("8001");
    after(30s);
    EXPECT_EQ(hangs_up("8001"), now + 10s);
    joins("b");  // the same person, handed on
    after(3s);
    for (Duration more : {0s, 2s}) {
        now += more;
        EXPECT_EQ(hangs_up("8001"), std::nullopt) << "the end is told once more";
        busy("8001", true), busy("8001", false);
        acd.configure(config, now);
    }
    EXPECT_TRUE(after(5s - 1us).wrapups.empty());
    const auto wrapups = after(1us).wrapups;
    ASSERT_EQ(wrapups.size(), 1u);
    EXPECT_EQ(wrapups[0].lasted, 10s);
    EXPECT_TRUE(wrapups[0].by_deadline);
}

// asterisk#1557: with all phones ringing, one says something that comes to nothing, and all others are dropped.
TEST_F(Graves, AnAnswerThatCannotBeUsedLeavesTheOthersRinging) {
    service({"8001", "8002", "8003"}).strategy = StrategyKind::RingAll;
    open();
    joins("service");
    const auto offers = at_once().offers;
    ASSERT_EQ(offers.size(), 3u);
    misses(offers[0], Miss::Unreachable);
    EXPECT_EQ(occupancy("8002"), Occupancy::Reserved);
    EXPECT_EQ(occupancy("8003"), Occupancy::Reserved);
    answers(offers[2]);
}

// freeswitch#1216: with top-down, one who cannot be rung, as the last in the list, halts the whole queue.
TEST_F(Graves, TheLastOfTheListBeingAwayHaltsNobody) {
    service({"8001", "8002", "8003"}).strategy = StrategyKind::TopDown;
    open();
    pauses("8003");
    joins("service"), talks("8001");
    joins("service"), talks("8002");
    const CallId waiting = joins("service");
    EXPECT_TRUE(nobody_offered());
    hangs_up("8002");
    EXPECT_EQ(offer().call, waiting);
    const CallId next = joins("service");
    logs_out("8003");
    EXPECT_TRUE(nobody_offered());
    hangs_up("8001");
    EXPECT_EQ(offer().call, next);
}

// asterisk#1736: one call is counted twice when its end is reported twice, and fewest_calls goes wrong.
TEST_F(Graves, ACallCountsOnceHoweverOftenItIsReported) {
    service({"8001", "8002"}).strategy = StrategyKind::FewestCalls;
    open();
    joins("service");
    const Offer first = offer();
    EXPECT_EQ(name(first.agent), "8001");
    answers(first);
    EXPECT_FALSE(acd.on_answered(first.id, now));
    for (int i = 0; i < 3; ++i) hangs_up("8001");
    joins("service");
    talks("8002"), hangs_up("8002");
    joins("service");
    EXPECT_EQ(name(offer().agent), "8001") << "one each; and he has been idle longer";
}

// The same agent given to two callers because two threads looked at once.
TEST_F(Graves, OneAgentIsGivenToOneCaller) {
    agent("8001", {"a", "b", "c"});
    queue("a"), queue("b"), queue("c");
    open();
    for (const char* each : {"a", "b", "c"}) joins(each);
    EXPECT_EQ(at_once().offers.size(), 1u);
    EXPECT_TRUE(after(1s).offers.empty());
}

// asterisk#607: a wrap-up whose end moves. chatwoot#4158, #9587: work assigned to somebody who is not there.
TEST_F(Graves, NobodyWaitsForAnAgentWhoHasGoneHome) {
    service({"8001", "8002"}).affinity_wait = 10min;
    open();
    joins("service");
    talks("8001");
    joins("service", {.knows = {"8001"}});
    EXPECT_TRUE(after(60s).offers.empty());
    logs_out("8001");
    EXPECT_EQ(name(offer().agent), "8002");
}

// asterisk#1561: rules frozen for those who already wait.
TEST_F(Graves, AReloadReachesThoseWhoAlreadyWait) {
    agent("8001", {"b"});
    queue("a"), queue("b");
    open();
    CallId waiting = joins("a");
    after(60s);
    config.agents[0].queues = {"a", "b"};
    acd.configure(config, now);
    EXPECT_EQ(offer().call, waiting);
}

}  // namespace
}  // namespace hotline::acd
