// Migrations and report views. Blocking: for `hotlined migrate` and `dev`, never for the serving daemon.
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>

#include "hotline/base/log.h"
#include "hotline/store/store.h"
#include "store/postgres.h"

namespace hotline::store {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrepare =
    "set role hotline_owner;"
    "set client_min_messages = warning;"
    "set lock_timeout = '10s';"
    "create schema if not exists hotline;"
    "create table if not exists hotline.migration ("
    "    version int primary key, name text not null, checksum text not null, applied_at timestamptz not null default now());"
    "comment on table hotline.migration is 'The migrations of sql/migrations that are applied; their files must not change any "
    "more.';"
    "create table if not exists hotline.report_file (name text primary key, checksum text not null);"
    "comment on table hotline.report_file is 'The files of sql/report that schema report was made from.';";
// One migrator at a time; the number is ours alone in this database.
constexpr const char* kLock = "select pg_advisory_xact_lock(4607265)";
constexpr const char* kDropReports =
    "do $$\n"
    "declare views text; functions text;\n"
    "begin\n"
    "    select string_agg(oid::regclass::text, ', ') into views from pg_class where relnamespace = 'report'::regnamespace and "
    "relkind = 'v';\n"
    "    if views is not null then execute 'drop view ' || views; end if;\n"
    "    select string_agg(oid::regprocedure::text, ', ') into functions from pg_proc where pronamespace = "
    "'report'::regnamespace;\n"
    "    if functions is not null then execute 'drop function ' || functions; end if;\n"
    "end $$";

struct File {
    std::string name;
    int version = 0;  // of a migration
    std::string sql;
    std::string checksum;
};

/// The folder's *.sql files in the order of their names, with SHA-256 made by the server.
class Migrator {
  public:
    Migrator(const std::string& conninfo, fs::path migrations)
        : migrations_dir_(std::move(migrations)), connection_(::PQconnectdb(conninfo.c_str())) {}

    Outcome run() {
        if (::PQstatus(connection_.get()) != CONNECTION_OK)
            return Error{ErrorKind::Unavailable,
                         "cannot connect to migrate: " + trimmed_message(::PQerrorMessage(connection_.get()))};
        if (auto read = read_files(); !read) return read;
        if (auto begun = execute("begin"); !begun) return begun;
        auto outcome = in_transaction();
        if (auto ended = execute(outcome ? "commit" : "rollback"); outcome && !ended) return ended;
        return outcome;
    }

  private:
    Outcome in_transaction() {
        if (auto done = execute(kLock); !done) return done;
        if (auto done = execute(kPrepare); !done) return done;
        auto pending = find_pending();
        if (!pending) return pending.error();
        auto stale = reports_are_stale();
        if (!stale) return stale.error();
        if (pending->empty() && !*stale) return Done{};
        // Views stand on the tables: away with them first, and back when the tables are as the files want them.
        if (schema_report_exists()) {
            if (auto done = execute(kDropReports); !done)
                return Error{done.error().kind,
                             done.error().text + " (a view of your own stands on a report: drop it, migrate, and create it again)"};
        }
        for (const File* file : *pending) {
            if (auto done = apply(*file); !done) return done;
        }
        return apply_reports();
    }

    Outcome read_files() {
        auto migrations = read_folder(migrations_dir_);
        if (!migrations) return migrations.error();
        auto reports = read_folder(migrations_dir_.parent_path() / "report");
        if (!reports) return reports.error();
        migrations_ = std::move(*migrations);
        reports_ = std::move(*reports);
        int expected = 1;
        for (File& file : migrations_) {
            std::from_chars(file.name.data(), file.name.data() + file.name.size(), file.version);
            if (file.version != expected++)
                return Error{ErrorKind::Invalid, "migration " + file.name + " is out of the row 0001, 0002, …"};
        }
        return Done{};
    }

    Result<std::vector<File>> read_folder(const fs::path& dir) {
        std::error_code error;
        std::vector<File> files;
        for (fs::directory_iterator it(dir, error), end; !error && it != end; it.increment(error)) {
            if (it->path().extension() != ".sql") continue;
            std::ifstream in(it->path(), std::ios::binary);
            files.push_back({it->path().filename().string(), 0, {std::istreambuf_iterator<char>(in), {}}, ""});
            if (!in && !in.eof()) return Error{ErrorKind::Io, "cannot read " + it->path().string()};
        }
        if (error) return Error{ErrorKind::NotFound, "cannot read " + dir.string() + ": " + error.message()};
        if (files.empty()) return Error{ErrorKind::NotFound, "no *.sql in " + dir.string()};
        std::ranges::sort(files, {}, &File::name);
        for (File& file : files) {
            auto sum = query("select encode(sha256(convert_to($1, 'UTF8')), 'hex')", {file.sql});
            if (!sum) return Error{sum.error().kind, file.name + ": " + sum.error().text};
            file.checksum = sum->text(0, 0);
        }
        return files;
    }

    Result<std::vector<const File*>> find_pending() {
        auto applied = query("select version, name, checksum from hotline.migration order by version", {});
        if (!applied) return applied.error();
        const auto count = static_cast<std::size_t>(applied->size());
        if (count > migrations_.size()) {
            return Error{ErrorKind::Conflict, "the database has migration " + std::string(applied->text(applied->size() - 1, 1)) +
                                                  ", which these files do not: it belongs to a newer hotlined; install that one"};
        }
        for (std::size_t i = 0; i < count; ++i) {
            const int row = static_cast<int>(i);
            if (applied->integer(row, 0) == migrations_[i].version && applied->text(row, 2) == migrations_[i].checksum) continue;
            return Error{ErrorKind::Conflict, "migration " + migrations_[i].name + " was applied as another text (" +
                                                  std::string(applied->text(row, 1)) +
                                                  "): an applied migration never changes; restore the file and add a new one"};
        }
        std::vector<const File*> pending;
        for (std::size_t i = count; i < migrations_.size(); ++i) pending.push_back(&migrations_[i]);
        return pending;
    }

    Result<bool> reports_are_stale() {
        auto applied = query("select name, checksum from hotline.report_file order by name collate \"C\"", {});
        if (!applied) return applied.error();
        if (static_cast<std::size_t>(applied->size()) != reports_.size()) return true;
        for (std::size_t i = 0; i < reports_.size(); ++i) {
            const int row = static_cast<int>(i);
            if (applied->text(row, 0) != reports_[i].name || applied->text(row, 1) != reports_[i].checksum) return true;
        }
        return false;
    }

    bool schema_report_exists() {
        const auto found = query("select 1 from pg_namespace where nspname = 'report'", {});
        return found && found->size() == 1;
    }

    Outcome apply(const File& file) {
        if (auto done = execute(file.sql.c_str()); !done) return Error{done.error().kind, file.name + ": " + done.error().text};
        auto noted = query("insert into hotline.migration (version, name, checksum) values ($1::int, $2, $3)",
                           {std::to_string(file.version), file.name, file.checksum});
        if (!noted) return noted.error();
        log::info("migration.applied", {{"file", file.name}});
        return Done{};
    }

    Outcome apply_reports() {
        if (auto done = execute("delete from hotline.report_file"); !done) return done;
        for (const File& file : reports_) {
            if (auto done = execute(file.sql.c_str()); !done) return Error{done.error().kind, file.name + ": " + done.error().text};
            if (auto noted = query("insert into hotline.report_file (name, checksum) values ($1, $2)", {file.name, file.checksum});
                !noted)
                return noted.error();
        }
        log::info("reports.applied", {{"files", reports_.size()}});
        return Done{};
    }

    Outcome execute(const char* sql) {
        const PgResult result(::PQexec(connection_.get(), sql));
        const auto status = ::PQresultStatus(result.get());
        if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return Done{};
        return Error{ErrorKind::Invalid, trimmed_message(::PQerrorMessage(connection_.get()))};
    }
    Result<Rows> query(const char* sql, const std::vector<std::string>& values) {
        std::vector<const char*> pointers;
        for (const auto& value : values) pointers.push_back(value.c_str());
        PgResult result(
            ::PQexecParams(connection_.get(), sql, static_cast<int>(values.size()), nullptr, pointers.data(), nullptr, nullptr, 0));
        const auto status = ::PQresultStatus(result.get());
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
            return Error{ErrorKind::Invalid, trimmed_message(::PQerrorMessage(connection_.get()))};
        return Rows(std::move(result));
    }

    const fs::path migrations_dir_;
    PgConnection connection_;
    std::vector<File> migrations_, reports_;
};

}  // namespace

Outcome migrate(const std::string& conninfo, const std::string& migrations_dir) {
    return Migrator(conninfo + " connect_timeout=10 client_encoding=UTF8", fs::path(migrations_dir).lexically_normal()).run();
}

}  // namespace hotline::store
