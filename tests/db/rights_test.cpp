// Who may do what: a supervisor reads schema report and nothing else; the daemon adds facts and cannot change them.
#include <gmock/gmock.h>

#include "db/db_test.h"

namespace hotline::test {
namespace {

class RightsTest : public DbTest {
  protected:
    // The database that roles.sql itself made: rights on a database are not part of its copies.
    Psql as(const std::string& role) { return Psql(cluster().conninfo(cluster().main_database(), role)); }
};

using ::testing::AnyOf;

constexpr const char* kDenied = "42501";

TEST_F(RightsTest, ASupervisorReadsEveryReport) {
    auto supervisor = as("supervisor");
    for (const char* view : {"call", "segment", "queue_hour", "agent_day", "menu_choice", "decision", "leg_quality", "self_service",
                             "application", "voice_message", "survey"})
        EXPECT_EQ(supervisor.error("select * from report." + std::string(view)), "") << view;
    EXPECT_EQ(supervisor.error("select * from report.service_level('2024-01-01', '2025-01-01', 10000)"), "");
    EXPECT_EQ(supervisor.error("select * from report.queue_hours('2024-01-01', '2025-01-01')"), "");
    EXPECT_EQ(supervisor.error("select * from report.agent_days('2024-01-01', '2024-02-01')"), "");
    EXPECT_EQ(supervisor.error("select * from report.timeline('0000000000000')"), "");
    EXPECT_EQ(supervisor.value("select count(*) from call"), "0") << "without the schema's name";
}

TEST_F(RightsTest, ASupervisorReadsNothingElse) {
    auto supervisor = as("supervisor");
    auto admin = as("postgres");
    for (const auto& row : admin.rows("select tablename from pg_tables where schemaname = 'hotline'"))
        EXPECT_EQ(supervisor.error("select * from hotline." + row[0]), kDenied) << row[0];
    for (const char* sql : {
             "select pg_read_file('/etc/passwd')",
             "select pg_read_binary_file('/etc/passwd')",
             "select * from pg_ls_dir('.')",
             "select lo_import('/etc/passwd')",
             "select pg_stat_file('/etc/passwd')",
             "select * from pg_authid",
             "select * from pg_hba_file_rules",
             "copy report.call to program 'cat'",
             "copy report.call to '/tmp/stolen'",
             "copy pg_temp.x from program 'id'",
             "set role hotline_owner",
             "set role hotline_app",
             "set role postgres",
             "set session authorization postgres",
             "select set_config('role', 'hotline_owner', false)",
         })
        EXPECT_NE(supervisor.error(sql), "") << sql;
}

TEST_F(RightsTest, ASupervisorChangesNothingEvenAfterResettingHisDefaults) {
    auto supervisor = as("supervisor");
    supervisor.run("set default_transaction_read_only = off");
    supervisor.run("set statement_timeout = 0");
    for (const char* sql : {
             "create temp table mine (n int)",
             "create table public.mine (n int)",
             "create table report.mine (n int)",
             "create schema mine",
             "create view report.mine as select 1",
             "create function report.mine() returns int language sql return 1",
             "create or replace function report.zone() returns text language sql return 'UTC'",
             "create role mine",
             "alter role supervisor superuser",
             "alter role supervisor connection limit 1000",
             "alter system set work_mem = '1GB'",
             "create extension dblink",
             "create language plpython3u",
             "drop view report.call",
             "insert into report.menu_choice (key) values ('1')",
             "update report.segment set result = 'answered'",
             "delete from report.menu_choice",
             "truncate hotline.fact",
             "begin; lock table hotline.fact in access share mode",
             "select lo_create(4711)",
             "select lo_from_bytea(0, 'x')",
             "select pg_advisory_lock(4607265)",
             "select pg_try_advisory_lock(1)",
             "select pg_advisory_xact_lock(4607265)",
             "select pg_reload_conf()",
             "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'postgres'",
             "reindex table hotline.fact",
             "comment on view report.call is 'mine'",
         }) {
        // Not allowed; or not possible with a view, or in this state, or because there is no such thing.
        EXPECT_THAT(supervisor.error(sql), AnyOf(kDenied, "0A000", "55000", "42704")) << sql;
        supervisor.run("rollback");
    }
    supervisor.run("grant select on report.call to public");  // a warning, and nothing granted
    EXPECT_EQ(
        as("postgres")
            .value(
                "select count(*) from information_schema.role_table_grants where grantee = 'PUBLIC' and table_schema = 'report'"),
        "0");
    EXPECT_EQ(as("postgres").value("select count(*) from pg_largeobject_metadata"), "0");
    EXPECT_EQ(as("postgres").value("select count(*) from pg_locks where locktype = 'advisory'"), "0");
}

TEST_F(RightsTest, ASupervisorEntersNoOtherDatabase) {
    as("supervisor");
    for (const char* database : {"postgres", "template1"}) {
        PGconn* connection = ::PQconnectdb(cluster().conninfo(database, "supervisor").c_str());
        EXPECT_EQ(::PQstatus(connection), CONNECTION_BAD) << database;
        ::PQfinish(connection);
    }
}

TEST_F(RightsTest, ASupervisorStartsReadOnlyWithATimeLimit) {
    auto supervisor = as("supervisor");
    EXPECT_EQ(supervisor.value("show default_transaction_read_only"), "on");
    EXPECT_EQ(supervisor.value("show statement_timeout"), "1min");
}

TEST_F(RightsTest, TheDaemonAddsFactsAndNeverChangesThem) {
    auto app = as("hotline_app");
    for (const char* table : {"fact", "fact_rejected", "call", "recording", "wrap_up", "segment", "queue_visit", "agent_stretch",
                              "voice_message", "survey"}) {
        const std::string name = "hotline." + std::string(table);
        EXPECT_EQ(app.error("select count(*) from " + name), "") << table;
        EXPECT_EQ(app.error("update " + name + " set epoch = 1"), kDenied) << table;
        EXPECT_EQ(app.error("delete from " + name), kDenied) << table;
        EXPECT_EQ(app.error("truncate " + name), kDenied) << table;
        EXPECT_EQ(app.error("drop table " + name), kDenied) << table;
    }
    EXPECT_EQ(app.error("update hotline.voice_message set heard_at = now()"), "") << "somebody has dealt with a message";
    EXPECT_EQ(app.error("insert into hotline.migration (version, name, checksum) values (99, 'x', 'x')"), kDenied);
    EXPECT_EQ(app.error("create role mine"), kDenied);
    EXPECT_EQ(app.error("grant pg_execute_server_program to hotline_app"), kDenied);
    EXPECT_EQ(app.error("create table hotline.mine (n int)"), kDenied);
    EXPECT_EQ(app.error("set role hotline_owner"), kDenied);
}

TEST_F(RightsTest, TheOwnerCannotLogInAndNobodyIsMoreThanHeMustBe) {
    auto admin = as("postgres");
    EXPECT_EQ(admin.value("select rolcanlogin from pg_roles where rolname = 'hotline_owner'"), "f");
    EXPECT_EQ(admin.value("select count(*) from pg_roles where rolname in ('hotline_owner', 'hotline_migrator', 'hotline_app', "
                          "'hotline_ivr', 'supervisor') "
                          "and (rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls)"),
              "0");
    EXPECT_EQ(
        admin.value(
            "select count(*) from pg_roles where rolname in ('hotline_app', 'hotline_ivr', 'supervisor') and rolconnlimit < 0"),
        "0");
}

TEST_F(RightsTest, RolesSqlCanBeRunAgain) {
    as("postgres");
    const std::string out = cluster().output({cluster().binary("psql"), "-X", "-q", "-h", cluster().socket_dir(), "-U", "postgres",
                                              "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-f", Cluster::source("sql/roles.sql")});
    EXPECT_EQ(out.find("failed:"), std::string::npos) << out;
    EXPECT_EQ(as("supervisor").error("select * from report.call"), "");
}

}  // namespace
}  // namespace hotline::test
