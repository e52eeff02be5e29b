#include "sip/gate_reader.h"

#include <gtest/gtest.h>

namespace hotline::sip {
namespace {

TEST(ReadHead, finds_the_first_of_each_header_by_long_and_compact_name) {
    const auto head = read_head(
        "\r\n\r\nINVITE sip:a@b SIP/2.0\r\nv :  SIP/2.0/UDP first\r\nVIA: SIP/2.0/UDP second\r\nT: <sip:b>;tag=1\r\nf:\r\n "
        "<sip:a>\r\n"
        "i: 77\r\ncseq: 1\r\n\tINVITE\r\n\r\nVia: body");
    EXPECT_EQ(head.start_line, "INVITE sip:a@b SIP/2.0");
    EXPECT_EQ(head.via, "SIP/2.0/UDP first");
    EXPECT_EQ(head.to, "<sip:b>;tag=1");
    EXPECT_EQ(head.from, "<sip:a>");
    EXPECT_EQ(head.call_id, "77");
    EXPECT_EQ(head.cseq, "1\r\n\tINVITE");
    EXPECT_FALSE(head.nul);
}

TEST(ReadHead, lines_end_where_libsofia_ends_them) {
    EXPECT_EQ(read_head("INVITE sip:a SIP/2.0\nX: y\rVia: SIP/2.0/UDP hidden;maddr=x\r\n\r\n").via, "SIP/2.0/UDP hidden;maddr=x");
    EXPECT_EQ(read_head("INVITE sip:a SIP/2.0\r\n\rVia: SIP/2.0/UDP body").via, "");
}

TEST(ReadHead, sees_NUL_in_headers_and_not_in_the_body) {
    using namespace std::string_view_literals;
    EXPECT_TRUE(read_head("INVITE sip:a SIP/2.0\r\nX: \0\r\n\r\n"sv).nul);
    EXPECT_TRUE(read_head("INV\0TE sip:a SIP/2.0\r\n\r\n"sv).nul);
    EXPECT_FALSE(read_head("INVITE sip:a SIP/2.0\r\nX: y\r\n\r\n\0"sv).nul);
}

TEST(ReadRequestLine, three_parts_and_the_version_is_SIP) {
    const auto line = read_request_line("INVITE  sip:a@b;lr  SIP/2.0  ");
    ASSERT_TRUE(line);
    EXPECT_EQ(line->method, "INVITE");
    EXPECT_EQ(line->uri, "sip:a@b;lr");
    EXPECT_EQ(line->version, "SIP/2.0");
    EXPECT_EQ(read_request_line("INVITE sip:a; lr SIP/2.0")->uri, "sip:a; lr");
    for (const auto* bad : {"", "INVITE", "INVITE sip:a", "GET / HTTP/1.1", "IN(VITE sip:a SIP/2.0", "INVITE SIP/2.0"}) {
        EXPECT_FALSE(read_request_line(bad)) << bad;
    }
}

TEST(ReadStatus, from_100_to_699) {
    EXPECT_EQ(read_status("SIP/2.0 200 OK"), 200);
    EXPECT_EQ(read_status("sip/2.0 100 "), 100);
    for (const auto* bad :
         {"SIP/2.0 4294967301 better not", "SIP/2.0 99 x", "SIP/2.0 700 x", "SIP/2.0", "SIP/7.0 200 OK", "SIP/2.0 2x0 OK"}) {
        EXPECT_FALSE(read_status(bad)) << bad;
    }
}

TEST(ReadTopVia, as_phones_and_torturers_write_it) {
    const auto plain = read_top_via("SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK-.!%66*_+`'~;rport");
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->transport, "UDP");
    EXPECT_EQ(plain->port, 5070);
    EXPECT_TRUE(plain->rport);
    EXPECT_EQ(plain->branch, "z9hG4bK-.!%66*_+`'~");
    const auto folded = read_top_via("SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw");
    ASSERT_TRUE(folded);
    EXPECT_EQ(folded->branch, "390skdjuw");
    EXPECT_EQ(folded->port, 0);
    const auto list = read_top_via("SIP/2.0/TCP [2001:db8::9:1] : 6050 ;\r\n branch = z9hG4bK9ikj8  ,\r\n SIP/2.0/UDP h;maddr=x");
    ASSERT_TRUE(list);
    EXPECT_EQ(list->port, 6050);
    EXPECT_EQ(list->branch, "z9hG4bK9ikj8");
    EXPECT_FALSE(list->maddr);
    EXPECT_TRUE(read_top_via("SIP/2.0/UDP h;received=2001:db8::9:255;branch=z9hG4bKas3")->branch);
    EXPECT_TRUE(read_top_via("SIP/2.0/UDP h;MADDR = 1.2.3.4")->maddr);
    EXPECT_EQ(read_top_via("SIP/2.0/UDP h;branch")->branch, "");
    EXPECT_EQ(read_top_via("SIP/2.0/UDP h;branch=z9hG4bKlong;branch=x")->branch, "x");
    EXPECT_FALSE(read_top_via("SIP/2.0/UDP h")->branch);
}

TEST(ReadTopVia, malformed) {
    for (const auto* bad : {"", "SIP/2.0/UDP", "SIP/2.0/UDP ", "SIP/2.0 h", "HTTP/1.1/UDP h", "SIP/2.0/UDP 192.0.2.15;;,;,,",
                            "SIP/2.0/UDP h;", "SIP/2.0/UDP ;branch=x", "SIP/2.0/UDP h:", "SIP/2.0/UDP h:0", "SIP/2.0/UDP h:70000",
                            "SIP/2.0/UDP [::1", "SIP/2.0/UDP h x", "SIP/2.0/UDP h;a=\"b", "SIP/2.0/UDPh"}) {
        EXPECT_FALSE(read_top_via(bad)) << bad;
    }
}

TEST(IsOneMessage, headers_an_empty_line_and_as_much_body_as_told) {
    EXPECT_TRUE(is_one_message("A a SIP/2.0\r\nX: y\r\n\r\n"));
    EXPECT_TRUE(is_one_message("A a SIP/2.0\r\nl : 3\r\n\r\nabc"));
    EXPECT_FALSE(is_one_message("A a SIP/2.0\r\nl : 3\r\n\r\nab"));
    EXPECT_FALSE(is_one_message("A a SIP/2.0\r\nContent-Length: 3\r\n\r\nabcd"));
    EXPECT_FALSE(is_one_message("A a SIP/2.0\r\nContent-Length: 3\r\nl: 3\r\n\r\nabc"));
    EXPECT_FALSE(is_one_message("A a SIP/2.0\r\nContent-Length: -999\r\n\r\n"));
    EXPECT_FALSE(is_one_message("A a SIP/2.0\r\nX: y\r\n"));
    EXPECT_FALSE(is_one_message(""));
}

TEST(HasTag, only_as_a_header_parameter) {
    EXPECT_TRUE(has_tag("<sip:a>;tag=1"));
    EXPECT_TRUE(has_tag("sip:vivekg@h ;   tag    = 1918181833n"));
    EXPECT_TRUE(has_tag("\"x\" <sip:a;b>;x=y;TAG=1"));
    EXPECT_FALSE(has_tag("<sip:a;tag=1>"));
    EXPECT_FALSE(has_tag("\"a;tag=1\" <sip:a>"));
    EXPECT_FALSE(has_tag("<sip:a>;tagged=1"));
    EXPECT_FALSE(has_tag("<sip:a>;tag"));
    EXPECT_FALSE(has_tag(""));
    EXPECT_FALSE(has_tag("\"open;tag=1"));
}

TEST(BareIpv6, is_seen_in_the_host_only) {
    EXPECT_TRUE(has_bare_ipv6("sip:2001:db8::10"));
    EXPECT_TRUE(has_bare_ipv6("sip:u@2001:db8::10;lr"));
    EXPECT_FALSE(has_bare_ipv6("sip:[2001:db8::10]:5070"));
    EXPECT_FALSE(has_bare_ipv6("sip:user:pass:word@host:5060"));
    EXPECT_FALSE(has_bare_ipv6("sip:host:5060;x=a:b:c"));
    EXPECT_FALSE(has_bare_ipv6("soap.beep://192.0.2.103:3002"));
    EXPECT_FALSE(has_bare_ipv6("tel:1:2:3"));
}

}  // namespace
}  // namespace hotline::sip
