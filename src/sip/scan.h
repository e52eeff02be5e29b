// Small steps of reading text from strangers: views only, nothing is copied, nothing is assumed to end with NUL.
#pragma once
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hotline::sip {

constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr bool iequal(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (to_lower(a[i]) != to_lower(b[i])) return false;
    }
    return true;
}

/// SP, HT, CR, LF: folding makes all four white space inside a header's value (RFC 3261 §25.1, LWS).
constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// Only CR and LF, or nothing (RFC 5626 §3.5.1).
constexpr bool is_keep_alive(std::string_view bytes) { return bytes.find_first_not_of("\r\n") == std::string_view::npos; }

/// A set of characters that is asked in one step.
struct CharSet {
    std::array<bool, 256> has{};
    constexpr explicit CharSet(std::string_view chars) {
        for (const char c : chars) has[static_cast<unsigned char>(c)] = true;
    }
    constexpr bool operator()(char c) const { return has[static_cast<unsigned char>(c)]; }
};

/// `token` of RFC 3261 §25.1.
inline constexpr CharSet is_token_char("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-.!%*_+`'~");

constexpr bool is_token(std::string_view text) {
    for (const char c : text) {
        if (!is_token_char(c)) return false;
    }
    return !text.empty();
}

constexpr void skip_space(std::string_view& text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
}

constexpr std::string_view trim(std::string_view text) {
    skip_space(text);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

/// What stands before the first `separator` (everything when there is none); `text` goes on behind it.
constexpr std::string_view cut(std::string_view& text, char separator) {
    const auto at = text.find(separator);
    const auto head = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return head;
}

/// The next run without white space; empty at the end.
constexpr std::string_view next_word(std::string_view& text) {
    skip_space(text);
    std::size_t n = 0;
    while (n < text.size() && !is_space(text[n])) ++n;
    const auto word = text.substr(0, n);
    text.remove_prefix(n);
    return word;
}

/// Decimal digits only, all of them, in the range of T.
template <class T>
std::optional<T> to_number(std::string_view text) {
    T value{};
    const auto end = text.data() + text.size();
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
    const auto result = std::from_chars(text.data(), end, value);
    return result.ec == std::errc{} && result.ptr == end ? std::optional<T>(value) : std::nullopt;
}

}  // namespace hotline::sip
