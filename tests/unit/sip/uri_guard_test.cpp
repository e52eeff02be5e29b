#include "sip/uri_guard.h"

#include <gtest/gtest.h>

namespace hotline::sip {
namespace {

TEST(UriGuard, numbers_are_routable) {
    const auto verdict = [](std::string_view host, std::string_view port, std::string_view transport = "") {
        const auto v = guard_uri({"sip", host, port, transport, false});
        return v.routing == Routing::Routable ? to_text(v.address) : std::string(v.reason);
    };
    EXPECT_EQ(verdict("192.0.2.1", ""), "192.0.2.1:5060");
    EXPECT_EQ(verdict("192.0.2.1", "65535", "UDP"), "192.0.2.1:65535");
    EXPECT_EQ(verdict("[2001:db8::1]", "5070", "tcp"), "[2001:db8::1]:5070");
    EXPECT_EQ(guard_uri({"SIP", "192.0.2.1", "1", "", false}).routing, Routing::Routable);
}

TEST(UriGuard, names_need_a_resolver) {
    for (const auto* host : {"example.com", "host-1", "_sip.example.com.", "1and1.com"}) {
        EXPECT_EQ(guard_uri({"sip", host, "", "", false}).routing, Routing::NeedsName) << host;
    }
}

TEST(UriGuard, what_can_never_be_sent_to) {
    const UriPieces never[] = {
        {"tel", "+123", "", "", false},
        {"", "x", "", "", false},
        {"mailto", "a@b", "", "", false},
        {"sips", "192.0.2.1", "", "", false},
        {"sip", "192.0.2.1", "", "tls", false},
        {"sip", "192.0.2.1", "", "sctp", false},
        {"sip", "192.0.2.1", "", "ws", false},
        {"sip", "192.0.2.1", "0", "", false},
        {"sip", "192.0.2.1", "65536", "", false},
        {"sip", "192.0.2.1", "-1", "", false},
        {"sip", "192.0.2.1", "5060x", "", false},
        {"sip", "192.0.2.1", "", "", true},
        {"sip", "224.0.1.75", "", "", false},
        {"sip", "0.0.0.0", "", "", false},
        {"sip", "[::]", "", "", false},
        {"sip", "[ff02::1]", "", "", false},
        {"sip", "255.255.255.255", "", "", false},
        {"sip", "2001:db8::1", "", "", false},
        {"sip", "[2001:db8::zz]", "", "", false},
        {"sip", "192.0.2.400", "", "", false},
        {"sip", "", "", "", false},
        {"sip", "a b", "", "", false},
        {"sip", "caf\xc3\xa9", "", "", false},
    };
    for (const auto& uri : never) {
        const auto verdict = guard_uri(uri);
        EXPECT_EQ(verdict.routing, Routing::Unroutable) << uri.scheme << ':' << uri.host << ':' << uri.port << ';' << uri.transport;
        EXPECT_FALSE(verdict.reason.empty());
    }
    const std::string long_name(254, 'a');
    EXPECT_EQ(guard_uri({"sip", long_name, "", "", false}).routing, Routing::Unroutable);
}

}  // namespace
}  // namespace hotline::sip
