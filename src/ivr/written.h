// Values as they are written in variables, where everything is text: entered by key, taken from the call, or read from a table.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hotline::ivr {

/// Of plain digits 0–9 only, whatever the locale says.
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Without its sign; does not overflow for the smallest number.
constexpr std::uint64_t magnitude_of(std::int64_t number) {
    return number < 0 ? ~static_cast<std::uint64_t>(number) + 1 : static_cast<std::uint64_t>(number);
}

struct Day {
    int year, month, day;
};

/// "17", "-3", "007". None: anything else, or more than 18 digits.
std::optional<std::int64_t> read_whole(std::string_view text);
/// "2026-10-01", "20261001", or a time stamp that begins so. None: no such day.
std::optional<Day> read_day(std::string_view text);
/// Minutes of the day, 0–1440: "9:30", "0930", "09:30:00", or a time stamp. 24:00 is the day's end.
std::optional<int> read_minute(std::string_view text);
/// 1 for Monday: "1"–"7", "mon"–"sun".
std::optional<int> read_weekday(std::string_view text);

std::string write_minute(int minute);                     // "09:30"
std::string write_day(std::int64_t yyyymmdd);             // "2026-10-01"
std::optional<int> weekday_named(std::string_view name);  // "mon" → 1

}  // namespace hotline::ivr
