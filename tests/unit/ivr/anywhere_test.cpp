// Keys that mean the same everywhere: a person, and back.
#include <gtest/gtest.h>

#include "unit/ivr/flow.h"

namespace hotline::ivr {
namespace {

/// main: 1 tours → (1 sea → article), 2 order; 0 anywhere is the queue, * is back.
Flow department() {
    Flow flow;
    flow.menu("main", {{'1', "tours"}, {'2', "order"}, {'3', "info"}}, "bye", "bye");
    flow.menu("tours", {{'1', "sea"}}, "bye", "bye").menu("sea", {{'1', "article"}}, "bye", "bye");
    flow.play("article", {"article"}, "bye").play("info", {"info"}, "main");
    flow.collect("order", "main", "bye");
    flow.queue("service", "service", "bye", "bye", "bye").hangup("bye", {"bye"});
    flow.anywhere('0', "service").anywhere('*');
    return flow;
}

Caller in_department(const Flow& flow = department()) {
    Caller caller(flow);
    caller.calls();
    return caller;
}

TEST(Anywhere, a_person_is_reached_from_every_menu) {
    EXPECT_EQ(in_department().presses('0'), "[main 0 to_service] queue service (please_wait)");
    EXPECT_EQ(in_department().types("10"), "[tours 0 to_service] queue service (please_wait)");
    EXPECT_EQ(in_department().types("110"), "[sea 0 to_service] queue service (please_wait)");
}

TEST(Anywhere, is_no_wrong_key) {
    Caller caller = in_department();
    EXPECT_EQ(caller.presses('9'), "say invalid_1 main_short");
    EXPECT_EQ(caller.presses('0'), "[main 0 to_service] queue service (please_wait)");
}

TEST(Anywhere, a_menus_own_key_comes_first) {
    Flow flow = department();
    flow.at<Menu>("tours").choices.push_back({'0', "zero", flow.to("article")});
    EXPECT_EQ(in_department(flow).types("10"), "[tours 0 zero] say article");
}

TEST(Anywhere, counts_while_something_is_said_that_no_key_reader_follows) {
    Caller caller = in_department();
    EXPECT_EQ(caller.types("111"), "[sea 1 to_article] say article");
    EXPECT_EQ(caller.presses('0'), "[bye 0 to_service] queue service (please_wait)");
}

TEST(Anywhere, counts_during_the_farewell) {
    Caller caller = in_department();
    caller.types("111");
    EXPECT_EQ(caller.hears_it_out(), "say! bye");
    EXPECT_EQ(caller.presses('7'), "-");
    EXPECT_EQ(caller.presses('0'), "[bye 0 to_service] queue service (please_wait)");
}

TEST(Anywhere, before_another_queue_counts) {
    Flow flow = department();
    flow.at<Play>("info").next = flow.to("abroad");
    flow.queue("abroad", "abroad", "bye", "bye", "bye");
    Caller caller = in_department(flow);
    caller.presses('3');
    EXPECT_EQ(caller.presses('0'), "[abroad 0 to_service] queue service (please_wait)");
}

TEST(Anywhere, a_zero_is_a_digit_in_an_entry) {
    Caller caller = in_department();
    EXPECT_EQ(caller.types("2012"), "listen 3000");
    EXPECT_EQ(caller.presses('#'), "say main_short");
    EXPECT_EQ(caller.variable("order"), "012");
}

TEST(Anywhere, in_a_circle_of_prompts_that_nobody_leaves_counts) {
    Flow flow;
    flow.play("a", {"a"}, "b").play("b", {"b"}, "a").hangup("service", {"service"}).anywhere('0', "service");
    Caller caller(flow);
    caller.calls();
    EXPECT_EQ(caller.presses('0'), "[b 0 to_service] say! service");
}

TEST(Back, leads_to_the_menu_before) {
    Caller caller = in_department();
    caller.types("11");
    EXPECT_EQ(caller.presses('*'), "say tours_short");
    EXPECT_EQ(caller.presses('*'), "say main_short");
}

TEST(Back, at_the_first_menu_says_it_again) {
    Caller caller = in_department();
    EXPECT_EQ(caller.presses('*'), "say main_short");
    EXPECT_EQ(caller.presses('*'), "say main_short");
    EXPECT_EQ(caller.presses('1'), "[main 1 to_tours] say tours_long");
}

TEST(Back, from_an_entry_leads_to_the_menu_that_asked_for_it) {
    Caller caller = in_department();
    caller.presses('2');
    EXPECT_EQ(caller.presses('*'), "say main_short");
}

TEST(Back, in_a_begun_entry_begins_it_anew_first) {
    Caller caller = in_department();
    EXPECT_EQ(caller.types("212*"), "listen 5000");
    EXPECT_EQ(caller.presses('*'), "say main_short");
}

TEST(Back, is_never_asked_for_and_so_not_counted) {
    Caller caller = in_department();
    caller.presses('1');
    EXPECT_EQ(caller.presses('*'), "say main_short");  // no choice in brackets
}

TEST(Back, forgets_what_lay_between_when_he_returned_by_another_way) {
    Flow flow = department();
    flow.at<Menu>("sea").choices.push_back({'9', "top", flow.to("main")});
    Caller caller = in_department(flow);
    caller.types("119");
    caller.presses('1');
    EXPECT_EQ(caller.presses('*'), "say main_short");
}

TEST(Back, remembers_sixteen_menus) {
    Flow flow;
    for (int i = 0; i < 40; ++i) flow.menu("m" + std::to_string(i), {{'1', "m" + std::to_string(i + 1)}}, "bye", "bye");
    flow.hangup("m40").hangup("bye").anywhere('*');
    Caller caller(flow);
    caller.calls();
    caller.types(std::string(30, '1'));
    std::string line;
    for (int i = 0; i < 100; ++i) line = caller.presses('*');
    EXPECT_EQ(line, "say m15_short");
}

TEST(Back, where_no_menu_was_yet_asks_the_same_again) {
    Flow flow;
    flow.collect("order", "bye", "bye").hangup("bye").anywhere('*');
    Caller caller(flow);
    caller.calls();
    EXPECT_EQ(caller.presses('*'), "say order_prompt");
}

TEST(Back, pressed_ten_thousand_times_ends_nothing) {
    Caller caller = in_department();
    for (int i = 0; i < 10'000; ++i) ASSERT_EQ(caller.presses('*'), "say main_short");
}

}  // namespace
}  // namespace hotline::ivr
