// Skills, and what waiting brings: content with less, before others, or sent away when nobody is there.
#include "centre.h"

namespace hotline::acd {
namespace {

using ::testing::Contains;
using ::testing::Pair;

class Skills : public Centre {
  protected:
    void knows(const std::string& agent_name, const std::string& skill, int level) {
        for (AgentConfig& one : config.agents)
            if (one.name == agent_name) one.skills[skill] = level;
    }
};

TEST_F(Skills, OnlyWhoHasTheSkillAtTheLevelMayTakeHim) {
    service({"8001", "8002", "8003"});
    knows("8002", "english", 3);
    knows("8003", "english", 5);
    open();
    CallId call = joins("service", {.skills = {{"english", 4}}});
    Offer offered = offer();
    EXPECT_EQ(offered.call, call);
    EXPECT_EQ(name(offered.agent), "8003") << "the others have been idle longer and know less";
    EXPECT_THAT(offered.reason.skipped, Contains(Pair("unskilled", 2)));
}

TEST_F(Skills, WhoWantsWhatNobodyHasWaitsAndHoldsNobodyUp) {
    service({"8001"});
    open();
    CallId picky = joins("service", {.skills = {{"english", 1}}});
    CallId other = joins("service");
    EXPECT_EQ(offer().call, other);
    EXPECT_EQ(acd.position(picky), 1u);
}

TEST_F(Skills, TheFirstWhoMayBeTakenIsTaken) {
    service({"8001", "8002"});
    knows("8001", "english", 5);
    open();
    CallId first = joins("service", {.skills = {{"english", 1}}});
    CallId second = joins("service", {.skills = {{"english", 1}}});
    CallId third = joins("service");
    Decisions round = at_once();
    ASSERT_EQ(round.offers.size(), 2u);
    EXPECT_EQ(round.offers[0].call, first);
    EXPECT_EQ(name(round.offers[0].agent), "8001");
    EXPECT_EQ(round.offers[1].call, third) << "8002 knows no English";
    EXPECT_EQ(acd.position(second), 1u);
}

TEST_F(Skills, AStepLowersTheLevelsAndNeverBelowOne) {
    service({"8001", "8002"}).relax = {{10s, 2, {}, {}}, {20s, 8, {}, {}}};
    knows("8001", "english", 1);
    knows("8002", "english", 3);
    open();
    joins("service", {.skills = {{"english", 5}}});
    EXPECT_TRUE(after(9999ms).offers.empty());
    Decisions round = after(1ms);
    ASSERT_EQ(round.offers.size(), 1u);
    EXPECT_EQ(name(round.offers[0].agent), "8002");
    EXPECT_EQ(round.offers[0].reason.relaxed, 1);
    answers(round.offers[0]);
    joins("service", {.skills = {{"english", 9}}});
    EXPECT_TRUE(after(19999ms).offers.empty());
    round = after(1ms);
    ASSERT_EQ(round.offers.size(), 1u);
    EXPECT_EQ(name(round.offers[0].agent), "8001");
}

TEST_F(Skills, AStepDropsASkill) {
    service({"8001"}).relax = {{10s, 0, {"visa"}, {}}};
    knows("8001", "english", 5);
    open();
    joins("service", {.skills = {{"english", 1}, {"visa", 1}}});
    EXPECT_TRUE(after(9s).offers.empty());
    EXPECT_EQ(after(1s).offers.size(), 1u);
}

TEST_F(Skills, AStepLetsAnotherQueuesAgentsHelpAfterItsOwn) {
    service({"8001"}).relax = {{10s, 0, {}, {"abroad"}}};
    queue("abroad");
    agent("8002", {"abroad"});
    open();
    logs_out("8001");
    CallId waiting = joins("service");
    EXPECT_TRUE(after(9s).offers.empty());
    Decisions round = after(1s);
    ASSERT_EQ(round.offers.size(), 1u);
    EXPECT_EQ(round.offers[0].call, waiting);
    EXPECT_EQ(name(round.offers[0].agent), "8002");
    answers(round.offers[0]);

    hangs_up("8002");
    logs_in("8001");  // idle for a moment only, and first all the same: it is his queue
    CallId back = joins("service", {.ago = 60s});
    Offer offered = offer();
    EXPECT_EQ(offered.call, back);
    EXPECT_EQ(name(offered.agent), "8001");
}

TEST_F(Skills, AReloadGivesWaitingCallersTheNewStepsAndSkillsAtOnce) {
    service({"8001"});
    open();
    joins("service", {.skills = {{"english", 2}}});
    EXPECT_TRUE(after(30s).offers.empty());
    knows("8001", "english", 1);
    config.queues[0].relax = {{20s, 1, {}, {}}};
    acd.configure(config, now);
    check();
    EXPECT_EQ(at_once().offers.size(), 1u);
}

TEST_F(Skills, TheAgentWhoKnowsHimIsNotWaitedForWhenHeLacksTheSkill) {
    service({"8001", "8002"});
    knows("8002", "english", 1);
    open();
    joins("service", {.knows = {"8001"}, .skills = {{"english", 1}}});
    Offer offered = offer();
    EXPECT_EQ(name(offered.agent), "8002");
    EXPECT_EQ(offered.reason.affinity, AffinityOutcome::Unavailable);
}

TEST_F(Skills, HundredsOfDifferentWishesAreServedAndForgotten) {
    service({"8001"});
    for (int i = 0; i < 9; ++i) knows("8001", "s" + std::to_string(i), 9);
    open();
    for (int i = 0; i < 500; ++i) {
        std::vector<SkillWish> skills;
        for (int bit = 0; bit < 9; ++bit)
            if (i >> bit & 1) skills.push_back({"s" + std::to_string(bit), 1 + i % 9});
        joins("service", {.skills = skills});
        talks("8001");
        hangs_up("8001");
    }
}

TEST_F(Skills, PriorityRisesWithWaitingUpToItsMostAndNeverToRescue) {
    QueueConfig& rules = service({"8001"});
    rules.age_every = 10s;
    rules.age_most = 2;
    open();
    logs_out("8001");
    CallId old = joins("service");
    after(15s);  // one step
    CallId urgent = joins("service", {.boost = 1});
    EXPECT_EQ(acd.position(old), 1u) << "equal now, and he came first";
    CallId more = joins("service", {.boost = 2});
    EXPECT_EQ(acd.position(more), 1u);
    after(10s);  // old: 2, urgent: 2, more: 3
    EXPECT_EQ(acd.position(old), 2u);
    after(100s);  // old: 2 at most, urgent: 3, more: 4
    EXPECT_EQ(acd.position(more), 1u);
    EXPECT_EQ(acd.position(urgent), 2u);
    EXPECT_EQ(acd.position(old), 3u);
    config.queues[0].age_most = 999;
    config.queues[0].age_every = 1ms;
    config.queues.push_back(config.queues[0]);
    config.queues[1].name = "rescue";
    config.queues[1].priority = kRescue;
    config.agents[0].queues.push_back("rescue");
    acd.configure(config, now);
    check();
    after(60s);
    CallId rescue = joins("rescue");
    logs_in("8001");
    EXPECT_EQ(offer().call, rescue);
}

TEST_F(Skills, AnAgentWithAnOrderOfHisOwnServesHisFirstQueueFirst) {
    agent("8001", {"domestic", "abroad"});
    config.agents[0].in_order = true;
    queue("domestic");
    queue("abroad");
    open();
    logs_out("8001");
    CallId first = joins("abroad");
    now += 60s;
    CallId second = joins("domestic");
    CallId urgent = joins("abroad", {.boost = 1});
    logs_in("8001");
    for (CallId next : {urgent, second, first}) {  // priority goes before his taste
        Offer offered = offer();
        EXPECT_EQ(offered.call, next);
        answers(offered);
        hangs_up("8001");
    }
}

class Presence : public Centre {};

TEST_F(Presence, JoiningMayNeedSomebodyWhoIsLoggedIn) {
    service({"8001"}).joining = Needs::LoggedIn;
    acd.configure(config, now);
    EXPECT_EQ(tries(next_call(), "service").error().kind, ErrorKind::Unavailable);
    logs_in("8001");
    pauses("8001");
    EXPECT_TRUE(tries(next_call(), "service").ok()) << "paused is logged in";
}

TEST_F(Presence, JoiningMayNeedSomebodyWhoIsNotPaused) {
    service({"8001", "8002"}).joining = Needs::Ready;
    open();
    pauses("8001");
    EXPECT_TRUE(tries(next_call(), "service").ok());
    pauses("8002");
    EXPECT_EQ(tries(next_call(), "service").error().kind, ErrorKind::Unavailable);
}

TEST_F(Presence, WhoWaitsIsSentAwayWhenTheLastOneLeaves) {
    service({"8001", "8002"}).staying = Needs::LoggedIn;
    open();
    busy("8001", true);
    busy("8002", true);
    CallId first = joins("service"), second = joins("service");
    logs_out("8001");
    EXPECT_TRUE(at_once().expired.empty());
    busy("8002", false);
    Offer offered = offer();
    EXPECT_EQ(offered.call, first);
    logs_out("8002");  // his phone still rings
    busy("8001", false);
    Decisions round = at_once();
    EXPECT_TRUE(round.expired.empty()) << "somebody rings: he may answer yet";
    misses(offered);
    round = at_once();
    ASSERT_EQ(round.expired.size(), 2u);
    EXPECT_EQ(round.expired[0].call, first);
    EXPECT_EQ(round.expired[1].call, second);
    EXPECT_EQ(round.expired[0].why, Expired::Why::NobodyThere);
}

TEST_F(Presence, AShortAbsenceBetweenTwoDecisionsSendsNobodyAway) {
    service({"8001"}).staying = Needs::Ready;
    open();
    busy("8001", true);
    joins("service");
    pauses("8001");
    resumes("8001");
    EXPECT_TRUE(at_once().expired.empty());
}

TEST_F(Skills, WhoWantsASkillIsToldHowLongThatTakes) {
    service({"8001", "8002", "8003", "8004"});
    knows("8001", "english", 5);
    config.agents[0].tiers["service"] = 9;  // the others take all who want nothing
    open();
    const Wish english{.skills = {{"english", 3}}};
    const auto seconds = [&](CallId call) {
        return std::chrono::duration<double>(acd.estimated_wait(call, now).value_or(-1s)).count();
    };
    for (int i = 0; i < 20; ++i) {  // 8001 has one in two minutes, the others together one in thirty seconds
        if (i % 4 == 0) joins("service", english), talks("8001");
        joins("service");
        const Offer given = offer();
        answers(given);
        after(30s);
        hangs_up(name(given.agent));
        if (i % 4 == 3) hangs_up("8001");
    }
    joins("service", english);
    talks("8001");
    const CallId first = joins("service", english), second = joins("service", english);
    ASSERT_TRUE(nobody_offered());
    EXPECT_NEAR(seconds(first), 100, 5) << "six answered in ten minutes by the one who knows English";
    EXPECT_NEAR(seconds(second), 200, 10);
    EXPECT_LT(acd.estimated_wait(acd.queue("service"), now), 90s) << "others are faster";
    acd.configure(config, now);
    EXPECT_NEAR(seconds(second), 200, 10) << "a reload forgets nothing";
    pauses("8001"), hangs_up("8001");
    EXPECT_EQ(acd.estimated_wait(second, now), std::nullopt) << "nobody who knows English is on duty";
    EXPECT_NE(acd.estimated_wait(acd.queue("service"), now), std::nullopt);
}

}  // namespace
}  // namespace hotline::acd
