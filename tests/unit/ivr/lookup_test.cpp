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

/// main ─1─▶ order (a list to choose from) ─1─▶ chosen (another list)
Flow a_list_behind_a_list() {
    Flow flow;
    flow.menu("main", {{'1', "order"}}, "bye", "bye").lookup("order").lookup("chosen");
    flow = ends(std::move(flow));
    flow.lookup("chosen");
    flow.at<Lookup>("order").list = listing();
    flow.at<Lookup>("order").list->chosen = flow.to("chosen");
    flow.at<Lookup>("chosen").list = listing();
    return flow;
}

TEST(Lists, the_back_key_leads_to_the_list_and_then_to_the_menu_that_led_there) {
    Caller caller(a_list_behind_a_list());
    caller.calls();
    EXPECT_EQ(caller.presses('1'), "[main 1 to_order] ask order (NULL)");
    caller.is_told(kFive);
    EXPECT_EQ(caller.presses('1'), "ask chosen (NULL)");
    EXPECT_EQ(caller.is_told({{"甲", "100"}}), "say 第一，甲，一元。 end");
    EXPECT_EQ(caller.presses('*'), "ask order (NULL)") << "where he chose";
    EXPECT_EQ(caller.is_told(kFive), "say 第一，一，一元。 第二，二，两元。 more");
    EXPECT_EQ(caller.presses('*'), "say main_short");
    EXPECT_EQ(caller.presses('1'), "[main 1 to_order] ask order (NULL)") << "and he may go there again";
}

TEST(Lists, the_back_key_leads_out_of_a_called_program_to_the_menu_that_led_there) {
    Flow called;
    called.named("called").lookup("order").say("found", "", "", "back").play("nothing", {"nothing"}, "back");
    called.play("failed", {"failed"}, "back").add("back", Return{});
    called.at<Lookup>("order").list = listing();
    Flow flow;
    flow.menu("main", {{'1', "call"}}, "bye", "bye").call("call", called, "over").play("over", {"over"}, "bye").hangup("bye");
    Caller caller(flow);
    caller.calls();
    caller.presses('1');
    caller.is_told(kFive);
    EXPECT_EQ(caller.presses('*'), "say main_short");
}

TEST(Lists, that_were_cut_say_so_and_not_that_this_was_all) {
    Flow flow = reads_out();
    flow.at<Lookup>("order").list->cut = prompts({"cut"});
    Reply reply{Reply::Kind::Found, {"step", "owed"}, {{"一", "100"}, {"二", "200"}, {"三", "300"}}, true};
    Caller caller = asking(flow);
    EXPECT_EQ(caller.tell(reply), "say 第一，一，一元。 第二，二，两元。 more");
    EXPECT_EQ(caller.presses('9'), "say 第一，三，三元。 cut");
    flow.at<Lookup>("order").list->cut.clear();
    Caller other = asking(flow);
    other.tell(reply);
    EXPECT_EQ(other.presses('9'), "say 第一，三，三元。") << "rather nothing than what is not so";
    reply.cut = false;
    Caller whole = asking(flow);
    whole.tell(reply);
    EXPECT_EQ(whole.presses('9'), "say 第一，三，三元。 end");
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

// ── Secrets ──

/// He keys 2468, masked, and comes to "next".
Flow keys_a_secret() {
    Flow flow;
    flow.collect("order_no", "next", "bye");
    flow.at<Collect>("order_no").masked = true;
    return flow;
}
AskTables asked_with_a_secret(Flow flow) {
    Machine machine(std::make_shared<const Program>(ends(std::move(flow)).program()), {"13900001234", "95000"});
    machine.resume(Started{}, Wall{});
    Step step;
    for (const char key : {'2', '4', '6', '8'}) step = machine.resume(Digit{key}, Wall{});
    return std::get<AskTables>(*step.action);
}

TEST(Secrets, are_bound_but_the_question_is_marked_and_nobody_keeps_its_answer) {
    Flow flow = keys_a_secret();
    flow.lookup("next");
    flow.at<Lookup>("next").cache = 60s;
    const auto question = asked_with_a_secret(flow);
    EXPECT_EQ(question.values.at(0), "2468");
    EXPECT_TRUE(question.secret);
    EXPECT_EQ(question.cache, Duration::zero());
    flow.at<Lookup>("next").parameters = {{"order_no", value("order_no + 1")}};
    EXPECT_TRUE(asked_with_a_secret(flow).secret) << "made of one";
    flow.at<Lookup>("next").parameters = {{"order_no", value("caller")}};
    EXPECT_FALSE(asked_with_a_secret(flow).secret);
}

TEST(Secrets, that_an_answer_repeats_stay_masked) {
    Flow flow = keys_a_secret();
    flow.lookup("next");
    flow = ends(std::move(flow));
    flow.at<Lookup>("next").gives = {"order_no"};
    flow.say("found", "{order_no:digits}。", "", "bye");
    Caller caller(flow);
    caller.calls();
    caller.types("2468");
    EXPECT_EQ(caller.is_told({{"2468"}}, {"order_no"}), "say 。");
    EXPECT_EQ(caller.machine().shown_variables().at("order_no"), "****");
}

TEST(Secrets, are_no_key_of_a_guard_no_number_no_agent_and_stand_in_no_address) {
    Flow flow = keys_a_secret();
    flow.lookup("next");
    flow.at<Lookup>("next").guard = Lookup::Guard{"member", value("order_no"), 3, 900s, flow.to("locked")};
    Caller guard(ends(flow));
    guard.calls();
    EXPECT_EQ(guard.types("2468"), "say failed");

    flow = keys_a_secret();
    Sms sms{};
    sms.to = value("order_no"), sms.text = {{"zh", sentence("您好")}};
    flow.to("next"), sms.next = flow.to("bye"), sms.failed = flow.to("failed");
    flow.add("next", std::move(sms)).play("failed", {"failed"}, "bye").hangup("bye");
    Caller message(flow);
    message.calls();
    EXPECT_EQ(message.types("2468"), "say failed");

    flow = keys_a_secret();
    Webhook hook{};
    hook.method = "GET", hook.url = "https://crm.example/x", hook.body = {{"pin", value("order_no")}};
    flow.to("next"), hook.next = hook.failed = hook.timed_out = flow.to("bye");
    flow.add("next", hook).hangup("bye");
    Caller get(flow);
    get.calls();
    EXPECT_EQ(get.types("2468"), "GET https://crm.example/x pin=null");

    flow = keys_a_secret();
    flow.queue("next", "service", "bye", "bye", "bye").hangup("bye");
    flow.at<JoinQueue>("next").agent = value("order_no");
    Machine machine(std::make_shared<const Program>(flow.program()));
    machine.resume(Started{}, Wall{});
    Step step;
    for (const char key : {'2', '4', '6', '8'}) step = machine.resume(Digit{key}, Wall{});
    EXPECT_EQ(std::get<Enqueue>(*step.action).agent, "");
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

/// "fatal counts.id" or "warning …" of flaws that name this variable as masked.
std::vector<std::string> leaks_of(const Flow& flow, std::optional<Counts> counts = std::nullopt) {
    auto program = flow.program();
    for (auto& node : program.nodes)
        if (node.name == "next") node.counts = counts;
    std::vector<std::string> out;
    for (const auto& flaw : check(program))
        if (flaw.text.find("'order_no' is masked") != std::string::npos)
            out.push_back((flaw.fatal ? "fatal " : "warning ") + flaw.field);
    return out;
}

TEST(SecretCheck, tells_every_place_where_one_would_be_written_down) {
    using ::testing::ElementsAre;
    using ::testing::IsEmpty;
    Flow flow = keys_a_secret();
    flow.play("next", {"next"}, "bye").hangup("bye");
    EXPECT_THAT(leaks_of(flow), IsEmpty());
    EXPECT_THAT(leaks_of(flow, Counts{"order", value("order_no"), value("order_no + 1")}),
                ElementsAre("fatal counts.id", "fatal counts.name"));

    flow = keys_a_secret();
    flow.queue("next", "service", "bye", "bye", "bye").hangup("bye");
    flow.at<JoinQueue>("next").agent = value("order_no");
    EXPECT_THAT(leaks_of(flow), ElementsAre("fatal agent"));

    flow = keys_a_secret();
    Apply apply{};
    flow.to("next");
    apply.what = "course", apply.id = value("order_no"), apply.name = value("order_no"), apply.next = flow.to("bye");
    apply.details = {{"pin", value("order_no")}};
    flow.add("next", std::move(apply)).hangup("bye");
    EXPECT_THAT(leaks_of(flow), ElementsAre("fatal id", "fatal name", "fatal details.pin.of"));

    flow = keys_a_secret();
    Sms sms{};
    flow.to("next");
    sms.to = value("order_no"), sms.text = {{"zh", sentence("{order_no}")}}, sms.next = sms.failed = flow.to("bye");
    flow.add("next", std::move(sms)).hangup("bye");
    EXPECT_THAT(leaks_of(flow), ElementsAre("fatal to", "fatal text.zh"));

    flow = keys_a_secret();
    Webhook hook{};
    flow.to("next");
    hook.url = "https://crm.example/x", hook.body = {{"pin", value("order_no")}},
    hook.next = hook.failed = hook.timed_out = flow.to("bye");
    flow.add("next", hook).hangup("bye");
    EXPECT_THAT(leaks_of(flow), IsEmpty()) << "a PIN may be asked about";
    flow.at<Webhook>("next").url = "http://crm.example/x";
    EXPECT_THAT(leaks_of(flow), ElementsAre("warning body.pin.of"));
    flow.at<Webhook>("next").method = "GET";
    EXPECT_THAT(leaks_of(flow), ElementsAre("fatal body.pin.of"));

    flow = keys_a_secret();
    flow.lookup("next");
    flow.at<Lookup>("next").guard = Lookup::Guard{"member", value("order_no"), 3, 900s, flow.to("locked")};
    EXPECT_THAT(leaks_of(ends(flow)), ElementsAre("fatal guard.key"));
    flow.at<Lookup>("next").guard.reset();
    flow.at<Lookup>("next").list = listing();
    flow.at<Lookup>("next").list->text = {{"zh", sentence("{step}{order_no}")}};
    EXPECT_THAT(leaks_of(ends(flow)), ElementsAre("fatal list.text.zh"));
}

TEST(SecretCheck, a_secret_without_a_guard_can_be_guessed) {
    Flow flow = keys_a_secret();
    flow.lookup("next");
    EXPECT_THAT(told_by_check(ends(flow)), Contains(HasSubstr("next: whoever guesses 'order_no' may try as often as he likes")));
    flow.at<Lookup>("next").guard = Lookup::Guard{"member", value("caller"), 3, 900s, flow.to("locked")};
    EXPECT_THAT(told_by_check(ends(flow)), Not(Contains(HasSubstr("guesses"))));
}

TEST(SecretCheck, a_called_program_is_held_against_what_its_callers_masked) {
    Flow called;
    called.named("called").say("tell", "{order_no}", "{order_no}", "back").add("back", Return{});
    const auto tells = std::make_shared<const Program>(called.program());
    Flow flow = keys_a_secret();
    flow.call("next", called, "bye").hangup("bye");
    const auto calls = std::make_shared<const Program>(flow.program());
    EXPECT_EQ(masked_variables({tells}), std::set<std::string>{});
    EXPECT_EQ(masked_variables({tells, calls, nullptr}), std::set<std::string>{"order_no"});
    const auto flaws = check_secrets(*tells, masked_variables({tells, calls}));
    ASSERT_EQ(flaws.size(), 2u);
    EXPECT_EQ(flaws[0].node + ' ' + flaws[0].field, "tell text.en");
}

Flow tells_rows(const std::string& text, std::optional<std::set<std::string>> words) {
    Flow flow = looks_up();
    auto& lookup = flow.at<Lookup>("order");
    lookup.query = std::make_shared<const Query>(Query{"order", "select …", {"order_no"}, std::move(words)});
    lookup.list = listing();
    lookup.list->cut = prompts({"cut"});
    lookup.list->text = {{"zh", sentence(text)}, {"en", sentence(text)}};
    return flow;
}

TEST(LookupCheck, names_in_the_text_of_a_list_are_its_columns_or_variables) {
    EXPECT_THAT(told_by_check(tells_rows("{item}{step}{order_no}", std::set<std::string>{"step"})),
                Not(Contains(HasSubstr("order: '"))));
    Flow flow = tells_rows("{item}{step}{owed}{name}", std::set<std::string>{"step"});
    flow.say("chosen", "", "", "set").set("set", {{"name", "'x'"}}, "bye");
    flow.at<Lookup>("order").list->chosen = flow.to("chosen");
    EXPECT_THAT(told_by_check(flow), Contains(HasSubstr("order: 'name', which is read here, may be unset")));
    EXPECT_THAT(told_by_check(tells_rows("{who}", std::nullopt)), Not(Contains(HasSubstr("'who'")))) << "a * may give it";
    Flow called = tells_rows("{who}", std::set<std::string>{"step"});
    called.named("called").add("bye", Return{});
    Flow calls;
    calls.call("call", called, "over").hangup("over");
    EXPECT_THAT(told_by_check(calls), Not(Contains(HasSubstr("'who'")))) << "told once, where it stands";
    const auto uses = column_uses(tells_rows("{item}{step}{who}", std::nullopt).program());
    std::string all;
    for (const auto& use : uses) all += use.name + ' ' + use.field + (use.or_variable ? "? " : " ");
    EXPECT_EQ(all, "step gives.0 owed gives.1 step list.text.en? who list.text.en? step list.text.zh? who list.text.zh? ");
    EXPECT_EQ(variables_set(flow.program()), (std::set<std::string>{"name", "order_no", "owed", "step"}));
}

TEST(LookupCheck, a_list_that_says_its_end_must_know_what_to_say_when_it_was_cut) {
    Flow flow = reads_out();
    EXPECT_THAT(told_by_check(flow), Contains(HasSubstr("order: where there are more rows than max_rows nothing is said")));
    flow.at<Lookup>("order").list->cut = prompts({"cut"});
    EXPECT_THAT(told_by_check(flow), Not(Contains(HasSubstr("max_rows"))));
}

TEST(LookupGraph, shows_what_is_asked) {
    EXPECT_THAT(graphviz(reads_out().program()), HasSubstr("label=\"order\\nlookup order\""));
    EXPECT_THAT(graphviz(asks_the_web().program()), HasSubstr("http POST https://crm.example/x"));
}

}  // namespace
}  // namespace hotline::ivr
