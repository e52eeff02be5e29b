// Lookups of menus against a real server: what it gives, what it refuses, and that nobody waits longer than he said.
#include "hotline/store/tables.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "db/store_test.h"

namespace hotline::test {
namespace {

using ivr::Reply;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TablesTest : public StoreTest {
  protected:
    void SetUp() override {
        StoreTest::SetUp();
        if (IsSkipped()) return;
        tables_config_.conninfo = config_.conninfo;
        Psql(cluster().conninfo(database_, "hotline_migrator"))
            .run(
                "set role hotline_owner; create table site.thing (id bigint primary key, name text, price_fen bigint, day date);"
                "insert into site.thing values (1, '黄山', 268000, '2026-10-02'), (2, null, null, null),"
                "(3, E'O''Neil \\x01\\n \U0001F600', 5, '2026-10-03')");
    }
    void TearDown() override {
        stop_tables();
        StoreTest::TearDown();
    }
    void start_tables() {
        tables_ = std::make_unique<store::Tables>(io_, tables_config_, metrics_);
        ASSERT_TRUE(run_until([&] {
            return metrics_.gauge("ivr_lookup_connections", "").value() == tables_config_.connections &&
                   metrics_.gauge("ivr_guard_connections", "").value() == 1;
        }));
    }
    void stop_tables() {
        if (!tables_) return;
        tables_.reset();
        io_.restart();
        io_.run_for(std::chrono::seconds(10));
        EXPECT_TRUE(io_.stopped()) << "something goes on after stop()";
        io_.restart();
    }
    static ivr::AskTables question(const std::string& sql, std::vector<std::optional<std::string>> values = {},
                                   Duration timeout = 5s) {
        ivr::AskTables out;
        out.query = std::make_shared<const ivr::Query>(ivr::Query{"q", sql, {}});
        out.values = std::move(values);
        out.max_rows = 20;
        out.timeout = timeout;
        return out;
    }
    Reply ask(ivr::AskTables asked) {
        std::optional<Reply> reply;
        tables_->ask(std::move(asked), [&](Reply got) { reply = std::move(got); });
        EXPECT_TRUE(run_until([&] { return reply.has_value(); }));
        return reply.value_or(Reply{});
    }
    Reply ask(const std::string& sql, std::vector<std::optional<std::string>> values = {}) {
        return ask(question(sql, std::move(values)));
    }
    static std::string shown(const Reply::Row& row) {
        std::string out;
        for (const auto& value : row) out += (out.empty() ? "" : "|") + value.value_or("∅");
        return out;
    }

    store::TablesConfig tables_config_;
    std::unique_ptr<store::Tables> tables_;
};

TEST_F(TablesTest, RowsComeWithTheirColumnsAndNulls) {
    start_tables();
    const auto reply = ask("select id, name, price_fen, day from thing order by id -- a comment at the end");
    EXPECT_EQ(reply.kind, Reply::Kind::Found);
    EXPECT_THAT(reply.columns, ElementsAre("id", "name", "price_fen", "day"));
    ASSERT_EQ(reply.rows.size(), 3u);
    EXPECT_EQ(shown(reply.rows[0]), "1|黄山|268000|2026-10-02");
    EXPECT_EQ(shown(reply.rows[1]), "2|∅|∅|∅");
    EXPECT_EQ(shown(reply.rows[2]), "3|O'Neil \uFFFD\uFFFD \U0001F600|5|2026-10-03") << "control characters are made harmless";
    EXPECT_TRUE(ask("select * from thing where id = 9").rows.empty());
}

TEST_F(TablesTest, ValuesAreBoundAndNeverPartOfTheText) {
    start_tables();
    const std::string trick = "x' or '1'='1'; drop table site.thing; --";
    EXPECT_TRUE(ask("select id from thing where name = $1", {trick}).rows.empty());
    EXPECT_EQ(shown(ask("select $1::text as echoed", {trick}).rows.at(0)), trick);
    EXPECT_EQ(shown(ask("select $1::text is null as missing", {std::nullopt}).rows.at(0)), "t") << "an unset variable is NULL";
    EXPECT_EQ(ask("select id from thing where id = $1", {"1"}).rows.size(), 1u) << "a text where a number is wanted";
}

TEST_F(TablesTest, TenThousandRowsCostNoMoreThanThoseAskedFor) {
    start_tables();
    auto asked = question("select n, repeat('长', 2000) as text from generate_series(1, 10000) n order by n");
    const auto reply = ask(asked);
    ASSERT_EQ(reply.rows.size(), 20u);
    EXPECT_EQ(reply.rows[19][0], "20");
    EXPECT_EQ(reply.rows[0][1]->size(), 999u) << "1000 bytes at most, and no half characters";
    asked.max_rows = 1;
    EXPECT_EQ(ask(asked).rows.size(), 1u);
}

TEST_F(TablesTest, ThatThereAreMoreRowsThanAskedForIsTold) {
    start_tables();
    auto asked = question("select id from thing order by id");
    asked.max_rows = 3;
    EXPECT_FALSE(ask(asked).cut);
    asked.max_rows = 2;
    const auto reply = ask(asked);
    EXPECT_TRUE(reply.cut);
    ASSERT_EQ(reply.rows.size(), 2u);
    EXPECT_EQ(shown(reply.rows[1]), "2");
}

std::string logged_by(const std::function<void()>& done) {
    ::testing::internal::CaptureStderr();
    done();
    return ::testing::internal::GetCapturedStderr();
}

/// The most that this process has held since begin_peak(), in MiB.
void begin_peak() { std::ofstream("/proc/self/clear_refs") << '5'; }
long peak_mb() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:")) return std::stol(line.substr(6)) / 1024;
    return 0;
}

TEST_F(TablesTest, AHugeRowIsNotSentAndFails) {
    start_tables();
    begin_peak();
    const auto before = peak_mb();
    const auto logged = logged_by(
        [&] { EXPECT_EQ(ask(question("select 1 as id, repeat('x', 100000000) as text", {}, 10s)).kind, Reply::Kind::Failed); });
    EXPECT_THAT(logged, AllOf(HasSubstr("row 1 has 1000000"), HasSubstr(" bytes: a row may have 65536")));
    EXPECT_LT(peak_mb() - before, 20) << "it has not come over";
    EXPECT_EQ(ask("select repeat('x', 65000) as text").kind, Reply::Kind::Found);
    EXPECT_EQ(ask("select repeat('x', 66000) as text").kind, Reply::Kind::Failed);
    EXPECT_EQ(ask("select repeat('x', 60000) as text from generate_series(1, 4)").kind, Reply::Kind::Found);
    EXPECT_EQ(ask("select repeat('x', 60000) as text from generate_series(1, 5)").kind, Reply::Kind::Failed);
    auto asked = question("select repeat('x', 60000) as text from generate_series(1, 1000)");
    asked.max_rows = 4;
    EXPECT_EQ(ask(asked).rows.size(), 4u) << "what is not told does not count";
    EXPECT_EQ(ask("select id, repeat('x', (id * 40000)::int) as text from thing order by id").kind, Reply::Kind::Failed)
        << "one of three is too long";
}

TEST_F(TablesTest, ColumnsMayBeCalledAsTheyLike) {
    start_tables();
    EXPECT_EQ(shown(ask("select 1 as bytes, 2 as bytes, 3 as text, null as \"hotline_row\", row(1, 'x')").rows.at(0)),
              "1|2|3|∅|(1,x)");
    EXPECT_EQ(shown(ask("select null::int as a, null::text as b").rows.at(0)), "∅|∅");
}

TEST_F(TablesTest, ASecretIsInNoLog) {
    start_tables();
    auto asked = question("select id from thing where id = $1", {"2468x"});
    asked.secret = true;
    const auto logged = logged_by([&] { EXPECT_EQ(ask(asked).kind, Reply::Kind::Failed); });
    EXPECT_THAT(logged, HasSubstr("22P02"));
    EXPECT_THAT(logged, ::testing::Not(HasSubstr("2468")));
    asked.secret = false;
    EXPECT_THAT(logged_by([&] { ask(asked); }), HasSubstr("2468x")) << "else PostgreSQL says what it could not read";
}

TEST_F(TablesTest, TheMemoryForAnswersIsBoundedInBytes) {
    tables_config_.max_cached_bytes = 5000;
    start_tables();
    auto asked = question("select $1::text || repeat('x', 1500) || count(*)::text as n, count(*) from thing", {"a"});
    asked.cache = 60s;
    for (const char* value : {"a", "b", "c", "d"}) {
        asked.values = {value};
        ask(asked);
    }
    admin().run("delete from site.thing where id = 2");
    EXPECT_EQ(ask(asked).rows.at(0).at(1), "3") << "remembered";
    asked.values = {"a"};
    EXPECT_EQ(ask(asked).rows.at(0).at(1), "2") << "forgotten";
}

TEST_F(TablesTest, WhatCannotBeDoneFailsAndTheNextOneIsAnswered) {
    start_tables();
    for (const char* sql :
         {"select id from thing where id = 'letters'", "select 1/0", "select * from nowhere", "this is no sql",
          "select 1; select 2", "select 1) as a; drop table thing; --", "insert into thing values (4) returning id",
          "select count(*) from hotline.fact", "select * from pg_authid"})
        EXPECT_EQ(ask(sql).kind, Reply::Kind::Failed) << sql;
    EXPECT_EQ(ask("select id from thing where id = $1", {"letters"}).kind, Reply::Kind::Failed);
    EXPECT_EQ(ask("select id from thing where id = $1", {}).kind, Reply::Kind::Failed) << "a value too few";
    EXPECT_EQ(ask("select 1 as one").kind, Reply::Kind::Found);
    EXPECT_EQ(counted("ivr_lookups_failed_total"), 11);
}

TEST_F(TablesTest, TheRoleReadsItsSchemaAndNothingElse) {
    Psql ivr(cluster().conninfo(database_, "hotline_ivr"));
    EXPECT_EQ(ivr.value("select count(*) from thing"), "3") << "without the schema's name";
    ivr.run("set default_transaction_read_only = off");
    for (const char* sql :
         {"insert into thing values (4)", "create table site.mine (n int)", "create temp table mine (n int)",
          "delete from site.thing", "select * from hotline.fact", "select * from hotline.guard", "select * from report.call",
          "set role hotline_app", "select pg_read_file('/etc/passwd')", "copy thing to program 'cat'", "select lo_create(1)"})
        EXPECT_NE(ivr.error(sql), "") << sql;
}

TEST_F(TablesTest, ALookupThatHangsEndsAtItsTimeOutAndKeepsNobodyWaiting) {
    tables_config_.connections = 2;
    start_tables();
    std::optional<Reply> hung;
    const Time began = read_clocks().at;
    tables_->ask(question("select pg_sleep(60) as never", {}, 400ms), [&](Reply reply) { hung = std::move(reply); });
    EXPECT_EQ(ask("select 1 as one").kind, Reply::Kind::Found);
    EXPECT_LT(read_clocks().at - began, 300ms) << "the other connection is free";
    EXPECT_FALSE(hung);
    ASSERT_TRUE(run_until([&] { return hung.has_value(); }));
    EXPECT_EQ(hung->kind, Reply::Kind::TimedOut);
    EXPECT_LT(read_clocks().at - began, 2s);
    EXPECT_TRUE(run_until([&] { return metrics_.gauge("ivr_lookup_connections", "").value() == 2; }))
        << "the closed one is made anew";
    auto watch = admin();
    EXPECT_TRUE(run_until(
        [&] {
            return watch.value(
                       "select count(*) from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid()") ==
                   "0";
        },
        std::chrono::seconds(5)))
        << "the server gave it up, too, long before its own time-out";
}

TEST_F(TablesTest, ManyThatHangFailInTimeAllTheSame) {
    tables_config_.connections = 1;
    start_tables();
    int answered = 0;
    const Time began = read_clocks().at;
    for (int i = 0; i < 50; ++i)
        tables_->ask(question("select pg_sleep(60) as never", {}, 500ms),
                     [&](Reply reply) { answered += reply.kind == Reply::Kind::TimedOut; });
    ASSERT_TRUE(run_until([&] { return answered == 50; }));
    EXPECT_LT(read_clocks().at - began, 3s);
}

TEST_F(TablesTest, OneQueryThatHangsLeavesConnectionsToTheOthers) {
    start_tables();
    const int connections = tables_config_.connections;
    ASSERT_GE(connections, 2);
    int hung = 0;
    for (int i = 0; i < 10 * connections; ++i)
        tables_->ask(question("select pg_sleep(60) as never", {}, 3s),
                     [&](Reply reply) { hung += reply.kind == Reply::Kind::TimedOut; });
    const Time began = read_clocks().at;
    for (int i = 0; i < 20; ++i) EXPECT_EQ(ask(question("select 1 as one", {}, 2s)).kind, Reply::Kind::Found);
    EXPECT_LT(read_clocks().at - began, 1s);
    ASSERT_TRUE(run_until([&] { return hung == 10 * connections; }));
    EXPECT_EQ(ask("select 1 as one").kind, Reply::Kind::Found);
}

TEST_F(TablesTest, AServerThatIsDownOrHungFailsInTime) {
    start_tables();
    cluster().freeze_server();
    const Time began = read_clocks().at;
    EXPECT_EQ(ask(question("select 1 as one", {}, 300ms)).kind, Reply::Kind::TimedOut);
    EXPECT_LT(read_clocks().at - began, 2s);
    cluster().thaw_server();
    cluster().kill_server();
    EXPECT_TRUE(run_until([&] { return metrics_.gauge("ivr_lookup_connections", "").value() == 0; }));
    EXPECT_EQ(ask("select 1 as one").kind, Reply::Kind::Failed) << "at once";
    cluster().start_server();
    EXPECT_TRUE(run_until([&] { return metrics_.gauge("ivr_lookup_connections", "").value() == tables_config_.connections; }));
    EXPECT_EQ(ask("select 1 as one").kind, Reply::Kind::Found);
}

TEST_F(TablesTest, AnAnswerIsGivenAgainForAsLongAsTheMenuSays) {
    start_tables();
    auto asked = question("select count(*) as things from thing where id < $1", {"100"});
    asked.cache = 60s;
    EXPECT_EQ(shown(ask(asked).rows.at(0)), "3");
    admin().run("delete from site.thing where id = 2");
    EXPECT_EQ(shown(ask(asked).rows.at(0)), "3") << "remembered";
    auto other = asked;
    other.values = {"99"};
    EXPECT_EQ(shown(ask(other).rows.at(0)), "2") << "another value is another question";
    asked.cache = 0s;
    EXPECT_EQ(shown(ask(asked).rows.at(0)), "2");
    asked.cache = 1ms;
    EXPECT_EQ(shown(ask(asked).rows.at(0)), "2") << "too old";
    EXPECT_EQ(counted("ivr_lookups_cached_total"), 1);
}

TEST_F(TablesTest, TheMemoryHasALimit) {
    tables_config_.max_cached = 2;
    start_tables();
    auto asked = question("select $1::text || count(*)::text as n from thing", {"a"});
    asked.cache = 60s;
    for (const char* value : {"a", "b", "c"}) {
        asked.values = {value};
        ask(asked);
    }
    admin().run("delete from site.thing where id = 2");
    asked.values = {"c"};
    EXPECT_EQ(shown(ask(asked).rows.at(0)), "c3");
    asked.values = {"a"};
    EXPECT_EQ(shown(ask(asked).rows.at(0)), "a2") << "the oldest is forgotten first";
}

TEST_F(TablesTest, DaysAndTimesAreTheSites) {
    tables_config_.time_zone = "Asia/Shanghai";
    admin().run("alter role hotline_ivr in database " + database_ + " set datestyle = 'German'");
    start_tables();
    EXPECT_EQ(shown(ask("select date '2026-10-02' as day").rows.at(0)), "2026-10-02");
    EXPECT_EQ(shown(ask("select timestamptz '2026-10-02 20:00:00+00' as at").rows.at(0)), "2026-10-03 04:00:00+08");
}

// ── The guard ──

class GuardTest : public TablesTest {
  protected:
    /// One try at a PIN: found when it is 2468.
    Reply::Kind tries(const std::string& pin, const std::string& member = "100001", const std::string& caller = "13900001234",
                      Duration lock = 900s) {
        auto asked = question("select 1 as one where $1 = '2468'", {pin});
        asked.guard = ivr::AskTables::Guard{"member", member, caller, 3, lock};
        const auto reply = ask(asked);
        if (reply.kind == Reply::Kind::Found && reply.rows.empty()) return Reply::Kind::TimedOut;  // here: a wrong one
        return reply.kind;
    }
    static constexpr auto kWrong = Reply::Kind::TimedOut, kRight = Reply::Kind::Found, kLocked = Reply::Kind::Locked;
};

TEST_F(GuardTest, TheThirdWrongTryLocksTheMemberAndTheCaller) {
    start_tables();
    EXPECT_EQ(tries("1111"), kWrong);
    EXPECT_EQ(tries("2222"), kWrong);
    EXPECT_EQ(tries("3333"), kLocked);
    EXPECT_EQ(tries("2468"), kLocked) << "also the right one";
    EXPECT_EQ(tries("2468", "100001", "13700000000"), kLocked) << "the member, from another number";
    EXPECT_EQ(tries("2468", "100002"), kLocked) << "the caller, as another member";
    EXPECT_EQ(tries("2468", "100002", "13700000000"), kRight) << "who has nothing to do with it";
    EXPECT_EQ(counted("ivr_lookups_locked_total"), 4);
}

TEST_F(GuardTest, ALockOutlivesTheDaemonAndEnds) {
    start_tables();
    for (const char* pin : {"1", "2", "3"}) tries(pin);
    stop_tables();
    start_tables();
    EXPECT_EQ(tries("2468"), kLocked);
    admin().run("update hotline.guard set locked_until = now() - interval '1 second'");
    EXPECT_EQ(tries("9999"), kWrong) << "a new row of tries";
    EXPECT_EQ(tries("2468"), kRight);
}

TEST_F(GuardTest, ARightTryClearsTheMemberButNotTheCallersOtherTries) {
    start_tables();
    EXPECT_EQ(tries("1"), kWrong);
    EXPECT_EQ(tries("2"), kWrong);
    EXPECT_EQ(tries("2468"), kRight);
    EXPECT_EQ(tries("4", "100001", "13700000000"), kWrong) << "the member begins anew";
    EXPECT_EQ(tries("5", "100009"), kLocked) << "or with a PIN of one's own, those of others could be tried for ever";
}

TEST_F(GuardTest, TriesAtTheSameTimeAreNoMoreThanTheAllowedOnes) {
    tables_config_.connections = 8;
    start_tables();
    int wrong = 0, locked = 0;
    for (int i = 0; i < 30; ++i) {
        auto asked = question("select pg_sleep(0.05), 1 as one where false");
        asked.guard = ivr::AskTables::Guard{"member", "100001", "1390000" + std::to_string(1000 + i), 3, 900s};
        tables_->ask(std::move(asked), [&](const Reply& reply) { ++(reply.kind == Reply::Kind::Locked ? locked : wrong); });
    }
    ASSERT_TRUE(run_until([&] { return wrong + locked == 30; }));
    EXPECT_LE(wrong, 3);
}

TEST_F(GuardTest, ATryThatFailedDoesNotCount) {
    start_tables();
    for (int i = 0; i < 5; ++i) {
        auto asked = question("select 1/0 as one");
        asked.guard = ivr::AskTables::Guard{"member", "100001", "13900001234", 3, 900s};
        EXPECT_EQ(ask(asked).kind, Reply::Kind::Failed);
        auto watch = admin();
        ASSERT_TRUE(run_until([&] { return watch.value("select coalesce(sum(tries), 0) from hotline.guard") == "0"; }));
    }
    EXPECT_EQ(tries("2468"), kRight);
}

TEST_F(GuardTest, WithoutACallersNumberOnlyTheMemberIsLocked) {
    start_tables();
    for (const char* pin : {"1", "2", "3"}) tries(pin, "100001", "");
    EXPECT_EQ(tries("2468", "100001", ""), kLocked);
    EXPECT_EQ(tries("2468", "100002", ""), kRight);
    EXPECT_EQ(admin().value("select count(*) from hotline.guard where scope = 'caller'"), "0");
}

TEST_F(GuardTest, WhoRedialsWithoutANumberIsLockedOutOfTheMemberAllTheSame) {
    start_tables();
    EXPECT_EQ(tries("1", "100001", "call:a"), kWrong);
    EXPECT_EQ(tries("2", "100001", "call:b"), kWrong);
    EXPECT_EQ(tries("3", "100001", "call:c"), kLocked);
    EXPECT_EQ(tries("2468", "100001", "call:d"), kLocked);
    EXPECT_EQ(tries("2468", "100002", "call:e"), kRight);
}

TEST_F(GuardTest, RowsThatHoldNothingAgainstAnybodyGo) {
    admin().run(
        "insert into hotline.guard values ('caller', 'call:old', 1, now() - interval '3 days', null),"
        "('member', 'was locked', 3, now() - interval '3 days', now() - interval '2 days'),"
        "('member', 'is locked', 3, now() - interval '3 days', now() + interval '1 minute'),"
        "('caller', 'lately', 1, now() - interval '1 day', null)");
    tables_config_.prune_guards = 20ms;
    start_tables();
    auto watch = admin();
    EXPECT_TRUE(run_until(
        [&] { return watch.value("select string_agg(key, ', ' order by key) from hotline.guard") == "is locked, lately"; }));
}

TEST_F(GuardTest, OldTriesAreForgotten) {
    start_tables();
    for (const char* pin : {"1", "2"}) EXPECT_EQ(tries(pin), kWrong);
    admin().run("update hotline.guard set tried_at = now() - interval '901 seconds'");
    for (const char* pin : {"1", "2"}) EXPECT_EQ(tries(pin), kWrong);
}

// ── For check, and sample data ──

TEST_F(TablesTest, AQueryIsExaminedWithoutBeingRun) {
    const auto query = [](const std::string& sql) { return std::make_shared<const ivr::Query>(ivr::Query{"q", sql, {}}); };
    const auto found = store::examine(
        tables_config_, {query("select id, name from thing where id = $1"), query("select ids from thing"),
                         query("select '上海', x from thing"), query("select pg_sleep(60) as slept"),
                         query("select 1 as one from thing where $1 = name and $2::varchar = name and $3::text::int = 1")});
    ASSERT_TRUE(found) << found.error().text;
    EXPECT_THAT((*found)[0].columns, ElementsAre("id", "name"));
    EXPECT_THAT((*found)[0].as_text, ElementsAre(false)) << "a bigint: what is none is an error that tells it";
    EXPECT_EQ((*found)[0].error, "");
    EXPECT_THAT((*found)[1].error, AllOf(HasSubstr("ids"), HasSubstr("does not exist")));
    EXPECT_EQ((*found)[1].position, 8);
    EXPECT_EQ((*found)[2].position, 14) << "counted in characters";
    EXPECT_EQ((*found)[3].error, "");
    EXPECT_THAT((*found)[4].as_text, ElementsAre(true, true, true));
    auto nobody = tables_config_;
    nobody.conninfo = "host=/nowhere dbname=x";
    EXPECT_EQ(store::examine(nobody, {query("select 1")}).error().kind, ErrorKind::Unavailable);
}

class SeedTest : public DbTest {};

TEST_F(SeedTest, FillsAnEmptyStoreOnce) {
    for (const std::string site : {"travel", "fitness"}) {
        const std::string database = cluster().create_database();
        const std::string migrator = cluster().conninfo(database, "hotline_migrator");
        const auto file = Cluster::source("sql/sample/" + site + ".sql");
        const auto seeded = store::seed(migrator, file, "Asia/Shanghai");
        ASSERT_TRUE(seeded) << seeded.error().text;
        Psql ivr(cluster().conninfo(database, "hotline_ivr"));
        const bool travel = site == "travel";
        EXPECT_EQ(ivr.value(travel ? "select phone from customer_order where order_no = '10001'"
                                   : "select name from member where member_no = '100001'"),
                  travel ? "13900001234" : "陈静");
        EXPECT_EQ(Psql(cluster().conninfo(database, "postgres"))
                      .value("select count(*) from pg_class c where relnamespace = 'site'::regnamespace and relkind = 'r' and "
                             "obj_description(oid) is null"),
                  "0")
            << "every table tells what it is for";
        Psql(cluster().conninfo(database, "postgres"))
            .run(travel ? "delete from site.customer_order" : "delete from site.spending");
        EXPECT_TRUE(store::seed(migrator, file, "Asia/Shanghai")) << "a second time nothing is done";
        EXPECT_EQ(ivr.value(travel ? "select count(*) from customer_order" : "select count(*) from spending"), "0");
    }
}

/// Two zones that never have the same day: one of them is not the server's.
TEST_F(SeedTest, ItsDaysAreTheSites) {
    for (const std::string zone : {"Pacific/Kiritimati", "Etc/GMT+12"}) {
        const auto sample = [&](const std::string& site) {
            const std::string database = cluster().create_database();
            const auto seeded =
                store::seed(cluster().conninfo(database, "hotline_migrator"), Cluster::source("sql/sample/" + site + ".sql"), zone);
            EXPECT_TRUE(seeded) << seeded.error().text;
            return Psql(cluster().conninfo(database, "hotline_ivr"));
        };
        const std::string today = "(now() at time zone '" + zone + "')::date";
        Psql travel = sample("travel"), fitness = sample("fitness");
        EXPECT_EQ(travel.value("select departs_on - " + today + " from customer_order where order_no = '10001'"), "12") << zone;
        EXPECT_EQ(travel.value("select min(departs_on) - " + today + " from departure"), "7") << zone;
        EXPECT_EQ(fitness.value(
                      "select count(*) from booking join lesson l on l.id = lesson_id where extract(isodow from day) <> l.weekday"),
                  "0")
            << "a booking is on its lesson's day";
        EXPECT_EQ(fitness.value("select count(*) from booking where day - " + today + " between 1 and 7"), "2") << zone;
    }
}

TEST_F(SeedTest, AFileWithAMistakeLeavesNothing) {
    const std::string database = cluster().create_database();
    const std::string path = "/tmp/hotline-seed-" + database + ".sql";
    std::ofstream(path) << "create table thing (n int); insert into thing values ('x');";
    const auto seeded = store::seed(cluster().conninfo(database, "hotline_migrator"), path, "UTC");
    std::filesystem::remove(path);
    ASSERT_FALSE(seeded);
    EXPECT_THAT(seeded.error().text, HasSubstr("invalid input syntax"));
    EXPECT_EQ(Psql(cluster().conninfo(database, "postgres"))
                  .value("select count(*) from pg_class where relnamespace = 'site'::regnamespace"),
              "0");
    EXPECT_EQ(store::seed(cluster().conninfo(database, "hotline_migrator"), "/nowhere.sql", "UTC").error().kind,
              ErrorKind::NotFound);
}

// ── What menus leave behind ──

TEST_F(StoreTest, WhatCallersAskedForBecomesRowsOnce) {
    start_store();
    tell("12:00:00", 1, call::SelfServed{"13900001234", "route", "7", "黄山"});
    tell("12:00:01", 1, call::Applied{"13900001234", "ticket", "ask", "3", "高铁票", {{"tickets", "2"}, {"quote", "it's \"so\""}}});
    tell("12:00:02", 1, call::SmsLeft{"13900001234", "【云途】已收到", "zh"});
    ASSERT_TRUE(run_until_stored());
    EXPECT_THAT(supervisor().rows("select caller, what, object_id, object_name from report.self_service"),
                ElementsAre(Psql::Row{"13900001234", "route", "7", "黄山"}));
    EXPECT_THAT(
        supervisor().rows(
            "select what, action, object_id, details ->> 'tickets', details ->> 'quote', handled_at from report.application"),
        ElementsAre(Psql::Row{"ticket", "ask", "3", "2", "it's \"so\"", "∅"}));
    EXPECT_THAT(admin().rows("select recipient, text, sent_at from hotline.sms_outbox"),
                ElementsAre(Psql::Row{"13900001234", "【云途】已收到", "∅"}));
}

TEST_F(StoreTest, TheLanguageThatACallerChoseLastIsKnownInHisNextCall) {
    start_store();
    tell("12:00:00", 1, call::LanguageSwitched{"13900001234", "en"});
    tell("12:00:01", 1, call::LanguageSwitched{"13900001234", "zh"});
    tell("12:00:02", 1, call::LanguageSwitched{"13900001234", "en"});
    ASSERT_TRUE(run_until_stored());
    ASSERT_TRUE(run_until([&] { return metrics_.gauge("store_lookup_connections", "").value() == config_.lookup_connections; }));
    const auto language_of = [&](const std::string& number) {
        events_.clear();
        store_->find(CallId{42}, number);
        EXPECT_TRUE(run_until([&] { return !events_.empty(); }));
        return std::get<call::CustomerFound>(events_.at(0)).language;
    };
    EXPECT_EQ(language_of("13900001234"), "en");
    EXPECT_EQ(language_of("13700000000"), "");
    tell("12:01:00", 2, call::LanguageSwitched{"13900001234", "zh"});
    ASSERT_TRUE(run_until_stored());
    EXPECT_EQ(language_of("13900001234"), "zh");
}

}  // namespace
}  // namespace hotline::test
