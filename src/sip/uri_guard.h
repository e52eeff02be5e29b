// May we ever send a request to this URI? Asked of Contact and Record-Route before libsofia is given them: a URI that cannot be
// routed ends a process that uses nua, and leaves one that uses nta with requests that cannot leave.
#pragma once
#include <string>
#include <string_view>

#include "hotline/base/address.h"

namespace hotline::sip {

/// A SIP URI in pieces, as libsofia's url_t holds them (empty: absent).
struct UriPieces {
    std::string_view scheme;
    std::string_view host;       // IPv6 in brackets
    std::string_view port;       // text
    std::string_view transport;  // value of the transport parameter
    bool maddr = false;
};

enum class Routing {
    Routable,    // to `address`
    NeedsName,   // right, but the host is a name: resolve it elsewhere first
    Unroutable,  // never; see reason
};

struct UriVerdict {
    Routing routing;
    Address address;            // with Routable; port 5060 where none is given
    std::string_view reason{};  // with Unroutable: for a log line
};

/// sip only (we have no TLS), port 1–65535, udp or tcp, no maddr, neither multicast nor "any".
UriVerdict guard_uri(const UriPieces& uri);

}  // namespace hotline::sip
