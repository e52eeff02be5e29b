#include "desk/session.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <nlohmann/json.hpp>

namespace hotline::desk {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::uint64_t kMaxBodyBytes = 65536;  // nothing here takes a body; a small one is read and ignored

/// The answer to a request that could not be read; none when the client is simply gone.
std::optional<Response> answer_to(const beast::error_code& error) {
    if (error == http::error::header_limit)
        return refuse(http::status::request_header_fields_too_large, 11, "the request's head is too long");
    if (error == http::error::body_limit) return refuse(http::status::payload_too_large, 11, "the request's body is too long");
    const bool malformed = error.category() == http::make_error_code(http::error::bad_method).category() &&
                           error != http::error::end_of_stream && error != http::error::partial_message;
    if (malformed) return refuse(http::status::bad_request, 11, "this is no HTTP request");
    return std::nullopt;
}

asio::awaitable<bool> write(beast::tcp_stream& stream, Response& response, Duration deadline) {
    stream.expires_after(deadline);
    const auto [error, bytes] = co_await http::async_write(stream, response, kQuietly);
    co_return !error && response.keep_alive();
}

/// HEAD: the same headers as GET, Content-Length included, and no body (RFC 9110 §9.3.2).
asio::awaitable<bool> write_head(beast::tcp_stream& stream, Response& response, Duration deadline) {
    http::response<http::empty_body> head(std::move(response.base()));
    stream.expires_after(deadline);
    const auto [error, bytes] = co_await http::async_write(stream, head, kQuietly);
    co_return !error && head.keep_alive();
}

void close(beast::tcp_stream& stream) {
    beast::error_code ignored;
    stream.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    stream.socket().close(ignored);
}

}  // namespace

void finish(Response& response) {
    response.set("X-Content-Type-Options", "nosniff");
    response.set(http::field::cache_control, "no-store");
    response.prepare_payload();
}

Response refuse(http::status status, unsigned version, std::string_view text) {
    Response response(status, version);
    response.set(http::field::content_type, "application/json");
    response.body() = nlohmann::json{{"error", text}}.dump() + '\n';
    response.keep_alive(false);
    finish(response);
    return response;
}

asio::awaitable<void> serve_connection(asio::ip::tcp::socket socket, Config config, Route route) {
    beast::tcp_stream stream(std::move(socket));
    beast::flat_buffer buffer(config.max_header_bytes + kMaxBodyBytes);
    for (bool open = true; open;) {
        http::request_parser<http::string_body> parser;
        parser.header_limit(static_cast<std::uint32_t>(config.max_header_bytes));
        parser.body_limit(kMaxBodyBytes);
        stream.expires_after(config.idle);
        const auto [error, bytes] = co_await http::async_read(stream, buffer, parser, kQuietly);
        if (error) {
            if (auto response = answer_to(error)) co_await write(stream, *response, config.idle);
            break;
        }
        const Request& request = parser.get();
        Response response = route(request);
        response.keep_alive(response.keep_alive() && request.keep_alive());
        const bool head = request.method() == http::verb::head;
        open = head ? co_await write_head(stream, response, config.idle) : co_await write(stream, response, config.idle);
    }
    close(stream);
}

}  // namespace hotline::desk
