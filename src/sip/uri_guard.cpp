#include "sip/uri_guard.h"

#include <algorithm>

#include "sip/scan.h"

namespace hotline::sip {
namespace {

constexpr std::uint16_t kDefaultPort = 5060;
constexpr std::size_t kMaxName = 253;  // RFC 1035 §2.3.4

UriVerdict never(std::string_view reason) { return {Routing::Unroutable, {}, reason}; }

bool is_host_name(std::string_view host) {
    const auto allowed = [](char c) {
        return (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '-' || c == '.' || c == '_';
    };
    return !host.empty() && host.size() <= kMaxName && std::all_of(host.begin(), host.end(), allowed);
}

/// "1.2.3.400" is no name that a resolver should be asked for.
bool looks_numeric(std::string_view host) { return host.find_first_not_of("0123456789.") == std::string_view::npos; }

}  // namespace

UriVerdict guard_uri(const UriPieces& uri) {
    if (iequal(uri.scheme, "sips") || iequal(uri.transport, "tls")) return never("needs TLS, which we do not have");
    if (!iequal(uri.scheme, "sip")) return never("scheme is not sip");
    if (uri.maddr) return never("maddr");
    if (!uri.transport.empty() && !iequal(uri.transport, "udp") && !iequal(uri.transport, "tcp"))
        return never("transport is neither udp nor tcp");
    std::uint16_t port = kDefaultPort;
    if (!uri.port.empty()) {
        port = to_number<std::uint16_t>(uri.port).value_or(0);
        if (port == 0) return never("port is not 1-65535");
    }
    const bool bracketed = uri.host.starts_with('[');
    if (uri.host.find(':') != std::string_view::npos && !bracketed) return never("IPv6 address without brackets");
    if (const auto ip = IpAddress::parse(uri.host)) {
        static const IpAddress kBroadcast = *IpAddress::parse("255.255.255.255");
        if (ip->is_any() || ip->is_multicast() || *ip == kBroadcast) return never("address is not unicast");
        return {Routing::Routable, {*ip, port}, {}};
    }
    if (bracketed || looks_numeric(uri.host) || !is_host_name(uri.host)) return never("host is neither an address nor a name");
    return {Routing::NeedsName, {}, {}};
}

}  // namespace hotline::sip
