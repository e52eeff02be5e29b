// Estimates of the wait against what they must be on paper.
#include "acd/served_rate.h"

#include <gtest/gtest.h>

namespace hotline::acd {
namespace {

const Time kNine = Time{} + 1000h;

/// `agents` on duty, one caller answered every `every`, for so long.
Time serve(ServedRate& rate, int agents, Duration every, Duration time, Time from) {
    rate.set_on_duty(agents, from);
    for (Duration passed = every; passed <= time; passed += every) rate.answered(from + passed);
    return from + time;
}

TEST(ServedRate, ThePositionOverTheRate) {
    ServedRate rate;
    const Time now = serve(rate, 4, 30s, 600s, kNine);
    const auto wait = rate.wait(6, now);
    ASSERT_TRUE(wait);
    EXPECT_NEAR(std::chrono::duration<double>(*wait).count(), 180, 1);
}

TEST(ServedRate, HalfTheAgentsTakeTwiceAsLong) {
    ServedRate rate;
    const Time now = serve(rate, 4, 30s, 600s, kNine);
    rate.set_on_duty(2, now);
    EXPECT_NEAR(std::chrono::duration<double>(rate.wait(1, now).value()).count(), 60, 1);
    rate.set_on_duty(0, now);
    EXPECT_FALSE(rate.wait(1, now)) << "nobody serves him";
}

TEST(ServedRate, OnlyTheLastFifteenMinutesCount) {
    ServedRate rate;
    Time now = serve(rate, 4, 10s, 1800s, kNine);
    now = serve(rate, 4, 60s, 900s, now);
    EXPECT_NEAR(std::chrono::duration<double>(rate.wait(1, now).value()).count(), 60, 5);
}

TEST(ServedRate, OfTooFewNothingIsKnown) {
    ServedRate rate;
    EXPECT_FALSE(rate.wait(1, kNine));
    rate.set_on_duty(2, kNine);
    rate.answered(kNine + 1s);
    rate.answered(kNine + 2s);
    EXPECT_FALSE(rate.wait(1, kNine + 60s));
    rate.answered(kNine + 60s);
    EXPECT_TRUE(rate.wait(1, kNine + 61s));
    EXPECT_FALSE(rate.wait(1, kNine + 2000s)) << "long ago";
}

TEST(ServedRate, ALongPauseWithoutAWordIsNoWork) {
    ServedRate rate;
    rate.set_on_duty(1, kNine);
    EXPECT_FALSE(rate.wait(1, kNine + 100h));  // and takes no time to find out
}

}  // namespace
}  // namespace hotline::acd
