// The first look at a datagram: start line, the headers that the gate asks for, the top Via. Nothing is copied; nothing is judged
// that libsofia judges itself.
//
// Lines end where libsofia thinks that they end (CR LF, CR or LF): if the two disagreed, a header could be hidden from the gate.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace hotline::sip {

/// Walks over the header lines of a message. Values keep their folding.
class HeaderLines {
  public:
    struct Line {
        std::string_view name;   // without the white space before the colon
        std::string_view value;  // trimmed
        std::string_view whole;  // with its continuation lines, without the last line end
    };
    /// `text` begins behind the start line.
    explicit HeaderLines(std::string_view text) : rest_(text) {}
    /// Nothing at the empty line that ends the headers, or at the end of the text.
    std::optional<Line> next();

  private:
    std::string_view rest_;
};

struct RequestLine {
    std::string_view method, uri, version;
};

/// The headers of a message by their long or compact names; the first of each, empty when absent.
struct Head {
    std::string_view start_line;
    std::string_view headers;  // from the first header line to the end of the datagram
    std::string_view via, from, to, call_id, cseq;
    bool nul = false;  // in the start line or a header
};

/// Leading line ends are skipped (RFC 3261 §7.5).
Head read_head(std::string_view datagram);

/// Method, Request-URI and version, with all white space around them ignored; nothing when there are not three parts, the method is
/// no token, or the version is not SIP/…. A Request-URI with white space inside comes out with it.
std::optional<RequestLine> read_request_line(std::string_view line);

/// The status of "SIP/2.0 200 OK"; nothing when it is no such line, or the status is not 100–699.
std::optional<int> read_status(std::string_view line);

/// What matters of the first element of a Via value.
struct TopVia {
    std::string_view transport;
    std::uint16_t port = 0;  // 0: none given
    bool rport = false;
    bool maddr = false;
    std::optional<std::string_view> branch;  // without value: empty
};
/// Nothing when it is malformed, empty parameters included.
std::optional<TopVia> read_top_via(std::string_view value);

/// Whether the bytes are one whole message: headers up to an empty line, and a body as long as its one Content-Length says.
bool is_one_message(std::string_view bytes);

/// Whether a To value carries a tag: the request claims to be inside a dialog.
bool has_tag(std::string_view name_addr);

/// "sip:2001:db8::10": where does the port begin? (RFC 5118 §4.2)
bool has_bare_ipv6(std::string_view sip_uri);

}  // namespace hotline::sip
