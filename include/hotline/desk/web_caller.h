// Web addresses that menus ask (node `http`): one request, one answer, JSON both ways.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "hotline/base/metrics.h"
#include "hotline/ivr/machine.h"

namespace boost::asio {
class io_context;
}

namespace hotline::desk {

/// The parts of "https://crm.example.com:8443/orders".
struct WebAddress {
    bool tls = false;
    std::string host;  // without brackets
    std::string port;
    std::string target = "/";  // with the query, if any
    std::string authority;     // host and port as they were written
};
/// None: no http or https address, or one with a user's name, a fragment, spaces or control characters.
std::optional<WebAddress> parse_web_address(const std::string& url);

class WebCaller {
  public:
    static constexpr std::size_t kMaxCalls = 100;           // at a time; more fail at once
    static constexpr std::size_t kMaxAnswerBytes = 262144;  // a longer one fails
    static constexpr std::size_t kMaxValueBytes = 1000;     // of one field
    using Done = std::function<void(ivr::Reply)>;

    WebCaller(boost::asio::io_context& io, Metrics& metrics);
    ~WebCaller();
    WebCaller(const WebCaller&) = delete;

    /// From any thread; `done` is called on `io`'s thread, once, within the question's time-out; not at all after stop(). Found: a
    /// 2xx, one row of the fields asked for. Redirects are not followed: they could lead to an address that the site does not
    /// allow. Of https the certificate is verified against the system's authorities.
    void ask(ivr::AskWeb question, Done done);
    void stop();  // on `io`'s thread

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace hotline::desk
