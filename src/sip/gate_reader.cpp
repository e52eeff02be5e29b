#include "sip/gate_reader.h"

#include "sip/scan.h"

namespace hotline::sip {
namespace {

constexpr bool is_line_end(char c) { return c == '\r' || c == '\n'; }

std::size_t line_end_length(std::string_view text) {
    if (text.empty() || !is_line_end(text[0])) return 0;
    return text.size() > 1 && text[0] == '\r' && text[1] == '\n' ? 2 : 1;
}

/// One line, without its end; `text` goes on behind it.
std::string_view take_line(std::string_view& text) {
    std::size_t n = 0;
    while (n < text.size() && !is_line_end(text[n])) ++n;
    const auto line = text.substr(0, n);
    text.remove_prefix(n);
    text.remove_prefix(line_end_length(text));
    return line;
}

bool is_named(std::string_view name, std::string_view full, char compact) {
    return iequal(name, full) || (name.size() == 1 && to_lower(name[0]) == compact);
}

void keep_first(std::string_view& slot, std::string_view value) {
    if (slot.data() == nullptr) slot = value;
}

/// Over a quoted string; false when it does not end.
bool skip_quoted(std::string_view& text) {
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == '"') {
            text.remove_prefix(i + 1);
            return true;
        }
    }
    return false;
}

template <class Wanted>
std::string_view take_while(std::string_view& text, Wanted wanted) {
    std::size_t n = 0;
    while (n < text.size() && wanted(text[n])) ++n;
    const auto out = text.substr(0, n);
    text.remove_prefix(n);
    return out;
}

bool in_value(char c) { return !is_space(c) && c != ';' && c != ',' && c != '='; }

/// "SIP / 2.0 / UDP": three tokens with slashes and white space between.
std::optional<std::string_view> take_transport(std::string_view& text) {
    std::string_view token;
    for (int part = 0; part < 3; ++part) {
        skip_space(text);
        if (part > 0) {
            if (!text.starts_with('/')) return std::nullopt;
            text.remove_prefix(1);
            skip_space(text);
        }
        token = take_while(text, is_token_char);
        if (token.empty() || (part == 0 && !iequal(token, "SIP"))) return std::nullopt;
    }
    return token;
}

/// "host", "host:5060", "[::1] : 5060". False: no host, or no port behind the colon.
bool take_sent_by(std::string_view& text, TopVia& via) {
    skip_space(text);
    std::string_view host;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return false;
        host = text.substr(0, end + 1);
        text.remove_prefix(end + 1);
    } else {
        host = take_while(text, [](char c) { return in_value(c) && c != ':'; });
    }
    skip_space(text);
    if (host.empty()) return false;
    if (!text.starts_with(':')) return true;
    text.remove_prefix(1);
    skip_space(text);
    const auto port = to_number<std::uint16_t>(take_while(text, in_value));
    via.port = port.value_or(0);
    return port && *port != 0;
}

/// One ";name" or ";name=value". False when it is malformed.
bool take_parameter(std::string_view& text, TopVia& via) {
    text.remove_prefix(1);
    skip_space(text);
    const auto name = take_while(text, is_token_char);
    if (name.empty()) return false;
    skip_space(text);
    std::string_view value;
    if (text.starts_with('=')) {
        text.remove_prefix(1);
        skip_space(text);
        if (text.starts_with('"')) {
            if (!skip_quoted(text)) return false;
        } else {
            value = take_while(text, [](char c) { return !is_space(c) && c != ';' && c != ','; });
        }
        skip_space(text);
    }
    if (iequal(name, "rport")) via.rport = true;
    if (iequal(name, "maddr")) via.maddr = true;
    // Of two branches the shorter one counts: we do not know which libsofia takes.
    if (iequal(name, "branch") && (!via.branch || value.size() < via.branch->size())) via.branch = value;
    return true;
}

}  // namespace

std::optional<HeaderLines::Line> HeaderLines::next() {
    if (rest_.empty() || is_line_end(rest_[0])) return std::nullopt;
    const auto begin = rest_.data();
    auto last = take_line(rest_);
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\t')) last = take_line(rest_);
    Line line;
    line.whole = {begin, static_cast<std::size_t>(last.data() + last.size() - begin)};
    line.value = line.whole;
    line.name = trim(cut(line.value, ':'));
    line.value = trim(line.value);
    return line;
}

Head read_head(std::string_view datagram) {
    while (!datagram.empty() && is_line_end(datagram[0])) datagram.remove_prefix(1);
    Head head;
    head.start_line = take_line(datagram);
    head.headers = datagram;
    head.nul = head.start_line.find('\0') != std::string_view::npos;
    HeaderLines lines(datagram);
    while (const auto line = lines.next()) {
        head.nul = head.nul || line->whole.find('\0') != std::string_view::npos;
        if (is_named(line->name, "Via", 'v')) keep_first(head.via, line->value);
        if (is_named(line->name, "From", 'f')) keep_first(head.from, line->value);
        if (is_named(line->name, "To", 't')) keep_first(head.to, line->value);
        if (is_named(line->name, "Call-ID", 'i')) keep_first(head.call_id, line->value);
        if (iequal(line->name, "CSeq")) keep_first(head.cseq, line->value);
    }
    return head;
}

std::optional<RequestLine> read_request_line(std::string_view line) {
    line = trim(line);
    RequestLine out;
    out.method = next_word(line);
    line = trim(line);
    const auto gap = line.find_last_of(" \t");
    if (!is_token(out.method) || gap == std::string_view::npos) return std::nullopt;
    out.version = line.substr(gap + 1);
    out.uri = trim(line.substr(0, gap));
    if (!iequal(out.version.substr(0, 4), "SIP/")) return std::nullopt;
    return out;
}

std::optional<int> read_status(std::string_view line) {
    if (!iequal(next_word(line), "SIP/2.0")) return std::nullopt;
    const auto status = to_number<int>(next_word(line));
    return status && *status >= 100 && *status <= 699 ? status : std::nullopt;
}

std::optional<TopVia> read_top_via(std::string_view text) {
    TopVia via;
    const auto transport = take_transport(text);
    if (!transport || text.empty() || !is_space(text[0]) || !take_sent_by(text, via)) return std::nullopt;
    via.transport = *transport;
    while (true) {
        skip_space(text);
        if (text.empty() || text[0] == ',') return via;
        if (text[0] != ';' || !take_parameter(text, via)) return std::nullopt;
    }
}

bool is_one_message(std::string_view bytes) {
    const auto end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) return false;
    std::string_view headers = bytes.substr(0, end + 4);
    take_line(headers);
    HeaderLines lines(headers);
    std::size_t body = 0, told = 0;
    while (const auto line = lines.next()) {
        if (!is_named(line->name, "Content-Length", 'l')) continue;
        const auto length = to_number<std::size_t>(line->value);
        if (!length || ++told > 1) return false;
        body = *length;
    }
    return bytes.size() - (end + 4) == body;
}

bool has_tag(std::string_view text) {
    while (!text.empty()) {
        if (text[0] == '"') {
            if (!skip_quoted(text)) return false;
            continue;
        }
        if (text[0] == '<') {
            cut(text, '>');
            continue;
        }
        const bool parameter = text[0] == ';';
        text.remove_prefix(1);
        if (!parameter) continue;
        skip_space(text);
        const auto name = take_while(text, is_token_char);
        skip_space(text);
        if (iequal(name, "tag") && text.starts_with('=')) return true;
    }
    return false;
}

bool has_bare_ipv6(std::string_view uri) {
    const auto scheme = cut(uri, ':');
    if (!iequal(scheme, "sip") && !iequal(scheme, "sips")) return false;
    if (const auto at = uri.find('@'); at != std::string_view::npos) uri.remove_prefix(at + 1);
    const auto host = uri.substr(0, uri.find_first_of(";?>/"));
    return !host.starts_with('[') && host.find(':') != host.rfind(':');
}

}  // namespace hotline::sip
