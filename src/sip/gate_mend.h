// Two well-formed things that libsofia cannot take are mended in place, byte for byte, before it reads them.
//
// 1. A NUL in a quoted pair ("\<NUL>", RFC 4475 §3.1.1.2): its strings would end there. It becomes a space: also a legal pair.
// 2. A top Via that says TLS on a TCP connection, as from behind a proxy that ends TLS: it drops the request without an answer. It
// becomes TCP.
#pragma once
#include <span>

namespace hotline::sip {

/// The headers of one datagram.
void mend_datagram(std::span<char> datagram);
/// What one read from a TCP connection gave. Only a message that begins where the read begins is mended; streams are not framed
/// here.
void mend_stream(std::span<char> bytes);

}  // namespace hotline::sip
