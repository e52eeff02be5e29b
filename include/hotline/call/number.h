// Telephone numbers of China in one form, however they were dialled. Pure.
//
//   +86 139 0000 1234 · 8613900001234 · 013900001234 ─▶ Mobile    13900001234     +8613900001234
//   (0571) 8888-6666  · 88886666 at home in 0571     ─▶ Landline  057188886666    +8657188886666
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace hotline::call {

struct Number {
    enum class Kind {
        Mobile,         // 1[3-9] and nine digits
        Landline,       // area code and a local number, or a city's short one (0571 12345)
        Service,        // 400 or 800 and seven digits
        Short,          // 110, 10086, 12306, 95588: the same everywhere, and nothing outside the country
        International,  // 00 and a country's code other than 86
    } kind = Kind::Short;
    std::string national;  // as it is dialled in China: 13900001234, 057188886666, 4001234567, 95588, 0085221234567
    std::string e164;      // "+8613900001234"; empty for Short
    friend bool operator==(const Number&, const Number&) = default;
};

/// Blanks, hyphens, dots and brackets do not count. `area_code` ("0571", or empty) is of the place where a number of seven or eight
/// digits is dialled. None: no number of the plan (ITU-T E.164; China's plan of 2003 with its additions), too long, or with other
/// characters.
std::optional<Number> read_number(std::string_view dialled, std::string_view area_code = {});

/// A caller's number as carriers write it: as above, or a landline without its leading 0 ("57188886666", "2165551234"), unless its
/// first digits are a neighbour's country code as well ("85221234567" could be Hong Kong).
std::optional<Number> read_caller(std::string_view written, std::string_view area_code = {});

/// "010", "021", "0571": with its leading 0.
bool is_area_code(std::string_view text);

/// What a rule names numbers by: digits as they are dialled in China ("1", "0571", "95"), or + or 00 for other countries ("+852",
/// "00"). +86 is no prefix: at home there is another way to write it.
bool is_number_prefix(std::string_view text);
/// A prefix without + and 00 never fits a number of another country: "0" is all landlines and nothing more.
bool begins_with(const Number& number, std::string_view prefix);

}  // namespace hotline::call
