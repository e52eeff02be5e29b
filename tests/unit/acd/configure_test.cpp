// A new configuration under way: places are kept, rules apply at once, who is gone finishes what he is in.
#include "centre.h"

namespace hotline::acd {
namespace {

using ::testing::ElementsAre;

class Configure : public Centre {
  protected:
    void reload() { acd.configure(config, now), check(); }
};

TEST_F(Configure, KeepsIdsForNamesAndTheOrderOfTheFile) {
    agent("8001", {"a"}), agent("8002", {"a"});
    queue("a"), queue("b");
    open();
    AgentId first = id("8001");
    QueueId a = acd.queue("a");
    std::swap(config.agents[0], config.agents[1]);
    std::swap(config.queues[0], config.queues[1]);
    reload();
    EXPECT_EQ(id("8001"), first);
    EXPECT_THAT(acd.agents(), ElementsAre(id("8002"), first));
    EXPECT_THAT(acd.queues(), ElementsAre(acd.queue("b"), a));
    config.agents.erase(config.agents.begin());
    config.queues.erase(config.queues.begin());
    reload();
    EXPECT_THAT(acd.agents(), ElementsAre(first));
    EXPECT_THAT(acd.queues(), ElementsAre(a));
    EXPECT_TRUE(id("8002")) << "stable for a name while the process lives";
}

TEST_F(Configure, WaitingCallersKeepTheirPlaces) {
    service({"8001"});
    open();
    busy("8001", true);
    CallId a = joins("service"), b = joins("service", {.boost = 1}), c = joins("service");
    config.queues.front().ring_time = 7s;
    reload();
    EXPECT_EQ(acd.position(b), 1u);
    EXPECT_EQ(acd.position(a), 2u);
    EXPECT_EQ(acd.position(c), 3u);
    busy("8001", false);
    Offer offered = offer();
    EXPECT_EQ(offered.call, b);
    EXPECT_EQ(offered.deadline, now + 7s) << "new rules at once";
}

TEST_F(Configure, ANewPriorityAppliesToThoseWhoWait) {
    agent("8001", {"a", "b"});
    queue("a"), queue("b");
    open();
    busy("8001", true);
    joins("a");
    CallId b = joins("b");
    config.queues[1].priority = 5;
    reload();
    busy("8001", false);
    EXPECT_EQ(offer().call, b);
}

TEST_F(Configure, ANewLongestWaitAppliesToThoseWhoWait) {
    service({}).max_wait = 600s;
    open();
    joins("service");
    after(100s);
    config.queues.front().max_wait = 60s;
    reload();
    EXPECT_EQ(at_once().expired.size(), 1u);
}

TEST_F(Configure, AnAgentGivenANewQueueServesItAtOnce) {
    agent("8001", {"a"});
    queue("a"), queue("b");
    open();
    CallId b = joins("b");
    EXPECT_TRUE(nobody_offered());
    config.agents[0].queues = {"a", "b", "b", "nowhere"};
    reload();
    EXPECT_EQ(offer().call, b);
}

TEST_F(Configure, ACallerWhoseQueueIsGoneIsExpired) {
    service({"8001"});
    queue("other");
    open();
    busy("8001", true);
    CallId caller = joins("service");
    config.queues.erase(config.queues.begin());
    reload();
    Decisions round = at_once();
    ASSERT_EQ(round.expired.size(), 1u);
    EXPECT_EQ(round.expired.front().call, caller);
    EXPECT_EQ(tries(next_call(), "service").error().kind, ErrorKind::NotFound);
}

TEST_F(Configure, AnOfferOfAQueueThatIsGoneMayStillBeAnswered) {
    service({"8001", "8002"});
    open();
    joins("service");
    Offer answered = offer();
    CallId back = joins("service");
    Offer missed = offer();
    config.queues.clear();
    reload();
    EXPECT_TRUE(at_once().expired.empty());
    answers(answered);
    misses(missed);
    Decisions round = at_once();
    ASSERT_EQ(round.expired.size(), 1u);
    EXPECT_EQ(round.expired.front().call, back);
    hangs_up("8001");
    EXPECT_EQ(occupancy("8001"), Occupancy::Idle);
}

TEST_F(Configure, AnAgentWhoIsGoneFinishesWhatHeIsInAndGetsNothingMore) {
    QueueConfig& rules = service({"8001", "8002", "8003"});
    rules.wrapup_mode = WrapUpMode::AtMost;
    rules.wrapup = 10s;
    open();
    joins("service");
    talks("8001");
    joins("service");
    Offer ringing = offer();  // 8002
    config.agents.clear();
    reload();
    joins("service");
    EXPECT_TRUE(nobody_offered());
    answers(ringing);
    EXPECT_EQ(hangs_up("8001"), now + 10s);
    Decisions round = after(10s);
    EXPECT_EQ(round.wrapups.size(), 1u);
    EXPECT_TRUE(round.offers.empty());

    config.agents.push_back({"8001", {"service"}});  // and comes back, still logged in
    reload();
    EXPECT_EQ(name(offer().agent), "8001");
}

TEST_F(Configure, WhoWaitsForAnAgentGoesOnWaitingUnlessThatAgentServesHisQueueNoLonger) {
    agent("8001", {"service", "other"}), agent("8002", {"service"});
    queue("service"), queue("other");
    open();
    joins("service");
    talks("8001");
    joins("service", {.knows = {"8001"}});
    at_once();
    reload();
    EXPECT_TRUE(after(10s).offers.empty());
    config.agents[0].queues = {"other"};
    reload();
    Offer offered = offer();
    EXPECT_EQ(name(offered.agent), "8002");
    EXPECT_EQ(offered.reason.affinity, AffinityOutcome::Unavailable);
}

TEST_F(Configure, ASmallerBacklogAndAShorterAffinityWaitApplyToThoseWhoWait) {
    service({"8001", "8002", "8003"});
    open();
    joins("service");
    talks("8001");
    CallId first = joins("service", {.knows = {"8001"}});
    CallId second = joins("service", {.knows = {"8001"}});
    EXPECT_TRUE(nobody_offered());
    config.queues.front().affinity_backlog = 1;
    reload();
    EXPECT_EQ(offer().call, second);
    EXPECT_TRUE(after(2s).offers.empty());
    config.queues.front().affinity_wait = 1s;
    reload();
    EXPECT_EQ(offer().call, first);
}

TEST_F(Configure, ANewStrategyAppliesToThoseWhoWait) {
    service({"8001", "8002"}).strategy = StrategyKind::TopDown;
    open();
    joins("service"), joins("service");
    for (const Offer& each : at_once().offers) answers(each);
    joins("service");
    config.queues[0].strategy = StrategyKind::RingAll;
    reload();
    hangs_up("8001"), hangs_up("8002");
    EXPECT_EQ(at_once().offers.size(), 2u);
}

TEST_F(Configure, AnOfferToSeveralSurvivesAStrategyForOne) {
    service({"8001", "8002"}).strategy = StrategyKind::RingAll;
    open();
    const CallId caller = joins("service");
    const auto offers = at_once().offers;
    ASSERT_EQ(offers.size(), 2u);
    config.queues[0].strategy = StrategyKind::LongestIdle;
    config.agents.pop_back();  // 8002 is gone while his phone rings
    reload();
    EXPECT_TRUE(nobody_offered());
    misses(offers[0]);
    EXPECT_EQ(acd.position(caller), std::nullopt) << "8002 rings yet";
    answers(offers[1]);
    EXPECT_EQ(occupancy("8002"), Occupancy::Talking);
}

TEST_F(Configure, NewStepsOfRelaxingReachThoseWhoWait) {
    service({"8001"});
    open();
    const CallId caller = joins("service", {.skills = {{"english", 3}}});
    EXPECT_TRUE(after(60s).offers.empty());
    config.queues[0].relax = {{30s, 0, {"english"}, {}}};
    reload();
    EXPECT_EQ(offer().call, caller) << "he has waited for long enough already";
}

TEST_F(Configure, NewSkillsOfAnAgentReachThoseWhoWait) {
    service({"8001"});
    open();
    const CallId caller = joins("service", {.skills = {{"english", 3}}});
    EXPECT_TRUE(nobody_offered());
    config.agents[0].skills = {{"english", 4}};
    reload();
    EXPECT_EQ(offer().call, caller);
}

/// Whatever a reload changes beside priorities: who came first stands first.
TEST_F(Configure, AThousandReloadsTakeNobodysPlace) {
    agent("8001", {"a"}), agent("8002", {"b"});
    queue("a"), queue("b");
    open();
    for (const char* each : {"8001", "8002"}) busy(each, true);
    std::vector<CallId> line;
    for (int i = 0; i < 30; ++i) {
        line.push_back(joins("a", {.knows = {"8001"}, .skills = {{"english", 1 + i % 9}}}));
        after(1s);
    }
    for (int round = 0; round < 1000; ++round) {
        QueueConfig& rules = config.queues[0];
        rules.strategy = static_cast<StrategyKind>(round % 8);
        rules.relax.clear();
        for (int step = 0; step < round % 4; ++step) rules.relax.push_back({(step + 1) * 10s, round % 3, {}, {"b"}});
        rules.overflow.clear();
        if (round % 5 == 0) rules.overflow = {{OverflowRule::When::Waited, 5s, 0, OverflowRule::Action::Widen, "b"}};
        rules.affinity_wait = Duration(1s) * (round % 40);
        config.agents[0].skills = {{"english", 1 + round % 9}};
        config.agents[1].queues = {round % 2 ? "a" : "b"};
        reload();
        at_once();
        for (std::size_t i = 0; i < line.size(); ++i) ASSERT_EQ(acd.position(line[i]), i + 1) << "after reload " << round;
    }
}

}  // namespace
}  // namespace hotline::acd
