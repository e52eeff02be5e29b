#include "app/gauges.h"

#include <gtest/gtest.h>

#include "hotline/base/mailbox.h"

namespace hotline::app {
namespace {

call::Census busy_day() {
    call::Census census;
    census.calls = 3;
    census.legs = 5;
    census.queues = {{"service", 2, 1500ms, 1}, {"rescue", 0, 0ms, 4}};
    census.agents_by_state = {{"ready", 4}, {"talking", 2}};
    census.trunk_calls = {{"local", 2}};
    census.outbound_refused = {{"not_allowed", 7}};
    census.emergency_calls = 2;
    return census;
}

std::string line(const Metrics& metrics, const std::string& name) {
    const auto text = metrics.render();
    const auto at = text.find("\nhotline_" + name + ' ');
    return at == std::string::npos ? "(none)" : text.substr(at + 1, text.find('\n', at + 1) - at - 1);
}

TEST(CoreGauges, ShowTheCensus) {
    Metrics metrics;
    CoreGauges gauges(metrics);
    gauges.update(busy_day(), {});
    EXPECT_EQ(line(metrics, "calls"), "hotline_calls 3");
    EXPECT_EQ(line(metrics, "queue_waiting{queue=\"service\"}"), "hotline_queue_waiting{queue=\"service\"} 2");
    EXPECT_EQ(line(metrics, "queue_longest_wait_seconds{queue=\"service\"}"),
              "hotline_queue_longest_wait_seconds{queue=\"service\"} 1.5");
    EXPECT_EQ(line(metrics, "queue_ready_agents{queue=\"rescue\"}"), "hotline_queue_ready_agents{queue=\"rescue\"} 4");
    EXPECT_EQ(line(metrics, "agents{state=\"talking\"}"), "hotline_agents{state=\"talking\"} 2");
    EXPECT_EQ(line(metrics, "trunk_calls{trunk=\"local\"}"), "hotline_trunk_calls{trunk=\"local\"} 2");
    EXPECT_EQ(line(metrics, "outbound_refused_total{reason=\"not_allowed\"}"),
              "hotline_outbound_refused_total{reason=\"not_allowed\"} 7");
    EXPECT_EQ(line(metrics, "outbound_refused_total{reason=\"no_trunk\"}"), "hotline_outbound_refused_total{reason=\"no_trunk\"} 0")
        << "there before the first, for alarms";
    EXPECT_EQ(line(metrics, "outbound_emergency_total"), "hotline_outbound_emergency_total 2");
    gauges.update({}, {});
    EXPECT_EQ(line(metrics, "trunk_calls{trunk=\"local\"}"), "hotline_trunk_calls{trunk=\"local\"} 0") << "a reload took it away";
}

TEST(CoreGauges, AQueueThatIsGoneReadsZero) {
    Metrics metrics;
    CoreGauges gauges(metrics);
    gauges.update(busy_day(), {});
    auto later = busy_day();
    later.queues.erase(later.queues.begin());
    gauges.update(later, {});
    EXPECT_EQ(line(metrics, "queue_waiting{queue=\"service\"}"), "hotline_queue_waiting{queue=\"service\"} 0");
}

TEST(ProcessGauges, CountWhatTheKernelKnows) {
    Metrics metrics;
    ProcessGauges gauges(metrics);
    gauges.update();
    const auto before = metrics.gauge("process_open_fds", "").value();
    EXPECT_GT(before, 2);
    {
        const WakeUp one_more;
        gauges.update();
        EXPECT_EQ(metrics.gauge("process_open_fds", "").value(), before + 1);
    }
    EXPECT_GT(metrics.gauge("process_resident_memory_bytes", "").value(), 1 << 20);
    EXPECT_GE(metrics.gauge("process_threads", "").value(), 1);
    EXPECT_GT(metrics.gauge("process_cpu_seconds", "", "", 1e-6).value(), 0);
}

TEST(Status, IsForPeople) {
    EXPECT_EQ(describe(busy_day()),
              "calls 3, legs 5, ringing offers 0\n"
              "agents: ready 4 talking 2\n"
              "queue service: waiting 2, longest 1.5 s, ready agents 1\n"
              "queue rescue: waiting 0, longest 0.0 s, ready agents 4");
}

}  // namespace
}  // namespace hotline::app
