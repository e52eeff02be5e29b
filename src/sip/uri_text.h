// Writing addresses into headers so that no text of a stranger can end a quotation, a line or a parameter.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "hotline/base/address.h"

namespace hotline::sip {

/// A quoted-string (RFC 3261 §25.1): quotes and backslashes escaped, control characters left out. Empty stays empty.
std::string quoted(std::string_view text);
/// The user part of a SIP URI: everything but unreserved and user-unreserved characters as %XX.
std::string escaped_user(std::string_view text);
/// The reverse; text with a broken escape is returned as it is.
std::string unescaped_user(std::string_view text);
/// "127.0.0.1" or "[::1]".
std::string uri_host(const IpAddress& ip);
/// `sip:127.0.0.1:5060;transport=udp`: where a request is sent, whatever its Request-URI says.
std::string route_uri(const Address& to, std::string_view transport);
/// A header line of ours that carries foreign text: name must be a token, else nothing; line ends in the value become blanks.
std::optional<std::string> header_line(std::string_view name, std::string_view value);

}  // namespace hotline::sip
