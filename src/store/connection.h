// One connection to PostgreSQL: never blocks, and never waits longer than it is told. libpq has no deadline that one can trust (a
// TCP time-out means nothing on a Unix socket; PQcancel blocks), so at the deadline the connection is closed and its owner opens it
// anew. What became of the statement is then not known.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/coroutine.h"
#include "store/postgres.h"

namespace hotline::store {

struct SqlAnswer {
    Rows rows;
    std::optional<SqlError> error;
};

class Connection {
  public:
    /// `conninfo`: host is a socket's folder or a numeric address; a name would be looked up in this thread.
    Connection(asio::io_context& io, std::string conninfo);
    ~Connection();
    Connection(const Connection&) = delete;

    /// `statement_timeout` is also told to the server, so that what we gave up does not run on there for ever.
    Task<SqlAnswer> open(Duration deadline, Duration statement_timeout);
    // Names and texts of statements are constants. (Temporaries in a co_await expression are not safe with g++ 12.)
    Task<SqlAnswer> prepare(const char* name, const char* sql, Duration deadline);
    Task<SqlAnswer> run(const char* prepared, Parameters parameters, Duration deadline);
    /// A statement of its own, with parameters as texts; none: NULL.
    Task<SqlAnswer> query(std::shared_ptr<const std::string> sql, std::vector<std::optional<std::string>> values,
                          Duration deadline);
    /// What a prepared statement gives: its columns, in a row-less answer.
    Task<SqlAnswer> describe(const char* prepared, Duration deadline);
    /// Several statements, without parameters.
    Task<SqlAnswer> execute(std::string sql, Duration deadline);

    bool is_open() const;
    void close();
    /// While nothing runs: calls `lost` when the server goes away. Ends with the next statement.
    void watch(std::function<void()> lost);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace hotline::store
