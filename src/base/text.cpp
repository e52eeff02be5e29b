#include "hotline/base/text.h"

namespace hotline {
namespace {

/// Length of the well-formed sequence that begins here (Unicode 15 table 3-7), 0 if none.
std::size_t sequence(std::string_view s) {
    const auto at = [&](std::size_t i) { return i < s.size() ? static_cast<unsigned char>(s[i]) : 0u; };
    const auto in = [](unsigned c, unsigned low, unsigned high) { return c >= low && c <= high; };
    const unsigned c = at(0);
    if (c < 0x80) return 1;
    if (in(c, 0xC2, 0xDF)) return in(at(1), 0x80, 0xBF) ? 2 : 0;
    if (in(c, 0xE0, 0xEF)) {
        const unsigned low = c == 0xE0 ? 0xA0 : 0x80, high = c == 0xED ? 0x9F : 0xBF;
        return in(at(1), low, high) && in(at(2), 0x80, 0xBF) ? 3 : 0;
    }
    if (in(c, 0xF0, 0xF4)) {
        const unsigned low = c == 0xF0 ? 0x90 : 0x80, high = c == 0xF4 ? 0x8F : 0xBF;
        return in(at(1), low, high) && in(at(2), 0x80, 0xBF) && in(at(3), 0x80, 0xBF) ? 4 : 0;
    }
    return 0;
}

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kBase32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

}  // namespace

std::string valid_text(std::string_view bytes, std::size_t max_bytes) {
    std::string out;
    out.reserve(std::min(bytes.size(), max_bytes));
    while (!bytes.empty()) {
        const std::size_t length = sequence(bytes);
        const bool control = length == 1 && (static_cast<unsigned char>(bytes[0]) < 0x20 || bytes[0] == 0x7f);
        const std::string_view piece = length == 0 || control ? kReplacement : bytes.substr(0, length);
        if (out.size() + piece.size() > max_bytes) break;
        out += piece;
        bytes.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

std::string to_base32(std::uint64_t value) {
    std::string out(13, '0');
    for (std::size_t i = 13; i-- > 0; value >>= 5) out[i] = kBase32[value & 31];
    return out;
}

std::uint64_t from_base32(std::string_view text) {
    if (text.size() != 13) return 0;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i] >= 'a' && text[i] <= 'z' ? static_cast<char>(text[i] - 'a' + 'A') : text[i];
        if (c == 'I' || c == 'L') c = '1';
        if (c == 'O') c = '0';
        const auto digit = kBase32.find(c);
        if (digit == std::string_view::npos || (i == 0 && digit > 15)) return 0;
        value = value << 5 | digit;
    }
    return value;
}

std::string to_hex(std::string_view bytes) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (unsigned char c : bytes) {
        out += kHex[c >> 4];
        out += kHex[c & 15];
    }
    return out;
}

}  // namespace hotline
