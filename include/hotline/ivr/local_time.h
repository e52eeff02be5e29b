// The calendar of a place: what a wall clock on the wall of the site shows.
#pragma once
#include <optional>
#include <string>

#include "hotline/base/time.h"

namespace hotline::ivr {

struct LocalTime {
    int year, month, day;  // Gregorian
    int weekday;           // 0 = Monday
    int minute;            // of the day, 0–1439
};

/// None when the IANA zone is unknown. Uses the system's zone files (/usr/share/zoneinfo).
std::optional<LocalTime> local_time(const std::string& time_zone, Wall wall);

/// When the next day begins there: 23 to 25 hours after the day before where clocks are changed in between. None when the IANA zone
/// is unknown.
std::optional<Wall> next_midnight(const std::string& time_zone, Wall wall);

}  // namespace hotline::ivr
