// Queries as they are written: parameters by name, and every mistake at its line and column.
#include <gmock/gmock.h>

#include "app/query_files.h"
#include "unit/app/site_fixture.h"

namespace hotline::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::ScratchSite;

struct Read {
    std::string sql;
    std::vector<std::string> parameters;
    std::string problems;
    QueryFile file;
};
Read read(const std::string& text) {
    Problems problems;
    Read out;
    out.file = read_query("q.sql", "q", text, problems);
    out.problems = problems.to_text();
    if (out.file.query) out.sql = out.file.query->sql, out.parameters = out.file.query->parameters;
    return out;
}

TEST(QueryText, TakesParametersByName) {
    const auto query = read("select * from o where a = :order_no and b = :caller and c = :order_no;\n");
    EXPECT_EQ(query.sql, "select * from o where a = $1 and b = $2 and c = $1");
    EXPECT_THAT(query.parameters, ElementsAre("order_no", "caller"));
    EXPECT_EQ(query.problems, "");
    EXPECT_THAT(read("select :会员号, :a1::bigint").parameters, ElementsAre("会员号", "a1"));
}

TEST(QueryText, WhatStandsInQuotesAndCommentsIsNoParameter) {
    for (const char* text : {"select ':a'", "select 'it''s :a'", "select E'\\':a'", "select \":a\"", "select 1 -- :a\n",
                             "select 1 /* :a /* :b */ :c */", "select $$ :a $$", "select $x$ :a $$ :b $x$", "select 1::text",
                             "select a[1 : 2]", "select f(x := 1)", "select 'a' -- ;"}) {
        const auto query = read(text);
        EXPECT_THAT(query.parameters, IsEmpty()) << text;
        EXPECT_EQ(query.problems, "") << text;
    }
    EXPECT_THAT(read("select 'e' || :a").parameters, ElementsAre("a")) << "no E string";
    EXPECT_THAT(read("select name':b', :a").parameters, ElementsAre("a")) << "name ends in e, but is no E string";
}

TEST(QueryText, ABrokenQuoteRunsToTheEnd) {
    for (const char* text : {"select ':a", "select \":a", "select /* :a", "select $x$ :a", "select E'\\", "select $", "select :"})
        EXPECT_THAT(read(text).parameters, IsEmpty()) << text;
}

TEST(QueryText, TellsItsMistakesAtTheirPlace) {
    EXPECT_EQ(read("select 1;\n  delete from o").problems,
              "q.sql:1:9: a query is one statement. Put the other into a file of its own.\n");
    EXPECT_EQ(read("select 1\nwhere a = $1").problems, "q.sql:2:11: parameters have names here: write :order_no, not $1.\n");
    EXPECT_EQ(read(" ;\n").problems, "q.sql:1:1: the file is empty. Write one select.\n");
}

TEST(QueryText, KnowsWhereAPlaceOfTheStatementWasWritten) {
    const std::string text = "select '上海', :order_no, x\nfrom :a nowhere";
    const auto query = read(text);
    const auto place = [&](const std::string& word) {
        std::size_t characters = 1;
        for (std::size_t i = 0; i < query.sql.find(word); ++i)
            characters += (static_cast<unsigned char>(query.sql[i]) & 0xC0) != 0x80;
        const Place at = query.file.place_of(static_cast<int>(characters));
        return std::to_string(at.line) + ':' + std::to_string(at.column);
    };
    EXPECT_EQ(place("select"), "1:1");
    EXPECT_EQ(place("$1"), "1:14");
    EXPECT_EQ(place("x"), "1:25");
    EXPECT_EQ(place("nowhere"), "2:9");
    EXPECT_EQ(query.file.place_of(100000).line, 2) << "beyond its end";
}

/// Whether `name` could be a column of what this query gives.
bool may_give(const std::string& text, const std::string& name) {
    const auto query = read(text).file.query;
    return !query->words || query->words->contains(name);
}

TEST(QueryText, ANameThatDoesNotStandInItIsNoColumn) {
    for (const auto& [text, name] : std::vector<std::pair<const char*, const char*>>{
             {"select h.name as Hotel, \"Price \"\"Fen\"\"\", count(*) * 2 from h", "hotel"},
             {"select \"Price \"\"Fen\"\"\" from h", "Price \"Fen\""},
             {"select count(*) from h", "count"},
             {"select 1::int", "int4"},
             {"select n from generate_series(1, 3) as t(n)", "n"}})
        EXPECT_TRUE(may_give(text, name)) << text;
    for (const char* text :
         {"select * from h", "select h.* from h", "select 1, * from h", "select all * from h", "table h", "values (1)",
          "select (f()).* from h", "select distinct on (a) * from h", "with x as (select 1) select\n*\nfrom x"})
        EXPECT_TRUE(may_give(text, "anything")) << text;
    for (const char* text :
         {"select name from h", "select count(*) from h", "select 2 * price * 3 as p from h", "select 'hotel' as h",
          "select name -- hotel\nfrom h", "select $$ hotel $$ as x", "select :hotel as x", "select name /* hotel * */ from h"})
        EXPECT_FALSE(may_give(text, "hotel")) << text;
    EXPECT_FALSE(may_give("select 1 as Hotel", "Hotel")) << "PostgreSQL folds it";
}

TEST(QueryText, KnowsWhereAParameterWasWritten) {
    const auto query = read("select :a,\n  :b, :a");
    EXPECT_EQ(to_text(query.file.place_of_parameter(0)), "q.sql:1:8");
    EXPECT_EQ(to_text(query.file.place_of_parameter(1)), "q.sql:2:3");
    EXPECT_EQ(to_text(query.file.place_of_parameter(2)), "q.sql:1:1") << "there is none";
}

class OutsideNodes : public ScratchSite {
  protected:
    void nodes(const std::string& text) {
        write("queries/order.sql", "select step from o where no = :order_no and phone = :caller");
        write("ivr/main.json",
              "{ \"start\": \"a\",\n  \"nodes\": {\n    " + text + ",\n    \"bye\": { \"type\": \"hangup\" }\n  }\n}\n");
    }
    template <class Body>
    Body first(const std::string& text, const std::vector<std::string>& settings = {}) {
        nodes(text);
        const auto config = load(settings);
        EXPECT_FALSE(has_errors()) << problems_.to_text();
        return std::get<Body>(config.site->hotlines.at("95000")->nodes.front().body);
    }
};

TEST_F(OutsideNodes, ALookupIsReadWhole) {
    const auto lookup = first<ivr::Lookup>(
        R"("a": { "type": "lookup", "query": "order", "with": { "order_no": "10001" }, "gives": ["step"], "timeout_s": 2,
        "max_rows": 7, "guard": { "scope": "member", "key": "caller", "attempts": 2, "lock_s": 60, "locked": "bye" },
        "found": "bye", "nothing": "bye", "failed": "bye" })");
    EXPECT_EQ(lookup.query->sql, "select step from o where no = $1 and phone = $2");
    ASSERT_EQ(lookup.parameters.size(), 2u);
    EXPECT_TRUE(lookup.parameters[0].value.variables().empty()) << "with gives a text";
    EXPECT_EQ(lookup.timeout, 2s);
    EXPECT_EQ(lookup.max_rows, 7);
    EXPECT_EQ(lookup.guard->attempts, 2);
    const auto list = first<ivr::Lookup>(
        R"("a": { "type": "lookup", "query": "order", "with": { "order_no": { "of": "called" } }, "gives": ["step"], "cache_s": 5,
        "list": { "text": { "zh": "{step}", "en": "{step}" }, "page": 2, "next": "5", "chosen": "bye", "back": "#", "repeat": "0" },
        "found": "bye", "nothing": "bye", "failed": "bye" })");
    EXPECT_TRUE(has_errors() == false && list.list->next == '5') << problems_.to_text();
}

TEST_F(OutsideNodes, ALookupTellsItsMistakes) {
    nodes(R"("a": { "type": "lookup", "query": "ordre", "found": "bye", "nothing": "bye", "failed": "bye" })");
    EXPECT_THAT(said(), HasSubstr("ivr/main.json:3:39: there is no query queries/ordre.sql. Did you mean \"order\"?\n"));
    nodes(
        R"("a": { "type": "lookup", "query": "order", "with": { "order": "1" }, "found": "bye", "nothing": "bye", "failed": "bye" })");
    EXPECT_THAT(said(),
                HasSubstr("ivr/main.json:3:58: queries/order.sql has no parameter :order. Known here: order_no, caller.\n"));
    nodes(R"("a": { "type": "lookup", "query": "order", "gives": ["time"], "found": "bye", "nothing": "bye", "failed": "bye" })");
    EXPECT_THAT(said(), HasSubstr("ivr/main.json:3:58: 'time' has a meaning of its own"));
    nodes(
        R"("a": { "type": "lookup", "query": "order", "list": { "text": { "zh": "{step", "en": "x" } }, "found": "bye", "nothing": "bye", "failed": "bye" })");
    EXPECT_THAT(said(), HasSubstr("ivr/main.json:3:75: this { has no }."));
    nodes(
        R"("a": { "type": "lookup", "query": "order", "guard": { "scope": "caller", "key": "x ==", "locked": "bye" }, "found": "bye", "nothing": "bye", "failed": "bye" })");
    EXPECT_THAT(said(), HasSubstr("the caller's number is guarded anyhow"));
}

TEST_F(OutsideNodes, ANameInTheTextOfAListThatNothingGivesIsRefused) {
    const auto list = [](const std::string& text, const std::string& more = "") {
        return R"("a": { "type": "lookup", "query": "order", "with": { "order_no": "1" }, "list": { "text": { "zh": ")" + text +
               R"(", "en": "x" } }, )" + more + R"("found": "bye", "nothing": "bye", "failed": "bye" })";
    };
    nodes(list("第{item:cardinal}：{setp}"));
    EXPECT_EQ(said(),
              "ivr/main.json:3:122: queries/order.sql gives no column \"setp\", and no program sets a variable of that name. "
              "Did you mean \"step\"?\n");
    nodes(list("{step}{caller}{item}"));
    EXPECT_EQ(said(), "");
    write(
        "ivr/other.json",
        R"({ "start": "s", "nodes": { "s": { "type": "set", "values": { "town": "x" }, "goto": "r" }, "r": { "type": "return" } } })");
    nodes(list("{town}"));
    said();
    EXPECT_FALSE(has_errors()) << "another program may have set it";
    nodes(list("{step}", R"("gives": ["stepp"], )"));
    EXPECT_THAT(said(), HasSubstr("queries/order.sql gives no column \"stepp\". Did you mean \"step\"?"));
    nodes(list("{setp}"));
    write("queries/order.sql", "select * from o where no = :order_no and phone = :caller");
    said();
    EXPECT_FALSE(has_errors()) << "only the database knows what * is";
}

TEST_F(OutsideNodes, AMaskedEntryIsNotToldByAProgramThatIsCalledEither) {
    write("ivr/tell.json", R"({ "start": "say", "nodes": {
  "say": { "type": "say", "text": { "zh": "{pin:digits}", "en": "x" }, "goto": "back" }, "back": { "type": "return" } } })");
    nodes(R"("a": { "type": "collect", "variable": "pin", "prompt": ["hello"], "masked": true, "goto": "tell", "failed": "bye" },
    "tell": { "type": "call", "flow": "tell", "goto": "bye" })");
    EXPECT_THAT(
        said(),
        HasSubstr("ivr/tell.json:2:45: 'pin' is masked, or made of something masked: it is never said aloud; leave it out\n"));
    EXPECT_TRUE(has_errors());
}

TEST_F(OutsideNodes, AQueryThatNobodyAsksIsAWarning) {
    write("queries/spare.sql", "select 1");
    write("queries/notes.txt", "?");
    EXPECT_THAT(said(), HasSubstr("queries/spare.sql:1:1: warning: no menu asks this query."));
    EXPECT_THAT(said(), HasSubstr("queries/notes.txt:1:1: warning: the file is not read: queries are NAME.sql."));
    EXPECT_FALSE(has_errors());
    write("queries/spare.sql", "select $1");
    EXPECT_THAT(said(), HasSubstr("queries/spare.sql:1:8: parameters have names here"));
    EXPECT_TRUE(has_errors());
}

TEST_F(OutsideNodes, OnlyAllowedHostsMayBeAsked) {
    const std::string ask =
        R"("a": { "type": "http", "url": "https://crm.example:8443/x?y=1", "gives": { "step": "/a/b" }, "goto": "bye", "failed": "bye", "timed_out": "bye" })";
    const auto hook = first<ivr::Webhook>(ask, {R"(webhooks.hosts=["crm.example:8443"])"});
    EXPECT_EQ(hook.gives.front().pointer, "/a/b");
    nodes(ask);
    EXPECT_THAT(said(),
                HasSubstr("ivr/main.json:3:35: menus may not ask \"crm.example:8443\". Add it to webhooks.hosts in site.json."));
    EXPECT_THAT(said({R"(webhooks.hosts=["crm.example"])"}), HasSubstr("may not ask")) << "another port is another service";
    for (const char* url : {"ftp://crm.example/", "https://me:pin@crm.example/", "https:///x", "https://crm.example/#x",
                            "https://crm.example:0/", "crm.example"}) {
        nodes(std::string(R"("a": { "type": "http", "url": ")") + url +
              R"(", "goto": "bye", "failed": "bye", "timed_out": "bye" })");
        EXPECT_THAT(said({R"(webhooks.hosts=["crm.example"])"}), HasSubstr("is no web address")) << url;
    }
}

TEST_F(OutsideNodes, WhatIsLeftBehindIsReadWhole) {
    const auto apply = first<ivr::Apply>(
        R"("a": { "type": "apply", "what": "course", "id": "called", "details": { "from": { "of": "caller" }, "way": "phone" }, "goto": "bye" })");
    EXPECT_EQ(apply.action, "book");
    EXPECT_EQ(apply.details.size(), 2u);
    nodes(R"("a": { "type": "sms", "text": { "fr": "Bonjour {" }, "to": "caller ==", "goto": "bye", "failed": "bye" })");
    EXPECT_THAT(said(), HasSubstr("this { has no }."));
    nodes(R"("a": { "type": "sms", "text": { "fr": "Bonjour" }, "goto": "bye", "failed": "bye" })");
    EXPECT_THAT(said(), HasSubstr("\"fr\" is no language of this site."));
}

TEST_F(OutsideNodes, EveryNodeCanBeCounted) {
    nodes(R"("a": { "type": "play", "prompts": ["hello"], "goto": "bye", "counts": { "what": "hello", "id": "called" } })");
    const auto config = load();
    EXPECT_EQ(problems_.to_text().find("main.json"), std::string::npos) << problems_.to_text();
    EXPECT_EQ(config.site->hotlines.at("95000")->nodes.front().counts->what, "hello");
    nodes(R"("a": { "type": "play", "prompts": ["hello"], "goto": "bye", "counts": { "id": "x ==" } })");
    EXPECT_THAT(said(), HasSubstr("\"what\" is missing"));
}

}  // namespace
}  // namespace hotline::app
