// What a caller says for others: voice messages and surveys, as the machine leads through them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/ivr/flow.h"

namespace hotline::ivr {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;

struct Reviewed {};  // with a review of the message

Flow complaint() {
    Flow flow;
    flow.play("welcome", {"welcome"}, "message");
    Record record{};
    record.what = "complaint";
    record.queue = "service";
    record.greeting = prompts({"leave_message"});
    record.on_silent = {prompts({"nothing_1"}), prompts({"nothing_2"})};
    record.max_silent = 3;
    record.next = flow.to("thanks");
    record.silent = flow.to("bye");
    record.discarded = flow.to("menu");
    record.failed = flow.to("service");
    flow.add("message", record);
    flow.hangup("thanks", {"thanks"}).hangup("bye", {"bye"});
    flow.menu("menu", {{'1', "message"}}, "bye", "bye");
    flow.queue("service", "service", "bye", "bye", "bye");
    flow.anywhere('0', "service");
    return flow;
}

Flow complaint(Reviewed) {
    Flow flow = complaint();
    auto& review = flow.at<Record>("message").review.emplace();
    review.prompt = prompts({"review"});
    return flow;
}

/// A caller who hears the tone.
Caller at_the_tone(const Flow& flow = complaint()) {
    Caller caller(flow);
    caller.calls();
    caller.hears_it_out();
    EXPECT_EQ(caller.hears_it_out(), "record complaint");
    return caller;
}

Caller reviewing() {
    Caller caller = at_the_tone(complaint(Reviewed{}));
    EXPECT_EQ(caller.tell(MessageNews::Spoken), "say review");
    return caller;
}

TEST(Message, is_greeted_taken_and_kept) {
    Caller caller(complaint());
    caller.calls();
    EXPECT_EQ(caller.hears_it_out(), "say leave_message");
    EXPECT_EQ(caller.hears_it_out(), "record complaint");
    EXPECT_EQ(caller.tell(MessageNews::Spoken), "keep message");
    EXPECT_EQ(caller.tell(MessageNews::Kept), "say! thanks");
}

TEST(Message, its_wish_holds_what_the_node_says) {
    Machine machine(std::make_shared<const Program>(complaint().program()));
    machine.resume(Started{}, Wall{});
    machine.resume(PromptEnded{}, Wall{});
    const auto step = machine.resume(PromptEnded{}, Wall{});
    const auto& take = std::get<TakeMessage>(*step.action);
    EXPECT_EQ(take.queue, "service");
    EXPECT_TRUE(take.beep);
    EXPECT_EQ(take.shortest, 1s);
    EXPECT_EQ(take.longest, 120s);
    EXPECT_EQ(take.silence, 4s);
}

TEST(Message, a_key_ends_the_greeting) {
    Caller caller(complaint());
    caller.calls();
    caller.hears_it_out();
    EXPECT_EQ(caller.presses('5'), "record complaint");
}

TEST(Message, the_end_key_ends_it_and_others_do_not) {
    Caller caller = at_the_tone();
    EXPECT_EQ(caller.presses('5'), "-");
    EXPECT_EQ(caller.presses('#'), "end message");
    EXPECT_EQ(caller.tell(MessageNews::Spoken), "keep message");
}

TEST(Message, a_person_is_reached_from_all_of_its_parts) {
    Caller greeted(complaint());
    greeted.calls();
    greeted.hears_it_out();
    EXPECT_EQ(greeted.presses('0'), "[message 0 to_service] queue service (please_wait)");
    EXPECT_EQ(at_the_tone().presses('0'), "[message 0 to_service] drop queue service (please_wait)");
    EXPECT_EQ(reviewing().presses('0'), "[message 0 to_service] drop queue service (please_wait)");
}

TEST(Message, who_says_nothing_is_asked_again_and_then_led_away) {
    Caller caller = at_the_tone();
    EXPECT_EQ(caller.tell(MessageNews::Silent), "say nothing_1");
    EXPECT_EQ(caller.hears_it_out(), "record complaint");
    EXPECT_EQ(caller.tell(MessageNews::Silent), "say nothing_2");
    caller.hears_it_out();
    EXPECT_EQ(caller.tell(MessageNews::Silent), "say! bye");
}

TEST(Message, a_full_disk_takes_its_exit_at_any_time) {
    EXPECT_EQ(at_the_tone().tell(MessageNews::Lost), "queue service (please_wait)");
    Caller keeping = at_the_tone();
    keeping.tell(MessageNews::Spoken);
    EXPECT_EQ(keeping.tell(MessageNews::Lost), "queue service (please_wait)");
}

TEST(Message, may_be_heard_spoken_anew_kept_and_discarded) {
    Caller caller = reviewing();
    EXPECT_EQ(caller.presses('2'), "play message");
    EXPECT_EQ(caller.hears_it_out(), "say review") << "and he is asked again";
    EXPECT_EQ(caller.presses('3'), "record complaint");
    EXPECT_EQ(caller.tell(MessageNews::Spoken), "say review");
    EXPECT_EQ(caller.presses('1'), "keep message");
    EXPECT_EQ(reviewing().presses('4'), "drop say menu_long");
}

TEST(Message, a_key_ends_its_playing) {
    Caller caller = reviewing();
    caller.presses('2');
    EXPECT_EQ(caller.presses('1'), "keep message");
}

TEST(Message, silence_in_the_review_keeps_it) {
    Caller caller = reviewing();
    EXPECT_EQ(caller.hears_it_out(), "listen 5000");
    EXPECT_EQ(caller.waits(), "keep message");
}

TEST(Message, three_wrong_keys_in_the_review_keep_it) {
    Caller caller = reviewing();
    EXPECT_EQ(caller.presses('7'), "say review");
    EXPECT_EQ(caller.presses('8'), "say review");
    EXPECT_EQ(caller.presses('9'), "keep message");
}

TEST(Message, late_news_mean_nothing) {
    Caller caller = at_the_tone();
    EXPECT_EQ(caller.tell(MessageNews::Kept), "-") << "nothing was to be kept";
    EXPECT_EQ(caller.tell(PromptEnded{}), "-");
    EXPECT_EQ(caller.tell(TimerFired{}), "-");
    caller.tell(MessageNews::Spoken);
    EXPECT_EQ(caller.tell(MessageNews::Spoken), "-");
    EXPECT_EQ(caller.presses('1'), "-") << "the disk has the word";
    caller.tell(MessageNews::Kept);
    EXPECT_EQ(caller.tell(MessageNews::Lost), "-");
}

std::vector<std::string> mistakes_of(const Program& program) {
    std::vector<std::string> out;
    for (const auto& flaw : check(program)) out.push_back(flaw.node + (flaw.fatal ? "! " : "? ") + flaw.text);
    return out;
}

TEST(Message, its_flaws_are_told) {
    EXPECT_TRUE(mistakes_of(complaint(Reviewed{}).program()).empty());
    Flow flow = complaint(Reviewed{});
    auto& record = flow.at<Record>("message");
    record.what.clear();
    record.beep = false;
    record.greeting.clear();
    record.longest = 1s;
    record.review->again = record.review->keep;
    const auto flaws = mistakes_of(flow.program());
    EXPECT_THAT(flaws, Contains(HasSubstr("message! has no what")));
    EXPECT_THAT(flaws, Contains(HasSubstr("message! its times do not fit")));
    EXPECT_THAT(flaws, Contains(HasSubstr("message! two of its keys are one")));
    EXPECT_THAT(flaws, Contains(HasSubstr("message? records without a word or a tone")));
}

Flow survey() {
    Flow flow;
    Survey first{};
    first.question = "satisfaction";
    first.prompt = prompts({"how_was_it"});
    first.answers = {{'1', "satisfied"}, {'2', "fair"}, {'3', "not_satisfied"}};
    first.on_invalid = {prompts({"invalid"})};
    first.on_no_input = {prompts({"silent"})};
    flow.to("first");
    first.next = flow.to("thanks");
    first.unanswered = flow.to("bye");
    flow.add("first", first);
    flow.hangup("thanks", {"thanks"}).hangup("bye", {"bye"});
    flow.queue("service", "service", "bye", "bye", "bye");
    flow.anywhere('0', "service");
    return flow;
}

TEST(Surveys, take_one_key_as_the_answer) {
    Caller caller(survey());
    EXPECT_EQ(caller.calls(), "say how_was_it");
    EXPECT_EQ(caller.hears_it_out(), "listen 5000");
    EXPECT_EQ(caller.presses('2'), "{satisfaction fair} say! thanks");
}

TEST(Surveys, an_answer_may_come_while_the_question_is_put) {
    Caller caller(survey());
    caller.calls();
    EXPECT_EQ(caller.presses('3'), "{satisfaction not_satisfied} say! thanks");
}

TEST(Surveys, wrong_keys_and_silence_are_told_and_end_unanswered) {
    Caller wrong(survey());
    wrong.calls();
    EXPECT_EQ(wrong.presses('7'), "say invalid how_was_it");
    EXPECT_EQ(wrong.presses('#'), "say invalid how_was_it");
    EXPECT_EQ(wrong.presses('9'), "{satisfaction -} say! bye");
    Caller silent(survey());
    silent.calls();
    silent.hears_it_out();
    EXPECT_EQ(silent.waits(), "say silent how_was_it");
    silent.hears_it_out();
    EXPECT_EQ(silent.waits(), "{satisfaction -} say! bye");
}

TEST(Surveys, a_key_from_anywhere_leaves_the_question_open) {
    Caller caller(survey());
    caller.calls();
    EXPECT_EQ(caller.presses('0'), "[first 0 to_service] {satisfaction -} queue service (please_wait)");
}

TEST(Surveys, keys_typed_ahead_answer_nothing) {
    Flow flow;
    flow.play("hello", {"hello"}, "first", false);
    const Flow rest = survey();
    Survey first = Flow(rest).at<Survey>("first");
    first.next = first.unanswered = flow.to("bye");
    flow.add("first", first).hangup("bye");
    Caller caller(flow);
    caller.calls();
    caller.presses('1');
    EXPECT_EQ(caller.hears_it_out(), "say how_was_it");
}

TEST(Surveys, tell_which_question_is_open) {
    Machine machine(std::make_shared<const Program>(survey().program()));
    EXPECT_EQ(machine.open_question(), std::nullopt);
    machine.resume(Started{}, Wall{});
    EXPECT_EQ(machine.open_question(), "satisfaction");
    machine.resume(Digit{'1'}, Wall{});
    EXPECT_EQ(machine.open_question(), std::nullopt);
}

TEST(Surveys, begin_anew_with_the_callers_language_and_variables) {
    Flow hotline;
    hotline.set("set", {{"branch", "'南京东路'"}}, "english").language("english", "en", "service");
    hotline.queue("service", "service", "bye", "bye", "bye").hangup("bye");
    Machine machine(std::make_shared<const Program>(hotline.program()));
    machine.resume(Started{}, Wall{});
    machine.enter(std::make_shared<const Program>(survey().program()));
    EXPECT_FALSE(machine.resume(QueueExit::Full, Wall{}).action) << "what was before is over";
    const auto step = machine.resume(Started{}, Wall{});
    EXPECT_EQ(std::get<SayThese>(*step.action).utterances.at(0).language, "en");
    EXPECT_EQ(machine.variables().at("branch"), "南京东路");
}

TEST(Surveys, their_flaws_are_told) {
    EXPECT_TRUE(mistakes_of(survey().program()).empty());
    Flow flow = survey();
    auto& first = flow.at<Survey>("first");
    first.question.clear();
    first.answers = {{'1', "good"}, {'1', "bad"}};
    first.prompt.clear();
    const auto flaws = mistakes_of(flow.program());
    EXPECT_THAT(flaws, Contains(HasSubstr("first! has no question")));
    EXPECT_THAT(flaws, Contains(HasSubstr("first! has key 1 twice")));
    EXPECT_THAT(flaws, Contains(HasSubstr("first? asks nothing")));
}

}  // namespace
}  // namespace hotline::ivr
