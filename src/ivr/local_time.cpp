#include "hotline/ivr/local_time.h"

#include <date/tz.h>

#include <stdexcept>

namespace hotline::ivr {

std::optional<LocalTime> local_time(const std::string& time_zone, Wall wall) {
    const date::time_zone* zone;
    try {
        zone = date::locate_zone(time_zone);
    } catch (const std::runtime_error&) {
        return std::nullopt;
    }
    const auto local = zone->to_local(date::sys_time<std::chrono::microseconds>(wall.time_since_epoch()));
    const auto day = date::floor<date::days>(local);
    const date::year_month_day ymd(day);
    const auto minute = std::chrono::duration_cast<std::chrono::minutes>(local - day).count();
    return LocalTime{static_cast<int>(ymd.year()), static_cast<int>(static_cast<unsigned>(ymd.month())),
                     static_cast<int>(static_cast<unsigned>(ymd.day())), static_cast<int>(date::weekday(day).iso_encoding()) - 1,
                     static_cast<int>(minute)};
}

}  // namespace hotline::ivr
