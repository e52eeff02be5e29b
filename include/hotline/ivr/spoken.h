// Values as they are said aloud: "您前面还有两位客户", "三百二十元五角", "下午两点零五分".
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hotline::ivr {

/// Before a measure word (位, 个, 分钟): 0 零, 2 两, 12 十二, 200 两百, 10,005 一万零五. Negative numbers begin with 负.
std::string speak_number_zh(std::int64_t number);
/// A number by itself ("第二", room 200): like the above, but 2 is 二 and 200 二百; 两千, 两万, 两亿 stay.
std::string speak_cardinal_zh(std::int64_t number);
/// 105 → "one hundred five".
std::string speak_number_en(std::int64_t number);

/// Digit by digit, as telephone and order numbers are: 1 is 幺 in Mandarin. `*` and `#` have names; everything else is left out.
std::string speak_digits_zh(std::string_view digits);
std::string speak_digits_en(std::string_view digits);

/// The same by language ("zh", "en"); for any other the figures themselves, which a synthesis program reads in its own way.
std::string speak_number(std::int64_t number, std::string_view language);
std::string speak_digits(std::string_view digits, std::string_view language);

/// How a value is to be said.
enum class SpokenForm {
    Text,      // as it is, without what cannot be said
    Number,    // before a measure word: 2 两
    Cardinal,  // by itself: 2 二
    Digits,    // one by one: 1 幺
    Money,     // whole fen: 325 三元二角五分
    Date,      // 2026-10-02, 20261002, or what begins so (a time stamp)
    Time,      // 14:05, 1405, or a time stamp
    Duration,  // whole seconds: 3605 一小时零五秒
};

/// None when the value is not of that form, or nothing is left of it that can be said. Values may come from strangers: control
/// characters, emoji and the like are left out, and text is cut at 200 characters. In a language other than "zh" and "en" the
/// value is given in figures.
std::optional<std::string> speak(std::string_view value, SpokenForm form, std::string_view language);

}  // namespace hotline::ivr
