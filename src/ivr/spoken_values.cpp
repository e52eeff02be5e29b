// Money, dates, times, durations and text as they are said. Two is 两 before measure words (两小时两分钟, 两元, 两点), but 二
// behind the first unit of money (三元二角二分) and in the calendar (二月二日). A unit that is left out between two others is 零
// (一小时零五秒).
#include <array>
#include <span>

#include "hotline/ivr/spoken.h"
#include "written.h"

namespace hotline::ivr {
namespace {

constexpr std::size_t kMaxCharacters = 200;

// ── Parts of a whole: 元角分, 小时分钟秒 ──

struct Denomination {
    std::int64_t value;  // in the smallest
    std::string_view zh, en, en_many;
};
constexpr Denomination kMoney[] = {{100, "元", " yuan", " yuan"}, {10, "角", "", ""}, {1, "分", "", ""}};
constexpr Denomination kDuration[] = {{86400, "天", " day", " days"},
                              {3600, "小时", " hour", " hours"},
                              {60, "分钟", " minute", " minutes"},
                              {1, "秒", " second", " seconds"}};

/// How units behind the first are counted.
using Count = std::string (*)(std::int64_t);

std::string row_zh(std::int64_t amount, std::span<const Denomination> units, std::size_t unit_of_nothing, Count behind) {
    if (amount == 0) return "零" + std::string(units[unit_of_nothing].zh);
    auto rest = magnitude_of(amount);
    std::string spoken = amount < 0 ? "负" : "";
    bool begun = false, gap = false;
    for (const auto& unit : units) {
        const auto size = static_cast<std::uint64_t>(unit.value);
        const auto count = static_cast<std::int64_t>(rest / size);
        rest %= size;
        if (count == 0) {
            gap = begun;
            continue;
        }
        if (gap) spoken += "零";
        spoken += begun ? behind(count) : speak_number_zh(count);
        spoken += unit.zh;
        begun = true;
        gap = false;
    }
    return spoken;
}

void join_en(std::string& spoken, const std::string& part, std::string_view joint) {
    if (!spoken.empty()) spoken += joint;
    spoken += part;
}

std::string count_en(std::int64_t count, std::string_view one, std::string_view many) {
    return speak_number_en(count) + std::string(count == 1 ? one : many);
}

std::string money_en(std::int64_t fen) {
    const auto amount = magnitude_of(fen);
    const auto yuan = static_cast<std::int64_t>(amount / 100), rest = static_cast<std::int64_t>(amount % 100);
    std::string spoken;
    if (yuan != 0 || rest == 0) spoken = count_en(yuan, " yuan", " yuan");
    if (rest != 0) join_en(spoken, count_en(rest, " fen", " fen"), " and ");
    return (fen < 0 ? "minus " : "") + spoken;
}

std::string duration_en(std::int64_t seconds) {
    std::string spoken;
    auto rest = magnitude_of(seconds);
    for (const auto& unit : kDuration) {
        const auto size = static_cast<std::uint64_t>(unit.value);
        const auto count = static_cast<std::int64_t>(rest / size);
        rest %= size;
        if (count != 0) join_en(spoken, count_en(count, unit.en, unit.en_many), rest == 0 ? " and " : " ");
    }
    if (spoken.empty()) spoken = "zero seconds";
    return (seconds < 0 ? "minus " : "") + spoken;
}

// ── The calendar and the clock ──

std::string year_zh(int year) {
    std::string spoken;
    for (const char figure : std::to_string(year)) spoken += speak_cardinal_zh(figure - '0');
    return spoken;
}

std::string date_zh(const Day& day) {
    return year_zh(day.year) + "年" + speak_cardinal_zh(day.month) + "月" + speak_cardinal_zh(day.day) + "日";
}

/// 1999 nineteen ninety-nine, 1905 nineteen oh five, 2006 two thousand six, 2026 twenty twenty-six.
std::string year_en(int year) {
    const int century = year / 100, rest = year % 100;
    if (century % 10 == 0 && rest < 10) return speak_number_en(year);
    if (rest == 0) return speak_number_en(century) + " hundred";
    return speak_number_en(century) + (rest < 10 ? " oh " : " ") + speak_number_en(rest);
}

std::string ordinal_en(int number) {
    constexpr std::array<std::string_view, 20> kFirst{"",          "first",     "second",      "third",      "fourth",
                                                      "fifth",     "sixth",     "seventh",     "eighth",     "ninth",
                                                      "tenth",     "eleventh",  "twelfth",     "thirteenth", "fourteenth",
                                                      "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth"};
    if (number < 20) return std::string(kFirst[static_cast<std::size_t>(number)]);
    const std::string tens = number < 30 ? "twent" : "thirt";
    if (number % 10 == 0) return tens + "ieth";
    return tens + "y-" + std::string(kFirst[static_cast<std::size_t>(number % 10)]);
}

std::string date_en(const Day& day) {
    constexpr std::string_view kMonths[] = {"January", "February", "March",     "April",   "May",      "June",
                                            "July",    "August",   "September", "October", "November", "December"};
    return std::string(kMonths[day.month - 1]) + ' ' + ordinal_en(day.day) + ", " + year_en(day.year);
}

struct Period {
    int from_hour;
    std::string_view zh;
};
constexpr Period kPeriods[] = {{18, "晚上"}, {13, "下午"}, {12, "中午"}, {9, "上午"}, {6, "早上"}, {0, "凌晨"}};

std::string time_zh(int minute_of_day) {
    if (minute_of_day == 24 * 60) return "晚上十二点整";
    const int hour = minute_of_day / 60, minute = minute_of_day % 60;
    std::string spoken;
    for (const auto& period : kPeriods) {
        if (hour < period.from_hour) continue;
        spoken = period.zh;
        break;
    }
    spoken += speak_number_zh(hour > 12 ? hour - 12 : hour) + "点";
    if (minute == 0) return spoken + "整";
    if (minute < 10) spoken += "零";
    return spoken + speak_cardinal_zh(minute) + "分";
}

std::string time_en(int minute_of_day) {
    const int hour = minute_of_day / 60 % 24, minute = minute_of_day % 60;
    if (minute == 0 && hour == 0) return "midnight";
    if (minute == 0 && hour == 12) return "noon";
    std::string spoken = speak_number_en(hour % 12 == 0 ? 12 : hour % 12);
    if (minute != 0) spoken += (minute < 10 ? " oh " : " ") + speak_number_en(minute);
    return spoken + (hour < 12 ? " a.m." : " p.m.");
}

// ── Numbers with a fraction ──

struct Decimal {
    std::int64_t whole;
    bool negative;
    std::string_view fraction;
};

std::optional<Decimal> read_decimal(std::string_view text) {
    const auto point = text.find('.');
    const auto whole = read_whole(text.substr(0, point));
    if (!whole) return std::nullopt;
    Decimal out{*whole, text.starts_with('-'), point == std::string_view::npos ? std::string_view() : text.substr(point + 1)};
    if (out.fraction.size() > 6 || out.fraction.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    if (point != std::string_view::npos && out.fraction.empty()) return std::nullopt;
    while (!out.fraction.empty() && out.fraction.back() == '0') out.fraction.remove_suffix(1);  // 3.50 of a table is 3.5
    return out;
}

std::optional<std::string> number(std::string_view value, SpokenForm form, std::string_view language) {
    const auto decimal = read_decimal(value);
    if (!decimal) return std::nullopt;
    const bool zh = language == "zh";
    if (decimal->fraction.empty())
        return zh && form == SpokenForm::Cardinal ? speak_cardinal_zh(decimal->whole) : speak_number(decimal->whole, language);
    if (!zh && language != "en") return std::string(value);
    const auto whole = decimal->whole < 0 ? -decimal->whole : decimal->whole;
    std::string spoken = !decimal->negative ? "" : zh ? "负" : "minus ";
    spoken += zh ? speak_cardinal_zh(whole) + "点" : speak_number_en(whole) + " point";
    for (const char figure : decimal->fraction)
        spoken += zh ? speak_cardinal_zh(figure - '0') : " " + speak_number_en(figure - '0');
    return spoken;
}

// ── Text from strangers ──

/// The character at the front, which is taken away; 0 for a byte that begins none (RFC 3629).
char32_t take_character(std::string_view& text) {
    constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};  // by length: anything below is written too long
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
    const unsigned first = byte(0);
    const std::size_t length = first < 0x80 ? 1 : first < 0xC0 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF8 ? 4 : 0;
    char32_t character = length == 1 ? first : first & (0xFFu >> (length + 1));
    bool whole = length != 0;
    for (std::size_t i = 1; i < length; ++i) {
        whole &= (byte(i) & 0xC0) == 0x80;
        character = character << 6 | (byte(i) & 0x3F);
    }
    whole = whole && character >= kLeast[length];
    text.remove_prefix(whole ? length : 1);
    return whole ? character : 0;
}

/// Letters and the marks between them. Pictures, arrows, dingbats, invisible marks and private characters have no sound; ASCII's
/// other signs are read out by some programs ("less than"), and begin options or markup in others.
bool has_sound(char32_t c) {
    if (c < 0x80)
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view(".,!?:;'%&").find(static_cast<char>(c)) != std::string_view::npos;
    struct Range {
        char32_t from, to;
    };
    constexpr Range kSilent[] = {{0x80, 0xBF},     {0x200B, 0x200F}, {0x2028, 0x202F},   {0x2060, 0x206F},
                                 {0x2190, 0x2BFF}, {0xD800, 0xF8FF}, {0xFE00, 0xFE0F},   {0xFE20, 0xFE2F},
                                 {0xFEFF, 0xFEFF}, {0xFFF0, 0xFFFF}, {0x1F000, 0x1FAFF}, {0xE0000, 0x1FFFFF}};
    for (const auto& [from, to] : kSilent)
        if (c >= from && c <= to) return false;
    return true;
}

std::optional<std::string> text(std::string_view value) {
    std::string spoken;
    bool letters = false;
    for (std::size_t said = 0; !value.empty() && said < kMaxCharacters;) {
        const std::string_view before = value;
        const char32_t character = take_character(value);
        if (character != 0 && has_sound(character)) {
            spoken += before.substr(0, before.size() - value.size());
            letters |=
                character >= 0x80 || std::string_view(".,!?:;'%&").find(static_cast<char>(character)) == std::string_view::npos;
            ++said;
        } else if (!spoken.empty() && spoken.back() != ' ') {
            spoken += ' ';
        }
    }
    while (!spoken.empty() && spoken.back() == ' ') spoken.pop_back();
    if (!letters) return std::nullopt;
    return spoken;
}

template <class Zh, class En>
std::string in(std::string_view language, std::string_view figures, Zh zh, En en) {
    return language == "zh" ? zh() : language == "en" ? en() : std::string(figures);
}

std::optional<std::string> money(std::string_view value, std::string_view language) {
    const auto fen = read_whole(value);
    if (!fen) return std::nullopt;
    const auto amount = magnitude_of(*fen);
    const std::string rest = std::to_string(amount % 100 + 100).substr(1);
    return in(
        language, (*fen < 0 ? "-" : "") + std::to_string(amount / 100) + '.' + rest,
        [&] { return row_zh(*fen, kMoney, 0, speak_cardinal_zh); }, [&] { return money_en(*fen); });
}

std::optional<std::string> duration(std::string_view value, std::string_view language) {
    const auto seconds = read_whole(value);
    if (!seconds) return std::nullopt;
    return in(
        language, value, [&] { return row_zh(*seconds, kDuration, 3, speak_number_zh); }, [&] { return duration_en(*seconds); });
}

std::optional<std::string> digits(std::string_view value, std::string_view language) {
    std::string kept;
    for (const char c : value.substr(0, kMaxCharacters))
        if ((c >= '0' && c <= '9') || c == '*' || c == '#') kept += c;
    if (kept.empty()) return std::nullopt;
    return speak_digits(kept, language);
}

}  // namespace

std::optional<std::string> speak(std::string_view value, SpokenForm form, std::string_view language) {
    switch (form) {
        case SpokenForm::Text: return text(value);
        case SpokenForm::Number:
        case SpokenForm::Cardinal: return number(value, form, language);
        case SpokenForm::Digits: return digits(value, language);
        case SpokenForm::Money: return money(value, language);
        case SpokenForm::Duration: return duration(value, language);
        case SpokenForm::Date:
            if (const auto day = read_day(value))
                return in(
                    language, value.substr(0, 10), [&] { return date_zh(*day); }, [&] { return date_en(*day); });
            return std::nullopt;
        case SpokenForm::Time:
            if (const auto minute = read_minute(value))
                return in(
                    language, write_minute(*minute), [&] { return time_zh(*minute); }, [&] { return time_en(*minute); });
            return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace hotline::ivr
