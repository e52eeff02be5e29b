#include "hotline/ivr/spoken.h"

#include <array>

#include "written.h"

namespace hotline::ivr {
namespace {

using Words = std::array<std::string_view, 10>;
constexpr Words kZhDigits{"零", "一", "二", "三", "四", "五", "六", "七", "八", "九"};
constexpr Words kEnDigits{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"};
constexpr Words kEnTeens{"ten",     "eleven",  "twelve",    "thirteen", "fourteen",
                         "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
constexpr Words kEnTens{"", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"};

struct Unit {
    std::uint64_t value;
    std::string_view word;
};

/// 1–9999. A gap inside is one 零: 1001 一千零一, 1010 一千零一十.
std::string zh_below_10000(std::uint64_t number) {
    constexpr Unit kUnits[] = {{1000, "千"}, {100, "百"}, {10, "十"}, {1, ""}};
    std::string spoken;
    bool gap = false;
    for (const auto& [value, word] : kUnits) {
        const std::uint64_t digit = number / value % 10;
        if (digit == 0) {
            gap = !spoken.empty();
            continue;
        }
        if (gap) spoken += kZhDigits[0];
        gap = false;
        spoken += kZhDigits[digit];
        spoken += word;
    }
    return spoken;
}

/// From 1 on, with 一十 and 二千 at the front, which are said otherwise there. Above 亿 the number of 亿 is itself spoken in 万.
std::string zh_cardinal(std::uint64_t number) {
    for (const auto& [value, word] : {Unit{100'000'000, "亿"}, Unit{10'000, "万"}}) {
        if (number < value) continue;
        const std::uint64_t rest = number % value;
        std::string spoken = zh_cardinal(number / value);
        spoken += word;
        if (rest == 0) return spoken;
        if (rest < value / 10) spoken += kZhDigits[0];
        return spoken + zh_cardinal(rest);
    }
    return zh_below_10000(number);
}

/// True when it was there.
bool replace_front(std::string& text, std::string_view from, std::string_view to) {
    if (!text.starts_with(from)) return false;
    text.replace(0, from.size(), to);
    return true;
}

std::string en_below_1000(std::uint64_t number) {
    std::string spoken;
    const auto add = [&spoken](std::string_view word, std::string_view joint) {
        if (!spoken.empty()) spoken += joint;
        spoken += word;
    };
    if (number >= 100) {
        add(kEnDigits[number / 100], "");
        add("hundred", " ");
    }
    const std::uint64_t rest = number % 100;
    if (rest >= 20) add(kEnTens[rest / 10], " ");
    if (rest >= 10 && rest < 20) add(kEnTeens[rest - 10], " ");
    if ((rest < 10 || rest >= 20) && rest % 10 != 0) add(kEnDigits[rest % 10], rest > 20 ? "-" : " ");
    return spoken;
}

}  // namespace

std::string speak_cardinal_zh(std::int64_t number) {
    if (number == 0) return std::string(kZhDigits[0]);
    std::string spoken = zh_cardinal(magnitude_of(number));
    replace_front(spoken, "一十", "十");  // 十二, but 一百一十二
    for (const auto& [from, to] : {std::pair{"二千", "两千"}, {"二万", "两万"}, {"二亿", "两亿"}}) replace_front(spoken, from, to);
    return number < 0 ? "负" + spoken : spoken;
}

std::string speak_number_zh(std::int64_t number) {
    if (number == 2) return "两";
    if (number == -2) return "负两";
    std::string spoken = speak_cardinal_zh(number);
    if (!replace_front(spoken, "二百", "两百")) replace_front(spoken, "负二百", "负两百");
    return spoken;
}

std::string speak_number_en(std::int64_t number) {
    if (number == 0) return std::string(kEnDigits[0]);
    constexpr Unit kUnits[] = {{1'000'000'000'000'000'000, " quintillion"},
                               {1'000'000'000'000'000, " quadrillion"},
                               {1'000'000'000'000, " trillion"},
                               {1'000'000'000, " billion"},
                               {1'000'000, " million"},
                               {1000, " thousand"},
                               {1, ""}};
    const std::uint64_t magnitude = magnitude_of(number);
    std::string spoken = number < 0 ? "minus" : "";
    for (const auto& [value, word] : kUnits) {
        const std::uint64_t group = magnitude / value % 1000;
        if (group == 0) continue;
        if (!spoken.empty()) spoken += ' ';
        spoken += en_below_1000(group);
        spoken += word;
    }
    return spoken;
}

std::string speak_digits_zh(std::string_view digits) {
    std::string spoken;
    for (const char digit : digits) {
        if (digit == '1') spoken += "幺";  // not to be taken for 七
        if (digit == '*') spoken += "星号";
        if (digit == '#') spoken += "井号";
        if (digit != '1' && digit >= '0' && digit <= '9') spoken += kZhDigits[static_cast<std::size_t>(digit - '0')];
    }
    return spoken;
}

std::string speak_digits_en(std::string_view digits) {
    std::string spoken;
    const auto add = [&spoken](std::string_view word) {
        if (!spoken.empty()) spoken += ' ';
        spoken += word;
    };
    for (const char digit : digits) {
        if (digit == '*') add("star");
        if (digit == '#') add("pound");
        if (digit >= '0' && digit <= '9') add(kEnDigits[static_cast<std::size_t>(digit - '0')]);
    }
    return spoken;
}

std::string speak_number(std::int64_t number, std::string_view language) {
    return language == "zh" ? speak_number_zh(number) : language == "en" ? speak_number_en(number) : std::to_string(number);
}

std::string speak_digits(std::string_view digits, std::string_view language) {
    return language == "zh" ? speak_digits_zh(digits) : language == "en" ? speak_digits_en(digits) : std::string(digits);
}

}  // namespace hotline::ivr
