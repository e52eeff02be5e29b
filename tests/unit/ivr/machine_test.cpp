// What a caller hears and what his keys do, node by node.
#include "hotline/ivr/machine.h"

#include <gtest/gtest.h>

#include "unit/ivr/flow.h"

namespace hotline::ivr {
namespace {

Flow hotline() {
    Flow flow;
    flow.play("welcome", {"welcome"}, "main");
    flow.menu("main", {{'0', "service"}, {'3', "address"}, {'9', "pin"}}, "goodbye", "service");
    flow.play("address", {"address"}, "main");
    flow.collect("pin", "address", "goodbye");
    flow.queue("service", "service", "busy", "sorry", "goodbye");
    flow.play("busy", {"busy"}, "main").play("sorry", {"sorry"}, "main");
    flow.hangup("goodbye", {"goodbye"});
    return flow;
}

/// A caller who has heard the welcome and is in the menu's greeting.
Caller in_menu(const Flow& flow = hotline()) {
    Caller caller(flow);
    caller.calls();
    caller.hears_it_out();
    return caller;
}

TEST(Play, says_its_prompts_and_goes_on) {
    Caller caller(hotline());
    EXPECT_EQ(caller.calls(), "say welcome");
    EXPECT_EQ(caller.hears_it_out(), "say main_long");
}

TEST(Play, without_prompts_does_not_stall) {
    Flow flow;
    flow.play("nothing", {}, "bye").hangup("bye");
    EXPECT_EQ(Caller(flow).calls(), "end");
}

TEST(Play, a_key_ends_it_and_counts_in_the_next_menu) {
    Caller caller(hotline());
    caller.calls();
    EXPECT_EQ(caller.presses('3'), "[main 3 to_address] say address");
}

TEST(Play, that_allows_no_key_goes_on_but_keeps_the_key) {
    Flow flow = hotline();
    flow.at<Play>("welcome").barge_in = false;
    Caller caller(flow);
    EXPECT_EQ(caller.calls(), "say! welcome");
    EXPECT_EQ(caller.presses('3'), "-");
    EXPECT_EQ(caller.hears_it_out(), "[main 3 to_address] say address");
}

TEST(Play, keys_typed_ahead_skip_the_prompts_between) {
    Flow flow;
    flow.play("one", {"one"}, "two").play("two", {"two"}, "must").play("must", {"must"}, "main", false);
    flow.menu("main", {{'1', "bye"}}, "bye", "bye").hangup("bye");
    Caller caller(flow);
    caller.calls();
    EXPECT_EQ(caller.presses('1'), "say! must");
    EXPECT_EQ(caller.hears_it_out(), "[main 1 to_bye] end");
}

TEST(Play, keeps_at_most_32_keys) {
    Flow flow;
    flow.play("must", {"must"}, "number", false).collect("number", "again", "bye").collect("again", "bye", "bye").hangup("bye");
    flow.at<Collect>("number").max_digits = 31;
    Caller caller(flow);
    caller.calls();
    for (int i = 0; i < 100; ++i) caller.presses('7');
    EXPECT_EQ(caller.hears_it_out(), "listen 3000");  // 31 taken, the 32nd begins the next entry
    EXPECT_EQ(caller.machine().variables().at("number"), std::string(31, '7'));
}

TEST(Menu, listens_after_its_greeting) {
    Caller caller = in_menu();
    EXPECT_EQ(caller.hears_it_out(), "listen 5000");
    EXPECT_EQ(caller.presses('3'), "[main 3 to_address] say address");
}

TEST(Menu, a_key_ends_the_greeting_and_counts) {
    EXPECT_EQ(in_menu().presses('0'), "[main 0 to_service] queue service (please_wait)");
}

TEST(Menu, is_short_for_him_who_comes_back) {
    Caller caller = in_menu();
    caller.presses('3');
    EXPECT_EQ(caller.hears_it_out(), "say main_short");
}

TEST(Menu, without_a_short_greeting_repeats_the_long_one) {
    Flow flow = hotline();
    flow.at<Menu>("main").short_greeting.clear();
    Caller caller = in_menu(flow);
    caller.presses('3');
    EXPECT_EQ(caller.hears_it_out(), "say main_long");
}

TEST(Menu, invalid_keys_are_told_more_clearly_each_time_and_then_take_the_exit) {
    Caller caller = in_menu();
    EXPECT_EQ(caller.presses('7'), "say invalid_1 main_short");
    EXPECT_EQ(caller.presses('#'), "say invalid_2 main_short");
    EXPECT_EQ(caller.presses('A'), "say! goodbye");
    EXPECT_EQ(caller.hears_it_out(), "end");
}

TEST(Menu, silence_is_counted_apart_from_invalid_keys) {
    Caller caller = in_menu();
    caller.hears_it_out();
    EXPECT_EQ(caller.waits(), "say silent_1 main_short");
    EXPECT_EQ(caller.presses('7'), "say invalid_1 main_short");
    EXPECT_EQ(caller.presses('7'), "say invalid_2 main_short");
    caller.hears_it_out();
    EXPECT_EQ(caller.waits(), "say silent_2 main_short");
    EXPECT_EQ(caller.hears_it_out(), "listen 5000");
    EXPECT_EQ(caller.waits(), "queue service (please_wait)");  // the third silence: its own exit
}

TEST(Menu, the_last_tapered_prompt_serves_all_later_times) {
    Flow flow = hotline();
    flow.at<Menu>("main").max_invalid = 5;
    Caller caller = in_menu(flow);
    caller.types("77");
    EXPECT_EQ(caller.presses('7'), "say invalid_2 main_short");
    EXPECT_EQ(caller.presses('7'), "say invalid_2 main_short");
    EXPECT_EQ(caller.presses('7'), "say! goodbye");
}

TEST(Menu, forgives_anew_when_he_comes_back) {
    Caller caller = in_menu();
    caller.types("77");
    caller.presses('3');
    caller.hears_it_out();
    EXPECT_EQ(caller.presses('7'), "say invalid_1 main_short");
}

TEST(Menu, without_any_prompts_listens_at_once_and_does_not_stall) {
    Flow flow = hotline();
    auto& menu = flow.at<Menu>("main");
    menu.greeting.clear();
    menu.short_greeting.clear();
    menu.on_invalid.clear();
    menu.on_no_input.clear();
    Caller caller(flow);
    caller.calls();
    EXPECT_EQ(caller.hears_it_out(), "listen 5000");
    EXPECT_EQ(caller.waits(), "listen 5000");
    EXPECT_EQ(caller.presses('7'), "listen 5000");
}

TEST(Menu, what_is_typed_behind_a_wrong_key_is_dropped) {
    Flow flow = hotline();
    flow.at<Play>("welcome").barge_in = false;
    Caller caller(flow);
    caller.calls();
    caller.types("730");
    EXPECT_EQ(caller.hears_it_out(), "say invalid_1 main_short");
    EXPECT_EQ(caller.hears_it_out(), "listen 5000");
}

TEST(Menu, several_keys_typed_ahead_walk_through_menus) {
    Flow flow;
    flow.play("must", {"must"}, "top", false).menu("top", {{'1', "sub"}}, "bye", "bye");
    flow.menu("sub", {{'2', "info"}}, "bye", "bye").play("info", {"info"}, "sub").hangup("bye");
    Caller caller(flow);
    caller.calls();
    caller.types("12");
    EXPECT_EQ(caller.hears_it_out(), "[top 1 to_sub] [sub 2 to_info] say info");
    EXPECT_EQ(caller.hears_it_out(), "say sub_short");
}

TEST(Collect, takes_digits_up_to_the_terminator) {
    Caller caller = in_menu();
    EXPECT_EQ(caller.presses('9'), "[main 9 to_pin] say pin_prompt");
    EXPECT_EQ(caller.hears_it_out(), "listen 5000");
    EXPECT_EQ(caller.presses('1'), "listen 3000");
    EXPECT_EQ(caller.presses('2'), "listen 3000");
    EXPECT_EQ(caller.presses('#'), "say address");
    EXPECT_EQ(caller.machine().variables().at("pin"), "12");
}

TEST(Collect, ends_by_itself_when_full) {
    Caller caller = in_menu();
    EXPECT_EQ(caller.types("91234"), "say address");
    EXPECT_EQ(caller.machine().variables().at("pin"), "1234");
}

TEST(Collect, a_terminator_pressed_by_habit_after_a_full_entry_means_nothing) {
    Flow flow = hotline();
    flow.at<Collect>("pin").next = flow.to("main");
    Caller caller = in_menu(flow);
    EXPECT_EQ(caller.types("91234"), "say main_short");
    EXPECT_EQ(caller.presses('#'), "-");
    EXPECT_EQ(caller.presses('#'), "say invalid_1 main_short");  // once only
}

TEST(Collect, a_terminator_long_after_a_full_entry_is_a_key) {
    Flow flow = hotline();
    flow.at<Collect>("pin").next = flow.to("main");
    Caller caller = in_menu(flow);
    caller.types("91234");
    EXPECT_EQ(caller.later(std::chrono::seconds(3)).presses('#'), "say invalid_1 main_short");
}

TEST(Collect, ends_when_he_stops_typing) {
    Caller caller = in_menu();
    caller.types("912");
    EXPECT_EQ(caller.waits(), "say address");
}

TEST(Collect, too_short_an_entry_is_an_attempt) {
    Caller caller = in_menu();
    caller.types("91");
    EXPECT_EQ(caller.waits(), "say wrong pin_prompt");
    caller.presses('1');
    EXPECT_EQ(caller.presses('#'), "say wrong pin_prompt");
    EXPECT_EQ(caller.presses('#'), "say! goodbye");  // the third attempt
    EXPECT_FALSE(caller.machine().variables().contains("pin"));
}

TEST(Collect, silence_is_an_attempt_without_reproach) {
    Caller caller = in_menu();
    caller.presses('9');
    for (int attempt = 1; attempt < 3; ++attempt) {
        EXPECT_EQ(caller.hears_it_out(), "listen 5000");
        EXPECT_EQ(caller.waits(), "say pin_prompt");
    }
    caller.hears_it_out();
    EXPECT_EQ(caller.waits(), "say! goodbye");
}

TEST(Collect, that_may_be_empty_goes_on_after_silence) {
    Flow flow = hotline();
    flow.at<Collect>("pin").min_digits = 0;
    Caller caller = in_menu(flow);
    caller.presses('9');
    caller.hears_it_out();
    EXPECT_EQ(caller.waits(), "say address");
    EXPECT_EQ(caller.machine().variables().at("pin"), "");
}

TEST(Collect, a_star_begins_anew_and_other_keys_are_no_digits) {
    Caller caller = in_menu();
    caller.types("912");
    EXPECT_EQ(caller.presses('*'), "listen 5000");
    EXPECT_EQ(caller.presses('B'), "listen 5000");
    EXPECT_EQ(caller.types("34#"), "say address");
    EXPECT_EQ(caller.machine().variables().at("pin"), "34");
}

TEST(Collect, without_a_terminator_ends_by_length_or_time) {
    Flow flow = hotline();
    flow.at<Collect>("pin").terminator = 0;
    Caller caller = in_menu(flow);
    EXPECT_EQ(caller.types("912#"), "listen 3000");
    EXPECT_EQ(caller.waits(), "say address");
    EXPECT_EQ(caller.machine().variables().at("pin"), "12");
}

TEST(Collect, digits_typed_ahead_are_its_beginning_and_nothing_is_said) {
    Flow flow;
    flow.play("must", {"must"}, "pin", false).collect("pin", "bye", "bye").hangup("bye");
    Caller caller(flow);
    caller.calls();
    caller.types("12");
    EXPECT_EQ(caller.hears_it_out(), "listen 3000");
    EXPECT_EQ(caller.presses('#'), "end");
    EXPECT_EQ(caller.machine().variables().at("pin"), "12");
}

TEST(Collect, a_terminator_typed_ahead_behind_a_full_entry_means_nothing) {
    Flow flow;
    flow.play("must", {"must"}, "pin", false).collect("pin", "main", "bye");
    flow.menu("main", {{'1', "bye"}}, "bye", "bye").hangup("bye");
    Caller caller(flow);
    caller.calls();
    caller.types("1234#1");
    EXPECT_EQ(caller.hears_it_out(), "[main 1 to_bye] end");
}

TEST(Collect, a_terminator_out_of_habit_leads_nobody_out_of_a_queue) {
    Flow flow;
    flow.play("must", {"must"}, "pin", false).collect("pin", "service", "bye");
    flow.queue("service", "service", "bye", "bye", "bye").hangup("bye");
    flow.at<JoinQueue>("service").keys = {{'#', flow.at<JoinQueue>("service").full}};
    Caller caller(flow);
    caller.calls();
    caller.hears_it_out();
    EXPECT_EQ(caller.types("1234"), "queue service (please_wait)");
    EXPECT_FALSE(caller.leaves_by('#'));
    caller.later(std::chrono::seconds(3));
    EXPECT_TRUE(caller.leaves_by('#'));
    EXPECT_EQ(caller.presses('#'), "end");
}

TEST(Collect, that_is_masked_is_shown_as_stars) {
    Flow flow = hotline();
    flow.at<Collect>("pin").masked = true;
    Caller caller = in_menu(flow);
    caller.types("91234");
    EXPECT_EQ(caller.machine().variables().at("pin"), "1234");
    EXPECT_EQ(caller.machine().shown_variables().at("pin"), "****");
}

TEST(Queue, each_way_out_has_its_branch) {
    const auto after = [](QueueExit exit) {
        Caller caller = in_menu();
        caller.presses('0');
        return caller.leaves_queue(exit);
    };
    EXPECT_EQ(after(QueueExit::Full), "say busy");
    EXPECT_EQ(after(QueueExit::TimedOut), "say sorry");
    EXPECT_EQ(after(QueueExit::Unavailable), "say! goodbye");
}

TEST(Queue, keys_pressed_while_waiting_choose_nothing_afterwards) {
    Caller caller = in_menu();
    caller.presses('0');
    EXPECT_EQ(caller.presses('3'), "-");
    caller.leaves_queue(QueueExit::TimedOut);
    EXPECT_EQ(caller.hears_it_out(), "say main_short");
}

TEST(Queue, a_key_of_its_own_leads_out_of_the_line_and_no_other) {
    Flow flow = hotline();
    auto& join = flow.at<JoinQueue>("service");
    join.keys = {{'7', join.full}};
    Caller caller = in_menu(flow);
    EXPECT_FALSE(caller.leaves_by('7')) << "he does not wait yet";
    caller.presses('0');
    EXPECT_FALSE(caller.leaves_by('8'));
    EXPECT_EQ(caller.presses('8'), "-");
    ASSERT_TRUE(caller.leaves_by('7'));
    EXPECT_EQ(caller.presses('7'), "say busy");
    EXPECT_FALSE(caller.leaves_by('7')) << "he waits no longer";
}

TEST(Queue, keys_typed_before_it_choose_nothing_afterwards) {
    Flow flow;
    flow.play("must", {"must"}, "main", false).menu("main", {{'1', "queue"}}, "bye", "bye");
    flow.queue("queue", "service", "main", "main", "main").hangup("bye");
    Caller caller(flow);
    caller.calls();
    caller.types("111");
    EXPECT_EQ(caller.hears_it_out(), "[main 1 to_queue] queue service (please_wait)");
    EXPECT_EQ(caller.leaves_queue(QueueExit::Full), "say main_short");
}

TEST(HoursNode, leads_by_the_clock_of_the_site) {
    auto calendar = std::make_shared<Calendar>();
    calendar->week[0] = {{9 * 60, 18 * 60}};
    Flow flow;
    flow.add("hours", Hours{calendar, 1, 2});
    flow.to("open");
    flow.hangup("open", {"open"}).hangup("closed", {"closed"});
    using namespace std::chrono;
    const Wall monday_noon = sys_days(2026y / 11 / 23) + hours(4);  // 12:00 in Shanghai
    EXPECT_EQ(Caller(flow).at(monday_noon).calls(), "say! open");
    EXPECT_EQ(Caller(flow).at(monday_noon + hours(8)).calls(), "say! closed");
}

TEST(HoursNode, of_an_unknown_zone_lets_the_caller_in) {
    auto calendar = std::make_shared<Calendar>();
    calendar->time_zone = "Nowhere/Town";
    Flow flow;
    flow.add("hours", Hours{calendar, 1, 2});
    flow.to("open");
    flow.hangup("open", {"open"}).hangup("closed", {"closed"});
    EXPECT_EQ(Caller(flow).calls(), "say! open");
}

TEST(HangupNode, says_farewell_whatever_he_presses_then_ends_and_stays_ended) {
    Flow flow;
    flow.hangup("bye", {"bye"});
    Caller caller(flow);
    EXPECT_EQ(caller.calls(), "say! bye");
    EXPECT_EQ(caller.presses('1'), "-");
    EXPECT_EQ(caller.hears_it_out(), "end");
    for (const Input& input :
         {Input(Started{}), Input(Digit{'1'}), Input(PromptEnded{}), Input(TimerFired{}), Input(QueueExit::Full)})
        EXPECT_EQ(caller.tell(input), "-");
}

TEST(Machine, ignores_what_comes_too_late_or_too_early) {
    Caller caller(hotline());
    for (const Input& input : {Input(Digit{'1'}), Input(PromptEnded{}), Input(TimerFired{}), Input(QueueExit::Full)})
        EXPECT_EQ(caller.tell(input), "-") << "before it started";
    caller.calls();
    for (const Input& input :
         {Input(Started{}), Input(TimerFired{}), Input(QueueExit::Full), Input(Digit{'x'}), Input(Digit{'\0'})})
        EXPECT_EQ(caller.tell(input), "-") << "while it speaks";
    caller.hears_it_out();
    caller.hears_it_out();  // it listens now
    for (const Input& input : {Input(Started{}), Input(PromptEnded{}), Input(QueueExit::Full)})
        EXPECT_EQ(caller.tell(input), "-") << "while it listens";
    caller.presses('0');
    for (const Input& input : {Input(Started{}), Input(PromptEnded{}), Input(TimerFired{})})
        EXPECT_EQ(caller.tell(input), "-") << "in the queue";
}

TEST(Machine, tells_where_it_stands) {
    Caller caller(hotline());
    caller.calls();
    EXPECT_EQ(caller.machine().node(), "welcome");
    caller.hears_it_out();
    EXPECT_EQ(caller.machine().node(), "main");
}

TEST(Machine, that_spins_gives_up) {
    Flow flow;
    flow.go("a", "b").go("b", "a");
    Caller caller(flow);
    EXPECT_EQ(caller.calls(), "give up");
    EXPECT_EQ(caller.calls(), "-");
}

TEST(Machine, led_out_of_the_program_gives_up) {
    Flow flow;
    flow.go("a", "nowhere");
    EXPECT_EQ(Caller(flow).calls(), "give up");
    EXPECT_EQ(Caller(Program{}).calls(), "give up");
}

TEST(Machine, a_key_that_nobody_reads_does_not_skip_prompts_for_ever) {
    Flow flow;
    flow.play("a", {"a"}, "b").play("b", {"b"}, "a");
    Caller caller(flow);
    caller.calls();
    EXPECT_EQ(caller.presses('1').substr(0, 3), "say");
}

TEST(Machine, speaks_the_programs_language_and_falls_back_to_what_there_is) {
    Flow flow;
    flow.play("hello", {"hello", "english_only", "none"}, "bye").hangup("bye");
    flow.at<Play>("hello").prompts[1].erase("zh");
    flow.at<Play>("hello").prompts[2].clear();
    Machine machine(std::make_shared<const Program>(flow.program()));
    const Step step = machine.resume(Started{}, Wall{});
    const auto& words = std::get<SayThese>(*step.action).utterances;
    ASSERT_EQ(words.size(), 2u);
    EXPECT_EQ(words[0].language, "zh");
    EXPECT_EQ(words[1].language, "en");
}

}  // namespace
}  // namespace hotline::ivr
