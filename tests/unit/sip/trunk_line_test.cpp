// When a registration is refreshed, and when it is tried again.
#include "sip/trunk_line.h"

#include <gtest/gtest.h>

namespace hotline::sip {
namespace {

TEST(Registration, IsRefreshedBeforeItsEnd) {
    EXPECT_EQ(refresh_after(3600s), 3540s);
    EXPECT_EQ(refresh_after(600s), 540s);
    EXPECT_EQ(refresh_after(120s), 60s);
    EXPECT_EQ(refresh_after(60s), 30s);
    EXPECT_EQ(refresh_after(1s), 500ms);
}

TEST(Registration, FailsLessAndLessOften) {
    const Duration longest[] = {2s, 4s, 8s, 16s, 32s, 64s, 128s, 256s, 300s, 300s};
    for (int failures = 1; failures <= 10; ++failures) {
        const Duration most = longest[failures - 1];
        EXPECT_EQ(retry_after(failures, 0), most / 2) << failures;
        EXPECT_LT(retry_after(failures, 0.999), most) << failures;
        EXPECT_GT(retry_after(failures, 0.999), most * 9 / 10) << failures;
    }
    EXPECT_LT(retry_after(1'000'000, 0.5), 300s);
}

TEST(TrunkLine, IsUpWhenAllThatTheSiteAsksForIsTrue) {
    Metrics metrics;
    Trunk trunk{"carrier"};
    trunk.host = "192.0.2.1";
    TrunkLine line(TrunkId{1}, trunk, metrics);
    EXPECT_TRUE(line.is_up()) << "until it has not answered";
    line.answers = false;
    EXPECT_FALSE(line.is_up());

    trunk.registers = true;
    TrunkLine registers(TrunkId{2}, trunk, metrics);
    EXPECT_FALSE(registers.is_up());
    registers.registered = true;
    EXPECT_TRUE(registers.is_up());

    trunk.host = "carrier.example";
    TrunkLine named(TrunkId{3}, trunk, metrics);
    named.registered = true;
    EXPECT_FALSE(named.is_up()) << "its name is not known yet";
}

TEST(TrunkLine, ItsWaysBeginWithTheOneInUse) {
    Metrics metrics;
    Trunk trunk{"carrier"};
    trunk.host = "192.0.2.1";
    TrunkLine line(TrunkId{1}, trunk, metrics);
    const auto ip = [](const char* text) { return *IpAddress::parse(text); };
    EXPECT_EQ(line.ways(), std::vector{ip("192.0.2.1")});
    line.ips = {ip("192.0.2.1"), ip("192.0.2.2"), ip("192.0.2.3")};
    line.ip = ip("192.0.2.2");
    EXPECT_EQ(line.ways(), (std::vector{ip("192.0.2.2"), ip("192.0.2.3"), ip("192.0.2.1")}));
}

TEST(TrunkLine, WhatChangesTheFarEnd) {
    Trunk trunk{"carrier"};
    trunk.host = "carrier.example", trunk.user = "u", trunk.password = "p", trunk.registers = true;
    const auto stays = [&](auto change) {
        Trunk other = trunk;
        change(other);
        return same_far_end(trunk, other);
    };
    EXPECT_TRUE(stays([](Trunk& t) { t.sources = {*Network::parse("192.0.2.0/24")}; }));
    EXPECT_TRUE(stays([](Trunk& t) { t.options_every = 1s; }));
    EXPECT_TRUE(stays([](Trunk& t) { t.options_misses = 1; }));
    EXPECT_TRUE(stays([](Trunk& t) { t.register_expires = 60s; }));
    EXPECT_FALSE(stays([](Trunk& t) { t.host = "192.0.2.1"; }));
    EXPECT_FALSE(stays([](Trunk& t) { t.port = 5070; }));
    EXPECT_FALSE(stays([](Trunk& t) { t.transport = "tcp"; }));
    EXPECT_FALSE(stays([](Trunk& t) { t.domain = "d"; }));
    EXPECT_FALSE(stays([](Trunk& t) { t.user = "v"; }));
    EXPECT_FALSE(stays([](Trunk& t) { t.password = "q"; }));
    EXPECT_FALSE(stays([](Trunk& t) { t.registers = false; }));
}

TEST(TrunkLine, ItsHostIsItsDomainOrItsAddress) {
    Metrics metrics;
    const auto host = [&](const std::string& name, std::uint16_t port, const std::string& domain) {
        Trunk trunk{"carrier"};
        trunk.host = name, trunk.port = port, trunk.domain = domain;
        return TrunkLine(TrunkId{1}, trunk, metrics).host();
    };
    EXPECT_EQ(host("192.0.2.1", 5060, ""), "192.0.2.1");
    EXPECT_EQ(host("192.0.2.1", 5080, ""), "192.0.2.1:5080");
    EXPECT_EQ(host("2001:db8::1", 5060, ""), "[2001:db8::1]");
    EXPECT_EQ(host("carrier.example", 5070, ""), "carrier.example:5070");
    EXPECT_EQ(host("192.0.2.1", 5080, "ims.example"), "ims.example");
}

}  // namespace
}  // namespace hotline::sip
