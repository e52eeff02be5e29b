// Agents with an order of their own (queues_in_order), among others: whom they take, and who takes the caller whom they leave.
#include "centre.h"

namespace hotline::acd {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

class InOrder : public Centre {
  protected:
    void in_order(const std::string& name, const std::vector<std::string>& queues) {
        agent(name, queues);
        config.agents.back().in_order = true;
    }
    /// While callers come all have calls of their own; then all are free at once.
    void all_busy(bool are) {
        for (const AgentConfig& each : config.agents) busy(each.name, are);
    }
    /// Who rings for whom, in the order of the offers.
    std::vector<std::pair<std::string, CallId>> pairs() {
        std::vector<std::pair<std::string, CallId>> out;
        for (const Offer& each : at_once().offers) out.emplace_back(name(each.agent), each.call);
        return out;
    }
};

TEST_F(InOrder, EachTakesFromHisFirstQueueWhereThereAreCallersForBoth) {
    in_order("8001", {"first", "second"}), in_order("8002", {"second", "first"});
    queue("first"), queue("second");
    open();
    all_busy(true);
    const CallId older = joins("second");
    now += 10s;
    const CallId younger = joins("first");
    all_busy(false);
    EXPECT_THAT(pairs(), ElementsAre(Pair("8001", younger), Pair("8002", older)));
}

TEST_F(InOrder, WhoIsLeftGetsTheNextBestAgent) {
    in_order("8001", {"first", "second"});
    agent("8002", {"second"});
    queue("first"), queue("second");
    open();
    all_busy(true);
    const CallId older = joins("second"), behind = joins("second");
    now += 10s;
    const CallId younger = joins("first");
    all_busy(false);
    EXPECT_THAT(pairs(), ElementsAre(Pair("8001", younger), Pair("8002", older)));
    EXPECT_EQ(acd.position(behind), 1u);
}

TEST_F(InOrder, OneForWhomAnotherAgentIsBetterIsLeftToThatOne) {
    in_order("8001", {"first", "second"});
    config.agents[0].tiers = {{"first", 2}};
    agent("8002", {"first"});
    queue("first"), queue("second");
    open();
    all_busy(true);
    const CallId older = joins("second");
    now += 10s;
    const CallId younger = joins("first");
    all_busy(false);
    EXPECT_THAT(pairs(), ElementsAre(Pair("8001", older), Pair("8002", younger))) << "of the lower tier is 8002";
}

TEST_F(InOrder, WhereTheBetterAgentIsBusyHeIsHisBest) {
    in_order("8001", {"first", "second"});
    config.agents[0].tiers = {{"first", 2}};
    agent("8002", {"first"});
    queue("first"), queue("second");
    open();
    all_busy(true);
    joins("second");
    now += 10s;
    const CallId younger = joins("first");
    busy("8001", false);
    EXPECT_THAT(pairs(), ElementsAre(Pair("8001", younger)));
}

TEST_F(InOrder, TheStrategyOfTheEarlierQueueSaysWhoIsItsCallersBest) {
    in_order("8001", {"first", "second"});
    config.agents[0].skills = {{"english", 3}};
    agent("8002", {"first"});
    config.agents[1].skills = {{"english", 8}};
    queue("first").strategy = StrategyKind::SkillLevel;
    queue("second");
    open();
    all_busy(true);
    const CallId older = joins("second");
    now += 10s;
    const CallId english = joins("first", {.skills = {{"english", 1}}});
    all_busy(false);
    EXPECT_THAT(pairs(), ElementsAre(Pair("8001", older), Pair("8002", english)));
}

TEST_F(InOrder, OfSeveralEarlierQueuesTheFirstAndOfItsCallersTheFirst) {
    in_order("8001", {"first", "second", "third"});
    config.agents[0].skills = {{"english", 5}};
    queue("first"), queue("second"), queue("third");
    open();
    all_busy(true);
    const CallId c = joins("third");
    now += 1s;
    const CallId b = joins("second");
    now += 1s;
    const CallId a = joins("first", {.skills = {{"english", 2}}});
    now += 1s;
    const CallId plain = joins("first");
    all_busy(false);
    for (const CallId next : {a, plain, b, c}) {
        EXPECT_THAT(pairs(), ElementsAre(Pair("8001", next)));
        all_busy(true);  // he declines nobody: a call of his own is in the way, and then the caller is gone
        leaves(next);
        all_busy(false);
    }
}

TEST_F(InOrder, AHelperServesHisOwnQueuesBeforeThoseHeHelpsOutIn) {
    in_order("8001", {"first", "second"});
    queue("first"), queue("second");
    queue("third").relax = {{5s, 0, {}, {"second"}}};
    open();
    all_busy(true);
    const CallId widened = joins("third");
    after(10s);
    const CallId own = joins("second");
    all_busy(false);
    EXPECT_THAT(pairs(), ElementsAre(Pair("8001", own)));
    all_busy(true), leaves(own), all_busy(false);
    EXPECT_THAT(pairs(), ElementsAre(Pair("8001", widened)));
}

TEST_F(InOrder, WhereAllAreRungNobodysOrderIsAskedFor) {
    in_order("8001", {"first", "second"});
    agent("8002", {"second"});
    queue("first");
    queue("second").strategy = StrategyKind::RingAll;
    open();
    all_busy(true);
    const CallId older = joins("second");
    now += 10s;
    const CallId younger = joins("first");
    all_busy(false);
    EXPECT_THAT(pairs(), ElementsAre(Pair("8001", older), Pair("8002", older)));
    EXPECT_EQ(acd.position(younger), 1u);
}

TEST_F(InOrder, AnEarlierQueueThatRingsAllHasAll) {
    in_order("8001", {"first", "second"});
    agent("8002", {"first", "second"});
    queue("first").strategy = StrategyKind::RingAll;
    queue("second");
    open();
    all_busy(true);
    const CallId older = joins("second");
    now += 10s;
    const CallId younger = joins("first");
    all_busy(false);
    EXPECT_THAT(pairs(), ElementsAre(Pair("8001", younger), Pair("8002", younger)));
    EXPECT_EQ(acd.position(older), 1u);
}

TEST_F(InOrder, RescueAndTheMoreUrgentGoBeforeHisTaste) {
    in_order("8001", {"first", "second", "rescue"});
    queue("first"), queue("second");
    queue("rescue").priority = kRescue;
    open();
    all_busy(true);
    const CallId ordinary = joins("first");
    now += 10s;
    const CallId urgent = joins("second", {.boost = 1}), rescue = joins("rescue");
    all_busy(false);
    for (const CallId next : {rescue, urgent, ordinary}) {
        EXPECT_THAT(pairs(), ElementsAre(Pair("8001", next)));
        all_busy(true), leaves(next), all_busy(false);
    }
}

TEST_F(InOrder, WhoIsKnownToTheCallerTakesHimWhateverHisOrder) {
    in_order("8001", {"first", "second"});
    queue("first"), queue("second");
    open();
    all_busy(true);
    const CallId knows = joins("second", {.knows = {"8001"}});
    now += 1s;
    joins("first");
    all_busy(false);
    EXPECT_THAT(pairs(), ElementsAre(Pair("8001", knows))) << "he waits for nobody else";
}

}  // namespace
}  // namespace hotline::acd
