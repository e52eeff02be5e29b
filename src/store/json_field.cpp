#include "store/json_field.h"

#include <charconv>

namespace hotline::store {
namespace {

void append_utf8(std::string& out, unsigned code) {
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0 | code >> 6);
        out += static_cast<char>(0x80 | (code & 0x3F));
    } else {
        out += static_cast<char>(0xE0 | code >> 12);
        out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
        out += static_cast<char>(0x80 | (code & 0x3F));
    }
}

/// A string at the front of `text` with its quotes; takes it off. Empty optional when there is none or it never ends.
std::optional<std::string> take_string(std::string_view& text) {
    if (text.empty() || text.front() != '"') return std::nullopt;
    std::string out;
    for (std::size_t i = 1; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '"') {
            text.remove_prefix(i + 1);
            return out;
        }
        if (c != '\\') {
            out += c;
            continue;
        }
        if (++i >= text.size()) return std::nullopt;
        switch (text[i]) {
            case 'n': out += '\n'; break;
            case 'r': out += '\r'; break;
            case 't': out += '\t'; break;
            case 'b': out += '\b'; break;
            case 'f': out += '\f'; break;
            case 'u': {
                unsigned code = 0;
                if (i + 4 >= text.size()) return std::nullopt;
                const auto [end, error] = std::from_chars(text.data() + i + 1, text.data() + i + 5, code, 16);
                if (error != std::errc{} || end != text.data() + i + 5) return std::nullopt;
                append_utf8(out, code);
                i += 4;
                break;
            }
            default: out += text[i];
        }
    }
    return std::nullopt;
}

/// Takes one value of any type off the front of `text` and returns its raw form; empty when it never ends.
std::string_view take_value(std::string_view& text) {
    const std::string_view before = text;
    int depth = 0;
    while (!text.empty()) {
        const char c = text.front();
        if (c == '"') {
            if (!take_string(text)) return {};
            continue;
        }
        if (depth == 0 && (c == ',' || c == '}' || c == ']')) break;
        if (c == '{' || c == '[') ++depth;
        if (c == '}' || c == ']') --depth;
        text.remove_prefix(1);
    }
    return text.empty() ? std::string_view{} : before.substr(0, before.size() - text.size());
}

std::string_view raw_field(std::string_view object, std::string_view name) {
    if (object.empty() || object.front() != '{') return {};
    object.remove_prefix(1);
    while (auto key = take_string(object)) {
        if (object.empty() || object.front() != ':') return {};
        object.remove_prefix(1);
        const std::string_view value = take_value(object);
        if (value.empty() || *key == name) return value;
        if (object.front() == ',') object.remove_prefix(1);
    }
    return {};
}

}  // namespace

std::optional<std::string> json_text(std::string_view object, std::string_view name) {
    std::string_view raw = raw_field(object, name);
    return take_string(raw);
}

std::optional<std::int64_t> json_integer(std::string_view object, std::string_view name) {
    const std::string_view raw = raw_field(object, name);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
    if (raw.empty() || error != std::errc{} || end != raw.data() + raw.size()) return std::nullopt;
    return value;
}

}  // namespace hotline::store
