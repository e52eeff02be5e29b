// Symmetric RTP: who may be heard, where it is sent, and for how long a leg may be mistaken.
#include "media/source_lock.h"

#include <gtest/gtest.h>

#include "unit/media/start.h"

namespace hotline::media {
namespace {

Endpoint at(const char* address) { return Endpoint(Address::parse(address).value()); }

const Endpoint kSignalled = at("192.0.2.10:4000");
const Endpoint kOtherPort = at("192.0.2.10:4002");
const Endpoint kThirdPort = at("192.0.2.10:4004");
const Endpoint kStranger = at("198.51.100.1:4000");

SourceLock opened() {
    SourceLock lock({5s, 3});
    lock.signal(kSignalled, kStart);
    return lock;
}
Address remote(const SourceLock& lock) { return lock.remote().address(); }

TEST(SourceLock, TheSignalledSourceIsHeardAtOnceAndLockedAfterThree) {
    auto lock = opened();
    EXPECT_TRUE(lock.accept(kSignalled, kStart));
    EXPECT_TRUE(lock.accept(kSignalled, kStart));
    EXPECT_FALSE(lock.locked());
    EXPECT_TRUE(lock.accept(kSignalled, kStart));
    EXPECT_TRUE(lock.locked());
    for (int i = 0; i < 10; ++i) EXPECT_FALSE(lock.accept(kOtherPort, kStart + 1s));
    EXPECT_EQ(remote(lock), kSignalled.address());
}

TEST(SourceLock, AnotherPortOfTheSignalledHostIsLearnedAfterThreeInARow) {
    auto lock = opened();
    EXPECT_FALSE(lock.accept(kOtherPort, kStart));
    EXPECT_FALSE(lock.accept(kOtherPort, kStart));
    EXPECT_EQ(remote(lock), kSignalled.address());
    EXPECT_TRUE(lock.accept(kOtherPort, kStart));
    EXPECT_EQ(remote(lock), kOtherPort.address());
    EXPECT_FALSE(lock.accept(kSignalled, kStart)) << "locked";
}

TEST(SourceLock, TwoInARowAreNotThree) {
    auto lock = opened();
    for (int i = 0; i < 10; ++i) {
        EXPECT_FALSE(lock.accept(kOtherPort, kStart));
        EXPECT_FALSE(lock.accept(kOtherPort, kStart));
        EXPECT_FALSE(lock.accept(kThirdPort, kStart));
    }
    EXPECT_EQ(remote(lock), kSignalled.address());
}

TEST(SourceLock, AStrangerIsNeverLearned) {
    auto lock = opened();
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(lock.accept(kStranger, kStart));
    EXPECT_EQ(remote(lock), kSignalled.address());
}

TEST(SourceLock, NothingIsLearnedAfterTheWindow) {
    auto lock = opened();
    for (int i = 0; i < 10; ++i) EXPECT_FALSE(lock.accept(kOtherPort, kStart + 6s));
    EXPECT_TRUE(lock.accept(kSignalled, kStart + 60s)) << "the signalled source may come late";
}

TEST(SourceLock, SignallingTheSameAgainKeepsTheLearnedPortAndOpensLearning) {
    auto lock = opened();
    for (int i = 0; i < 3; ++i) lock.accept(kOtherPort, kStart);
    lock.signal(kSignalled, kStart + 60s);
    EXPECT_EQ(remote(lock), kOtherPort.address());
    EXPECT_TRUE(lock.accept(kOtherPort, kStart + 60s));
    for (int i = 0; i < 3; ++i) lock.accept(kThirdPort, kStart + 61s);
    EXPECT_EQ(remote(lock), kThirdPort.address());
}

TEST(SourceLock, ANewAddressIsUsedAtOnce) {
    auto lock = opened();
    for (int i = 0; i < 3; ++i) lock.accept(kOtherPort, kStart);
    const Endpoint moved = at("203.0.113.5:7000");
    lock.signal(moved, kStart + 60s);
    EXPECT_EQ(remote(lock), moved.address());
    EXPECT_FALSE(lock.accept(kOtherPort, kStart + 60s));
    EXPECT_TRUE(lock.accept(moved, kStart + 60s));
}

TEST(SourceLock, Ipv6AddressesAreComparedWhole) {
    SourceLock lock({5s, 1});
    lock.signal(at("[2001:db8::1]:4000"), kStart);
    EXPECT_FALSE(lock.accept(at("[2001:db8::2]:4000"), kStart));
    EXPECT_FALSE(lock.accept(kSignalled, kStart));
    EXPECT_TRUE(lock.accept(at("[2001:db8::1]:4002"), kStart));
}

}  // namespace
}  // namespace hotline::media
