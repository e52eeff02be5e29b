// Sockets: families, several addresses, taken ports, idle and greedy TCP; the loop itself.
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sip/peer.h"
#include "sip/resolver.h"
#include "sip/tcp_guard.h"
#include "sip/uri_text.h"

namespace hotline::sip::test {
namespace {

class TransportTest : public SipTest {};

TEST_F(TransportTest, ItListensOnSeveralAddressesOfBothFamilies) {
    config.listen = {*Address::parse("127.0.0.1:0"), *Address::parse("[::1]:0"), *Address::parse("127.0.0.2:0")};
    const std::string ips[] = {"127.0.0.1", "::1", "127.0.0.2"};
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_NE(0, daemon().address(i).port);
        for (const Wire wire : {Wire::Udp, Wire::Tcp}) {
            Peer peer(wire, daemon().address(i), ips[i]);
            Side caller(peer, "13800138000", "95000");
            const auto arrived = arrive(caller);
            daemon().answer(arrived.leg);
            const Message ok = caller.confirm();
            daemon().expect<call::LegConfirmed>();
            EXPECT_THAT(ok.uri_of("Contact"), testing::HasSubstr(to_text(daemon().address(i))));
            finish(caller, arrived.leg);
        }
    }
}

TEST_F(TransportTest, APhoneIsCalledFromTheAddressThatItRegisteredAt) {
    config.listen = {*Address::parse("127.0.0.1:0"), *Address::parse("127.0.0.2:0")};
    Peer phone(Wire::Udp, daemon().address(1), "127.0.0.3");
    enrol(phone, "8001");
    daemon().dial("8001");
    const Message invite = phone.expect_request("INVITE");
    EXPECT_EQ(daemon().address(1), invite.from);
    EXPECT_THAT(invite.header("Via"), testing::StartsWith("SIP/2.0/UDP " + to_text(daemon().address(1))));
    EXPECT_THAT(invite.header("Via"), testing::Not(testing::HasSubstr("(")));
    Side(phone, "x", "y").answer(invite, 486);
    daemon().expect<call::LegEnded>();
}

TEST_F(TransportTest, OnAnyAddressContactNamesTheOneThatRoutesBack) {
    config.listen = {*Address::parse("0.0.0.0:0")};
    const Address here{*IpAddress::parse("127.0.0.1"), daemon().address().port};
    Peer peer(Wire::Udp, here);
    Side caller(peer, "13800138000", "95000");
    const auto arrived = arrive(caller);
    daemon().answer(arrived.leg);
    EXPECT_EQ("sip:hotline@" + to_text(here), caller.confirm().uri_of("Contact"));
    finish(caller, arrived.leg);
}

TEST_F(TransportTest, TheAdvertisedAddressStandsInContact) {
    config.advertised = IpAddress::parse("192.0.2.7");
    Peer peer(Wire::Udp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    const auto arrived = arrive(caller);
    daemon().answer(arrived.leg);
    const Message ok = caller.expect(200);
    EXPECT_THAT(ok.uri_of("Contact"), testing::StartsWith("sip:hotline@192.0.2.7:"));
    caller.remote_tag = ok.tag_of("To");
    caller.ack(caller.cseq);
    finish(caller, arrived.leg);
}

TEST_F(TransportTest, ATakenPortIsNamed) {
    const Address taken = daemon().address();
    Loop loop;
    Metrics metrics;
    IdSource<call::LegId> ids;
    Config second = Daemon::quick();
    second.listen = {taken};
    const auto stack = Stack::start(
        loop, second, ids, [](call::Event) {}, metrics);
    ASSERT_FALSE(stack.ok());
    EXPECT_EQ(ErrorKind::Io, stack.error().kind);
    EXPECT_THAT(stack.error().text, testing::HasSubstr(to_text(taken)));
}

TEST_F(TransportTest, IdleTcpIsClosed) {
    config.tcp_idle = 300ms;
    Peer silent(Wire::Tcp, daemon().address());
    Peer spoke(Wire::Tcp, daemon().address());
    Side side(spoke, "1", "2");
    side.send("OPTIONS");
    side.expect(200, "OPTIONS");
    EXPECT_TRUE(silent.closed_by_far_side(kPatience));
    EXPECT_TRUE(spoke.closed_by_far_side(kPatience));
}

TEST_F(TransportTest, HalfSentTcpIsClosed) {
    config.tcp_idle = 300ms;
    Peer peer(Wire::Tcp, daemon().address());
    peer.send("INVITE sip:95000@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKabcdefgh\r\n");
    EXPECT_TRUE(peer.closed_by_far_side(kPatience));
}

/// A message that never ends, a byte at a time.
bool is_closed_while_it_drips(Peer& peer) {
    const Time start = read_clocks().at;
    peer.send("INVITE sip:95000@127.0.0.1 SIP/2.0\r\nX: ");
    while (read_clocks().at - start < kPatience)
        if (peer.closed_by_far_side(100ms) || peer.drip("x") == Peer::Sent::Refused) return true;
    return false;
}

TEST_F(TransportTest, DrippingTcpIsClosed) {
    config.tcp_idle = 600ms;
    Peer peer(Wire::Tcp, daemon().address());
    EXPECT_TRUE(is_closed_while_it_drips(peer));
}

TEST_F(TransportTest, DrippingAfterAWholeMessageIsClosedToo) {
    config.tcp_idle = 600ms;
    Peer peer(Wire::Tcp, daemon().address());
    Side caller(peer, "1", "2");
    caller.send("OPTIONS");
    caller.expect(200, "OPTIONS");
    EXPECT_TRUE(is_closed_while_it_drips(peer));
}

TEST_F(TransportTest, KeepAlivesAreNoDripping) {
    config.tcp_idle = 600ms;
    Peer phone(Wire::Tcp, daemon().address());
    enrol(phone, "8001");
    const Time start = read_clocks().at;
    while (read_clocks().at - start < 2s) {
        ASSERT_NE(phone.drip("\r\n\r\n"), Peer::Sent::Refused);
        ASSERT_FALSE(phone.closed_by_far_side(100ms));
    }
}

TEST_F(TransportTest, ManyPipelinedRequestsAreAllAnswered) {
    Peer peer(Wire::Tcp, daemon().address());
    constexpr int kRequests = 400;
    std::string all;
    for (int i = 0; i < kRequests; ++i) all += Side(peer, "1", "2").make("OPTIONS", 1, "z9hG4bK" + unique(), {}, peer);
    ASSERT_GT(all.size(), config.max_message_bytes);
    std::promise<void> busy;
    daemon().loop().post([&] { busy.get_future().wait(); });  // so that they wait on the connection together
    peer.send(all);
    busy.set_value();
    for (int i = 0; i < kRequests; ++i) peer.expect_status(200, "OPTIONS");
}

TEST_F(TransportTest, WhatIsNoSipEndsAConnectionAtOnce) {
    for (const char first : {'\x01', '\xF8', '\0'}) {
        Peer peer(Wire::Tcp, daemon().address());
        peer.send(std::string(1, first) + std::string(40, 'x'));
        EXPECT_TRUE(peer.closed_by_far_side(kPatience)) << int(first);
    }
}

TEST_F(TransportTest, AShortBranchIsRefusedOverTcp) {
    Peer peer(Wire::Tcp, daemon().address());
    peer.send(Side(peer, "1", "2").make("OPTIONS", 1, "z", {}, peer));
    peer.expect_status(400, "OPTIONS");
}

TEST_F(TransportTest, AFloodOverAConnectionIsShedAndEndsIt) {
    config.gate_burst = 100;
    config.gate_rate = 1;
    Peer peer(Wire::Tcp, daemon().address());
    bool closed = false;
    for (int i = 0; i < 300 && !closed; ++i)
        closed = peer.drip(Side(peer, "1", "2").make("OPTIONS", 1, "z9hG4bK" + unique(), {}, peer)) == Peer::Sent::Refused;
    EXPECT_TRUE(closed || peer.closed_by_far_side(kPatience));
    EXPECT_NE(daemon().metrics().render().find("sip_gate_total{result=\"rate_limited\"}"), std::string::npos);
}

TEST_F(TransportTest, ATcpPhoneKeepsItsConnectionWhileItIsRegistered) {
    config.tcp_idle = 300ms;
    Peer phone(Wire::Tcp, daemon().address());
    enrol(phone, "8001");
    EXPECT_FALSE(phone.closed_by_far_side(1500ms));
    daemon().dial("8001");
    const Message invite = phone.expect_request("INVITE");
    Side(phone, "x", "y").answer(invite, 486);
    daemon().expect<call::LegEnded>();
}

TEST_F(TransportTest, OneSourceHoldsItsShareOfTcpConnectionsAndNoMore) {
    config.max_tcp_per_source = 3;
    std::vector<std::unique_ptr<Peer>> greedy;
    for (int i = 0; i < 3; ++i) {
        greedy.push_back(std::make_unique<Peer>(Wire::Tcp, daemon().address()));
        Side side(*greedy.back(), "1", "2");
        side.send("OPTIONS");
        side.expect(200, "OPTIONS");
    }
    Peer fourth(Wire::Tcp, daemon().address());
    EXPECT_TRUE(fourth.closed_by_far_side(kPatience));
    Peer other(Wire::Tcp, daemon().address(), "127.0.0.9");
    Side side(other, "1", "2");
    side.send("OPTIONS");
    side.expect(200, "OPTIONS");
    EXPECT_EQ(1, daemon().counter("sip_tcp_refused_total"));
    greedy.pop_back();  // its place is free again, once the far end has seen it
    const Time deadline = read_clocks().at + kPatience;
    bool admitted = false;
    while (!admitted && read_clocks().at < deadline) {
        Peer fifth(Wire::Tcp, daemon().address());
        Side next(fifth, "1", "2");
        if (fifth.drip("\r\n\r\n") == Peer::Sent::Refused) continue;
        admitted = !fifth.closed_by_far_side(50ms);
    }
    EXPECT_TRUE(admitted);
}

TEST_F(TransportTest, EndedTransactionsAreGivenBack) {
    config.t1x64 = 200ms;
    Peer peer(Wire::Udp, daemon().address());
    Side caller(peer, "13800138000", "95000");
    const auto leg = establish(caller);
    finish(caller, leg);
    const Time deadline = read_clocks().at + kPatience;
    while (daemon().census().nta_lingering > 0 && read_clocks().at < deadline) std::this_thread::yield();
    EXPECT_EQ(0u, daemon().census().nta_lingering);
}

// ── the loop ──

TEST(LoopTest, JobsRunInOrderAndOneRoundFollows) {
    Loop loop;
    std::vector<int> order;
    int rounds = 0;
    loop.after_batch([&]() -> std::optional<Time> {
        ++rounds;
        if (order.size() == 3) loop.stop();
        return std::nullopt;
    });
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(loop.post([&order, i] { order.push_back(i); }));
    loop.run();
    EXPECT_EQ((std::vector<int>{0, 1, 2}), order);
    EXPECT_LE(rounds, 2);
}

TEST(LoopTest, TheRoundComesAgainAtItsDeadline) {
    Loop loop;
    const Time start = read_clocks().at;
    int rounds = 0;
    loop.after_batch([&]() -> std::optional<Time> {
        const Time now = read_clocks().at;
        ++rounds;
        if (now >= start + 50ms) loop.stop();
        return start + 50ms;
    });
    loop.run();
    EXPECT_GE(read_clocks().at - start, 50ms);
    EXPECT_LE(rounds, 4);
}

TEST(LoopTest, ADescriptorIsWatchedAndMayUnwatchItself) {
    Loop loop;
    int ends[2];
    ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    int woken = 0;
    loop.watch(ends[0], [&] {
        char byte;
        if (read(ends[0], &byte, 1) == 1) ++woken;
        loop.unwatch(ends[0]);
        loop.stop();
    });
    ASSERT_EQ(2, write(ends[1], "xy", 2));
    loop.run();
    EXPECT_EQ(1, woken);
    close(ends[0]);
    close(ends[1]);
}

TEST(LoopTest, PostsFromManyThreadsAllArrive) {
    Loop loop;
    std::atomic<int> posted{0};
    int ran = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 1000; ++i)
                if (loop.post([&] { ++ran; })) ++posted;
        });
    loop.after_batch([&]() -> std::optional<Time> {
        if (ran == 4000) loop.stop();
        return std::nullopt;
    });
    loop.run();
    for (auto& one : threads) one.join();
    EXPECT_EQ(4000, posted.load());
    EXPECT_EQ(4000, ran);
}

TEST(LoopTest, AnIdleStackUsesNoCpu) {
    Daemon daemon;
    const auto cpu = [] {
        timespec spent{};
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
        return std::chrono::seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec);
    };
    daemon.census();
    const auto before = cpu();
    EXPECT_FALSE(daemon.next<call::LegEnded>(2s).has_value());
    EXPECT_LT(cpu() - before, 20ms);  // one per cent
}

TEST(ResolverTest, AnswersOnItsOwnThreadAndFallsSilentWithItsEnd) {
    std::promise<NameAnswer> promise;
    auto answer = promise.get_future();
    auto resolver = std::make_unique<NameResolver>(ask_system);
    ASSERT_TRUE(resolver->resolve("localhost", Family::V4, [&](const NameAnswer& said) { promise.set_value(said); }));
    ASSERT_EQ(std::future_status::ready, answer.wait_for(kPatience));
    EXPECT_EQ(*IpAddress::parse("127.0.0.1"), answer.get().ips.front());
}

TEST(UriText, WhatStrangersWriteStaysInItsPlace) {
    EXPECT_EQ("", quoted(""));
    EXPECT_EQ("\"a\\\"b\\\\c\"", quoted("a\"b\\c\r\n"));
    EXPECT_EQ("a%00%40%3C", escaped_user(std::string("a\0@<", 4)));
    EXPECT_EQ(std::string("a\0@", 3), unescaped_user("a%00%40"));
    EXPECT_EQ("a%4", unescaped_user("a%4"));
    EXPECT_EQ("a%zz", unescaped_user("a%zz"));
    EXPECT_EQ("sip:[::1]:5060;transport=tcp", route_uri(*Address::parse("[::1]:5060"), "tcp"));
    EXPECT_EQ("X-A: b  c\r\n", header_line("X-A", "b\r\nc"));
    EXPECT_FALSE(header_line("X A", "b").has_value());
    EXPECT_FALSE(header_line("", "b").has_value());
}

}  // namespace
}  // namespace hotline::sip::test
