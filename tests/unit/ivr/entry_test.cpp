// Entries in full: which are right, how they are confirmed, how often they are asked for again.
#include <gtest/gtest.h>

#include "unit/ivr/flow.h"

namespace hotline::ivr {
namespace {

Flow asks_for_order() {
    Flow flow;
    flow.collect("order", "told", "failed").play("told", {"told"}, "bye").hangup("failed", {"failed"}).hangup("bye");
    flow.hangup("service", {"service"});
    return flow;
}

DigitPattern pattern(std::string_view text) { return std::get<DigitPattern>(DigitPattern::parse(text)); }

Caller asked(const Flow& flow) {
    Caller caller(flow);
    caller.calls();
    return caller;
}

TEST(Entry, that_does_not_fit_the_pattern_is_an_attempt) {
    Flow flow = asks_for_order();
    flow.at<Collect>("order").pattern = pattern("1\\d+");
    Caller caller = asked(flow);
    EXPECT_EQ(caller.types("234#"), "say wrong order_prompt");
    EXPECT_EQ(caller.types("134#"), "say told");
    EXPECT_EQ(caller.variable("order"), "134");
}

TEST(Entry, that_is_none_of_the_values_is_an_attempt) {
    Flow flow = asks_for_order();
    flow.at<Collect>("order").values = {"11", "22"};
    Caller caller = asked(flow);
    EXPECT_EQ(caller.types("33#"), "say wrong order_prompt");
    EXPECT_EQ(caller.types("22#"), "say told");
}

TEST(Entry, that_is_full_is_judged_too) {
    Flow flow = asks_for_order();
    flow.at<Collect>("order").pattern = pattern("1\\d{3}");
    EXPECT_EQ(asked(flow).types("2345"), "say wrong order_prompt");
}

TEST(Entry, that_may_be_empty_is_not_judged_when_it_is) {
    Flow flow = asks_for_order();
    flow.at<Collect>("order").min_digits = 0;
    flow.at<Collect>("order").values = {"11"};
    Caller caller = asked(flow);
    EXPECT_EQ(caller.presses('#'), "say told");
    EXPECT_EQ(caller.variable("order"), "");
}

TEST(Entry, reproaches_are_tapered_and_silence_has_its_own) {
    Flow flow = asks_for_order();
    auto& collect = flow.at<Collect>("order");
    collect.max_attempts = 6;
    collect.on_invalid = {prompts({"wrong_1"}), prompts({"wrong_2"})};
    collect.on_no_input = {prompts({"silent_1"}), {}};
    Caller caller = asked(flow);
    EXPECT_EQ(caller.types("1#"), "say wrong_1 order_prompt");
    caller.hears_it_out();
    EXPECT_EQ(caller.waits(), "say silent_1 order_prompt");
    EXPECT_EQ(caller.types("1#"), "say wrong_2 order_prompt");
    caller.hears_it_out();
    EXPECT_EQ(caller.waits(), "say order_prompt");
    EXPECT_EQ(caller.types("1#"), "say wrong_2 order_prompt");
    caller.hears_it_out();
    EXPECT_EQ(caller.waits(), "say! failed") << "the sixth, wrong ones and silences together";
}

Flow confirms() {
    Flow flow = asks_for_order();
    Collect::Confirm confirm;
    confirm.before = prompts({"you_entered"});
    confirm.after = prompts({"right_or_again"});
    flow.at<Collect>("order").confirm = confirm;
    return flow;
}

TEST(Confirmation, reads_the_digits_back) {
    Caller caller = asked(confirms());
    EXPECT_EQ(caller.types("12#"), "say you_entered 幺二 right_or_again");
    EXPECT_EQ(caller.variable("order"), "(unset)") << "not before it is confirmed";
    EXPECT_EQ(caller.hears_it_out(), "listen 5000");
    EXPECT_EQ(caller.presses('1'), "say told");
    EXPECT_EQ(caller.variable("order"), "12");
}

TEST(Confirmation, may_be_answered_while_it_is_read) {
    Caller caller = asked(confirms());
    caller.types("12#");
    EXPECT_EQ(caller.presses('1'), "say told");
}

TEST(Confirmation, asks_again_when_he_says_so_which_is_an_attempt) {
    Caller caller = asked(confirms());
    EXPECT_EQ(caller.types("12#2"), "say order_prompt");
    EXPECT_EQ(caller.types("34#2"), "say order_prompt");
    EXPECT_EQ(caller.types("56#2"), "say! failed");
}

TEST(Confirmation, is_repeated_after_another_key_or_silence_and_then_given_up) {
    Caller caller = asked(confirms());
    caller.types("12#");
    EXPECT_EQ(caller.presses('7'), "say you_entered 幺二 right_or_again");
    caller.hears_it_out();
    EXPECT_EQ(caller.waits(), "say you_entered 幺二 right_or_again");
    caller.hears_it_out();
    EXPECT_EQ(caller.waits(), "say! failed");
    EXPECT_EQ(caller.variable("order"), "(unset)");
}

TEST(Confirmation, has_keys_of_the_sites_choice) {
    Flow flow = confirms();
    flow.at<Collect>("order").confirm->right = '#';
    flow.at<Collect>("order").confirm->again = '*';
    EXPECT_EQ(asked(flow).types("12##"), "say told");
    EXPECT_EQ(asked(flow).types("12#*"), "say order_prompt");
}

TEST(Confirmation, of_keys_typed_ahead_is_not_read) {
    Flow flow = confirms();
    flow.play("must", {"must"}, "order", false);
    Program program = flow.program();
    program.start = flow.to("must");
    Caller caller(program);
    caller.calls();
    caller.types("12#1");
    EXPECT_EQ(caller.hears_it_out(), "say told");
}

TEST(Confirmation, of_a_full_entry_is_not_given_by_the_terminator_that_follows_by_habit) {
    Flow flow = confirms();
    flow.at<Collect>("order").confirm->right = '#';
    Caller caller = asked(flow);
    EXPECT_EQ(caller.types("1234"), "say you_entered 幺二三四 right_or_again");
    EXPECT_EQ(caller.presses('#'), "-");
    EXPECT_EQ(caller.presses('#'), "say told");
}

TEST(Confirmation, is_in_the_callers_language) {
    Flow flow = confirms();
    Program english = flow.program();
    english.language = "en";
    Caller caller(english);
    caller.calls();
    EXPECT_EQ(caller.types("12#"), "say you_entered one two right_or_again");
}

TEST(Confirmation, of_an_entry_that_is_left_is_over) {
    Flow flow = confirms();
    flow.at<Collect>("order").failed = flow.to("order");
    flow.at<Collect>("order").max_attempts = 1;
    Caller caller = asked(flow);
    EXPECT_EQ(caller.types("12#7"), "say order_prompt");
    EXPECT_EQ(caller.types("1"), "listen 3000") << "a digit again, not the answer";
}

TEST(Person, is_meant_by_a_zero_alone) {
    Flow flow = asks_for_order();
    flow.at<Collect>("order").person = flow.to("service");
    EXPECT_EQ(asked(flow).types("0#"), "[order 0 person] say! service");
    EXPECT_EQ(asked(flow).types("10#"), "say told");
    EXPECT_EQ(asked(flow).types("00#"), "say told");
    EXPECT_EQ(asked(flow).types("5*0#"), "[order 0 person] say! service") << "begun anew";
}

TEST(Person, is_reached_whatever_ends_the_entry) {
    for (const char terminator : {'\0', '*'}) {
        Flow flow = asks_for_order();
        flow.at<Collect>("order").person = flow.to("service");
        flow.at<Collect>("order").terminator = terminator;
        EXPECT_EQ(asked(flow).types("0#"), "[order 0 person] say! service");
    }
}

TEST(Person, is_the_programs_zero_where_the_entry_names_none) {
    Flow flow = asks_for_order();
    flow.anywhere('0', "service");
    EXPECT_EQ(asked(flow).types("0#"), "[order 0 to_service] say! service");
}

TEST(Person, of_nobody_makes_it_an_entry) { EXPECT_EQ(asked(asks_for_order()).types("0#"), "say wrong order_prompt"); }

}  // namespace
}  // namespace hotline::ivr
