#include "written.h"

#include <chrono>
#include <cstdio>

namespace hotline::ivr {
namespace {

constexpr std::string_view kWeekdays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr std::size_t kSurelyFit = 18;  // of a number that surely fits

/// Takes up to `most` digits from the front. None when there are fewer than `least`.
std::optional<int> take(std::string_view& text, std::size_t least, std::size_t most) {
    int value = 0;
    std::size_t count = 0;
    while (count < most && count < text.size() && is_digit(text[count])) value = value * 10 + (text[count++] - '0');
    if (count < least) return std::nullopt;
    text.remove_prefix(count);
    return value;
}

bool take(std::string_view& text, char c) {
    if (text.empty() || text.front() != c) return false;
    text.remove_prefix(1);
    return true;
}

/// The day at the front, which is taken away.
std::optional<Day> take_day(std::string_view& text) {
    const auto year = take(text, 4, 4);
    if (!year) return std::nullopt;
    const bool dashes = take(text, '-');
    const auto month = take(text, 2, 2);
    if (!month || (dashes && !take(text, '-'))) return std::nullopt;
    const auto day = take(text, 2, 2);
    if (!day) return std::nullopt;
    const auto ymd = std::chrono::year(*year) / *month / *day;
    if (!ymd.ok() || *year == 0) return std::nullopt;
    return Day{*year, *month, *day};
}

std::optional<int> minute_of(int hour, int minute) {
    if (hour > 24 || minute > 59 || (hour == 24 && minute != 0)) return std::nullopt;
    return hour * 60 + minute;
}

/// ":ss", a fraction, a zone: of no interest to a clock that is spoken.
bool is_rest_of_time(std::string_view text) {
    return text.empty() ||
           ((text.front() == ':' || text.front() == '.' || text.front() == '+' || text.front() == '-' || text.front() == 'Z') &&
            text.find_first_not_of("0123456789:.+-Z") == std::string_view::npos);
}

}  // namespace

std::optional<std::int64_t> read_whole(std::string_view text) {
    const bool negative = take(text, '-');
    if (text.empty() || text.size() > kSurelyFit) return std::nullopt;
    std::int64_t value = 0;
    for (const char c : text) {
        if (!is_digit(c)) return std::nullopt;
        value = value * 10 + (c - '0');
    }
    return negative ? -value : value;
}

std::optional<Day> read_day(std::string_view text) {
    const auto day = take_day(text);
    if (!day || (!text.empty() && text.front() != ' ' && text.front() != 'T')) return std::nullopt;
    return day;
}

std::optional<int> read_minute(std::string_view text) {
    if (auto rest = text; take_day(rest) && (take(rest, ' ') || take(rest, 'T'))) text = rest;
    if (text.size() == 4 && text.find_first_not_of("0123456789") == std::string_view::npos) {
        const auto hour = take(text, 2, 2), minute = take(text, 2, 2);
        return minute_of(*hour, *minute);
    }
    const auto hour = take(text, 1, 2);
    if (!hour || !take(text, ':')) return std::nullopt;
    const auto minute = take(text, 2, 2);
    if (!minute || !is_rest_of_time(text)) return std::nullopt;
    return minute_of(*hour, *minute);
}

std::optional<int> weekday_named(std::string_view name) {
    for (int i = 0; i < 7; ++i)
        if (name == kWeekdays[i]) return i + 1;
    return std::nullopt;
}

std::optional<int> read_weekday(std::string_view text) {
    if (text.size() == 1 && text[0] >= '1' && text[0] <= '7') return text[0] - '0';
    return weekday_named(text);
}

std::string write_minute(int minute) {
    char text[48];
    std::snprintf(text, sizeof text, "%02d:%02d", minute / 60 % 100, minute % 60);
    return text;
}

std::string write_day(std::int64_t yyyymmdd) {
    char text[48];
    std::snprintf(text, sizeof text, "%04d-%02d-%02d", static_cast<int>(yyyymmdd / 10000 % 10000),
                  static_cast<int>(yyyymmdd / 100 % 100), static_cast<int>(yyyymmdd % 100));
    return text;
}

}  // namespace hotline::ivr
