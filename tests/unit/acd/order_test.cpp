// Who comes first, among callers and among agents.
#include "centre.h"

namespace hotline::acd {
namespace {

using ::testing::ElementsAre;

class Order : public Centre {
  protected:
    /// The order in which one agent serves all who wait.
    std::vector<CallId> served_by(const std::string& agent_name) {
        std::vector<CallId> order;
        for (Decisions round = at_once(); !round.offers.empty(); round = at_once()) {
            order.push_back(round.offers.front().call);
            answers(round.offers.front());
            now += 1s;
            hangs_up(agent_name);
        }
        return order;
    }
};

TEST_F(Order, TheFirstToComeIsTheFirstToBeServed) {
    service({"8001"});
    open();
    CallId a = joins("service");
    now += 1s;
    CallId b = joins("service");
    CallId c = joins("service");  // at the same instant: order of arrival
    EXPECT_THAT(served_by("8001"), ElementsAre(a, b, c));
}

TEST_F(Order, AHigherPriorityGoesBeforeALongerWait) {
    service({"8001"});
    open();
    CallId early = joins("service");
    now += 60s;
    CallId boosted = joins("service", {.boost = 2});
    CallId more = joins("service", {.boost = 3});
    EXPECT_THAT(served_by("8001"), ElementsAre(more, boosted, early));
}

TEST_F(Order, RescueGoesBeforeEverythingAndNoBoostReachesIt) {
    agent("8001", {"service", "rescue"});
    queue("service");
    queue("rescue").priority = kRescue;
    open();
    CallId important = joins("service", {.boost = 5000});
    now += 60s;
    CallId stranded = joins("rescue");
    CallId stranded_too = joins("rescue", {.boost = -50});  // nor does anything put him behind the others
    EXPECT_THAT(served_by("8001"), ElementsAre(stranded, stranded_too, important));
}

TEST_F(Order, AnAgentOfSeveralQueuesServesTheOneWhoWaitsLongestInAny) {
    agent("8001", {"domestic", "abroad"});
    queue("domestic");
    queue("abroad");
    open();
    CallId a = joins("abroad");
    now += 1s;
    CallId b = joins("domestic");
    now += 1s;
    CallId c = joins("abroad");
    EXPECT_THAT(served_by("8001"), ElementsAre(a, b, c));
}

TEST_F(Order, WhoReturnsWithHisEnterTimeStandsAtHisOldPlace) {
    service({"8001"});
    open();
    CallId waiting = joins("service");
    now += 10s;
    CallId returned = joins("service", {.ago = 15s});
    EXPECT_THAT(served_by("8001"), ElementsAre(returned, waiting));
}

TEST_F(Order, TheAgentWhoHasBeenIdleLongestIsTaken) {
    service({"8001", "8002", "8003"});
    open();
    joins("service");
    talks("8001");
    joins("service");
    talks("8002");
    now += 5s;
    hangs_up("8002");
    now += 5s;
    hangs_up("8001");
    for (const char* next : {"8003", "8002", "8001"}) {
        joins("service");
        talks(next);
    }
}

TEST_F(Order, AgentsWhoHaveBeenIdleEquallyLongAreTakenInTheOrderOfTheConfiguration) {
    service({"8003", "8001", "8002"});
    acd.configure(config, now);
    for (const char* each : {"8001", "8002", "8003"}) logs_in(each);
    for (const char* next : {"8003", "8001", "8002"}) {
        joins("service");
        talks(next);
    }
}

TEST_F(Order, APauseDoesNotResetTheIdleClock) {
    service({"8001", "8002"});
    open();
    now += 60s;
    pauses("8001");
    now += 60s;
    resumes("8001");
    joins("service");
    talks("8001");
}

TEST_F(Order, AMissedOfferDoesNotResetTheIdleClock) {
    service({"8001", "8002"}).missed_delay = 1s;
    open();
    CallId caller = joins("service");
    misses(offer());
    leaves(caller);
    after(1s);
    joins("service");
    talks("8001");
}

TEST_F(Order, ACallOfHisOwnDoesNotResetTheIdleClock) {
    service({"8001", "8002"});
    open();
    busy("8001", true);
    now += 60s;
    busy("8001", false);
    joins("service");
    talks("8001");
}

TEST_F(Order, LoggingInStartsTheIdleClock) {
    service({"8001", "8002"});
    open();
    logs_out("8001");
    now += 3600s;
    logs_in("8001");
    joins("service");
    talks("8002");
}

TEST_F(Order, ARegistrationThatLapsesCostsNobodyHisTurn) {
    service({"8001", "8002"});
    open();
    now += 60s;
    logs_out("8001");
    now += 300s;
    logs_in("8001");
    joins("service");
    talks("8001");
    hangs_up("8001");
    now += 1s;
    acd.sign_off(id("8002"), now);
    logs_in("8002");
    joins("service");
    talks("8001");  // who said that he goes begins anew
}

TEST_F(Order, IdleCountsFromTheEndOfWrapUp) {
    QueueConfig& rules = service({"8001", "8002"});
    rules.wrapup_mode = WrapUpMode::AtMost;
    rules.wrapup = 30s;
    open();
    joins("service");
    talks("8001");
    joins("service");
    talks("8002");
    hangs_up("8001");  // until 30 s
    now += 10s;
    hangs_up("8002");
    acd.finish_wrapup(id("8002"), now);  // at 10 s
    after(20s);
    joins("service");
    talks("8002");
}

TEST_F(Order, AReasonShowsTheTenBestAndCountsTheOthersByWhatKeepsThem) {
    std::vector<std::string> names;
    for (int i = 0; i < 20; ++i) names.push_back(std::to_string(8001 + i));
    service(names);
    open();
    pauses("8001"), pauses("8002");
    logs_out("8003");
    busy("8004", true);
    joins("service");
    talks("8005");
    joins("service");
    Offer ringing = offer();
    EXPECT_EQ(name(ringing.agent), "8006");
    now += 10s;
    joins("service");

    Reason reason = offer().reason;
    EXPECT_FALSE(reason.by_affinity);
    EXPECT_EQ(reason.strategy, StrategyKind::LongestIdle);
    EXPECT_EQ(reason.affinity, AffinityOutcome::None);
    ASSERT_EQ(reason.candidates.size(), 10u);
    EXPECT_EQ(name(reason.candidates.front().agent), "8007");
    EXPECT_EQ(name(reason.candidates.back().agent), "8016");
    EXPECT_EQ(reason.candidates.front().idle, 10s + 14s);  // he was the seventh of twenty to log in
    using Count = std::pair<std::string_view, int>;
    EXPECT_THAT(reason.skipped, ::testing::UnorderedElementsAre(Count{"paused", 2}, Count{"offline", 1}, Count{"busy", 1},
                                                                Count{"talking", 1}, Count{"reserved", 1}));
}

}  // namespace
}  // namespace hotline::acd
