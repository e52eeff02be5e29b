// Numbers as they are said: tables.
#include "hotline/ivr/spoken.h"

#include <gtest/gtest.h>

#include <limits>

namespace hotline::ivr {
namespace {

struct Said {
    std::int64_t number;
    std::string_view words;
};

TEST(SpokenNumber, mandarin_before_a_measure_word) {
    constexpr Said kTable[] = {
        {0, "零"},
        {1, "一"},
        {2, "两"},
        {3, "三"},
        {9, "九"},
        {10, "十"},
        {11, "十一"},
        {12, "十二"},
        {19, "十九"},
        {20, "二十"},
        {22, "二十二"},
        {99, "九十九"},
        {100, "一百"},
        {101, "一百零一"},
        {102, "一百零二"},
        {110, "一百一十"},
        {112, "一百一十二"},
        {120, "一百二十"},
        {200, "两百"},
        {202, "两百零二"},
        {222, "两百二十二"},
        {999, "九百九十九"},
        {1000, "一千"},
        {1001, "一千零一"},
        {1010, "一千零一十"},
        {1012, "一千零一十二"},
        {1100, "一千一百"},
        {1101, "一千一百零一"},
        {2000, "两千"},
        {2002, "两千零二"},
        {2222, "两千二百二十二"},
        {9999, "九千九百九十九"},
        {10'000, "一万"},
        {10'001, "一万零一"},
        {10'005, "一万零五"},
        {10'010, "一万零一十"},
        {10'100, "一万零一百"},
        {11'000, "一万一千"},
        {12'345, "一万二千三百四十五"},
        {20'000, "两万"},
        {20'200, "两万零二百"},
        {22'000, "两万二千"},
        {100'000, "十万"},
        {100'001, "十万零一"},
        {101'000, "十万一千"},
        {110'000, "十一万"},
        {120'000, "十二万"},
        {1'000'010, "一百万零一十"},
        {2'000'000, "两百万"},
        {10'000'000, "一千万"},
        {100'000'000, "一亿"},
        {100'000'001, "一亿零一"},
        {100'010'000, "一亿零一万"},
        {200'000'000, "两亿"},
        {1'010'000'000, "十亿一千万"},
        {1'234'567'890, "十二亿三千四百五十六万七千八百九十"},
        {1'000'000'000'000, "一万亿"},
        {-1, "负一"},
        {-2, "负两"},
        {-12, "负十二"},
        {-200, "负两百"},
    };
    for (const auto& [number, words] : kTable) EXPECT_EQ(speak_number_zh(number), words) << number;
}

TEST(SpokenNumber, mandarin_by_itself) {
    constexpr Said kTable[] = {{2, "二"},      {12, "十二"},     {200, "二百"}, {222, "二百二十二"},
                               {2000, "两千"}, {20'000, "两万"}, {0, "零"},     {-2, "负二"}};
    for (const auto& [number, words] : kTable) EXPECT_EQ(speak_cardinal_zh(number), words) << number;
}

TEST(SpokenNumber, english) {
    constexpr Said kTable[] = {
        {0, "zero"},
        {1, "one"},
        {10, "ten"},
        {13, "thirteen"},
        {19, "nineteen"},
        {20, "twenty"},
        {21, "twenty-one"},
        {40, "forty"},
        {99, "ninety-nine"},
        {100, "one hundred"},
        {105, "one hundred five"},
        {110, "one hundred ten"},
        {117, "one hundred seventeen"},
        {142, "one hundred forty-two"},
        {1000, "one thousand"},
        {1001, "one thousand one"},
        {12'345, "twelve thousand three hundred forty-five"},
        {1'000'000, "one million"},
        {1'000'020, "one million twenty"},
        {2'000'000'000, "two billion"},
        {-7, "minus seven"},
    };
    for (const auto& [number, words] : kTable) EXPECT_EQ(speak_number_en(number), words) << number;
}

TEST(SpokenNumber, the_ends_of_the_range_are_spoken) {
    using Limits = std::numeric_limits<std::int64_t>;
    EXPECT_EQ(speak_number_zh(Limits::min()), "负九百二十二亿三千三百七十二万零三百六十八亿五千四百七十七万五千八百零八");
    EXPECT_EQ(
        speak_number_en(Limits::max()),
        "nine quintillion two hundred twenty-three quadrillion three hundred seventy-two trillion thirty-six billion eight hundred "
        "fifty-four million seven hundred seventy-five thousand eight hundred seven");
    EXPECT_EQ(speak_number_en(Limits::min()).substr(0, 23), "minus nine quintillion ");
}

/// Reads a Mandarin number below 10^8 back: each number must come out as itself.
std::int64_t read_back(std::string_view words) {
    constexpr std::pair<std::string_view, int> kDigits[] = {{"零", 0}, {"一", 1}, {"二", 2}, {"两", 2}, {"三", 3}, {"四", 4},
                                                            {"五", 5}, {"六", 6}, {"七", 7}, {"八", 8}, {"九", 9}};
    constexpr std::pair<std::string_view, int> kUnits[] = {{"十", 10}, {"百", 100}, {"千", 1000}};
    std::int64_t total = 0, group = 0, digit = 0;
    for (; !words.empty(); words.remove_prefix(3)) {  // each of these characters has three bytes
        const std::string_view character = words.substr(0, 3);
        for (const auto& [name, value] : kDigits)
            if (character == name) digit = value;
        for (const auto& [name, value] : kUnits) {
            if (character != name) continue;
            group += (digit == 0 ? 1 : digit) * value;
            digit = 0;
        }
        if (character != "万") continue;
        total = (group + digit) * 10'000;
        group = digit = 0;
    }
    return total + group + digit;
}

TEST(SpokenNumber, every_mandarin_number_can_be_read_back) {
    for (std::int64_t number = 0; number <= 120'000; ++number) ASSERT_EQ(read_back(speak_number_zh(number)), number) << number;
    for (std::int64_t number = 120'000; number < 100'000'000; number += 9'973)
        ASSERT_EQ(read_back(speak_number_zh(number)), number);
}

TEST(SpokenDigits, one_by_one) {
    EXPECT_EQ(speak_digits_zh("2010-95*#"), "二零幺零九五星号井号");
    EXPECT_EQ(speak_digits_en("10 95*#"), "one zero nine five star pound");
    EXPECT_EQ(speak_digits_zh(""), "");
}

TEST(Spoken, by_language) {
    EXPECT_EQ(speak_number(2, "zh"), "两");
    EXPECT_EQ(speak_number(2, "en"), "two");
    EXPECT_EQ(speak_number(2, "de"), "2");
    EXPECT_EQ(speak_digits("12", "zh"), "幺二");
    EXPECT_EQ(speak_digits("12", "en"), "one two");
    EXPECT_EQ(speak_digits("12", "de"), "12");
}

}  // namespace
}  // namespace hotline::ivr
