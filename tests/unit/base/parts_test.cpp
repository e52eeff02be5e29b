// The small parts of base: mailbox, timers, metrics, results.
#include <gtest/gtest.h>
#include <poll.h>

#include <thread>

#include "hotline/base/mailbox.h"
#include "hotline/base/metrics.h"
#include "hotline/base/random.h"
#include "hotline/base/result.h"
#include "hotline/base/timer_queue.h"

namespace hotline {
namespace {

bool readable(int fd, int wait_ms) {
    pollfd p{fd, POLLIN, 0};
    return poll(&p, 1, wait_ms) == 1;
}

TEST(Mailbox, KeepsEachWritersOrderAndLosesNothing) {
    Mailbox<int> box(1'000'000);
    constexpr int kWriters = 4, kEach = 20'000;
    std::vector<std::thread> writers;
    for (int w = 0; w < kWriters; ++w)
        writers.emplace_back([&box, w] {
            for (int i = 0; i < kEach; ++i) ASSERT_TRUE(box.post(w * kEach + i));
        });
    std::vector<int> batch, next(kWriters, 0);
    int seen = 0;
    while (seen < kWriters * kEach) {
        ASSERT_TRUE(readable(box.fd(), 5000));
        box.take(batch);
        for (const int message : batch) {
            auto& expected = next[static_cast<std::size_t>(message / kEach)];
            ASSERT_EQ(message % kEach, expected++);
            ++seen;
        }
    }
    for (auto& writer : writers) writer.join();
    EXPECT_FALSE(readable(box.fd(), 0));
}

TEST(Mailbox, SaysNoAtItsLimit) {
    Mailbox<int> box(2);
    EXPECT_TRUE(box.post(1));
    EXPECT_TRUE(box.post(2));
    EXPECT_FALSE(box.post(3));
    std::vector<int> batch;
    box.take(batch);
    EXPECT_EQ(batch, (std::vector{1, 2}));
    EXPECT_TRUE(box.post(4));
}

TEST(TimerQueue, SoonestFirstMovedAndCancelled) {
    TimerQueue<int> timers;
    timers.set(1, Time(3s));
    timers.set(2, Time(1s));
    timers.set(3, Time(2s));
    timers.set(2, Time(4s));
    timers.cancel(3);
    EXPECT_EQ(timers.next(), Time(3s));
    EXPECT_FALSE(timers.pop(Time(2s)));
    EXPECT_EQ(timers.pop(Time(9s)), 1);
    EXPECT_EQ(timers.pop(Time(9s)), 2);
    EXPECT_FALSE(timers.pop(Time(9s)));
    EXPECT_EQ(timers.size(), 0u);
}

TEST(Metrics, RendersOneBlockANameWithEscapedLabels) {
    Metrics metrics;
    metrics.gauge("queue_waiting", "callers", Metrics::label("queue", "a\"b\\c\nd")).set(3);
    metrics.counter("calls_total", "calls").add(2);
    metrics.gauge("queue_waiting", "callers", Metrics::label("queue", "x")).set(1);
    metrics.gauge("lag_seconds", "lag", "", 1e-3).set(1500);
    EXPECT_EQ(&metrics.counter("calls_total", "calls"), &metrics.counter("calls_total", "calls"));
    EXPECT_EQ(metrics.render(),
              "# HELP hotline_calls_total calls\n# TYPE hotline_calls_total counter\nhotline_calls_total 2\n"
              "# HELP hotline_lag_seconds lag\n# TYPE hotline_lag_seconds gauge\nhotline_lag_seconds 1.5\n"
              "# HELP hotline_queue_waiting callers\n# TYPE hotline_queue_waiting gauge\n"
              "hotline_queue_waiting{queue=\"a\\\"b\\\\c\\nd\"} 3\nhotline_queue_waiting{queue=\"x\"} 1\n");
}

TEST(Random, SameSeedSameDay) {
    Random a(7), b(7), c(8);
    EXPECT_EQ(a.next(), b.next());
    EXPECT_NE(a.next(), c.next());
    double sum = 0;
    for (int i = 0; i < 10'000; ++i) {
        const double u = a.unit();
        ASSERT_GE(u, 0);
        ASSERT_LT(u, 1);
        sum += u;
    }
    EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
}

TEST(Result, HoldsAValueOrTheReason) {
    const auto half = [](int n) -> Result<int> {
        if (n % 2) return Error{ErrorKind::Invalid, "odd"};
        return n / 2;
    };
    EXPECT_EQ(*half(4), 2);
    ASSERT_FALSE(half(3));
    EXPECT_EQ(half(3).error().text, "odd");
}

}  // namespace
}  // namespace hotline
