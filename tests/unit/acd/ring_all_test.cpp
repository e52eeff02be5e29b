// All phones ring, one agent has the caller.
#include <algorithm>
#include <numeric>

#include "centre.h"

namespace hotline::acd {
namespace {

using ::testing::ElementsAre;

class RingAll : public Centre {
  protected:
    QueueConfig& ring_all(const std::vector<std::string>& names) {
        QueueConfig& rules = service(names);
        rules.strategy = StrategyKind::RingAll;
        rules.max_missed = 3;
        return rules;
    }
    Offer offer_to(const std::vector<Offer>& offers, const std::string& agent) const {
        const auto found = std::find_if(offers.begin(), offers.end(), [&](const Offer& each) { return name(each.agent) == agent; });
        EXPECT_NE(found, offers.end()) << agent << " is not rung";
        return found == offers.end() ? Offer{} : *found;
    }
};

TEST_F(RingAll, EverybodyWhoIsFreeIsRungAndTheFirstAnswerWins) {
    ring_all({"8001", "8002", "8003", "8004"});
    open();
    pauses("8003");
    const CallId caller = joins("service");
    const auto offers = at_once().offers;
    EXPECT_THAT(rung(offers), ElementsAre("8001", "8002", "8004"));
    for (const Offer& each : offers) {
        EXPECT_EQ(each.call, caller);
        EXPECT_EQ(each.reason.candidates.size(), 3u);
        EXPECT_EQ(each.reason.candidates[0].agent, each.agent) << "each one's offer is led by himself";
        EXPECT_EQ(occupancy(name(each.agent)), Occupancy::Reserved);
    }
    answers(offer_to(offers, "8002"));
    EXPECT_EQ(occupancy("8002"), Occupancy::Talking);
    for (const char* other : {"8001", "8004"}) {
        EXPECT_EQ(occupancy(other), Occupancy::Idle);
        EXPECT_FALSE(acd.on_answered(offer_to(offers, other).id, now)) << "the late 200 of " << other;
        EXPECT_FALSE(acd.on_missed(offer_to(offers, other).id, Miss::NoAnswer, now));
    }
    joins("service");
    EXPECT_THAT(rung(at_once().offers), ElementsAre("8001", "8004")) << "no delay, and idle for as long as before";
}

TEST_F(RingAll, WhoKnowsHimAndIsRungWithTheOthersWasNotPassedOver) {
    ring_all({"8001", "8002", "8003"}).affinity_wait = 5s;
    open();
    joins("service");
    for (const Offer& each : at_once().offers)
        if (name(each.agent) == "8002") answers(each);
    pauses("8003");
    joins("service", {.knows = {"8002", "8003"}});
    EXPECT_TRUE(at_once().offers.empty()) << "8002 may come";
    resumes("8003");
    hangs_up("8002");
    busy("8002", true);
    now += 6s;
    busy("8002", false);
    const auto offers = at_once().offers;
    ASSERT_GE(offers.size(), 1u);
    for (const Offer& each : offers)
        for (const Passed& one : each.reason.passed)
            for (const Offer& other : offers) EXPECT_NE(one.agent, other.agent) << name(one.agent) << " is rung, and " << one.why;
}

TEST_F(RingAll, WhoWasNotFirstHasMissedNothing) {
    ring_all({"8001", "8002"}).max_missed = 1;
    open();
    for (int round = 0; round < 5; ++round) {
        joins("service");
        const auto offers = at_once().offers;
        ASSERT_EQ(offers.size(), 2u);
        answers(offer_to(offers, "8001"));
        hangs_up("8001");
    }
    EXPECT_EQ(acd.view(id("8002"))->availability, Availability::Ready);
}

TEST_F(RingAll, OneWhoDeclinesLeavesTheOthersRinging) {
    ring_all({"8001", "8002"});
    open();
    const CallId caller = joins("service");
    const auto offers = at_once().offers;
    misses(offer_to(offers, "8001"), Miss::Rejected);
    EXPECT_TRUE(after(6s).offers.empty()) << "8001 is there again, and this round is not his any more";
    EXPECT_EQ(acd.position(caller), std::nullopt);
    misses(offer_to(offers, "8002"), Miss::Busy);
    EXPECT_EQ(acd.position(caller), 1u);
    EXPECT_THAT(rung(at_once().offers), ElementsAre("8001"));
}

TEST_F(RingAll, NobodyAnswersAndAllAreRungAgainTogether) {
    ring_all({"8001", "8002", "8003"});
    open();
    const CallId caller = joins("service");
    EXPECT_EQ(at_once().offers.size(), 3u);
    const CallId behind = joins("service");
    Decisions round = after(15s);
    EXPECT_EQ(round.lapsed.size(), 3u);
    EXPECT_EQ(acd.position(caller), 1u);
    EXPECT_EQ(acd.position(behind), 2u);
    round = after(5s);
    ASSERT_EQ(round.offers.size(), 3u);
    for (const Offer& each : round.offers) EXPECT_EQ(each.call, caller);
}

TEST_F(RingAll, WhatSeveralLetRingIsNobodysFault) {
    ring_all({"8001", "8002"}).max_missed = 1;
    open();
    joins("service");
    EXPECT_EQ(at_once().offers.size(), 2u);
    Decisions round = after(15s);
    EXPECT_EQ(round.lapsed.size(), 2u);
    EXPECT_TRUE(round.paused.empty()) << "one caller whom nobody took does not pause the whole team";
    round = after(5s);
    ASSERT_EQ(round.offers.size(), 2u) << "both were left alone for the delay";
    misses(offer_to(round.offers, "8001"), Miss::Rejected);
    EXPECT_EQ(at_once().paused.size(), 1u) << "but who declines has missed it";
    misses(offer_to(round.offers, "8002"));
    round = after(5s);
    ASSERT_EQ(round.offers.size(), 1u);
    misses(round.offers[0]);
    EXPECT_EQ(at_once().paused.size(), 1u) << "and who was rung alone was meant";
}

TEST_F(RingAll, ARescueCallerTakesOneOfThePhonesThatRingForAnother) {
    ring_all({"8001", "8002", "8003"}).max_missed = 1;
    config.agents[1].queues = config.agents[2].queues = {"service", "rescue"};
    queue("rescue").priority = kRescue;
    open();
    const CallId ordinary = joins("service");
    const auto offers = at_once().offers;
    ASSERT_EQ(offers.size(), 3u);
    const CallId first = joins("rescue");
    EXPECT_EQ(acd.next_deadline(), now);
    Decisions round = at_once();
    ASSERT_EQ(round.withdrawn.size(), 1u);
    EXPECT_EQ(round.withdrawn[0].id, offer_to(offers, "8002").id);
    EXPECT_EQ(round.withdrawn[0].call, ordinary);
    EXPECT_EQ(round.withdrawn[0].agent, id("8002")) << "idle longest of those who serve it";
    ASSERT_EQ(round.offers.size(), 1u);
    EXPECT_EQ(round.offers[0].call, first);
    EXPECT_EQ(name(round.offers[0].agent), "8002");
    EXPECT_FALSE(acd.on_answered(offer_to(offers, "8002").id, now)) << "a late 200 to the offer that was taken back";

    joins("rescue");
    round = at_once();
    ASSERT_EQ(round.withdrawn.size(), 1u);
    EXPECT_EQ(round.withdrawn[0].agent, id("8003"));
    joins("rescue");
    round = at_once();
    EXPECT_TRUE(round.withdrawn.empty()) << "one phone is left to the first caller, and 8001 does not serve rescue";
    answers(offer_to(offers, "8001"));
    for (const char* each : {"8002", "8003"}) EXPECT_EQ(acd.view(id(each))->availability, Availability::Ready);
}

TEST_F(RingAll, OneWhoIsMerelyMoreUrgentTakesNoPhone) {
    ring_all({"8001", "8002"});
    open();
    joins("service");
    at_once();
    joins("service", {.boost = 900});
    const Decisions round = at_once();
    EXPECT_TRUE(round.withdrawn.empty());
    EXPECT_TRUE(round.offers.empty());
}

TEST_F(RingAll, TheLastPhoneStaysAndSoDoesOneWhoWentHome) {
    ring_all({"8001", "8002"});
    for (AgentConfig& each : config.agents) each.queues.push_back("rescue");
    queue("rescue").priority = kRescue;
    open();
    joins("service");
    const auto offers = at_once().offers;
    logs_out("8002");
    pauses("8001");
    const CallId rescue = joins("rescue");
    EXPECT_TRUE(at_once().withdrawn.empty()) << "neither would take a call";
    misses(offer_to(offers, "8002"));
    resumes("8001");
    leaves(rescue);
    joins("rescue");
    EXPECT_TRUE(at_once().withdrawn.empty()) << "it is the only one that rings for him";
}

// The offers of one round are told together: what is taken back in the same round must not be told at all.
TEST_F(RingAll, WhatIsTakenBackInTheRoundThatOfferedItIsNeverHeardOf) {
    ring_all({"8001", "8002"});
    config.agents[1].queues = {"service", "rescue"};
    agent("8009", {"rescue"});
    QueueConfig& rescue = queue("rescue");
    rescue.priority = kRescue;
    rescue.affinity_wait = 10s;
    open();
    busy("8001", true), busy("8002", true);
    joins("rescue");
    talks("8009");
    const CallId waits = joins("rescue", {.knows = {"8009"}});
    EXPECT_TRUE(after(10s - 1us).offers.empty());
    busy("8001", false), busy("8002", false);
    const CallId ordinary = joins("service");
    const Decisions round = after(1us);  // first all phones for the one, then the other has waited long enough for 8009
    EXPECT_TRUE(round.withdrawn.empty());
    EXPECT_THAT(rung(round.offers), ElementsAre("8001", "8002"));
    EXPECT_EQ(offer_to(round.offers, "8001").call, ordinary);
    EXPECT_EQ(offer_to(round.offers, "8002").call, waits);
}

TEST_F(RingAll, WhoLeavesTakesAllHisOffersAlong) {
    ring_all({"8001", "8002"});
    open();
    const CallId caller = joins("service");
    const auto offers = at_once().offers;
    leaves(caller);
    for (const Offer& each : offers) {
        EXPECT_EQ(occupancy(name(each.agent)), Occupancy::Idle);
        EXPECT_FALSE(acd.on_answered(each.id, now));
    }
    EXPECT_EQ(acd.next_deadline(), std::nullopt);
}

TEST_F(RingAll, NoMoreThanTheRuleAllowsAreRungTheLongestIdleOfThem) {
    ring_all({"8001", "8002", "8003", "8004", "8005"}).ring_most = 2;
    open();
    joins("service");
    EXPECT_THAT(rung(at_once().offers), ElementsAre("8001", "8002"));
    joins("service");
    EXPECT_THAT(rung(at_once().offers), ElementsAre("8003", "8004")) << "the next caller has the next ones";
}

TEST_F(RingAll, MoreThanTenAreRungAndTenAreShown) {
    std::vector<std::string> names(15);
    for (int i = 0; i < 15; ++i) names[static_cast<std::size_t>(i)] = std::to_string(8001 + i);
    ring_all(names).ring_most = 50;
    open();
    joins("service");
    const auto offers = at_once().offers;
    EXPECT_EQ(offers.size(), 15u);
    for (const Offer& each : offers) {
        EXPECT_EQ(each.reason.candidates.size(), 10u);
        EXPECT_EQ(each.reason.candidates[0].agent, each.agent);
    }
}

TEST_F(RingAll, WhoIsKnownToHimIsRungAloneFirst) {
    ring_all({"8001", "8002"});
    open();
    joins("service", {.knows = {"8002"}});
    const auto offers = at_once().offers;
    EXPECT_THAT(rung(offers), ElementsAre("8002"));
    misses(offers[0]);
    EXPECT_THAT(rung(at_once().offers), ElementsAre("8001")) << "then all who are there";
}

TEST_F(RingAll, SkillsAreAskedForHereToo) {
    ring_all({"8001", "8002", "8003"});
    config.agents[1].skills = config.agents[2].skills = {{"english", 5}};
    open();
    joins("service", {.skills = {{"english", 3}}});
    EXPECT_THAT(rung(at_once().offers), ElementsAre("8002", "8003"));
}

// asterisk#176 and freeswitch#2540: in whatever order the phones' words and the end of the ring time come, at most one has the
// caller, and nobody stays reserved.
TEST_F(RingAll, ThereIsExactlyOneWinnerInWhateverOrderTheyCross) {
    ring_all({"8001", "8002", "8003"}).max_missed = 0;
    open();
    std::vector<int> order = {0, 1, 2, 3};  // three phones and the caller
    do {
        for (int what = 0; what < 16;
             ++what) {  // bit i: phone i answers (else declines); bit 3: the caller hangs up (else nothing)
            const CallId caller = joins("service");
            const auto offers = at_once().offers;
            ASSERT_EQ(offers.size(), 3u);
            int winners = 0;
            bool gone = false;
            for (const int who : order) {
                const bool acts = what >> who & 1;
                if (who == 3) {
                    if (acts && winners == 0) leaves(caller), gone = true;
                } else if (acts) {
                    const bool won = acd.on_answered(offers[static_cast<std::size_t>(who)].id, now);
                    EXPECT_EQ(won, winners == 0 && !gone);
                    winners += won;
                } else {
                    acd.on_missed(offers[static_cast<std::size_t>(who)].id, Miss::NoAnswer, now);
                }
                check();
            }
            EXPECT_LE(winners, 1);
            EXPECT_EQ(winners == 1, !gone && (what & 7) != 0);
            for (const char* each : {"8001", "8002", "8003"}) {
                EXPECT_NE(occupancy(each), Occupancy::Reserved) << each;
                hangs_up(each);
            }
            leaves(caller);
            after(1min);  // delays are over
        }
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(RingAll, AWideningGoesToTheHelpersWhenTheQueuesOwnAreTooFew) {
    agent("8001", {"a"}), agent("8002", {"b"}), agent("8003", {"b"});
    QueueConfig& rules = queue("a");
    rules.strategy = StrategyKind::RingAll;
    rules.overflow = {{OverflowRule::When::Waited, 10s, 0, OverflowRule::Action::Widen, "b"}};
    queue("b");
    open();
    joins("a");
    misses(offer());
    EXPECT_THAT(rung(after(10s).offers), ElementsAre("8001", "8002", "8003"));
}

}  // namespace
}  // namespace hotline::acd
