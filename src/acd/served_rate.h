// How fast a queue is served: what an estimate of the wait is made of.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "hotline/base/time.h"

namespace hotline::acd {

/// Callers answered and agents on duty in the last fifteen minutes, by the minute. Agents count while they are logged in and not
/// paused, whatever they are doing: so the rate of each is his share of the whole, and changes of shift tell at once.
class ServedRate {
  public:
    void answered(Time now);
    /// From now on so many are on duty.
    void set_on_duty(int agents, Time now);
    int on_duty() const { return on_duty_; }

    /// How long the one at this position (1: the next) will wait: his position over the rate of those who are on duty now. None
    /// while nobody is, or fewer than kLeast were answered in the window.
    std::optional<Duration> wait(std::size_t position, Time now) const;

  private:
    static constexpr std::size_t kMinutes = 15;
    static constexpr std::uint64_t kLeast = 3;
    struct Minute {
        std::int64_t number = -1;  // since the clock's zero
        std::uint64_t answered = 0;
        Duration duty{0};  // of all agents together
    };
    static std::int64_t minute_of(Time at);
    Minute& minute(std::int64_t number);
    void spend(Time now);  // adds what was on duty since `since_`

    std::array<Minute, kMinutes> minutes_{};
    int on_duty_ = 0;
    Time since_{};
};

}  // namespace hotline::acd
