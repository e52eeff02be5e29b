// Configuration of callbacks: what is read, and what is said to mistakes.
#include <gmock/gmock.h>

#include "app/rehearsal.h"
#include "unit/app/site_fixture.h"

namespace hotline::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Mode = call::CallbackRules::Mode;

class CallbackConfig : public testing::ScratchSite {
  protected:
    void SetUp() override {
        ScratchSite::SetUp();
        change("site.json", "\"numbers\"", "\"outbound\": { \"allowed\": [\"1\", \"0\"] },\n  \"numbers\"");
        write("trunks.json",
              "{\n  \"local\": { \"sources\": [\"127.0.0.0/8\"], \"address\": \"127.0.0.1:5080\", \"caller_id\": \"95000\" }\n}\n");
        write("prompts.json",
              prompts("\"callback_offer\": { \"zh\": \"请按一\", \"en\": \"Press one\" },\n  \"ringback\": { \"zh\": "
                      "\"嘟\", \"en\": \"ring\" }"));
        change("ivr/main.json", "\"unavailable\": \"bye\" }", "\"unavailable\": \"bye\", \"callback\": \"bye\" }");
    }
    void rules(const std::string& callback, const std::string& more = "") {
        write("queues.json", "{\n  \"service\": {\n    " + more + "\"callback\": { " + callback +
                                 " }\n  },\n  \"rescue\": { \"priority\": \"rescue\" }\n}\n");
    }
    void confirm_flow(const std::string& key_leads_to = "queue") {
        write(
            "ivr/confirm.json",
            R"({ "start": "ask", "nodes": {
  "ask": { "type": "menu", "greeting": ["hello"], "keys": { "1": { "what": "connect", "goto": ")" +
                key_leads_to + R"(" } },
    "on_invalid": "bye", "on_no_input": "bye" },
  )" +
                (key_leads_to == "queue"
                     ? R"("queue": { "type": "queue", "queue": "service", "full": "bye", "timed_out": "bye", "unavailable": "bye" }, )"
                     : "") +
                R"("bye": { "type": "hangup" } } })");
    }
    void wish(const std::string& rest) {
        change("ivr/main.json", "\"goto\": \"service\" } },",
               "\"goto\": \"service\" }, \"2\": { \"what\": \"callback\", \"goto\": \"wish\" } },");
        change("ivr/main.json", "\"bye\": {",
               "\"wish\": { \"type\": \"callback\", " + rest +
                   "\"taken\": \"bye\", \"already\": \"bye\", \"refused\": \"service\", \"closed\": "
                   "\"bye\", \"failed\": \"bye\" },\n    \"bye\": {");
    }
};

TEST_F(CallbackConfig, AllIsReadAsItStands) {
    confirm_flow();
    rules(R"("mode": "customer_first", "offer_after_s": 30, "key": "9", "retries": 4, "retry_s": 120, "expires_s": 7200,
      "hours": "office", "ring_s": 20, "confirm_s": 15, "flow": "confirm", "allowed": ["139"])");
    const auto config = load();
    ASSERT_EQ(problems_.to_text(), "");
    const auto& read = config.site->callbacks.at("service");
    EXPECT_EQ(read.mode, Mode::CustomerFirst);
    EXPECT_EQ(read.offer_after, 30s);
    EXPECT_EQ(read.key, '9');
    EXPECT_EQ(read.offer.at("zh").text, "请按一");
    EXPECT_EQ(read.retries, 4);
    EXPECT_EQ(read.retry, 120s);
    EXPECT_EQ(read.expires, 2h);
    EXPECT_TRUE(read.hours);
    EXPECT_EQ(read.ring, 20s);
    EXPECT_EQ(read.confirm, 15s);
    EXPECT_EQ(read.flow->name, "confirm");
    EXPECT_THAT(read.allowed, ElementsAre("139"));
}

TEST_F(CallbackConfig, NothingNeedsToBeWritten) {
    rules("");
    const auto config = load();
    ASSERT_EQ(problems_.to_text(), "");
    const auto& read = config.site->callbacks.at("service");
    EXPECT_EQ(read.mode, Mode::AgentFirst);
    EXPECT_EQ(read.offer_after, 60s);
    EXPECT_EQ(read.retries, 2);
    EXPECT_EQ(read.expires, 4h);
    EXPECT_EQ(read.ringback.name, "ringback");
    EXPECT_FALSE(config.site->callbacks.contains("rescue"));
}

TEST_F(CallbackConfig, WhatItNamesMustBeThere) {
    rules(R"("hours": "offise", "machine_codes": ["machin"])", "\"wrapup_codes\": { \"codes\": { \"9\": \"machine\" } }, ");
    auto text = said();
    EXPECT_THAT(text, HasSubstr("there is no calendar \"offise\". Did you mean \"office\"?"));
    EXPECT_THAT(text, HasSubstr("the queue has no wrap-up code \"machin\". Did you mean \"machine\"?"));
    rules(R"("mode": "customer_first", "flow": "confrim")");
    confirm_flow();
    EXPECT_THAT(said(), HasSubstr("there is no program ivr/confrim.json. Did you mean \"confirm\"?"));
    rules(R"("offer": "no_such")");
    EXPECT_THAT(said(), HasSubstr("there is no prompt \"no_such\""));
}

TEST_F(CallbackConfig, ACustomerWhoIsFirstMustSayThatHeIsThere) {
    rules(R"("mode": "customer_first")");
    EXPECT_THAT(said(), HasSubstr("flow is missing: who answers must say that he is no machine."));
    EXPECT_TRUE(has_errors());
    confirm_flow("bye");
    rules(R"("mode": "customer_first", "flow": "confirm")");
    EXPECT_THAT(said(), HasSubstr("ivr/confirm.json has no queue node: nobody would ever be connected."));
    EXPECT_TRUE(has_errors());
}

TEST_F(CallbackConfig, WhereNobodyMayBeCalledNobodyIsCalledBack) {
    rules("");
    EXPECT_THAT(said({"outbound.allowed=[]"}),
                HasSubstr("queues.json:3:17: nobody can be called back: site.json allows no number"));
    EXPECT_TRUE(has_errors());
}

TEST_F(CallbackConfig, ItsKeyLeadsNowhereElse) {
    rules(R"("key": "2")");
    change("ivr/main.json", "\"unavailable\": \"bye\", \"callback\"",
           "\"unavailable\": \"bye\", \"keys\": { \"2\": \"bye\" }, \"callback\"");
    load();
    EXPECT_THAT(problems_.to_text(), HasSubstr("node \"service\": key 2 takes the offer of queue \"service\" to call back."));
    change("ivr/main.json", "{ \"2\": \"bye\" }", "{ \"3\": \"bye\" }");
    const auto config = load();
    EXPECT_EQ(problems_.to_text(), "");
}

TEST_F(CallbackConfig, ANodesPriorityAndSkillsMayBeExpressions) {
    rules("");
    wish(R"("queue": "service", "priority": "urgency", "skills": { "english": "english" }, )");
    const auto config = load();
    const auto& nodes = config.site->hotlines.at("95000")->nodes;
    const auto found =
        std::ranges::find_if(nodes, [](const auto& node) { return std::holds_alternative<ivr::Callback>(node.body); });
    ASSERT_NE(found, nodes.end());
    const auto& callback = std::get<ivr::Callback>(found->body);
    EXPECT_TRUE(callback.priority_from);
    ASSERT_EQ(callback.skills_from.size(), 1u);
    EXPECT_EQ(callback.skills_from.front().skill, "english");
}

TEST_F(CallbackConfig, WhoTakesTheOfferIsLedOn) {
    rules("");
    change("ivr/main.json", ", \"callback\": \"bye\" }", " }");
    EXPECT_THAT(said(),
                HasSubstr("node \"service\": queue \"service\" offers to call back, and who takes that hears nothing more."));
    EXPECT_FALSE(has_errors());
    rules("\"offer_after_s\": 0");
    EXPECT_EQ(said(), "");
}

TEST_F(CallbackConfig, ANodeAsksAQueueThatCallsBack) {
    rules("");
    wish("\"queue\": \"service\", \"number\": \"caller\", ");
    const auto config = load();
    ASSERT_EQ(problems_.to_text(), "");
    const auto& program = *config.site->hotlines.at("95000");
    const auto found = std::ranges::find(program.nodes, "wish", &ivr::Node::name);
    EXPECT_EQ(std::get<ivr::Callback>(found->body).queue, "service");
    EXPECT_TRUE(std::get<ivr::Callback>(found->body).number);
    write("queues.json", "{ \"service\": {}, \"rescue\": {} }");
    EXPECT_THAT(said(), HasSubstr("node \"wish\": queue \"service\" calls nobody back. Give it \"callback\" in queues.json."));
    EXPECT_TRUE(has_errors());
}

TEST_F(CallbackConfig, AnOverflowRuleMayLeaveACallback) {
    rules("", "\"overflow\": [{ \"after_s\": 300, \"exit\": \"callback\" }], ");
    const auto config = load();
    ASSERT_EQ(problems_.to_text(), "");
    EXPECT_EQ(config.site->acd.queues.front().overflow.front().to, call::kCallbackTarget);
    write("queues.json", "{ \"service\": { \"overflow\": [{ \"after_s\": 300, \"exit\": \"callback\" }] }, \"rescue\": {} }");
    EXPECT_THAT(said(), HasSubstr("a rule of overflow has the exit \"callback\", but this queue calls nobody back."));
}

TEST_F(CallbackConfig, ARehearsalTakesIt) {
    rules("");
    wish("\"queue\": \"service\", ");
    const auto config = load();
    std::vector<std::string> lines;
    std::vector<std::string> keys{"2"};
    const auto run = [&](const std::string& caller) {
        lines.clear();
        std::size_t next = 0;
        const auto next_keys = [&]() -> std::optional<std::string> {
            return next < keys.size() ? std::optional(keys[next++]) : std::nullopt;
        };
        EXPECT_TRUE(rehearse(config.site->hotlines.at("95000"), {caller, "95000"}, Wall{}, next_keys,
                             [&](const std::string& line) { lines.push_back(line); }, {}));
    };
    run("13900001234");
    EXPECT_THAT(lines, ElementsAre("say 您好", "key 2", "callback service 13900001234", "say 字", "hangup"));
    run("anonymous");
    EXPECT_THAT(lines, ElementsAre("say 您好", "key 2", "callback service anonymous", "queue service"));
}

}  // namespace
}  // namespace hotline::app
