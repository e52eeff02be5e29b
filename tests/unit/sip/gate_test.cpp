#include "sip/gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sip/gate_mend.h"
#include "unit/sip/start.h"

namespace hotline::sip {
namespace {

using namespace std::string_view_literals;
using testing::HasSubstr;
using testing::StartsWith;
using Reason = Gate::Reason;
using Judged = Gate::Verdict;

const Address kPeer = *Address::parse("192.0.2.10:5060");
const Address kStranger = *Address::parse("203.0.113.9:5060");

struct Request {
    std::string line = "INVITE sip:95000@hotline SIP/2.0";
    std::string via = "SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK776asdhds";
    std::string to = "<sip:95000@hotline>";
    std::string more{};

    std::string text() const {
        return line + "\r\nVia: " + via + "\r\nFrom: <sip:8001@hotline>;tag=1\r\nTo: " + to + "\r\nCall-ID: 77@h\r\nCSeq: 1 " +
               line.substr(0, line.find(' ')) + "\r\n" + more + "Content-Length: 0\r\n\r\n";
    }
};

struct GateTest : testing::Test {
    Metrics metrics;
    GateConfig config;
    std::unique_ptr<Gate> gate;

    Gate::Judgement judge(std::string_view datagram, const Address& source = kPeer, Time now = kStart) {
        if (!gate) gate = std::make_unique<Gate>(config, metrics);
        return gate->judge(datagram, source, now);
    }
    Reason why(std::string_view datagram, const Address& source = kPeer) { return judge(datagram, source).reason; }
    Reason why_via(const std::string& via) { return why(Request{.via = via}.text()); }
};

TEST_F(GateTest, an_ordinary_request_passes) {
    const auto judged = judge(Request{}.text());
    EXPECT_EQ(judged.verdict, Judged::Pass);
    EXPECT_EQ(judged.reason, Reason::None);
    EXPECT_EQ(why("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n\r\n"), Reason::None);
    EXPECT_EQ(why("\r\n" + Request{}.text()), Reason::None);
}

TEST_F(GateTest, what_is_no_SIP_is_dropped_without_a_word) {
    const std::pair<std::string_view, Reason> noise[] = {
        {"", Reason::KeepAlive},
        {"\r\n\r\n", Reason::KeepAlive},
        {"\0\1\0\0\x21\x12\xa4\x42"sv, Reason::NotSip},  // STUN
        {"\1\1\0\0"sv, Reason::NotSip},
        {"\xf8\x01"sv, Reason::NotSip},  // SigComp
        {"{\"a\":1}", Reason::NotSip},
        {"\0\0\0\0"sv, Reason::NotSip},
        {"jaK", Reason::NoStartLine},
        {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", Reason::NoStartLine},
        {"INVITE sip:a@b\r\nVia: SIP/2.0/UDP h\r\n\r\n", Reason::NoStartLine},
        {"SIP/2.0 4294967301 better not\r\n\r\n", Reason::NoStartLine},
        {"SIP/7.0 200 OK\r\n\r\n", Reason::NoStartLine},
        {"INVITE sip:a@b SIP/2.0\r\nFrom: x\r\n\r\n", Reason::NoVia},
    };
    for (const auto& [datagram, reason] : noise) {
        const auto judged = judge(datagram);
        EXPECT_EQ(judged.reason, reason) << datagram;
        EXPECT_EQ(judged.verdict, Judged::Drop) << datagram;
    }
}

TEST_F(GateTest, a_NUL_in_the_headers_is_dropped_and_in_the_body_passes) {
    auto text = Request{.more = std::string("X: a\0b\r\n"sv)}.text();
    EXPECT_EQ(why(text), Reason::Nul);
    EXPECT_EQ(why(Request{}.text() + '\0'), Reason::None);
}

TEST_F(GateTest, no_reply_is_ever_led_to_a_third_party) {
    EXPECT_EQ(why_via("SIP/2.0/UDP 192.0.2.10;maddr=198.51.100.1;branch=z9hG4bK1"), Reason::Maddr);
    EXPECT_EQ(why_via("SIP/2.0/UDP 192.0.2.10\r\n ;branch=z9hG4bK1\r\n ; mAddr\r\n = 198.51.100.1"), Reason::Maddr);
    EXPECT_EQ(why_via("SIP/2.0/UDP 192.0.2.10:53;branch=z9hG4bK1"), Reason::LowPort);
    EXPECT_EQ(why_via("SIP/2.0/UDP 192.0.2.10:53;branch=z9hG4bK1;rport"), Reason::None);
    auto privileged = kPeer;
    privileged.port = 53;
    EXPECT_EQ(why(Request{.via = "SIP/2.0/UDP 192.0.2.10:53;branch=z9hG4bK1"}.text(), privileged), Reason::None)
        << "it is where it says it is";
}

TEST_F(GateTest, a_branch_is_absent_or_long_enough) {
    EXPECT_EQ(why_via("SIP/2.0/UDP 192.0.2.10;branch=z9hG4b"), Reason::ShortBranch);
    EXPECT_EQ(why_via("SIP/2.0/UDP 192.0.2.10;branch="), Reason::ShortBranch);
    EXPECT_EQ(why_via("SIP/2.0/UDP 192.0.2.10;branch"), Reason::ShortBranch);
    EXPECT_EQ(why_via("SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK"), Reason::None);
    EXPECT_EQ(why_via("SIP/2.0/UDP 192.0.2.10"), Reason::None);
}

TEST_F(GateTest, another_version_gets_505_and_an_ACK_silence) {
    auto request = Request{.line = "OPTIONS sip:a@b SIP/7.0", .via = "SIP/7.0/UDP c.example.com;branch=z9hG4bKkdjuw"};
    const auto judged = judge(request.text());
    EXPECT_EQ(judged.verdict, Judged::Answer);
    EXPECT_EQ(judged.reason, Reason::BadVersion);
    EXPECT_THAT(judged.answer,
                StartsWith("SIP/2.0 505 Version Not Supported\r\nVia: SIP/7.0/UDP c.example.com;branch=z9hG4bKkdjuw\r\n"));
    EXPECT_THAT(judged.answer, HasSubstr("\r\nCall-ID: 77@h\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"));
    EXPECT_THAT(judged.answer, HasSubstr("\r\nTo: <sip:95000@hotline>;tag="));
    EXPECT_EQ(judge(request.text()).answer, judged.answer) << "a repeated request gets the same tag";
    request.line = "ACK sip:a@b SIP/7.0";
    EXPECT_EQ(judge(request.text()).verdict, Judged::Drop);
}

TEST_F(GateTest, what_libsofia_would_drop_in_silence_gets_400) {
    const auto refused = [&](const Request& request, Reason reason) {
        const auto judged = judge(request.text());
        EXPECT_EQ(judged.reason, reason) << request.text();
        EXPECT_THAT(judged.answer, StartsWith("SIP/2.0 400 ")) << request.text();
    };
    refused({.line = "INVITE sip:user@example.com; lr SIP/2.0"}, Reason::BadRequestLine);
    refused({.line = "REGISTER sip:2001:db8::10 SIP/2.0"}, Reason::BadRequestLine);
    refused({.via = "SIP/2.0/UDP 192.0.2.15;;,;,,"}, Reason::BadVia);
    EXPECT_EQ(why(Request{.line = "INVITE  sip:user@example.com  SIP/2.0  "}.text()), Reason::None);
}

TEST_F(GateTest, methods_that_nobody_knows_get_501_also_those_that_libsofia_cannot_read) {
    for (const auto* method : {"NEWMETHOD", "NEWM", "!interesting-Method0123456789_*+`.%indeed'~", "invite"}) {
        const auto judged = judge(Request{.line = std::string(method) + " sip:a@b SIP/2.0"}.text());
        EXPECT_EQ(judged.reason, Reason::UnknownMethod) << method;
        EXPECT_THAT(judged.answer, StartsWith("SIP/2.0 501 Not Implemented\r\n"));
        EXPECT_THAT(judged.answer, HasSubstr("CSeq: 1 " + std::string(method) + "\r\n"));
    }
    for (const auto* method : {"INFO", "PRACK", "UPDATE", "MESSAGE", "SUBSCRIBE", "NOTIFY", "REFER", "PUBLISH"}) {
        EXPECT_EQ(why(Request{.line = std::string(method) + " sip:a@b SIP/2.0"}.text()), Reason::None) << method;
    }
}

TEST_F(GateTest, answers_are_no_amplifier) {
    const auto judged = judge("A a SIP/3.0\r\nv:SIP/2.0/UDP h\r\n\r\n");
    EXPECT_EQ(judged.verdict, Judged::Answer);
    EXPECT_LT(judged.answer.size(), 150u);
}

TEST_F(GateTest, an_answer_cannot_be_led_astray_by_line_ends_in_the_request) {
    const auto judged = judge("A a SIP/3.0\rv: SIP/2.0/UDP h\rCall-ID: 1\rX: y\r\n\r\n");
    EXPECT_EQ(judged.answer, "SIP/2.0 505 Version Not Supported\r\nVia: SIP/2.0/UDP h\r\nCall-ID: 1\r\nContent-Length: 0\r\n\r\n");
}

TEST_F(GateTest, a_whole_request_on_a_stream_is_refused_like_a_datagram) {
    gate = std::make_unique<Gate>(config, metrics);
    const auto strange = Request{.line = "A+B sip:a@b SIP/2.0", .via = "SIP/2.0/TCP h;branch=z9hG4bK1"}.text();
    EXPECT_THAT(gate->judge_stream(strange), StartsWith("SIP/2.0 501 "));
    EXPECT_THAT(gate->judge_stream(Request{.line = "OPTIONS sip:a@b SIP/7.0"}.text()), StartsWith("SIP/2.0 505 "));
    EXPECT_THAT(gate->judge_stream(Request{.line = "OPTIONS sip:a; b SIP/2.0"}.text()), StartsWith("SIP/2.0 400 "));
    EXPECT_EQ(gate->judge_stream(Request{}.text()), "");
    EXPECT_THAT(metrics.render(), HasSubstr("{result=\"unknown_method\"} 1\n"));
}

TEST_F(GateTest, a_stream_in_pieces_is_left_to_libsofia) {
    gate = std::make_unique<Gate>(config, metrics);
    const auto strange = Request{.line = "A+B sip:a@b SIP/2.0"}.text();
    EXPECT_EQ(gate->judge_stream(strange + strange), "") << "two messages";
    EXPECT_EQ(gate->judge_stream(strange.substr(0, strange.size() - 1)), "") << "not all of it";
    EXPECT_EQ(gate->judge_stream(strange.substr(3)), "") << "not from its beginning";
    EXPECT_EQ(gate->judge_stream("\r\n" + strange), "");
    EXPECT_EQ(gate->judge_stream("SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP h;;\r\n\r\n"), "");
    EXPECT_EQ(gate->judge_stream(""), "");
}

// ── Rates ──

struct GateRates : GateTest {
    GateRates() {
        config.rates.source_rate = 100;
        config.rates.source_burst = 50;
        config.standing = [](const Address& source) { return source.ip == kPeer.ip ? Standing::Trunk : Standing::Stranger; };
    }
    int passed_of(int n, const Request& request, const Address& source, Time now = kStart) {
        int passed = 0;
        for (int i = 0; i < n; ++i) passed += judge(request.text(), source, now).verdict == Judged::Pass;
        return passed;
    }
};

TEST_F(GateRates, a_known_source_has_its_burst_and_then_its_rate) {
    EXPECT_EQ(passed_of(100, {}, kPeer), 50);
    EXPECT_EQ(passed_of(100, {}, kPeer, kStart + 100ms), 10);
    EXPECT_EQ(passed_of(100, {}, kPeer, kStart + 1h), 50) << "tokens do not pile up beyond the burst";
}

TEST_F(GateRates, strangers_and_registrations_have_a_tenth) {
    EXPECT_EQ(passed_of(100, {}, kStranger), 5);
    EXPECT_EQ(passed_of(100, {.line = "REGISTER sip:hotline SIP/2.0"}, kPeer), 5);
    EXPECT_EQ(passed_of(100, {.line = "OPTIONS sip:hotline SIP/2.0"}, kPeer), 0) << "one bucket for both";
    EXPECT_EQ(passed_of(100, {}, kPeer), 50) << "and calls have their own";
}

TEST_F(GateRates, ports_do_not_multiply_a_source) {
    int passed = 0;
    for (int port = 1; port <= 100; ++port) {
        auto source = kStranger;
        source.port = static_cast<std::uint16_t>(port);
        passed += passed_of(1, {}, source);
    }
    EXPECT_EQ(passed, 5);
    EXPECT_EQ(gate->sources(), 1u);
}

TEST_F(GateRates, a_known_caller_is_told_and_a_stranger_is_not) {
    passed_of(100, {}, kPeer);
    const auto told = judge(Request{}.text());
    EXPECT_EQ(told.reason, Reason::RateLimited);
    EXPECT_THAT(told.answer, StartsWith("SIP/2.0 503 Service Unavailable\r\n"));
    EXPECT_THAT(told.answer, testing::ContainsRegex("Retry-After: ([1-9]|10)\r\n"));
    passed_of(100, {}, kStranger);
    EXPECT_EQ(judge(Request{}.text(), kStranger).verdict, Judged::Drop);
}

TEST_F(GateRates, what_ends_or_keeps_a_call_is_never_shed) {
    passed_of(100, {}, kPeer);
    passed_of(100, {.line = "OPTIONS sip:hotline SIP/2.0"}, kPeer);
    EXPECT_EQ(passed_of(100, {.line = "BYE sip:a@b SIP/2.0"}, kPeer), 100);
    EXPECT_EQ(passed_of(100, {.line = "ACK sip:a@b SIP/2.0"}, kPeer), 100);
    EXPECT_EQ(passed_of(100, {.line = "CANCEL sip:a@b SIP/2.0"}, kPeer), 100);
    EXPECT_EQ(passed_of(100, {.to = "<sip:a@b>;tag=2"}, kPeer), 100) << "a re-INVITE";
    EXPECT_EQ(passed_of(100, {.line = "BYE sip:a@b SIP/2.0"}, kStranger), 100);
}

TEST_F(GateRates, a_tag_in_To_is_no_ticket) {
    const int registers = passed_of(100, {.line = "REGISTER sip:hotline SIP/2.0", .to = "<sip:a@b>;tag=2"}, kPeer);
    EXPECT_LT(registers, 100);
    EXPECT_EQ(passed_of(100, {.line = "OPTIONS sip:hotline SIP/2.0", .to = "<sip:a@b>;tag=2"}, kPeer), 0);
    EXPECT_LT(passed_of(100, {.to = "<sip:a@b>;tag=2"}, kStranger), 100);
}

TEST_F(GateRates, requests_over_a_connection_take_from_the_same_bucket) {
    passed_of(1, {}, kPeer);
    const auto now = Time(1000h);
    int admitted = 0;
    for (int i = 0; i < 100; ++i) admitted += gate->admits({"REGISTER", "sip:hotline", i % 2 == 0}, kPeer, now);
    EXPECT_LT(admitted, 100);
    EXPECT_FALSE(gate->admits({"OPTIONS", "sip:hotline", false}, kPeer, now));
    EXPECT_TRUE(gate->admits({"BYE", "sip:a@b", true}, kPeer, now));
    EXPECT_TRUE(gate->admits({"INFO", "sip:a@b", true}, kPeer, now));
}

TEST_F(GateRates, a_home_with_an_ipv6_network_is_one_source) {
    auto source = kStranger;
    source.ip = *IpAddress::parse("2001:db8:1:2::1");
    const int first = passed_of(100, {}, source);
    source.ip = *IpAddress::parse("2001:db8:1:2:ffff::9");
    EXPECT_EQ(passed_of(100, {}, source), 0) << first;
    source.ip = *IpAddress::parse("2001:db8:1:3::1");
    EXPECT_EQ(passed_of(100, {}, source), first);
}

// ── All sources together ──

const Address kPhone = *Address::parse("192.0.2.77:5060");

/// Many sources, each far within its own rate.
struct GateOverload : GateTest {
    GateOverload() {
        config.rates.total_rate = 100;
        config.rates.total_burst = 80;
        config.emergency_numbers = {"95119"};
        config.standing = [](const Address& source) {
            if (source.ip == kPhone.ip) return Standing::Contact;
            return source.ip == kPeer.ip ? Standing::Trunk : Standing::Stranger;
        };
    }
    int passed_of_many(int n, const Request& request, Time now = kStart) {
        int passed = 0;
        for (int i = 0; i < n; ++i) {
            const auto source = Address{*IpAddress::parse("203.0.113." + std::to_string(i % 250 + 1)), 5060};
            passed += judge(request.text(), source, now).verdict == Judged::Pass;
        }
        return passed;
    }
    int passed_of(int n, const Request& request, const Address& source) {
        int passed = 0;
        for (int i = 0; i < n; ++i) passed += judge(request.text(), source).verdict == Judged::Pass;
        return passed;
    }
};

TEST_F(GateOverload, each_class_leaves_a_reserve_to_the_dearer_ones) {
    EXPECT_EQ(passed_of_many(500, {}), 40) << "strangers: half";
    EXPECT_EQ(judge(Request{}.text(), kStranger).reason, Reason::Overload);
    EXPECT_EQ(passed_of(500, {}, kPeer), 20) << "calls from a trunk: to a quarter";
    EXPECT_EQ(passed_of(500, {.line = "OPTIONS sip:hotline SIP/2.0"}, kPeer), 0) << "pings of a trunk are the last of all";
    EXPECT_EQ(passed_of(500, {}, kPhone), 10) << "registered phones: to an eighth";
    EXPECT_EQ(passed_of(500, {.line = "INVITE sip:95119@hotline SIP/2.0"}, kPeer), 10) << "emergencies: to the end";
}

TEST_F(GateOverload, an_emergency_is_known_by_its_number_or_its_service) {
    passed_of_many(500, {});
    passed_of(500, {}, kPeer);
    for (const auto* line : {"INVITE sip:95119@hotline SIP/2.0", "INVITE sip:95119;phone-context=x@hotline;user=phone SIP/2.0",
                             "INVITE urn:service:sos.fire SIP/2.0", "INVITE URN:service:sos SIP/2.0"})
        EXPECT_EQ(passed_of(1, {.line = line}, kPeer), 1) << line;
    for (const auto* line :
         {"INVITE sip:951190@hotline SIP/2.0", "INVITE sip:hotline SIP/2.0", "OPTIONS sip:95119@hotline SIP/2.0"})
        EXPECT_EQ(passed_of(1, {.line = line}, kPeer), 0) << line;
    EXPECT_EQ(passed_of(1, {.line = "INVITE sip:95119@hotline SIP/2.0"}, kStranger), 0) << "anybody could claim it";
}

TEST_F(GateOverload, what_belongs_to_a_call_passes_when_nothing_is_left) {
    passed_of(500, {.line = "INVITE sip:95119@hotline SIP/2.0"}, kPeer);
    EXPECT_EQ(passed_of(100, {.to = "<sip:a@b>;tag=2"}, kPeer), 100) << "a re-INVITE";
    EXPECT_EQ(passed_of(100, {.line = "BYE sip:a@b SIP/2.0"}, kStranger), 100);
    EXPECT_EQ(passed_of(100, {.line = "ACK sip:a@b SIP/2.0"}, kPeer), 100);
}

TEST_F(GateOverload, a_trunk_is_told_and_many_strangers_are_not) {
    passed_of_many(500, {});
    EXPECT_EQ(judge(Request{}.text(), kStranger).verdict, Judged::Drop);
    passed_of(500, {}, kPeer);
    EXPECT_THAT(judge(Request{}.text()).answer, testing::ContainsRegex("^SIP/2.0 503 .*\r\nRetry-After: ([1-9]|10)\r\n"));
    EXPECT_THAT(metrics.render(), HasSubstr("{result=\"overload\"}"));
}

TEST_F(GateOverload, a_queue_that_stays_long_sheds_in_the_same_order) {
    gate = std::make_unique<Gate>(config, metrics);
    const auto passes = [&](double queued, Duration after, const Address& source, const Request& request = {}) {
        return gate->judge(request.text(), source, kStart + after,
                           [queued] {
                               return ReceiveQueue{3, queued};
                           })
                   .verdict == Judged::Pass;
    };
    EXPECT_TRUE(passes(0.3, 0ms, kPeer)) << "a hiccup";
    EXPECT_TRUE(passes(0.3, 299ms, kPeer));
    EXPECT_FALSE(passes(0.3, 300ms, kPeer));
    EXPECT_FALSE(passes(0.3, 300ms, kStranger));
    EXPECT_TRUE(passes(0.3, 301ms, kPhone)) << "long for a caller, not for a phone";
    EXPECT_TRUE(passes(0.3, 302ms, kPeer, {.line = "INVITE sip:95119@hotline SIP/2.0"}));
    EXPECT_TRUE(passes(0.3, 302ms, kPeer, {.line = "BYE sip:a@b SIP/2.0"}));
    EXPECT_FALSE(passes(0.08, 400ms, kPeer)) << "not yet short";
    EXPECT_TRUE(passes(0.07, 401ms, kPeer)) << "half as long";
    EXPECT_FALSE(passes(0.07, 402ms, kStranger)) << "for strangers it is still long";
    EXPECT_TRUE(passes(0.3, 500ms, kPeer)) << "it begins anew";
}

TEST_F(GateOverload, a_short_queue_or_a_connection_beside_the_long_one_does_not_help) {
    gate = std::make_unique<Gate>(config, metrics);
    const auto passes = [&](int socket, double fill, Duration after) {
        const auto queue = [=] { return ReceiveQueue{socket, fill}; };
        return gate->judge(Request{}.text(), kPeer, kStart + after, queue).verdict == Judged::Pass;
    };
    const auto admits = [&](Duration after) { return gate->admits({"INVITE", "sip:95000@hotline", false}, kPeer, kStart + after); };
    EXPECT_TRUE(passes(3, 0.3, 0ms));
    EXPECT_TRUE(passes(4, 0, 100ms));
    EXPECT_TRUE(admits(200ms));
    EXPECT_FALSE(passes(3, 0.3, 300ms));
    EXPECT_FALSE(passes(4, 0, 310ms)) << "the same thread reads both";
    EXPECT_FALSE(admits(320ms));
    EXPECT_TRUE(admits(600ms)) << "nobody has seen it long for a while";
    EXPECT_TRUE(passes(3, 0, 610ms));
}

TEST_F(GateOverload, a_repeated_INVITE_is_not_shed) {
    config.is_served = [](std::string_view branch) { return branch == "z9hG4bK776asdhds"; };
    EXPECT_EQ(passed_of(500, {}, kPeer), 500);
    EXPECT_EQ(passed_of(500, {.via = "SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKother"}, kPeer), 60);
}

TEST_F(GateOverload, what_refills_is_shared_the_same_way) {
    passed_of_many(500, {});
    EXPECT_EQ(passed_of_many(500, {}, kStart + 100ms), 10);
    EXPECT_EQ(passed_of_many(500, {}, kStart + 1h), 40) << "not more than the burst";
}

TEST_F(GateRates, answers_of_known_phones_are_never_shed) {
    int known = 0, strange = 0;
    for (int i = 0; i < 100; ++i) {
        known += judge("SIP/2.0 200 OK\r\n\r\n", kPeer).verdict == Judged::Pass;
        strange += judge("SIP/2.0 200 OK\r\n\r\n", kStranger).verdict == Judged::Pass;
    }
    EXPECT_EQ(known, 100);
    EXPECT_EQ(strange, 5);
}

TEST_F(GateRates, the_table_of_sources_is_bounded_and_forgets_the_quietest) {
    config.rates.max_sources = 100;
    passed_of(100, {}, kPeer);
    for (int i = 0; i < 10'000; ++i) {
        auto source = kStranger;
        source.ip.bytes[2] = static_cast<std::uint8_t>(i >> 8);
        source.ip.bytes[3] = static_cast<std::uint8_t>(i);
        judge(Request{}.text(), source);
        judge(Request{}.text(), kPeer);
    }
    EXPECT_EQ(gate->sources(), 100u);
    EXPECT_EQ(passed_of(10, {}, kPeer), 0) << "a busy source keeps its debts";
}

TEST_F(GateRates, each_datagram_is_counted_once_by_what_became_of_it) {
    passed_of(60, {}, kPeer);
    judge("\r\n\r\n");
    const auto page = metrics.render();
    EXPECT_THAT(page, HasSubstr("hotline_sip_gate_total{result=\"passed\"} 50\n"));
    EXPECT_THAT(page, HasSubstr("hotline_sip_gate_total{result=\"rate_limited\"} 10\n"));
    EXPECT_THAT(page, HasSubstr("hotline_sip_gate_total{result=\"keep_alive\"} 1\n"));
    EXPECT_THAT(page, HasSubstr("hotline_sip_gate_total{result=\"maddr\"} 0\n"));
}

// ── Mending ──

std::string mended(std::string text, void (*mend)(std::span<char>)) {
    mend(text);
    return text;
}

TEST(Mend, a_NUL_in_a_quoted_pair_becomes_a_space) {
    const auto with = [](std::string_view c) {
        return "A a SIP/2.0\r\nTo: \"BEL:\\\a NUL:\\" + std::string(c) + " DEL:\\\x7f\" <sip:a>\r\n\r\n";
    };
    EXPECT_EQ(mended(with("\0"sv), mend_datagram), with(" "));
    EXPECT_EQ(mended(with("\0"sv), mend_stream), with(" "));
}

TEST(Mend, any_other_NUL_stays) {
    for (const auto text :
         {"A a SIP/2.0\r\nX: \\\0\r\n\r\n"sv, "A a SIP/2.0\r\nX: \"\0\"\r\n\r\n"sv, "A a SIP/2.0\r\nX: \"\r\nY: \\\0\r\n\r\n"sv,
          "A a SIP/2.0\r\nX: \"\\\\\0\"\r\n\r\n"sv, "A a SIP/2.0\r\n\r\n\"\\\0\""sv}) {
        EXPECT_EQ(mended(std::string(text), mend_datagram), text);
    }
}

TEST(Mend, TLS_in_the_top_Via_of_a_TCP_request_becomes_TCP) {
    EXPECT_EQ(mended("A a SIP/2.0\r\nX: TLS\r\nv: SIP/2.0/TLS h;branch=TLS, SIP/2.0/TLS i\r\n\r\n", mend_stream),
              "A a SIP/2.0\r\nX: TLS\r\nv: SIP/2.0/TCP h;branch=TLS, SIP/2.0/TLS i\r\n\r\n");
    const auto untouched = {"SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS h\r\n\r\n", "middle of a message\r\nVia: SIP/2.0/TLS h\r\n\r\n",
                            "A a SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n\r\nVia: SIP/2.0/TLS h"};
    for (const std::string text : untouched) EXPECT_EQ(mended(text, mend_stream), text);
    const std::string datagram = "A a SIP/2.0\r\nVia: SIP/2.0/TLS h\r\n\r\n";
    EXPECT_EQ(mended(datagram, mend_datagram), datagram);
}

TEST(Mend, nothing_is_read_beyond_the_bytes) {
    for (const auto text : {""sv, "\0"sv, "\\"sv, "A"sv, "A a SIP/2.0\r\nv: SIP/2.0/TLS"sv, "A a SIP/2.0\r\nX: \"\\"sv}) {
        EXPECT_EQ(mended(std::string(text), mend_datagram), text);
        EXPECT_EQ(mended(std::string(text), mend_stream), text);
    }
}

}  // namespace
}  // namespace hotline::sip
