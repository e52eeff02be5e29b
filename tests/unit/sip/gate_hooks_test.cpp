// The two interposed functions, as libsofia meets them: through its own calls.
#include <gtest/gtest.h>
#include <netdb.h>
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

TEST_F(GateHooks, streams_are_not_judged) {
    GateKeeper keeper(gate);
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    EXPECT_EQ(write(ends[0], "noise", 5), 5);
    char bytes[16];
    su_iovec_t into{};
    into.siv_base = bytes;
    into.siv_len = sizeof bytes;
    EXPECT_EQ(su_vrecv(ends[1], &into, 1, 0, nullptr, nullptr), 5);
    close(ends[0]);
    close(ends[1]);
}

}  // namespace
}  // namespace hotline::sip
