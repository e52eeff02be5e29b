// Patterns of digits: what they let through, what is wrong with them, and that none of them takes long.
#include <gtest/gtest.h>

#include "hotline/ivr/notation.h"

namespace hotline::ivr {
namespace {

bool matches(std::string_view pattern, std::string_view digits) {
    const auto parsed = DigitPattern::parse(pattern);
    if (const auto* slip = std::get_if<Slip>(&parsed)) {
        ADD_FAILURE() << pattern << ": " << slip->text;
        return false;
    }
    return std::get<DigitPattern>(parsed).matches(digits);
}

TEST(DigitPattern, the_whole_entry_must_fit) {
    struct Case {
        std::string_view pattern, digits;
        bool fits;
    };
    constexpr Case kTable[] = {
        {"123", "123", true},
        {"123", "1234", false},
        {"123", "12", false},
        {"^123$", "123", true},
        {"\\d{4}", "2468", true},
        {"\\d{4}", "246", false},
        {"....", "2468", true},
        {"1[3-9]\\d{9}", "13900001234", true},
        {"1[3-9]\\d{9}", "12900001234", false},
        {"[^4]+", "123", true},
        {"[^4]+", "143", false},
        {"[135]", "3", true},
        {"[135]", "2", false},
        {"[1-35]", "5", true},
        {"1?2", "2", true},
        {"1?2", "12", true},
        {"1?2", "112", false},
        {"1*2", "1112", true},
        {"1+2", "2", false},
        {"(12)+", "1212", true},
        {"(12)+", "121", false},
        {"12|34", "34", true},
        {"12|34", "1234", false},
        {"(12|3)4", "34", true},
        {"(12|3)4", "124", true},
        {"1{2,3}", "1", false},
        {"1{2,3}", "111", true},
        {"1{2,3}", "1111", false},
        {"1{2,}", "11111", true},
        {"(1|11){3}", "11111", true},
        {"0{0,2}1", "1", true},
        {"1*", "", true},
        {"\\d+", "", false},
        {"(1|)2", "2", true},
        {"12", "1a", false},
    };
    for (const auto& [pattern, digits, fits] : kTable) EXPECT_EQ(matches(pattern, digits), fits) << pattern << ' ' << digits;
}

TEST(DigitPattern, what_makes_others_search_for_years_is_settled_at_once) {
    const std::string ones(64, '1');
    EXPECT_TRUE(matches("((1+)+)+", ones));
    EXPECT_FALSE(matches("((1+)+)+2", ones));
    EXPECT_FALSE(matches("((1*)*)*2", ones));
    EXPECT_FALSE(matches("((1{0,64}){0,64}){0,64}2", ones));
    EXPECT_FALSE(matches("(1|11|111)+2", ones));
    EXPECT_FALSE(matches("1+", std::string(65, '1'))) << "longer than any entry";
}

std::string pattern_slip(std::string_view pattern) {
    const auto parsed = DigitPattern::parse(pattern);
    const auto* slip = std::get_if<Slip>(&parsed);
    return slip ? std::to_string(slip->at + 1) + ": " + slip->text : "";
}

TEST(DigitPattern, tells_what_is_wrong_and_where) {
    constexpr std::pair<std::string_view, std::string_view> kTable[] = {
        {"", "1: the pattern is empty. Write what an entry looks like, such as \\d{6}."},
        {"12a", "3: \"a\" cannot stand here. Patterns are of digits: \\d, [3-9], ( | ), ? * + {2,4}."},
        {"1\\w", "2: \"\\\" cannot stand here. Patterns are of digits: \\d, [3-9], ( | ), ? * + {2,4}."},
        {"*1", "1: \"*\" cannot stand here. Patterns are of digits: \\d, [3-9], ( | ), ? * + {2,4}."},
        {"1(2", "2: this parenthesis has no end. Close it with )."},
        {"1)2", "2: \")\" cannot stand here. Patterns are of digits: \\d, [3-9], ( | ), ? * + {2,4}."},
        {"1[2", "2: this bracket has no end. Close it with ]."},
        {"1[]", "2: the bracket is empty. Put digits into it."},
        {"1[9-3]", "2: a bracket holds digits and ranges of them, such as [3-9] or [1357]."},
        {"1[a]", "2: a bracket holds digits and ranges of them, such as [3-9] or [1357]."},
        {"1{3,2}", "2: a count is written {6}, {6,} or {6,12}, up to 64, the smaller number first."},
        {"1{65}", "2: a count is written {6}, {6,} or {6,12}, up to 64, the smaller number first."},
        {"1{,2}", "2: a count is written {6}, {6,} or {6,12}, up to 64, the smaller number first."},
        {"1{0}", "2: a count is written {6}, {6,} or {6,12}, up to 64, the smaller number first."},
        {"1{2", "2: a count is written {6}, {6,} or {6,12}, up to 64, the smaller number first."},
        {"1+?", "3: one count is enough. Put a group into ( ) to repeat it."},
        {"1$2", "2: \"$\" cannot stand here. Patterns are of digits: \\d, [3-9], ( | ), ? * + {2,4}."},
        {"((((1))))", "4: parentheses stand more than three deep. Use values, a list of entries."},
    };
    for (const auto& [pattern, slip] : kTable) EXPECT_EQ(pattern_slip(pattern), slip) << pattern;
    EXPECT_EQ(pattern_slip(std::string(201, '1')), "201: longer than 200 bytes. Use values, a list of entries.");
}

}  // namespace
}  // namespace hotline::ivr
