#include "sip/uri_text.h"

#include <algorithm>

namespace hotline::sip {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool is_alphanumeric(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
bool stands_in_user(char c) {
    return is_alphanumeric(c) || std::string_view("-_.!~*'()&=+$,;?/").find(c) != std::string_view::npos;
}
bool stands_in_token(char c) { return is_alphanumeric(c) || std::string_view("-.!%*_+`'~").find(c) != std::string_view::npos; }

std::optional<int> hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return std::nullopt;
}

}  // namespace

std::string quoted(std::string_view text) {
    if (text.empty()) return {};
    std::string out = "\"";
    for (const char c : text) {
        if (is_control(c)) continue;
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

std::string escaped_user(std::string_view text) {
    constexpr char kHex[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        if (stands_in_user(c)) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
    return out;
}

std::string unescaped_user(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (i + 2 >= text.size()) return std::string(text);
        const auto high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
        if (!high || !low) return std::string(text);
        out += static_cast<char>(*high * 16 + *low);
        i += 2;
    }
    return out;
}

std::string uri_host(const IpAddress& ip) { return ip.v6 ? "[" + to_text(ip) + "]" : to_text(ip); }

std::string route_uri(const Address& to, std::string_view transport) {
    return "sip:" + to_text(to) + ";transport=" + std::string(transport);
}

std::optional<std::string> header_line(std::string_view name, std::string_view value) {
    if (name.empty() || !std::ranges::all_of(name, stands_in_token)) return std::nullopt;
    std::string line = std::string(name) + ": ";
    for (const char c : value) line += is_control(c) ? ' ' : c;
    return line + "\r\n";
}

}  // namespace hotline::sip
