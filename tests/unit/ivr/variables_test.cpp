// Variables in a call: set, branched by, said, and kept secret.
#include <gtest/gtest.h>

#include "unit/ivr/flow.h"

namespace hotline::ivr {
namespace {

constexpr Wall kFridayAfternoon =
    std::chrono::sys_days(std::chrono::year(2026) / 10 / 2) + std::chrono::hours(6) + std::chrono::minutes(5);

TEST(SetNode, gives_variables_values_one_after_the_other) {
    Flow flow;
    flow.set("set",
             {{"city", "'上海'"}, {"tries", "1"}, {"tries", "tries + 1"}, {"who", "caller"}, {"line", "called"}, {"at", "time"}},
             "bye");
    flow.hangup("bye");
    Caller caller(flow);
    caller.at(kFridayAfternoon);
    EXPECT_EQ(caller.calls(), "end");
    EXPECT_EQ(caller.variable("city"), "上海");
    EXPECT_EQ(caller.variable("tries"), "2");
    EXPECT_EQ(caller.variable("who"), "13900001234");
    EXPECT_EQ(caller.variable("line"), "95000");
    EXPECT_EQ(caller.variable("at"), "14:05");
}

TEST(SetNode, unsets_what_gets_no_value_or_one_that_is_not_known) {
    Flow flow;
    flow.set("set", {{"a", "1"}, {"b", "1"}, {"c", "1"}, {"a", ""}, {"b", "missing"}, {"c", "caller"}, {"d", "c + 1"}}, "bye")
        .hangup("bye");
    Caller caller(flow);
    caller.calls();
    EXPECT_EQ(caller.variable("a"), "(unset)");
    EXPECT_EQ(caller.variable("b"), "(unset)");
    EXPECT_EQ(caller.variable("d"), "13900001235");
}

Flow branching(const std::string& level) {
    Flow flow;
    flow.set("set", {{"level", level}}, "branch");
    flow.branch("branch", {{"level >= 5", "gold"}, {"level >= 3", "silver"}}, "other");
    flow.hangup("gold", {"gold"}).hangup("silver", {"silver"}).hangup("other", {"other"});
    return flow;
}

TEST(BranchNode, takes_the_first_condition_that_holds) {
    EXPECT_EQ(Caller(branching("7")).calls(), "say! gold");
    EXPECT_EQ(Caller(branching("3")).calls(), "say! silver");
    EXPECT_EQ(Caller(branching("2")).calls(), "say! other");
}

TEST(BranchNode, takes_else_when_what_it_asks_is_unset_or_of_the_wrong_type) {
    EXPECT_EQ(Caller(branching("")).calls(), "say! other");
    EXPECT_EQ(Caller(branching("'gold'")).calls(), "say! other");
}

TEST(BranchNode, knows_caller_clock_and_queues) {
    Flow flow;
    flow.branch("branch",
                {{"caller starts with '138'", "no"}, {"weekday == fri and time >= 14:00 and queue.service.ready == 0", "yes"}},
                "no");
    flow.hangup("yes", {"yes"}).hangup("no", {"no"});
    EXPECT_EQ(Caller(flow).at(kFridayAfternoon).queue("service", {0, 4, {}}).calls(), "say! yes");
    EXPECT_EQ(Caller(flow).at(kFridayAfternoon).queue("service", {1, 4, {}}).calls(), "say! no");
    EXPECT_EQ(Caller(flow).at(kFridayAfternoon).calls(), "say! no") << "nothing is known of the queue";
    EXPECT_EQ(Caller(flow).at(kFridayAfternoon - std::chrono::hours(1)).queue("service", {0, 4, {}}).calls(), "say! no");
}

TEST(BranchNode, judges_the_time_by_the_sites_zone) {
    Flow flow;
    flow.branch("branch", {{"time == 14:05", "yes"}}, "no").hangup("yes", {"yes"}).hangup("no", {"no"});
    EXPECT_EQ(Caller(flow).at(kFridayAfternoon).calls(), "say! yes");
    Program elsewhere = flow.program();
    elsewhere.time_zone = "Europe/Berlin";
    EXPECT_EQ(Caller(elsewhere).at(kFridayAfternoon).calls(), "say! no");
    elsewhere.time_zone = "Nowhere/Town";
    EXPECT_EQ(Caller(elsewhere).at(kFridayAfternoon).calls(), "say! no");
}

Flow order_told() {
    Flow flow;
    flow.set("set", {{"order", "'10001'"}, {"total", "29950"}, {"name", "'张三🎉'"}}, "say");
    flow.say("say", "{name}您好，订单{order:digits}，共{total:money}。", "Order {order:digits} costs {total:money}.", "bye")
        .hangup("bye");
    return flow;
}

TEST(SayNode, says_values_in_the_callers_language) {
    EXPECT_EQ(Caller(order_told()).calls(), "say 张三您好，订单幺零零零幺，共两百九十九元五角。");
    Program english = order_told().program();
    english.language = "en";
    EXPECT_EQ(Caller(english).calls(), "say Order one zero zero zero one costs two hundred ninety-nine yuan and fifty fen.");
}

TEST(SayNode, leaves_out_what_cannot_be_said) {
    Flow flow;
    flow.set("set", {{"total", "'a lot'"}}, "say").say("say", "共{total:money}，{missing}谢谢。", "", "bye").hangup("bye");
    EXPECT_EQ(Caller(flow).calls(), "say 共，谢谢。");
}

TEST(SayNode, with_nothing_left_to_say_goes_on) {
    Flow flow;
    flow.say("say", "{missing}", "{missing}", "bye").hangup("bye", {"bye"});
    EXPECT_EQ(Caller(flow).calls(), "say! bye");
}

TEST(SayNode, takes_its_exit_when_a_value_is_missing_or_of_the_wrong_type) {
    for (const auto value : {"", "'a lot'"}) {
        Flow flow;
        flow.set("set", {{"total", value}}, "say")
            .say("say", "共{total:money}。", "", "bye")
            .hangup("bye", {"bye"})
            .hangup("sorry", {"sorry"});
        flow.at<Say>("say").failed = flow.to("sorry");
        EXPECT_EQ(Caller(flow).calls(), "say! sorry") << value;
    }
}

TEST(SayNode, is_skipped_by_a_key_as_a_play_is) {
    Flow flow = order_told();
    flow.at<Say>("say").next = flow.to("main");
    flow.menu("main", {{'1', "bye"}}, "bye", "bye");
    Caller caller(flow);
    caller.calls();
    EXPECT_EQ(caller.presses('1'), "[main 1 to_bye] end");
    flow.at<Say>("say").barge_in = false;
    Caller patient(flow);
    EXPECT_EQ(patient.calls().substr(0, 5), "say! ");
    EXPECT_EQ(patient.presses('1'), "-");
    EXPECT_EQ(patient.hears_it_out(), "[main 1 to_bye] end");
}

TEST(Secret, is_not_said_nor_shown_also_when_it_was_copied) {
    Flow flow;
    flow.collect("pin", "copy", "bye").set("copy", {{"copy", "pin"}, {"sum", "pin + 1"}}, "say");
    flow.say("say", "是{pin:digits}{copy:digits}{sum:digits}吗", "", "bye").hangup("bye");
    flow.at<Collect>("pin").masked = true;
    Caller caller(flow);
    caller.calls();
    EXPECT_EQ(caller.types("2468"), "say 是吗");
    EXPECT_EQ(caller.variable("copy"), "2468");
    for (const auto name : {"pin", "copy", "sum"}) EXPECT_EQ(caller.machine().shown_variables().at(name), "****");
}

TEST(Secret, may_be_compared_and_is_none_any_more_when_set_otherwise) {
    Flow flow;
    flow.collect("pin", "branch", "bye").branch("branch", {{"pin == '2468'", "forget"}}, "bye");
    flow.set("forget", {{"pin", "'0'"}}, "say").say("say", "{pin:digits}", "", "bye").hangup("bye");
    flow.at<Collect>("pin").masked = true;
    Caller caller(flow);
    caller.calls();
    EXPECT_EQ(caller.types("2468"), "say 零");
}

TEST(LanguageNode, changes_all_later_prompts_at_once) {
    Flow flow;
    flow.menu("main", {{'#', "switch"}, {'1', "order"}}, "bye", "bye").language("switch", "", "main");
    flow.say("order", "你好", "Hello", "main").hangup("bye");
    Caller caller(flow);
    caller.calls();
    EXPECT_EQ(caller.machine().language(), "zh");
    caller.presses('#');
    EXPECT_EQ(caller.machine().language(), "en");
    EXPECT_EQ(caller.presses('1'), "[main 1 to_order] say Hello");
    caller.hears_it_out();
    caller.presses('#');
    EXPECT_EQ(caller.machine().language(), "zh") << "behind the last language comes the first";
    EXPECT_EQ(caller.presses('1'), "[main 1 to_order] say 你好");
}

TEST(LanguageNode, may_name_its_language) {
    Flow flow;
    flow.language("switch", "en", "say").say("say", "你好", "Hello", "bye").hangup("bye", {"bye"});
    Caller caller(flow);
    EXPECT_EQ(caller.calls(), "<language en> say Hello");
}

TEST(LanguageNode, leaves_prompts_that_lack_the_language_in_the_programs_own) {
    Flow flow;
    flow.language("switch", "en", "play").play("play", {"hello"}, "bye").hangup("bye");
    flow.at<Play>("play").prompts[0].erase("en");
    Machine machine(std::make_shared<const Program>(flow.program()));
    const Step step = machine.resume(Started{}, Wall{});
    EXPECT_EQ(std::get<SayThese>(*step.action).utterances.front().language, "zh");
}

}  // namespace
}  // namespace hotline::ivr
