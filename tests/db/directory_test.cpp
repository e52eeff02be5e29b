// Who served this caller before: the answer comes in time, whatever state the server is in.
#include "db/store_test.h"

namespace hotline::test {
namespace {

class DirectoryTest : public StoreTest {
  protected:
    void SetUp() override {
        StoreTest::SetUp();
        config_.connect_deadline = 500ms;
        config_.statement_deadline = 1s;
    }
    /// A conversation that ended so long ago.
    void served(int n, const std::string& caller, const std::string& agent, Duration ago, std::int64_t talk_ms) {
        const Wall end = std::chrono::floor<std::chrono::microseconds>(read_clocks().wall - ago);
        const Wall answered = end - std::chrono::milliseconds(talk_ms);
        tell(end, call_id(n), call::SegmentEnded{"service", agent, answered - 5s, answered, "answered", 5000, talk_ms, 0});
        auto call = ended("12:00:00", caller, "answered");
        call.started_at = answered - 10s;
        call.queue = "service", call.agent = agent, call.talk_ms = talk_ms;
        tell(end, call_id(n), call);
    }
    /// An agent called him; without talk he did not answer.
    void called(int n, const std::string& customer, const std::string& agent, Duration ago, std::int64_t talk_ms) {
        const Wall end = std::chrono::floor<std::chrono::microseconds>(read_clocks().wall - ago);
        const Wall answered = end - std::chrono::milliseconds(talk_ms);
        if (talk_ms > 0)
            tell(end, call_id(n), call::SegmentEnded{"", agent, answered - 5s, answered, "answered", 5000, talk_ms, 0});
        auto call = ended("12:00:00", agent, talk_ms > 0 ? "answered" : "rejected");
        call.direction = "out", call.purpose = "outside", call.called = customer;
        call.started_at = answered - 10s, call.agent = agent, call.talk_ms = talk_ms;
        tell(end, call_id(n), call);
    }
    std::vector<std::string> find(const std::string& number, Duration* took = nullptr) {
        events_.clear();
        const Time began = read_clocks().at;
        store_->find(CallId{42}, number);
        EXPECT_TRUE(run_until([&] { return !events_.empty(); }));
        if (took) *took = read_clocks().at - began;
        if (events_.empty()) return {};
        const auto& found = std::get<call::CustomerFound>(events_[0]);
        EXPECT_EQ(found.call, CallId{42});
        std::vector<std::string> agents;
        for (const auto& one : found.served) agents.push_back(one.agent);
        return agents;
    }
    bool lookups_up() {
        return run_until([&] { return metrics_.gauge("store_lookup_connections", "").value() == config_.lookup_connections; });
    }
    /// A store that knows nothing from its journal: only the database can answer.
    void forget() {
        ASSERT_TRUE(run_until_stored());
        restart_store();
        ASSERT_TRUE(lookups_up());
    }
    using Agents = std::vector<std::string>;
};

TEST_F(DirectoryTest, TheDatabaseKnowsWhoServedHim) {
    start_store();
    served(1, "13800000001", "8001", 2h, 60'000);
    served(2, "13800000001", "8002", 1h, 60'000);
    served(3, "13800000009", "8003", 1h, 60'000);
    forget();
    EXPECT_EQ(find("13800000001"), (Agents{"8002", "8001"})) << "newest first";
    EXPECT_EQ(find("13800000002"), Agents{});
    EXPECT_EQ(counted("store_lookups_from_memory_total"), 0);
}

TEST_F(DirectoryTest, WhomAnAgentCalledFindsHimWhenHeRingsBack) {
    start_store();
    called(1, "13800000001", "8002", 2h, 60'000);
    called(2, "13800000001", "8003", 1h, 0);  // nobody answered
    served(3, "13800000001", "8001", 3h, 60'000);
    EXPECT_EQ(find("13800000001"), (Agents{"8002", "8001"})) << "from memory";
    EXPECT_EQ(find("8002"), Agents{}) << "the agent is no customer of his own";
    forget();
    const auto from_memory = counted("store_lookups_from_memory_total");
    EXPECT_EQ(find("13800000001"), (Agents{"8002", "8001"})) << "from the database";
    EXPECT_EQ(find("8002"), Agents{});
    EXPECT_EQ(counted("store_lookups_from_memory_total"), from_memory);
}

TEST_F(DirectoryTest, TalkTimeWeighsMoreThanADay) {
    start_store();
    served(1, "13800000001", "8001", 24h, 600'000);
    served(2, "13800000001", "8002", 1h, 5000);
    EXPECT_EQ(find("13800000001"), (Agents{"8001", "8002"})) << "from memory";
    forget();
    EXPECT_EQ(find("13800000001"), (Agents{"8001", "8002"})) << "from the database";
}

TEST_F(DirectoryTest, WhoServedHimBeforeTheWindowIsNotNamed) {
    config_.affinity_window = std::chrono::hours(24 * 30);
    start_store();
    served(1, "13800000001", "8001", std::chrono::hours(24 * 31), 60'000);
    served(2, "13800000001", "8002", std::chrono::hours(24 * 29), 60'000);
    EXPECT_EQ(find("13800000001"), Agents{"8002"});
    forget();
    EXPECT_EQ(find("13800000001"), Agents{"8002"});
}

TEST_F(DirectoryTest, WhatHasJustHappenedIsKnownBeforeItIsStored) {
    start_store();
    ASSERT_TRUE(lookups_up());
    cluster().stop_server();
    ASSERT_TRUE(run_until([&] { return metrics_.gauge("store_lookup_connections", "").value() == 0; }));
    served(1, "13800000001", "8004", 1s, 30'000);
    Duration took{};
    EXPECT_EQ(find("13800000001", &took), Agents{"8004"});
    EXPECT_LT(to_ms(took), 100) << "nobody there to wait for";
    cluster().start_server();
}

TEST_F(DirectoryTest, MemoryAndDatabaseAreOneAnswer) {
    start_store();
    served(1, "13800000001", "8001", 2h, 60'000);
    forget();
    served(2, "13800000001", "8002", 1s, 60'000);
    ASSERT_TRUE(run_until_stored());
    EXPECT_EQ(find("13800000001"), (Agents{"8002", "8001"}));
}

TEST_F(DirectoryTest, ABacklogFoundAtTheStartIsKnownToo) {
    served(1, "13800000001", "8001", 1s, 60'000);
    config_.conninfo = "host=/nonexistent dbname=hotline";
    start_store();
    EXPECT_TRUE(run_until([&] { return find("13800000001") == Agents{"8001"}; }));
}

TEST_F(DirectoryTest, ADownServerIsAnsweredForAtOnceWithNothing) {
    config_.conninfo = "host=/nonexistent dbname=hotline";
    start_store();
    Duration took{};
    EXPECT_EQ(find("13800000001", &took), Agents{});
    EXPECT_LT(to_ms(took), 100);
}

TEST_F(DirectoryTest, AHungServerIsWaitedForNoLongerThanTheDeadline) {
    start_store();
    ASSERT_TRUE(lookups_up());
    cluster().freeze_server();
    served(1, "13800000001", "8001", 1s, 30'000);
    Duration took{};
    EXPECT_EQ(find("13800000001", &took), Agents{"8001"});
    EXPECT_GE(to_ms(took), 240);
    EXPECT_LT(to_ms(took), 300) << "the switchboard waits no longer";
    cluster().thaw_server();
    ASSERT_TRUE(run_until_stored());
}

TEST_F(DirectoryTest, ManyAskAHungServerAndAllAreAnsweredInTime) {
    start_store();
    ASSERT_TRUE(lookups_up());
    cluster().freeze_server();
    const Time began = read_clocks().at;
    for (std::uint64_t n = 1; n <= 500; ++n) store_->find(CallId{n}, "13800000001");
    EXPECT_TRUE(run_until([&] { return events_.size() == 500; }));
    EXPECT_LT(to_ms(read_clocks().at - began), 350);
    cluster().thaw_server();
    ASSERT_TRUE(lookups_up());
}

TEST_F(DirectoryTest, TooManyAtOnceAreDroppedAndCounted) {
    config_.max_lookups = 10;
    start_store();
    for (std::uint64_t n = 1; n <= 100; ++n) store_->find(CallId{n}, "13800000001");
    EXPECT_EQ(counted("store_lookups_dropped_total"), 80);
    EXPECT_TRUE(run_until([&] { return events_.size() == 20; }));
}

TEST_F(DirectoryTest, ABusyServerAnswersAThousandCallers) {
    config_.lookup_deadline = 20s;
    start_store();
    for (int n = 1; n <= 1000; ++n) served(n, "1380000" + std::to_string(1000 + n), "8001", 1h, 60'000);
    forget();
    for (std::uint64_t n = 1; n <= 1000; ++n) store_->find(CallId{n}, "1380000" + std::to_string(1000 + n));
    EXPECT_TRUE(run_until([&] { return events_.size() == 1000; }));
    for (const auto& event : events_) EXPECT_EQ(std::get<call::CustomerFound>(event).served.size(), 1u);
    EXPECT_EQ(counted("store_lookups_from_memory_total"), 0);
}

TEST_F(DirectoryTest, ExplainSaysThatTheServerIsAway) {
    config_.conninfo = "host=/nonexistent dbname=hotline";
    start_store();
    std::optional<Result<std::string>> told;
    store_->explain(call_id(1), [&](Result<std::string> story) { told = std::move(story); });
    ASSERT_TRUE(run_until([&] { return told.has_value(); }));
    ASSERT_FALSE(told->ok());
    EXPECT_EQ(told->error().kind, ErrorKind::Unavailable);
}

}  // namespace
}  // namespace hotline::test
