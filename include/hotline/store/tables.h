// The site's own tables, as menus ask them: config/<site>/queries/*.sql, on a role that can read and nothing else.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hotline/base/metrics.h"
#include "hotline/base/result.h"
#include "hotline/call/events.h"
#include "hotline/call/ports.h"
#include "hotline/ivr/machine.h"

namespace boost::asio {
class io_context;
}

namespace hotline::store {

struct TablesConfig {
    std::string conninfo;              // as the store's; its user is replaced by `role` for lookups, and kept for guards
    std::string role = "hotline_ivr";  // sql/roles.sql
    int connections = 4;               // each busy for one lookup; one that hangs is closed at its time-out
    Duration connect_deadline{5s};
    std::size_t max_waiting = 1000;                   // lookups; beyond it they fail at once
    std::size_t max_cached = 1000;                    // answers; beyond it the oldest go
    std::size_t max_cached_bytes = 16 * 1024 * 1024;  // likewise
    std::string time_zone = "Asia/Shanghai";
    bool guards = true;         // false: no connection for them; guarded questions fail
    Duration prune_guards{1h};  // how often tries that are held against nobody any more are forgotten
};

/// One value that a table gives is cut at so many bytes.
inline constexpr std::size_t kMaxValueBytes = 1000;
/// A row of more than this, or rows of more together, are no answer: the lookup fails. A longer row is not even sent.
inline constexpr std::int64_t kMaxRowBytes = 64 * 1024, kMaxAnswerBytes = 256 * 1024;

class Tables {
  public:
    using Done = std::function<void(ivr::Reply)>;

    /// Does not wait for the server: it may be away.
    Tables(boost::asio::io_context& io, const TablesConfig& config, Metrics& metrics);
    ~Tables();
    Tables(const Tables&) = delete;

    /// From any thread; `done` is called on `io`'s thread, once, within the question's time-out; not at all after stop(). At most
    /// `max_rows` rows, and whether there were more. Failed: refused, away, wrong types, too many bytes; the log says why.
    void ask(ivr::AskTables question, Done done);
    bool connected() const;  // on `io`'s thread
    void stop();             // on `io`'s thread

  private:
    struct State;
    std::shared_ptr<State> state_;
};

/// What the server says of a query without running it.
struct Examined {
    std::vector<std::string> columns{};
    std::string error{};          // empty: it can be prepared
    int position = 0;             // of the error in the query's `sql`, in characters from 1; 0: unknown
    std::vector<bool> as_text{};  // of its parameters: whether a value is taken as it is, whatever stands in it
};
/// One answer a query, in their order. Blocking, for `hotlined check`. Unavailable: no server, or the role may not enter.
Result<std::vector<Examined>> examine(const TablesConfig& config, const std::vector<std::shared_ptr<const ivr::Query>>& queries);

/// Sample data from a file of sql/sample, unless schema site has a table already. As the migrator; blocking. `time_zone`: IANA
/// name; in it the file's current_date is the site's day.
Outcome seed(const std::string& conninfo, const std::string& path, const std::string& time_zone);
/// Makes an empty database, as its superuser, what lookups need, and fills it likewise. Waits until the server takes connections.
Outcome fill_scratch(const std::string& conninfo, const std::string& path, const std::string& time_zone, Duration patience);

}  // namespace hotline::store
