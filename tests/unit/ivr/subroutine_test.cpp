// Programs that call others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/ivr/flow.h"

namespace hotline::ivr {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

Flow asks_order() {
    Flow flow;
    flow.named("order").collect("order", "thanks", "sorry").play("thanks", {"thanks"}, "back").hangup("sorry", {"sorry"});
    flow.add("back", Return{});
    return flow;
}

Flow main_flow() {
    Flow flow;
    flow.menu("main", {{'1', "ask"}, {'2', "also"}}, "bye", "bye")
        .call("ask", asks_order(), "say")
        .call("also", asks_order(), "main");
    flow.say("say", "订单{order:digits}", "Order {order:digits}", "main").hangup("bye", {"bye"});
    flow.queue("service", "service", "bye", "bye", "bye").anywhere('0', "service").anywhere('*');
    return flow;
}

Caller in_calling_flow(const Flow& flow = main_flow()) {
    Caller caller(flow);
    caller.calls();
    return caller;
}

TEST(CallNode, goes_through_the_other_program_and_comes_back) {
    Caller caller = in_calling_flow();
    EXPECT_EQ(caller.presses('1'), "[main 1 to_ask] say order_prompt");
    EXPECT_EQ(caller.machine().node(), "order");
    EXPECT_EQ(caller.types("12#"), "say thanks");
    EXPECT_EQ(caller.hears_it_out(), "say 订单幺二") << "variables are the call's";
    EXPECT_EQ(caller.machine().node(), "say");
}

TEST(CallNode, each_comes_back_to_its_own_place) {
    Caller caller = in_calling_flow();
    caller.types("212#");
    EXPECT_EQ(caller.hears_it_out(), "say main_short");
}

TEST(CallNode, the_called_program_may_end_the_call) {
    Caller caller = in_calling_flow();
    caller.presses('1');
    for (int i = 0; i < 2; ++i) {
        caller.hears_it_out();
        caller.waits();
    }
    caller.hears_it_out();
    EXPECT_EQ(caller.waits(), "say! sorry");
    EXPECT_EQ(caller.hears_it_out(), "end");
}

TEST(CallNode, keys_from_anywhere_lead_out_of_the_called_program) {
    Caller caller = in_calling_flow();
    EXPECT_EQ(caller.types("10#"), "[order 0 to_service] queue service (please_wait)");
    EXPECT_EQ(caller.leaves_queue(QueueExit::Full), "say! bye");
}

TEST(CallNode, back_leads_out_of_the_called_program) {
    Caller caller = in_calling_flow();
    caller.presses('1');
    EXPECT_EQ(caller.presses('*'), "say main_short");
    EXPECT_EQ(caller.types("112#"), "say thanks") << "and in again";
}

TEST(CallNode, the_called_programs_own_keys_come_first) {
    Flow inner = asks_order();
    inner.queue("night", "night", "back", "back", "back").anywhere('0', "night");
    Flow flow = main_flow();
    flow.call("ask", inner, "say");
    Caller caller = in_calling_flow(flow);
    EXPECT_EQ(caller.types("10#"), "[order 0 to_night] queue night (please_wait)");
    EXPECT_EQ(caller.leaves_queue(QueueExit::Full), "say 订单") << "returned without an order";
}

TEST(ReturnNode, of_a_program_that_nobody_called_ends_the_call) {
    EXPECT_EQ(Caller(asks_order()).tell(Started{}), "say order_prompt");
    Flow flow;
    flow.add("back", Return{});
    EXPECT_EQ(Caller(flow).calls(), "end");
}

Flow nested(int programs) {
    Flow flow;
    if (programs == 1) {
        flow.play("deep", {"deep"}, "back");
    } else {
        flow.call("down", nested(programs - 1), "back");
    }
    flow.named("p" + std::to_string(programs)).add("back", Return{});
    return flow;
}

TEST(CallNode, depth_is_bounded) {
    EXPECT_EQ(Caller(nested(8)).calls(), "say deep");
    EXPECT_EQ(Caller(nested(9)).calls(), "give up");
    EXPECT_EQ(Caller(nested(8)).tell(Started{}), "say deep");
    Caller caller(nested(8));
    caller.calls();
    EXPECT_EQ(caller.hears_it_out(), "end");
}

std::vector<std::string> flaws_of_calls(const Flow& flow) {
    std::vector<std::string> lines;
    for (const auto& flaw : check(flow.program()))
        lines.push_back((flaw.fatal ? "fatal " : "warning ") + flaw.node + ": " + flaw.text);
    return lines;
}

TEST(CheckCalls, finds_nothing_in_a_sound_program) {
    EXPECT_THAT(flaws_of_calls(main_flow()), IsEmpty());
    EXPECT_THAT(flaws_of_calls(asks_order()), IsEmpty());
}

TEST(CheckCalls, programs_may_be_eight_deep) {
    EXPECT_THAT(flaws_of_calls(nested(8)), IsEmpty());
    EXPECT_THAT(flaws_of_calls(nested(9)), Contains("fatal down: programs call each other more than 8 deep; put some of them into one"));
}

/// Seven programs below each other, each of which calls the next ten times: ten million ways, looked through once each.
TEST(CheckCalls, however_often_programs_call_each_other_the_check_ends_soon) {
    auto flow = std::make_shared<Program>();
    flow->nodes = {{"back", Return{}}};
    for (int depth = 0; depth < 7; ++depth) {
        auto outer = std::make_shared<Program>();
        for (NodeIndex i = 0; i < 10; ++i) outer->nodes.push_back({"call" + std::to_string(i), CallFlow{flow, i + 1}});
        outer->nodes.push_back({"back", Return{}});
        flow = outer;
    }
    EXPECT_THAT(check(*flow), IsEmpty());
}

TEST(CheckCalls, a_program_that_never_comes_back_is_told) {
    Flow gone;
    gone.named("gone").hangup("bye", {"bye"});
    Flow flow;
    flow.call("leave", gone, "bye").hangup("bye");
    EXPECT_THAT(flaws_of_calls(flow), ElementsAre(StartsWith("warning leave: 'gone' never comes back"),
                                            StartsWith("warning bye: no other node leads here")));
}

TEST(CheckCalls, circles_through_called_programs_are_found) {
    Flow silent, speaking, asking;
    silent.set("set", {{"a", "1"}}, "back").add("back", Return{});
    speaking.play("play", {"a"}, "back").add("back", Return{});
    asking.menu("menu", {{'1', "back"}}, "back", "bye").hangup("bye").add("back", Return{});
    const auto circle = [](const Flow& inner) {
        Flow flow;
        flow.call("round", inner, "round");
        return flaws_of_calls(flow);
    };
    EXPECT_THAT(circle(silent), ElementsAre(StartsWith("fatal round: goes round without a word")));
    EXPECT_THAT(circle(speaking), ElementsAre(StartsWith("warning round: loops without input")));
    EXPECT_THAT(circle(asking), IsEmpty());
}

TEST(CheckCalls, what_a_called_program_reads_is_told_where_it_is_called) {
    Flow inner;
    inner.named("price").say("say", "共{total:money}", "{total:money}", "back").add("back", Return{});
    EXPECT_THAT(flaws_of_calls(inner), IsEmpty()) << "its callers set it";
    Flow flow;
    flow.branch("branch", {{"caller starts with '1'", "set"}}, "call").set("set", {{"total", "100"}}, "call");
    flow.call("call", inner, "bye").hangup("bye");
    EXPECT_THAT(flaws_of_calls(flow),
                ElementsAre("warning call: 'price' reads 'total', which may be unset here: set it on every way that leads here, "
                            "or ask 'total is set' before"));
    flow.at<Branch>("branch").otherwise = flow.to("set");
    EXPECT_THAT(flaws_of_calls(flow), IsEmpty());
}

TEST(CheckCalls, what_a_called_program_sets_is_known_behind_it) {
    Flow flow = main_flow();
    Flow inner = asks_order();
    inner.at<Collect>("order").failed = inner.to("back");
    flow.call("ask", inner, "say");
    EXPECT_THAT(flaws_of_calls(flow), ElementsAre(StartsWith("warning say: 'order', which is read here, may be unset"),
                                            StartsWith("warning say: 'order', which is read here, may be unset")));
}

}  // namespace
}  // namespace hotline::ivr
