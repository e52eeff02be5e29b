// The daemon dies under calls: the next start's first fact closes what was open, as far as it was known.
#include "db/store_test.h"

namespace hotline::test {
namespace {

class LostAtRestartTest : public StoreTest {
  protected:
    void die_and_start_again(const std::string& clock) {
        open_journal();  // a new epoch
        tell(clock, call::SystemStarted{"2"});
        start_store();
        ASSERT_TRUE(run_until_stored());
        EXPECT_EQ(counted("store_facts_rejected_total"), 0);
        EXPECT_EQ(admin().value("select count(*) from hotline.open_call"), "0");
    }
    std::string call_row(int n, const std::string& columns) {
        const auto rows = supervisor().rows("set timezone = 'Asia/Shanghai'; select " + columns +
                                            " from report.call where call_id = '" + to_text(call_id(n)) + "'");
        std::string text;
        if (rows.size() != 1) return std::to_string(rows.size()) + " rows";
        for (const auto& value : rows[0]) text += (text.empty() ? "" : "|") + value;
        return text;
    }
    static constexpr const char* kNumbers =
        "ended_at, queue, agent, ivr_ms, wait_ms, ring_ms, talk_ms, hold_ms, outcome, hangup_by, affinity";
};

TEST_F(LostAtRestartTest, ACallInEachStageIsClosedAtTheLastSignOfLife) {
    tell("11:59:00", call::SystemStarted{"1"});
    tell("12:00:00", 1, arrived("13800000001"));  // in the menu for 60 s
    tell("12:00:00", 1, call::CallAccepted{});

    tell("12:00:10", 2, arrived("13800000002"));  // waiting since 12:00:15
    tell("12:00:10", 2, call::CallAccepted{});
    tell("12:00:15", 2, call::Enqueued{"service", "13800000002", 0, 1});

    tell("12:00:20", 3, arrived("13800000003"));  // one miss of 15 s, then ringing since 12:00:50
    tell("12:00:20", 3, call::CallAccepted{});
    tell("12:00:21", 3, call::Enqueued{"service", "13800000003", 0, 2});
    tell("12:00:25", 3, call::Offered{"service", "8001", "affinity", "hit", 4000, {}, {}});
    tell("12:00:40", 3, segment("8001", "12:00:25", std::nullopt, "missed", 15'000));
    tell("12:00:50", 3, call::Offered{"service", "8002", "longest_idle", "unavailable", 29'000, {}, {}});

    tell("12:00:00", 4, arrived("13800000004"));  // talking since 12:00:10, held 5 s and again since 12:00:52
    tell("12:00:00", 4, call::CallAccepted{});
    tell("12:00:04", 4, call::Enqueued{"service", "13800000004", 0, 1});
    tell("12:00:06", 4, call::Offered{"service", "8003", "longest_idle", "none", 2000, {}, {}});
    tell("12:00:10", 4, call::Answered{"service", "8003", 6000, 4000});
    tell("12:00:10", 4, queue_left("12:00:04", 6000, "answered", "8003"));
    tell("12:00:20", 4, call::Held{"agent"});
    tell("12:00:25", 4, call::Resumed{"agent", 5000});
    tell("12:00:52", 4, call::Held{"agent"});

    tell("12:00:30", 5, arrived("13800000005"));  // ended in time: not lost
    tell("12:00:40", 5, ended("12:00:30", "13800000005", "self_service"));

    tell("12:00:10", changed("8003", "talking"));
    tell("12:01:00", changed("8009", "ready"));  // the last sign of life
    die_and_start_again("12:10:00");

    const std::string end = "2024-05-01 12:01:00+08|", lost = "|lost_at_restart|system|";
    EXPECT_EQ(call_row(1, kNumbers), end + "∅|∅|60000|0|0|0|0" + lost + "none");
    EXPECT_EQ(call_row(2, kNumbers), end + "service|∅|5000|45000|0|0|0" + lost + "none");
    EXPECT_EQ(call_row(3, kNumbers), end + "service|∅|1000|39000|25000|0|0" + lost + "unavailable");
    EXPECT_EQ(call_row(4, kNumbers), end + "service|8003|4000|6000|4000|37000|13000" + lost + "none");
    EXPECT_EQ(call_row(5, "outcome"), "self_service");
    EXPECT_EQ(call_row(1, "caller, called, direction, recording, loss_in_pct"), "13800000001|95000|in|∅|∅");
}

TEST_F(LostAtRestartTest, ItsOffersVisitsAndTheAgentsStretchesAreClosedToo) {
    tell("12:00:00", 1, arrived("13800000001"));
    tell("12:00:02", 1, call::Enqueued{"service", "13800000001", 0, 1});
    tell("12:00:05", 1, call::Offered{"service", "8001", "longest_idle", "none", 3000, {}, {}});
    tell("12:00:05", changed("8001", "ringing"));
    tell("12:00:08", 1, call::Answered{"service", "8001", 6000, 3000});
    tell("12:00:08", 1, queue_left("12:00:02", 6000, "answered", "8001"));
    tell("12:00:08", changed("8001", "talking", "ringing", "12:00:05", 3000));
    tell("12:00:20", 2, arrived("13800000002"));
    tell("12:00:21", 2, call::Enqueued{"service", "13800000002", 0, 1});
    tell("12:00:28", 2, call::Offered{"service", "8002", "longest_idle", "none", 7000, {}, {}});
    die_and_start_again("12:10:00");

    using Rows = std::vector<Psql::Row>;
    EXPECT_EQ(supervisor().rows("set timezone = 'Asia/Shanghai'; select agent, to_char(answered_at, 'HH24:MI:SS'), "
                                "to_char(ended_at, 'HH24:MI:SS'), result "
                                "from report.segment order by agent"),
              (Rows{{"8001", "12:00:08", "12:00:28", "answered"}, {"8002", "∅", "12:00:28", "failed"}}));
    EXPECT_EQ(admin().rows("select call_id, result, wait_ms from hotline.queue_visit order by call_id"),
              (Rows{{to_text(call_id(1)), "answered", "6000"}, {to_text(call_id(2)), "failed", "7000"}}));
    EXPECT_EQ(admin().rows("select agent, state, stretch_ms from hotline.agent_stretch order by from_at"),
              (Rows{{"8001", "ringing", "3000"}, {"8001", "talking", "20000"}}));
    EXPECT_EQ(admin().value("select count(*) from hotline.agent_state"), "0");
}

TEST_F(LostAtRestartTest, AfterCallWorkThatWasCutCountsForItsCallAndItsAgent) {
    for (const int n : {1, 2}) {  // the second call is the one that was worked on; the first's work is over
        const std::string minute = "12:0" + std::to_string(n);
        tell(minute + ":00", n, arrived("1380000000" + std::to_string(n)));
        tell(minute + ":08", changed("8001", "talking"));
        tell(minute + ":20", n, segment("8001", minute + ":05", minute + ":08", "answered", 3000, 12'000));
        tell(minute + ":20", n, ended(minute + ":00", "1380000000" + std::to_string(n), "answered"));
        tell(minute + ":20", changed("8001", "wrap_up", "talking", minute + ":08", 12'000));
        if (n == 1) tell(minute + ":25", n, call::WrapUpEnded{"service", "8001", "done", 5000});
        if (n == 1) tell(minute + ":25", changed("8001", "ready", "wrap_up", minute + ":20", 5000));
    }
    tell("12:02:29", changed("8002", "ready"));  // the last sign of life
    die_and_start_again("12:10:00");
    EXPECT_EQ(call_row(1, "wrapup_ms"), "5000");
    EXPECT_EQ(call_row(2, "wrapup_ms"), "9000");
    EXPECT_EQ(supervisor().value("select wrapup_ms from report.agent_day where agent = '8001'"), "14000");
}

TEST_F(LostAtRestartTest, AHoldOfBothSidesCountsOnce) {
    for (const int n : {1, 2, 3}) {
        const auto id = "1380000000" + std::to_string(n);
        tell("12:00:00", n, arrived(id));
        tell("12:00:01", n, call::Enqueued{"service", id, 0, 1});
        tell("12:00:02", n, call::Offered{"service", "800" + std::to_string(n), "longest_idle", "none", 1000, {}, {}});
        tell("12:00:03", n, call::Answered{"service", "800" + std::to_string(n), 2000, 1000});
        tell("12:00:10", n, call::Held{"caller"});
        tell("12:00:14", n, call::Held{"agent"});
        if (n != 3) tell("12:00:17", n, call::Resumed{"caller", 7000});
        if (n == 1) tell("12:00:19", n, call::Resumed{"agent", 5000});
        if (n == 1) tell("12:00:30", n, call::Held{"caller"});  // and again, until the end
    }
    tell("12:00:43", changed("8009", "ready"));  // the last sign of life
    die_and_start_again("12:10:00");
    EXPECT_EQ(call_row(1, "talk_ms, hold_ms"), "18000|22000") << "10 to 19 and from 30";
    EXPECT_EQ(call_row(2, "talk_ms, hold_ms"), "7000|33000") << "from 10: the agent holds on";
    EXPECT_EQ(call_row(3, "talk_ms, hold_ms"), "7000|33000") << "from 10: both hold";
}

TEST_F(LostAtRestartTest, AStarCodeStaysOne) {
    tell("12:00:00", 1, arrived("8001", "73", "internal", "star_code"));
    tell("12:00:00", 2, arrived("8001", "8002", "internal", "colleague"));
    die_and_start_again("12:10:00");
    EXPECT_EQ(supervisor().value("select calls_out from report.agent_day where agent = '8001'"), "1");
}

TEST_F(LostAtRestartTest, ACallToTheOutsideStaysItsAgents) {
    tell("12:00:00", 1, arrived("8001", "13900001234", "out", "outside"));
    tell("12:00:00", 1, call::Dialled{"local", "8001", "13900001234", "95000"});
    die_and_start_again("12:10:00");
    EXPECT_EQ(call_row(1, "direction, agent, outcome"), "out|8001|lost_at_restart");
    EXPECT_EQ(supervisor().value("select calls_out from report.agent_day where agent = '8001'"), "1");
}

TEST_F(LostAtRestartTest, WhatTheOldEpochLeftInTheJournalCountsBeforeItIsClosed) {
    start_store();
    tell("12:00:00", 1, arrived("13800000001"));
    ASSERT_TRUE(run_until_stored());
    stop_store();
    tell("12:00:30", 1, ended("12:00:00", "13800000001", "abandoned"));  // in the journal, not yet in the store
    die_and_start_again("12:10:00");
    EXPECT_EQ(call_row(1, "outcome"), "abandoned");
}

TEST_F(LostAtRestartTest, CallsOfTheNewEpochStayOpen) {
    tell("12:00:00", 1, arrived("13800000001"));
    open_journal();
    tell("12:10:00", call::SystemStarted{"2"});
    tell("12:10:05", 2, arrived("13800000002"));
    tell("12:10:06", changed("8001", "ready"));
    start_store();
    ASSERT_TRUE(run_until_stored());
    EXPECT_EQ(admin().value("select string_agg(call_id, ' ') from hotline.open_call"), to_text(call_id(2)));
    EXPECT_EQ(admin().value("select string_agg(agent, ' ') from hotline.agent_state"), "8001");
}

TEST_F(LostAtRestartTest, TwoDeathsInARowAreTwoEpochs) {
    tell("12:00:00", 1, arrived("13800000001"));
    open_journal();
    tell("12:10:00", call::SystemStarted{"2"});
    tell("12:10:05", 2, arrived("13800000002"));
    tell("12:10:08", 2, call::CallAccepted{});
    die_and_start_again("12:20:00");
    EXPECT_EQ(call_row(1, "ended_at, outcome"), "2024-05-01 12:00:00+08|lost_at_restart");
    EXPECT_EQ(call_row(2, "ended_at, outcome"), "2024-05-01 12:10:08+08|lost_at_restart");
}

TEST_F(LostAtRestartTest, ReplayOfTheStartLosesNothingTwice) {
    tell("12:00:00", 1, arrived("13800000001"));
    die_and_start_again("12:10:00");
    stop_store();
    journal_.reset();
    std::filesystem::remove(journal_config_.dir + "/acknowledged");
    die_and_start_again("12:20:00");
    EXPECT_EQ(admin().value("select count(*) from hotline.call"), "1");
    EXPECT_EQ(admin().value("select count(*) from hotline.fact"), "3");
}

}  // namespace
}  // namespace hotline::test
