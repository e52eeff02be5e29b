// A program as a picture.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/ivr/flow.h"

namespace hotline::ivr {
namespace {

using ::testing::HasSubstr;

TEST(Graphviz, draws_every_node_and_every_way) {
    Flow inner;
    inner.named("pin").add("back", Return{});
    Flow flow;
    flow.menu("main", {{'1', "call"}}, "bye", "service").call("call", inner, "main");
    flow.queue("service", "service", "bye", "bye", "bye").hangup("bye").anywhere('0', "service").anywhere('*');
    EXPECT_EQ(graphviz(flow.program()), R"dot(digraph "main" {
  start [shape=point, label=""];
  n0 [shape=house, label="main\nmenu"];
  n1 [shape=component, label="call\ncall pin"];
  n2 [shape=ellipse, label="bye\nhangup"];
  n3 [shape=doubleoctagon, label="service\nqueue service"];
  start -> n0;
  n0 -> n1 [label="1 to_call"];
  n0 -> n2 [label="on_invalid"];
  n0 -> n3 [label="on_no_input"];
  n1 -> n0;
  n3 -> n2 [label="full"];
  n3 -> n2 [label="timed_out"];
  n3 -> n2 [label="unavailable"];
  anywhere [shape=plaintext, label="from anywhere"];
  anywhere -> n3 [label="0 to_service"];
}
)dot");
}

TEST(Graphviz, quotes_names_and_leaves_out_ways_to_nowhere) {
    Program program;
    program.name = "a \"b\"";
    program.nodes = {{"a\"\\b", Goto{7}}};
    const auto dot = graphviz(program);
    EXPECT_THAT(dot, HasSubstr(R"(digraph "a \"b\"")"));
    EXPECT_THAT(dot, HasSubstr(R"(label="a\"\\b\ngoto")"));
    EXPECT_THAT(dot, ::testing::Not(HasSubstr("n0 -> ")));
}

}  // namespace
}  // namespace hotline::ivr
