#include "store/connection.h"

#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>

namespace hotline::store {

namespace {

SqlAnswer failed(SqlError::Kind kind, std::string text) {
    SqlAnswer answer;
    answer.error = SqlError{kind, std::move(text)};
    return answer;
}

}  // namespace

struct Connection::State : std::enable_shared_from_this<State> {
    State(asio::io_context& io, std::string info) : conninfo(std::move(info)), socket(io), timer(io) {}

    /// Waits on a duplicate of libpq's descriptor, so that each side closes its own: libpq may replace its socket while connecting.
    bool adopt_socket() {
        boost::system::error_code ignored;
        socket.close(ignored);
        const int copy = ::dup(::PQsocket(pg.get()));
        if (copy < 0) return false;
        boost::system::error_code error;
        socket.assign(copy, error);
        if (error) ::close(copy);
        return !error;
    }

    void start_deadline(Duration deadline) {
        expired = false;
        timer.expires_after(deadline);
        timer.async_wait([self = weak_from_this(), round = ++round](const boost::system::error_code& cancelled) {
            const auto state = self.lock();
            if (cancelled || !state || state->round != round) return;
            state->expired = true;
            boost::system::error_code ignored;
            state->socket.cancel(ignored);
        });
    }
    void end_deadline() {
        ++round;
        timer.cancel();
    }

    void close() {
        end_deadline();
        boost::system::error_code ignored;
        socket.close(ignored);
        pg.reset();
    }

    const std::string conninfo;
    PgConnection pg;
    asio::posix::stream_descriptor socket;
    asio::steady_timer timer;
    std::uint64_t round = 0;  // of the deadline; a late timer finds another one
    std::uint64_t watch = 0;  // likewise
    bool expired = false;
};

namespace {

template <class State>
Task<bool> ready(std::shared_ptr<State> s, asio::posix::stream_descriptor::wait_type what) {
    if (s->expired || !s->socket.is_open()) co_return false;
    boost::system::error_code error;
    co_await s->socket.async_wait(what, asio::redirect_error(asio::use_awaitable, error));
    co_return !error && !s->expired;
}

constexpr auto kReadable = asio::posix::stream_descriptor::wait_read;
constexpr auto kWritable = asio::posix::stream_descriptor::wait_write;

/// Closes the connection and says why.
template <class State>
SqlAnswer give_up(State& s) {
    const bool expired = s.expired;
    std::string text = expired ? "no answer before the deadline" : trimmed_message(::PQerrorMessage(s.pg.get()));
    s.close();
    return failed(expired ? SqlError::Kind::TimedOut : SqlError::Kind::Lost,
                  text.empty() ? "the connection was closed" : std::move(text));
}

/// Sends what is queued and collects all results: the last rows, or the first error.
template <class State>
Task<SqlAnswer> finish(std::shared_ptr<State> s) {
    for (int left = ::PQflush(s->pg.get()); left != 0; left = ::PQflush(s->pg.get())) {
        if (left < 0) co_return give_up(*s);
        const bool writable = co_await ready(s, kWritable);
        if (!writable || !s->pg) co_return give_up(*s);
    }
    SqlAnswer answer;
    while (true) {
        while (::PQisBusy(s->pg.get())) {
            const bool readable = co_await ready(s, kReadable);
            if (!readable || !s->pg || !::PQconsumeInput(s->pg.get())) co_return give_up(*s);
        }
        PgResult result(::PQgetResult(s->pg.get()));
        if (!result) break;
        const auto status = ::PQresultStatus(result.get());
        if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
            answer.rows = Rows(std::move(result));
        } else if (!answer.error) {
            answer.error = classify(result.get());
        }
    }
    if (::PQstatus(s->pg.get()) != CONNECTION_OK) co_return give_up(*s);
    s->end_deadline();
    co_return answer;
}

/// The statement has been given to libpq (`sent`), or libpq refused to take it.
template <class State>
Task<SqlAnswer> send(std::shared_ptr<State> s, int sent) {
    if (sent == 0) co_return give_up(*s);
    co_return co_await finish(std::move(s));
}

template <class State>
void start_statement(State& s, Duration deadline) {
    ++s.watch;
    boost::system::error_code ignored;
    if (s.socket.is_open()) s.socket.cancel(ignored);
    s.start_deadline(deadline);
}

}  // namespace

Connection::Connection(asio::io_context& io, std::string conninfo) : state_(std::make_shared<State>(io, std::move(conninfo))) {}
Connection::~Connection() { close(); }

bool Connection::is_open() const { return state_->pg && ::PQstatus(state_->pg.get()) == CONNECTION_OK; }
void Connection::close() { state_->close(); }

Task<SqlAnswer> Connection::open(Duration deadline, Duration statement_timeout) {
    auto s = state_;
    s->close();
    s->start_deadline(deadline);
    const std::string conninfo = s->conninfo + " client_encoding=UTF8 application_name=hotlined";
    s->pg.reset(::PQconnectStart(conninfo.c_str()));
    if (!s->pg || ::PQstatus(s->pg.get()) == CONNECTION_BAD) co_return give_up(*s);
    for (auto poll = PGRES_POLLING_WRITING; poll != PGRES_POLLING_OK; poll = ::PQconnectPoll(s->pg.get())) {
        if (poll == PGRES_POLLING_FAILED || !s->adopt_socket()) co_return give_up(*s);
        const bool moved = co_await ready(s, poll == PGRES_POLLING_READING ? kReadable : kWritable);
        if (!moved || !s->pg) co_return give_up(*s);
    }
    if (::PQsetnonblocking(s->pg.get(), 1) != 0 || !s->adopt_socket()) co_return give_up(*s);
    s->end_deadline();
    // Our statements touch few rows by index. A plan made while the tables were empty must not become a sequential scan later; and
    // without jit, since a scan that is "disabled" has a cost that would call for it.
    std::string settings =
        "set jit = off; set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set timezone = 'UTC';"
        "set statement_timeout = " +
        std::to_string(to_ms(statement_timeout));
    SqlAnswer set = co_await execute(std::move(settings), deadline);
    co_return set;
}

Task<SqlAnswer> Connection::execute(std::string sql, Duration deadline) {
    auto s = state_;
    if (!s->pg) co_return failed(SqlError::Kind::Lost, "not connected");
    start_statement(*s, deadline);
    const int sent = ::PQsendQuery(s->pg.get(), sql.c_str());
    co_return co_await send(s, sent);
}

Task<SqlAnswer> Connection::prepare(const char* name, const char* sql, Duration deadline) {
    auto s = state_;
    if (!s->pg) co_return failed(SqlError::Kind::Lost, "not connected");
    start_statement(*s, deadline);
    const int sent = ::PQsendPrepare(s->pg.get(), name, sql, 0, nullptr);
    co_return co_await send(s, sent);
}

Task<SqlAnswer> Connection::run(const char* prepared, Parameters parameters, Duration deadline) {
    auto s = state_;
    if (!s->pg) co_return failed(SqlError::Kind::Lost, "not connected");
    start_statement(*s, deadline);
    const auto pointers = parameters.pointers();
    const auto lengths = parameters.lengths(), formats = parameters.formats();
    const int sent =
        ::PQsendQueryPrepared(s->pg.get(), prepared, parameters.size(), pointers.data(), lengths.data(), formats.data(), 0);
    co_return co_await send(s, sent);
}

Task<SqlAnswer> Connection::query(std::shared_ptr<const std::string> sql, std::vector<std::optional<std::string>> values,
                                  Duration deadline) {
    auto s = state_;
    if (!s->pg) co_return failed(SqlError::Kind::Lost, "not connected");
    start_statement(*s, deadline);
    std::vector<const char*> pointers;
    for (const auto& value : values) pointers.push_back(value ? value->c_str() : nullptr);
    const int sent = ::PQsendQueryParams(s->pg.get(), sql->c_str(), static_cast<int>(pointers.size()), nullptr, pointers.data(),
                                         nullptr, nullptr, 0);
    co_return co_await send(s, sent);
}

Task<SqlAnswer> Connection::describe(const char* prepared, Duration deadline) {
    auto s = state_;
    if (!s->pg) co_return failed(SqlError::Kind::Lost, "not connected");
    start_statement(*s, deadline);
    const int sent = ::PQsendDescribePrepared(s->pg.get(), prepared);
    co_return co_await send(s, sent);
}

void Connection::watch(std::function<void()> lost) {
    if (!is_open()) return lost();
    state_->socket.async_wait(kReadable, [self = std::weak_ptr<State>(state_), this, round = ++state_->watch,
                                          lost = std::move(lost)](const boost::system::error_code& cancelled) mutable {
        const auto state = self.lock();
        if (cancelled || !state || state->watch != round || !state->pg) return;
        if (::PQconsumeInput(state->pg.get()) && ::PQstatus(state->pg.get()) == CONNECTION_OK)
            return watch(std::move(lost));  // a notice
        state->close();
        lost();
    });
}

}  // namespace hotline::store
