// Calls of agents to numbers outside, in the reports: whose they are, and what counts.
#include "db/store_test.h"

namespace hotline::test {
namespace {

class OutsideReports : public StoreTest {
  protected:
    static call::CallEnded placed(const std::string& started, const std::string& outcome) {
        auto end = ended(started, "8001", outcome);
        end.direction = "out", end.called = "13900001234", end.purpose = "outside", end.agent = "8001";
        return end;
    }
    void answered_call() {
        tell("09:00:00", 1, arrived("8001", "13900001234", "out", "outside"));
        tell("09:00:00", 1, call::Dialled{"first", "8001", "13900001234", "95000"});
        tell("09:00:01", 1, call::DialEnded{"first", "8001", "unreachable", 503, 1000});
        tell("09:00:01", 1, call::Dialled{"second", "8001", "13900001234", ""});
        tell("09:00:06", 1, call::DialEnded{"second", "8001", "answered", 200, 5000});
        tell("09:00:06", 1, call::Answered{"", "8001", 5000, 5000});
        tell("09:02:06", 1, call::SegmentEnded{"", "8001", at("09:00:01"), at("09:00:06"), "answered", 5000, 100'000, 20'000});
        tell("09:02:06", 1, call::LegMeasured{"called", std::nullopt, 100, 100, 0, 0, 1, 2, 0.1, 31.5});
        auto end = placed("09:00:00", "answered");
        end.hangup_by = "called", end.ring_ms = 6000, end.talk_ms = 100'000, end.hold_ms = 20'000;
        tell("09:02:06", 1, end);
    }
    void unanswered_call() {
        tell("09:10:00", 2, arrived("8001", "13900001234", "out", "outside"));
        tell("09:10:00", 2, call::Dialled{"first", "8001", "13900001234", "95000"});
        tell("09:10:09", 2, call::DialEnded{"first", "8001", "busy", 486, 9000});
        auto end = placed("09:10:00", "rejected");
        end.ring_ms = 9000, end.hangup_by = "system";
        tell("09:10:09", 2, end);
    }
    void refused_call() {
        tell("09:20:00", 3, arrived("8001", "0019005551234", "out", "outside"));
        auto end = placed("09:20:00", "rejected");
        end.agent.reset();
        tell("09:20:00", 3, end);
    }
    void colleagues_call() {
        tell("09:30:00", 4, arrived("8002", "8001", "internal", "colleague"));
        tell("09:31:00", 4, call::SegmentEnded{"", "8001", at("09:30:00"), at("09:30:03"), "answered", 3000, 57'000, 0});
        auto end = ended("09:30:00", "8002", "answered");
        end.direction = "internal", end.called = "8001", end.purpose = "colleague", end.agent = "8001";
        tell("09:31:00", 4, end);
    }
    std::string one(const std::string& sql) { return supervisor().value(sql); }
};

TEST_F(OutsideReports, CountAsCallsOutAndTheirTalkAsTalk) {
    answered_call();
    unanswered_call();
    refused_call();
    start_store();
    ASSERT_TRUE(run_until_stored());
    ASSERT_EQ(counted("store_facts_rejected_total"), 0);
    const std::string day = " from report.agent_day where agent = '8001'";
    EXPECT_EQ(one("select calls_out" + day), "2") << "what was refused was not placed";
    EXPECT_EQ(one("select calls_in" + day), "0");
    EXPECT_EQ(one("select missed" + day), "0");
    EXPECT_EQ(one("select ring_ms" + day), "0") << "another's phone rang";
    EXPECT_EQ(one("select talk_ms" + day), "100000");
    EXPECT_EQ(one("select hold_ms" + day), "20000");
}

TEST_F(OutsideReports, AreOnRecord) {
    answered_call();
    start_store();
    ASSERT_TRUE(run_until_stored());
    EXPECT_EQ(one("select direction || '|' || caller || '|' || called || '|' || agent || '|' || outcome || '|' || hangup_by || '|' || "
                  "ring_ms || '|' || talk_ms from report.call"),
              "out|8001|13900001234|8001|answered|called|6000|100000");
    EXPECT_EQ(one("select leg from report.leg_quality"), "called");
    EXPECT_EQ(one("select string_agg(what, '; ' order by at, what) from report.timeline('" + to_text(call_id(1)) +
                  "') where what like '%trunk%'"),
              "8001 dials 13900001234 through trunk first, showing 95000; 8001 dials 13900001234 through trunk second, showing no number; "
              "trunk first after 1000 ms: unreachable (503); trunk second after 5000 ms: answered (200)");
}

TEST_F(OutsideReports, AColleaguesCallIsStillOneThatCameIn) {
    colleagues_call();
    start_store();
    ASSERT_TRUE(run_until_stored());
    EXPECT_EQ(one("select calls_in || '|' || ring_ms || '|' || talk_ms from report.agent_day where agent = '8001'"), "1|3000|57000");
    EXPECT_EQ(one("select calls_out from report.agent_day where agent = '8002'"), "1");
}

TEST_F(OutsideReports, OneUnderWayIsNoneThatCameInEither) {
    tell("09:00:00", 1, arrived("8001", "13900001234", "out", "outside"));
    tell("09:02:06", 1, call::SegmentEnded{"", "8001", at("09:00:01"), at("09:00:06"), "answered", 5000, 100'000, 20'000});
    start_store();  // its CallEnded waits for the quality of its legs
    ASSERT_TRUE(run_until_stored());
    EXPECT_EQ(one("select calls_in || '|' || ring_ms || '|' || talk_ms from report.agent_day where agent = '8001'"), "0|0|100000");
}

}  // namespace
}  // namespace hotline::test
