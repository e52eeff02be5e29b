// Opening hours by the clock on the site's wall.
#include <gtest/gtest.h>

#include "hotline/ivr/program.h"

namespace hotline::ivr {
namespace {

using namespace std::chrono;

Wall utc(int y, unsigned m, unsigned d, int hour, int minute = 0) {
    return sys_days(year(y) / static_cast<int>(m) / static_cast<int>(d)) + hours(hour) + minutes(minute);
}
/// Shanghai is 8 hours ahead all year.
Wall shanghai(int y, unsigned m, unsigned d, int hour, int minute = 0) { return utc(y, m, d, hour, minute) - hours(8); }

bool open(const Calendar& calendar, Wall wall) {
    const auto result = open_at(calendar, wall);
    EXPECT_TRUE(result);
    return result && *result;
}

Calendar office() {
    Calendar calendar;
    for (std::size_t day = 0; day < 5; ++day) calendar.week[day] = {{9 * 60, 12 * 60}, {13 * 60, 18 * 60}};
    calendar.exceptions[{2026, 10, 1}] = {};
    calendar.exceptions[{2026, 10, 10}] = {{9 * 60, 18 * 60}};  // a Saturday made up for (调休)
    return calendar;
}

TEST(Hours, opens_at_the_first_minute_and_closes_at_the_last) {
    const Calendar calendar = office();  // 23 November 2026 is a Monday
    EXPECT_FALSE(open(calendar, shanghai(2026, 11, 23, 8, 59)));
    EXPECT_TRUE(open(calendar, shanghai(2026, 11, 23, 9, 0)));
    EXPECT_TRUE(open(calendar, shanghai(2026, 11, 23, 17, 59)));
    EXPECT_FALSE(open(calendar, shanghai(2026, 11, 23, 18, 0)));
}

TEST(Hours, closes_for_lunch) {
    EXPECT_TRUE(open(office(), shanghai(2026, 11, 23, 11, 59)));
    EXPECT_FALSE(open(office(), shanghai(2026, 11, 23, 12, 30)));
    EXPECT_TRUE(open(office(), shanghai(2026, 11, 23, 13, 0)));
}

TEST(Hours, follow_the_week) {
    EXPECT_TRUE(open(office(), shanghai(2026, 11, 27, 10)));   // Friday
    EXPECT_FALSE(open(office(), shanghai(2026, 11, 28, 10)));  // Saturday
    EXPECT_FALSE(open(office(), shanghai(2026, 11, 29, 10)));  // Sunday
}

TEST(Hours, an_exception_replaces_its_whole_day) {
    EXPECT_FALSE(open(office(), shanghai(2026, 10, 1, 10)));      // a Thursday, but a holiday
    EXPECT_TRUE(open(office(), shanghai(2026, 10, 10, 10)));      // a Saturday, but a working day
    EXPECT_TRUE(open(office(), shanghai(2026, 10, 10, 12, 30)));  // without its weekday's lunch
}

TEST(Hours, the_day_changes_at_midnight_of_the_site_not_of_greenwich) {
    Calendar calendar;
    calendar.week[0] = {{0, 24 * 60}};  // all Monday
    EXPECT_TRUE(open(calendar, shanghai(2026, 11, 23, 0, 0)));
    EXPECT_TRUE(open(calendar, shanghai(2026, 11, 23, 23, 59)));
    EXPECT_FALSE(open(calendar, shanghai(2026, 11, 22, 23, 59)));
    EXPECT_FALSE(open(calendar, shanghai(2026, 11, 24, 0, 0)));
}

TEST(Hours, always_open_means_every_minute) {
    Calendar calendar;
    for (auto& day : calendar.week) day = {{0, 24 * 60}};
    for (int hour = 0; hour < 24 * 8; ++hour) EXPECT_TRUE(open(calendar, shanghai(2026, 11, 23, hour))) << hour;
}

TEST(Hours, follow_summer_time) {
    Calendar calendar;
    calendar.time_zone = "Europe/Berlin";
    for (auto& day : calendar.week) day = {{9 * 60, 10 * 60}};
    EXPECT_TRUE(open(calendar, utc(2026, 1, 15, 8)));  // 9:00 in winter
    EXPECT_FALSE(open(calendar, utc(2026, 1, 15, 7)));
    EXPECT_TRUE(open(calendar, utc(2026, 7, 15, 7)));  // 9:00 in summer
    EXPECT_FALSE(open(calendar, utc(2026, 7, 15, 8)));
}

TEST(Hours, of_an_unknown_zone_are_an_error) {
    Calendar calendar;
    calendar.time_zone = "Asia/Atlantis";
    const auto result = open_at(calendar, utc(2026, 1, 1, 0));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::Invalid);
    EXPECT_NE(result.error().text.find("Asia/Atlantis"), std::string::npos);
}

}  // namespace
}  // namespace hotline::ivr
