// After-call work: four modes, and an end that is fixed at hang-up.
#include "centre.h"

namespace hotline::acd {
namespace {

class WrapUp : public Centre {
  protected:
    CallId open_and_talk(WrapUpMode mode, Duration length) {
        QueueConfig& rules = service({"8001"});
        rules.wrapup_mode = mode;
        rules.wrapup = length;
        open();
        CallId call = joins("service");
        talks("8001");
        now += 60s;
        return call;
    }
};

TEST_F(WrapUp, WithoutItTheAgentIsIdleAtHangUp) {
    open_and_talk(WrapUpMode::None, 30s);
    EXPECT_EQ(hangs_up("8001"), std::nullopt);
    EXPECT_EQ(occupancy("8001"), Occupancy::Idle);
    EXPECT_TRUE(at_once().wrapups.empty());
}

TEST_F(WrapUp, OfNoLengthIsNone) {
    open_and_talk(WrapUpMode::AtMost, 0s);
    EXPECT_EQ(hangs_up("8001"), std::nullopt);
    EXPECT_EQ(occupancy("8001"), Occupancy::Idle);
}

TEST_F(WrapUp, AtMostEndsByItselfAndTheNextCallerIsServedInTheSameRound) {
    CallId call = open_and_talk(WrapUpMode::AtMost, 30s);
    Time hung_up = now;
    EXPECT_EQ(hangs_up("8001"), now + 30s);
    joins("service");
    EXPECT_TRUE(after(29s).offers.empty());
    EXPECT_EQ(occupancy("8001"), Occupancy::WrapUp);
    Decisions round = after(1500ms);  // the loop was late
    ASSERT_EQ(round.wrapups.size(), 1u);
    EXPECT_EQ(round.wrapups.front().agent, id("8001"));
    EXPECT_EQ(round.wrapups.front().call, call);
    EXPECT_EQ(round.wrapups.front().lasted, 30s) << "it ended when it was to end, not when the loop came round";
    EXPECT_TRUE(round.wrapups.front().by_deadline);
    EXPECT_EQ(acd.view(id("8001"))->idle_since, hung_up + 30s);
    EXPECT_EQ(round.offers.size(), 1u);
}

TEST_F(WrapUp, AtMostCanBeFinishedBefore) {
    open_and_talk(WrapUpMode::AtMost, 30s);
    hangs_up("8001");
    now += 12s;
    acd.finish_wrapup(id("8001"), now);
    EXPECT_EQ(occupancy("8001"), Occupancy::Idle);
    EXPECT_LE(*acd.next_deadline(), now);
    Decisions round = at_once();
    ASSERT_EQ(round.wrapups.size(), 1u);
    EXPECT_EQ(round.wrapups.front().lasted, 12s);
    EXPECT_FALSE(round.wrapups.front().by_deadline);
    EXPECT_TRUE(after(60s).wrapups.empty());
}

TEST_F(WrapUp, ExactlyCannotBeFinishedBefore) {
    open_and_talk(WrapUpMode::Exactly, 30s);
    hangs_up("8001");
    now += 12s;
    acd.finish_wrapup(id("8001"), now);
    EXPECT_EQ(occupancy("8001"), Occupancy::WrapUp);
    EXPECT_EQ(after(18s).wrapups.size(), 1u);
}

TEST_F(WrapUp, EndsWhenTheHouseCloses) {
    open_and_talk(WrapUpMode::Exactly, 30s);
    hangs_up("8001");
    now += 12s;
    acd.end_wrapups(now);
    Decisions round = at_once();
    ASSERT_EQ(round.wrapups.size(), 1u);
    EXPECT_EQ(round.wrapups.front().lasted, 12s);
    EXPECT_FALSE(round.wrapups.front().by_deadline);
}

TEST_F(WrapUp, UntilDoneHasNoEndOfItsOwn) {
    open_and_talk(WrapUpMode::UntilDone, 30s);
    EXPECT_EQ(hangs_up("8001"), std::nullopt);
    EXPECT_TRUE(after(2h).wrapups.empty());
    EXPECT_EQ(occupancy("8001"), Occupancy::WrapUp);
    acd.finish_wrapup(id("8001"), now);
    EXPECT_EQ(at_once().wrapups.size(), 1u);
    EXPECT_EQ(occupancy("8001"), Occupancy::Idle);
}

TEST_F(WrapUp, NeitherAReloadNorAnythingElseMovesItsEnd) {
    open_and_talk(WrapUpMode::AtMost, 30s);
    hangs_up("8001");
    config.queues.front().wrapup = 300s;
    config.queues.front().wrapup_mode = WrapUpMode::UntilDone;
    acd.configure(config, now);
    pauses("8001");
    resumes("8001");
    EXPECT_EQ(hangs_up("8001"), std::nullopt);  // a second hang-up is late and nothing
    EXPECT_EQ(acd.next_deadline(), now + 30s);
    EXPECT_EQ(after(30s).wrapups.size(), 1u);
}

TEST_F(WrapUp, FollowsTheRulesOfTheQueueThatGaveTheCall) {
    agent("8001", {"short", "long"});
    for (auto [name, length] : {std::pair{"short", 5s}, std::pair{"long", 50s}}) {
        QueueConfig& rules = queue(name);
        rules.wrapup_mode = WrapUpMode::AtMost;
        rules.wrapup = length;
    }
    open();
    joins("long");
    talks("8001");
    EXPECT_EQ(hangs_up("8001"), now + 50s);
}

TEST_F(WrapUp, IsNothingForAnAgentWhoDidNotTalk) {
    service({"8001"});
    open();
    EXPECT_EQ(hangs_up("8001"), std::nullopt);
    acd.finish_wrapup(id("8001"), now);
    EXPECT_EQ(occupancy("8001"), Occupancy::Idle);
    EXPECT_TRUE(at_once().wrapups.empty());
}

}  // namespace
}  // namespace hotline::acd
