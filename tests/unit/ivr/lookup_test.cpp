// Nodes that ask the outside, and those that leave something for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/ivr/flow.h"

namespace hotline::ivr {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

Flow ends(Flow flow) {
    flow.say("found", "{step}，{owed:money}", "{step}", "bye");
    flow.play("nothing", {"nothing"}, "bye").play("failed", {"failed"}, "bye").play("locked", {"locked"}, "bye");
    flow.play("chosen", {"chosen"}, "bye").hangup("bye", {"bye"});
    flow.queue("service", "service", "bye", "bye", "bye").anywhere('0', "service").anywhere('*');
    return flow;
}

Flow looks_up() {
    Flow flow;
    flow.set("begin", {{"order_no", "'10001'"}}, "order").lookup("order");
    return ends(std::move(flow));
}

Lookup::List listing() {
    Lookup::List list;
    list.text = {{"zh", sentence("第{item:cardinal}，{step}，{owed:money}。")}, {"en", sentence("{item:number}, {step}.")}};
    list.page = 2;
    list.more = prompts({"more"});
    list.end = prompts({"end"});
    return list;
}

Flow reads_out(bool to_choose = true) {
    Flow flow = looks_up();
    auto& lookup = flow.at<Lookup>("order");
    lookup.list = listing();
    if (to_choose) lookup.list->chosen = flow.to("chosen");
    return flow;
}

Caller asking(const Flow& flow) {
    Caller caller(flow);
    EXPECT_EQ(caller.calls(), "ask order (10001)");
    return caller;
}

const std::vector<std::vector<std::string>> kFive{{"一", "100"}, {"二", "200"}, {"三", "300"}, {"四", "400"}, {"五", "500"}};

TEST(LookupNode, gives_the_first_rows_columns_to_variables) {
    Caller caller = asking(looks_up());
    EXPECT_EQ(caller.is_told({{"出票", "12050"}, {"别的", "1"}}), "say 出票，一百二十元五角");
    EXPECT_EQ(caller.variable("step"), "出票");
    EXPECT_EQ(caller.variable("owed"), "12050");
}

TEST(LookupNode, takes_columns_by_name_in_whatever_order) {
    Caller caller = asking(looks_up());
    EXPECT_EQ(caller.is_told({{"x", "100", "出票"}}, {"more", "owed", "step"}), "say 出票，一元");
}

TEST(LookupNode, has_an_exit_for_each_way_it_can_go) {
    EXPECT_EQ(asking(looks_up()).is_told({}), "say nothing");
    EXPECT_EQ(asking(looks_up()).waits(), "say failed") << "no answer";
    EXPECT_EQ(asking(looks_up()).tell(Reply{}), "say failed");
    EXPECT_EQ(asking(looks_up()).tell(Reply{Reply::Kind::TimedOut, {}, {}}), "say failed");
    EXPECT_EQ(asking(looks_up()).tell(Reply{Reply::Kind::Locked, {}, {}}), "say failed") << "without a guard nothing can be locked";
    EXPECT_EQ(asking(looks_up()).is_told({{"出票"}}, {"step"}), "say failed") << "a column is missing";
}

TEST(LookupNode, a_column_that_is_null_leaves_its_variable_unset_and_is_left_out) {
    Flow flow = looks_up();
    flow.set("begin", {{"order_no", "'10001'"}, {"owed", "'7'"}}, "order");
    Caller caller = asking(flow);
    EXPECT_EQ(caller.is_told({{"出票", "∅"}}), "say 出票，");
    EXPECT_EQ(caller.variable("owed"), "(unset)") << "an older value must not be told for it";
}

TEST(LookupNode, what_cannot_be_said_is_left_out) {
    EXPECT_EQ(asking(looks_up()).is_told({{"O'Neil; drop table\x01\n", "1e9"}}), "say O'Neil; drop table，");
    EXPECT_EQ(asking(looks_up()).is_told({{"\xF0\x9F\x98\x80", "100"}}), "say ，一元");
}

TEST(LookupNode, an_unset_parameter_is_null) {
    Flow flow;
    flow.lookup("order");
    Caller caller(ends(std::move(flow)));
    EXPECT_EQ(caller.calls(), "ask order (NULL)");
}

TEST(LookupNode, keys_meanwhile_are_kept_for_the_next_node_that_reads_some) {
    Flow flow = looks_up();
    flow.menu("found", {{'5', "chosen"}}, "bye", "bye");
    Caller caller = asking(flow);
    EXPECT_EQ(caller.presses('5'), "-") << "the question goes on";
    EXPECT_EQ(caller.is_told({{"出票", "1"}}), "[found 5 to_chosen] say chosen");
}

TEST(LookupNode, ten_thousand_keys_meanwhile_are_not_all_kept) {
    Caller caller = asking(reads_out());
    for (int i = 0; i < 10'000; ++i) EXPECT_EQ(caller.presses('7'), "-");
    EXPECT_THAT(caller.is_told(kFive), HasSubstr("say 第一，一，一元。 第二，二，两元。 more"));
}

TEST(LookupNode, an_answer_that_comes_late_is_no_answer) {
    Caller caller = asking(looks_up());
    EXPECT_EQ(caller.waits(), "say failed");
    EXPECT_EQ(caller.is_told({{"出票", "1"}}), "-");
    EXPECT_EQ(caller.variable("step"), "(unset)");
}

TEST(LookupNode, the_habit_of_ending_an_entry_by_pound_is_no_key_of_a_list) {
    Flow flow;
    flow.collect("order_no", "order", "bye").lookup("order");
    flow = ends(std::move(flow));
    flow.at<Lookup>("order").list = listing();
    Caller caller(flow);
    caller.calls();
    EXPECT_EQ(caller.types("1234"), "ask order (1234)");
    EXPECT_EQ(caller.is_told(kFive), "say 第一，一，一元。 第二，二，两元。 more");
    EXPECT_EQ(caller.presses('#'), "-");
}

TEST(Lists, are_read_out_page_by_page) {
    Caller caller = asking(reads_out());
    EXPECT_EQ(caller.is_told(kFive), "say 第一，一，一元。 第二，二，两元。 more");
    EXPECT_EQ(caller.hears_it_out(), "listen 5000");
    EXPECT_EQ(caller.presses('9'), "say 第一，三，三元。 第二，四，四元。 more");
    EXPECT_EQ(caller.presses('8'), "say 第一，三，三元。 第二，四，四元。 more") << "once more";
    EXPECT_EQ(caller.presses('9'), "say 第一，五，五元。 end");
    EXPECT_EQ(caller.presses('9'), "say 第一，五，五元。 end") << "there is no next page: a wrong key";
}

TEST(Lists, a_key_chooses_the_row_of_the_page) {
    Caller caller = asking(reads_out());
    caller.is_told(kFive);
    caller.presses('9');
    EXPECT_EQ(caller.presses('2'), "say chosen");
    EXPECT_EQ(caller.variable("step"), "四");
}

TEST(Lists, a_number_that_is_not_on_the_page_chooses_nothing) {
    Caller caller = asking(reads_out());
    caller.is_told(kFive);
    caller.presses('9');
    caller.presses('9');
    EXPECT_EQ(caller.presses('2'), "say 第一，五，五元。 end") << "the last page has one row";
    EXPECT_EQ(caller.presses('3'), "say 第一，五，五元。 end") << "no page has three";
    EXPECT_EQ(caller.variable("step"), "(unset)");
}

TEST(Lists, where_nothing_can_be_chosen_numbers_mean_what_they_mean_anywhere) {
    Caller caller = asking(reads_out(false));
    EXPECT_EQ(caller.is_told(kFive), "say 第一，一，一元。 第二，二，两元。 more");
    EXPECT_EQ(caller.presses('0'), "[order 0 to_service] queue service (please_wait)");
}

TEST(Lists, are_over_by_the_back_key_by_silence_and_by_the_third_wrong_key) {
    Flow flow = reads_out();
    flow.play("found", {"over"}, "bye");
    Caller back = asking(flow), silent = asking(flow), wrong = asking(flow);
    back.is_told(kFive);
    EXPECT_EQ(back.presses('*'), "say over");
    silent.is_told(kFive);
    silent.hears_it_out();
    EXPECT_EQ(silent.waits(), "say 第一，一，一元。 第二，二，两元。 more") << "once more, for him who did not listen";
    silent.hears_it_out();
    EXPECT_EQ(silent.waits(), "say over");
    wrong.is_told(kFive);
    wrong.presses('5');
    wrong.presses('6');
    EXPECT_EQ(wrong.presses('7'), "say over");
}

TEST(Lists, a_row_of_which_nothing_can_be_said_is_passed_over) {
    Flow flow = reads_out();
    flow.at<Lookup>("order").list->text = {{"zh", sentence("{step}")}};
    Caller caller = asking(flow);
    EXPECT_EQ(caller.is_told({{"∅", "1"}, {"\x01", "1"}, {"三", "1"}}), "say more");
    EXPECT_EQ(caller.presses('9'), "say 三 end");
}

TEST(Lists, speak_the_callers_language) {
    Flow flow = reads_out();
    flow.language("begin", "en", "set").set("set", {{"order_no", "'10001'"}}, "order");
    Caller caller(flow);
    EXPECT_EQ(caller.calls(), "<language en> ask order (10001)");
    EXPECT_EQ(caller.is_told({{"one", "1"}}), "say one, one. end");
}

Flow guarded() {
    Flow flow = looks_up();
    flow.at<Lookup>("order").guard = Lookup::Guard{"member", value("order_no"), 3, 900s, flow.to("locked")};
    return flow;
}

TEST(Guards, go_with_the_question_and_have_their_exit) {
    Machine machine(std::make_shared<const Program>(guarded().program()), {"13900001234", "95000"});
    const Step step = machine.resume(Started{}, Wall{});
    const auto& guard = std::get<AskTables>(*step.action).guard;
    ASSERT_TRUE(guard);
    EXPECT_EQ(guard->scope + guard->key + guard->caller, "member1000113900001234");
    EXPECT_EQ(asking(guarded()).tell(Reply{Reply::Kind::Locked, {}, {}}), "say locked");
}

TEST(Guards, without_a_key_nothing_is_asked) {
    Flow flow = guarded();
    flow.set("begin", {{"order_no", ""}}, "order");
    EXPECT_EQ(Caller(flow).calls(), "say failed");
}

TEST(Counting, is_of_what_was_found_or_chosen) {
    Flow flow = looks_up();
    auto program = flow.program();
    for (auto& node : program.nodes)
        if (node.name == "order") node.counts = Counts{"order", value("order_no"), value("step")};
    Caller found{Program(program)}, nothing{Program(program)};
    found.calls(), nothing.calls();
    EXPECT_EQ(found.is_told({{"出票", "100"}}), "<told order 10001 出票> say 出票，一元");
    EXPECT_EQ(nothing.is_told({}), "say nothing");

    program = reads_out().program();
    for (auto& node : program.nodes)
        if (node.name == "order") node.counts = Counts{"step", std::nullopt, value("step")};
    Caller chooses{Program(program)};
    chooses.calls();
    EXPECT_EQ(chooses.is_told(kFive), "say 第一，一，一元。 第二，二，两元。 more") << "nothing is chosen yet";
    EXPECT_EQ(chooses.presses('2'), "<told step - 二> say chosen");
}

TEST(Counting, of_other_nodes_is_on_arrival_and_never_tells_a_secret) {
    Flow flow;
    flow.collect("pin", "hours", "bye").play("hours", {"hours"}, "bye").hangup("bye");
    flow.at<Collect>("pin").masked = true;
    auto program = flow.program();
    program.nodes[1].counts = Counts{"hours", value("pin"), std::nullopt};
    Caller caller{std::move(program)};
    caller.calls();
    EXPECT_EQ(caller.types("1234"), "<told hours - -> say hours");
}

Flow asks_the_web() {
    Flow flow;
    Webhook hook{};
    hook.url = "https://crm.example/x";
    hook.body = {{"number", value("caller")}, {"level", value("level")}};
    hook.gives = {{"step", "/order/step"}, {"owed", "/order/owed"}};
    flow.to("ask");
    hook.next = flow.to("found"), hook.failed = flow.to("failed"), hook.timed_out = flow.to("nothing");
    flow.add("ask", std::move(hook));
    return ends(std::move(flow));
}

TEST(HttpNode, sends_values_and_takes_fields) {
    Caller caller(asks_the_web());
    EXPECT_EQ(caller.calls(), "POST https://crm.example/x number=13900001234 level=null");
    EXPECT_EQ(caller.is_told({{"出票", "∅"}}, {"/order/step", "/order/owed"}), "say 出票，");
}

TEST(HttpNode, has_an_exit_for_failure_and_one_for_time_out) {
    const auto asked = [] {
        Caller caller(asks_the_web());
        caller.calls();
        return caller;
    };
    EXPECT_EQ(asked().tell(Reply{}), "say failed");
    EXPECT_EQ(asked().tell(Reply{Reply::Kind::TimedOut, {}, {}}), "say nothing");
    EXPECT_EQ(asked().waits(), "say nothing");
}

TEST(ApplyNode, leaves_what_he_asks_for_without_secrets) {
    Flow flow;
    flow.collect("pin", "apply", "bye");
    flow.at<Collect>("pin").masked = true;
    Apply apply{};
    apply.what = "course";
    apply.id = value("'7'");
    apply.details = {{"pin", value("pin")}, {"from", value("caller")}, {"unset", value("nobody")}};
    flow.to("apply");
    apply.next = flow.to("bye");
    flow.add("apply", std::move(apply)).hangup("bye");
    Caller caller(flow);
    caller.calls();
    EXPECT_EQ(caller.types("1234"), "<book course 7 - from=13900001234> end");
}

Flow sends(const std::string& to) {
    Flow flow;
    Sms sms{};
    if (!to.empty()) sms.to = value(to);
    sms.text = {{"zh", sentence("日期{'2026-10-02':date}，{'20005':money}")}};
    flow.to("sms");
    sms.next = flow.to("bye"), sms.failed = flow.to("failed");
    flow.add("sms", std::move(sms)).hangup("bye").play("failed", {"failed"}, "bye");
    return flow;
}

TEST(SmsNode, writes_values_in_figures) {
    EXPECT_EQ(Caller(sends("")).calls(), "<sms 13900001234 zh: 日期2026-10-02，200.05> end");
}

TEST(SmsNode, without_a_number_takes_its_exit) {
    EXPECT_EQ(Caller(sends("'anonymous'")).calls(), "say failed");
    EXPECT_EQ(Caller(sends("nobody")).calls(), "say failed");
    EXPECT_EQ(Caller(sends("'+85221234567'")).calls(), "<sms +85221234567 zh: 日期2026-10-02，200.05> end");
}

TEST(Language, of_an_earlier_call_is_spoken_until_he_chooses) {
    Flow flow;
    flow.play("hello", {"hello"}, "other").language("other", "zh", "again").play("again", {"again"}, "bye").hangup("bye", {"bye"});
    Machine machine(std::make_shared<const Program>(flow.program()));
    machine.prefer("fr");
    EXPECT_EQ(machine.language(), "zh") << "the site does not speak that";
    machine.prefer("en");
    EXPECT_EQ(std::get<SayThese>(*machine.resume(Started{}, Wall{}).action).utterances[0].text, "hello.");
    machine.resume(PromptEnded{}, Wall{});
    machine.prefer("en");
    EXPECT_EQ(machine.language(), "zh") << "what he chooses now comes first";
}

// ── What check tells ──

std::vector<std::string> told_by_check(const Flow& flow) {
    std::vector<std::string> out;
    for (const auto& flaw : check(flow.program())) out.push_back(flaw.node + ": " + flaw.text);
    return out;
}

TEST(LookupCheck, its_columns_are_set_where_they_were_found) {
    Flow flow = looks_up();
    EXPECT_THAT(told_by_check(flow), Not(Contains(HasSubstr("'step'")))) << ::testing::PrintToString(told_by_check(flow));
    flow.say("nothing", "{step}", "{step}", "bye");
    EXPECT_THAT(told_by_check(flow), Contains(HasSubstr("nothing: 'step', which is read here, may be unset")));
    Flow list = reads_out();
    list.say("chosen", "{step}", "{step}", "bye");
    EXPECT_THAT(told_by_check(list), Contains(HasSubstr("found: 'step', which is read here, may be unset"))) << "nobody chose";
    EXPECT_THAT(told_by_check(list), Not(Contains(HasSubstr("chosen: 'step'"))));
}

TEST(LookupCheck, a_parameter_that_may_be_unset_is_told) {
    Flow flow;
    flow.lookup("order");
    EXPECT_THAT(told_by_check(ends(std::move(flow))), Contains(HasSubstr("order: 'order_no' is set nowhere")));
}

TEST(LookupCheck, a_circle_of_failing_lookups_spins) {
    Flow flow = looks_up();
    flow.at<Lookup>("order").failed = flow.to("order");
    EXPECT_THAT(told_by_check(flow), Contains(HasSubstr("goes round without a word")));
}

TEST(LookupCheck, keys_of_a_list_do_not_hide_each_other) {
    Flow flow = reads_out();
    flow.at<Lookup>("order").list->next = '2';
    EXPECT_THAT(told_by_check(flow), Contains(HasSubstr("key 2 chooses a row here")));
    flow.at<Lookup>("order").list->next = '8';
    EXPECT_THAT(told_by_check(flow), Contains(HasSubstr("next, repeat and back need a key each")));
}

TEST(LookupCheck, a_secret_is_neither_cached_nor_sent) {
    Flow flow;
    flow.collect("order_no", "order", "bye").lookup("order");
    flow.at<Collect>("order_no").masked = true;
    flow.at<Lookup>("order").cache = 60s;
    EXPECT_THAT(told_by_check(ends(flow)), Contains(HasSubstr("'order_no' is masked: what it finds is kept for nobody")));
    Flow guard = guarded();
    guard.at<Lookup>("order").cache = 60s;
    EXPECT_THAT(told_by_check(guard), Contains(HasSubstr("a guarded lookup is never answered from memory")));
    Sms sms{};
    sms.text = {{"zh", sentence("{order_no}")}};
    flow.at<Lookup>("order").cache = 0s;
    sms.next = sms.failed = flow.to("bye");
    flow.add("found", std::move(sms));
    flow.play("nothing", {"nothing"}, "bye").play("failed", {"failed"}, "bye").hangup("bye");
    EXPECT_THAT(told_by_check(flow), Contains(HasSubstr("'order_no' is masked, or made of something masked")));
}

TEST(LookupGraph, shows_what_is_asked) {
    EXPECT_THAT(graphviz(reads_out().program()), HasSubstr("label=\"order\\nlookup order\""));
    EXPECT_THAT(graphviz(asks_the_web().program()), HasSubstr("http POST https://crm.example/x"));
}

}  // namespace
}  // namespace hotline::ivr
