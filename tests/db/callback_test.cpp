// Callbacks, from their facts to their report, and back into the next run of the daemon.
#include "db/store_test.h"

namespace hotline::test {
namespace {

class CallbackTest : public StoreTest {
  protected:
    static std::string id(int n) { return to_text(call_id(n)); }
    static call::CallbackRequested asked(int n, const std::string& number = "13800000001",
                                         const std::string& mode = "agent_first") {
        call::CallbackRequested fact{id(n), number, number, "service", mode, "key", at("08:50:00"), at("13:00:00"), 2};
        fact.skills = {{"english", 3}, {"tours", 1}};
        fact.language = "zh";
        return fact;
    }
    static call::CallbackTried tried(int n, std::int64_t tries, const std::string& result, std::optional<Wall> again = {}) {
        return {id(n), "13800000001", "service", "8001", tries, result, again};
    }
    static call::CallbackEnded over(int n, std::int64_t tries, const std::string& result) {
        return {id(n), "13800000001", "service", result, tries};
    }
    void store() {
        start_store();
        ASSERT_TRUE(run_until_stored());
        ASSERT_EQ(counted("store_facts_rejected_total"), 0);
    }
    std::string report(const std::string& columns) {
        std::string text;
        for (const auto& row : supervisor().rows("set timezone = 'Asia/Shanghai'; select " + columns +
                                                 " from report.callback order by asked_at, callback_id")) {
            for (const auto& value : row) text += (text.empty() || text.back() == '\n' ? "" : "|") + value;
            text += '\n';
        }
        return text;
    }
    std::vector<call::CallbacksLeftOpen::One> taken_up() {
        for (const auto& event : events_)
            if (const auto* left = std::get_if<call::CallbacksLeftOpen>(&event)) return left->callbacks;
        return {};
    }
    /// The daemon starts once more over the same database.
    void starts_again() {
        stop_store();
        open_journal();
        events_.clear();
        tell("10:00:00", call::SystemStarted{"test"});
        start_store();
        ASSERT_TRUE(run_until_stored());
        run_until([&] { return !taken_up().empty(); }, std::chrono::seconds(10));
    }
};

TEST_F(CallbackTest, ARequestWithAllThatBecameOfItIsOneRow) {
    tell("09:00:00", 1, asked(100));
    tell("09:10:00", 2, tried(100, 1, "busy", at("09:15:00")));
    tell("09:20:00", 3, tried(100, 2, "answered"));
    tell("09:25:00", 3, over(100, 2, "done"));
    store();
    EXPECT_EQ(report("asked_at, callback_id, call_id, caller, number, queue, mode, asked_by, place_from, expires_at, state, tries"),
              "2024-05-01 09:00:00+08|" + id(100) + '|' + id(1) +
                  "|13800000001|13800000001|service|agent_first|key|2024-05-01 08:50:00+08|2024-05-01 13:00:00+08|done|2\n");
    EXPECT_EQ(report("last_try_at, last_result, last_call_id, retry_at, ended_at"),
              "2024-05-01 09:20:00+08|answered|" + id(3) + "|∅|2024-05-01 09:25:00+08\n");
}

TEST_F(CallbackTest, WhatComesInSeveralBatchesIsTheSame) {
    config_.batch = 1;
    tell("09:00:00", 1, asked(100));
    tell("09:10:00", 2, tried(100, 1, "busy", at("09:15:00")));
    store();
    EXPECT_EQ(report("state, tries, last_result, retry_at, ended_at"), "open|1|busy|2024-05-01 09:15:00+08|∅\n");
    tell("09:20:00", 3, tried(100, 2, "answered"));
    ASSERT_TRUE(run_until_stored());
    EXPECT_EQ(report("state, tries, last_result, retry_at"), "reached|2|answered|∅\n");
    tell("09:21:00", 3, tried(100, 2, "machine", at("09:26:00")));
    ASSERT_TRUE(run_until_stored());
    EXPECT_EQ(report("state, last_result"), "open|machine\n") << "an answering machine is no success";
    tell("13:00:00", 1, over(100, 2, "expired"));
    ASSERT_TRUE(run_until_stored());
    EXPECT_EQ(report("state, last_result, ended_at"), "expired|machine|2024-05-01 13:00:00+08\n");
}

TEST_F(CallbackTest, WhatIsOpenIsTakenUpByTheNextStartAndNothingElse) {
    tell("09:00:00", 1, asked(100));
    tell("09:00:01", 2, asked(101, "13800000002"));
    tell("09:10:00", 3, tried(100, 1, "busy", at("09:15:00")));
    tell("09:11:00", 2, call::CallbackEnded{id(101), "13800000002", "service", "called_again", 0});
    store();
    EXPECT_TRUE(taken_up().empty()) << "this run knows its own";
    starts_again();
    const auto open = taken_up();
    ASSERT_EQ(open.size(), 1u);
    const auto& one = open.front();
    EXPECT_EQ(one.callback, call_id(100));
    EXPECT_EQ(one.asked_in, call_id(1));
    EXPECT_EQ(one.number, "13800000001");
    EXPECT_EQ(one.queue, "service");
    EXPECT_EQ(one.language, "zh");
    EXPECT_EQ(one.place, at("08:50:00"));
    EXPECT_EQ(one.expires, at("13:00:00"));
    EXPECT_EQ(one.not_before, at("09:15:00"));
    EXPECT_EQ(one.tries, 1);
    EXPECT_EQ(one.priority, 2);
    EXPECT_EQ(one.skills, (std::vector<std::pair<std::string, int>>{{"english", 3}, {"tours", 1}}));
}

TEST_F(CallbackTest, FactsThatTheLastRunCouldNotStoreComeFirst) {
    tell("09:00:00", 1, asked(100));
    store();
    stop_store();
    tell("09:30:00", 1, over(100, 0, "called_again"));  // while the server was away
    open_journal();
    tell("10:00:00", call::SystemStarted{"test"});
    start_store();
    ASSERT_TRUE(run_until_stored());
    run_until([&] { return !taken_up().empty(); }, std::chrono::milliseconds(500));
    EXPECT_TRUE(taken_up().empty()) << "nobody is called who has been served";
}

TEST_F(CallbackTest, WhoWasBeingDialledWhenTheDaemonDiedWasTriedOnce) {
    tell("09:00:00", 1, asked(100));
    tell("09:10:00", 2, arrived("95000", "13800000001", "out", "callback"));
    tell("09:10:05", 2, call::Dialled{"local", "8001", "13800000001", "95000"});
    store();
    starts_again();
    ASSERT_EQ(taken_up().size(), 1u);
    EXPECT_EQ(taken_up().front().tries, 1);
    EXPECT_EQ(report("state, tries, last_result, last_call_id"), "open|1|failed|" + id(2) + '\n');
}

TEST_F(CallbackTest, WhoTalkedWhenTheDaemonDiedIsNotCalledAgainButWhoWaitedIs) {
    tell("09:00:00", 1, asked(100));
    tell("09:10:00", 2, tried(100, 1, "answered"));
    auto first = asked(101, "13800000002", "customer_first");
    tell("09:00:00", 3, first);
    tell("09:10:00", 4, call::CallbackTried{id(101), "13800000002", "service", {}, 1, "answered", {}});
    store();
    starts_again();
    ASSERT_EQ(taken_up().size(), 1u);
    EXPECT_EQ(taken_up().front().number, "13800000002");
    EXPECT_EQ(report("state"), "done\nopen\n");
}

TEST_F(CallbackTest, WhoServedHimComesAlong) {
    tell("08:00:00", 9, arrived("13800000001"));
    tell("08:05:00", 9, segment("8002", "08:01:00", "08:01:05", "answered", 5000, 200000));
    tell("08:06:00", 9, ended("08:00:00", "13800000001", "answered"));
    tell("09:00:00", 1, asked(100));
    config_.affinity_window = std::chrono::hours(24 * 36500);
    store();
    starts_again();
    ASSERT_EQ(taken_up().size(), 1u);
    ASSERT_EQ(taken_up().front().served.size(), 1u);
    EXPECT_EQ(taken_up().front().served.front().agent, "8002");
    EXPECT_EQ(taken_up().front().served.front().talk, 200s);
}

TEST_F(CallbackTest, TheTimelineTellsItInWords) {
    tell("09:00:00", 1, asked(100));
    tell("09:10:00", 1, tried(100, 1, "busy", at("09:15:00")));
    tell("09:20:00", 1, over(100, 1, "expired"));
    store();
    std::string text;
    for (const auto& row : supervisor().rows("select what from report.timeline('" + id(1) + "')")) text += row.front() + '\n';
    EXPECT_EQ(
        text,
        "is to be called back at 13800000001 by queue service (agent_first)\ncallback, try 1: busy\ncallback is over: expired\n");
}

}  // namespace
}  // namespace hotline::test
