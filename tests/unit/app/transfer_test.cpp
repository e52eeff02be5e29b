// The node that hands the caller on, as a site writes it: whom it may name, and every mistake with its place and its cure; and what
// the terminal plays of it.
#include <gmock/gmock.h>

#include "app/ivr_commands.h"
#include "app/rehearsal.h"
#include "unit/app/site_fixture.h"

namespace hotline::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TransferSite : public testing::ScratchSite {
  protected:
    void SetUp() override {
        ScratchSite::SetUp();
        change("agents.json", "\"8001\": {",
               "\"8002\": { \"password\": \"secret-2\", \"queues\": [] },\n  \"8001\": { \"head_of\": [\"service\"],");
        change("trunks.json", "\"sources\"", "\"address\": \"192.0.2.1\", \"caller_id\": \"95000\", \"sources\"");
        outbound(R"("area_code": "0571", "allowed": ["1"], "transfers": { "allowed": ["0571", "400", "95588"] })");
    }
    void outbound(const std::string& members) {
        change("site.json", "\"sip\": {", "\"outbound\": {" + members + "},\n  \"sip\": {");
    }
    /// A program that begins with a transfer of these members, in line 4.
    void transfer(const std::string& members, const std::string& exits = R"("else": "bye")") {
        write("ivr/main.json", "{\n  \"start\": \"boss\",\n  \"nodes\": {\n    \"boss\": { \"type\": \"transfer\", " + members +
                                   ", " + exits + " },\n    \"bye\": { \"type\": \"hangup\" }\n  }\n}\n");
    }
    std::string told(const std::string& members, const std::string& exits = R"("else": "bye")") {
        transfer(members, exits);
        return said();
    }
    ivr::Transfer read(const std::string& members, const std::string& exits = R"("else": "bye")") {
        transfer(members, exits);
        const auto config = load();
        EXPECT_EQ(problems_.to_text(), "") << members;
        const auto program = config.programs.at("main");
        return program ? std::get<ivr::Transfer>(program->nodes.front().body) : ivr::Transfer{};
    }
};

TEST_F(TransferSite, ToAnAgentAHeadOrANumberOutside) {
    const auto agent = read(R"("to": "8002", "announce": ["busy"], "ring_s": 12)");
    EXPECT_EQ(agent.to, "8002");
    EXPECT_EQ(agent.ring, 12s);
    EXPECT_EQ(agent.announcement.size(), 1u);
    EXPECT_EQ(agent.music.at("zh").name, "music");
    EXPECT_EQ(agent.busy, 1u);
    EXPECT_EQ(agent.no_answer, 1u);
    EXPECT_EQ(agent.failed, 1u);
    EXPECT_FALSE(agent.after);
    EXPECT_EQ(read(R"("head_of": "service")").head_of, "service");
    EXPECT_EQ(load().site->heads.at("service"), "8001");
    EXPECT_EQ(read(R"("to": "0571 8888-6666", "after": "bye")").to, "0571 8888-6666");
    EXPECT_EQ(read(R"("to": "88886666", "after": "bye")").after, 1u)
        << "a number of seven or eight digits has the site's area code";
}

TEST_F(TransferSite, EachExitIsItsOwnOrElse) {
    write("ivr/main.json", R"({ "start": "boss", "nodes": {
  "boss": { "type": "transfer", "to": "8001", "busy": "a", "no_answer": "b", "failed": "c" },
  "a": { "type": "hangup" }, "b": { "type": "hangup" }, "c": { "type": "hangup" } } })");
    const auto config = load();
    EXPECT_EQ(problems_.to_text(), "");
    const auto& node = std::get<ivr::Transfer>(config.programs.at("main")->nodes.front().body);
    EXPECT_EQ((std::vector{node.busy, node.no_answer, node.failed}), (std::vector<ivr::NodeIndex>{1, 2, 3}));
    EXPECT_THAT(told(R"("to": "8001", "busy": "bye")", R"("failed": "bye")"), HasSubstr("\"else\" is missing"));
    EXPECT_THAT(told(R"("to": "8001", "busy": "bye", "no_answer": "bye", "failed": "bye")"),
                HasSubstr("busy, no_answer and failed are all written: this is never taken. Leave it out."));
    EXPECT_THAT(told(R"("to": "8001", "after": "by")"),
                HasSubstr("there is no node \"by\" in this program. Did you mean \"bye\"?"));
}

TEST_F(TransferSite, NobodyThatThereIsNot) {
    EXPECT_EQ(told(R"("to": "8003")"),
              "ivr/main.json:4:41: \"8003\" is neither an agent's number nor one of the telephone network. "
              "Did you mean \"8002\"?\n");
    EXPECT_THAT(
        told(R"("head_of": "rescue")"),
        HasSubstr(
            "ivr/main.json:4:46: no agent is head of \"rescue\". Write \"head_of\": [\"rescue\"] at one of them in agents.json."));
    EXPECT_THAT(told(R"("ring_s": 20)"), HasSubstr("whom does it ring? Write either \"to\" or \"head_of\"."));
    EXPECT_THAT(told(R"("to": "8001", "head_of": "service")"), HasSubstr("whom does it ring? Write either"));
    EXPECT_THAT(told(R"("to": 8001)"), HasSubstr("expected a number in quotes, or {\"of\": \"an expression\"}"));
}

TEST_F(TransferSite, OnlyNumbersThatMenusMayCall) {
    EXPECT_EQ(told(R"("to": "13900001234")"),
              "ivr/main.json:4:41: menus may not call 13900001234. Add its beginning to "
              "outbound.transfers.allowed in site.json.\n")
        << "what agents may call does not count";
    EXPECT_EQ(told(R"("to": "+86 571 8888 6666")"), "");
    change("site.json", "\"allowed\": [\"1\"],",
           "\"allowed\": [\"1\"], \"routes\": [{ \"prefixes\": [\"1\"], \"trunks\": [\"local\"] }],");
    EXPECT_EQ(told(R"("to": "057188886666")"),
              "ivr/main.json:4:41: no trunk leads to 057188886666. See outbound.routes in site.json, and trunks.json.\n");
    change("site.json", "\"prefixes\": [\"1\"], \"trunks\": [\"local\"]", "\"prefixes\": [\"0\"], \"trunks\": [\"local\"]");
    EXPECT_EQ(told(R"("to": "057188886666")"), "");
}

TEST_F(TransferSite, NoNumberOfItsOwn) {
    change("site.json", "\"95000\"", "\"95588\"");
    EXPECT_THAT(told(R"("to": "95588")"),
                HasSubstr("node \"boss\" transfers to 95588, a number of this site. Lead there by a goto or a call."));
}

TEST_F(TransferSite, WhatIsOnlyKnownLaterHasLimits) {
    const auto node = read(R"("to": { "of": "'8001'" }, "only": ["agents", "95588", "+86 571 8888 6666"])");
    EXPECT_TRUE(node.named);
    EXPECT_TRUE(node.only.agents);
    EXPECT_THAT(node.only.numbers, ElementsAre("95588", "+86 571 8888 6666"));
    EXPECT_TRUE(node.only.prefixes.empty());
    EXPECT_THAT(told(R"("to": { "of": "caller" })"),
                HasSubstr("whom it rings is only known when he calls. Say in \"only\" what that may be"));
    EXPECT_THAT(told(R"("to": { "of": "caller" }, "only": ["0571"])"), HasSubstr("ivr/main.json:4:")) << "with its place";
    EXPECT_THAT(said(), HasSubstr("the caller has a hand in what this rings, and '0571' is the beginning of many numbers"));
    EXPECT_THAT(told(R"("to": { "of": "caller" }, "only": ["13"])"),
                HasSubstr("menus may call no number that begins with 13. Add it to outbound.transfers.allowed"));
    EXPECT_THAT(told(R"("to": { "of": "caller" }, "only": ["13900001234"])"), HasSubstr("menus may not call 13900001234"));
    EXPECT_THAT(told(R"("to": { "of": "caller" }, "only": ["anyone"])"),
                HasSubstr("expected \"agents\", a number outside, or the beginning of numbers"));
    EXPECT_THAT(told(R"("to": { "of": "level >" }, "only": ["agents"])"), HasSubstr("ivr/main.json:4:"));
    EXPECT_THAT(told(R"("to": "8001", "only": ["agents"])"),
                HasSubstr("it limits a \"to\" that is worked out while he calls. Leave it out."));
}

TEST_F(TransferSite, TheBeginningIsEnoughForWhatALookupTells) {
    write("queries/branch.sql", "select phone from site.branch where id = :id\n");
    write("ivr/main.json", R"({ "start": "ask", "nodes": {
  "ask": { "type": "lookup", "query": "branch", "with": { "id": "1" }, "gives": ["phone"], "found": "boss", "nothing": "bye", "failed": "bye" },
  "boss": { "type": "transfer", "to": { "of": "phone" }, "only": ["0571"], "else": "bye" },
  "bye": { "type": "hangup" } } })");
    const auto config = load();
    EXPECT_FALSE(has_errors()) << problems_.to_text();
    EXPECT_THAT(std::get<ivr::Transfer>(config.programs.at("main")->nodes[1].body).only.prefixes, ElementsAre("0571"));
}

TEST_F(TransferSite, ACircleOfTransfersIsFound) {
    EXPECT_THAT(told(R"("to": "8001", "failed": "boss")"), HasSubstr("goes round without a word and without asking anything"));
    EXPECT_THAT(told(R"("to": "8001", "no_answer": "boss")"), HasSubstr("whoever presses nothing goes round here for ever"));
}

TEST_F(TransferSite, HeadsOfQueuesAndGroups) {
    change("site.json", "\"sip\": {", "\"queue_groups\": { \"all\": [\"service\", \"rescue\"] },\n  \"sip\": {");
    change("agents.json", "\"head_of\": [\"service\"]", "\"head_of\": [\"service\", \"all\"]");
    EXPECT_EQ(read(R"("head_of": "all")").head_of, "all");
    EXPECT_EQ(load().site->heads, (std::map<std::string, std::string>{{"all", "8001"}, {"service", "8001"}}));
    change("agents.json", "\"secret-2\",", "\"secret-2\", \"head_of\": [\"all\", \"servcie\", 3],");
    EXPECT_THAT(said(), HasSubstr("agents.json:3:36: \"all\" has a head already: 8002. Remove one."));
    EXPECT_THAT(said(), HasSubstr("there is no queue or group \"servcie\". Did you mean \"service\"?"));
    EXPECT_THAT(said(), HasSubstr("expected the name of a queue or group"));
}

TEST_F(TransferSite, TheLimitsOfTheSite) {
    transfer(R"("to": "8001")");
    const auto plain = load().site->outbound.transfers;
    EXPECT_EQ(plain.max_calls, 10u);
    EXPECT_EQ(plain.max_calls_per_hour, 10u);
    change("site.json", "\"95588\"] }", "\"95588\"], \"max_calls\": 3, \"max_calls_per_hour\": 2 }");
    const auto own = load().site->outbound.transfers;
    EXPECT_THAT(own.allowed, ElementsAre("0571", "400", "95588"));
    EXPECT_EQ(own.max_calls, 3u);
    EXPECT_EQ(own.max_calls_per_hour, 2u);
    change("site.json", "\"max_calls\": 3", "\"max_calls\": 0");
    EXPECT_THAT(said(), HasSubstr("out of range"));
}

class RehearsedTransfer : public TransferSite {
  protected:
    std::vector<std::string> run(const std::string& keys, std::vector<ivr::TransferNews> news) {
        const auto config = load();
        EXPECT_FALSE(has_errors()) << problems_.to_text();
        const auto groups = *key_groups(keys);
        std::size_t next = 0, next_news = 0;
        std::vector<std::string> lines;
        const auto ended = rehearse(
            config.programs.at("main"), {"13900001234", "95000"}, Wall{},
            [&]() -> std::optional<std::string> { return next == groups.size() ? std::nullopt : std::optional(groups[next++]); },
            [&](const std::string& line) { lines.push_back(line); }, {},
            [&]() -> std::optional<ivr::TransferNews> {
                return next_news == news.size() ? std::nullopt : std::optional(news[next_news++]);
            });
        EXPECT_TRUE(ended);
        return lines;
    }
    void SetUp() override {
        TransferSite::SetUp();
        write("ivr/main.json", R"({ "start": "extension", "nodes": {
  "extension": { "type": "collect", "variable": "extension", "prompt": ["hello"], "min": 4, "max": 4, "goto": "him", "failed": "head" },
  "him": { "type": "transfer", "to": { "of": "extension" }, "only": ["agents"], "busy": "head", "else": "outside", "after": "bye" },
  "head": { "type": "transfer", "head_of": "service", "else": "outside" },
  "outside": { "type": "transfer", "to": "057188886666", "else": "bye" },
  "bye": { "type": "hangup", "farewell": ["goodbye"] } } })");
    }
};

TEST_F(RehearsedTransfer, IsALineAndTheEnd) { EXPECT_THAT(run("8001", {}), ElementsAre("say 您好", "key 8001", "transfer 8001")); }

TEST_F(RehearsedTransfer, GoesOnByWhatIsWrittenDown) {
    using News = ivr::TransferNews;
    EXPECT_THAT(run("8001", {News::Busy, News::NoAnswer}),
                ElementsAre("say 您好", "key 8001", "transfer 8001", "transfer head of service", "transfer 057188886666"));
    EXPECT_THAT(run("8001", {News::Failed, News::Failed}),
                ElementsAre("say 您好", "key 8001", "transfer 8001", "transfer 057188886666", "say 字", "hangup"));
    EXPECT_THAT(run("8001", {News::Over}), ElementsAre("say 您好", "key 8001", "transfer 8001", "say 字", "hangup"));
    EXPECT_THAT(run("", {News::Over}), ElementsAre("say 您好", "say 您好", "say 您好", "transfer head of service", "hangup"))
        << "nothing is said to follow it";
}

TEST(TransferNews, AreWordsWithCommas) {
    using News = ivr::TransferNews;
    EXPECT_THAT(*transfer_news("busy,over"), ElementsAre(News::Busy, News::Over));
    EXPECT_THAT(*transfer_news("no_answer"), ElementsAre(News::NoAnswer));
    EXPECT_THAT(*transfer_news("failed"), ElementsAre(News::Failed));
    for (const char* wrong : {"", "answered", "busy,", ",busy", "busy over"}) EXPECT_FALSE(transfer_news(wrong)) << wrong;
    EXPECT_EQ(transfer_news("answered").error().text,
              "\"answered\" can come of no transfer. Write busy, no_answer, failed or over, with commas between.");
}

}  // namespace
}  // namespace hotline::app
