// hours.json: weekly opening hours and their exceptions.
#include <charconv>

#include "app/site_parts.h"
#include "hotline/ivr/local_time.h"

namespace hotline::app {
namespace {

constexpr const char* kDays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

std::optional<int> digits(std::string_view text) {
    int value = 0;
    if (text.empty() || text.front() == '-' || text.front() == '+') return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

/// "09:30" → 570; "24:00" → 1440.
std::optional<int> minute_of_day(std::string_view text) {
    if (text.size() != 5 || text[2] != ':') return std::nullopt;
    const auto hour = digits(text.substr(0, 2)), minute = digits(text.substr(3));
    if (!hour || !minute || *minute > 59) return std::nullopt;
    const int total = *hour * 60 + *minute;
    return total <= 24 * 60 ? std::optional(total) : std::nullopt;
}

/// "2026-10-01", a day that the calendar has.
std::optional<ivr::Calendar::Date> date_of(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    const auto year = digits(text.substr(0, 4)), month = digits(text.substr(5, 2)), day = digits(text.substr(8));
    if (!year || !month || !day) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    return date.ok() ? std::optional(ivr::Calendar::Date{*year, *month, *day}) : std::nullopt;
}

std::optional<ivr::Calendar::Range> range_of(const Value& item) {
    if (item.type != Value::Type::Text || item.text.size() != 11 || item.text[5] != '-') return std::nullopt;
    const std::string_view text = item.text;
    const auto from = minute_of_day(text.substr(0, 5)), to = minute_of_day(text.substr(6));
    if (!from || !to || *from >= *to) return std::nullopt;
    return ivr::Calendar::Range{*from, *to};
}

std::vector<ivr::Calendar::Range> read_ranges(const Value& list, Problems& problems) {
    std::vector<ivr::Calendar::Range> out;
    if (list.type != Value::Type::Array) problems.error(list.at, wrong_type("a list of ranges such as [\"09:00-18:00\"]", list));
    for (const auto& item : list.items) {
        const auto range = range_of(item);
        if (!range) {
            problems.error(item.at,
                           "expected a range such as \"09:00-18:00\" that ends after it begins. What passes midnight is two ranges "
                           "on two days.");
            continue;
        }
        const bool overlaps = std::any_of(out.begin(), out.end(), [&](const auto& other) {
            return range->from_minute < other.to_minute && other.from_minute < range->to_minute;
        });
        if (overlaps) problems.error(item.at, "\"" + item.text + "\" overlaps with a range before it. Join them.");
        out.push_back(*range);
    }
    return out;
}

std::shared_ptr<const ivr::Calendar> read_calendar(Reader reader, const Basics& basics) {
    auto calendar = std::make_shared<ivr::Calendar>();
    auto& problems = reader.problems();
    calendar->time_zone = reader.text("time_zone", basics.time_zone);
    if (!ivr::local_time(calendar->time_zone, Wall{}))
        reader.error("time_zone",
                     "\"" + calendar->time_zone + "\" is no time zone of this machine. Use an IANA name such as Asia/Shanghai.");
    reader.required("week", Value::Type::Object);
    auto week = reader.section("week");
    for (std::size_t day = 0; day < 7; ++day) {
        if (const Value* ranges = week.any(kDays[day])) calendar->week[day] = read_ranges(*ranges, problems);
    }
    week.finish();
    if (const Value* exceptions = reader.value("exceptions", Value::Type::Object)) {
        for (const auto& [key, at, ranges] : exceptions->members) {
            const auto date = date_of(key);
            if (!date) problems.error(at, "\"" + key + "\" is no date. Write it as \"2026-10-01\".");
            auto open = read_ranges(ranges, problems);
            if (date) calendar->exceptions[*date] = std::move(open);
        }
    }
    reader.finish();
    return calendar;
}

}  // namespace

Calendars read_hours(const Value& file, const Basics& basics, Problems& problems) {
    Calendars out;
    Reader all(&file, file.at, problems);
    for (const auto& entry : file.members) out[entry.key] = read_calendar(all.section(entry.key), basics);
    return out;
}

}  // namespace hotline::app
