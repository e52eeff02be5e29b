#include "hotline/call/number.h"

#include <algorithm>

namespace hotline::call {
namespace {

constexpr std::size_t kLongestDialled = 32;
constexpr std::size_t kLongestE164 = 15, kShortestAbroad = 7;  // digits (ITU-T E.164 §6.2.1)
constexpr std::string_view kChina = "86";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool all_digits(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_digit); }
bool between(char c, char low, char high) { return c >= low && c <= high; }

/// Digits with at most a + before them; none when something else stands there.
std::optional<std::string> bare(std::string_view dialled) {
    if (dialled.size() > kLongestDialled) return std::nullopt;
    std::string out;
    for (const char c : dialled) {
        if (std::string_view(" -.()").find(c) != std::string_view::npos) continue;
        if (!is_digit(c) && !(c == '+' && out.empty())) return std::nullopt;
        out += c;
    }
    return out;
}

/// How many digits of a number without its leading 0 are the area code; 0: none.
std::size_t area_digits(std::string_view number) {
    if (number.size() < 3) return 0;
    if (number.starts_with("10")) return 2;
    if (number[0] == '2') return number[1] == '6' ? 0 : 2;  // 26 is given to nobody
    return between(number[0], '3', '9') ? 3 : 0;
}

/// 114, 12345, 10086, 95588, 96110, 118114.
bool is_short(std::string_view number) {
    if (number.size() == 3) return number[0] == '1' && between(number[1], '1', '2');
    if (number.size() < 5) return false;
    if (number[0] == '1') return between(number[1], '0', '2') && number.size() <= 6;
    return number.starts_with("95") ? number.size() <= 8 : number.starts_with("96") && number.size() <= 6;
}

bool is_mobile(std::string_view number) { return number.size() == 11 && number[0] == '1' && between(number[1], '3', '9'); }
bool is_service(std::string_view number) { return number.size() == 10 && (number.starts_with("400") || number.starts_with("800")); }

bool is_landline(std::string_view number) {
    const std::size_t area = area_digits(number);
    if (area == 0) return false;
    const auto local = number.substr(area);
    if (is_short(local)) return true;
    const bool right_length = local.size() == 8 || (local.size() == 7 && area == 3);
    return right_length && between(local[0], '2', '8');
}

std::string in_china(std::string_view number) { return "+86" + std::string(number); }

/// A number without country code, 00 and leading 0 (E.164's "national significant number").
std::optional<Number> significant(std::string_view number) {
    const std::string text(number);
    if (is_mobile(number)) return Number{Number::Kind::Mobile, text, in_china(number)};
    if (is_service(number)) return Number{Number::Kind::Service, text, in_china(number)};
    if (is_landline(number)) return Number{Number::Kind::Landline, "0" + text, in_china(number)};
    return std::nullopt;
}

/// Behind +86: some write the leading 0 there, too, and some keep short numbers so in their address books.
std::optional<Number> behind_country_code(std::string_view number) {
    if (number.starts_with('0')) return significant(number.substr(1));
    if (is_short(number)) return Number{Number::Kind::Short, std::string(number), {}};
    return significant(number);
}

/// `digits`: country code and number.
std::optional<Number> worldwide(std::string_view digits) {
    if (!all_digits(digits) || digits[0] == '0') return std::nullopt;
    if (digits.starts_with(kChina)) return behind_country_code(digits.substr(kChina.size()));
    if (digits.size() < kShortestAbroad || digits.size() > kLongestE164) return std::nullopt;
    return Number{Number::Kind::International, "00" + std::string(digits), "+" + std::string(digits)};
}

std::optional<Number> local(std::string_view digits, std::string_view area_code) {
    const bool is_local = (digits.size() == 7 || digits.size() == 8) && between(digits[0], '2', '8');
    if (!is_local || !is_area_code(area_code)) return std::nullopt;
    return significant(std::string(area_code.substr(1)) + std::string(digits));
}

}  // namespace

std::optional<Number> read_number(std::string_view dialled, std::string_view area_code) {
    const auto found = bare(dialled);
    if (!found || found->empty()) return std::nullopt;
    const std::string_view text = *found;
    if (text[0] == '+') return worldwide(text.substr(1));
    if (text.starts_with("00")) return worldwide(text.substr(2));
    if (text[0] == '0') return significant(text.substr(1));
    if (is_short(text)) return Number{Number::Kind::Short, *found, {}};
    if (const auto number = significant(text); number && number->kind != Number::Kind::Landline) return number;
    if (const auto number = local(text, area_code)) return number;
    // Carriers leave out the +. No number of the plan at home is as long.
    constexpr std::size_t kShortestWithCode = 12;
    if (text.starts_with(kChina) && text.size() >= kShortestWithCode) return significant(text.substr(kChina.size()));
    return std::nullopt;
}

std::optional<Number> read_caller(std::string_view written, std::string_view area_code) {
    if (auto number = read_number(written, area_code)) return number;
    // North Korea, Hong Kong, Macao, Cambodia, Laos, Bangladesh, Taiwan: calls from there come without their + now and then, too.
    constexpr std::string_view kNeighbours[] = {"850", "852", "853", "855", "856", "880", "886"};
    constexpr std::size_t kShortest = 10;  // two digits and eight, or three and seven
    const auto digits = bare(written);
    if (!digits || digits->size() < kShortest || !all_digits(*digits)) return std::nullopt;
    if (std::ranges::any_of(kNeighbours, [&](auto code) { return digits->starts_with(code); })) return std::nullopt;
    auto number = significant(*digits);
    return number && number->kind == Number::Kind::Landline ? number : std::nullopt;
}

bool is_area_code(std::string_view text) {
    if (text.size() < 3 || text[0] != '0' || !all_digits(text)) return false;
    const auto code = text.substr(1);
    return area_digits(std::string(code) + "0") == code.size();
}

bool is_number_prefix(std::string_view text) {
    if (text == "+") return true;
    const bool plus = text.starts_with('+');
    const auto digits = text.substr(plus ? 1 : 0);
    if (!all_digits(digits) || digits.size() > kLongestE164 + 2) return false;
    if (plus) return digits[0] != '0' && !digits.starts_with(kChina);
    return !text.starts_with("0086");
}

bool begins_with(const Number& number, std::string_view prefix) {
    const bool abroad = prefix.starts_with('+') || prefix.starts_with("00");
    if (abroad != (number.kind == Number::Kind::International)) return false;
    if (prefix.starts_with('+')) return number.e164.starts_with(prefix);
    return number.national.starts_with(prefix);
}

}  // namespace hotline::call
