// Callers whom menus hand on, in the reports: to whom, which way, what came of it, and whose work it was.
#include "db/store_test.h"

namespace hotline::test {
namespace {

class TransferReports : public StoreTest {
  protected:
    /// 8001 is busy, the first trunk fails, the second leads to a talk of two minutes.
    void handed_on() {
        tell("09:00:00", 1, arrived("13800000001"));
        tell("09:00:01", 1, call::CallAccepted{});
        tell("09:00:10", 1, in_vain("boss", "8001", "busy", "in another call"));
        tell("09:00:11", 1, call::Dialled{"first", "", "057188886666", "95000"});
        tell("09:00:12", 1, call::DialEnded{"first", "", "unreachable", 503, 1000});
        tell("09:00:12", 1, call::Dialled{"second", "", "057188886666", ""});
        tell("09:00:17", 1, call::DialEnded{"second", "", "answered", 200, 5000});
        call::Transferred answered{"13800000001", "outside", {}, {}, "057188886666", "second", "answered", "", 6000};
        tell("09:00:17", 1, answered);
        tell("09:00:17", 1, call::Answered{"", "", 6000, 5000});
    }
    void talked() {
        call::SegmentEnded part{"", "", at("09:00:12"), at("09:00:17"), "answered", 5000, 100'000, 20'000};
        part.number = "057188886666", part.trunk = "second";
        tell("09:02:17", 1, part);
        auto end = ended("09:00:00", "13800000001", "answered");
        end.hangup_by = "called", end.ivr_ms = 11'000, end.wait_ms = 6000, end.ring_ms = 6000, end.talk_ms = 100'000,
        end.hold_ms = 20'000;
        tell("09:02:17", 1, end);
    }
    static call::Transferred in_vain(const std::string& node, const std::string& agent, const std::string& result,
                                     const std::string& why) {
        return {"13800000001", node, "service", agent, {}, {}, result, why, 100};
    }
    void stored() {
        start_store();
        ASSERT_TRUE(run_until_stored());
        ASSERT_EQ(counted("store_facts_rejected_total"), 0);
    }
    std::string one(const std::string& sql) { return supervisor().value(sql); }
};

TEST_F(TransferReports, TellToWhomWhichWayHowLongAndWhatCameOfIt) {
    handed_on();
    talked();
    stored();
    EXPECT_EQ(one("select string_agg(concat_ws('|', node, head_of, agent, number, trunk, result, why, ring_ms, talk_ms), '; ' "
                  "order by at) "
                  "from report.transfer where caller = '13800000001'"),
              "boss|service|8001|busy|in another call|100; outside|057188886666|second|answered||6000|120000");
    EXPECT_EQ(one("select concat_ws('|', direction, coalesce(agent, 'nobody'), outcome, hangup_by, wait_ms, ring_ms, talk_ms) from "
                  "report.call"),
              "in|nobody|answered|called|6000|6000|100000");
    EXPECT_EQ(
        one("select concat_ws('|', coalesce(agent, 'nobody'), number, trunk, result, ended_at - answered_at) from report.segment"),
        "nobody|057188886666|second|answered|00:02:00");
}

TEST_F(TransferReports, ATalkThatIsNotOverHasNoLength) {
    handed_on();
    stored();
    EXPECT_EQ(one("select count(talk_ms) from report.transfer"), "0");
    talked();
    ASSERT_TRUE(run_until_stored());
    EXPECT_EQ(one("select sum(talk_ms) from report.transfer"), "120000");
}

TEST_F(TransferReports, ANumberOutsideIsNoAgentAndAnAgentWhoWasRungIsOne) {
    handed_on();
    talked();
    tell("09:10:00", 2, arrived("13800000002"));
    tell("09:10:05", 2, call::SegmentEnded{"", "8001", at("09:10:01"), {}, "missed", 4000, 0, 0});
    tell("09:10:05", 2, in_vain("boss", "8001", "no_answer", "missed"));
    tell("09:10:30", 2, call::SegmentEnded{"", "8001", at("09:10:10"), at("09:10:12"), "answered", 2000, 18'000, 0});
    tell("09:10:30", 2, ended("09:10:00", "13800000002", "answered"));
    stored();
    EXPECT_EQ(one("select string_agg(coalesce(agent, 'nobody'), ' ') from report.agent_day"), "8001");
    EXPECT_EQ(one("select concat_ws('|', calls_in, calls_out, missed, ring_ms, talk_ms) from report.agent_day"),
              "1|0|1|6000|18000");
}

TEST_F(TransferReports, ACallIsToldInWords) {
    handed_on();
    talked();
    stored();
    EXPECT_EQ(one("select string_agg(what, '; ' order by at, what) from report.timeline('" + to_text(call_id(1)) +
                  "') where what ~ 'handed|house dials|called one|is done'"),
              "handed on by node boss to 8001: busy after 100 ms (in another call); "
              "the house dials 057188886666 through trunk first, showing 95000; "
              "the house dials 057188886666 through trunk second, showing no number; "
              "handed on by node outside to 057188886666: answered after 6000 ms; the called one answers after 5000 ms of ringing; "
              "057188886666 is done: answered (ring 5000 ms, talk 100000 ms, hold 20000 ms)");
}

TEST_F(TransferReports, WhomTheDaemonsDeathCutOffHasNoAgent) {
    handed_on();
    tell("09:00:20", 1, call::Held{"caller"});
    restart_store();
    ASSERT_TRUE(run_until_stored());
    tell("09:30:00", call::SystemStarted{"2"});
    ASSERT_TRUE(run_until_stored());
    EXPECT_EQ(one("select concat_ws('|', outcome, coalesce(agent, 'nobody')) from report.call"), "lost_at_restart|nobody");
}

TEST_F(TransferReports, NoPartIsNobodys) {
    tell("09:00:00", 1, arrived("13800000001"));
    tell("09:00:30", 1, call::SegmentEnded{"", "", at("09:00:10"), {}, "failed", 0, 0, 0});
    start_store();
    ASSERT_TRUE(run_until_stored());
    EXPECT_EQ(counted("store_facts_rejected_total"), 1) << "neither an agent's nor a number's: a defect, to be seen";
}

}  // namespace
}  // namespace hotline::test
