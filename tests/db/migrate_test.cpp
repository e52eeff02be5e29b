#include <filesystem>
#include <fstream>

#include "db/db_test.h"
#include "hotline/store/store.h"

namespace hotline::test {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

class MigrateTest : public DbTest {
  protected:
    void SetUp() override {
        DbTest::SetUp();
        if (IsSkipped()) return;
        char pattern[] = "/tmp/hotline-sql-XXXXXX";
        dir_ = ::mkdtemp(pattern);
        fs::copy(Cluster::source("sql"), dir_, fs::copy_options::recursive);
        database_ = cluster().create_empty_database();
    }
    void TearDown() override {
        if (!dir_.empty()) fs::remove_all(dir_);
    }
    /// So far behind the last one: "0004".
    static std::string numbered(int behind) {
        const std::string number = std::to_string(store::kSchemaVersion + behind);
        return std::string(4 - number.size(), '0') + number;
    }
    Outcome migrate() { return store::migrate(cluster().conninfo(database_, "hotline_migrator"), (dir_ / "migrations").string()); }
    Psql admin() { return Psql(cluster().conninfo(database_, "postgres")); }
    void write(const fs::path& name, const std::string& sql) { std::ofstream(dir_ / name) << sql; }

    fs::path dir_;
    std::string database_;
};

TEST_F(MigrateTest, FromEmptyAndThenThereIsNothingToDo) {
    ASSERT_TRUE(migrate().ok()) << migrate().error().text;
    const auto applied = admin().rows("select version, name, applied_at from hotline.migration");
    ASSERT_TRUE(migrate().ok());
    EXPECT_EQ(admin().rows("select version, name, applied_at from hotline.migration"), applied);
    EXPECT_EQ(admin().value("select count(*) from report.call"), "0");
}

TEST_F(MigrateTest, TheVersionThatTheDaemonKnowsIsTheLastFile) {
    ASSERT_TRUE(migrate().ok());
    EXPECT_EQ(admin().value("select max(version) from hotline.migration"), std::to_string(store::kSchemaVersion));
}

TEST_F(MigrateTest, EverythingBelongsToTheOwner) {
    ASSERT_TRUE(migrate().ok());
    EXPECT_EQ(admin().value("select count(*) from pg_class c join pg_namespace n on n.oid = relnamespace "
                            "where nspname in ('hotline', 'report') and relowner <> 'hotline_owner'::regrole"),
              "0");
}

TEST_F(MigrateTest, AFailingMigrationLeavesTheDatabaseAsItWas) {
    ASSERT_TRUE(migrate().ok());
    write("migrations/" + numbered(1) + "_half.sql", "create table hotline.half (n int);\nselect 1 / 0;\n");
    const auto failed = migrate();
    ASSERT_FALSE(failed.ok());
    EXPECT_NE(failed.error().text.find(numbered(1) + "_half.sql"), std::string::npos) << failed.error().text;
    EXPECT_EQ(admin().value("select to_regclass('hotline.half') is null"), "t");
    EXPECT_EQ(admin().value("select count(*) from report.call"), "0") << "the views are still there";
}

TEST_F(MigrateTest, RefusesADatabaseThatIsAheadOfTheFiles) {
    ASSERT_TRUE(migrate().ok());
    admin().run("insert into hotline.migration (version, name, checksum) values (999, '0999_future.sql', 'x')");
    const auto refused = migrate();
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::Conflict);
}

TEST_F(MigrateTest, RefusesAnAppliedFileThatChanged) {
    ASSERT_TRUE(migrate().ok());
    std::ofstream(dir_ / "migrations/0001_facts_and_calls.sql", std::ios::app) << "-- a word\n";
    const auto refused = migrate();
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::Conflict);
}

TEST_F(MigrateTest, RefusesAGapInTheNumbers) {
    write("migrations/" + numbered(2) + "_further.sql", "select 1;");
    EXPECT_FALSE(migrate().ok());
}

TEST_F(MigrateTest, AChangedReportIsMadeAnewAndKeepsItsReaders) {
    ASSERT_TRUE(migrate().ok());
    std::string sql = read_file(dir_ / "report/segment.sql");
    const std::string last_column = "       s.trunk\n";
    ASSERT_NE(sql.find(last_column), std::string::npos);
    sql.replace(sql.find(last_column), last_column.size(), "       s.trunk, s.ring_ms as rang_ms\n");
    write("report/segment.sql", sql);
    ASSERT_TRUE(migrate().ok());
    Psql supervisor(cluster().conninfo(database_, "supervisor"));
    EXPECT_EQ(supervisor.value("select count(rang_ms) from report.segment"), "0");
}

TEST_F(MigrateTest, AViewOfOnesOwnUponAReportIsNotSilentlyDropped) {
    ASSERT_TRUE(migrate().ok());
    admin().run("create view public.mine as select call_id from report.call");
    std::ofstream(dir_ / "report/call.sql", std::ios::app) << "-- a word\n";
    const auto refused = migrate();
    ASSERT_FALSE(refused.ok());
    EXPECT_NE(refused.error().text.find("view of your own"), std::string::npos) << refused.error().text;
    EXPECT_EQ(admin().value("select count(*) from public.mine"), "0");
}

TEST_F(MigrateTest, SaysSoWhenTheServerIsNotThere) {
    const auto away = store::migrate("host=/nonexistent dbname=hotline", (dir_ / "migrations").string());
    ASSERT_FALSE(away.ok());
    EXPECT_EQ(away.error().kind, ErrorKind::Unavailable);
}

/// Without what differs from one run of pg_dump to the next.
std::string normalized(const std::string& dump) {
    std::string out;
    std::istringstream lines(dump);
    bool blank = true;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("\\restrict") || line.starts_with("\\unrestrict") || line.starts_with("-- Dumped")) continue;
        if (line.empty() && std::exchange(blank, true)) continue;
        if (!line.empty()) blank = false;
        out += line + '\n';
    }
    return out;
}

TEST_F(MigrateTest, SchemaSqlIsWhatTheMigrationsMake) {
    ASSERT_TRUE(migrate().ok());
    const std::string made = normalized(cluster().output({cluster().binary("pg_dump"), "-h", cluster().socket_dir(), "-U",
                                                          "postgres", "-s", "-n", "hotline", "-n", "report", database_}));
    const std::string path = Cluster::source("sql/schema.sql");
    if (std::getenv("HOTLINE_WRITE_SCHEMA")) std::ofstream(path) << made;
    EXPECT_TRUE(made == read_file(path))
        << "sql/schema.sql is behind: run this test with HOTLINE_WRITE_SCHEMA=1 and read the difference";
}

TEST_F(MigrateTest, EveryTableAndEveryReportColumnHasAComment) {
    ASSERT_TRUE(migrate().ok());
    const auto bare = admin().rows(
        "select c.oid::regclass, a.attname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and n.nspname = 'report' "
        "where n.nspname in ('hotline', 'report') and c.relkind in ('r', 'v') "
        "and (obj_description(c.oid) is null or (a.attnum is not null and col_description(c.oid, a.attnum) is null))");
    EXPECT_TRUE(bare.empty()) << bare[0][0] << ' ' << bare[0][1];
}

TEST_F(MigrateTest, TheReportsHaveTheColumnsThatOthersBuildOn) {
    ASSERT_TRUE(migrate().ok());
    const std::pair<const char*, const char*> expected[] = {
        {"call",
         "call_id text, started_at timestamptz, ended_at timestamptz, direction text, caller text, called text, queue text, agent "
         "text, ivr_ms int8, "
         "wait_ms int8, ring_ms int8, talk_ms int8, hold_ms int8, wrapup_ms int8, outcome text, hangup_by text, affinity text, "
         "recording text, "
         "recording_sha256 text, loss_in_pct float8, jitter_in_ms int8"},
        {"segment",
         "call_id text, agent text, offered_at timestamptz, answered_at timestamptz, ended_at timestamptz, result text, "
         "code text, number text, trunk text"},
        {"transfer",
         "at timestamptz, call_id text, caller text, node text, head_of text, agent text, number text, trunk text, result text, "
         "why "
         "text, ring_ms int8, talk_ms int8"},
        {"queue_group", "queue_group text, queue text"},
        {"queue_hour",
         "hour timestamptz, queue text, offered int8, answered int8, abandoned int8, short_abandoned int8, service_level_20s "
         "numeric, asa_ms int8, "
         "aht_ms int8, max_wait_ms int8"},
        {"agent_day",
         "day date, agent text, calls_in int8, calls_out int8, missed int8, ring_ms int8, talk_ms int8, hold_ms int8, wrapup_ms "
         "int8, ready_ms int8, "
         "paused_ms int8, logged_in_ms int8, occupancy numeric"},
        {"menu_choice", "at timestamptz, call_id text, caller text, menu text, key text, choice text"},
        {"decision", "at timestamptz, call_id text, queue text, agent text, reason text, candidates jsonb"},
    };
    for (const auto& [view, columns] : expected) {
        EXPECT_EQ(admin().value("select string_agg(attname || ' ' || typname, ', ' order by attnum) from pg_attribute a join "
                                "pg_type t on t.oid = atttypid "
                                "where attrelid = 'report." +
                                std::string(view) + "'::regclass and attnum > 0"),
                  columns)
            << view;
    }
}

}  // namespace
}  // namespace hotline::test
