// Ports: pairs, rounds, rests, and what is in the way.
#include "media/ports.h"

#include <gtest/gtest.h>

#include "media/sockets.h"
#include "phone.h"
#include "unit/media/start.h"

namespace hotline::media {
namespace {

struct Pool {
    Metrics metrics;
    Metric& open = metrics.gauge("ports", "");
    PortPool pool;
    Pool(std::uint16_t min, std::uint16_t max, Duration quarantine = 2s, std::uint64_t start = 0)
        : pool(min, max, quarantine, start, open) {}
};

TEST(PortPool, GivesEvenPortsWithinItsRangeAndNoneTwice) {
    Pool p(20001, 20010, 2s, 3);
    EXPECT_EQ(p.pool.pairs(), 4u);
    std::set<std::uint16_t> ports;
    while (const auto port = p.pool.take(kStart)) ports.insert(*port);
    EXPECT_EQ(ports, (std::set<std::uint16_t>{20002, 20004, 20006, 20008}));
    EXPECT_EQ(p.open.value(), 8);
}

TEST(PortPool, EachRoundVisitsTheWholeRangeInStepsOfItsOwn) {
    Pool a(20000, 29999, 0s, 1), b(20000, 29999, 0s, 2);
    std::set<std::uint16_t> of_a, together;
    for (int i = 0; i < 5000; ++i) {
        const auto port = a.pool.take(kStart).value();
        EXPECT_TRUE(of_a.insert(port).second);
        a.pool.give_back(port, kStart);
        if (i < 256) together.insert(port), together.insert(b.pool.take(kStart).value());
    }
    EXPECT_GT(together.size(), 400u) << "two daemons meet now and then, not in rows";
}

TEST(PortPool, APortRestsBeforeItIsUsedAgain) {
    Pool p(20000, 20001);
    EXPECT_EQ(p.pool.take(kStart), 20000);
    p.pool.give_back(20000, kStart);
    EXPECT_FALSE(p.pool.take(kStart + 1999ms));
    EXPECT_EQ(p.pool.take(kStart + 2s), 20000);
}

TEST(PortPool, RangesWithoutAPairHoldNone) {
    EXPECT_EQ(Pool(20001, 20002).pool.pairs(), 0u);
    EXPECT_EQ(Pool(20000, 20000).pool.pairs(), 0u);
    EXPECT_FALSE(Pool(5, 4).pool.take(kStart));
}

TEST(OpenPair, PassesOverPortsOfOthers) {
    UdpSocket other(ip("127.0.0.1"));
    const auto taken = static_cast<std::uint16_t>(other.address().port & ~1);  // RTP or RTCP: either is in the way
    Pool p(taken, static_cast<std::uint16_t>(taken + 11));
    const auto pair = open_pair(ip("127.0.0.1"), p.pool, kStart);
    ASSERT_TRUE(pair) << pair.error().text;
    EXPECT_NE(pair->local.port, taken);
    EXPECT_EQ(p.open.value(), 2);
}

TEST(OpenPair, SaysWhichLimitIsReached) {
    UdpSocket other(ip("127.0.0.1"));
    const auto taken = static_cast<std::uint16_t>(other.address().port & ~1);
    Pool busy(taken, static_cast<std::uint16_t>(taken + 1));
    const auto foreign = open_pair(ip("127.0.0.1"), busy.pool, kStart);
    ASSERT_FALSE(foreign);
    EXPECT_NE(foreign.error().text.find("other programs"), std::string::npos) << foreign.error().text;
    ASSERT_TRUE(busy.pool.take(kStart));
    const auto full = open_pair(ip("127.0.0.1"), busy.pool, kStart);
    ASSERT_FALSE(full);
    EXPECT_NE(full.error().text.find("widen the port range"), std::string::npos) << full.error().text;
}

TEST(OpenPair, AnAddressThatIsNotOursIsRefusedWithItsName) {
    Pool p(20000, 20099);
    const auto pair = open_pair(ip("192.0.2.1"), p.pool, kStart);
    ASSERT_FALSE(pair);
    EXPECT_NE(pair.error().text.find("192.0.2.1"), std::string::npos);
    EXPECT_EQ(p.open.value(), 0);
}

TEST(Routes, TheKernelKnowsWhichAddressIsNearTheFarSide) {
    Routes any({});
    EXPECT_EQ(any.local_for(ip("127.0.0.5"), kStart).value(), ip("127.0.0.1"));
    Routes configured({ip("127.0.0.9"), ip("127.0.0.1")});
    EXPECT_EQ(configured.local_for(ip("127.0.0.5"), kStart).value(), ip("127.0.0.1"));
    Routes elsewhere({ip("192.0.2.1")});
    EXPECT_EQ(elsewhere.local_for(ip("127.0.0.5"), kStart).value(), ip("192.0.2.1")) << "what is configured wins";
    EXPECT_FALSE(elsewhere.local_for(ip("::1"), kStart));
}

}  // namespace
}  // namespace hotline::media
