#include "store/lookup_pool.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>

namespace hotline::store {
namespace {

SqlAnswer failed(SqlError::Kind kind, std::string text) {
    SqlAnswer answer;
    answer.error = SqlError{kind, std::move(text)};
    return answer;
}

}  // namespace

LookupPool::LookupPool(asio::io_context& io, const Config& config, Statements statements, Metrics& metrics, std::string session,
                       const std::string& name)
    : io_(io),
      config_(config),
      statements_(std::move(statements)),
      session_(std::move(session)),
      connections_gauge_(metrics.gauge(name + "_connections", "Connections for lookups that are up.")),
      timeouts_(metrics.counter(name + "_timeouts_total", "Lookups that PostgreSQL did not answer in time.")),
      overdue_(io) {
    for (int i = 0; i < config.lookup_connections; ++i)
        workers_.push_back(std::make_shared<Worker>(io, config.conninfo,
                                                    static_cast<std::uint64_t>(read_clocks().at.time_since_epoch().count() + i)));
}

void LookupPool::start() {
    for (const auto& worker : workers_)
        asio::co_spawn(
            io_, [self = shared_from_this(), worker] { return self->run(worker); }, end_of_job(shared_from_this()));
}

void LookupPool::stop() {
    stopped_ = true;
    queue_.clear();
    overdue_.cancel();
    for (const auto& worker : workers_) {
        worker->connection.close();
        worker->wake.set();
    }
}

void LookupPool::ask(const char* prepared, Parameters parameters, Duration deadline, std::function<void(const SqlAnswer&)> done) {
    ask(Question{prepared, std::move(parameters), deadline, read_clocks().at + deadline, std::move(done)});
}

void LookupPool::ask(std::shared_ptr<const std::string> sql, std::vector<std::optional<std::string>> values, Duration deadline,
                     std::function<void(const SqlAnswer&)> done) {
    ask(Question{nullptr, {}, deadline, read_clocks().at + deadline, std::move(done), std::move(sql), std::move(values)});
}

void LookupPool::ask(Question question) {
    if (stopped_) return;
    if (connections_ == 0) return question.done(failed(SqlError::Kind::Away, "PostgreSQL is away"));
    if (queue_.size() >= config_.max_lookups) return question.done(failed(SqlError::Kind::Away, "too many lookups are waiting"));
    queue_.push_back(std::move(question));
    watch_deadlines();
    wake_one();
}

void LookupPool::wake_one() {
    for (const auto& worker : workers_) {
        if (!worker->connection.is_open() || !std::exchange(worker->idle, false)) continue;
        worker->wake.set();
        return;
    }
}

/// A site's query may hold half of the connections: when it hangs, the other queries are still answered.
bool LookupPool::may_run(const Question& question) const {
    if (!question.sql) return true;
    const auto same = std::count_if(workers_.begin(), workers_.end(), [&](const auto& worker) {
        const auto& running = worker->current;
        return running && running->sql && (running->sql == question.sql || *running->sql == *question.sql);
    });
    return static_cast<std::size_t>(same) < (workers_.size() + 1) / 2;
}

std::deque<LookupPool::Question>::iterator LookupPool::next_question() {
    return std::find_if(queue_.begin(), queue_.end(), [this](const Question& question) { return may_run(question); });
}

/// One timer for the soonest deadline, of questions that wait and of those that are being asked.
void LookupPool::watch_deadlines() {
    std::optional<Time> next;
    const auto consider = [&](const Question& question) { next = next ? std::min(*next, question.deadline) : question.deadline; };
    for (const Question& question : queue_) consider(question);
    for (const auto& worker : workers_) {
        if (worker->current && worker->current->done) consider(*worker->current);
    }
    if (!next || stopped_) return;
    overdue_.expires_after(std::max(Duration(0), *next - read_clocks().at));
    overdue_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
        const auto self = weak.lock();
        if (!cancelled && self) self->fail_overdue();
    });
}

void LookupPool::fail_overdue() {
    const Time now = read_clocks().at;
    std::deque<Question> waiting;
    std::vector<std::function<void(const SqlAnswer&)>> overdue;
    for (auto& question : queue_) {
        if (question.deadline > now) {
            waiting.push_back(std::move(question));
        } else {
            overdue.push_back(std::move(question.done));
        }
    }
    queue_.swap(waiting);
    for (const auto& worker : workers_) {
        if (worker->current && worker->current->done && worker->current->deadline <= now)
            overdue.push_back(std::exchange(worker->current->done, nullptr));
    }
    watch_deadlines();
    for (const auto& done : overdue) {
        timeouts_.add();
        done(failed(SqlError::Kind::TimedOut, "no answer before the deadline"));
    }
}

void LookupPool::fail_waiting(const std::string& why) {
    std::deque<Question> waiting;
    waiting.swap(queue_);
    for (auto& question : waiting) question.done(failed(SqlError::Kind::Away, why));
}

void LookupPool::count_connection(int change) {
    connections_ += change;
    connections_gauge_.add(change);
}

Task<void> LookupPool::run(std::shared_ptr<Worker> worker) {
    while (!stopped_) {
        const bool up = co_await connect(worker);
        if (up) {
            worker->backoff.reset();
            count_connection(1);
            co_await serve(worker);
            count_connection(-1);
            if (connections_ == 0 && !stopped_) fail_waiting("PostgreSQL went away");
        }
        worker->connection.close();
        if (stopped_) break;
        const Duration pause = worker->backoff.next();
        co_await worker->wake.wait(pause);
    }
}

Task<bool> LookupPool::connect(std::shared_ptr<Worker> worker) {
    const SqlAnswer opened = co_await worker->connection.open(config_.connect_deadline, config_.statement_deadline);
    if (opened.error) co_return false;
    if (!session_.empty()) {
        std::string session = session_;
        const SqlAnswer set = co_await worker->connection.execute(std::move(session), config_.connect_deadline);
        if (set.error) co_return false;
    }
    for (const auto& [name, sql] : statements_) {
        const SqlAnswer prepared = co_await worker->connection.prepare(name, sql, config_.connect_deadline);
        if (prepared.error) co_return false;  // told by the fact writer, which meets the same
    }
    co_return !stopped_ && worker->connection.is_open();
}

Task<void> LookupPool::serve(std::shared_ptr<Worker> worker) {
    while (!stopped_ && worker->connection.is_open()) {
        const auto next = next_question();
        if (next == queue_.end()) {
            worker->idle = true;
            worker->connection.watch([weak = std::weak_ptr<Worker>(worker)] {
                if (const auto idle = weak.lock()) idle->wake.set();
            });
            co_await worker->wake.wait(kNoHurry);
            worker->idle = false;
            continue;
        }
        Question& question = worker->current.emplace(std::move(*next));
        queue_.erase(next);
        // The connection has the whole time for itself: that the queue was long is no reason to close it.
        SqlAnswer answer;
        if (question.sql) {
            answer = co_await worker->connection.query(question.sql, std::move(question.values), question.patience);
        } else {
            answer = co_await worker->connection.run(question.prepared, std::move(question.parameters), question.patience);
        }
        if (stopped_) co_return;
        const auto done = std::exchange(question.done, nullptr);
        worker->current.reset();
        if (!queue_.empty()) wake_one();  // its query may run somewhere else now
        if (!done) continue;              // too late: it was answered without us
        if (answer.error && answer.error->kind == SqlError::Kind::TimedOut) timeouts_.add();
        done(answer);
    }
    if (!queue_.empty()) wake_one();  // it was woken for a question, maybe, in the moment in which its connection went
}

}  // namespace hotline::store
