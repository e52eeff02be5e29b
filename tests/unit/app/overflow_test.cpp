// Configuration of overflow, wrap-up codes, groups and own lists: what is read, and what is said to mistakes.
#include <gmock/gmock.h>

#include "unit/app/site_fixture.h"

namespace hotline::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Rule = acd::OverflowRule;

class OverflowConfig : public testing::ScratchSite {
  protected:
    void queues(const std::string& service) {
        write("queues.json", "{\n  \"service\": {\n" + service + "\n  },\n  \"rescue\": { \"priority\": \"rescue\" }\n}\n");
    }
    void rules(const std::string& list) { queues("    \"hours\": \"office\", \"overflow\": [\n      " + list + "\n    ]"); }
};

TEST_F(OverflowConfig, EveryRuleIsReadAsItStands) {
    rules(R"({"after_s": 60, "widen": "rescue"}, {"wait_over_s": 300, "exit": "timed_out"}, {"length": 20, "flow": "main"},
      {"closed": true, "move": "other"})");
    change("queues.json", "\"rescue\": {", "\"other\": {},\n  \"rescue\": {");
    change("agents.json", "\"rescue\"]", "\"rescue\", \"other\"]");
    const auto config = load();
    ASSERT_EQ(problems_.to_text(), "");
    const auto& read = config.site->acd.queues.front().overflow;
    ASSERT_EQ(read.size(), 4u);
    EXPECT_EQ(read[0].when, Rule::When::Waited);
    EXPECT_EQ(read[0].limit, 60s);
    EXPECT_EQ(read[0].action, Rule::Action::Widen);
    EXPECT_EQ(read[0].to, "rescue");
    EXPECT_EQ(read[1].when, Rule::When::EstimatedWait);
    EXPECT_EQ(read[1].limit, 300s);
    EXPECT_EQ(read[1].action, Rule::Action::Leave);
    EXPECT_EQ(read[1].to, "timed_out");
    EXPECT_EQ(read[2].when, Rule::When::Length);
    EXPECT_EQ(read[2].length, 20u);
    EXPECT_EQ(read[2].to, "flow:main");
    EXPECT_EQ(config.site->overflow_flows.at("main"), config.site->hotlines.at("95000"));
    EXPECT_EQ(read[3].when, Rule::When::Closed);
    EXPECT_EQ(read[3].action, Rule::Action::Move);
    EXPECT_TRUE(config.site->queue_hours.contains("service"));
}

TEST_F(OverflowConfig, ARuleSaysOnceWhenAndOnceWhereTo) {
    rules(
        R"({"after_s": 60}, {"move": "rescue"}, {"after_s": 60, "length": 3, "move": "rescue"}, {"after_s": 60, "move": "rescue", "exit": "full"})");
    const auto text = said();
    EXPECT_THAT(text, HasSubstr("queues.json:4:7: nothing says where to: add widen, move, exit or flow.\n"));
    EXPECT_THAT(text, HasSubstr("queues.json:4:24: nothing says when: add after_s, wait_over_s, length or closed.\n"));
    EXPECT_THAT(text,
                HasSubstr("more than one key says when: keep one of after_s, wait_over_s, length or closed, or make two rules.\n"));
    EXPECT_THAT(text, HasSubstr("more than one key says where to: keep one of widen, move, exit or flow, or make two rules.\n"));
}

TEST_F(OverflowConfig, WhatARuleNamesMustBeThere) {
    rules(
        R"({"after_s": 60, "move": "rescu"}, {"after_s": 60, "move": "service"}, {"length": 3, "flow": "mian"}, {"length": 3, "exit": "ful"})");
    const auto text = said();
    EXPECT_THAT(text, HasSubstr("queues.json:4:31: there is no queue \"rescu\". Did you mean \"rescue\"?\n"));
    EXPECT_THAT(text, HasSubstr("this is the queue that he waits in. Name another one.\n"));
    EXPECT_THAT(text, HasSubstr("there is no program ivr/mian.json. Did you mean \"main\"?\n"));
    EXPECT_THAT(text, HasSubstr("\"ful\" is not known here. Did you mean \"full\"?\n"));
}

TEST_F(OverflowConfig, AQueueWithoutHoursNeverCloses) {
    queues(R"(    "overflow": [{"closed": true, "exit": "unavailable"}])");
    EXPECT_THAT(
        said(),
        HasSubstr("queues.json:3:29: this queue has no hours: it never closes. Add \"hours\", a calendar of hours.json.\n"));
    queues(R"(    "hours": "offices")");
    EXPECT_THAT(said(), HasSubstr("queues.json:3:14: there is no calendar \"offices\". Did you mean \"office\"?\n"));
}

TEST_F(OverflowConfig, RulesThatCanNeverHoldAreAWarning) {
    queues(
        R"(    "max_wait_s": 60, "max_length": 5, "overflow": [{"after_s": 60, "move": "rescue"}, {"length": 5, "move": "rescue"}])");
    const auto text = said();
    EXPECT_FALSE(has_errors()) << text;
    EXPECT_THAT(text, HasSubstr("warning: the queue's max_wait_s ends the wait before."));
    EXPECT_THAT(text, HasSubstr("warning: the queue takes max_length callers at most: this rule never holds."));
}

TEST_F(OverflowConfig, NobodyBecomesRescueByAMove) {
    rules(R"({"after_s": 60, "move": "rescue"}, {"after_s": 90, "widen": "rescue"})");
    const auto text = said();
    EXPECT_FALSE(has_errors()) << text;
    EXPECT_THAT(text, HasSubstr("queues.json:4:31: warning: \"rescue\" is a rescue queue: who is moved there waits behind all who "
                                "asked for it. Widen by it, or name another queue.\n"));
    change("queues.json", "\"service\": {", "\"service\": { \"priority\": \"rescue\",");
    EXPECT_EQ(said(), "") << "from one rescue queue to the next nobody becomes anything";
}

TEST_F(OverflowConfig, AProgramThatOnlyAQueueLeadsToIsInUse) {
    write("ivr/night.json", R"({ "start": "bye", "nodes": { "bye": { "type": "hangup", "farewell": ["goodbye"] } } })");
    EXPECT_THAT(said(), HasSubstr("no number leads to this program"));
    rules(R"({"closed": true, "flow": "night"})");
    EXPECT_EQ(said(), "");
}

TEST_F(OverflowConfig, CodesAreDigitsWithNames) {
    write("prompts.json", prompts(R"("agent_coded": {"zh": "好", "en": "ok"}, "agent_code_unknown": {"zh": "无", "en": "no"})"));
    queues(R"(    "wrapup_codes": {"codes": {"1": "booked", "25": "asked"}, "default": "none"})");
    const auto config = load();
    EXPECT_EQ(problems_.to_text(), "");
    EXPECT_EQ(config.site->wrapup_codes.at("service").codes.at("25"), "asked");
    EXPECT_EQ(config.site->wrapup_codes.at("service").otherwise, "none");
    EXPECT_TRUE(config.site->system_prompts.contains("agent_coded"));
    queues(R"(    "wrapup_codes": {"codes": {"x": "booked", "12345": "asked", "3": "no name"}, "defualt": "none"})");
    const auto text = said();
    EXPECT_THAT(text, HasSubstr("\"x\" cannot be dialled as a code. Use one to four digits.\n"));
    EXPECT_THAT(text, HasSubstr("\"12345\" cannot be dialled as a code."));
    EXPECT_THAT(text, HasSubstr("expected a name of letters, digits and . _ - (at most 64), as reports show it.\n"));
    EXPECT_THAT(text, HasSubstr("unknown key \"defualt\". Did you mean \"default\"?"));
}

TEST_F(OverflowConfig, CodesNeedTheirPrompts) {
    queues(R"(    "wrapup_codes": {"codes": {"1": "booked"}})");
    EXPECT_THAT(said(), HasSubstr("there is no prompt \"agent_coded\" in prompts.json."));
}

TEST_F(OverflowConfig, NoOtherStarCodeBeginsLikeTheOneBeforeACode) {
    EXPECT_THAT(said({"star_codes.pause=\"*755\""}),
                HasSubstr("\"*755\" begins like star_codes.code, after which the digits of a code follow. Change one.\n"));
}

TEST_F(OverflowConfig, AgentsMayNameAGroupOfQueues) {
    change("site.json", "\"languages\"", "\"queue_groups\": { \"all\": [\"rescue\", \"service\"] },\n  \"languages\"");
    change("agents.json", "[\"service\", \"rescue\"]", "[\"service\", \"all\"], \"own_list\": { \"length\": 2, \"wait_s\": 9 }");
    const auto config = load();
    EXPECT_EQ(problems_.to_text(), "");
    const auto& agent = config.site->acd.agents.front();
    EXPECT_THAT(agent.queues, ElementsAre("service", "rescue"));
    EXPECT_EQ(agent.own_length, 2u);
    EXPECT_EQ(agent.own_wait, 9s);
    EXPECT_THAT(config.site->queue_groups.at("all"), ElementsAre("rescue", "service"));
}

TEST_F(OverflowConfig, AStepOfRelaxingMayAddAGroup) {
    change("site.json", "\"languages\"", "\"queue_groups\": { \"all\": [\"rescue\", \"service\"] },\n  \"languages\"");
    write("queues.json", R"({
  "service": { "relax": [{ "after_s": 10, "widen": ["rescue", "all"] }] },
  "rescue": { "priority": "rescue" }
})");
    const auto config = load();
    EXPECT_EQ(problems_.to_text(), "");
    EXPECT_THAT(config.site->acd.queues.front().relax.at(0).widen, ElementsAre("rescue")) << "not itself, and nobody twice";
}

TEST_F(OverflowConfig, AGroupIsNoQueueAndHoldsQueues) {
    change("site.json", "\"languages\"",
           "\"queue_groups\": { \"service\": [\"rescue\"], \"some\": [\"rescu\"], \"none\": [] },\n  \"languages\"");
    const auto text = said();
    EXPECT_THAT(text, HasSubstr("\"service\" is a queue, too. Give the group a name of its own.\n"));
    EXPECT_THAT(text, HasSubstr("there is no queue \"rescu\". Did you mean \"rescue\"?\n"));
    EXPECT_THAT(text, HasSubstr("the group is empty. Name its queues, or remove it.\n"));
}

TEST_F(OverflowConfig, AQueueNodeMayAskForOneAgentAndHaveAnExitForOverflow) {
    change("ivr/main.json", "\"full\": \"bye\"", "\"full\": \"bye\", \"overflow\": \"menu\", \"agent\": \"caller\"");
    const auto config = load();
    EXPECT_EQ(problems_.to_text(), "");
    for (const auto& node : config.site->hotlines.at("95000")->nodes) {
        if (const auto* join = std::get_if<ivr::JoinQueue>(&node.body)) {
            EXPECT_TRUE(join->overflow.has_value());
            EXPECT_TRUE(join->agent.has_value());
        }
    }
}

}  // namespace
}  // namespace hotline::app
