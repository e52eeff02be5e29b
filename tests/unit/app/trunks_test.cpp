// trunks.json, and who may call out: what is read, and every mistake with its place and its cure.
#include <gmock/gmock.h>

#include "unit/app/site_fixture.h"

namespace hotline::app {
namespace {

class TrunkSite : public testing::ScratchSite {
  protected:
    void trunks(const std::string& members) { write("trunks.json", "{\n" + members + "\n}\n"); }
    void outbound(const std::string& members) {
        change("site.json", "\"sip\": {", "\"outbound\": {" + members + "},\n  \"sip\": {");
    }
    sip::Trunk only(const std::string& members) {
        trunks("  \"one\": {" + members + "}");
        const auto config = load();
        EXPECT_EQ(problems_.to_text(), "") << members;
        return config.sip.accounts.trunks.empty() ? sip::Trunk{} : config.sip.accounts.trunks.front();
    }
    call::TrunkRules rules(const std::string& members) {
        trunks("  \"one\": {" + members + "}");
        return load().site->trunks.at("one");
    }
    /// What is said of this one trunk, which stands in line 2.
    std::string told(const std::string& members) {
        trunks("  \"one\": {" + members + "}");
        return said();
    }
};

TEST_F(TrunkSite, ByAddressAlone) {
    const auto trunk = only(R"("address": "192.0.2.1", "caller_id": "95000")");
    EXPECT_EQ(trunk.host, "192.0.2.1");
    EXPECT_EQ(trunk.port, 5060);
    EXPECT_EQ(trunk.transport, "udp");
    EXPECT_EQ(trunk.options_every, 30s);
    EXPECT_EQ(trunk.options_misses, 3);
    EXPECT_FALSE(trunk.registers);
    EXPECT_TRUE(trunk.sources.empty());
    EXPECT_TRUE(rules(R"("address": "192.0.2.1", "caller_id": "95000")").outgoing);
}

TEST_F(TrunkSite, AddressesInEveryForm) {
    const auto far_end = [&](const std::string& address) {
        const auto trunk = only(R"("caller_id": "1", "address": ")" + address + '"');
        return trunk.host + ' ' + std::to_string(trunk.port);
    };
    EXPECT_EQ(far_end("192.0.2.1:5080"), "192.0.2.1 5080");
    EXPECT_EQ(far_end("[2001:db8::1]:5080"), "2001:db8::1 5080");
    EXPECT_EQ(far_end("[2001:db8::1]"), "2001:db8::1 5060");
    EXPECT_EQ(far_end("sip.example.com"), "sip.example.com 5060");
    EXPECT_EQ(far_end("sip.example.com:65535"), "sip.example.com 65535");
}

TEST_F(TrunkSite, AddressesInNoForm) {
    for (const char* address : {"", ":5060", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:5060x", "192.0.2.400",
                                "2001:db8::1", "[2001:db8::1", "[sip.example.com]", "[::1]5060", "0.0.0.0", "224.0.0.1:5060",
                                "sip:sip.example.com", "a b", "sip.example.com/x"}) {
        const auto text = told(R"("caller_id": "1", "address": ")" + std::string(address) + '"');
        EXPECT_EQ(text, "trunks.json:2:40: \"" + std::string(address) +
                            "\" is no address. Write host:port, such as \"192.0.2.1:5060\", \"[2001:db8::1]:5060\" or "
                            "\"sip.example.com\" (port 5060).\n");
    }
}

TEST_F(TrunkSite, Registering) {
    const auto trunk = only(R"("address": "sip.example.com", "transport": "tcp", "domain": "ims.example.com", "user": "057195000",
      "password": "p w", "register": true, "register_expires_s": 600, "options_every_s": 0, "options_misses": 5)");
    EXPECT_TRUE(trunk.registers);
    EXPECT_EQ(trunk.transport, "tcp");
    EXPECT_EQ(trunk.domain, "ims.example.com");
    EXPECT_EQ(trunk.user, "057195000");
    EXPECT_EQ(trunk.password, "p w");
    EXPECT_EQ(trunk.register_expires, 600s);
    EXPECT_EQ(trunk.options_every, 0s);
    EXPECT_EQ(trunk.options_misses, 5);
}

TEST_F(TrunkSite, CodecsNumbersAndLimits) {
    const auto found = rules(
        R"("address": "192.0.2.1", "codecs": ["pcmu", "pcma"], "caller_id": "+8657195000", "number_form": "e164", "max_calls": 30)");
    EXPECT_EQ(found.codecs, (std::vector{call::Codec::Pcmu, call::Codec::Pcma}));
    EXPECT_EQ(found.caller_id, "+8657195000");
    EXPECT_EQ(found.number_form, call::TrunkRules::NumberForm::E164);
    EXPECT_EQ(found.max_calls, 30u);
    EXPECT_FALSE(rules(R"("address": "192.0.2.1", "outgoing": false)").outgoing);
    EXPECT_FALSE(rules(R"("sources": ["192.0.2.0/24"])").outgoing);
}

TEST_F(TrunkSite, MistakesOfATrunk) {
    EXPECT_EQ(told(""), "trunks.json:2:10: \"sources\" is missing. Add it: a list [ ].\n");
    EXPECT_EQ(told(R"("address": "192.0.2.1", "caller_id": "1", "user": "x")"),
              "trunks.json:2:61: user and password belong together. Give both, or neither.\n");
    EXPECT_EQ(told(R"("address": "192.0.2.1", "caller_id": "1", "register": true)"),
              "trunks.json:2:65: registering needs user and password. Add them.\n");
    EXPECT_EQ(told(R"("sources": ["192.0.2.1"], "register": true, "user": "a", "password": "b")"),
              "trunks.json:2:49: this is for calls that we place, and the trunk has no address. Add \"address\".\n");
    EXPECT_EQ(told(R"("sources": ["192.0.2.1"], "outgoing": true)"),
              "trunks.json:2:49: no call can go out: the trunk has no address. Add \"address\".\n");
    EXPECT_EQ(told(R"("address": "192.0.2.1")"),
              "trunks.json:2:22: warning: calls go out without a number that is shown. Add \"caller_id\".\n");
    EXPECT_EQ(told(R"("address": "192.0.2.1", "caller_id": "the boss")"),
              "trunks.json:2:48: \"the boss\" is no number that can be shown. Use digits and +, at most 32.\n");
    EXPECT_EQ(told(R"("address": "192.0.2.1", "caller_id": "1", "codecs": ["g729", "pcma", "pcma"])"),
              "trunks.json:2:64: there is no codec \"g729\". Known here: pcma, pcmu.\n"
              "trunks.json:2:80: \"pcma\" stands here twice. Remove one.\n");
    EXPECT_EQ(told(R"("address": "192.0.2.1", "caller_id": "1", "transport": "tls")"),
              "trunks.json:2:66: \"tls\" is not known here. Did you mean \"tcp\"?\n");
    EXPECT_EQ(told(R"("address": "192.0.2.1", "caller_id": "1", "domain": "no such")"),
              "trunks.json:2:63: \"no such\" is no domain. Write a host name such as \"sip.example.com\", or leave it out.\n");
    EXPECT_EQ(told(R"("adress": "192.0.2.1", "sources": [])"),
              "trunks.json:2:11: unknown key \"adress\". Did you mean \"address\"?\n"
              "trunks.json:2:45: warning: the list is empty: nobody can call through this trunk.\n");
}

TEST_F(TrunkSite, TwoTrunksToOneAddressNeedTheirOwnUsers) {
    const std::string one = R"("address": "192.0.2.1", "caller_id": "1", "user": "a", "password": "b")";
    trunks("  \"one\": {" + one + "},\n  \"two\": {" + one + "}");
    EXPECT_EQ(said(),
              "trunks.json:3:3: trunk \"two\" has address and user of trunk \"one\". Remove one, or give each its own user.\n");
}

TEST_F(TrunkSite, AnAddressCanBeSetFromTheCommandLine) {
    trunks(R"(  "local": { "sources": ["127.0.0.0/8"], "address": "127.0.0.1:5080", "caller_id": "95000" })");
    const auto trunk = load({"trunks.local.address=127.0.0.1:25080"}).sip.accounts.trunks.front();
    EXPECT_EQ(problems_.to_text(), "");
    EXPECT_EQ(trunk.port, 25080);
    EXPECT_EQ(trunk.sources.size(), 1u);
}

TEST_F(TrunkSite, NobodyCallsOutUnlessTheSiteSaysSo) {
    const auto site = load().site;
    EXPECT_TRUE(site->outbound.allowed.empty());
    EXPECT_FALSE(call::may_be_called(site->outbound, *call::read_number("13900001234")));
}

TEST_F(TrunkSite, WithoutRoutesEveryTrunkIsTriedInOrder) {
    trunks(R"(  "b": { "address": "192.0.2.1", "caller_id": "1" }, "in": { "sources": ["192.0.2.9"] },
  "a": { "address": "192.0.2.2", "caller_id": "1" }, "no": { "address": "192.0.2.3", "caller_id": "1", "outgoing": false })");
    outbound(R"("allowed": ["1"])");
    const auto site = load().site;
    EXPECT_EQ(problems_.to_text(), "");
    ASSERT_EQ(site->outbound.routes.size(), 1u);
    EXPECT_EQ(site->outbound.routes[0].trunks, (std::vector<std::string>{"b", "a"}));
    EXPECT_TRUE(site->outbound.routes[0].prefixes.empty());
}

TEST_F(TrunkSite, RoutesAreReadInOrder) {
    trunks(R"(  "one": { "address": "192.0.2.1", "caller_id": "1" }, "two": { "address": "192.0.2.2", "caller_id": "1" })");
    outbound(R"("area_code": "0571", "allowed": ["1", "+852"], "max_calls_per_agent": 3, "max_calls_per_hour": 20, "silence_s": 5,
      "ring_s": 45, "routes": [{ "prefixes": ["1"], "hours": "office", "trunks": ["two", "one"] }, { "trunks": ["one"] }])");
    const auto site = load().site;
    const auto& rules = site->outbound;
    EXPECT_EQ(problems_.to_text(), "");
    EXPECT_EQ(rules.area_code, "0571");
    EXPECT_EQ(rules.max_calls_per_agent, 3u);
    EXPECT_EQ(rules.max_calls_per_hour, 20u);
    EXPECT_EQ(rules.silence, 5s);
    EXPECT_EQ(rules.ring, 45s);
    ASSERT_EQ(rules.routes.size(), 2u);
    EXPECT_EQ(rules.routes[0].trunks, (std::vector<std::string>{"two", "one"}));
    EXPECT_TRUE(rules.routes[0].hours);
    EXPECT_FALSE(rules.routes[1].hours);
}

TEST_F(TrunkSite, MistakesOfRoutesAndPrefixes) {
    trunks(R"(  "one": { "address": "192.0.2.1", "caller_id": "1" }, "in": { "sources": ["192.0.2.9"] })");
    outbound(
        "\n\"area_code\": \"571\",\n\"allowed\": [\"+86\", 1],\n\"routes\": [\n"
        "{ \"trunks\": [] },\n{ \"trunks\": [\"on\"], \"hours\": \"offic\" },\n{ \"trunks\": [\"in\", \"one\", \"one\"] },\n"
        "{ \"trunk\": [] }\n]");
    const std::string cure =
        "expected the beginning of a number in quotes: as it is dialled inside China (\"1\", \"0571\", \"400\"), or with + or 00 "
        "for "
        "other countries (\"+852\").\n";
    EXPECT_EQ(
        said(),
        "site.json:6:14: \"571\" is no area code. Write it with its 0, such as \"0571\" or \"010\".\n"
        "site.json:7:13: " +
            cure + "site.json:7:20: " + cure +
            "site.json:9:13: the list is empty: no call could take this route. Name a trunk.\n"
            "site.json:10:14: there is no trunk \"on\". Did you mean \"in\"?\n"
            "site.json:10:30: there is no calendar \"offic\" in hours.json. Did you mean \"office\"?\n"
            "site.json:11:14: no call goes out through trunk \"in\". Give it an address in trunks.json, and leave \"outgoing\" at "
            "true.\n"
            "site.json:11:27: trunk \"one\" stands here twice. Remove one.\n"
            "site.json:12:1: \"trunks\" is missing. Add it: a list [ ].\n"
            "site.json:12:3: unknown key \"trunk\". Did you mean \"trunks\"?\n");
}

TEST_F(TrunkSite, AllowedWithoutAWayOutIsAWarning) {
    outbound(R"("allowed": ["1"])");
    EXPECT_EQ(said(), "site.json:5:27: warning: agents may call out, but no trunk has an address. Add one in trunks.json.\n");
}

TEST_F(TrunkSite, AQueueShowsItsOwnNumber) {
    change("queues.json", "\"ring_s\": 10", "\"ring_s\": 10, \"caller_id\": \"057195000\"");
    EXPECT_EQ(load().site->queue_caller_ids.at("service"), "057195000");
    change("queues.json", "057195000", "a bank");
    EXPECT_EQ(said(), "queues.json:2:43: \"a bank\" is no number that can be shown. Use digits and +, at most 32.\n");
}

}  // namespace
}  // namespace hotline::app
