// One day of a small site, told in facts, read in every report. The numbers on the right are worked out by hand from the story.
#include <fstream>

#include "db/store_test.h"

namespace hotline::test {
namespace {

class ReportTest : public StoreTest {
  protected:
    void SetUp() override {
        StoreTest::SetUp();
        if (IsSkipped()) return;
        tell("08:59:00", call::SystemStarted{"1"});
        agent_8001_starts();
        answered_with_hold();
        abandoned_soon();
        offered_in_vain_and_abandoned();
        served_by_the_one_who_knows_him();
        tell_self_service();
        too_long_a_wait();
        calls_of_an_agent_himself();
        over_midnight();
        start_store();
        ASSERT_TRUE(run_until_stored());
        ASSERT_EQ(counted("store_facts_rejected_total"), 0);
    }

    void agent_8001_starts() {
        tell("09:00:00", changed("8001", "ready"));
        tell("09:10:05", changed("8001", "ringing", "ready", "09:00:00", 605'000));
    }

    void answered_with_hold() {
        tell("09:10:00", 1, arrived("13800000001"));
        tell("09:10:00", 1, call::CallAccepted{});
        tell("09:10:02", 1, call::MenuChosen{"13800000001", "main", "0", "queue:service"});
        tell("09:10:03", 1, call::Enqueued{"service", "13800000001", 0, 1});
        tell("09:10:05", 1,
             call::Offered{"service",
                           "8001",
                           "longest_idle",
                           "none",
                           2000,
                           {{"8001", 605'000}, {"8003", 5000}},
                           {{"paused", 2}, {"talking", 1}},
                           0,
                           {{"8002", "talking"}}});
        tell("09:10:13", 1, call::Answered{"service", "8001", 10'000, 8000});
        tell("09:10:13", 1, queue_left("09:10:03", 10'000, "answered", "8001"));
        tell("09:10:13", changed("8001", "talking", "ringing", "09:10:05", 8000));
        tell("09:11:00", 1, call::Held{"agent"});
        tell("09:11:20", 1, call::Resumed{"agent", 20'000});
        tell("09:13:13", 1, segment("8001", "09:10:05", "09:10:13", "answered", 8000, 160'000, 20'000));
        tell("09:13:13", 1, call::LegMeasured{"caller", std::nullopt, 9950, 9990, 50, 0.5, 2.25, 7.5, 0.1, 31.5});
        auto end = ended("09:10:00", "13800000001", "answered");
        end.queue = "service", end.agent = "8001";
        end.ivr_ms = 3000, end.wait_ms = 10'000, end.ring_ms = 8000, end.talk_ms = 160'000, end.hold_ms = 20'000;
        end.loss_in_pct = 0.5, end.jitter_in_ms = 2.25;
        tell("09:13:13", 1, end);
        tell("09:13:13", changed("8001", "wrap_up", "talking", "09:10:13", 180'000));
        tell("09:13:14", 1, call::RecordingKept{"recordings/2024/05/01/X.wav", std::string(64, 'a'), 193'000});
        tell("09:13:43", 1, call::WrapUpEnded{"service", "8001", "done", 30'000});
        tell("09:13:43", changed("8001", "ready", "wrap_up", "09:13:13", 30'000));
        tell("10:00:00", changed("8001", "paused", "ready", "09:13:43", 2'777'000));
        tell("10:10:00", changed("8001", "ready", "paused", "10:00:00", 600'000));
    }
    void abandoned_soon() {
        tell("09:20:00", 2, arrived("13800000002"));
        tell("09:20:05", 2, call::Enqueued{"service", "13800000002", 0, 1});
        tell("09:20:09", 2, queue_left("09:20:05", 4000, "abandoned"));
        auto end = ended("09:20:00", "13800000002", "abandoned");
        end.queue = "service", end.ivr_ms = 5000, end.wait_ms = 4000;
        tell("09:20:09", 2, end);
    }
    void offered_in_vain_and_abandoned() {
        tell("09:25:00", 3, arrived("13800000003"));
        tell("09:25:00", 3, call::Enqueued{"service", "13800000003", 0, 1});
        tell("09:25:20", 3, segment("8002", "09:25:05", std::nullopt, "missed", 15'000));
        tell("09:25:40", 3, segment("8003", "09:25:38", std::nullopt, "withdrawn", 2000));
        tell("09:25:40", 3, queue_left("09:25:00", 40'000, "abandoned"));
        auto end = ended("09:25:00", "13800000003", "abandoned");
        end.queue = "service", end.wait_ms = 40'000, end.ring_ms = 17'000;
        tell("09:25:40", 3, end);
    }
    void served_by_the_one_who_knows_him() {
        tell("09:30:00", 4, arrived("13800000004"));
        tell("09:30:25", 4, queue_left("09:30:00", 25'000, "answered", "8002"));
        tell("09:31:25", 4, segment("8002", "09:30:20", "09:30:25", "answered", 5000, 60'000));
        auto end = ended("09:30:00", "13800000004", "answered");
        end.queue = "service", end.agent = "8002", end.wait_ms = 25'000, end.ring_ms = 5000, end.talk_ms = 60'000;
        end.affinity = "hit", end.hangup_by = "agent";
        tell("09:31:25", 4, end);
    }
    void tell_self_service() {
        tell("09:50:00", 5, arrived("13800000005"));
        tell("09:50:08", 5, call::MenuChosen{"13800000005", "main", "3", "opening_hours"});
        auto end = ended("09:50:00", "13800000005", "self_service");
        end.ivr_ms = 20'000;
        tell("09:50:20", 5, end);
    }
    void too_long_a_wait() {
        tell("09:55:00", 6, arrived("13800000006"));
        tell("09:56:00", 6, queue_left("09:55:00", 60'000, "overflow"));
        auto end = ended("09:55:00", "13800000006", "overflow");
        end.queue = "service", end.wait_ms = 60'000, end.hangup_by = "system";
        tell("09:56:00", 6, end);
    }
    void calls_of_an_agent_himself() {
        // A site may choose any code: here "73".
        for (const auto& [n, called, purpose] : {std::tuple{8, "95000", "hotline"}, std::tuple{9, "73", "star_code"}}) {
            tell("11:00:00", n, arrived("8002", called, "internal", purpose));
            auto end = ended("11:00:00", "8002", "self_service");
            end.direction = "internal", end.called = called, end.purpose = purpose;
            tell("11:00:30", n, end);
        }
    }
    void over_midnight() {
        tell("23:58:00", 7, arrived("13800000007"));
        tell("23:58:50", changed("8001", "ringing", "ready", "10:10:00", 49'730'000));
        tell("23:59:00", changed("8001", "talking", "ringing", "23:58:50", 10'000));
        tell("23:59:00", 7, queue_left("23:58:05", 55'000, "answered", "8001"));
        tell("24:03:00", 7, segment("8001", "23:58:50", "23:59:00", "answered", 10'000, 200'000, 40'000));
        tell("24:03:00", changed("8001", "wrap_up", "talking", "23:59:00", 240'000));
        auto end = ended("23:58:00", "13800000007", "answered");
        end.queue = "service", end.agent = "8001", end.wait_ms = 55'000, end.talk_ms = 200'000, end.hold_ms = 40'000;
        tell("24:03:00", 7, end);
        tell("24:03:20", 7, call::WrapUpEnded{"service", "8001", "deadline", 20'000});
        tell("24:03:20", changed("8001", "ready", "wrap_up", "24:03:00", 20'000));
        tell("24:30:00", changed("8001", "offline", "ready", "24:03:20", 1'600'000));
    }

    std::string explained(int call) {
        std::optional<Result<std::string>> told;
        EXPECT_TRUE(run_until([&] { return metrics_.gauge("store_lookup_connections", "").value() > 0; }));
        store_->explain(call_id(call), [&](Result<std::string> story) { told = std::move(story); });
        EXPECT_TRUE(run_until([&] { return told.has_value(); }));
        return told && told->ok() ? told->value() : "";
    }
    std::string one(const std::string& sql) {
        const auto rows = supervisor().rows("set timezone = 'Asia/Shanghai'; " + sql);
        std::string text;
        for (const auto& row : rows) {
            for (const auto& value : row) text += (text.empty() || text.back() == '\n' ? "" : "|") + value;
            text += '\n';
        }
        return text;
    }
};

TEST_F(ReportTest, CallShowsEveryNumberOfTheCall) {
    const std::string id = to_text(call_id(1));
    EXPECT_EQ(one("select * from report.call where call_id = '" + id + "'"),
              id +
                  "|2024-05-01 09:10:00+08|2024-05-01 "
                  "09:13:13+08|in|13800000001|95000|service|8001|3000|10000|8000|160000|20000|30000|answered|caller|none|"
                  "recordings/2024/05/01/X.wav|" +
                  std::string(64, 'a') + "|0.5|2\n");
}

TEST_F(ReportTest, CallShowsEachOutcome) {
    EXPECT_EQ(one("select caller, queue, agent, wait_ms, outcome, hangup_by, affinity, recording, wrapup_ms from report.call order "
                  "by started_at, call_id"),
              "13800000001|service|8001|10000|answered|caller|none|recordings/2024/05/01/X.wav|30000\n"
              "13800000002|service|∅|4000|abandoned|caller|none|∅|0\n"
              "13800000003|service|∅|40000|abandoned|caller|none|∅|0\n"
              "13800000004|service|8002|25000|answered|agent|hit|∅|0\n"
              "13800000005|∅|∅|0|self_service|caller|none|∅|0\n"
              "13800000006|service|∅|60000|overflow|system|none|∅|0\n"
              "8002|∅|∅|0|self_service|caller|none|∅|0\n"
              "8002|∅|∅|0|self_service|caller|none|∅|0\n"
              "13800000007|service|8001|55000|answered|caller|none|∅|20000\n");
}

TEST_F(ReportTest, SegmentShowsEveryOffer) {
    const std::string third = to_text(call_id(3));
    EXPECT_EQ(one("select * from report.segment where call_id = '" + third + "' order by offered_at"),
              third + "|8002|2024-05-01 09:25:05+08|∅|2024-05-01 09:25:20+08|missed|∅|∅|∅\n" + third +
                  "|8003|2024-05-01 09:25:38+08|∅|2024-05-01 09:25:40+08|withdrawn|∅|∅|∅\n");
}

TEST_F(ReportTest, QueueHourCountsAsTheFormulasSay) {
    // 09: offered 5; answered after 10 s and 25 s; abandoned after 4 s (short) and 40 s; overflow after 60 s.
    //     service level 1 / (2 + 2 - 1); mean wait (10 + 25) / 2; handling ((160 + 20 + 30) + 60) / 2.
    EXPECT_EQ(one("select * from report.queue_hour order by hour"),
              "2024-05-01 09:00:00+08|service|5|2|2|1|0.3333|17500|135000|60000\n"
              "2024-05-01 23:00:00+08|service|1|1|0|0|0.0000|55000|260000|55000\n");
}

TEST_F(ReportTest, QueueHoursTakesOtherThresholds) {
    // Within 30 s: both answers; abandons under 60 s are short: 2 / (2 + 2 - 2).
    EXPECT_EQ(one("select service_level, short_abandoned from report.queue_hours('2024-05-01 09:00+08', '2024-05-01 10:00+08', "
                  "30000, 60000)"),
              "1.0000|2\n");
    EXPECT_EQ(one("select count(*) from report.queue_hours('2024-05-01 10:00+08', '2024-05-01 11:00+08')"), "0\n");
}

TEST_F(ReportTest, ServiceLevelIsNullWithoutAnythingToMeasure) {
    EXPECT_EQ(one("select offered, service_level from report.queue_hours('2024-05-01 09:20+08', '2024-05-01 09:21+08')"), "1|∅\n");
}

TEST_F(ReportTest, ServiceLevelComesInThreeForms) {
    // One of the two answered, and of all five the first abandon too, left within 20 s.
    EXPECT_EQ(one("select * from report.service_level('2024-05-01 09:00+08', '2024-05-01 10:00+08')"),
              "service|5|2|2|1|1|0.3333|0.5000|0.4000\n");
}

TEST_F(ReportTest, AgentDaySplitsWhatLastsOverMidnight) {
    // 8001 on the first day: of the conversation 23:59–00:03 (200 s talk, 40 s hold) a quarter. Logged in 09:00–24:00. Occupancy:
    //     (160 + 50 + 20 + 10 + 30) / (270 + 53112). On the second: (150 + 30 + 20) / (200 + 1600).
    EXPECT_EQ(one("select * from report.agent_day order by agent, day"),
              "2024-05-01|8001|2|0|0|18000|210000|30000|30000|53112000|600000|54000000|0.0051\n"
              "2024-05-02|8001|0|0|0|0|150000|30000|20000|1600000|0|1800000|0.1111\n"
              "2024-05-01|8002|1|1|1|20000|60000|0|0|0|0|0|1.0000\n"
              "2024-05-01|8003|0|0|0|2000|0|0|0|0|0|0|∅\n");
}

/// Waits at the very limits (docs/reports.md): "within" includes its limit, "short" is below it.
class ThresholdTest : public StoreTest {
  protected:
    void a_wait_of(std::int64_t ms, const std::string& result) {
        ++told_;
        tell("09:30:00", told_,
             queue_left("09:00:00", ms, result, result == "answered" ? std::optional<std::string>("8001") : std::nullopt));
    }
    std::string stored(const std::string& columns, const std::string& report) {
        if (!store_) start_store();
        EXPECT_TRUE(run_until_stored());
        const auto rows = supervisor().rows("select " + columns + " from " + report);
        std::string text;
        for (const auto& row : rows) {
            for (const auto& value : row) text += value + '|';
        }
        return text;
    }
    static constexpr const char* kOfTheDay = "report.service_level('2024-05-01', '2024-05-02')";
    int told_ = 0;
};

TEST_F(ThresholdTest, AnsweredAtTwentySecondsIsWithinTwentySeconds) {
    a_wait_of(20'000, "answered");
    a_wait_of(20'001, "answered");
    a_wait_of(20'001, "answered");
    EXPECT_EQ(stored("service_level_20s", "report.queue_hour"), "0.3333|");
    EXPECT_EQ(stored("answered_within, service_level, service_level_of_answered, service_level_of_offered", kOfTheDay),
              "1|0.3333|0.3333|0.3333|");
}

TEST_F(ThresholdTest, LeftForAnotherReasonAtTwentySecondsIsWithinTwentySeconds) {
    a_wait_of(20'000, "overflow");
    a_wait_of(20'001, "overflow");
    EXPECT_EQ(stored("service_level_of_offered", kOfTheDay), "0.5000|");
}

TEST_F(ThresholdTest, AbandonedAtFiveSecondsIsNotShort) {
    a_wait_of(4999, "abandoned");
    a_wait_of(5000, "abandoned");
    a_wait_of(5000, "abandoned");
    a_wait_of(1000, "answered");
    EXPECT_EQ(stored("abandoned, short_abandoned, service_level_20s", "report.queue_hour"), "3|1|0.3333|") << "1 / (1 + 3 - 1)";
    EXPECT_EQ(stored("abandoned, short_abandoned, service_level", kOfTheDay), "3|1|0.3333|");
}

TEST_F(ThresholdTest, LimitsOfOnesOwnIncludeAndExcludeTheSame) {
    a_wait_of(30'000, "answered");
    a_wait_of(30'001, "answered");
    a_wait_of(7999, "abandoned");
    a_wait_of(8000, "abandoned");
    EXPECT_EQ(stored("short_abandoned, service_level", "report.queue_hours('2024-05-01', '2024-05-02', 30000, 8000)"), "1|0.3333|");
    EXPECT_EQ(stored("short_abandoned, service_level", "report.service_level('2024-05-01', '2024-05-02', 30000, 8000)"),
              "1|0.3333|");
}

/// The reports' own clock is the server's: what is under way has no end that a literal could name.
class UnderWayTest : public StoreTest {
  protected:
    static Wall ago(std::chrono::minutes m) { return read_clocks().wall - m; }
    void tell_state(const std::string& agent, const std::string& state, std::chrono::minutes since) {
        tell(ago(since), CallId{}, changed(agent, state));
    }
    void store() {
        start_store();
        ASSERT_TRUE(run_until_stored());
    }
    /// Sum of a column over the agent's days, in whole minutes: the test itself takes less than one.
    std::string minutes(const std::string& agent, const std::string& column) {
        return supervisor().value("select div(sum(" + column + "), 60000) from report.agent_day where agent = '" + agent + "'");
    }
};

TEST_F(UnderWayTest, WhoIsReadyWithoutACallHasARowAndHisTime) {
    tell_state("8001", "ready", 4h);
    tell_state("8002", "offline", 4h);
    store();
    EXPECT_EQ(minutes("8001", "ready_ms"), "240");
    EXPECT_EQ(minutes("8001", "logged_in_ms"), "240");
    EXPECT_EQ(minutes("8001", "paused_ms"), "0");
    EXPECT_EQ(minutes("8002", "logged_in_ms"), "∅") << "who is not there has no row";
}

TEST_F(UnderWayTest, EachStateCountsForItsColumn) {
    const std::vector<std::pair<std::string, std::string>> columns{{"paused", "paused_ms"},
                                                                   {"ringing", "ring_ms"},
                                                                   {"talking", "talk_ms"},
                                                                   {"wrap_up", "wrapup_ms"},
                                                                   {"busy", "logged_in_ms"}};
    for (const auto& [state, column] : columns) tell_state(state, state, 30min);
    store();
    for (const auto& [state, column] : columns) {
        EXPECT_EQ(minutes(state, column), "30") << state;
        EXPECT_EQ(minutes(state, "logged_in_ms"), "30") << state;
        EXPECT_EQ(minutes(state, "ready_ms"), "0") << state;
    }
}

TEST_F(UnderWayTest, OccupancyCountsTheIdleTimeUnderWay) {
    tell_state("8001", "talking", 4h);
    tell(ago(3h), CallId{}, call::AgentChanged{"8001", "ready", "", "talking", ago(4h), 3'600'000});
    tell(ago(3h), call_id(1), call::SegmentEnded{"service", "8001", ago(4h), ago(4h), "answered", 0, 3'600'000, 0});
    store();
    EXPECT_EQ(supervisor().value("select round(sum(talk_ms) / (sum(talk_ms) + sum(ready_ms)), 2) from report.agent_day"), "0.25");
}

TEST_F(UnderWayTest, IsSplitAtMidnightAndEndsNow) {
    tell_state("8001", "ready", 72h);
    store();
    const std::string whole_days =
        "select count(*) from report.agent_days((now() at time zone report.zone())::date - 2, (now() at time zone "
        "report.zone())::date - 1) where ready_ms between 86399999 and 86400001";
    EXPECT_EQ(supervisor().value(whole_days), "2");
    EXPECT_EQ(supervisor().value("select count(*) from report.agent_day"), "4");
    EXPECT_EQ(minutes("8001", "ready_ms"), "4320");
}

TEST_F(UnderWayTest, EndsAtTheLastFactWhileTheDaemonIsDown) {
    tell_state("8001", "ready", 4h);
    tell_state("8002", "paused", 3h);
    store();
    stop_store();
    ASSERT_TRUE(run_until([&] {
        return admin().value(
                   "select count(*) from pg_stat_activity where usename = 'hotline_app' and datname = current_database()") == "0";
    }));
    EXPECT_EQ(minutes("8001", "ready_ms"), "60");
    EXPECT_EQ(minutes("8002", "paused_ms"), "0");
}

TEST_F(ReportTest, AgentDaysReadsASpanOnly) {
    EXPECT_EQ(one("select day, agent, talk_ms from report.agent_days('2024-05-02', '2024-05-02')"), "2024-05-02|8001|150000\n");
    EXPECT_EQ(one("select count(*) from report.agent_days('2024-05-03', '2024-05-31')"), "0\n");
}

TEST_F(ReportTest, DaysAndHoursBeginInTheSitesTimeZone) {
    config_.time_zone = "UTC";
    restart_store();
    ASSERT_TRUE(run_until([&] { return store_->connected(); }));
    EXPECT_EQ(one("select distinct day from report.agent_day where agent = '8001' order by 1"), "2024-05-01\n")
        << "00:30 in Shanghai is 16:30 in UTC";
    EXPECT_EQ(one("select extract(hour from hour at time zone 'UTC') from report.queue_hour order by hour"), "1\n15\n");
}

TEST_F(ReportTest, AnUnknownTimeZoneLeavesTheOneBefore) {
    config_.time_zone = "Asia/Nowhere";
    restart_store();
    ASSERT_TRUE(run_until([&] { return store_->connected(); }));
    EXPECT_EQ(supervisor().value("select report.zone()"), "Asia/Shanghai");
}

TEST_F(ReportTest, MenuChoiceShowsEveryKey) {
    EXPECT_EQ(one("select at, call_id, caller, menu, key, choice from report.menu_choice order by at"),
              "2024-05-01 09:10:02+08|" + to_text(call_id(1)) + "|13800000001|main|0|queue:service\n2024-05-01 09:50:08+08|" +
                  to_text(call_id(5)) + "|13800000005|main|3|opening_hours\n");
}

TEST_F(ReportTest, DecisionShowsCandidatesAndWhoWasSkipped) {
    EXPECT_EQ(
        one("select * from report.decision"),
        "2024-05-01 09:10:05+08|" + to_text(call_id(1)) +
            R"(|service|8001|longest_idle|{"best": [{"agent": "8001", "idle_ms": 605000}, {"agent": "8003", "idle_ms": 5000}], )"
            R"("passed": [{"why": "talking", "agent": "8002"}], "relaxed": 0, "skipped": {"paused": 2, "talking": 1}})"
            "\n");
}

TEST_F(ReportTest, LegQualityShowsEachLeg) {
    EXPECT_EQ(one("select * from report.leg_quality"),
              "2024-05-01 09:13:13+08|" + to_text(call_id(1)) + "|caller|∅|9950|9990|50|0.5|2.25|7.5|0.1|31.5\n");
}

TEST_F(ReportTest, NoCallIsLeftOpen) { EXPECT_EQ(admin().value("select count(*) from hotline.open_call"), "0"); }

TEST_F(ReportTest, EveryExampleOfTheDocsRuns) {
    std::ifstream in(Cluster::source("docs/reports.md"));
    std::string sql;
    int examples = 0;
    bool inside = false;
    for (std::string line; std::getline(in, line);) {
        if (line == "```sql") {
            inside = true;
            sql.clear();
        } else if (inside && line == "```") {
            inside = false;
            EXPECT_EQ(supervisor().error(sql), "") << sql;
            ++examples;
        } else if (inside) {
            sql += line + '\n';
        }
    }
    EXPECT_GE(examples, 6);
}

TEST_F(ReportTest, ExplainTellsWhyACallerWasSentOnAndHowHeWasServed) {
    using call::Enqueued, call::Offered;
    const std::string him = "13800000020";
    tell("09:40:00", 20, arrived(him));
    tell("09:40:00", 20, call::QueueRefused{"vip", him, "full"});
    tell("09:40:00", 20, Enqueued{"service", him, 2, 1, {}, {{"english", 3}, {"visa", 1}}, "8004"});
    tell("09:40:05", 20, Offered{"service", "8004", "named", "hit", 5000, {}, {}});
    tell("09:40:30", 20, call::QueueLeft{"service", him, at("09:40:00"), 30'000, "overflow", {}, "estimate", "queue:rescue"});
    tell("09:40:30", 20, Enqueued{"rescue", him, 1002, 1, {}, {{"english", 3}}});
    tell("09:41:00", 20, Offered{"rescue", "8001", "ring_all", "none", 30'000, {}, {}, 2});
    tell("09:41:00", 20, Offered{"rescue", "8002", "affinity", "hit", 30'000, {}, {}});
    tell("09:41:30", 20, call::QueueLeft{"rescue", him, at("09:40:30"), 60'000, "overflow", {}, "longest_wait", "exit:timed_out"});
    tell("09:41:30", 20, ended("09:40:00", him, "overflow"));
    ASSERT_TRUE(run_until_stored());
    const std::string story = explained(20);
    for (const char* words :
         {"not taken by queue vip: it is full\n",
          "joins queue service at position 1, priority 2, wants english 3, visa 1, asks for agent 8004\n",
          "offered to 8004 after 5000 ms by named (affinity hit); candidates",
          "leaves queue service after 30000 ms: overflow, by its rule for a long estimate, to queue rescue\n",
          "joins queue rescue at position 1, priority 1002, wants english 3\n",
          "offered to 8001 after 30000 ms by ring_all (affinity none), content with less by 2 steps; candidates",
          "offered to 8002 after 30000 ms by affinity (affinity hit); candidates",
          "leaves queue rescue after 60000 ms: overflow, the longest wait is over, to exit timed_out\n"})
        EXPECT_NE(story.find(words), std::string::npos) << words << "\nin\n" << story;
}

TEST_F(ReportTest, ExplainTellsTheCallInWords) {
    std::optional<Result<std::string>> told;
    ASSERT_TRUE(run_until([&] { return metrics_.gauge("store_lookup_connections", "").value() > 0; }));
    store_->explain(call_id(1), [&](Result<std::string> story) { told = std::move(story); });
    ASSERT_TRUE(run_until([&] { return told.has_value(); }));
    ASSERT_TRUE(told->ok()) << told->error().text;
    const std::string& story = told->value();
    EXPECT_NE(story.find("2024-05-01 09:10:00.000  call from 13800000001 to 95000"), std::string::npos) << story;
    EXPECT_NE(story.find("offered to 8001 after 2000 ms by longest_idle (affinity none); candidates: 8001 idle 605000 ms, 8003 "
                         "idle 5000 ms; skipped: 2 paused, 1 talking; knows the caller: 8002 (talking)"),
              std::string::npos)
        << story;
    EXPECT_NE(story.find("ended by the caller: answered (bye)"), std::string::npos) << story;

    told.reset();
    store_->explain(call_id(4711), [&](Result<std::string> none) { told = std::move(none); });
    ASSERT_TRUE(run_until([&] { return told.has_value(); }));
    ASSERT_FALSE(told->ok());
    EXPECT_EQ(told->error().kind, ErrorKind::NotFound);
}

}  // namespace
}  // namespace hotline::test
