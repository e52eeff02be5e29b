// One HTTP connection: read a request, answer it, again until it closes, is idle too long or breaks a limit.
#pragma once
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <functional>

#include "hotline/desk/server.h"

namespace hotline::desk {

/// Errors as values: a broken connection is no exception.
inline constexpr auto kQuietly = boost::asio::as_tuple(boost::asio::use_awaitable);

using Request = boost::beast::http::request<boost::beast::http::string_body>;
using Response = boost::beast::http::response<boost::beast::http::string_body>;
using Route = std::function<Response(const Request&)>;

/// Serves one connection to its end. `route` answers GET and HEAD alike: for HEAD the body is cut here. A request must be there
/// whole within config.idle of its first byte's turn, and an answer must be taken within the same time: slow ones are closed.
boost::asio::awaitable<void> serve_connection(boost::asio::ip::tcp::socket socket, Config config, Route route);

/// An answer as JSON: {"error":"…"}.
Response refuse(boost::beast::http::status status, unsigned version, std::string_view text);
/// The headers that every answer bears.
void finish(Response& response);

}  // namespace hotline::desk
