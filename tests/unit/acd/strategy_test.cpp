// Each strategy's order among free agents, and what it counts.
#include <cmath>
#include <map>

#include "centre.h"

namespace hotline::acd {
namespace {

using ::testing::ElementsAre;

class Strategies : public Centre {
  protected:
    /// One queue of this strategy with three agents, logged in one second after the other.
    QueueConfig& house(StrategyKind kind) {
        QueueConfig& rules = service({"8001", "8002", "8003"});
        rules.strategy = kind;
        return rules;
    }
    /// The next caller's agent, who talks for so long and is free again.
    std::string serves_one(Duration talk = 1s) {
        joins("service");
        Offer offered = offer();
        answers(offered);
        now += talk;
        std::string agent = name(offered.agent);
        hangs_up(agent);
        at_once();
        return agent;
    }
    std::vector<std::string> serve(int callers, Duration talk = 1s) {
        std::vector<std::string> out;
        for (int i = 0; i < callers; ++i) out.push_back(serves_one(talk));
        return out;
    }
};

TEST_F(Strategies, LongestIdle) {
    house(StrategyKind::LongestIdle);
    open();
    EXPECT_THAT(serve(4), ElementsAre("8001", "8002", "8003", "8001"));
}

TEST_F(Strategies, RoundRobinTakesWhomItOfferedLongestAgoWhetherHeAnsweredOrNot) {
    house(StrategyKind::RoundRobin).missed_delay = 0s;
    open();
    joins("service");
    Offer first = offer();
    EXPECT_EQ(name(first.agent), "8001");
    misses(first);
    talks("8002");
    logs_out("8003");
    logs_in("8003");  // idle for the shortest time, and next all the same
    EXPECT_THAT(serve(2), ElementsAre("8003", "8001"));
    hangs_up("8002");
    EXPECT_THAT(serve(3), ElementsAre("8002", "8003", "8001"));
}

TEST_F(Strategies, FewestCallsToday) {
    house(StrategyKind::FewestCalls);
    open();
    logs_out("8003");
    EXPECT_THAT(serve(4), ElementsAre("8001", "8002", "8001", "8002"));
    logs_in("8003");
    EXPECT_THAT(serve(3), ElementsAre("8003", "8003", "8001")) << "two calls of each, then whoever has been idle longest";
    acd.new_day(now);
    check();
    EXPECT_THAT(serve(3), ElementsAre("8002", "8003", "8001")) << "none of each, then whoever has been idle longest";
}

TEST_F(Strategies, LeastTalkToday) {
    house(StrategyKind::LeastTalk);
    open();
    EXPECT_EQ(serves_one(60s), "8001");
    EXPECT_EQ(serves_one(10s), "8002");
    EXPECT_EQ(serves_one(30s), "8003");
    EXPECT_EQ(serves_one(5s), "8002") << "10 s";
    EXPECT_EQ(serves_one(20s), "8002") << "15 s";
    EXPECT_EQ(serves_one(1s), "8003") << "30 s against 35 s";
    acd.new_day(now);
    check();
    EXPECT_EQ(serves_one(), "8001") << "all are at nothing: idle longest";
}

TEST_F(Strategies, SkillLevelTakesTheOneWhoseWeakestSkillIsStrongest) {
    house(StrategyKind::SkillLevel);
    config.agents[0].skills = {{"english", 9}, {"visa", 2}};
    config.agents[1].skills = {{"english", 4}, {"visa", 5}};
    config.agents[2].skills = {{"english", 6}, {"visa", 3}};
    open();
    joins("service", {.skills = {{"english", 1}}});
    joins("service", {.skills = {{"english", 1}, {"visa", 1}}});
    Decisions round = at_once();
    ASSERT_EQ(round.offers.size(), 2u);
    EXPECT_EQ(name(round.offers[0].agent), "8001");
    EXPECT_EQ(name(round.offers[1].agent), "8002");
}

TEST_F(Strategies, TopDownIsTheOrderOfTheConfiguration) {
    house(StrategyKind::TopDown);
    open();
    EXPECT_THAT(serve(2), ElementsAre("8001", "8001"));
    std::swap(config.agents[0], config.agents[1]);
    acd.configure(config, now);
    check();
    EXPECT_THAT(serve(2), ElementsAre("8002", "8002"));
}

TEST_F(Strategies, WeightedRandomGivesEachHisShare) {
    house(StrategyKind::WeightedRandom);
    config.agents[0].weight = 1;
    config.agents[1].weight = 2;
    config.agents[2].weight = 5;
    open();
    constexpr int kCallers = 4000;
    std::map<std::string, int> served;
    for (const std::string& agent : serve(kCallers)) ++served[agent];
    const double expected[] = {kCallers / 8.0, kCallers * 2 / 8.0, kCallers * 5 / 8.0};
    double chi_square = 0;
    for (int i = 0; i < 3; ++i) chi_square += std::pow(served[config.agents[i].name] - expected[i], 2) / expected[i];
    EXPECT_LT(chi_square, 13.8) << "two degrees of freedom, one in a thousand";
}

TEST_F(Strategies, WhoIsTakenByAffinityLeavesTheSharesOfTheOthersAlone) {
    house(StrategyKind::WeightedRandom);
    config.agents[0].weight = 1;
    config.agents[1].weight = 2;
    config.agents[2].weight = 5;
    open();
    constexpr int kStrangers = 4000;
    std::map<std::string, int> served;
    for (int i = 0; i < kStrangers; ++i) {
        ++served[serves_one()];
        joins("service", {.knows = {"8001"}});
        talks("8001");
        now += 1s;
        hangs_up("8001");
        at_once();
    }
    EXPECT_NEAR(served["8001"], kStrangers / 8.0, 90);  // four standard deviations
    EXPECT_NEAR(served["8002"], kStrangers * 2 / 8.0, 110);
    EXPECT_NEAR(served["8003"], kStrangers * 5 / 8.0, 125);
}

TEST_F(Strategies, ALowerTierIsAskedFirstWhateverTheStrategySays) {
    house(StrategyKind::LongestIdle);
    config.agents[0].tiers = {{"service", 2}};
    open();
    EXPECT_THAT(serve(3), ElementsAre("8002", "8003", "8002"));
    logs_out("8002");
    joins("service");
    joins("service");
    Decisions round = at_once();
    ASSERT_EQ(round.offers.size(), 2u);
    EXPECT_EQ(name(round.offers[0].agent), "8003");
    EXPECT_EQ(name(round.offers[1].agent), "8001") << "then the next tier";
}

TEST_F(Strategies, TheReasonNamesTheStrategy) {
    house(StrategyKind::TopDown);
    open();
    joins("service");
    EXPECT_EQ(offer().reason.strategy, StrategyKind::TopDown);
    EXPECT_EQ(to_word(StrategyKind::WeightedRandom), "weighted_random");
}

}  // namespace
}  // namespace hotline::acd
