// Sample data: the first form of a site's tables, into a store that has none yet, or into a scratch database for trying menus out.
// Blocking, like migrate.cpp.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "hotline/base/log.h"
#include "hotline/store/tables.h"
#include "store/postgres.h"

namespace hotline::store {
namespace {

constexpr auto kBetweenAttempts = std::chrono::milliseconds(20);
// What sql/migrations and sql/roles.sql make, as far as lookups see it.
constexpr const char* kScratch =
    "create role hotline_ivr login;"
    "alter role hotline_ivr set default_transaction_read_only = on;"
    "alter role hotline_ivr set search_path = site;"
    "create schema site; grant usage on schema site to hotline_ivr;"
    "alter default privileges in schema site grant select on tables to hotline_ivr;";

PgConnection connect_to(const std::string& conninfo) {
    return PgConnection(::PQconnectdb((conninfo + " connect_timeout=10 client_encoding=UTF8").c_str()));
}

Outcome run_sql(PGconn* connection, const std::string& sql) {
    const PgResult result(::PQexec(connection, sql.c_str()));
    const auto status = ::PQresultStatus(result.get());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return Done{};
    return Error{ErrorKind::Invalid, trimmed_message(::PQerrorMessage(connection))};
}

Result<std::string> read_sample_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return Error{ErrorKind::NotFound, "cannot read the sample data " + path};
    return std::string(std::istreambuf_iterator<char>(in), {});
}

/// The whole file or nothing of it. Its days are the site's: in the server's own zone they may be another one's already.
Outcome apply_sample(PGconn* connection, const std::string& path, const std::string& time_zone) {
    const auto sql = read_sample_file(path);
    if (!sql) return sql.error();
    auto done =
        run_sql(connection, "begin; set local search_path = site; set local client_min_messages = warning; set local timezone = " +
                                quoted(time_zone));
    if (done) done = run_sql(connection, *sql);
    const auto ended = run_sql(connection, done ? "commit" : "rollback");
    if (!done) return Error{done.error().kind, path + ": " + done.error().text};
    return ended;
}

bool has_tables(PGconn* connection) {
    const PgResult result(::PQexec(connection, "select 1 from pg_class where relnamespace = 'site'::regnamespace limit 1"));
    return ::PQresultStatus(result.get()) != PGRES_TUPLES_OK || ::PQntuples(result.get()) > 0;
}

}  // namespace

Outcome seed(const std::string& conninfo, const std::string& path, const std::string& time_zone) {
    const PgConnection connection = connect_to(conninfo);
    if (::PQstatus(connection.get()) != CONNECTION_OK)
        return Error{ErrorKind::Unavailable, "cannot connect to seed: " + trimmed_message(::PQerrorMessage(connection.get()))};
    if (auto done = run_sql(connection.get(), "set role hotline_owner"); !done) return done;
    if (has_tables(connection.get())) return Done{};
    if (auto done = apply_sample(connection.get(), path, time_zone); !done) return done;
    log::info("store.seeded", {{"file", path}});
    return Done{};
}

Outcome fill_scratch(const std::string& conninfo, const std::string& path, const std::string& time_zone, Duration patience) {
    const Time due = read_clocks().at + patience;
    PgConnection connection = connect_to(conninfo);
    while (::PQstatus(connection.get()) != CONNECTION_OK && read_clocks().at < due) {
        std::this_thread::sleep_for(kBetweenAttempts);
        connection = connect_to(conninfo);
    }
    if (::PQstatus(connection.get()) != CONNECTION_OK)
        return Error{ErrorKind::Unavailable, trimmed_message(::PQerrorMessage(connection.get()))};
    if (auto done = run_sql(connection.get(), kScratch); !done) return done;
    return apply_sample(connection.get(), path, time_zone);
}

}  // namespace hotline::store
