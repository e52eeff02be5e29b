#include "store/fact_writer.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "hotline/base/log.h"
#include "store/fact_sql.h"

namespace hotline::store {
namespace {

constexpr const char* kWrite = "write_facts";
constexpr const char* kStart = "write_system_started";
constexpr const char* kReject = "reject_fact";
constexpr const char* kZone = "set_time_zone";
constexpr const char* kVersion = "schema_version";
constexpr std::size_t kSmallestBatch = 8;
constexpr Duration kLongestPause = 20ms;

// Element types of the arrays (pg_type.dat; fixed for ever).
constexpr Oid kBigint = 20, kText = 25, kBytea = 17, kTimestamptz = 1184, kJsonb = 3802;

enum class Content { Json, Bytes };

Parameters fact_parameters(std::span<const Record> facts, Content content) {
    using Array = Parameters::Array;
    const bool json = content == Content::Json;
    Array epochs(kBigint), seqs(kBigint), ats(kTimestamptz), kinds(json ? kText : kBytea), calls(kText),
        bodies(json ? kJsonb : kBytea);
    for (const Record& fact : facts) {
        epochs.add(static_cast<std::int64_t>(fact.epoch));
        seqs.add(static_cast<std::int64_t>(fact.seq));
        if (json || in_calendar(fact.at)) {
            ats.add(fact.at);
        } else {
            ats.add_null();
        }
        kinds.add(fact.kind);
        if (fact.call == 0) {
            calls.add_null();
        } else {
            calls.add(std::string_view(to_text(CallId{fact.call})));
        }
        if (json) {
            bodies.add_jsonb(fact.body);
        } else {
            bodies.add(fact.body);
        }
    }
    Parameters parameters;
    for (Array* array : {&epochs, &seqs, &ats, &kinds, &calls, &bodies}) parameters.add(std::move(*array));
    return parameters;
}

bool starts_system(const Record& fact) { return fact.kind == call::SystemStarted::kKind; }

/// How many facts of the front go together: a SystemStarted stands alone, for it closes what the facts before it left open.
std::size_t chunk_size(std::span<const Record> facts) {
    if (starts_system(facts.front())) return 1;
    return static_cast<std::size_t>(std::ranges::find_if(facts, starts_system) - facts.begin());
}

}  // namespace

FactWriter::FactWriter(asio::io_context& io, const Config& config, FactJournal& journal, std::function<void()> on_progress,
                       Metrics& metrics)
    : io_(io),
      config_(config),
      journal_(journal),
      on_progress_(std::move(on_progress)),
      connected_gauge_(metrics.gauge("store_connected", "1 while facts can reach PostgreSQL.")),
      connects_(metrics.counter("store_connects_total", "Times the fact writer connected to PostgreSQL.")),
      written_(metrics.counter("store_facts_total", "Facts that reached PostgreSQL.")),
      repeated_(metrics.counter("store_facts_repeated_total", "Facts sent again that PostgreSQL had already: harmless.")),
      rejected_(metrics.counter("store_facts_rejected_total", "Facts that PostgreSQL refused: see hotline.fact_rejected.")),
      batches_(metrics.counter("store_batches_total", "Transactions of the fact writer.")),
      connection_(io, config.conninfo),
      work_(io),
      pause_(io),
      backoff_(static_cast<std::uint64_t>(read_clocks().at.time_since_epoch().count())),
      batch_(std::max<std::size_t>(1, config.batch)) {}

void FactWriter::start() {
    journal_.rewind();  // a writer before this one may have been stopped with a batch in hand
    asio::co_spawn(
        io_, [self = shared_from_this()] { return self->run(); }, end_of_job(shared_from_this()));
}

void FactWriter::hurry() {
    hurry_ = true;
    pause_.set();
    work_.set();
}

void FactWriter::stop() {
    stopped_ = true;
    connection_.close();
    set_connected(false);
    pause_.set();
    work_.set();
}

Task<void> FactWriter::run() {
    while (!stopped_) {
        const bool up = co_await connect();
        if (up) {
            backoff_.reset();
            co_await serve();
            set_connected(false);
            if (!stopped_) journal_.rewind();
        }
        connection_.close();
        if (stopped_) break;
        const Duration pause = backoff_.next();
        co_await pause_.wait(pause);
    }
}

void FactWriter::problem(const std::string& what, const std::string& why, const std::string& cure) {
    if (stopped_ || last_problem_ == what + why) return;
    last_problem_ = what + why;
    log::error("store.unavailable", {{"while", what}, {"why", why}, {"cure", cure}});
}

void FactWriter::set_connected(bool connected) {
    connected_ = connected;
    connected_gauge_.set(connected ? 1 : 0);
}

bool FactWriter::set_up(const std::string& what, const SqlAnswer& answer) {
    if (!answer.error) return true;
    problem(what, answer.error->text,
            "calls go on and facts wait in the journal; see that PostgreSQL runs and that `hotlined migrate` was run");
    return false;
}

Task<bool> FactWriter::connect() {
    const SqlAnswer opened = co_await connection_.open(config_.connect_deadline, config_.statement_deadline);
    if (!set_up("connecting", opened)) co_return false;
    const bool known = co_await check_schema();
    if (!known) co_return false;
    const std::pair<const char*, const char*> statements[] = {
        {kWrite, kWriteFacts}, {kStart, kWriteSystemStarted}, {kReject, kRejectFact}, {kZone, kSetTimeZone}};
    for (const auto& [name, sql] : statements) {
        const SqlAnswer prepared = co_await connection_.prepare(name, sql, config_.connect_deadline);
        if (!set_up("preparing statements", prepared)) co_return false;
    }
    co_await set_time_zone();
    if (stopped_ || !connection_.is_open()) co_return false;
    set_connected(true);
    connects_.add();
    last_problem_.clear();
    log::info("store.connected", {{"backlog", journal_.backlog()}});
    co_return true;
}

Task<bool> FactWriter::check_schema() {
    const SqlAnswer prepared = co_await connection_.prepare(kVersion, kSchemaVersionOf, config_.connect_deadline);
    if (!set_up("reading the schema's version", prepared)) co_return false;
    const SqlAnswer version = co_await connection_.run(kVersion, Parameters(), config_.connect_deadline);
    if (!set_up("reading the schema's version", version)) co_return false;
    const auto found = version.rows.size() == 1 ? version.rows.integer(0, 0) : 0;
    if (found == kSchemaVersion) co_return true;
    problem("checking the schema",
            "the database has version " + std::to_string(found) + ", this hotlined writes " + std::to_string(kSchemaVersion),
            found < kSchemaVersion ? "run `hotlined migrate`" : "start the hotlined that belongs to this database");
    co_return false;
}

Task<void> FactWriter::set_time_zone() {
    Parameters zone;
    zone.add(config_.time_zone);
    const SqlAnswer set = co_await connection_.run(kZone, std::move(zone), config_.connect_deadline);
    if (!set.error) co_return;
    log::error("store.time_zone", {{"zone", config_.time_zone},
                                   {"why", set.error->text},
                                   {"cure", "days in reports begin in the zone set before: correct time_zone"}});
}

Task<void> FactWriter::serve() {
    while (!stopped_ && connection_.is_open()) {
        if (journal_.backlog() == 0) {
            connection_.watch([self = weak_from_this()] {
                if (const auto writer = self.lock()) writer->wake();
            });
            co_await work_.wait(kNoHurry);
            continue;
        }
        if (journal_.backlog() < batch_ && !hurry_) co_await pause_.wait(config_.gather);
        if (stopped_) co_return;
        std::vector<Record> records = journal_.take(batch_);
        if (records.empty()) {  // counted, and published in the next moment
            co_await pause_.wait(kLongestPause);
            continue;
        }
        const std::size_t count = records.size();
        const Time began = read_clocks().at;
        const bool done = co_await write_all(std::move(records));
        if (stopped_ || !done) co_return;
        journal_.acknowledge();
        batches_.add();
        on_progress_();
        if (stopped_) co_return;
        const Duration pause = pause_after(count, read_clocks().at - began);
        batch_ = std::min(std::max<std::size_t>(1, config_.batch), batch_ * 2);
        if (pause > Duration(0)) co_await pause_.wait(pause);
    }
}

/// While catching up the server has a third of the time for others: for lookups above all.
Duration FactWriter::pause_after(std::size_t written, Duration took) const {
    return written < batch_ || hurry_ ? Duration(0) : std::min(kLongestPause, took / 2);
}

Task<bool> FactWriter::write_all(std::vector<Record> records) {
    std::span<const Record> rest(records);
    while (!rest.empty()) {
        const std::size_t count = chunk_size(rest);
        const bool done = co_await write(rest.first(count));
        if (!done) co_return false;
        rest = rest.subspan(count);
    }
    co_return true;
}

Task<bool> FactWriter::write(std::span<const Record> facts) {
    const bool start = starts_system(facts.front());
    Parameters parameters = fact_parameters(facts, Content::Json);
    const SqlAnswer answer = co_await ask(start ? kStart : kWrite, std::move(parameters));
    if (!answer.error) {
        const auto fresh = answer.rows.integer(0, 0);
        written_.add(fresh);
        repeated_.add(static_cast<std::int64_t>(facts.size()) - fresh);
        took_over_ |= start && facts.front().epoch == journal_.epoch();
        if (start && answer.rows.integer(0, 1) > 0)
            log::warn("store.calls_lost_at_restart", {{"calls", answer.rows.integer(0, 1)}});
        co_return true;
    }
    if (answer.error->kind != SqlError::Kind::Refused) co_return false;
    if (facts.size() == 1) co_return co_await reject(facts.front(), answer.error->text);
    const std::size_t half = facts.size() / 2;
    const bool first = co_await write(facts.first(half));
    if (!first) co_return false;
    co_return co_await write(facts.subspan(half));
}

Task<bool> FactWriter::reject(const Record& fact, std::string why) {
    Parameters parameters = fact_parameters(std::span(&fact, 1), Content::Bytes);
    Parameters::Array error(kText);
    error.add(std::string_view(why));
    parameters.add(std::move(error));
    const SqlAnswer answer = co_await ask(kReject, std::move(parameters));
    if (answer.error && answer.error->kind != SqlError::Kind::Refused) co_return false;
    rejected_.add();
    log::error("store.fact_rejected",
               {{"kind", fact.kind},
                {"call", CallId{fact.call}},
                {"epoch", fact.epoch},
                {"seq", fact.seq},
                {"why", why},
                {"cure", "a defect: report it with its row in hotline.fact_rejected; all other facts are stored"}});
    co_return true;
}

Task<SqlAnswer> FactWriter::ask(const char* prepared, Parameters parameters) {
    SqlAnswer answer = co_await connection_.run(prepared, std::move(parameters), config_.statement_deadline);
    if (!answer.error) co_return answer;
    if (answer.error->kind == SqlError::Kind::TimedOut) batch_ = std::max(std::min(kSmallestBatch, batch_), batch_ / 2);
    if (answer.error->kind != SqlError::Kind::Refused)
        problem("writing facts", answer.error->text, "calls go on and facts wait in the journal; see PostgreSQL's log");
    co_return answer;
}

}  // namespace hotline::store
