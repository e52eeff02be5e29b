#include "app/heartbeat.h"

#include <gtest/gtest.h>

#include "unit/app/start.h"

namespace hotline::app {
namespace {

TEST(Heartbeat, MeasuresTheWayOfAProbe) {
    Heartbeat pulse;
    EXPECT_EQ(pulse.lag(t0), 0s);
    EXPECT_TRUE(pulse.begin(t0));
    pulse.answer(t0 + 3ms);
    EXPECT_EQ(pulse.lag(t0 + 10s), 3ms);
}

TEST(Heartbeat, AStandingLoopLagsMoreAndMore) {
    Heartbeat pulse;
    pulse.begin(t0);
    EXPECT_EQ(pulse.lag(t0 + 7s), 7s);
    EXPECT_FALSE(pulse.begin(t0 + 7s)) << "one probe at a time: a dead loop's mailbox must not fill with them";
    EXPECT_EQ(pulse.lag(t0 + 8s), 8s);
    pulse.answer(t0 + 9s);
    EXPECT_EQ(pulse.lag(t0 + 100s), 9s);
    EXPECT_TRUE(pulse.begin(t0 + 100s));
}

TEST(Heartbeat, AProbeThatCouldNotBeSentIsNotWaitedFor) {
    Heartbeat pulse;
    EXPECT_TRUE(pulse.begin(t0));
    pulse.withdraw();
    EXPECT_EQ(pulse.lag(t0 + 10s), 0s);
    EXPECT_TRUE(pulse.begin(t0 + 10s));
}

TEST(Heartbeat, AnAnswerToNothingIsNoMeasurement) {
    Heartbeat pulse;
    pulse.answer(t0);
    EXPECT_EQ(pulse.lag(t0), 0s);
}

}  // namespace
}  // namespace hotline::app
