// What check() finds in a program, and that it says where.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/ivr/flow.h"

namespace hotline::ivr {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

/// "fatal menu: text" or "warning menu: text".
std::vector<std::string> flaws_of(const Program& program) {
    std::vector<std::string> lines;
    for (const auto& flaw : check(program)) lines.push_back((flaw.fatal ? "fatal " : "warning ") + flaw.node + ": " + flaw.text);
    return lines;
}
std::vector<std::string> flaws_of(const Flow& flow) { return flaws_of(flow.program()); }

Flow sound() {
    Flow flow;
    flow.play("welcome", {"welcome"}, "main").menu("main", {{'1', "queue"}, {'2', "number"}}, "bye", "bye");
    flow.queue("queue", "service", "bye", "bye", "bye").collect("number", "main", "bye").hangup("bye", {"bye"});
    return flow;
}

TEST(Check, finds_nothing_in_a_sound_program) { EXPECT_THAT(flaws_of(sound()), IsEmpty()); }

TEST(Check, a_program_needs_a_start) {
    EXPECT_THAT(flaws_of(Program{}), ElementsAre(HasSubstr("no start node")));
    Program program = sound().program();
    program.start = 99;
    EXPECT_THAT(flaws_of(program), ElementsAre(HasSubstr("no start node")));
}

TEST(Check, an_exit_must_lead_somewhere) {
    Program program = sound().program();
    std::get<Menu>(program.nodes[1].body).invalid_exit = 99;
    EXPECT_THAT(flaws_of(program), ElementsAre("fatal main: on_invalid leads to a node that does not exist"));
}

TEST(Check, names_are_unique) {
    Program program = sound().program();
    program.nodes[4].name = "main";
    EXPECT_THAT(flaws_of(program), Contains(StartsWith("fatal main: two nodes have this name")));
}

TEST(Check, a_node_that_nobody_leads_to_is_a_warning) {
    Flow flow = sound();
    flow.hangup("island");
    EXPECT_THAT(flaws_of(flow), ElementsAre(StartsWith("warning island: no other node leads here")));
}

TEST(Check, a_silent_circle_is_fatal_and_told_once) {
    Flow flow = sound();
    flow.at<Menu>("main").choices[0].next = flow.to("a");
    flow.go("a", "b").go("b", "c");
    flow.add("c", Hours{std::make_shared<Calendar>(), flow.to("a"), flow.to("bye")});
    EXPECT_THAT(flaws_of(flow),
                Contains("fatal a: goes round without a word and without asking anything; lead one of them out of the "
                         "circle (a, b, c)"));
    EXPECT_EQ(flaws_of(flow).size(), 2u);  // and the queue, which nobody leads to any more
}

TEST(Check, a_node_that_leads_to_itself_is_a_circle) {
    Flow flow;
    flow.go("a", "a");
    EXPECT_THAT(flaws_of(flow), ElementsAre(StartsWith("fatal a: goes round without a word")));
}

TEST(Check, a_play_without_prompts_makes_no_sound_in_a_circle) {
    Flow flow;
    flow.play("a", {}, "a");
    EXPECT_THAT(flaws_of(flow),
                ElementsAre(StartsWith("warning a: plays nothing"), StartsWith("fatal a: goes round without a word")));
}

TEST(Check, a_circle_of_prompts_is_a_warning) {
    Flow flow;
    flow.play("a", {"a"}, "b").go("b", "a");
    EXPECT_THAT(flaws_of(flow), ElementsAre(StartsWith("warning a: loops without input")));
}

TEST(Check, a_queue_that_leads_back_to_itself_when_full_spins) {
    Flow flow;
    flow.queue("q", "service", "q", "bye", "bye").hangup("bye");
    EXPECT_THAT(flaws_of(flow), ElementsAre(StartsWith("fatal q: goes round without a word")));
    flow.queue("q", "service", "busy", "bye", "bye").play("busy", {"busy"}, "q");
    EXPECT_THAT(flaws_of(flow), ElementsAre(StartsWith("warning q: loops without input")));
    flow.queue("q", "service", "bye", "q", "bye").play("busy", {"busy"}, "bye");
    EXPECT_THAT(flaws_of(flow), ElementsAre(StartsWith("warning busy: no other node")));  // waiting again is no circle
}

TEST(Check, a_menu_that_a_silent_caller_never_leaves_is_a_warning) {
    Flow flow = sound();
    flow.at<Menu>("main").no_input_exit = flow.to("main");
    EXPECT_THAT(flaws_of(flow), ElementsAre(StartsWith("warning main: whoever presses nothing goes round here for ever")));
}

TEST(Check, menus) {
    Flow flow = sound();
    auto& menu = flow.at<Menu>("main");
    menu.choices.push_back({'1', "again", menu.invalid_exit});
    menu.choices.push_back({'A', "", menu.invalid_exit});
    menu.timeout = 0s;
    menu.max_invalid = 0;
    menu.greeting.clear();
    EXPECT_THAT(flaws_of(flow), ElementsAre(StartsWith("fatal main: has key 1 twice"), StartsWith("fatal main: has 'A' for a key"),
                                            StartsWith("warning main: key A has no 'what'"),
                                            StartsWith("warning main: is a menu without a greeting"),
                                            StartsWith("fatal main: timeout_s"), StartsWith("fatal main: max_invalid")));
    menu = Menu{};
    menu.greeting = prompts({"x"});
    menu.invalid_exit = menu.no_input_exit = flow.to("bye");
    EXPECT_THAT(flaws_of(flow), Contains(StartsWith("fatal main: is a menu without keys")));
}

TEST(Check, entries) {
    Flow flow = sound();
    auto& collect = flow.at<Collect>("number");
    collect.variable.clear();
    collect.min_digits = 5;
    collect.terminator = '5';
    collect.digit_timeout = 0s;
    collect.max_attempts = 0;
    collect.prompt.clear();
    EXPECT_THAT(flaws_of(flow),
                ElementsAre(StartsWith("warning number: collects without a prompt"), StartsWith("fatal number: has no variable"),
                            StartsWith("fatal number: min and max"), StartsWith("fatal number: terminator"),
                            StartsWith("fatal number: its timeouts"), StartsWith("fatal number: attempts")));
}

TEST(Check, entries_that_confirm_or_choose) {
    Flow flow = sound();
    auto& collect = flow.at<Collect>("number");
    collect.values = {"12", "1", "12345"};
    collect.masked = true;
    collect.confirm.emplace();
    collect.confirm->again = '1';
    collect.person = flow.to("queue");
    collect.min_digits = collect.max_digits = 1;
    EXPECT_THAT(flaws_of(flow), ElementsAre(StartsWith("fatal number: '12' can never be entered"),
                                            StartsWith("fatal number: '12345' can never be entered"),
                                            StartsWith("fatal number: a masked entry is never said aloud"),
                                            StartsWith("fatal number: right and again are one key"),
                                            StartsWith("warning number: the caller does not hear which key confirms"),
                                            StartsWith("warning number: a 0 is a whole entry here")));
}

TEST(Check, variables_have_names_that_conditions_can_ask_for) {
    Flow flow = sound();
    flow.at<Collect>("number").variable = "time";
    EXPECT_THAT(flaws_of(flow),
                ElementsAre("fatal number: 'time' has a meaning of its own in conditions; call the variable otherwise"));
    flow.at<Collect>("number").variable = "order-no";
    EXPECT_THAT(flaws_of(flow), ElementsAre(StartsWith("fatal number: 'order-no' cannot be asked for in a condition")));
}

TEST(Check, keys_from_anywhere) {
    Flow flow = sound();
    flow.hangup("island").anywhere('0', "island").anywhere('*');
    EXPECT_THAT(flaws_of(flow), IsEmpty()) << "a key leads to the island";
    flow.anywhere('0');
    EXPECT_THAT(flaws_of(flow), ElementsAre("fatal : anywhere has key 0 twice; each key leads to one place"));
    flow = sound().anywhere('0', "nowhere");
    EXPECT_THAT(flaws_of(flow), ElementsAre("fatal : key 0 of anywhere leads to a node that does not exist"));
}

/// main asks for a number, or goes on without one.
Flow may_lack_number() {
    Flow flow;
    flow.menu("main", {{'1', "number"}, {'2', "next"}}, "bye", "bye").collect("number", "next", "next").hangup("bye");
    return flow;
}

TEST(CheckVariables, that_may_be_unset_are_told_with_the_place_in_the_text) {
    Flow flow = may_lack_number();
    flow.branch("next", {{"caller == '1' or number == 5", "bye"}}, "bye");
    const auto flaws = check(flow.program());
    ASSERT_EQ(flaws.size(), 1u);
    EXPECT_EQ(flaws[0].node, "next");
    EXPECT_EQ(flaws[0].text,
              "'number', which is read here, may be unset: set it on every way that leads here, or ask 'number is set' before");
    EXPECT_FALSE(flaws[0].fatal);
    EXPECT_EQ(flaws[0].field, "when.0.if");
    EXPECT_EQ(flaws[0].at, std::string_view("caller == '1' or ").size());
}

TEST(CheckVariables, that_every_way_has_set_or_that_are_asked_for_first_are_fine) {
    Flow flow = may_lack_number();
    flow.branch("next", {{"number is set and number == 5", "bye"}}, "bye");
    EXPECT_THAT(flaws_of(flow), IsEmpty());
    flow.branch("next", {{"number is set", "say"}}, "bye").say("say", "{number:digits}", "{number}", "bye");
    EXPECT_THAT(flaws_of(flow), IsEmpty());
    flow.branch("next", {{"number > 3", "say"}}, "bye");
    EXPECT_THAT(flaws_of(flow), ElementsAre(StartsWith("warning next: 'number'"))) << "behind it the number is known";
    flow.say("next", "{number:digits}", "{number}", "say");
    flow.at<Say>("next").failed = flow.to("bye");
    EXPECT_THAT(flaws_of(flow), IsEmpty()) << "the exit is for that, and behind the sentence the number is known";
    flow = may_lack_number();
    flow.at<Menu>("main").choices[1].next = flow.to("number");
    flow.at<Collect>("number").failed = flow.to("bye");
    flow.say("next", "{number:digits}", "{number}", "bye");
    EXPECT_THAT(flaws_of(flow), IsEmpty());
}

TEST(CheckVariables, that_nothing_sets_are_told_with_those_that_there_are) {
    Flow flow = may_lack_number();
    flow.branch("next", {{"nubmer == 5", "bye"}}, "bye");
    EXPECT_THAT(flaws_of(flow),
                ElementsAre("warning next: 'nubmer' is set nowhere. Set it, or correct its name; there are number"));
}

TEST(CheckVariables, that_are_unset_again_are_unset) {
    Flow flow;
    flow.set("a", {{"x", "1"}}, "b").set("b", {{"x", ""}}, "c").set("c", {{"y", "x + 1"}}, "d");
    flow.branch("d", {{"y == 2", "bye"}}, "bye").hangup("bye");
    EXPECT_THAT(flaws_of(flow), ElementsAre(StartsWith("warning c: 'x', which is read here, may be unset"),
                                            StartsWith("warning d: 'y', which is read here, may be unset")));
}

TEST(CheckVariables, a_key_from_anywhere_may_come_before_they_are_set) {
    Flow flow;
    flow.collect("number", "say", "bye").say("say", "{number:digits}", "{number}", "bye").hangup("bye");
    EXPECT_THAT(flaws_of(flow), IsEmpty());
    flow.anywhere('0', "say");
    EXPECT_THAT(flaws_of(flow), ElementsAre(StartsWith("warning say: 'number'"), StartsWith("warning say: 'number'")));
}

TEST(CheckVariables, in_a_circle_are_judged_by_the_first_time_round) {
    Flow flow;
    flow.branch("count", {{"tries > 3", "bye"}}, "add").set("add", {{"tries", "tries + 1"}}, "menu");
    flow.menu("menu", {{'1', "count"}}, "bye", "bye").hangup("bye");
    EXPECT_THAT(flaws_of(flow), ElementsAre(StartsWith("warning count: 'tries'"), StartsWith("warning add: 'tries'")));
    Flow begun;
    begun.set("begin", {{"tries", "0"}}, "count");
    begun.branch("count", {{"tries > 3", "bye"}}, "add").set("add", {{"tries", "tries + 1"}}, "menu");
    begun.menu("menu", {{'1', "count"}}, "bye", "bye").hangup("bye");
    EXPECT_THAT(flaws_of(begun), IsEmpty());
}

TEST(CheckVariables, that_are_masked_are_never_said_also_not_copies_of_them) {
    Flow flow;
    flow.collect("pin", "copy", "bye").set("copy", {{"copy", "pin"}}, "say").say("say", "好", "{copy:digits}", "bye").hangup("bye");
    EXPECT_THAT(flaws_of(flow), IsEmpty());
    flow.at<Collect>("pin").masked = true;
    const auto flaws = check(flow.program());
    ASSERT_EQ(flaws.size(), 1u);
    EXPECT_TRUE(flaws[0].fatal);
    EXPECT_THAT(flaws[0].text, StartsWith("'copy' is masked, or made of something masked"));
    EXPECT_EQ(flaws[0].field, "text.en");
    EXPECT_EQ(flaws[0].at, 1u);
}

TEST(Check, silent_circles_of_branches_and_sets_are_fatal) {
    Flow flow;
    flow.branch("a", {{"time > 9:00", "b"}}, "bye").set("b", {{"x", "1"}}, "c").language("c", "", "a").hangup("bye");
    EXPECT_THAT(flaws_of(flow), ElementsAre(StartsWith("fatal a: goes round without a word")));
}

TEST(Check, hours) {
    Flow flow;
    auto calendar = std::make_shared<Calendar>();
    flow.add("hours", Hours{calendar, 1, 1}).hangup("bye");
    EXPECT_THAT(flaws_of(flow), IsEmpty());
    calendar->time_zone = "Asia/Atlantis";
    calendar->week[2] = {{600, 600}};
    calendar->exceptions[{2026, 2, 30}] = {};
    calendar->exceptions[{2026, 3, 1}] = {{0, 1441}};
    EXPECT_THAT(flaws_of(flow), ElementsAre(HasSubstr("'Asia/Atlantis' is unknown"), HasSubstr("ends before it begins"),
                                            HasSubstr("a day that does not exist"), HasSubstr("ends before it begins")));
    flow.at<Hours>("hours").calendar = nullptr;
    EXPECT_THAT(flaws_of(flow), ElementsAre("fatal hours: has no calendar"));
}

TEST(Check, queues_have_a_name) {
    Flow flow = sound();
    flow.at<JoinQueue>("queue").queue.clear();
    EXPECT_THAT(flaws_of(flow), ElementsAre("fatal queue: names no queue"));
}

TEST(Check, prompts_have_something_to_say) {
    Flow flow = sound();
    flow.at<Play>("welcome").prompts = {{{"zh", {"", "", "zh"}}}, {}, {{"en", {"hello", "", "en"}}}};
    EXPECT_THAT(flaws_of(flow),
                ElementsAre(HasSubstr("neither a name nor a text in 'zh'"), HasSubstr("without any language"),
                            StartsWith("warning welcome: prompts holds a prompt ('hello') without the program's language")));
    flow = sound();
    flow.at<Menu>("main").on_no_input = {{{{"zh", {"", "", "zh"}}}}};
    EXPECT_THAT(flaws_of(flow), ElementsAre(StartsWith("fatal main: no_input holds")));
}

}  // namespace
}  // namespace hotline::ivr
