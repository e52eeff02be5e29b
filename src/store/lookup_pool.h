// Questions to PostgreSQL that somebody waits for: a few connections of their own, a bounded queue, and an answer before the
// deadline in any case. While no connection is up the answer comes at once.
#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hotline/store/store.h"
#include "store/connection.h"
#include "store/coroutine.h"

namespace hotline::store {

class LookupPool : public std::enable_shared_from_this<LookupPool> {
  public:
    using Statements = std::vector<std::pair<const char*, const char*>>;  // name, text; constants
    /// `session`: statements without parameters that each connection begins with. `name`: of the metrics.
    LookupPool(asio::io_context& io, const Config& config, Statements statements, Metrics& metrics, std::string session = {},
               const std::string& name = "store_lookup");

    void start();
    void stop();
    bool connected() const { return connections_ > 0; }

    /// `done` is called exactly once, by `deadline` from now, possibly before this returns; not at all after stop().
    void ask(const char* prepared, Parameters parameters, Duration deadline, std::function<void(const SqlAnswer&)> done);
    /// The same of a statement that is not known beforehand. None of the values: NULL.
    void ask(std::shared_ptr<const std::string> sql, std::vector<std::optional<std::string>> values, Duration deadline,
             std::function<void(const SqlAnswer&)> done);

  private:
    struct Question {
        const char* prepared;
        Parameters parameters;
        Duration patience;
        Time deadline;                               // patience from when it was asked
        std::function<void(const SqlAnswer&)> done;  // empty once called
        std::shared_ptr<const std::string> sql{};    // instead of a prepared one
        std::vector<std::optional<std::string>> values{};
    };
    struct Worker {
        Worker(asio::io_context& io, const std::string& conninfo, std::uint64_t seed)
            : connection(io, conninfo), wake(io), backoff(seed) {}
        Connection connection;
        Signal wake;
        Backoff backoff;
        std::optional<Question> current;
        bool idle = false;
    };

    void ask(Question question);
    void wake_one();
    bool may_run(const Question& question) const;
    std::deque<Question>::iterator next_question();
    Task<void> run(std::shared_ptr<Worker> worker);
    Task<bool> connect(std::shared_ptr<Worker> worker);
    Task<void> serve(std::shared_ptr<Worker> worker);
    void count_connection(int change);
    void fail_overdue();
    void fail_waiting(const std::string& why);
    void watch_deadlines();

    asio::io_context& io_;
    const Config config_;
    const Statements statements_;
    const std::string session_;
    Metric &connections_gauge_, &timeouts_;
    int connections_ = 0;
    std::vector<std::shared_ptr<Worker>> workers_;
    std::deque<Question> queue_;
    asio::steady_timer overdue_;
    bool stopped_ = false;
};

}  // namespace hotline::store
