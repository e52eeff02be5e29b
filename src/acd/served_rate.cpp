#include "served_rate.h"

#include <algorithm>

namespace hotline::acd {
namespace {

constexpr Duration kMinute = 60s;

}  // namespace

std::int64_t ServedRate::minute_of(Time at) { return at.time_since_epoch() / kMinute; }

ServedRate::Minute& ServedRate::minute(std::int64_t number) {
    Minute& minute = minutes_[static_cast<std::size_t>(number) % kMinutes];
    if (minute.number != number) minute = {number, 0, Duration{0}};
    return minute;
}

void ServedRate::answered(Time now) { ++minute(minute_of(now)).answered; }

void ServedRate::set_on_duty(int agents, Time now) {
    spend(now);
    on_duty_ = agents;
}

void ServedRate::spend(Time now) {
    const Time oldest =
        Time{} + (minute_of(now) + 1 - static_cast<std::int64_t>(kMinutes)) * kMinute;  // a bucket of its own for each
    const Time from = std::max(since_, oldest);
    since_ = now;
    if (on_duty_ == 0) return;
    for (Time at = from; at < now;) {
        const Time end = std::min(now, Time{} + (minute_of(at) + 1) * kMinute);
        minute(minute_of(at)).duty += (end - at) * on_duty_;
        at = end;
    }
}

std::optional<Duration> ServedRate::wait(std::size_t position, Time now) const {
    ServedRate until_now = *this;
    until_now.spend(now);
    std::uint64_t answered = 0;
    Duration duty{0};
    for (const Minute& one : until_now.minutes_) {
        if (one.number <= minute_of(now) - static_cast<std::int64_t>(kMinutes)) continue;
        answered += one.answered;
        duty += one.duty;
    }
    if (on_duty_ == 0 || answered < kLeast || duty <= Duration{0}) return std::nullopt;
    const double each = static_cast<double>(duty.count()) / static_cast<double>(answered) / on_duty_;
    return Duration(static_cast<std::int64_t>(each * static_cast<double>(position)));
}

}  // namespace hotline::acd
