// The daemon's end of DIR/control.sock, on the business thread.
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <nlohmann/json.hpp>

#include "app/control_socket.h"
#include "hotline/base/log.h"
#include "hotline/base/text.h"

namespace hotline::app {

namespace asio = boost::asio;
using Protocol = asio::local::stream_protocol;

namespace {

constexpr auto kQuietly = asio::as_tuple(asio::use_awaitable);
constexpr Duration kLinger = 1h;  // for a client that waits for our end

std::string to_line(const ControlReply& reply) {
    using Json = nlohmann::json;
    return Json{{"ok", reply.ok}, {"text", reply.text}}.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::optional<ControlRequest> parse_request(const std::string& line) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object()) return std::nullopt;
    const auto text = [&](const char* key) {
        const auto it = json.find(key);
        return it != json.end() && it->is_string() ? it->get<std::string>() : std::string();
    };
    return ControlRequest{text("command"), text("argument")};
}

/// A connection with one deadline at a time: when it fires, whatever is under way fails and the connection ends.
struct Connection : std::enable_shared_from_this<Connection> {
    explicit Connection(Protocol::socket s)
        : socket(std::move(s)), deadline(socket.get_executor()), answered(socket.get_executor()) {}

    void expire_after(Duration limit) {
        deadline.expires_after(limit);
        deadline.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
            const auto still = weak.lock();
            boost::system::error_code ignored;
            if (still && !cancelled) still->socket.close(ignored);
        });
    }

    Protocol::socket socket;
    asio::steady_timer deadline;
    asio::steady_timer answered;  // cancelled when the handler has answered
    std::optional<ControlReply> reply;
};

}  // namespace

struct ControlServer::State : std::enable_shared_from_this<State> {
    State(asio::io_context& context, const std::string& dir, Handler h)
        : io(context), data_dir(dir), acceptor(context), handler(std::move(h)) {}

    asio::awaitable<void> accept_loop();
    asio::awaitable<void> serve(std::shared_ptr<Connection> connection);
    asio::awaitable<ControlReply> ask(std::shared_ptr<Connection> connection, ControlRequest request);

    asio::io_context& io;
    const std::string data_dir;
    Protocol::acceptor acceptor;
    Handler handler;
    std::size_t connections = 0;
    bool stopped = false;
};

asio::awaitable<void> ControlServer::State::accept_loop() {
    while (!stopped) {
        auto [error, socket] = co_await acceptor.async_accept(kQuietly);
        if (error || stopped) co_return;
        if (connections >= kMaxConnections) continue;  // closed unread
        ++connections;
        auto self = shared_from_this();
        asio::co_spawn(io, serve(std::make_shared<Connection>(std::move(socket))),
                       [self](std::exception_ptr) { --self->connections; });
    }
}

/// Waits for the handler's answer, which may come from any thread, also after we have given up.
asio::awaitable<ControlReply> ControlServer::State::ask(std::shared_ptr<Connection> connection, ControlRequest request) {
    const Answer answer = [weak = std::weak_ptr(connection), this_io = &io](ControlReply reply) {
        asio::post(*this_io, [weak, reply = std::move(reply)]() mutable {
            const auto still = weak.lock();
            if (!still || still->reply) return;
            still->reply = std::move(reply);
            still->answered.cancel();
        });
    };
    connection->answered.expires_after(kAnswerDeadline);
    handler(std::move(request), answer);
    co_await connection->answered.async_wait(kQuietly);
    co_return connection->reply.value_or(ControlReply{false, "the daemon is too busy to answer; see its log."});
}

asio::awaitable<void> ControlServer::State::serve(std::shared_ptr<Connection> connection) {
    auto self = shared_from_this();
    std::string line;
    connection->expire_after(kRequestDeadline);
    const auto [read_error, length] =
        co_await asio::async_read_until(connection->socket, asio::dynamic_buffer(line, kMaxLine), '\n', kQuietly);
    if (read_error) co_return;
    const auto request = parse_request(line.substr(0, length));
    connection->expire_after(kAnswerDeadline + kRequestDeadline);
    ControlReply reply{false, "expected one line of JSON: {\"command\":\"status\"}."};
    if (request) reply = co_await ask(connection, *request);
    const std::string out = to_line(reply);
    const auto [write_error, written] = co_await asio::async_write(connection->socket, asio::buffer(out), kQuietly);
    if (reply.afterwards) reply.afterwards();
    if (write_error) co_return;
    connection->expire_after(kLinger);
    char byte;
    co_await connection->socket.async_read_some(asio::buffer(&byte, 1), kQuietly);
    connection->deadline.cancel();
}

Result<std::unique_ptr<ControlServer>> ControlServer::start(asio::io_context& io, const std::string& data_dir, Handler handler) {
    auto state = std::make_shared<State>(io, data_dir, std::move(handler));
    const ControlPath path(data_dir);
    ::unlink(path.usable().c_str());
    boost::system::error_code error;
    state->acceptor.open(Protocol(), error);
    if (!error) state->acceptor.bind(Protocol::endpoint(path.usable()), error);
    if (!error && ::chmod(path.usable().c_str(), 0660) != 0) error = {errno, boost::system::system_category()};
    if (!error) state->acceptor.listen(kMaxConnections, error);
    if (error)
        return Error{ErrorKind::Io,
                     data_dir + "/control.sock cannot be made: " + error.message() + ". Check the directory's rights."};
    asio::co_spawn(
        io, [state] { return state->accept_loop(); }, asio::detached);
    return std::unique_ptr<ControlServer>(new ControlServer(std::move(state)));
}

ControlServer::ControlServer(std::shared_ptr<State> state) : state_(std::move(state)) {}
ControlServer::~ControlServer() { stop(); }

void ControlServer::stop() {
    if (std::exchange(state_->stopped, true)) return;
    boost::system::error_code ignored;
    state_->acceptor.close(ignored);
    ::unlink(ControlPath(state_->data_dir).usable().c_str());
}

}  // namespace hotline::app
