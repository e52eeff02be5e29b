#include "sip/gate_mend.h"

#include <cstring>

#include "sip/gate_reader.h"
#include "sip/scan.h"

namespace hotline::sip {
namespace {

std::size_t head_length(std::string_view message) {
    const auto end = message.find("\r\n\r\n");
    return end == std::string_view::npos ? message.size() : end;
}

void blank_quoted_nuls(std::span<char> head) {
    if (std::memchr(head.data(), 0, head.size()) == nullptr) return;
    bool quoted = false;
    for (std::size_t i = 0; i < head.size(); ++i) {
        if (head[i] == '\n')
            quoted = quoted && i + 1 < head.size() && (head[i + 1] == ' ' || head[i + 1] == '\t');  // folded, or over
        if (head[i] == '"') quoted = !quoted;
        if (!quoted || head[i] != '\\' || i + 1 == head.size()) continue;
        ++i;
        if (head[i] == 0) head[i] = ' ';
    }
}

/// TLS → TCP in the top Via.
void lower_transport(std::span<char> bytes, std::string_view message) {
    const auto via = read_top_via(read_head(message).via);
    if (!via || !iequal(via->transport, "TLS")) return;
    const auto at = static_cast<std::size_t>(via->transport.data() - message.data());
    std::memcpy(bytes.data() + at, "TCP", 3);
}

}  // namespace

void mend_datagram(std::span<char> datagram) { blank_quoted_nuls(datagram.first(head_length({datagram.data(), datagram.size()}))); }

void mend_stream(std::span<char> bytes) {
    const std::string_view message(bytes.data(), bytes.size());
    if (bytes.empty() || (!is_token_char(message[0]) && !is_space(message[0]))) return;
    const auto head = bytes.first(head_length(message));
    blank_quoted_nuls(head);
    const std::string_view text(head.data(), head.size());
    if (text.find("TLS") != std::string_view::npos && read_request_line(read_head(text).start_line)) lower_transport(head, text);
}

}  // namespace hotline::sip
