// Callbacks: who keeps his place without being here.
#include "centre.h"

namespace hotline::acd {
namespace {

using ::testing::ElementsAre;

class Callback : public Centre {
  protected:
    /// His place is `to`'s from now on.
    CallId goes(CallId call, Duration from = 0s, Duration until = 1h, Duration hold = 0s) {
        const CallId to = next_call();
        EXPECT_TRUE(acd.hand_over(call, to, Away{now + from, now + until, hold}, now));
        check();
        return to;
    }
    void calling(bool on) { acd.set_calling(acd.queue("service"), on, now), check(); }
    std::size_t waiting() const { return acd.view(acd.queue("service"), now)->waiting; }
    /// The only agent talks, so that callers wait.
    QueueConfig& busy_house() {
        QueueConfig& rules = service({"8001"});
        return rules;
    }
    void opens() {
        open();
        joins("service");
        talks("8001");
    }
};

TEST_F(Callback, KeepsHisPlaceAsIfHeHadStayed) {
    busy_house(), opens();
    const CallId early = joins("service");
    after(10s);
    const CallId late = joins("service");
    const CallId callback = goes(early);
    EXPECT_EQ(acd.position(callback), 1u);
    EXPECT_EQ(acd.position(late), 2u);
    EXPECT_FALSE(acd.position(early)) << "one place, counted once";
    EXPECT_EQ(waiting(), 2u);
    hangs_up("8001");
    EXPECT_EQ(offer().call, callback) << "before whoever came later";
}

TEST_F(Callback, OvertakesNobodyWhoCameBeforeHim) {
    busy_house(), opens();
    const CallId early = joins("service");
    after(10s);
    const CallId callback = goes(joins("service"));
    hangs_up("8001");
    const Offer first = offer();
    EXPECT_EQ(first.call, early);
    answers(first), hangs_up("8001");
    EXPECT_EQ(offer().call, callback);
}

TEST_F(Callback, AmongEqualsHisOrderOfArrivalStays) {
    busy_house(), opens();
    const CallId first = joins("service"), second = joins("service");
    const CallId callback = goes(first);
    EXPECT_EQ(acd.position(callback), 1u);
    EXPECT_EQ(acd.position(second), 2u);
}

TEST_F(Callback, IsNotOfferedBeforeItsTime) {
    service({"8001"}), open();
    const CallId callback = goes(joins("service"), 300s);
    EXPECT_TRUE(nobody_offered());
    EXPECT_TRUE(after(300s - 1us).offers.empty());
    const Decisions round = after(1us);
    ASSERT_EQ(round.offers.size(), 1u);
    EXPECT_EQ(round.offers[0].call, callback);
}

TEST_F(Callback, RestsWhileItsQueueMayNotBeCalledFor) {
    service({"8001"}), open();
    calling(false);
    const CallId callback = goes(joins("service"), 0s, 24h);
    EXPECT_TRUE(after(10h).offers.empty());
    EXPECT_EQ(acd.position(callback), 1u) << "and keeps its place";
    calling(true);
    EXPECT_EQ(offer().call, callback);
}

TEST_F(Callback, WhoIsHereIsServedWhileCallbacksRest) {
    service({"8001"}), open();
    calling(false);
    goes(joins("service"));
    const CallId here = joins("service");
    EXPECT_EQ(offer().call, here);
}

TEST_F(Callback, IsLeftInLineWhenHoursEndBeforeItsTurn) {
    busy_house(), opens();
    goes(joins("service"));
    calling(false);
    hangs_up("8001");
    EXPECT_TRUE(nobody_offered());
}

TEST_F(Callback, EndsWhenItIsTooOld) {
    busy_house().max_wait = 60s;
    opens();
    const CallId callback = goes(joins("service"), 0s, 1h);
    EXPECT_TRUE(after(1h - 1us).expired.empty()) << "the longest wait is of those who are here";
    const Decisions round = after(1us);
    ASSERT_EQ(round.expired.size(), 1u);
    EXPECT_EQ(round.expired[0].call, callback);
    EXPECT_EQ(round.expired[0].why, Expired::Why::LongestWait);
    EXPECT_EQ(waiting(), 0u);
}

TEST_F(Callback, EndsWithItsQueue) {
    busy_house(), opens();
    const CallId callback = goes(joins("service"), 300s);
    config.queues.clear();
    queue("other");
    acd.configure(config, now);
    const Decisions round = at_once();
    ASSERT_EQ(round.expired.size(), 1u);
    EXPECT_EQ(round.expired[0].call, callback);
    EXPECT_EQ(round.expired[0].why, Expired::Why::QueueGone);
}

TEST_F(Callback, WaitsForTheNextShiftInAQueueThatOthersMustLeave) {
    busy_house().staying = Needs::LoggedIn;
    opens();
    const CallId callback = goes(joins("service")), here = joins("service");
    hangs_up("8001");
    logs_out("8001");
    const Decisions round = at_once();
    ASSERT_EQ(round.expired.size(), 1u);
    EXPECT_EQ(round.expired[0].call, here);
    logs_in("8001");
    EXPECT_EQ(offer().call, callback);
}

TEST_F(Callback, IsNotSentOnButHelpersMayTakeIt) {
    agent("8001", {"service"}), agent("8002", {"other"});
    queue("service"), queue("other");
    config.queues[0].overflow = {{OverflowRule::When::Waited, 30s, 0, OverflowRule::Action::Leave, "full"},
                                 {OverflowRule::When::Waited, 60s, 0, OverflowRule::Action::Widen, "other"}};
    opens();
    const CallId callback = goes(joins("service"));
    const Decisions early = after(30s);
    EXPECT_TRUE(early.expired.empty() && early.offers.empty());
    const Decisions round = after(30s);
    ASSERT_EQ(round.offers.size(), 1u);
    EXPECT_EQ(round.offers[0].call, callback);
    EXPECT_EQ(name(round.offers[0].agent), "8002");
}

TEST_F(Callback, TakesItsPlaceBackWhenHeCallsAgain) {
    busy_house(), opens();
    const CallId early = joins("service");
    after(10s);
    joins("service");
    const CallId callback = goes(early, 300s);
    after(60s);
    const CallId again = next_call();
    EXPECT_TRUE(acd.hand_over(callback, again, std::nullopt, now));
    check();
    EXPECT_EQ(acd.position(again), 1u);
    EXPECT_EQ(waiting(), 2u);
    hangs_up("8001");
    EXPECT_EQ(offer().call, again);
    EXPECT_FALSE(acd.hand_over(callback, next_call(), std::nullopt, now)) << "the callback is no more";
}

TEST_F(Callback, MissedByAnAgentGoesBackToItsPlace) {
    service({"8001", "8002"}), open();
    const CallId callback = goes(joins("service"));
    joins("service");
    const Decisions round = at_once();
    ASSERT_EQ(round.offers.size(), 2u);
    EXPECT_EQ(round.offers[0].call, callback);
    misses(round.offers[0]);
    answers(round.offers[1]), hangs_up("8002");
    EXPECT_EQ(offer().call, callback);
}

TEST_F(Callback, FirstWaitsForTheAgentWhoKnowsHimWhenItsTimeHasCome) {
    service({"8001", "8002"}), open();
    busy("8001", true);
    calling(false);
    goes(joins("service", {.knows = {"8001"}}), 0s, 24h);
    after(1h);
    calling(true);
    EXPECT_TRUE(nobody_offered()) << "the bounded wait begins now, not an hour ago";
    busy("8001", false);
    EXPECT_EQ(name(offer().agent), "8001");
}

TEST_F(Callback, WhoIsFetchedFirstHasHisAgentReservedMeanwhile) {
    service({"8001"}).ring_time = 15s;
    open();
    const CallId callback = goes(joins("service"), 0s, 1h, 90s);
    const Offer reserved = offer();
    EXPECT_EQ(reserved.call, callback);
    EXPECT_EQ(reserved.deadline, now + 90s);
    EXPECT_TRUE(after(60s).lapsed.empty());
    EXPECT_TRUE(acd.arrived(callback, now));
    EXPECT_TRUE(after(15s - 1us).lapsed.empty()) << "the phone rings from now on";
    EXPECT_EQ(after(1us).lapsed.size(), 1u);
    EXPECT_EQ(acd.position(callback), 1u) << "here, at his place";
    EXPECT_FALSE(acd.arrived(callback, now));
}

TEST_F(Callback, AnAgentWhoseCallerCouldNotBeFetchedHasMissedNothing) {
    service({"8001"}).max_missed = 1;
    open();
    const CallId callback = goes(joins("service"), 0s, 1h, 90s);
    offer();
    const Decisions round = after(90s);
    EXPECT_EQ(round.lapsed.size(), 1u);
    EXPECT_TRUE(round.paused.empty());
    ASSERT_EQ(round.offers.size(), 1u) << "the agent is free, and this is the next one";
    EXPECT_EQ(round.offers[0].call, callback);
}

TEST_F(Callback, ARingAllQueueReservesOneAgentForWhoIsFetchedFirst) {
    service({"8001", "8002"}).strategy = StrategyKind::RingAll;
    open();
    goes(joins("service"), 0s, 1h, 90s);
    EXPECT_THAT(rung(at_once().offers), ElementsAre("8001"));
}

TEST_F(Callback, WhoIsOfferedMayStillGo) {
    service({"8001"}), open();
    const CallId here = joins("service");
    offer();
    goes(here, 60s);
    EXPECT_EQ(occupancy("8001"), Occupancy::Idle) << "nobody rings for him, and nobody has missed him";
    EXPECT_EQ(after(60s).offers.size(), 1u);
}

TEST_F(Callback, TheCallThatIsPlacedForItHasANameOfItsOwn) {
    service({"8001", "8002"}), open();
    const CallId callback = goes(joins("service"));
    EXPECT_FALSE(acd.rename(callback, next_call())) << "not before it is offered";
    const Offer rings = offer();
    const CallId placed = next_call();
    EXPECT_TRUE(acd.rename(callback, placed));
    misses(rings);
    EXPECT_EQ(offer().call, placed);
    EXPECT_FALSE(acd.position(callback));
}

TEST_F(Callback, AnAgentWhoReachedNobodyHasNothingToWrapUp) {
    QueueConfig& rules = service({"8001"});
    rules.wrapup_mode = WrapUpMode::Exactly, rules.wrapup = 60s;
    open();
    goes(joins("service"));
    talks("8001");
    acd.on_not_reached(id("8001"), now);
    check();
    EXPECT_EQ(occupancy("8001"), Occupancy::Idle);
    EXPECT_TRUE(at_once().wrapups.empty());
}

TEST_F(Callback, MayBeTakenUpWhereNobodyIsThereYet) {
    service({"8001"}).joining = Needs::LoggedIn;
    open();
    logs_out("8001");
    Caller caller{next_call(), acd.queue("service"), now - 1h, 0, {}};
    caller.away = Away{now, now + 1h, 0s};
    EXPECT_TRUE(acd.enqueue(caller, now).ok());
    check();
    logs_in("8001");
    EXPECT_EQ(offer().call, caller.call);
}

TEST_F(Callback, SurvivesAReloadInEveryState) {
    service({"8001"}), open();
    const CallId resting = goes(joins("service"), 300s), ready = goes(joins("service"));
    const Offer rings = offer();
    EXPECT_EQ(rings.call, ready);
    config.queues[0].ring_time = 20s;
    acd.configure(config, now);
    check();
    answers(rings), hangs_up("8001");
    EXPECT_TRUE(nobody_offered());
    EXPECT_EQ(after(300s).offers.at(0).call, resting);
}

}  // namespace
}  // namespace hotline::acd
