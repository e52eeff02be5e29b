#include "hotline/desk/server.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <thread>

namespace hotline::desk {
namespace {

/// A client that sends bytes as they are and reads until it has what it waits for, the end, or a deadline.
class Client {
  public:
    explicit Client(const Address& server) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_storage address;
        const auto length = server.to_sockaddr(address);
        EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&address), length), 0);
    }
    ~Client() { ::close(fd_); }
    Client(const Client&) = delete;

    void send(std::string_view bytes) {
        EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
    }
    /// One byte more; whether the server still takes it is not asked.
    void trickle() { (void)::send(fd_, "x", 1, MSG_NOSIGNAL); }
    void end() { ::shutdown(fd_, SHUT_WR); }

    /// Everything that comes until the server closes; "(still open)" is added when it does not within 10 s.
    std::string until_closed() {
        while (read_some()) {
        }
        return got_ + (closed_ ? "" : "(still open)");
    }
    /// Until `count` answers with this text have come.
    std::string until(std::string_view text, int count = 1) {
        while (occurrences(text) < count && read_some()) {
        }
        return got_;
    }

  private:
    int occurrences(std::string_view text) const {
        int n = 0;
        for (auto at = got_.find(text); at != std::string::npos; at = got_.find(text, at + 1)) ++n;
        return n;
    }
    bool read_some() {
        pollfd waiting{fd_, POLLIN, 0};
        if (::poll(&waiting, 1, 10'000) <= 0) return false;
        char buffer[4096];
        const auto count = ::recv(fd_, buffer, sizeof buffer, 0);
        if (count > 0) got_.append(buffer, static_cast<std::size_t>(count));
        closed_ = count <= 0;
        return !closed_;
    }

    int fd_;
    std::string got_;
    bool closed_ = false;
};

class Http : public ::testing::Test {
  protected:
    void serve(Config config = {}) {
        config.listen = *Address::parse("127.0.0.1:0");
        auto started = Server::start(io_, config,
                                     {[] { return std::string("hotline_calls 3\n"); },
                                      [this] {
                                          return Health{healthy_, R"({"status":"x"})"};
                                      }});
        ASSERT_TRUE(started) << started.error().text;
        server_ = std::move(*started);
        thread_ = std::thread([this] { io_.run(); });
    }
    std::string get(const std::string& target, const std::string& method = "GET") {
        Client client(server_->bound());
        client.send(method + ' ' + target + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        return client.until_closed();
    }
    void TearDown() override {
        if (!thread_.joinable()) return;
        boost::asio::post(io_, [this] {
            server_->stop();
            io_.stop();
        });
        thread_.join();
    }

    boost::asio::io_context io_{1};
    std::unique_ptr<Server> server_;
    std::thread thread_;
    std::atomic<bool> healthy_{true};
};

std::string first_line(const std::string& answer) { return answer.substr(0, answer.find("\r\n")); }

TEST_F(Http, GivesMetricsAsText) {
    serve();
    const auto answer = get("/metrics");
    EXPECT_EQ(first_line(answer), "HTTP/1.1 200 OK");
    EXPECT_NE(answer.find("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"), std::string::npos) << answer;
    EXPECT_NE(answer.find("X-Content-Type-Options: nosniff\r\n"), std::string::npos) << answer;
    EXPECT_TRUE(answer.ends_with("\r\n\r\nhotline_calls 3\n")) << answer;
}

TEST_F(Http, HealthIsItsStatus) {
    serve();
    EXPECT_EQ(first_line(get("/healthz")), "HTTP/1.1 200 OK");
    healthy_ = false;
    const auto answer = get("/healthz?verbose");
    EXPECT_EQ(first_line(answer), "HTTP/1.1 503 Service Unavailable");
    EXPECT_NE(answer.find("Content-Type: application/json\r\n"), std::string::npos);
    EXPECT_TRUE(answer.ends_with("\r\n\r\n{\"status\":\"x\"}\n")) << answer;
}

TEST_F(Http, RefusesTheRestAsJson) {
    serve();
    const auto missing = get("/../etc/passwd");
    EXPECT_EQ(first_line(missing), "HTTP/1.1 404 Not Found");
    EXPECT_TRUE(missing.ends_with("{\"error\":\"there is nothing here\"}\n")) << missing;
    const auto posted = get("/metrics", "POST");
    EXPECT_EQ(first_line(posted), "HTTP/1.1 405 Method Not Allowed");
    EXPECT_NE(posted.find("Allow: GET, HEAD\r\n"), std::string::npos);
    EXPECT_EQ(posted.find("Server:"), std::string::npos) << "no version for scanners";
}

TEST_F(Http, HeadIsGetWithoutABody) {
    serve();
    const auto answer = get("/metrics", "HEAD");
    EXPECT_EQ(first_line(answer), "HTTP/1.1 200 OK");
    EXPECT_NE(answer.find("Content-Length: 16\r\n"), std::string::npos) << answer;
    EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST_F(Http, KeepsAConnectionForFurtherRequests) {
    serve();
    Client client(server_->bound());
    for (int i = 1; i <= 3; ++i) {
        client.send("GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n");
        client.until("hotline_calls 3\n", i);
    }
    client.send("GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(client.until_closed().ends_with("{\"status\":\"x\"}\n"));
}

TEST_F(Http, AnswersPipelinedRequestsInOrder) {
    serve();
    Client client(server_->bound());
    client.send(
        "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\nHEAD /metrics HTTP/1.1\r\nHost: h\r\n\r\nGET /healthz HTTP/1.1\r\nHost: "
        "h\r\nConnection: close\r\n\r\n");
    const auto answers = client.until_closed();
    const auto metrics = answers.find("hotline_calls 3"), health = answers.find("{\"status\"");
    EXPECT_LT(metrics, health);
    EXPECT_NE(health, std::string::npos) << answers;
    EXPECT_EQ(answers.find("hotline_calls 3", metrics + 1), std::string::npos) << "the second was HEAD";
}

TEST_F(Http, ASlowRequestIsClosed) {
    Config config;
    config.idle = 100ms;
    serve(config);
    Client slow(server_->bound());
    slow.send("GET /metrics HTTP/1.1\r\nX-Slow: ");  // and never the end of the line
    EXPECT_EQ(slow.until_closed(), "");
}

TEST_F(Http, TrickledBytesDoNotBuyTime) {
    Config config;
    config.idle = 300ms;
    serve(config);
    Client slow(server_->bound());
    std::promise<void> over;
    auto is_over = over.get_future();
    std::thread feeder([&] {
        // A byte every 20 ms: a deadline that each byte moved would never come.
        slow.send("GET /metrics HTTP/1.1\r\n");
        while (is_over.wait_for(std::chrono::milliseconds(20)) == std::future_status::timeout) slow.trickle();
    });
    EXPECT_EQ(slow.until_closed(), "");
    over.set_value();
    feeder.join();
}

TEST_F(Http, AnIdleConnectionIsClosed) {
    Config config;
    config.idle = 100ms;
    serve(config);
    EXPECT_EQ(Client(server_->bound()).until_closed(), "");
}

TEST_F(Http, AHeadThatIsTooLongIsRefused) {
    Config config;
    config.max_header_bytes = 2048;
    serve(config);
    Client client(server_->bound());
    client.send("GET /metrics HTTP/1.1\r\nX: " + std::string(4000, 'a') + "\r\n\r\n");
    EXPECT_EQ(first_line(client.until_closed()), "HTTP/1.1 431 Request Header Fields Too Large");
}

TEST_F(Http, ABodyThatIsTooLongIsRefused) {
    serve();
    Client client(server_->bound());
    client.send("POST /metrics HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
    EXPECT_EQ(first_line(client.until_closed()), "HTTP/1.1 413 Payload Too Large");
}

TEST_F(Http, WhatIsNoHttpIsRefused) {
    serve();
    Client client(server_->bound());
    client.send("INVITE sip:95000@h SIP/2.0\r\n\r\n");
    EXPECT_EQ(first_line(client.until_closed()), "HTTP/1.1 400 Bad Request");
}

TEST_F(Http, AClientThatGoesAwayIsForgotten) {
    serve();
    { Client gone(server_->bound()); }
    {
        Client half(server_->bound());
        half.send("GET /met");
        half.end();
        half.until_closed();
    }
    EXPECT_EQ(first_line(get("/metrics")), "HTTP/1.1 200 OK");
}

TEST_F(Http, BeyondTheLimitConnectionsAreClosedAndTheOthersServed) {
    Config config;
    config.max_connections = 1;
    serve(config);
    auto first = std::make_unique<Client>(server_->bound());
    first->send("GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n");
    first->until("hotline_calls 3\n");
    EXPECT_EQ(Client(server_->bound()).until_closed(), "");
    first->send("GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(first->until_closed().ends_with("{\"status\":\"x\"}\n"));
}

TEST_F(Http, ATakenPortIsNamed) {
    serve();
    Config config;
    config.listen = server_->bound();
    const auto second = Server::start(io_, config, {[] { return std::string(); }, [] { return Health{true, "{}"}; }});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::Io);
    EXPECT_NE(second.error().text.find(to_text(server_->bound())), std::string::npos) << second.error().text;
}

}  // namespace
}  // namespace hotline::desk
