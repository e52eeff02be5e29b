// Our answers to a trunk's challenges, held against RFC 7616's own example and against our server's side.
#include "sip/digest_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sip/digest.h"
#include "sip/digest_hash.h"

namespace hotline::sip {
namespace {

using From = Challenge::From;
using Took = DigestClient::Verdict;

constexpr const char* kUri = "sip:13900001234@carrier.example";

std::string nonce_in(const std::string& header) { return Credentials::parse(header.substr(header.find("Digest")))->nonce; }

/// The value of the one header line.
Credentials only(const std::string& lines, const std::string& name = "Authorization: ") {
    EXPECT_TRUE(lines.starts_with(name)) << lines;
    EXPECT_EQ(lines.find("\r\n"), lines.size() - 2) << lines;
    return Credentials::parse(lines.substr(name.size(), lines.size() - name.size() - 2)).value_or(Credentials{});
}

TEST(DigestClient, OurServerTakesItsAnswers) {
    DigestServer server("carrier", 60s, DigestServer::Offer::Md5First);
    DigestClient client("95000", "se\"cr\\et");
    const Address here = *Address::parse("192.0.2.7:5060");
    const Wall now = read_clocks().wall;
    std::vector<Challenge> challenges;
    for (const auto& value : server.challenges(here, now, false)) challenges.push_back({From::Server, value});
    ASSERT_EQ(client.take(challenges), Took::Answerable);
    const auto verdict = [&](const char* method, const char* uri) {
        const std::string lines = client.headers(method, uri);
        const std::string value = lines.substr(15, lines.size() - 17);
        const std::string_view all[] = {value};
        const auto password = [](const std::string& user) {
            return user == "95000" ? std::optional<std::string>("se\"cr\\et") : std::nullopt;
        };
        return server.check(method, uri, all, password, here, now, "").verdict;
    };
    EXPECT_EQ(verdict("INVITE", kUri), DigestServer::Verdict::Ok);
    EXPECT_EQ(verdict("BYE", "sip:gw@192.0.2.9"), DigestServer::Verdict::Ok) << "nc counts up: the nonce serves again";
    EXPECT_EQ(only(client.headers("INVITE", kUri)).algorithm, "SHA-256") << "the stronger of both";
    EXPECT_EQ(only(client.headers("INVITE", kUri)).nc, "00000004");
}

TEST(DigestClient, AsInRfc2069WhereTheServerIsThatOld) {
    DigestClient client("Mufasa", "CircleOfLife");
    ASSERT_EQ(client.take({{From::Server,
                            "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
                            "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\""}}),
              Took::Answerable);
    const Credentials said = only(client.headers("GET", "/dir/index.html"));
    EXPECT_EQ(said.response, "1949323746fe6a43ef61f9606e7febea");  // RFC 2069 §2.4 with its erratum 749
    EXPECT_EQ(said.opaque, "5ccc069c403ebaf9f0171e9517f40e41");
    EXPECT_EQ(said.qop + said.nc + said.cnonce + said.algorithm, "");
}

TEST(DigestClient, TheProxysChallengeIsAnsweredToTheProxy) {
    DigestClient client("a", "b");
    EXPECT_EQ(client.headers("INVITE", kUri), "");
    client.take({{From::Proxy, "Digest realm=\"p\", nonce=\"1\", qop=\"auth\""}});
    only(client.headers("INVITE", kUri), "Proxy-Authorization: ");
    client.take({{From::Server, "Digest realm=\"s\", nonce=\"2\", qop=\"auth\""}});
    const std::string both = client.headers("INVITE", kUri);
    EXPECT_THAT(both, testing::HasSubstr("Proxy-Authorization: "));
    EXPECT_THAT(both, testing::HasSubstr("\r\nAuthorization: "));
}

TEST(DigestClient, ANonceIsAnsweredOnce) {
    DigestClient client("a", "b");
    const auto challenged = [&](const char* nonce, const char* more = "") {
        return client.take({{From::Server, std::string("Digest realm=\"r\", nonce=\"") + nonce + "\", qop=\"auth\"" + more}});
    };
    EXPECT_EQ(challenged("1"), Took::Answerable);
    EXPECT_EQ(challenged("1"), Took::Refused);
    EXPECT_EQ(challenged("2"), Took::Refused) << "another nonce at once: the password is wrong";
    EXPECT_EQ(challenged("3", ", stale=TRUE"), Took::Answerable);
    EXPECT_EQ(nonce_in(client.headers("INVITE", kUri)), "3");
    EXPECT_EQ(challenged("4", ", stale=true"), Took::Answerable);
    EXPECT_EQ(challenged("5", ", stale=true"), Took::Refused) << "nothing is ever fresh there";
    client.settled();
    EXPECT_EQ(challenged("6"), Took::Answerable) << "a request went well: this nonce is a new one";
    client.settled();
    EXPECT_EQ(challenged("6"), Took::Refused);
}

TEST(DigestClient, WhatItCannotAnswer) {
    for (const char* value : {"Basic realm=\"r\"", "Digest realm=\"r\"", "Digest realm=\"r\", nonce=\"1\", algorithm=SHA-1",
                              "Digest realm=\"r\", nonce=\"1\", algorithm=MD5-sess",
                              "Digest realm=\"r\", nonce=\"1\", qop=\"auth-int\"", "Digest", "Digest realm=\"r", ""}) {
        DigestClient client("a", "b");
        EXPECT_EQ(client.take({{From::Server, value}}), Took::Unknown) << value;
        EXPECT_EQ(client.headers("INVITE", kUri), "") << value;
    }
    DigestClient client("a", "b");
    EXPECT_EQ(client.take({}), Took::Unknown);
    EXPECT_EQ(client.take({{From::Server, "Digest realm=\"r\", nonce=\"1\", qop=\"auth-int, auth\""}}), Took::Answerable);
}

TEST(DigestClient, ManyRealmsAreNoEnd) {
    DigestClient client("a", "b");
    for (std::size_t i = 0; i < DigestClient::kMaxRealms; ++i)
        EXPECT_EQ(client.take({{From::Server, "Digest realm=\"" + std::to_string(i) + "\", nonce=\"1\""}}), Took::Answerable);
    EXPECT_EQ(client.take({{From::Server, "Digest realm=\"one more\", nonce=\"1\""}}), Took::Refused);
}

TEST(DigestClient, ARealmThatNobodyAsksForAnyMoreMakesRoom) {
    DigestClient client("a", "b");
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(client.take({{From::Server, "Digest realm=\"" + std::to_string(i) + "\", nonce=\"1\""}}), Took::Answerable) << i;
        EXPECT_THAT(client.headers("REGISTER", kUri), testing::HasSubstr("realm=\"" + std::to_string(i) + '"'));
        client.settled();
    }
}

TEST(DigestClient, AHostileRealmEndsNoQuotation) {
    DigestClient client("a", "b");
    client.take({{From::Server, "Digest realm=\"x\\\", nonce=\\\"y\", nonce=\"1\", qop=\"auth\""}});
    const Credentials said = only(client.headers("INVITE", kUri));
    EXPECT_EQ(said.realm, "x\", nonce=\"y");
    EXPECT_EQ(said.nonce, "1");
}

}  // namespace
}  // namespace hotline::sip
