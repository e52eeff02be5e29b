// The torture messages of RFC 4475 and RFC 5118 against a whole Stack on loopback, each over the transport that its top Via names.
// The corpus is data of others and not part of the tree: the test is skipped where it is absent.
//
// Responses may go to the port of the top Via (5060, 5050, 6050, 19823), so the client needs these ports: it takes them on a random
// address of 127.0.0.0/8, and any number of runs get along side by side.
// g++ 12 takes std::regex's variant for uninitialized once the address sanitizer has rewritten it (its PR 105562).
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <random>
#include <regex>
#include <sstream>
#include <thread>

#include "hotline/sip/stack.h"

namespace hotline::sip {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPatience = std::chrono::seconds(3);

// ── The server ──

/// A Stack on a thread of its own, whose core is busy for everyone.
class Server {
  public:
    explicit Server(const IpAddress& ip) {
        Config config;
        config.listen = {{ip, 0}};
        config.t1x64 = 2s;
        config.accounts.passwords = {{"8001", "demo-8001"}};
        config.accounts.trunks = {{"local", {*Network::parse("127.0.0.0/8")}}};
        std::promise<Result<Address>> started;
        auto start = started.get_future();
        thread_ = std::thread([this, config, &started] { serve(config, started); });
        auto bound = start.get();
        if (bound) address_ = *bound;
        EXPECT_TRUE(bound.ok()) << bound.error().text;
    }
    ~Server() {
        if (loop_) loop_->stop();
        thread_.join();
    }
    const Address& address() const { return address_; }
    int invites() const { return invites_; }
    StackCensus census() {
        std::promise<StackCensus> counted;
        loop_->post([&] { counted.set_value(stack_->census()); });
        return counted.get_future().get();
    }

  private:
    void serve(const Config& config, std::promise<Result<Address>>& started) {
        Loop loop;
        IdSource<call::LegId> ids;
        const auto sink = [this](const call::Event& event) {
            const auto* invite = std::get_if<call::InviteArrived>(&event);
            if (!invite) return;
            ++invites_;
            loop_->post([this, leg = invite->leg] { stack_->refuse(leg, 486, "Busy Here", 0); });
        };
        auto stack = Stack::start(loop, config, ids, sink, metrics_);
        if (!stack) return started.set_value(stack.error());
        stack_ = stack->get();
        loop_ = &loop;
        started.set_value(stack_->bound().front());
        loop.run();
    }

    std::atomic<int> invites_ = 0;
    Metrics metrics_;
    Stack* stack_ = nullptr;
    Loop* loop_ = nullptr;  // lives until stop()
    Address address_;
    std::thread thread_;
};

// ── Messages as text ──

/// Value of the first header of that name, unfolded; empty when absent.
std::string header(const std::string& message, const std::string& names) {
    const auto head = message.substr(0, message.find("\r\n\r\n")) + "\r\n";
    const std::regex pattern("(?:^|\r\n)(?:" + names + ")[ \t]*:[ \t]*((?:[^\r\n]|\r\n[ \t])*)", std::regex::icase);
    std::smatch match;
    if (!std::regex_search(head, match, pattern)) return "";
    return std::regex_replace(match[1].str(), std::regex("\r\n[ \t]+"), " ");
}
std::string call_id(const std::string& message) { return header(message, "Call-ID|i"); }

int status_of(const std::string& response) {
    return response.starts_with("SIP/2.0 ") && response.size() > 11 ? std::atoi(response.c_str() + 8) : 0;
}
std::string method_of(const std::string& response) {
    const auto cseq = header(response, "CSeq");
    const auto gap = cseq.find_last_of(' ');
    return gap == std::string::npos ? "" : cseq.substr(gap + 1);
}
bool goes_over_tcp(const std::string& message) {
    static const std::regex pattern("^SIP\\s*/\\s*2\\.0\\s*/\\s*(TCP|TLS)", std::regex::icase);
    return std::regex_search(header(message, "Via|v"), pattern);
}
/// Same Call-ID; where the message has none, the same CSeq.
bool answers(const std::string& message, const std::string& response) {
    const auto asked = call_id(message), told = call_id(response);
    if (asked.empty() || told.empty()) return told.empty() || header(message, "CSeq") == header(response, "CSeq");
    return asked == told;
}

// ── The client ──

class Socket {
  public:
    Socket(int type, const Address& local) : fd_(socket(AF_INET, type | SOCK_CLOEXEC, 0)) {
        const int yes = 1;
        setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        sockaddr_storage name{};
        const auto length = local.to_sockaddr(name);
        bound_ = bind(fd_, reinterpret_cast<sockaddr*>(&name), length) == 0;
    }
    ~Socket() { close(fd_); }
    Socket(const Socket&) = delete;
    int fd() const { return fd_; }
    bool bound() const { return bound_; }

  private:
    int fd_;
    bool bound_ = false;
};

class Client {
  public:
    Client(const IpAddress& ip, const Address& server) : ip_(ip), server_(server) {
        for (const std::uint16_t port : std::initializer_list<std::uint16_t>{5060, 5050, 6050, 19823})
            sockets_.push_back(std::make_unique<Socket>(SOCK_DGRAM, Address{ip, port}));
    }
    bool ready() const {
        return std::all_of(sockets_.begin(), sockets_.end(), [](const auto& s) { return s->bound(); });
    }

    void send(const std::string& text) {
        sockaddr_storage to{};
        const auto length = server_.to_sockaddr(to);
        ASSERT_EQ(sendto(sockets_[0]->fd(), text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&to), length),
                  static_cast<ssize_t>(text.size()));
    }
    /// The next datagram to any of the ports; empty when none came in time.
    std::string receive(Clock::time_point until) {
        std::vector<pollfd> waiting;
        for (const auto& socket : sockets_) waiting.push_back({socket->fd(), POLLIN, 0});
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
        if (left <= 0 || poll(waiting.data(), waiting.size(), static_cast<int>(left)) <= 0) return "";
        for (const auto& one : waiting) {
            if ((one.revents & POLLIN) == 0) continue;
            std::string text(65536, 0);
            const auto n = recv(one.fd, text.data(), text.size(), 0);
            text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
            return text;
        }
        return "";
    }
    /// What came as answers to `message` up to the answer to an OPTIONS sent after it: the proof that the server lives, and that it
    /// was done with the message. Nothing when it does not live.
    std::optional<std::vector<std::string>> exchange(const std::string& message) {
        send(message);
        std::vector<std::string> got;
        // An answer of the core comes after a round through its loop: the OPTIONS could overtake it. So wait for it first.
        const auto until = Clock::now() + kPatience;
        if (!message.starts_with("SIP/2.0")) {
            while (Clock::now() < until && !collect(message, receive(until), got)) {
            }
        }
        return ping([&](const std::string& other) { collect(message, other, got); }) ? std::optional(got) : std::nullopt;
    }
    /// An OPTIONS over UDP, answered. What else comes meanwhile is handed to `other`.
    bool ping(const std::function<void(const std::string&)>& other) {
        const auto id = "alive-" + std::to_string(++pings_);
        send(options("UDP", id));
        const auto until = Clock::now() + kPatience;
        while (Clock::now() < until) {
            const auto text = receive(until);
            if (call_id(text) == id) return status_of(text) > 0;
            other(text);
        }
        return false;
    }
    /// The same over a connection of its own, where everything that the server says up to its answer to an OPTIONS behind the
    /// message, or up to the end of the connection, is an answer to the message.
    std::vector<std::string> exchange_by_tcp(const std::string& message) {
        Socket socket(SOCK_STREAM, {ip_, 0});
        sockaddr_storage to{};
        const auto length = server_.to_sockaddr(to);
        if (connect(socket.fd(), reinterpret_cast<sockaddr*>(&to), length) != 0) return {};
        write_all(socket.fd(), message);
        std::string stream;
        const auto until = Clock::now() + kPatience;
        if (!message.starts_with("SIP/2.0")) read_until(socket.fd(), stream, "\r\n\r\n", until);
        write_all(socket.fd(), options("TCP", "behind"));
        read_until(socket.fd(), stream, "Call-ID: behind\r\n", until);
        std::vector<std::string> got;
        for (auto at = stream.find("SIP/2.0 "); at != std::string::npos;) {
            const auto next = stream.find("\r\n\r\nSIP/2.0 ", at);
            const auto response = stream.substr(at, next == std::string::npos ? next : next + 4 - at);
            if (call_id(response) != "behind") got.push_back(response);
            at = next == std::string::npos ? next : next + 4;
        }
        return got;
    }

  private:
    std::string options(const std::string& transport, const std::string& id) const {
        return "OPTIONS sip:ping@" + to_text(server_) + " SIP/2.0\r\nVia: SIP/2.0/" + transport + ' ' + to_text(ip_) +
               ":5060;branch=z9hG4bK" + id +
               "\r\nMax-Forwards: 70\r\nFrom: <sip:probe@h>;tag=1\r\nTo: <sip:ping@h>\r\nCall-ID: " + id +
               "\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
    }
    /// Keeps an answer to `message`; true once it is final. A final answer to an INVITE is acknowledged, or it would come again and
    /// be taken for another one.
    bool collect(const std::string& message, const std::string& text, std::vector<std::string>& got) {
        if (status_of(text) == 0 || !answers(message, text)) return false;
        got.push_back(text);
        if (status_of(text) < 200) return false;
        if (method_of(text) == "INVITE") acknowledge(text);
        return true;
    }
    void acknowledge(const std::string& final) {
        const auto via = header(final, "Via|v");
        const auto cseq = header(final, "CSeq");
        send("ACK sip:x@" + to_text(server_) + " SIP/2.0\r\nVia: " + via + "\r\nMax-Forwards: 70\r\nFrom: " +
             header(final, "From|f") + "\r\nTo: " + header(final, "To|t") + "\r\nCall-ID: " + call_id(final) +
             "\r\nCSeq: " + cseq.substr(0, cseq.find(' ')) + " ACK\r\nContent-Length: 0\r\n\r\n");
    }
    static void write_all(int fd, const std::string& text) {
        const auto sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);  // the server may have closed: that is an answer, too
        static_cast<void>(sent);
    }
    static void read_until(int fd, std::string& stream, const std::string& mark, Clock::time_point until) {
        while (stream.find(mark) == std::string::npos) {
            pollfd waiting{fd, POLLIN, 0};
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
            if (left <= 0 || poll(&waiting, 1, static_cast<int>(left)) <= 0) return;
            char bytes[4096];
            const auto n = recv(fd, bytes, sizeof bytes, 0);
            if (n <= 0) return;
            stream.append(bytes, static_cast<std::size_t>(n));
        }
    }

    IpAddress ip_;
    Address server_;
    std::vector<std::unique_ptr<Socket>> sockets_;
    int pings_ = 0;
};

// ── The corpus ──

struct Row {
    std::string file, message, accepted;
};

std::filesystem::path corpus() {
    const char* shared = std::getenv("HOTLINE_SHARED");
    return std::filesystem::path(shared ? shared : "../shared") / "sip-torture";
}

std::string slurp(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<Row> manifest() {
    std::ifstream in(corpus() / "manifest.tsv");
    std::vector<Row> rows;
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
        std::istringstream fields(line);
        Row row;
        std::string section;
        std::getline(fields, row.file, '\t');
        std::getline(fields, section, '\t');
        std::getline(fields, row.message, '\t');
        std::getline(fields, row.accepted, '\t');
        rows.push_back(row);
    }
    return rows;
}

/// "501|405", "any final != 400", "400|liberal", "no reply", "200|401 for REGISTER only".
bool accepts(const std::string& accepted, int status) {
    if (accepted == "no reply") return status == 0;
    if (accepted.starts_with("any final")) return status >= 200 && status != 400;
    if (accepted.find("liberal") != std::string::npos && status >= 200) return true;
    return std::regex_search(accepted, std::regex("(^|\\|)" + std::to_string(status) + "($|[^0-9])"));
}

TEST(Manifest, its_words_are_understood) {
    EXPECT_TRUE(accepts("501|405", 405));
    EXPECT_FALSE(accepts("501|405", 400));
    EXPECT_FALSE(accepts("501|405", 0));
    EXPECT_TRUE(accepts("any final != 400", 486));
    EXPECT_FALSE(accepts("any final != 400", 400));
    EXPECT_FALSE(accepts("any final != 400", 100));
    EXPECT_TRUE(accepts("400|liberal", 486));
    EXPECT_FALSE(accepts("400|liberal", 0));
    EXPECT_TRUE(accepts("200|404|401|400(note)", 400));
    EXPECT_TRUE(accepts("200|401|403|404 for REGISTER only", 404));
    EXPECT_TRUE(accepts("no reply", 0));
    EXPECT_FALSE(accepts("no reply", 400));
}

IpAddress random_loopback() {
    std::random_device random;
    IpAddress ip = *IpAddress::parse("127.0.0.1");
    for (std::size_t i = 1; i < 4; ++i) ip.bytes[i] = static_cast<std::uint8_t>(1 + random() % 250);
    return ip;
}

TEST(Torture, every_message_gets_an_accepted_answer_and_the_server_lives_on) {
    const auto rows = manifest();
    if (rows.empty()) GTEST_SKIP() << "no torture corpus in " << corpus() << " (set HOTLINE_SHARED)";
    const auto ip = random_loopback();
    Server server(ip);
    ASSERT_NE(server.address().port, 0);
    Client client(ip, server.address());
    ASSERT_TRUE(client.ready()) << "cannot take ports 5060, 5050, 6050, 19823 on " << to_text(ip);

    for (const auto& row : rows) {
        const auto message = slurp(corpus() / row.file);
        ASSERT_FALSE(message.empty()) << row.file;
        const int invites = server.invites();
        std::vector<std::string> got;
        if (goes_over_tcp(message)) {
            got = client.exchange_by_tcp(message);
            ASSERT_TRUE(client.ping([](const std::string&) {})) << row.file << " silenced the server";
        } else {
            const auto exchanged = client.exchange(message);
            ASSERT_TRUE(exchanged) << row.file << " silenced the server";
            got = *exchanged;
        }
        const int status = got.empty() ? 0 : status_of(got.back());
        EXPECT_TRUE(accepts(row.accepted, status))
            << row.file << " (" << row.message << "): got " << status << ", accepted " << row.accepted;
        if (row.file.ends_with("dblreq.dat")) {
            EXPECT_EQ(server.invites(), invites) << "octets behind Content-Length are no message";
        }
    }

    // Nothing is left of them once 64·T1 (2 s here) is over.
    const auto until = Clock::now() + std::chrono::seconds(10);
    StackCensus census = server.census();
    while (Clock::now() < until && (census.sessions != 0 || census.nta_lingering != 0)) {
        client.receive(Clock::now() + std::chrono::milliseconds(100));
        census = server.census();
    }
    EXPECT_EQ(census.sessions, 0u);
    EXPECT_EQ(census.nta_legs, 0u);
    EXPECT_EQ(census.nta_incoming, 0u);
    EXPECT_EQ(census.nta_lingering, 0u);
    EXPECT_EQ(census.contacts, 0u);
}

}  // namespace
}  // namespace hotline::sip
