// Carries facts from the journal to PostgreSQL, in order, each exactly once.
//
//   take ≤ batch ─▶ one statement (facts + what follows from the new ones) ─▶ acknowledge
//        ▲               │ connection lost, outcome unknown: rewind; the primary key makes the repetition harmless
//        └───────────────┤ refused: halved until the culprit stands alone; it goes to fact_rejected, the rest lands
//
// Lives in the business thread. While the server is away it only tries to come back; the journal grows.
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "hotline/base/metrics.h"
#include "hotline/store/store.h"
#include "store/connection.h"
#include "store/coroutine.h"

namespace hotline::store {

class FactWriter : public std::enable_shared_from_this<FactWriter> {
  public:
    /// `on_progress` is called after each acknowledged batch.
    FactWriter(asio::io_context& io, const Config& config, FactJournal& journal, std::function<void()> on_progress,
               Metrics& metrics);

    void start();
    /// There may be something to take.
    void wake() { work_.set(); }
    /// From now on without pauses: somebody waits for the end.
    void hurry();
    /// The journal is not touched any more after this.
    void stop();
    bool connected() const { return connected_; }
    /// The first fact of this run is in the store, and so is every fact of the runs before.
    bool took_over() const { return took_over_; }

  private:
    Task<void> run();
    Task<bool> connect();
    Task<bool> check_schema();
    Task<void> set_time_zone();
    Task<void> serve();
    Task<bool> write_all(std::vector<Record> records);
    Task<bool> write(std::span<const Record> facts);
    Task<bool> reject(const Record& fact, std::string why);
    Task<SqlAnswer> ask(const char* prepared, Parameters parameters);
    bool set_up(const std::string& what, const SqlAnswer& answer);
    void set_connected(bool connected);
    void problem(const std::string& what, const std::string& why, const std::string& cure);
    Duration pause_after(std::size_t written, Duration took) const;

    asio::io_context& io_;
    const Config config_;
    FactJournal& journal_;
    const std::function<void()> on_progress_;
    Metric &connected_gauge_, &connects_, &written_, &repeated_, &rejected_, &batches_;

    Connection connection_;
    Signal work_, pause_;
    Backoff backoff_;
    std::size_t batch_;                   // shrinks while batches run into the deadline
    std::string last_problem_;            // logged once
    std::atomic<bool> connected_{false};  // asked from any thread
    bool took_over_ = false;
    bool hurry_ = false;
    bool stopped_ = false;
};

}  // namespace hotline::store
