#include "hotline/desk/server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "desk/session.h"
#include "hotline/base/log.h"

namespace hotline::desk {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

namespace {

constexpr auto kAcceptPause = std::chrono::milliseconds(100);  // when descriptors have run out: let some be closed first

tcp::endpoint endpoint_of(const Address& address) {
    if (address.ip.v6) return {asio::ip::address_v6(address.ip.bytes), address.port};
    asio::ip::address_v4::bytes_type bytes{};
    std::copy_n(address.ip.bytes.begin(), bytes.size(), bytes.begin());
    return {asio::ip::address_v4(bytes), address.port};
}

boost::system::error_code listen_on(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
    boost::system::error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    return error;
}

Response ok(const Request& request, std::string_view type, std::string body, http::status status = http::status::ok) {
    Response response(status, request.version());
    response.set(http::field::content_type, type);
    response.body() = std::move(body);
    response.keep_alive(true);
    finish(response);
    return response;
}

}  // namespace

struct Server::State : std::enable_shared_from_this<State> {
    State(asio::io_context& context, const Config& c, Sources s)
        : io(context), config(c), sources(std::move(s)), acceptor(context), pause(context) {}

    Response route(const Request& request) const;
    asio::awaitable<void> accept_loop();
    void serve(tcp::socket socket);

    asio::io_context& io;
    const Config config;
    const Sources sources;
    tcp::acceptor acceptor;
    asio::steady_timer pause;
    std::size_t connections = 0;
    bool stopped = false;
};

Response Server::State::route(const Request& request) const {
    const std::string_view target(request.target().data(), request.target().size());
    const std::string_view path = target.substr(0, target.find('?'));
    if (path != "/metrics" && path != "/healthz")
        return refuse(http::status::not_found, request.version(), "there is nothing here");
    if (request.method() != http::verb::get && request.method() != http::verb::head) {
        auto response = refuse(http::status::method_not_allowed, request.version(), "only GET and HEAD");
        response.set(http::field::allow, "GET, HEAD");
        return response;
    }
    if (path == "/metrics") return ok(request, "text/plain; version=0.0.4; charset=utf-8", sources.metrics());
    const Health health = sources.health();
    return ok(request, "application/json", health.json + '\n', health.ok ? http::status::ok : http::status::service_unavailable);
}

void Server::State::serve(tcp::socket socket) {
    ++connections;
    auto self = shared_from_this();
    auto session = serve_connection(std::move(socket), config, [self](const Request& request) { return self->route(request); });
    asio::co_spawn(io, std::move(session), [self](std::exception_ptr error) {
        --self->connections;
        if (!error) return;
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& e) {
            log::warn("http.failed", {{"why", e.what()}});
        }
    });
}

asio::awaitable<void> Server::State::accept_loop() {
    while (!stopped) {
        auto [error, socket] = co_await acceptor.async_accept(kQuietly);
        if (stopped) co_return;
        if (error) {
            log::warn("http.accept_failed", {{"why", error.message()}, {"cure", "raise the limit of open files if it is reached"}});
            pause.expires_after(kAcceptPause);
            co_await pause.async_wait(kQuietly);
        } else if (connections >= config.max_connections) {
            socket.close();  // at the limit a connection is closed unread: those we have are served
        } else {
            serve(std::move(socket));
        }
    }
}

Result<std::unique_ptr<Server>> Server::start(asio::io_context& io, const Config& config, Sources sources) {
    auto state = std::make_shared<State>(io, config, std::move(sources));
    if (const auto error = listen_on(state->acceptor, endpoint_of(config.listen))) {
        return Error{ErrorKind::Io, "HTTP cannot listen on " + to_text(config.listen) + ": " + error.message() +
                                        ". Free the port, or choose another with --set http.port=N (0: any)."};
    }
    asio::co_spawn(
        io, [state] { return state->accept_loop(); }, asio::detached);
    return std::unique_ptr<Server>(new Server(std::move(state)));
}

Server::Server(std::shared_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() { stop(); }

Address Server::bound() const {
    boost::system::error_code error;
    const auto endpoint = state_->acceptor.local_endpoint(error);
    return error ? Address{state_->config.listen.ip, 0} : Address{state_->config.listen.ip, endpoint.port()};
}

void Server::stop() {
    if (std::exchange(state_->stopped, true)) return;
    boost::system::error_code ignored;
    state_->acceptor.close(ignored);
    state_->pause.cancel();
}

}  // namespace hotline::desk
