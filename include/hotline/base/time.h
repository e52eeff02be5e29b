// Time as the core sees it: an argument, never a call. Only `app` (and the loops of the adapters) read a clock.
#pragma once
#include <chrono>
#include <cstdint>

namespace hotline {

using Duration = std::chrono::nanoseconds;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""h;
using std::chrono_literals::operator""us;

/// The monotonic clock's type without a now(): durations are differences of these.
struct Monotonic {
    using duration = Duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<Monotonic>;
    static constexpr bool is_steady = true;
};
using Time = Monotonic::time_point;

/// Wall clock, UTC, microseconds since 1970 (what PostgreSQL keeps). Only for records and calendars, never for durations.
using Wall = std::chrono::sys_time<std::chrono::microseconds>;

/// One instant on both clocks: what every input of the core arrives with.
struct Now {
    Time at;
    Wall wall;
};

constexpr std::int64_t to_ms(Duration d) { return std::chrono::duration_cast<std::chrono::milliseconds>(d).count(); }
constexpr std::int64_t to_unix_us(Wall w) { return w.time_since_epoch().count(); }

/// Reads both clocks (CLOCK_MONOTONIC, CLOCK_REALTIME). For loops and adapters; the core is given a Now.
Now read_clocks();

}  // namespace hotline
