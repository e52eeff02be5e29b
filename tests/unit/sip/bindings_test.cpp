#include "sip/bindings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/sip/start.h"

namespace hotline::sip {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const Address kOther = *Address::parse("192.0.2.11:5060");

Registration request(std::vector<std::string> uris, std::uint32_t cseq = 1, std::string call_id = "a") {
    Registration out;
    out.agent = "8001";
    out.call_id = std::move(call_id);
    out.cseq = cseq;
    for (auto& uri : uris) out.contacts.push_back({std::move(uri), {}, 1000, {}});
    out.source = kPhone;
    out.transport = "udp";
    return out;
}

struct BindingsTest : testing::Test {
    Bindings bindings{{60s, 300s, 3600s, 3}};

    int apply(const Registration& r, Time now = kStart) { return bindings.apply(r, now).status; }
    std::vector<std::string> uris(const std::string& agent = "8001") {
        std::vector<std::string> out;
        for (const auto& contact : bindings.contacts(agent)) out.push_back(contact.uri);
        return out;
    }
};

TEST_F(BindingsTest, a_phone_registers_with_the_default_expiry) {
    const auto result = bindings.apply(request({"sip:8001@192.0.2.10"}), kStart);
    EXPECT_EQ(result.status, 200);
    EXPECT_TRUE(result.changed);
    ASSERT_THAT(uris(), ElementsAre("sip:8001@192.0.2.10"));
    EXPECT_EQ(bindings.contacts("8001")[0].expires, kStart + 300s);
    EXPECT_EQ(bindings.next_expiry(), kStart + 300s);
    EXPECT_TRUE(bindings.is_source(kPhone));
    EXPECT_FALSE(bindings.is_source(kOther));
}

TEST_F(BindingsTest, a_query_changes_nothing) {
    apply(request({"sip:8001@192.0.2.10"}));
    const auto result = bindings.apply(request({}, 2), kStart);
    EXPECT_EQ(result.status, 200);
    EXPECT_FALSE(result.changed);
    EXPECT_EQ(bindings.size(), 1u);
}

TEST_F(BindingsTest, a_refresh_prolongs_and_is_no_change) {
    apply(request({"sip:8001@192.0.2.10"}));
    const auto result = bindings.apply(request({"SIP:8001@192.0.2.10"}, 2), kStart + 100s);
    EXPECT_EQ(result.status, 200);
    EXPECT_EQ(bindings.contacts("8001")[0].expires, kStart + 400s);
    EXPECT_EQ(bindings.next_expiry(), kStart + 400s);
    EXPECT_EQ(bindings.size(), 1u);
    EXPECT_FALSE(bindings.apply(request({"SIP:8001@192.0.2.10"}, 3), kStart + 200s).changed);
}

TEST_F(BindingsTest, the_contact_s_expiry_wins_over_the_header_s_and_both_are_capped) {
    auto r = request({"sip:a@192.0.2.10", "sip:b@192.0.2.10"});
    r.expires_s = 100;
    r.contacts[1].expires_s = 4'000'000'000u;
    ASSERT_EQ(apply(r), 200);
    EXPECT_EQ(bindings.contacts("8001")[0].expires, kStart + 100s);
    EXPECT_EQ(bindings.contacts("8001")[1].expires, kStart + 3600s);
}

TEST_F(BindingsTest, too_short_an_expiry_gets_423_with_the_minimum) {
    auto r = request({"sip:8001@192.0.2.10"});
    r.expires_s = 59;
    const auto result = bindings.apply(r, kStart);
    EXPECT_EQ(result.status, 423);
    EXPECT_EQ(result.min_expires_s, 60u);
    EXPECT_THAT(uris(), IsEmpty());
}

TEST_F(BindingsTest, zero_removes_one_contact) {
    apply(request({"sip:a@192.0.2.10", "sip:b@192.0.2.10"}));
    auto r = request({"sip:a@192.0.2.10"}, 2);
    r.contacts[0].expires_s = 0;
    EXPECT_TRUE(bindings.apply(r, kStart).changed);
    EXPECT_THAT(uris(), ElementsAre("sip:b@192.0.2.10"));
    r.cseq = 3;
    EXPECT_FALSE(bindings.apply(r, kStart).changed) << "what is not there is removed already";
}

TEST_F(BindingsTest, a_star_with_zero_removes_all) {
    apply(request({"sip:a@192.0.2.10", "sip:b@192.0.2.10"}));
    auto r = request({}, 2);
    r.star = true;
    r.expires_s = 0;
    EXPECT_TRUE(bindings.apply(r, kStart).changed);
    EXPECT_THAT(uris(), IsEmpty());
    EXPECT_FALSE(bindings.next_expiry());
    EXPECT_FALSE(bindings.is_source(kPhone));
    EXPECT_EQ(bindings.size(), 0u);
}

TEST_F(BindingsTest, a_star_with_anything_else_is_400) {
    apply(request({"sip:a@192.0.2.10"}));
    auto r = request({}, 2);
    r.star = true;
    EXPECT_EQ(apply(r), 400);
    r.expires_s = 300;
    EXPECT_EQ(apply(r), 400);
    r.expires_s = 0;
    r.contacts.push_back({"sip:b@192.0.2.10", {}, 1000, {}});
    EXPECT_EQ(apply(r), 400);
    EXPECT_EQ(bindings.size(), 1u);
}

TEST_F(BindingsTest, an_older_request_of_the_same_call_changes_nothing) {
    apply(request({"sip:a@192.0.2.10"}, 5));
    EXPECT_EQ(apply(request({"sip:a@192.0.2.10"}, 5)), 500);
    auto away = request({"sip:b@192.0.2.10", "sip:a@192.0.2.10"}, 4);
    EXPECT_EQ(apply(away), 500);
    EXPECT_THAT(uris(), ElementsAre("sip:a@192.0.2.10")) << "all or nothing";
    auto star = request({}, 5);
    star.star = true;
    star.expires_s = 0;
    EXPECT_EQ(apply(star), 500);
    EXPECT_EQ(bindings.size(), 1u);
}

TEST_F(BindingsTest, a_restarted_phone_at_the_same_socket_replaces_what_it_left_behind) {
    apply(request({"sip:a-old@192.0.2.10"}, 77, "before"));
    apply(request({"sip:a-new@192.0.2.10"}, 1, "after"));
    EXPECT_THAT(uris(), ElementsAre("sip:a-new@192.0.2.10"));
}

TEST_F(BindingsTest, two_phones_behind_one_proxy_do_not_replace_each_other) {
    auto first = request({"sip:a@10.0.0.1"}, 1, "first"), second = request({"sip:a@10.0.0.2"}, 1, "second");
    first.path = second.path = "<sip:proxy.example.com;lr>";
    apply(first);
    apply(second);
    EXPECT_THAT(uris(), UnorderedElementsAre("sip:a@10.0.0.1", "sip:a@10.0.0.2"));
}

TEST_F(BindingsTest, a_phone_that_moved_is_recognised_by_its_instance) {
    auto before = request({"sip:a@192.0.2.10"}, 1), after = request({"sip:a@192.0.2.11"}, 2);
    before.contacts[0].instance = after.contacts[0].instance = "<urn:uuid:1>";
    after.source = kOther;
    apply(before);
    EXPECT_TRUE(bindings.apply(after, kStart).changed);
    EXPECT_THAT(uris(), ElementsAre("sip:a@192.0.2.11"));
    EXPECT_FALSE(bindings.is_source(kPhone));
    EXPECT_TRUE(bindings.is_source(kOther));
}

TEST_F(BindingsTest, beyond_the_limit_the_contact_that_expires_first_goes) {
    for (std::uint32_t i = 0; i < 4; ++i) {
        auto r = request({"sip:a@192.0.2." + std::to_string(i)}, 1, "call" + std::to_string(i));
        r.source.port = static_cast<std::uint16_t>(6000 + i);
        EXPECT_EQ(apply(r, kStart + i * 1s), 200);
    }
    EXPECT_THAT(uris(), UnorderedElementsAre("sip:a@192.0.2.1", "sip:a@192.0.2.2", "sip:a@192.0.2.3"));
    EXPECT_EQ(bindings.size(), 3u);
}

TEST_F(BindingsTest, more_contacts_in_one_request_than_an_agent_may_have_are_403) {
    EXPECT_EQ(apply(request({"sip:1@h", "sip:2@h", "sip:3@h", "sip:4@h"})), 403);
    EXPECT_EQ(bindings.size(), 0u);
}

TEST_F(BindingsTest, preferred_contacts_come_first) {
    auto r = request({"sip:low@h", "sip:high@h", "sip:mid@h"});
    r.contacts[0].q_milli = 100;
    r.contacts[2].q_milli = 500;
    apply(r);
    EXPECT_THAT(uris(), ElementsAre("sip:high@h", "sip:mid@h", "sip:low@h"));
}

TEST_F(BindingsTest, expiry_tells_whose_set_became_smaller) {
    auto brief = request({"sip:a@192.0.2.10"});
    brief.expires_s = 60;
    apply(brief);
    auto other = request({"sip:b@192.0.2.11"}, 1, "b");
    other.agent = "8002";
    other.source = kOther;
    apply(other);
    EXPECT_THAT(bindings.expire(kStart + 59s), IsEmpty());
    EXPECT_THAT(bindings.expire(kStart + 60s), ElementsAre("8001"));
    EXPECT_THAT(uris(), IsEmpty());
    EXPECT_EQ(bindings.next_expiry(), kStart + 300s);
    EXPECT_THAT(bindings.expire(kStart + 300s), ElementsAre("8002"));
    EXPECT_EQ(bindings.size(), 0u);
    EXPECT_FALSE(bindings.is_source(kOther));
}

TEST_F(BindingsTest, of_two_contacts_the_later_one_keeps_the_agent_reachable) {
    auto r = request({"sip:a@h", "sip:b@h"});
    r.contacts[0].expires_s = 60;
    apply(r);
    EXPECT_THAT(bindings.expire(kStart + 61s), ElementsAre("8001"));
    EXPECT_THAT(uris(), ElementsAre("sip:b@h"));
    EXPECT_EQ(bindings.next_expiry(), kStart + 300s);
}

TEST_F(BindingsTest, an_agent_who_is_gone_loses_his_contacts) {
    apply(request({"sip:a@h"}));
    EXPECT_TRUE(bindings.remove_agent("8001"));
    EXPECT_FALSE(bindings.remove_agent("8001"));
    EXPECT_EQ(bindings.size(), 0u);
    EXPECT_FALSE(bindings.next_expiry());
}

TEST(SameContact, escaped_octets_and_parameters_count_and_the_case_of_the_host_does_not) {
    EXPECT_TRUE(same_contact("sip:a@Host.Example.com;x=1", "SIP:a@host.example.COM;x=1"));
    EXPECT_FALSE(same_contact("sip:%00@h", "sip:%00%00@h"));  // RFC 4475 §3.1.1.4
    EXPECT_FALSE(same_contact("sip:A@h", "sip:a@h"));
    EXPECT_FALSE(same_contact("sip:a@h;x=1", "sip:a@h"));
    EXPECT_FALSE(same_contact("sip:a@h:5060", "sip:a@h"));
    EXPECT_FALSE(same_contact("sip:a;b@h", "sip:a@h"));
    EXPECT_TRUE(same_contact("", ""));
}

}  // namespace
}  // namespace hotline::sip
