// What conversations were about, names for several queues, and offers that another agent answered first, in the reports.
#include "db/store_test.h"

namespace hotline::test {
namespace {

class CodesTest : public StoreTest {
  protected:
    void stored() {
        start_store();
        ASSERT_TRUE(run_until_stored());
        ASSERT_EQ(counted("store_facts_rejected_total"), 0);
    }
};

TEST_F(CodesTest, ASegmentShowsItsCodeOnceTheAgentIsDone) {
    tell("08:59:00", call::SystemStarted{"1"});
    for (int n : {1, 2}) {
        tell("09:00:00", n, arrived("13800000001"));
        tell("09:01:00", n, segment("8002", "09:00:05", std::nullopt, "elsewhere", 3000));
        tell("09:01:00", n, segment("8001", "09:00:05", "09:00:08", "answered", 3000, 52'000));
        tell("09:01:00", n, ended("09:00:00", "13800000001", "answered"));
    }
    tell("09:01:10", 1, call::CallCoded{"service", "8001", "booked", "agent"});
    stored();
    const auto rows = supervisor().rows("select agent, result, coalesce(code, '-') from report.segment where call_id = '" +
                                        to_text(call_id(1)) + "' order by agent");
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[0], (std::vector<std::string>{"8001", "answered", "booked"}));
    EXPECT_EQ(rows[1], (std::vector<std::string>{"8002", "elsewhere", "-"}));
    EXPECT_EQ(supervisor().value("select count(*) from report.segment where code is null and result = 'answered'"), "1");
    EXPECT_EQ(supervisor().value("select coalesce(sum(missed), 0) from report.agent_day where agent = '8002'"), "0")
        << "who was not the first has missed nothing";
}

TEST_F(CodesTest, TheGroupsAreThoseThatWereSetLast) {
    tell("08:59:00", call::SystemStarted{"1"});
    tell("08:59:00", call::QueueGroupsSet{{{"tours", "domestic"}, {"tours", "abroad"}}});
    tell("09:59:00", call::QueueGroupsSet{{{"tours", "abroad"}, {"all", "service"}}});
    stored();
    EXPECT_EQ(supervisor().value(
                  "select string_agg(queue_group || ':' || queue, ' ' order by queue_group, queue) from report.queue_group"),
              "all:service tours:abroad");
}

TEST_F(CodesTest, WithoutGroupsThereAreNone) {
    tell("08:59:00", call::SystemStarted{"1"});
    tell("08:59:00", call::QueueGroupsSet{{{"tours", "domestic"}}});
    tell("09:59:00", call::QueueGroupsSet{});
    stored();
    EXPECT_EQ(supervisor().value("select count(*) from report.queue_group"), "0");
}

}  // namespace
}  // namespace hotline::test
