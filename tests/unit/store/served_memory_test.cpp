#include "store/served_memory.h"

#include <gtest/gtest.h>

namespace hotline::store {
namespace {

constexpr Duration kMonth = std::chrono::hours(24 * 30);
const Wall kNow = Wall(std::chrono::seconds(1'714'521'600));

class ServedMemoryTest : public ::testing::Test {
  protected:
    /// A call of `caller` that ended `ago` and in which `agent` talked last.
    void ended(const std::string& caller, std::optional<std::string> agent, Duration ago, std::int64_t talk_ms,
               ServedMemory* memory = nullptr) {
        call::CallEnded end{};
        end.caller = caller, end.agent = std::move(agent), end.talk_ms = talk_ms;
        const std::string body = to_json(end);
        (memory ? *memory : memory_).learn({1, 1, kNow - std::chrono::floor<std::chrono::microseconds>(ago), "CallEnded", 1, body});
    }
    std::vector<std::string> agents(const std::string& number) {
        std::vector<std::string> out;
        for (const auto& served : ranked(memory_.find(number, kNow))) out.push_back(served.agent);
        return out;
    }
    using Agents = std::vector<std::string>;

    ServedMemory memory_{3, kMonth};
};

TEST_F(ServedMemoryTest, NamesTheNewestFirstWhenTheyTalkedAsLong) {
    ended("1", "8001", 2h, 60'000);
    ended("1", "8002", 1h, 60'000);
    EXPECT_EQ(agents("1"), (Agents{"8002", "8001"}));
}

TEST_F(ServedMemoryTest, AWeekHalvesWhatAConversationWeighs) {
    ended("1", "8001", std::chrono::hours(24 * 7), 100'000);
    ended("1", "8002", 0s, 49'000);
    EXPECT_EQ(agents("1"), (Agents{"8001", "8002"}));
    ended("2", "8001", std::chrono::hours(24 * 7), 100'000);
    ended("2", "8002", 0s, 51'000);
    EXPECT_EQ(agents("2"), (Agents{"8002", "8001"}));
}

TEST_F(ServedMemoryTest, ConversationsAddUp) {
    ended("1", "8001", 3h, 30'000);
    ended("1", "8001", 2h, 30'000);
    ended("1", "8002", 1h, 50'000);
    EXPECT_EQ(agents("1"), (Agents{"8001", "8002"}));
    const auto first = ranked(memory_.find("1", kNow))[0];
    EXPECT_EQ(to_ms(first.talk), 60'000);
    EXPECT_EQ(first.last, kNow - std::chrono::hours(2));
}

TEST_F(ServedMemoryTest, OfACallThatWePlacedTheCustomerIsTheCalledOne) {
    const auto placed = [&](const std::string& outcome, std::int64_t talk_ms) {
        call::CallEnded end{};
        end.direction = "out", end.caller = "8001", end.called = "13900001234", end.agent = "8001";
        end.outcome = outcome, end.talk_ms = talk_ms;
        memory_.learn({1, 1, kNow - std::chrono::hours(1), "CallEnded", 1, to_json(end)});
    };
    placed("rejected", 0);
    EXPECT_EQ(agents("13900001234"), Agents{}) << "he did not answer";
    placed("answered", 60'000);
    EXPECT_EQ(agents("13900001234"), Agents{"8001"});
    EXPECT_EQ(agents("8001"), Agents{});
}

TEST_F(ServedMemoryTest, ACallWithoutAnAgentTeachesNothing) {
    ended("1", std::nullopt, 1h, 0);
    EXPECT_EQ(memory_.size(), 0u);
    memory_.learn({1, 1, kNow, "CallEnded", 1, "{broken"});
    memory_.learn({1, 1, kNow, "Answered", 1, R"({"caller":"1","agent":"8001","talk_ms":1})"});
    EXPECT_EQ(memory_.size(), 0u);
}

TEST_F(ServedMemoryTest, ForgetsWhatLiesBeforeTheWindow) {
    ended("1", "8001", kMonth + 1h, 60'000);
    EXPECT_EQ(agents("1"), Agents{});
}

TEST_F(ServedMemoryTest, TheNumberUsedLongestAgoMakesRoom) {
    ended("1", "8001", 4h, 1000);
    ended("2", "8002", 3h, 1000);
    ended("3", "8003", 2h, 1000);
    EXPECT_EQ(agents("1"), Agents{"8001"});  // asked for: used
    ended("4", "8004", 1h, 1000);
    EXPECT_EQ(memory_.size(), 3u);
    EXPECT_EQ(agents("2"), Agents{});
    EXPECT_EQ(agents("1"), Agents{"8001"});
    EXPECT_EQ(agents("4"), Agents{"8004"});
}

TEST_F(ServedMemoryTest, KeepsFewAgentsANumber) {
    for (int agent = 1; agent <= 20; ++agent) ended("1", std::to_string(agent), std::chrono::hours(100 - agent), 1000);
    EXPECT_EQ(agents("1"), (Agents{"20", "19", "18", "17", "16"}));
}

TEST_F(ServedMemoryTest, RankedJoinsTwoSourcesWithoutCountingTwice) {
    const std::vector<Service> store{{{"8001", kNow - std::chrono::hours(1), 60s}, 60'000},
                                     {{"8002", kNow - std::chrono::hours(2), 90s}, 90'000}};
    const std::vector<Service> memory{{{"8001", kNow, 95s}, 95'000}, {{"8003", kNow, 10s}, 10'000}};
    const auto both = ranked(store, memory);
    ASSERT_EQ(both.size(), 3u);
    EXPECT_EQ(both[0].agent, "8001");
    EXPECT_EQ(both[0].last, kNow);
    EXPECT_EQ(both[0].talk, Duration(95s));
    EXPECT_EQ(both[1].agent, "8002");
    EXPECT_EQ(both[2].agent, "8003");
}

TEST_F(ServedMemoryTest, OfNoSizeItLearnsNothing) {
    ServedMemory none(0, kMonth);
    ended("1", "8001", 1h, 1000, &none);
    EXPECT_EQ(none.size(), 0u);
}

}  // namespace
}  // namespace hotline::store
