// Lookups of menus: a pool of connections that can read the site's tables, a memory for answers that may be a little old, and the
// guard that counts wrong tries.
//
//   ask ─▶ remembered? ─▶ guard: a try begins ─▶ the query ─▶ guard: what came of it ─▶ Reply
//                              └ locked ──────────────────────────────────────────────▶ Locked
#include "hotline/store/tables.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <list>
#include <map>

#include "hotline/base/log.h"
#include "hotline/base/text.h"
#include "store/guard_sql.h"
#include "store/lookup_pool.h"

namespace hotline::store {
namespace {

// Each row comes with its length, and one that is too long comes without its columns. What is long as it is stored is not even
// written out for that: of 100 MB it would take seconds. The line breaks end a comment.
constexpr std::string_view kBefore = "select hotline_size.bytes, hotline_row.* from (select * from (\n";
std::string behind(int max_rows) {
    const std::string most = std::to_string(kMaxRowBytes);
    return "\n) hotline_query limit " + std::to_string(max_rows) +
           ") hotline_answer cross join lateral (select case when pg_column_size(hotline_answer) > " + most +
           " then pg_column_size(hotline_answer) else octet_length(hotline_answer::text) end) hotline_size (bytes)"
           " left join lateral (select hotline_answer.*) hotline_row on hotline_size.bytes <= " +
           most;
}
std::string wrapped(const ivr::Query& query, int max_rows) {
    std::string sql(kBefore);
    sql += query.sql;
    return sql + behind(max_rows);
}
constexpr int kBytes = 0, kFirst = 1;  // columns
constexpr Duration kFirstPruning = 1min;
constexpr Duration kSettle = 5s;  // what a try came to is written, whether somebody still waits or not
// A lookup that was given up ends within a second on the server, too, and not at its own time-out.
// Days and times come as speak() reads them, whatever the server's own settings are.
constexpr const char* kSession =
    "set client_connection_check_interval = '1s'; set statement_timeout = '30s'; set datestyle = 'ISO, YMD'; set timezone = ";

/// The role that may only read; the last of two equal keywords counts.
std::string conninfo_of(const TablesConfig& config) { return config.conninfo + " user=" + config.role; }

std::string session_of(const TablesConfig& config) { return kSession + quoted(config.time_zone); }

Config pool_config(const TablesConfig& config, std::string conninfo, int connections) {
    Config out;
    out.conninfo = std::move(conninfo);
    out.connect_deadline = config.connect_deadline;
    out.lookup_connections = connections;
    out.max_lookups = config.max_waiting;
    return out;
}

/// One row more than `max_rows` was asked for, to know whether there are more. Invalid: too many bytes.
Result<ivr::Reply> reply_of(const Rows& rows, int max_rows) {
    ivr::Reply reply{ivr::Reply::Kind::Found, {}, {}, rows.size() > max_rows};
    for (int column = kFirst; column < rows.columns(); ++column) reply.columns.push_back(rows.column(column));
    std::int64_t total = 0;
    for (int row = 0; row < std::min(rows.size(), max_rows); ++row) {
        const auto bytes = rows.integer(row, kBytes);
        total += bytes;
        if (bytes > kMaxRowBytes || total > kMaxAnswerBytes)
            return Error{ErrorKind::Invalid, "row " + std::to_string(row + 1) + " has " + std::to_string(bytes) +
                                                 " bytes: a row may have " + std::to_string(kMaxRowBytes) +
                                                 ", all of them together " + std::to_string(kMaxAnswerBytes)};
        auto& out = reply.rows.emplace_back();
        for (int column = kFirst; column < rows.columns(); ++column) {
            if (rows.is_null(row, column)) {
                out.emplace_back();
            } else {
                out.emplace_back(valid_text(rows.text(row, column), kMaxValueBytes));
            }
        }
    }
    return reply;
}

ivr::Reply failure(const SqlError& error) {
    return {error.kind == SqlError::Kind::TimedOut ? ivr::Reply::Kind::TimedOut : ivr::Reply::Kind::Failed, {}, {}};
}

/// Answers that may be given again, the oldest first to go.
class Remembered {
  public:
    Remembered(std::size_t most, std::size_t most_bytes) : most_(most), most_bytes_(most_bytes) {}

    const ivr::Reply* find(const std::string& key, Duration not_older, Time now) const {
        const auto it = by_key_.find(key);
        return it == by_key_.end() || now - it->second->at > not_older ? nullptr : &it->second->reply;
    }
    void keep(const std::string& key, ivr::Reply reply, Time now) {
        if (const auto it = by_key_.find(key); it != by_key_.end()) forget(it->second);
        const std::size_t bytes = size_of(key, reply);
        if (bytes > most_bytes_) return;
        while (!answers_.empty() && (answers_.size() >= most_ || bytes_ + bytes > most_bytes_)) forget(answers_.begin());
        bytes_ += bytes;
        by_key_[key] = answers_.insert(answers_.end(), {key, now, std::move(reply), bytes});
    }

  private:
    struct Answer {
        std::string key;
        Time at;
        ivr::Reply reply;
        std::size_t bytes;
    };
    using Place = std::list<Answer>::iterator;

    static std::size_t size_of(const std::string& key, const ivr::Reply& reply) {
        std::size_t bytes = sizeof(Answer) + 2 * key.size();
        for (const auto& row : reply.rows)
            for (const auto& value : row) bytes += sizeof value + (value ? value->size() : 0);
        return bytes;
    }
    void forget(Place answer) {
        bytes_ -= answer->bytes;
        by_key_.erase(answer->key);
        answers_.erase(answer);
    }

    const std::size_t most_, most_bytes_;
    std::size_t bytes_ = 0;
    std::list<Answer> answers_;
    std::map<std::string, Place> by_key_;
};

/// The query, its values and how many rows: what makes an answer the same. Lengths, so that no two are taken for one.
std::string key_of(const ivr::AskTables& question) {
    std::string key = std::to_string(question.max_rows) + ':' + question.query->sql;
    for (const auto& value : question.values)
        key += value ? '\n' + std::to_string(value->size()) + ':' + *value : std::string("\n-");
    return key;
}

Parameters guard_parameters(const ivr::AskTables::Guard& guard) {
    constexpr Oid kText = 25;
    Parameters::Array scopes(kText), keys(kText);
    scopes.add(std::string_view(guard.scope));
    keys.add(std::string_view(guard.key));
    if (!guard.caller.empty()) {
        scopes.add(std::string_view("caller"));
        keys.add(std::string_view(guard.caller));
    }
    Parameters out;
    out.add(std::move(scopes));
    out.add(std::move(keys));
    out.add(static_cast<std::int64_t>(guard.attempts));
    out.add(std::int64_t{to_ms(guard.lock)});
    return out;
}

}  // namespace

struct Tables::State : std::enable_shared_from_this<Tables::State> {
    State(asio::io_context& context, const TablesConfig& config, Metrics& metrics)
        : io(context),
          lookups(metrics.counter("ivr_lookups_total", "Lookups of menus.")),
          from_memory(metrics.counter("ivr_lookups_cached_total", "Lookups of menus that memory answered.")),
          failures(metrics.counter("ivr_lookups_failed_total", "Lookups of menus without an answer: refused, away, too late.")),
          locked(metrics.counter("ivr_lookups_locked_total", "Lookups of menus refused after too many wrong tries.")),
          remembered(config.max_cached, config.max_cached_bytes),
          prune_guards(config.prune_guards),
          pruning(context),
          pool(std::make_shared<LookupPool>(context, pool_config(config, conninfo_of(config), config.connections),
                                            LookupPool::Statements{}, metrics, session_of(config), "ivr_lookup")),
          guards(std::make_shared<LookupPool>(
              context, pool_config(config, config.conninfo, 1),
              LookupPool::Statements{{"guard_begin", kGuardBegin}, {"guard_settle", kGuardSettle}, {"guard_prune", kGuardPrune}},
              metrics, "", "ivr_guard")) {}

    struct Asked {
        ivr::AskTables question;
        Done done;
        Time due;
        Duration left() const { return std::max<Duration>(1ms, due - read_clocks().at); }
    };

    void begin(ivr::AskTables question, Done done) {
        if (stopped) return;
        lookups.add();
        const Time now = read_clocks().at;
        if (question.cache > Duration(0)) {
            if (const auto* known = remembered.find(key_of(question), question.cache, now)) {
                from_memory.add();
                return done(*known);
            }
        }
        const Duration timeout = question.timeout;
        auto asked = std::make_shared<Asked>(Asked{std::move(question), std::move(done), now + timeout});
        if (!asked->question.guard) return look_up(std::move(asked));
        guards->ask("guard_begin", guard_parameters(*asked->question.guard), timeout,
                    [self = shared_from_this(), asked](const SqlAnswer& answer) {
                        if (answer.error) return self->fail(*asked, *answer.error);
                        if (answer.rows.integer(0, 0) == 0) return self->lock_out(*asked);
                        self->look_up(asked);
                    });
    }

    void look_up(std::shared_ptr<Asked> asked) {
        auto sql = std::make_shared<const std::string>(wrapped(*asked->question.query, asked->question.max_rows + 1));
        auto values = asked->question.values;
        pool->ask(std::move(sql), std::move(values), asked->left(), [self = shared_from_this(), asked](const SqlAnswer& answer) {
            if (answer.error) return self->undecided(asked, *answer.error);
            auto reply = reply_of(answer.rows, asked->question.max_rows);
            if (!reply) return self->undecided(asked, {SqlError::Kind::Refused, reply.error().text});
            if (asked->question.cache > Duration(0)) self->remembered.keep(key_of(asked->question), *reply, read_clocks().at);
            if (!asked->question.guard) return asked->done(std::move(*reply));
            const auto verdict = reply->rows.empty() ? kWrong : kRight;  // before the reply is moved from
            self->settle(asked, verdict, std::move(*reply));
        });
    }

    void undecided(const std::shared_ptr<Asked>& asked, const SqlError& error) {
        if (asked->question.guard) settle(asked, kUndecided);
        fail(*asked, error);
    }

    /// Says what a guarded try came to, then answers; when that cannot be written, a right one is not let in: it would not be
    /// known how often the wrong ones were tried.
    void settle(const std::shared_ptr<Asked>& asked, std::int64_t verdict, ivr::Reply reply = {}) {
        auto parameters = guard_parameters(*asked->question.guard);
        parameters.add(verdict);
        guards->ask("guard_settle", std::move(parameters), kSettle,
                    [self = shared_from_this(), asked, verdict, reply = std::move(reply)](const SqlAnswer& answer) {
                        if (verdict == kUndecided) return;  // answered already
                        if (answer.error) return self->fail(*asked, *answer.error);
                        if (answer.rows.integer(0, 0) > 0) return self->lock_out(*asked);
                        asked->done(reply);
                    });
    }

    void lock_out(const Asked& asked) {
        locked.add();
        log::warn("ivr.locked", {{"query", asked.question.query->name},
                                 {"scope", asked.question.guard->scope},
                                 {"key", asked.question.guard->key},
                                 {"caller", asked.question.guard->caller}});
        asked.done({ivr::Reply::Kind::Locked, {}, {}});
    }

    /// PostgreSQL quotes a value that it cannot read: of a question with a secret in it only the code is told (22P02: what it is).
    void fail(const Asked& asked, const SqlError& error) {
        failures.add();
        const bool told = !asked.question.secret || error.state.empty();
        log::warn("ivr.lookup_failed",
                  {{"query", asked.question.query->name},
                   {"why", told ? error.text : error.state + ", words left out: a value is masked"},
                   {"cure", "hotlined check --data DIR says whether the query fits the tables; see PostgreSQL's log"}});
        asked.done(failure(error));
    }

    /// A minute after the start, when the store is likely there, and then again and again.
    void forget_old_tries_in(Duration pause) {
        if (stopped) return;
        pruning.expires_after(pause);
        pruning.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
            const auto self = weak.lock();
            if (cancelled || !self || self->stopped) return;
            self->guards->ask("guard_prune", {}, kSettle, [](const SqlAnswer& answer) {
                if (answer.error && answer.error->kind != SqlError::Kind::Away)
                    log::warn("ivr.guards_not_pruned", {{"why", answer.error->text}, {"cure", "none: it is tried again"}});
            });
            self->forget_old_tries_in(self->prune_guards);
        });
    }

    asio::io_context& io;
    Metric &lookups, &from_memory, &failures, &locked;
    Remembered remembered;
    const Duration prune_guards;
    asio::steady_timer pruning;
    std::shared_ptr<LookupPool> pool, guards;
    bool stopped = false;
};

Tables::Tables(asio::io_context& io, const TablesConfig& config, Metrics& metrics)
    : state_(std::make_shared<State>(io, config, metrics)) {
    state_->pool->start();
    if (!config.guards) return;
    state_->guards->start();
    state_->forget_old_tries_in(std::min(config.prune_guards, kFirstPruning));
}

Tables::~Tables() { stop(); }

void Tables::ask(ivr::AskTables question, Done done) {
    asio::post(state_->io, [state = state_, question = std::move(question), done = std::move(done)]() mutable {
        state->begin(std::move(question), std::move(done));
    });
}

bool Tables::connected() const { return state_->pool->connected(); }

void Tables::stop() {
    if (std::exchange(state_->stopped, true)) return;
    state_->pool->stop();
    state_->guards->stop();
    state_->pruning.cancel();
}

// ── For `hotlined check` ──

namespace {

/// Types (pg_type.dat) that a value becomes as it is: text, varchar, bpchar, bytea.
bool takes_anything(Oid type) { return type == 25 || type == 1043 || type == 1042 || type == 17; }

/// One after the other, on one connection. Nothing is run: a query is prepared and described.
Task<void> examine_all(std::shared_ptr<Connection> connection, TablesConfig config,
                       std::vector<std::shared_ptr<const ivr::Query>> queries, std::shared_ptr<Result<std::vector<Examined>>> out) {
    const SqlAnswer opened = co_await connection->open(config.connect_deadline, config.connect_deadline);
    if (opened.error) {
        *out = Error{ErrorKind::Unavailable, opened.error->text};
        co_return;
    }
    std::vector<Examined> found;
    for (std::size_t i = 0; i < queries.size(); ++i) {
        const std::string name = "query_" + std::to_string(i);
        const std::string sql = wrapped(*queries[i], 1);
        Examined examined;
        const SqlAnswer prepared = co_await connection->prepare(name.c_str(), sql.c_str(), config.connect_deadline);
        if (prepared.error) {
            examined.error = prepared.error->message.empty() ? prepared.error->text : prepared.error->message;
            examined.position = std::max(0, prepared.error->position - static_cast<int>(kBefore.size()));
        } else {
            const SqlAnswer described = co_await connection->describe(name.c_str(), config.connect_deadline);
            for (int column = kFirst; column < described.rows.columns(); ++column)
                examined.columns.push_back(described.rows.column(column));
            for (int at = 0; at < described.rows.parameters(); ++at)
                examined.as_text.push_back(takes_anything(described.rows.parameter_type(at)));
        }
        found.push_back(std::move(examined));
    }
    *out = std::move(found);
}

}  // namespace

Result<std::vector<Examined>> examine(const TablesConfig& config, const std::vector<std::shared_ptr<const ivr::Query>>& queries) {
    asio::io_context io{1};
    auto connection = std::make_shared<Connection>(io, conninfo_of(config));
    auto out = std::make_shared<Result<std::vector<Examined>>>(Error{ErrorKind::Unavailable, "no answer"});
    asio::co_spawn(
        io, [=] { return examine_all(connection, config, queries, out); }, end_of_job(connection));
    io.run();
    return *out;
}

}  // namespace hotline::store
