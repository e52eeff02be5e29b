// A flow as lines of text.
#include "app/rehearsal.h"

#include <gmock/gmock.h>

#include <fstream>

#include "unit/app/site_fixture.h"

namespace hotline::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ScratchSite;

class Rehearsed : public ScratchSite {
  protected:
    /// The lines, and "error: …" where it failed.
    std::vector<std::string> run(const std::string& keys, const std::string& at = "2026-10-02T14:05",
                                 const std::string& flow = "main") {
        const auto config = load();
        EXPECT_FALSE(has_errors()) << problems_.to_text();
        auto groups = *key_groups(keys);
        std::size_t next = 0;
        std::vector<std::string> lines;
        const auto ended = rehearse(
            config.programs.at(flow), {"13900001234", "95000"}, wall_of(at, "Asia/Shanghai").value(),
            [&]() -> std::optional<std::string> { return next == groups.size() ? std::nullopt : std::optional(groups[next++]); },
            [&](const std::string& line) { lines.push_back(line); }, look_up_);
        if (!ended) lines.push_back("error: " + ended.error().text);
        return lines;
    }
    AnswerLookup look_up_;
};

TEST_F(Rehearsed, PrintsALineAStepAndEndsInTheQueue) { EXPECT_THAT(run("0"), ElementsAre("say 您好", "key 0", "queue service")); }

TEST_F(Rehearsed, IsSilentAfterTheLastKey) {
    EXPECT_THAT(run(""), ElementsAre("say 您好", "say 您好", "say 您好", "say 字", "hangup"));
}

TEST_F(Rehearsed, OrderStatus) {
    write("ivr/main.json", R"({
  "start": "main",
  "nodes": {
    "main": { "type": "menu", "greeting": ["hello"], "keys": { "4": { "what": "order", "goto": "order" } }, "on_invalid": "bye", "on_no_input": "bye" },
    "order": { "type": "collect", "variable": "order", "prompt": ["busy"], "min": 5, "max": 5, "goto": "told", "failed": "bye" },
    "told": { "type": "say", "text": { "zh": "订单{order:digits}，号码{caller:digits}", "en": "Order" }, "goto": "bye" },
    "bye": { "type": "hangup", "farewell": ["goodbye"] }
  }
})");
    EXPECT_THAT(run("4,10001,#"), ElementsAre("say 您好", "key 4", "say 字", "key 10001#",
                                              "say 订单幺零零零幺，号码幺三九零零零零幺二三四", "say 字", "hangup"));
}

TEST_F(Rehearsed, KeysOfAMaskedEntryAreNotShown) {
    write("ivr/main.json", R"({ "start": "pin", "nodes": {
  "pin": { "type": "collect", "variable": "pin", "prompt": ["hello"], "min": 4, "max": 4, "masked": true, "goto": "ask", "failed": "bye" },
  "ask": { "type": "menu", "greeting": ["busy"], "keys": { "1": { "what": "x", "goto": "bye" } }, "on_invalid": "bye", "on_no_input": "bye" },
  "bye": { "type": "hangup" } } })");
    EXPECT_THAT(run("2468,1"), ElementsAre("say 您好", "key ****", "say 字", "key 1", "hangup"));
}

/// A PIN at order.sql behind a guard; what is found is counted.
constexpr const char* kGuarded = R"({ "start": "pin", "nodes": {
  "pin": { "type": "collect", "variable": "order_no", "prompt": ["hello"], "min": 4, "max": 4, "first_timeout_s": 60, "attempts": 20,
           "masked": true, "goto": "check", "failed": "bye" },
  "check": { "type": "lookup", "query": "order", "gives": ["step"], "timeout_s": 7, "guard": { "scope": "member", "key": "'1'", "attempts": 3, "lock_s": 150, "locked": "locked" },
             "counts": { "what": "order", "id": "called", "name": "step" }, "found": "found", "nothing": "pin", "failed": "bye" },
  "found": { "type": "say", "text": { "zh": "{step}", "en": "x" }, "goto": "bye" },
  "locked": { "type": "say", "text": { "zh": "锁", "en": "locked" }, "goto": "pin" },
  "bye": { "type": "hangup" } } })";

TEST_F(Rehearsed, AGuardCountsAsTheStoresDoes) {
    write("ivr/main.json", kGuarded);
    write("queries/order.sql", "select step from o where no = :order_no");
    look_up_ = [](const ivr::AskTables& question) {
        EXPECT_TRUE(question.secret);
        ivr::Reply reply{ivr::Reply::Kind::Found, {"step"}, {}};
        if (question.values.at(0) == "2468") reply.rows = {{"出票"}};
        return reply;
    };
    EXPECT_THAT(run("2468"), ElementsAre("say 您好", "key ****", "count order 95000 出票", "say 出票", "hangup"));
    const auto locks = run("1111,2222,3333,2468");
    EXPECT_EQ(std::count(locks.begin(), locks.end(), "say 锁"), 2) << "the third try, and the right one after it";
    EXPECT_EQ(std::count(locks.begin(), locks.end(), "say 出票"), 0);
    const auto later = run("1111,2222,3333,,,,2468");  // three silent minutes, and the lock is over
    EXPECT_EQ(later.at(later.size() - 2), "say 出票");
}

TEST_F(Rehearsed, ALookupWithoutAnswerTakesItsTime) {
    write("queries/order.sql", "select step from o where no = :order_no");
    look_up_ = [](const ivr::AskTables&) { return ivr::Reply{ivr::Reply::Kind::TimedOut, {}, {}}; };
    write("ivr/main.json", R"({ "start": "a", "nodes": {
  "a": { "type": "lookup", "query": "order", "with": { "order_no": "1" }, "timeout_s": 30, "found": "bye", "nothing": "bye", "failed": "b" },
  "b": { "type": "lookup", "query": "order", "with": { "order_no": "1" }, "timeout_s": 30, "found": "bye", "nothing": "bye", "failed": "c" },
  "c": { "type": "branch", "when": [{ "if": "time >= 14:06", "goto": "late" }], "else": "bye" },
  "late": { "type": "say", "text": { "zh": "晚", "en": "late" }, "goto": "bye" },
  "bye": { "type": "hangup" } } })");
    EXPECT_THAT(run(""), ElementsAre("say 晚", "hangup"));
}

TEST_F(Rehearsed, AMessageIsAStep) {
    write("ivr/main.json", R"({
  "start": "main",
  "nodes": {
    "main": { "type": "menu", "greeting": ["hello"], "keys": { "6": { "what": "complaint", "goto": "complaint" } }, "on_invalid": "bye", "on_no_input": "bye" },
    "complaint": { "type": "record", "what": "complaint", "greeting": ["busy"], "review": { "prompt": ["goodbye"] },
                   "goto": "bye", "silent": "bye", "discarded": "main", "failed": "bye" },
    "bye": { "type": "hangup" }
  }
})");
    EXPECT_THAT(run("6,#,1"), ElementsAre("say 您好", "key 6", "say 字", "record complaint", "key #", "say 字", "key 1",
                                          "keep complaint", "hangup"));
    EXPECT_THAT(run("6,#,2,4"), ElementsAre("say 您好", "key 6", "say 字", "record complaint", "key #", "say 字", "key 2",
                                            "say [message]", "say 字", "key 4", "say 您好", "say 您好", "say 您好", "hangup"));
    EXPECT_THAT(run("6"), ElementsAre("say 您好", "key 6", "say 字", "record complaint", "say 字", "keep complaint", "hangup"))
        << "he speaks, and presses nothing";
    EXPECT_THAT(run("6,,"), ElementsAre("say 您好", "key 6", "say 字", "record complaint", "record complaint", "hangup"))
        << "an empty group: he says nothing";
}

TEST_F(Rehearsed, AnAnswerIsAStep) {
    write("ivr/ask.json", R"({ "start": "q", "nodes": {
  "q": { "type": "survey", "question": "satisfaction", "prompt": ["hello"], "answers": { "1": "good" }, "max_no_input": 1, "goto": "bye", "unanswered": "bye" },
  "bye": { "type": "hangup" } } })");
    change("site.json", "\"sip\"", "\"survey\": \"ask\", \"sip\"");
    EXPECT_THAT(run("1", "2026-10-02T14:05", "ask"), ElementsAre("say 您好", "key 1", "survey satisfaction good", "hangup"));
    EXPECT_THAT(run("", "2026-10-02T14:05", "ask"), ElementsAre("say 您好", "survey satisfaction -", "hangup"));
}

TEST_F(Rehearsed, MovesTheClockOfTheFlowAlone) {
    write("ivr/main.json", R"({
  "start": "wait",
  "nodes": {
    "wait": { "type": "collect", "variable": "x", "prompt": ["hello"], "min": 0, "first_timeout_s": 60, "goto": "when", "failed": "bye" },
    "when": { "type": "branch", "when": [{ "if": "time >= 14:06", "goto": "later" }], "else": "bye" },
    "later": { "type": "say", "text": { "zh": "一分钟以后", "en": "a minute later" }, "goto": "bye" },
    "bye": { "type": "hangup" }
  }
})");
    EXPECT_THAT(run(""), ElementsAre("say 您好", "say 一分钟以后", "hangup"));
    EXPECT_THAT(run("", "2026-10-02T14:04"), ElementsAre("say 您好", "hangup"));
    EXPECT_THAT(run("1"), ElementsAre("say 您好", "key 1", "hangup"));
}

TEST_F(Rehearsed, AFlowThatDoesNotEndIsAnError) {
    write("ivr/main.json", R"({ "start": "a", "nodes": { "a": { "type": "play", "prompts": ["hello"], "goto": "a" } } })");
    const auto lines = run("");
    EXPECT_EQ(lines.size(), 1001u);
    EXPECT_THAT(lines.back(), HasSubstr("error: the flow is not over after 1000 steps; it stands at node \"a\""));
}

TEST_F(Rehearsed, AFlowThatSpinsIsAnError) {
    auto program = std::make_shared<ivr::Program>();
    program->nodes = {{"a", ivr::Goto{0}}};
    const auto ended = rehearse(
        program, {}, Wall{}, [] { return std::nullopt; }, [](const std::string&) { FAIL(); });
    ASSERT_FALSE(ended);
    EXPECT_THAT(ended.error().text, HasSubstr("goes round at node \"a\""));
}

TEST(KeyGroups, AreSeparatedByCommas) {
    EXPECT_THAT(*key_groups("4,10001,#"), ElementsAre("4", "10001#"));
    EXPECT_THAT(*key_groups("4,#"), ElementsAre("4", "#")) << "behind one digit it is a key of its own";
    EXPECT_THAT(*key_groups("1,,2"), ElementsAre("1", "", "2")) << "silence between";
    EXPECT_THAT(*key_groups(""), ElementsAre(""));
    EXPECT_EQ(key_groups("4,x").error().text,
              "\"x\" are no keys of a phone. Keys are 0 to 9, * and #, groups of them with commas between, as in 4,10001,#.");
}

TEST(WallOf, IsTheClockOfTheZone) {
    using namespace std::chrono;
    EXPECT_EQ(wall_of("2026-10-02T14:05", "Asia/Shanghai"), Wall(sys_days(2026y / 10 / 2) + hours(6) + minutes(5)));
    EXPECT_EQ(wall_of("2026-07-01T12:00", "Europe/Berlin"), Wall(sys_days(2026y / 7 / 1) + hours(10)));
    EXPECT_EQ(wall_of("2026-12-01T12:00", "Europe/Berlin"), Wall(sys_days(2026y / 12 / 1) + hours(11)));
    for (const auto wrong : {"", "2026-10-02", "2026-02-30T10:00", "2026-10-02T24:00", "2026-10-02T14:05x", "tomorrow"})
        EXPECT_EQ(wall_of(wrong, "Asia/Shanghai"), std::nullopt) << wrong;
}

/// Every example of docs/ivr.md, as it stands there.
class ExamplesOfThePage : public ScratchSite {
  protected:
    struct Example {
        std::string heading, text;
    };
    /// The one query that they ask.
    static std::string query() {
        std::ifstream page("docs/ivr.md");
        const std::string text((std::istreambuf_iterator<char>(page)), {});
        const auto begin = text.find("```sql\n") + 7;
        return text.substr(begin, text.find("```", begin) - begin);
    }
    static std::vector<Example> examples() {
        std::ifstream page("docs/ivr.md");
        std::vector<Example> out;
        std::string line, heading;
        bool nodes = false, inside = false;
        while (std::getline(page, line)) {
            if (line.starts_with("## ")) nodes = line == "## Nodes";
            if (const auto at = line.find("# "); line.starts_with("###")) heading = line.substr(at + 2);
            if (nodes && line == "```json") {
                out.push_back({heading, ""});
                inside = true;
            } else if (line == "```") {
                inside = false;
            } else if (inside) {
                out.back().text += line + '\n';
            }
        }
        return out;
    }
};

TEST_F(ExamplesOfThePage, AreRightAndEndForASilentCaller) {
    auto all = examples();
    ASSERT_GE(all.size(), 20u);
    std::string texts = all.front().text;  // those that the examples use
    texts.erase(texts.rfind('}'));
    for (const char* name : {"hello", "music", "position_before", "position_after", "agent_logged_in", "agent_has_no_phone",
                             "agent_logged_out", "agent_paused", "agent_resumed"})
        texts += std::string(",\n  \"") + name + "\": { \"zh\": \"字\", \"en\": \"word\" }";
    write("prompts.json", texts + "\n}\n");
    write("queries/order.sql", query());
    write("queues.json", "{ \"service\": { \"callback\": { \"offer_after_s\": 0, \"ringback\": \"hello\" } }, \"rescue\": {} }");
    write("trunks.json", "{ \"local\": { \"address\": \"127.0.0.1:5080\", \"caller_id\": \"95000\" } }");
    change("agents.json", "\"rescue\"]", "\"rescue\"], \"skills\": { \"english\": 5 }");
    change("hours.json", "\"office\"", "\"always\": { \"week\": { \"mon\": [\"00:00-24:00\"] } }, \"office\"");
    std::set<std::string> shown;
    for (std::size_t i = 1; i < all.size(); ++i) {
        SCOPED_TRACE(all[i].heading + '\n' + all[i].text);
        shown.insert(all[i].heading);
        const bool called = all[i].text.find("\"return\"") != std::string::npos;
        if (called) {
            write("ivr/member.json", all[i].text);
            continue;
        }
        write("ivr/main.json", all[i].text);
        const auto config =
            load({"webhooks.hosts=[\"crm.example.com\"]", "agents.8001.head_of=[\"service\"]", "trunks.local.address=192.0.2.1",
                  "trunks.local.caller_id=\"95000\"", "outbound={\"allowed\":[\"1\"],\"transfers\":{\"allowed\":[\"0571\"]}}"});
        EXPECT_EQ(problems_.to_text().find("ivr/main.json"), std::string::npos) << problems_.to_text();
        ASSERT_FALSE(has_errors()) << problems_.to_text();
        std::string last;
        const auto ended = rehearse(
            config.programs.at("main"), {"13900001234", "95000"}, wall_of("2026-10-02T14:05", "Asia/Shanghai").value(),
            [] { return std::nullopt; }, [&](const std::string& line) { last = line; });
        EXPECT_TRUE(ended);
        EXPECT_TRUE(last == "hangup" || last.starts_with("queue ") || last.starts_with("transfer ")) << last;
    }
    for (const char* node :
         {"play",  "say", "menu",  "collect", "language", "set",      "branch",   "hours", "call and return", "lookup", "http",
          "apply", "sms", "queue", "record",  "survey",   "transfer", "callback", "goto",  "hangup",          "Lists",  "Secrets"})
        EXPECT_TRUE(shown.contains(node)) << node << " has no example";
}

}  // namespace
}  // namespace hotline::app
