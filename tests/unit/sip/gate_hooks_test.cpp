// The two interposed functions, as libsofia meets them: through its own calls.
#include <gtest/gtest.h>
#include <netdb.h>
#include <poll.h>
#include <sofia-sip/su.h>
#include <sofia-sip/su_addrinfo.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "sip/gate.h"

namespace hotline::sip {
namespace {

constexpr std::string_view kOptions =
    "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\nFrom: <sip:a>;tag=1\r\nTo: <sip:b>\r\nCall-ID: "
    "1\r\nCSeq: 1 OPTIONS\r\n\r\n";

class Socket {
  public:
    explicit Socket(int type = SOCK_DGRAM) : fd_(socket(AF_INET, type, 0)) {
        sockaddr_storage any{};
        const auto length = Address{*IpAddress::parse("127.0.0.1"), 0}.to_sockaddr(any);
        EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&any), length), 0);
        const timeval limit{2, 0};
        setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    }
    ~Socket() { close(fd_); }
    int fd() const { return fd_; }
    Address address() const {
        sockaddr_storage self{};
        socklen_t length = sizeof self;
        getsockname(fd_, reinterpret_cast<sockaddr*>(&self), &length);
        return Address::from(reinterpret_cast<sockaddr&>(self));
    }
    void send(const Socket& to, std::string_view text) const {
        sockaddr_storage target{};
        const auto length = to.address().to_sockaddr(target);
        EXPECT_EQ(sendto(fd_, text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&target), length),
                  static_cast<ssize_t>(text.size()));
    }
    /// The way libsofia reads; `pieces` buffers of equal size. Empty: EAGAIN.
    std::string receive(std::size_t pieces = 1) const {
        std::vector<char> bytes(4096);
        std::vector<su_iovec_t> into(pieces);
        for (std::size_t i = 0; i < pieces; ++i) {
            into[i].siv_base = bytes.data() + i * (bytes.size() / pieces);
            into[i].siv_len = bytes.size() / pieces;
        }
        su_sockaddr_t from{};
        socklen_t length = sizeof from;
        const auto n = su_vrecv(fd_, into.data(), static_cast<isize_t>(pieces), 0, &from, &length);
        EXPECT_TRUE(n >= 0 || errno == EAGAIN);
        return n < 0 ? "" : std::string(bytes.data(), static_cast<std::size_t>(n));
    }

  private:
    int fd_;
};

int lookup(const char* host) {
    su_addrinfo_t hints{};
    su_addrinfo_t* found = nullptr;
    const int result = su_getaddrinfo(host, nullptr, &hints, &found);
    if (found) su_freeaddrinfo(found);
    return result;
}

struct GateHooks : testing::Test {
    Metrics metrics;
    Gate gate{GateConfig{}, metrics};
};

TEST_F(GateHooks, the_self_test_proves_both) {
    GateKeeper keeper(gate);
    const auto proven = keeper.self_test();
    EXPECT_TRUE(proven.ok()) << proven.error().text;
}

TEST_F(GateHooks, the_self_test_works_with_the_gate_switched_off) {
    GateConfig off;
    off.on = false;
    Gate open(off, metrics);
    GateKeeper keeper(open);
    EXPECT_TRUE(keeper.self_test().ok());
}

TEST_F(GateHooks, names_are_looked_up_elsewhere_only) {
    EXPECT_EQ(lookup("localhost"), 0);
    GateKeeper keeper(gate);
    EXPECT_NE(lookup("localhost"), 0);
    EXPECT_EQ(lookup("127.0.0.1"), 0);
    EXPECT_EQ(lookup("::1"), 0);
    int elsewhere = -1;
    std::thread([&] { elsewhere = lookup("localhost"); }).join();
    EXPECT_EQ(elsewhere, 0);
}

TEST_F(GateHooks, the_guard_ends_with_its_keeper) {
    { GateKeeper keeper(gate); }
    EXPECT_EQ(lookup("localhost"), 0);
    Socket from, to;
    from.send(to, "noise");
    EXPECT_EQ(to.receive(), "noise");
}

TEST_F(GateHooks, a_queue_that_stays_long_sheds) {
    GateKeeper keeper(gate);
    Socket from, to;
    const int smallest = 1;  // the kernel makes a few kB of it: one datagram fills a good part
    setsockopt(to.fd(), SOL_SOCKET, SO_RCVBUF, &smallest, sizeof smallest);
    const auto shed = [&] { return metrics.render().find("{result=\"overload\"} 0\n") == std::string::npos; };
    const auto began = std::chrono::steady_clock::now();
    from.send(to, kOptions);
    while (!shed() && std::chrono::steady_clock::now() - began < std::chrono::seconds(5)) {
        from.send(to, kOptions);  // so that one is left behind the one that is read
        to.receive();
        pollfd nothing{from.fd(), POLLIN, 0};
        poll(&nothing, 1, 20);
    }
    EXPECT_TRUE(shed());
    EXPECT_GE(std::chrono::steady_clock::now() - began, GateRates::kPatience);
}

TEST_F(GateHooks, a_good_datagram_passes_whole) {
    GateKeeper keeper(gate);
    Socket from, to;
    from.send(to, kOptions);
    EXPECT_EQ(to.receive(), kOptions);
    from.send(to, kOptions);
    EXPECT_EQ(to.receive(64), kOptions) << "in many buffers";
}

TEST_F(GateHooks, a_bad_datagram_is_nothing_there_and_the_next_one_is_read) {
    GateKeeper keeper(gate);
    Socket from, to;
    from.send(to, "noise");
    from.send(to, kOptions);
    EXPECT_EQ(to.receive(), "");
    EXPECT_EQ(to.receive(), kOptions);
}

TEST_F(GateHooks, an_answer_goes_to_the_source_whatever_the_Via_says) {
    Socket from, to;
    {
        GateKeeper keeper(gate);
        from.send(to, "OPTIONS sip:a SIP/7.0\r\nVia: SIP/7.0/UDP 198.51.100.1:5999;branch=z9hG4bK1\r\n\r\n");
        EXPECT_EQ(to.receive(), "");
    }
    EXPECT_EQ(from.receive().substr(0, 11), "SIP/2.0 505");
}

TEST_F(GateHooks, a_quoted_NUL_is_mended_in_every_buffer) {
    GateKeeper keeper(gate);
    Socket from, to;
    std::string text(kOptions);
    text.insert(text.find("From: ") + 6, std::string("\"a\\\0b\" ", 7));
    auto expected = text;
    expected[expected.find('\0')] = ' ';
    from.send(to, text);
    EXPECT_EQ(to.receive(), expected);
    from.send(to, text);
    EXPECT_EQ(to.receive(128), expected);
}

TEST_F(GateHooks, other_threads_are_left_alone) {
    GateKeeper keeper(gate);
    Socket from, to;
    from.send(to, "noise");
    std::string heard;
    std::thread([&] { heard = to.receive(); }).join();
    EXPECT_EQ(heard, "noise");
}

TEST_F(GateHooks, switched_off_it_judges_nothing_and_still_guards_the_resolver) {
    GateConfig off;
    off.on = false;
    Gate open(off, metrics);
    GateKeeper keeper(open);
    Socket from, to;
    from.send(to, "noise");
    EXPECT_EQ(to.receive(), "noise");
    EXPECT_NE(lookup("localhost"), 0);
}

/// Two ends of a TCP connection.
struct Stream {
    int listener = socket(AF_INET, SOCK_STREAM, 0), near = socket(AF_INET, SOCK_STREAM, 0), far = -1;
    Stream() {
        sockaddr_storage name{};
        socklen_t length = Address{*IpAddress::parse("127.0.0.1"), 0}.to_sockaddr(name);
        auto* const address = reinterpret_cast<sockaddr*>(&name);
        EXPECT_EQ(bind(listener, address, length) | listen(listener, 1) | getsockname(listener, address, &length), 0);
        EXPECT_EQ(connect(near, address, length), 0);
        far = accept(listener, nullptr, nullptr);
        for (const int fd : {near, far}) {
            const timeval limit{2, 0};
            setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        }
    }
    ~Stream() {
        for (const int fd : {listener, near, far}) close(fd);
    }
    void say(std::string_view text) const { EXPECT_EQ(send(near, text.data(), text.size(), 0), static_cast<ssize_t>(text.size())); }
    /// What libsofia gets at the far end. Empty: EAGAIN.
    std::string hear() const {
        char bytes[4096];
        su_iovec_t into{};
        into.siv_base = bytes;
        into.siv_len = sizeof bytes;
        const auto n = su_vrecv(far, &into, 1, 0, nullptr, nullptr);
        EXPECT_TRUE(n >= 0 || errno == EAGAIN);
        return n < 0 ? "" : std::string(bytes, static_cast<std::size_t>(n));
    }
    std::string answer() const {
        char bytes[4096];
        const auto n = recv(near, bytes, sizeof bytes, 0);
        return n < 0 ? "" : std::string(bytes, static_cast<std::size_t>(n));
    }
};

TEST_F(GateHooks, what_is_no_request_passes_on_a_stream) {
    GateKeeper keeper(gate);
    const Stream stream;
    stream.say("noise");
    EXPECT_EQ(stream.hear(), "noise");
    stream.say(kOptions);
    EXPECT_EQ(stream.hear(), kOptions);
}

TEST_F(GateHooks, a_request_that_libsofia_cannot_read_is_answered_on_its_stream) {
    GateKeeper keeper(gate);
    const Stream stream;
    stream.say("A+B sip:a SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nCSeq: 1 A+B\r\n\r\n");
    EXPECT_EQ(stream.hear(), "");
    EXPECT_EQ(stream.answer().substr(0, 11), "SIP/2.0 501");
    stream.say(kOptions);
    EXPECT_EQ(stream.hear(), kOptions) << "and the next one is read";
}

TEST_F(GateHooks, TLS_ended_by_a_proxy_reaches_libsofia_as_TCP) {
    GateKeeper keeper(gate);
    const Stream stream;
    stream.say("OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TLS h;branch=z9hG4bK1\r\n\r\n");
    EXPECT_EQ(stream.hear(), "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\n\r\n");
}

}  // namespace
}  // namespace hotline::sip
