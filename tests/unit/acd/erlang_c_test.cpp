// The distributor against queueing theory: Poisson arrivals, exponential service, N agents, no abandoning. What callers wait must
// be what Erlang's formula says, or somebody is served in a wrong way or too late.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <queue>

#include "hotline/acd/acd.h"
#include "hotline/base/random.h"

namespace hotline::acd {
namespace {

constexpr double kServiceSeconds = 180;  // mean conversation
constexpr double kServiceLevelSeconds = 20;
constexpr std::size_t kBatches = 20;
constexpr double kStudent = 2.861;  // t(19 degrees of freedom), 99 % both sides

struct Point {
    int agents;
    double load;  // erlangs
    int calls;    // with the warm-up, which is a tenth
};

// ── Theory ──

/// Probability that a caller waits (Erlang 1917), by the recursion of Erlang B, which does not overflow.
double erlang_c(const Point& p) {
    double b = 1;
    for (int n = 1; n <= p.agents; ++n) b = p.load * b / (n + p.load * b);
    return b / (1 - p.load / p.agents * (1 - b));
}
/// Callers leave a busy centre at this rate above that of arrivals, per second.
double surplus(const Point& p) { return (p.agents - p.load) / kServiceSeconds; }
double mean_wait(const Point& p) { return erlang_c(p) / surplus(p); }
double service_level(const Point& p) { return 1 - erlang_c(p) * std::exp(-surplus(p) * kServiceLevelSeconds); }

// ── Practice ──

Duration seconds(double s) { return Duration(static_cast<std::int64_t>(s * 1e9)); }

class Branch {
  public:
    Branch(const Point& point, std::uint64_t seed) : point_(point), random_(seed) {
        QueueConfig queue;
        queue.name = "service";
        queue.wrapup_mode = WrapUpMode::None;
        queue.max_length = 1'000'000;
        queue.max_wait = 1'000'000h;
        Config config{{queue}, {}};
        for (int i = 0; i < point.agents; ++i) config.agents.push_back({std::to_string(8001 + i), {"service"}});
        acd_.configure(config, now_);
        for (AgentId agent : acd_.agents()) acd_.set_present(agent, true, now_);
    }

    /// Seconds that each caller waited, in the order of service.
    std::vector<double> day() {
        std::vector<double> waits;
        waits.reserve(static_cast<std::size_t>(point_.calls));
        Time next_arrival = now_ + exponential(kServiceSeconds / point_.load);
        while (static_cast<int>(waits.size()) < point_.calls) {
            if (hang_ups_.empty() || next_arrival < hang_ups_.top().first) {
                now_ = next_arrival;
                next_arrival = now_ + exponential(kServiceSeconds / point_.load);
                EXPECT_TRUE(acd_.enqueue({CallId{++calls_}, acd_.queue("service"), now_, 0, {}}, now_).ok());
                entered_.push(now_);
            } else {
                now_ = hang_ups_.top().first;
                acd_.on_talk_ended(hang_ups_.top().second, now_);
                hang_ups_.pop();
            }
            for (const Offer& offer : acd_.decide(now_).offers) {
                acd_.on_answered(offer.id, now_);
                hang_ups_.emplace(now_ + exponential(kServiceSeconds), offer.agent);
                waits.push_back(static_cast<double>((now_ - entered_.front()).count()) * 1e-9);  // first in, first out
                entered_.pop();
            }
        }
        return waits;
    }

  private:
    using HangUp = std::pair<Time, AgentId>;
    Duration exponential(double mean_seconds) { return seconds(-std::log(1 - random_.unit()) * mean_seconds); }

    Point point_;
    Random random_;
    Acd acd_;
    Time now_ = Time{} + 1h;
    std::uint64_t calls_ = 0;
    std::queue<Time> entered_;
    std::priority_queue<HangUp, std::vector<HangUp>, std::greater<>> hang_ups_;
};

/// A mean with its confidence interval by the method of batch means: successive waits depend on each other, long batches do not.
struct Estimate {
    double mean, half_width;
    bool covers(double value) const { return std::abs(value - mean) <= half_width; }
};

template <class F>
Estimate estimate(const std::vector<double>& waits, F&& of_one) {
    std::size_t warm_up = waits.size() / 10, length = (waits.size() - warm_up) / kBatches;
    std::array<double, kBatches> means{};
    for (std::size_t b = 0; b < kBatches; ++b) {
        for (std::size_t i = 0; i < length; ++i) means[b] += of_one(waits[warm_up + b * length + i]);
        means[b] /= static_cast<double>(length);
    }
    double mean = std::accumulate(means.begin(), means.end(), 0.0) / kBatches, squares = 0;
    for (double m : means) squares += (m - mean) * (m - mean);
    return {mean, kStudent * std::sqrt(squares / (kBatches - 1) / kBatches)};
}

class ErlangC : public ::testing::TestWithParam<Point> {};

TEST_P(ErlangC, WaitsAndServiceLevelAreWhatTheFormulaSays) {
    const Point point = GetParam();
    auto waits = Branch(point, 20240607).day();
    Estimate wait = estimate(waits, [](double w) { return w; });
    Estimate level = estimate(waits, [](double w) { return w <= kServiceLevelSeconds ? 1.0 : 0.0; });

    RecordProperty("mean_wait_s", std::to_string(wait.mean));
    EXPECT_TRUE(wait.covers(mean_wait(point))) << wait.mean << " ± " << wait.half_width << " s, theory " << mean_wait(point);
    EXPECT_TRUE(level.covers(service_level(point)))
        << level.mean << " ± " << level.half_width << ", theory " << service_level(point);
    // An interval that covers everything would prove nothing.
    EXPECT_LT(wait.half_width, 0.35 * mean_wait(point));
    EXPECT_LT(level.half_width, 0.04);
}

INSTANTIATE_TEST_SUITE_P(Centres, ErlangC,
                         ::testing::Values(Point{1, 0.6, 50'000}, Point{4, 2.6, 60'000}, Point{12, 8.5, 60'000},
                                           Point{40, 34.0, 90'000}),
                         [](const auto& centre) { return "Agents" + std::to_string(centre.param.agents); });

}  // namespace
}  // namespace hotline::acd
