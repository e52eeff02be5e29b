// Opening hours: an exception replaces its whole day.
#include "hotline/ivr/local_time.h"
#include "hotline/ivr/program.h"

namespace hotline::ivr {
namespace {

const std::vector<Calendar::Range>& hours_on(const Calendar& calendar, const LocalTime& local) {
    const auto exception = calendar.exceptions.find({local.year, local.month, local.day});
    return exception != calendar.exceptions.end() ? exception->second : calendar.week[static_cast<std::size_t>(local.weekday)];
}

}  // namespace

Result<bool> open_at(const Calendar& calendar, Wall wall) {
    const auto local = local_time(calendar.time_zone, wall);
    if (!local)
        return Error{ErrorKind::Invalid,
                     "time zone '" + calendar.time_zone + "' is unknown; use an IANA name such as Asia/Shanghai"};
    for (const auto& [from, to] : hours_on(calendar, *local))
        if (from <= local->minute && local->minute < to) return true;
    return false;
}

}  // namespace hotline::ivr
