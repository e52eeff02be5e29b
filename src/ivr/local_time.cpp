#include "hotline/ivr/local_time.h"

#include <date/tz.h>

#include <stdexcept>

namespace hotline::ivr {

namespace {

const date::time_zone* zone_of(const std::string& name) {
    try {
        return date::locate_zone(name);
    } catch (const std::runtime_error&) {
        return nullptr;
    }
}

}  // namespace

std::optional<LocalTime> local_time(const std::string& time_zone, Wall wall) {
    const date::time_zone* zone = zone_of(time_zone);
    if (!zone) return std::nullopt;
    const auto local = zone->to_local(date::sys_time<std::chrono::microseconds>(wall.time_since_epoch()));
    const auto day = date::floor<date::days>(local);
    const date::year_month_day ymd(day);
    const auto minute = std::chrono::duration_cast<std::chrono::minutes>(local - day).count();
    return LocalTime{static_cast<int>(ymd.year()), static_cast<int>(static_cast<unsigned>(ymd.month())),
                     static_cast<int>(static_cast<unsigned>(ymd.day())), static_cast<int>(date::weekday(day).iso_encoding()) - 1,
                     static_cast<int>(minute)};
}

std::optional<Wall> next_midnight(const std::string& time_zone, Wall wall) {
    const date::time_zone* zone = zone_of(time_zone);
    if (!zone) return std::nullopt;
    const auto local = zone->to_local(date::sys_time<std::chrono::microseconds>(wall.time_since_epoch()));
    const date::local_days tomorrow = date::floor<date::days>(local) + date::days(1);
    // Where clocks are put on at midnight the day begins with the change.
    return Wall(std::chrono::duration_cast<Wall::duration>(zone->to_sys(tomorrow, date::choose::earliest).time_since_epoch()));
}

}  // namespace hotline::ivr
