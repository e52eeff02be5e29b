// PostgreSQL: the only code that knows libpq. Runs on the business thread's io_context; every connection is non-blocking with a
// deadline of ours.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "hotline/base/metrics.h"
#include "hotline/base/result.h"
#include "hotline/call/events.h"
#include "hotline/call/ports.h"
#include "hotline/store/journal.h"

namespace boost::asio {
class io_context;
}

namespace hotline::store {

struct Config {
    std::string conninfo;  // libpq's: "host=/run/… dbname=hotline user=hotline_app"; key=value; host: a folder or a numeric address
    Duration connect_deadline{5s};
    Duration statement_deadline{10s};
    std::size_t batch = 256;     // facts a transaction
    int lookup_connections = 2;  // for Directory; the fact writer has its own
    Duration affinity_window{std::chrono::hours(24 * 30)};
    std::string time_zone = "Asia/Shanghai";   // IANA; days and hours of the reports begin in it
    Duration lookup_deadline{250ms};           // from find() to CustomerFound; then memory answers alone
    std::size_t max_lookups = 1000;            // waiting at a time; beyond it memory answers at once
    std::size_t remembered_numbers = 100'000;  // callers whose agents are known while PostgreSQL is away
    Duration gather{20ms};                     // facts are collected for so long before a transaction that would not be full
};

/// The schema that this daemon writes: the number of the last file in sql/migrations.
inline constexpr int kSchemaVersion = 9;

/// Applies sql/migrations/NNNN_*.sql in order, then makes schema report anew from ../report/*.sql when one of those changed: all in
/// one transaction under an advisory lock. Blocking; for `hotlined migrate` and dev, as role hotline_migrator (sql/roles.sql).
/// Conflict: the database is ahead of the files, or an applied file differs (checksum). Unavailable: no server.
Outcome migrate(const std::string& conninfo, const std::string& migrations_dir);

class Store final : public call::Directory {
  public:
    /// Starts the fact writer and the lookup pool on `io`. Does not wait for the server: it may be away. `sink` is called on `io`'s
    /// thread. Once all facts of earlier runs are in the store, CallbacksLeftOpen tells what they left open.
    Store(boost::asio::io_context& io, const Config& config, FactJournal& journal, std::function<void(call::Event)> sink,
          Metrics& metrics);
    ~Store() override;

    /// From any thread. CustomerFound follows within Config::lookup_deadline: from the database and from memory, which has learned
    /// from every fact that passed; from memory alone, at once, while the server is away. Agents newest first, weighted by talk
    /// time.
    void find(CallId call, const std::string& number) override;

    bool connected() const;  // the fact writer's connection is up
    /// On `io`'s thread: calls `done` when everything in the journal is acknowledged, or at the deadline (false).
    void drain(Duration deadline, std::function<void(bool)> done);
    /// On `io`'s thread: a call's facts and decisions in words, a line each, from what is in the store. `done` gets NotFound when
    /// there is nothing of it (yet), Unavailable or TimedOut while the server is away or hung.
    void explain(CallId call, std::function<void(Result<std::string>)> done);
    void stop();  // on `io`'s thread

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace hotline::store
