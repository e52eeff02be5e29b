// Web addresses that menus ask, against a server that answers as it is told.
#include "hotline/desk/web_caller.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "hotline/base/time.h"

namespace hotline::desk {
namespace {

/// Takes one connection, keeps what was asked, answers with bytes as they are, or with silence.
class OneAnswer {
  public:
    explicit OneAnswer(std::string answer) : answer_(std::move(answer)), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::listen(fd_, 8), 0);
        socklen_t length = sizeof address;
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~OneAnswer() {
        ::shutdown(fd_, SHUT_RDWR);
        thread_.join();
        ::close(fd_);
    }
    std::string url(const std::string& path = "/") const { return "http://127.0.0.1:" + std::to_string(port_) + path; }
    const std::string& asked() const { return asked_; }

  private:
    void serve() {
        const int client = ::accept(fd_, nullptr, nullptr);
        if (client < 0) return;
        char buffer[4096];
        // A request is whole when its body is as long as it says; ours are short and come in one piece or two.
        for (pollfd ready{client, POLLIN, 0}; ::poll(&ready, 1, 100) > 0;) {
            const auto count = ::recv(client, buffer, sizeof buffer, 0);
            if (count <= 0) break;
            asked_.append(buffer, static_cast<std::size_t>(count));
        }
        if (!answer_.empty()) (void)::send(client, answer_.data(), answer_.size(), MSG_NOSIGNAL);
        if (answer_.empty()) {
            pollfd gone{client, POLLIN, 0};
            ::poll(&gone, 1, 5000);  // until the other side gives up
        }
        ::close(client);
    }

    std::string answer_, asked_;
    int fd_, port_ = 0;
    std::thread thread_;
};

std::string ok(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
}

class Web : public ::testing::Test {
  protected:
    ivr::Reply ask(ivr::AskWeb question) {
        std::optional<ivr::Reply> reply;
        int answers = 0;
        caller_.ask(std::move(question), [&](ivr::Reply got) { reply = std::move(got), ++answers; });
        const Time due = read_clocks().at + 20s;
        while (!reply && read_clocks().at < due) io_.run_one_for(std::chrono::milliseconds(50));
        for (int i = 0; i < 20; ++i) io_.poll();
        EXPECT_EQ(answers, 1) << "once";
        return reply.value_or(ivr::Reply{});
    }
    ivr::AskWeb question(const std::string& url, Duration timeout = 5s) {
        return {"POST",
                url,
                {{"number", "13900001234"}, {"name", "O'Neil \"x\"\n"}, {"level", std::nullopt}},
                {"/order/step", "/owed", "/vip", "/none", "/order"},
                timeout};
    }
    boost::asio::io_context io_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> open_{io_.get_executor()};  // between two questions
    Metrics metrics_;
    WebCaller caller_{io_, metrics_};
};

TEST_F(Web, AJsonObjectGoesThereAndFieldsComeBack) {
    OneAnswer server(ok(R"({"order":{"step":"出票"},"owed":12050,"vip":true})"));
    const auto reply = ask(question(server.url("/hook?site=1")));
    ASSERT_EQ(reply.kind, ivr::Reply::Kind::Found);
    const ivr::Reply::Row expected{"出票", "12050", "true", std::nullopt, std::nullopt};
    EXPECT_EQ(reply.rows.at(0), expected) << "what is missing or no value has none";
    EXPECT_TRUE(server.asked().starts_with("POST /hook?site=1 HTTP/1.1\r\n")) << server.asked();
    EXPECT_NE(server.asked().find(R"({"number":"13900001234","name":"O'Neil \"x\"\n","level":null})"), std::string::npos)
        << server.asked();
    EXPECT_NE(server.asked().find("Host: 127.0.0.1:"), std::string::npos);
}

TEST_F(Web, AGetCarriesItsValuesInTheAddress) {
    OneAnswer server(ok("{}"));
    auto asked = question(server.url("/hook?site=1"));
    asked.method = "GET";
    asked.body = {{"name", "上海 &=#"}, {"level", std::nullopt}};
    EXPECT_EQ(ask(asked).kind, ivr::Reply::Kind::Found);
    EXPECT_TRUE(server.asked().starts_with("GET /hook?site=1&name=%E4%B8%8A%E6%B5%B7%20%26%3D%23 HTTP/1.1\r\n")) << server.asked();
}

TEST_F(Web, OnlyA2xxIsGood) {
    for (const char* status : {"404 Not Found", "500 Oops", "302 Found\r\nLocation: http://127.0.0.1:1/"}) {
        OneAnswer server("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 2\r\n\r\n{}");
        EXPECT_EQ(ask(question(server.url())).kind, ivr::Reply::Kind::Failed) << status;
    }
    OneAnswer nothing_wanted("HTTP/1.1 204 No Content\r\n\r\n");
    auto asked = question(nothing_wanted.url());
    asked.pointers.clear();
    EXPECT_EQ(ask(asked).kind, ivr::Reply::Kind::Found) << "no fields are wanted: no JSON is needed";
}

TEST_F(Web, BadAnswersFail) {
    for (const std::string& answer :
         {std::string("this is no HTTP\r\n\r\n"), ok("this is no JSON"), ok("[1,2"),
          std::string("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), ok("\"" + std::string(300'000, 'x') + "\"")}) {
        OneAnswer server(answer);
        EXPECT_EQ(ask(question(server.url())).kind, ivr::Reply::Kind::Failed) << answer.substr(0, 60);
    }
    OneAnswer list(ok("[1,2]"));
    EXPECT_EQ(ask(question(list.url())).kind, ivr::Reply::Kind::Found) << "no such fields, as in an empty object";
}

TEST_F(Web, ASilentServerEndsAtTheTimeOut) {
    OneAnswer server("");
    const Time began = read_clocks().at;
    EXPECT_EQ(ask(question(server.url(), 400ms)).kind, ivr::Reply::Kind::TimedOut);
    EXPECT_LT(read_clocks().at - began, 3s);
    EXPECT_EQ(metrics_.counter("ivr_http_failed_total", "").value(), 1);
}

TEST_F(Web, WhereNobodyListensItFails) { EXPECT_EQ(ask(question("http://127.0.0.1:1/")).kind, ivr::Reply::Kind::Failed); }

TEST_F(Web, TlsIsNotSpokenToWhoDoesNotSpeakIt) {
    OneAnswer server(ok("{}"));
    std::string url = server.url();
    EXPECT_EQ(ask(question("https" + url.substr(4))).kind, ivr::Reply::Kind::Failed);
}

TEST_F(Web, StoppedItTellsNobody) {
    OneAnswer server("");
    bool told = false;
    caller_.ask(question(server.url(), 300ms), [&](const ivr::Reply&) { told = true; });
    io_.run_for(std::chrono::milliseconds(100));
    caller_.stop();
    io_.run_for(std::chrono::milliseconds(500));
    EXPECT_FALSE(told);
}

TEST(WebAddresses, AreTakenApart) {
    const auto address = parse_web_address("https://crm.example:8443/orders?x=1");
    ASSERT_TRUE(address);
    EXPECT_TRUE(address->tls);
    EXPECT_EQ(address->host + ' ' + address->port + ' ' + address->target + ' ' + address->authority,
              "crm.example 8443 /orders?x=1 crm.example:8443");
    EXPECT_EQ(parse_web_address("http://[::1]:81/")->host, "::1");
    EXPECT_EQ(parse_web_address("http://[::1]/")->port, "80");
    EXPECT_EQ(parse_web_address("https://crm.example")->port, "443");
    EXPECT_EQ(parse_web_address("http://crm.example?x=1")->target, "/?x=1");
    for (const char* wrong : {"", "crm.example", "ftp://crm.example/", "http://", "http://a b/", "http://u:p@h/", "http://h/#x",
                              "http://h:0/", "http://h:99999/", "http://h:x/", "http://h/\r\nX: y", "http://上海/"})
        EXPECT_FALSE(parse_web_address(wrong)) << wrong;
}

}  // namespace
}  // namespace hotline::desk
