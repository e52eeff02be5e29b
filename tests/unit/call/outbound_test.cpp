// Which trunk a number goes through, and when: rules as a site writes them, one line an expectation.
#include "hotline/call/outbound.h"

#include <gtest/gtest.h>

namespace hotline::call {
namespace {

using Cause = LegEnded::Cause;

Number number(const char* dialled) { return read_number(dialled).value(); }

/// 2026-10-12 is a Monday; hours of Asia/Shanghai.
Wall monday(int hour, int minute = 0) {
    return Wall(std::chrono::sys_days(std::chrono::year(2026) / 10 / 12)) + std::chrono::hours(hour - 8) +
           std::chrono::minutes(minute);
}

std::shared_ptr<const ivr::Calendar> office() {
    auto calendar = std::make_shared<ivr::Calendar>();
    calendar->time_zone = "Asia/Shanghai";
    calendar->week[0] = {{9 * 60, 18 * 60}};
    return calendar;
}

struct Routes : testing::Test {
    OutboundRules rules;
    void SetUp() override {
        rules.routes = {{{"1"}, office(), {"cheap", "backup"}}, {{"1", "0"}, nullptr, {"backup"}}, {{"+"}, nullptr, {"abroad"}}};
    }
    std::vector<std::string> trunks(const char* dialled, Wall at) const {
        const Route* route = route_for(rules, number(dialled), at);
        return route ? route->trunks : std::vector<std::string>{};
    }
};

TEST_F(Routes, TheFirstThatFitsNumberAndHourDecides) {
    using List = std::vector<std::string>;
    EXPECT_EQ(trunks("13900001234", monday(9)), (List{"cheap", "backup"}));
    EXPECT_EQ(trunks("13900001234", monday(17, 59)), (List{"cheap", "backup"}));
    EXPECT_EQ(trunks("13900001234", monday(8, 59)), (List{"backup"}));
    EXPECT_EQ(trunks("13900001234", monday(18)), (List{"backup"}));
    EXPECT_EQ(trunks("+8613900001234", monday(10)), (List{"cheap", "backup"})) << "however it was dialled";
    EXPECT_EQ(trunks("057188886666", monday(10)), (List{"backup"}));
    EXPECT_EQ(trunks("0085221234567", monday(10)), (List{"abroad"}));
    EXPECT_EQ(trunks("95588", monday(10)), List{}) << "no route fits";
}

TEST_F(Routes, ARouteWithoutPrefixesIsForEveryNumber) {
    rules.routes = {{{}, nullptr, {"all"}}};
    for (const char* dialled : {"13900001234", "057188886666", "+85221234567", "95588", "4001234567"})
        EXPECT_EQ(trunks(dialled, monday(3)).size(), 1u) << dialled;
}

TEST_F(Routes, ACalendarThatCannotBeReadIsClosed) {
    auto nowhere = std::make_shared<ivr::Calendar>(*office());
    nowhere->time_zone = "Nowhere/Nothing";
    rules.routes = {{{}, nowhere, {"all"}}};
    EXPECT_TRUE(trunks("13900001234", monday(10)).empty());
}

TEST_F(Routes, OnlyAllowedPrefixesAreCalled) {
    EXPECT_FALSE(may_be_called(rules, number("13900001234"))) << "nothing is allowed unless the site says so";
    rules.allowed = {"1", "0571", "400", "+852"};
    for (const char* dialled : {"13900001234", "+8613900001234", "057188886666", "4001234567", "+85221234567"})
        EXPECT_TRUE(may_be_called(rules, number(dialled))) << dialled;
    for (const char* dialled : {"01065551234", "8001234567", "95588", "+85321234567", "+19005551234"})
        EXPECT_FALSE(may_be_called(rules, number(dialled))) << dialled;
}

TEST_F(Routes, ATrunkGetsTheNumberInTheFormThatItWants) {
    using Form = TrunkRules::NumberForm;
    EXPECT_EQ(as_dialled(number("+86 139 0000 1234"), Form::National), "13900001234");
    EXPECT_EQ(as_dialled(number("057188886666"), Form::E164), "+8657188886666");
    EXPECT_EQ(as_dialled(number("+85221234567"), Form::National), "0085221234567");
    EXPECT_EQ(as_dialled(number("95588"), Form::E164), "95588") << "outside the country it means nothing";
}

TEST(TrunksTrouble, IsNeverWhatTheCalleeSaid) {
    const auto trouble = [](Cause cause, int status) { return is_trunks_trouble({cause, LegId{1}, status, ""}); };
    for (const int status : {408, 500, 502, 503, 504, 580, 401, 407}) EXPECT_TRUE(trouble(Cause::Unreachable, status)) << status;
    for (const int status : {302, 400, 403, 404, 410, 480, 484, 486, 487, 488, 600, 603, 604, 606})
        EXPECT_FALSE(trouble(Cause::Rejected, status)) << status;
    EXPECT_TRUE(trouble(Cause::Failed, 0));
    EXPECT_FALSE(trouble(Cause::NoCommonCodec, 0));
    EXPECT_FALSE(trouble(Cause::Remote, 0));
}

TEST(TrunksTrouble, TheAgentsPhoneHearsTheCalleesWord) {
    const auto told = [](Cause cause, int status) { return status_for_agent({cause, LegId{1}, status, ""}); };
    for (const int status : {404, 480, 484, 486, 403, 488, 600, 603}) EXPECT_EQ(told(Cause::Rejected, status), status);
    EXPECT_EQ(told(Cause::NoAnswer, 408), 480);
    EXPECT_EQ(told(Cause::Rejected, 401), 503) << "a challenge that was meant for us is no business of the phone";
    EXPECT_EQ(told(Cause::Rejected, 407), 503);
    EXPECT_EQ(told(Cause::Unreachable, 503), 503);
    EXPECT_EQ(told(Cause::Rejected, 302), 480);
    EXPECT_EQ(told(Cause::NoCommonCodec, 0), 488);
    EXPECT_EQ(told(Cause::Failed, 0), 503);
}

}  // namespace
}  // namespace hotline::call
