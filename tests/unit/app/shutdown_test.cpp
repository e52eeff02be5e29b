#include "app/shutdown.h"

#include <gtest/gtest.h>

#include "unit/app/start.h"

namespace hotline::app {
namespace {

using Order = Shutdown::Order;
TEST(Shutdown, DoesNothingUntilItIsAsked) {
    Shutdown shutdown;
    EXPECT_EQ(shutdown.next(t0, 0, 0), std::nullopt);
    EXPECT_EQ(shutdown.deadline(), std::nullopt);
}

TEST(Shutdown, AtOnceEndsTheCallsAndWaitsForTheirLegs) {
    Shutdown shutdown;
    shutdown.request(t0, 0s);
    EXPECT_EQ(shutdown.next(t0, 2, 3), Order::Drain);
    EXPECT_EQ(shutdown.next(t0, 2, 3), Order::EndCalls);
    EXPECT_EQ(shutdown.next(t0, 2, 3), std::nullopt);
    EXPECT_EQ(shutdown.deadline(), t0 + Shutdown::kEnding);
    EXPECT_EQ(shutdown.next(t0 + 1s, 0, 1), std::nullopt);
    EXPECT_EQ(shutdown.next(t0 + 2s, 0, 0), Order::Stop);
    EXPECT_EQ(shutdown.next(t0 + 2s, 0, 0), std::nullopt);
    EXPECT_EQ(shutdown.deadline(), std::nullopt);
}

TEST(Shutdown, LegsThatNeverReportDoNotHoldIt) {
    Shutdown shutdown;
    shutdown.request(t0, 0s);
    shutdown.next(t0, 1, 1);
    shutdown.next(t0, 1, 1);
    EXPECT_EQ(shutdown.next(t0 + Shutdown::kEnding - 1ms, 1, 1), std::nullopt);
    EXPECT_EQ(shutdown.next(t0 + Shutdown::kEnding, 1, 1), Order::Stop);
}

TEST(Shutdown, DrainLetsCallsEndByThemselves) {
    Shutdown shutdown;
    shutdown.request(t0, 60s);
    EXPECT_EQ(shutdown.next(t0, 1, 2), Order::Drain);
    EXPECT_EQ(shutdown.next(t0 + 59s, 1, 2), std::nullopt);
    EXPECT_EQ(shutdown.deadline(), t0 + 60s);
    EXPECT_EQ(shutdown.next(t0 + 59s, 0, 0), Order::EndCalls) << "nobody is left: no need to wait";
}

TEST(Shutdown, DrainIsOverAtItsDeadline) {
    Shutdown shutdown;
    shutdown.request(t0, 60s);
    shutdown.next(t0, 1, 2);
    EXPECT_EQ(shutdown.next(t0 + 60s, 1, 2), Order::EndCalls);
}

TEST(Shutdown, ASecondSignalHastensEachStep) {
    Shutdown shutdown;
    shutdown.request(t0, 3600s);
    EXPECT_EQ(shutdown.next(t0, 1, 2), Order::Drain);
    shutdown.request(t0 + 1s, 3600s);
    EXPECT_EQ(shutdown.next(t0 + 1s, 1, 2), Order::EndCalls);
    EXPECT_EQ(shutdown.next(t0 + 1s, 1, 2), std::nullopt);
    shutdown.request(t0 + 2s, 3600s);
    EXPECT_EQ(shutdown.next(t0 + 2s, 1, 2), Order::Stop);
}

TEST(Shutdown, TwoSignalsInOneBatchDrainAtOnce) {
    Shutdown shutdown;
    shutdown.request(t0, 3600s);
    shutdown.request(t0, 3600s);
    EXPECT_EQ(shutdown.next(t0, 1, 2), Order::Drain);
    EXPECT_EQ(shutdown.next(t0, 1, 2), Order::EndCalls);
}

}  // namespace
}  // namespace hotline::app
