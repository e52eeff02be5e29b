#include "hotline/desk/web_caller.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <nlohmann/json.hpp>

#include "hotline/base/check.h"
#include "hotline/base/log.h"
#include "hotline/base/text.h"

namespace hotline::desk {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;
using tcp = asio::ip::tcp;
using json = nlohmann::ordered_json;
using WebRequest = http::request<http::string_body>;

constexpr auto kAsValue = asio::as_tuple(asio::use_awaitable);

std::string percent_encoded(std::string_view text) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
                           std::string_view("-._~").find(c) != std::string_view::npos;
        if (plain) {
            out += c;
        } else {
            out += {'%', kHex[byte >> 4], kHex[byte & 15]};
        }
    }
    return out;
}

WebRequest request_of(const ivr::AskWeb& question, const WebAddress& address) {
    WebRequest request(question.method == "GET" ? http::verb::get : http::verb::post, address.target, 11);
    request.set(http::field::host, address.authority);
    request.set(http::field::user_agent, "hotlined/" HOTLINE_VERSION);
    request.set(http::field::accept, "application/json");
    if (question.method == "GET") {
        std::string target = address.target;
        char join = target.find('?') == std::string::npos ? '?' : '&';
        for (const auto& [name, value] : question.body) {
            if (!value) continue;
            target += join + percent_encoded(name) + '=' + percent_encoded(*value);
            join = '&';
        }
        request.target(target);
    } else {
        json body = json::object();
        for (const auto& [name, value] : question.body) body[name] = value ? json(*value) : json(nullptr);
        request.set(http::field::content_type, "application/json");
        request.body() = body.dump(-1, ' ', false, json::error_handler_t::replace);
    }
    request.keep_alive(false);
    request.prepare_payload();
    return request;
}

/// Texts as they are, numbers and truths as they are written; null, objects and lists are no value.
std::optional<std::string> value_at(const json& document, const std::string& pointer) {
    try {
        const json& value = document.at(json::json_pointer(pointer));
        if (value.is_string()) return valid_text(value.get<std::string>(), WebCaller::kMaxValueBytes);
        if (value.is_number() || value.is_boolean()) return value.dump();
    } catch (const json::exception&) {  // there is no such field
    }
    return std::nullopt;
}

ivr::Reply reply_of(const ivr::AskWeb& question, const std::string& body) {
    ivr::Reply reply{ivr::Reply::Kind::Found, question.pointers, {{}}};
    const auto document = json::parse(body, nullptr, false);
    if (document.is_discarded() && !question.pointers.empty()) return {};
    for (const auto& pointer : question.pointers) reply.rows.front().push_back(value_at(document, pointer));
    return reply;
}

struct Exchanged {
    ivr::Reply reply{};
    std::string trouble{};  // empty: none
};

Exchanged trouble(const char* what, const beast::error_code& error) {
    const bool late = error == beast::error::timeout;
    return {{late ? ivr::Reply::Kind::TimedOut : ivr::Reply::Kind::Failed, {}, {}}, std::string(what) + ": " + error.message()};
}

template <class Stream>
asio::awaitable<Exchanged> exchange(Stream& stream, const ivr::AskWeb& question, const WebAddress& address) {
    const WebRequest request = request_of(question, address);
    {
        const auto [error, bytes] = co_await http::async_write(stream, request, kAsValue);
        if (error) co_return trouble("sending", error);
    }
    beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(WebCaller::kMaxAnswerBytes);
    const auto [error, bytes] = co_await http::async_read(stream, buffer, parser, kAsValue);
    if (error) co_return trouble("receiving", error);
    const auto status = parser.get().result_int();
    if (status < 200 || status > 299) co_return Exchanged{{}, "status " + std::to_string(status)};
    Exchanged out{reply_of(question, parser.get().body()), {}};
    if (out.reply.kind != ivr::Reply::Kind::Found) out.trouble = "the answer is no JSON";
    co_return out;
}

/// An address in numbers needs no name server, which could keep it waiting behind other names.
asio::awaitable<std::pair<beast::error_code, std::vector<tcp::endpoint>>> endpoints_of(tcp::resolver& resolver,
                                                                                       WebAddress address) {
    beast::error_code none;
    const auto ip = asio::ip::make_address(address.host, none);
    std::vector<tcp::endpoint> out;
    if (!none) {
        out.emplace_back(ip, static_cast<std::uint16_t>(std::stoi(address.port)));
        co_return std::pair(beast::error_code(), std::move(out));
    }
    const auto [error, found] = co_await resolver.async_resolve(address.host, address.port, kAsValue);
    for (const auto& entry : found) out.push_back(entry.endpoint());
    co_return std::pair(error, std::move(out));
}

}  // namespace

std::optional<WebAddress> parse_web_address(const std::string& url) {
    WebAddress out;
    std::string_view rest(url);
    if (rest.starts_with("https://")) {
        out.tls = true;
        rest.remove_prefix(8);
    } else if (rest.starts_with("http://")) {
        rest.remove_prefix(7);
    } else {
        return std::nullopt;
    }
    const bool odd = std::any_of(rest.begin(), rest.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte <= 0x20 || byte >= 0x7f || c == '#' || c == '"' || c == '\\' || c == '<' || c == '>';
    });
    const auto slash = std::min(rest.find_first_of("/?"), rest.size());
    out.authority = rest.substr(0, slash);
    if (odd || out.authority.empty() || out.authority.find('@') != std::string::npos) return std::nullopt;
    if (slash < rest.size()) out.target = (rest[slash] == '?' ? "/" : "") + std::string(rest.substr(slash));
    std::string_view host(out.authority);
    out.port = out.tls ? "443" : "80";
    const auto colon = host.rfind(':');
    if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
        out.port = host.substr(colon + 1);
        host = host.substr(0, colon);
    }
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    out.host = host;
    const bool number = !out.port.empty() && out.port.size() <= 5 && out.port.find_first_not_of("0123456789") == std::string::npos;
    if (out.host.empty() || !number || std::stoi(out.port) < 1 || std::stoi(out.port) > 65535) return std::nullopt;
    return out;
}

struct WebCaller::State : std::enable_shared_from_this<WebCaller::State> {
    State(asio::io_context& context, Metrics& metrics)
        : io(context),
          asked(metrics.counter("ivr_http_total", "Web addresses that menus asked.")),
          failed(metrics.counter("ivr_http_failed_total", "… that gave no good answer in time.")),
          resolver(context),
          tls(ssl::context::tls_client) {
        beast::error_code ignored;
        tls.set_default_verify_paths(ignored);
        tls.set_verify_mode(ssl::verify_peer, ignored);
    }

    /// One question. Closing the stream at its time-out ends whatever it waits for.
    struct Call {
        Call(asio::io_context& io, ivr::AskWeb q, Done d) : question(std::move(q)), done(std::move(d)), deadline(io), stream(io) {}
        ivr::AskWeb question;
        Done done;  // empty once called
        asio::steady_timer deadline;
        beast::tcp_stream stream;
    };

    void begin(ivr::AskWeb question, Done done) {
        if (stopped) return;
        asked.add();
        auto call = std::make_shared<Call>(io, std::move(question), std::move(done));
        if (under_way >= kMaxCalls) return finish(*call, {{}, "too many are under way"});
        ++under_way;
        call->deadline.expires_after(call->question.timeout);
        call->deadline.async_wait([weak = weak_from_this(), call](const beast::error_code& cancelled) {
            const auto self = weak.lock();
            if (cancelled || !self || self->stopped) return;
            call->stream.close();
            self->finish(*call, {{ivr::Reply::Kind::TimedOut, {}, {}}, "no answer in time"});
        });
        asio::co_spawn(
            io, [self = shared_from_this(), call] { return self->run(call); },
            [self = shared_from_this()](const std::exception_ptr& thrown) {
                --self->under_way;
                HL_CHECK(!thrown, "an exception left a web call");
            });
    }

    asio::awaitable<void> run(std::shared_ptr<Call> call) {
        Exchanged exchanged = co_await talk(call);
        call->deadline.cancel();
        call->stream.close();
        finish(*call, std::move(exchanged));
    }

    asio::awaitable<Exchanged> talk(std::shared_ptr<Call> call) {
        const auto address = parse_web_address(call->question.url);
        if (!address) co_return Exchanged{{}, "this is no web address"};
        const WebAddress where = *address;
        const auto [unresolved, endpoints] = co_await endpoints_of(resolver, where);
        if (unresolved) co_return trouble("looking up the name", unresolved);
        if (!call->done) co_return Exchanged{};  // too late: it was answered without us
        {
            const auto [error, endpoint] = co_await call->stream.async_connect(endpoints, kAsValue);
            if (error) co_return trouble("connecting", error);
        }
        if (!where.tls) co_return co_await exchange(call->stream, call->question, where);
        ssl::stream<beast::tcp_stream&> secure(call->stream, tls);
        secure.set_verify_callback(ssl::host_name_verification(where.host));
        SSL_set_tlsext_host_name(secure.native_handle(), where.host.c_str());
        {
            const auto [error] = co_await secure.async_handshake(ssl::stream_base::client, kAsValue);
            if (error) co_return trouble("TLS", error);
        }
        co_return co_await exchange(secure, call->question, where);
    }

    void finish(Call& call, Exchanged exchanged) {
        const auto done = std::exchange(call.done, nullptr);
        if (!done || stopped) return;
        if (!exchanged.trouble.empty()) {
            failed.add();
            log::warn("ivr.http_failed", {{"url", call.question.url}, {"why", exchanged.trouble}});
        }
        done(std::move(exchanged.reply));
    }

    asio::io_context& io;
    Metric &asked, &failed;
    tcp::resolver resolver;
    ssl::context tls;
    std::size_t under_way = 0;
    bool stopped = false;
};

WebCaller::WebCaller(asio::io_context& io, Metrics& metrics) : state_(std::make_shared<State>(io, metrics)) {}
WebCaller::~WebCaller() { stop(); }

void WebCaller::ask(ivr::AskWeb question, Done done) {
    asio::post(state_->io, [state = state_, question = std::move(question), done = std::move(done)]() mutable {
        state->begin(std::move(question), std::move(done));
    });
}

void WebCaller::stop() {
    if (std::exchange(state_->stopped, true)) return;
    state_->resolver.cancel();
}

}  // namespace hotline::desk
