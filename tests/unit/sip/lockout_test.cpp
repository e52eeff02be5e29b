#include <gtest/gtest.h>

#include "sip/digest.h"

namespace hotline::sip {
namespace {

constexpr Time kNoon{100'000s};
const IpAddress kPhonesHome = *IpAddress::parse("192.0.2.10"), kAttacker = *IpAddress::parse("203.0.113.5");

IpAddress attacker(int n) {
    auto ip = kAttacker;
    ip.bytes[2] = static_cast<std::uint8_t>(n >> 8);
    ip.bytes[3] = static_cast<std::uint8_t>(n);
    return ip;
}

TEST(Lockout, a_few_failures_are_free_then_each_doubles_the_lock) {
    Lockout lockout;
    for (int i = 0; i < 5; ++i) EXPECT_EQ(lockout.failed("8001", kAttacker, kNoon), Lockout::Effect::Counted);
    EXPECT_FALSE(lockout.locked("8001", kAttacker, kNoon));
    EXPECT_EQ(lockout.failed("8001", kAttacker, kNoon), Lockout::Effect::Locked);
    EXPECT_TRUE(lockout.locked("8001", kAttacker, kNoon + 1999ms));
    EXPECT_FALSE(lockout.locked("8001", kAttacker, kNoon + 2s));
    lockout.failed("8001", kAttacker, kNoon + 2s);
    EXPECT_TRUE(lockout.locked("8001", kAttacker, kNoon + 5999ms));
    EXPECT_FALSE(lockout.locked("8001", kAttacker, kNoon + 6s));
}

TEST(Lockout, the_lock_has_a_longest_time) {
    Lockout lockout;
    for (int i = 0; i < 100; ++i) lockout.failed("8001", kAttacker, kNoon);
    EXPECT_TRUE(lockout.locked("8001", kAttacker, kNoon + 899s));
    EXPECT_FALSE(lockout.locked("8001", kAttacker, kNoon + 900s));
}

TEST(Lockout, a_user_is_locked_for_all_strange_sources) {
    Lockout lockout;
    for (int i = 0; i < 6; ++i) lockout.failed("8001", attacker(i), kNoon);
    EXPECT_TRUE(lockout.locked("8001", attacker(77), kNoon));
    EXPECT_FALSE(lockout.locked("8002", attacker(77), kNoon));
}

TEST(Lockout, a_source_that_tries_many_users_is_locked_for_all) {
    Lockout lockout;
    for (int i = 0; i < 21; ++i) lockout.failed("user" + std::to_string(i), kAttacker, kNoon);
    EXPECT_TRUE(lockout.locked("never tried", kAttacker, kNoon));
    EXPECT_FALSE(lockout.locked("never tried", kPhonesHome, kNoon));
}

TEST(Lockout, the_real_phone_gets_in_while_its_user_is_under_attack) {
    Lockout lockout;
    lockout.succeeded("8001", kPhonesHome, kNoon);
    for (int i = 0; i < 50; ++i) lockout.failed("8001", kAttacker, kNoon + 1s);
    EXPECT_TRUE(lockout.locked("8001", kAttacker, kNoon + 2s));
    EXPECT_FALSE(lockout.locked("8001", kPhonesHome, kNoon + 2s));
}

TEST(Lockout, a_phone_gets_in_from_an_address_that_others_misuse) {
    Lockout lockout;
    lockout.succeeded("8001", kPhonesHome, kNoon);
    for (int i = 0; i < 50; ++i) lockout.failed("user" + std::to_string(i), kPhonesHome, kNoon + 1s);
    EXPECT_TRUE(lockout.locked("8003", kPhonesHome, kNoon + 2s));
    EXPECT_FALSE(lockout.locked("8001", kPhonesHome, kNoon + 2s));
}

TEST(Lockout, failures_at_a_known_address_are_slowed_but_not_for_long) {
    Lockout lockout;
    lockout.succeeded("8001", kPhonesHome, kNoon);
    for (int i = 0; i < 20; ++i) lockout.failed("8001", kPhonesHome, kNoon + 1s);
    EXPECT_TRUE(lockout.locked("8001", kPhonesHome, kNoon + 4s));
    EXPECT_FALSE(lockout.locked("8001", kPhonesHome, kNoon + 5s));
    EXPECT_FALSE(lockout.locked("8001", kAttacker, kNoon + 1s)) << "its own mistakes lock nobody else";
    lockout.succeeded("8001", kPhonesHome, kNoon + 5s);
    lockout.failed("8001", kPhonesHome, kNoon + 5s);
    EXPECT_FALSE(lockout.locked("8001", kPhonesHome, kNoon + 5s)) << "a success clears them";
}

TEST(Lockout, known_addresses_and_failures_are_forgotten) {
    Lockout lockout;
    lockout.succeeded("8001", kPhonesHome, kNoon);
    for (int i = 0; i < 6; ++i) lockout.failed("8001", kAttacker, kNoon + 8 * 24h);
    EXPECT_TRUE(lockout.locked("8001", kPhonesHome, kNoon + 8 * 24h)) << "known for a week after the last success";
    EXPECT_EQ(lockout.failed("8001", kAttacker, kNoon + 9 * 24h), Lockout::Effect::Counted)
        << "an hour without failures starts anew";
}

TEST(Lockout, its_tables_are_bounded) {
    Lockout::Limits limits;
    limits.max_entries = 100;
    Lockout lockout(limits);
    for (int i = 0; i < 1000; ++i) {
        lockout.failed("u" + std::to_string(i), attacker(i), kNoon);
        lockout.succeeded("k" + std::to_string(i), attacker(i), kNoon);
        lockout.failed("k" + std::to_string(i), attacker(i), kNoon);
    }
    EXPECT_EQ(lockout.entries(), 400u);
}

}  // namespace
}  // namespace hotline::sip
