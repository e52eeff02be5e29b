#include "sip/digest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "hotline/base/text.h"
#include "unit/sip/start.h"

namespace hotline::sip {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;
using Verdict = DigestServer::Verdict;

constexpr Wall kNow{std::chrono::microseconds(1'700'000'000'000'000)};
const Address kElsewhere = *Address::parse("192.0.2.11:5060");

std::string hex(const std::string& algorithm, const std::string& text) {
    const auto* hash = algorithm == "SHA-256" ? EVP_sha256() : algorithm == "SHA-512-256" ? EVP_sha512_256() : EVP_md5();
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    EVP_Digest(text.data(), text.size(), out, &n, hash, nullptr);
    return to_hex({reinterpret_cast<const char*>(out), n});
}

std::string nonce_of(const std::string& challenge) {
    const auto at = challenge.find("nonce=\"") + 7;
    return challenge.substr(at, challenge.find('"', at) - at);
}

/// A phone's answer to a challenge.
struct Answer {
    std::string nonce, user = "8001", password = "demo-8001", realm = "hotline", uri = "sip:hotline", method = "REGISTER",
                       algorithm = "MD5", nc = "00000001", cnonce = "c0ffee", qop = "auth", body{};

    std::string text() const {
        const auto ha1 = hex(algorithm, user + ':' + realm + ':' + password);
        auto a2 = method + ':' + uri;
        if (qop == "auth-int") a2 += ':' + hex(algorithm, body);
        const auto response = hex(algorithm, ha1 + ':' + nonce + ':' + nc + ':' + cnonce + ':' + qop + ':' + hex(algorithm, a2));
        return "Digest username=\"" + user + "\",realm=\"" + realm + "\", nonce=\"" + nonce + "\" , uri=\"" + uri +
               "\", response=\"" + response + "\", algorithm=" + algorithm + ", cnonce=\"" + cnonce + "\", nc=" + nc +
               ", qop=" + qop;
    }
};

struct DigestTest : testing::Test {
    DigestServer server{"hotline", 60s, DigestServer::Offer::Md5First};
    std::string nonce = nonce_of(server.challenges(kPhone, kNow, false)[0]);

    Verdict check(std::vector<std::string> headers, const Address& source = kPhone, Wall now = kNow,
                  std::string_view uri = "sip:hotline", std::string_view body = {}) {
        const std::vector<std::string_view> views(headers.begin(), headers.end());
        const auto passwords = [](const std::string& user) {
            return user == "8001" ? std::optional<std::string>("demo-8001") : std::nullopt;
        };
        return server.check("REGISTER", uri, views, passwords, source, now, body).verdict;
    }
    Answer answer() const {
        Answer a;
        a.nonce = nonce;
        return a;
    }
};

TEST_F(DigestTest, the_right_password_is_right_with_each_hash) {
    for (const auto* algorithm : {"MD5", "SHA-256", "SHA-512-256"}) {
        auto a = answer();
        a.algorithm = algorithm;
        a.nonce = nonce_of(server.challenges(kPhone, kNow, false)[0]);
        EXPECT_EQ(check({a.text()}), Verdict::Ok) << algorithm;
    }
}

TEST(DigestVectors, RFC_7616_section_3_9_1) {
    // The nonce is not ours, so that a right response is Stale and any other one is Wrong.
    DigestServer server("http-auth@example.org", 60s, DigestServer::Offer::Md5First);
    const auto verdict = [&](const std::string& algorithm, const std::string& response) {
        const auto header =
            "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", algorithm=" + algorithm +
            ", nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001, "
            "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, response=\"" +
            response + "\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";
        const std::string_view headers[] = {header};
        const auto password = [](const std::string&) { return std::optional<std::string>("Circle of Life"); };
        return server.check("GET", "/dir/index.html", headers, password, kPhone, kNow, {}).verdict;
    };
    EXPECT_EQ(verdict("MD5", "8ca523f5e9506fed4657c9700eebdbec"), Verdict::Stale);
    EXPECT_EQ(verdict("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"), Verdict::Stale);
    EXPECT_EQ(verdict("MD5", "8ca523f5e9506fed4657c9700eebdbed"), Verdict::Wrong);
    EXPECT_EQ(verdict("MD5", ""), Verdict::Wrong);
}

TEST_F(DigestTest, wrong_passwords_and_unknown_users_are_the_same) {
    auto wrong = answer(), unknown = answer();
    wrong.password = "demo-8002";
    unknown.user = "9999";
    EXPECT_EQ(check({wrong.text()}), Verdict::Wrong);
    EXPECT_EQ(check({unknown.text()}), Verdict::Wrong);
    unknown.password = "";
    EXPECT_EQ(check({unknown.text()}), Verdict::Wrong);
}

TEST_F(DigestTest, without_credentials_for_our_realm_there_are_none) {
    EXPECT_EQ(check({}), Verdict::None);
    EXPECT_EQ(check({"NoOneKnowsThisScheme opaque-data=here"}), Verdict::None);  // RFC 4475 §3.3.7
    EXPECT_EQ(check({""}), Verdict::None);
    auto other = answer();
    other.realm = "elsewhere";
    EXPECT_EQ(check({other.text()}), Verdict::None);
    EXPECT_EQ(check({other.text(), answer().text()}), Verdict::Ok) << "ours may stand behind another realm's";
}

TEST_F(DigestTest, a_nonce_lives_as_long_as_it_was_told_and_only_for_its_source) {
    EXPECT_EQ(check({answer().text()}, kPhone, kNow + 60s), Verdict::Ok);
    auto a = answer();
    a.nc = "00000002";
    EXPECT_EQ(check({a.text()}, kPhone, kNow + 61s), Verdict::Stale);
    EXPECT_EQ(check({a.text()}, kPhone, kNow - 1s), Verdict::Stale);
    EXPECT_EQ(check({a.text()}, kElsewhere), Verdict::Stale);
    auto port = kPhone;
    port.port = 40000;
    EXPECT_EQ(check({a.text()}, port), Verdict::Ok) << "a connection's port may change";
}

TEST_F(DigestTest, a_forged_or_foreign_nonce_is_stale_at_best) {
    auto a = answer();
    a.nonce[20] = a.nonce[20] == '0' ? '1' : '0';
    EXPECT_EQ(check({a.text()}), Verdict::Stale);
    a.nonce = "00";
    EXPECT_EQ(check({a.text()}), Verdict::Stale);
    a.password = "guess";
    EXPECT_EQ(check({a.text()}), Verdict::Wrong);
    DigestServer later{"hotline", 60s, DigestServer::Offer::Md5First};
    a = answer();
    a.nonce = nonce_of(later.challenges(kPhone, kNow, false)[0]);
    EXPECT_EQ(check({a.text()}), Verdict::Stale) << "each process has a secret of its own";
}

TEST_F(DigestTest, a_replay_is_stale) {
    EXPECT_EQ(check({answer().text()}), Verdict::Ok);
    EXPECT_EQ(check({answer().text()}), Verdict::Stale);
    auto next = answer();
    next.nc = "00000010";
    EXPECT_EQ(check({next.text()}), Verdict::Ok);
    next.nc = "0000000f";
    EXPECT_EQ(check({next.text()}), Verdict::Stale) << "nc must rise, in hex";
    EXPECT_EQ(server.used_nonces(), 1u);
}

TEST_F(DigestTest, the_table_of_used_nonces_is_bounded_and_forgetting_opens_no_replay) {
    EXPECT_EQ(check({answer().text()}), Verdict::Ok);
    for (std::size_t i = 0; i < DigestServer::kMaxUsedNonces; ++i) {
        auto a = answer();
        a.nonce = nonce_of(server.challenges(kPhone, kNow + std::chrono::microseconds(i + 1), false)[0]);
        ASSERT_EQ(check({a.text()}, kPhone, kNow + 1s), Verdict::Ok);
    }
    EXPECT_EQ(server.used_nonces(), DigestServer::kMaxUsedNonces);
    EXPECT_EQ(check({answer().text()}, kPhone, kNow + 1s), Verdict::Stale);
}

TEST_F(DigestTest, what_is_incomplete_or_contradicts_the_request_is_malformed) {
    const auto changed = [&](auto&& change) {
        auto a = answer();
        change(a);
        return check({a.text()});
    };
    EXPECT_EQ(changed([](Answer& a) { a.qop = ""; }), Verdict::Malformed) << "RFC 2069 style";
    EXPECT_EQ(changed([](Answer& a) { a.qop = "auth-conf"; }), Verdict::Malformed);
    EXPECT_EQ(changed([](Answer& a) { a.nc = "1"; }), Verdict::Malformed);
    EXPECT_EQ(changed([](Answer& a) { a.nc = "00000000"; }), Verdict::Malformed);
    EXPECT_EQ(changed([](Answer& a) { a.nc = "0000000g"; }), Verdict::Malformed);
    EXPECT_EQ(changed([](Answer& a) { a.cnonce = ""; }), Verdict::Malformed);
    EXPECT_EQ(changed([](Answer& a) { a.user = ""; }), Verdict::Malformed);
    EXPECT_EQ(changed([](Answer& a) { a.algorithm = "MD5-sess"; }), Verdict::Malformed);
    EXPECT_EQ(changed([](Answer& a) { a.algorithm = "CRC32"; }), Verdict::Malformed);
    EXPECT_EQ(changed([](Answer& a) { a.uri = "sip:elsewhere"; }), Verdict::Malformed);
    EXPECT_EQ(check({"Digest"}), Verdict::Malformed);
    EXPECT_EQ(check({answer().text() + ", userhash=true"}), Verdict::Malformed);
}

TEST_F(DigestTest, uris_need_to_be_equal_only_in_essence) {
    const auto with = [&](const std::string& told, std::string_view asked) {
        auto a = answer();
        a.nonce = nonce_of(server.challenges(kPhone, kNow, false)[0]);
        a.uri = told;
        return check({a.text()}, kPhone, kNow, asked);
    };
    EXPECT_EQ(with("sip:hotline", "sip:HOTLINE;transport=udp"), Verdict::Ok);
    EXPECT_EQ(with("sip:hotline:5060", "sip:hotline"), Verdict::Ok);
    EXPECT_EQ(with("sip:95000@hotline;user=phone", "sip:95000@hotline"), Verdict::Ok);
    EXPECT_EQ(with("sip:95001@hotline", "sip:95000@hotline"), Verdict::Malformed);
    EXPECT_EQ(with("sip:hotline:5061", "sip:hotline"), Verdict::Malformed);
}

TEST_F(DigestTest, integrity_is_taken_and_covers_the_body) {
    auto a = answer();
    a.qop = "auth-int";
    a.body = "v=0\r\n";
    EXPECT_EQ(check({a.text()}, kPhone, kNow, "sip:hotline", "v=1\r\n"), Verdict::Wrong);
    EXPECT_EQ(check({a.text()}, kPhone, kNow, "sip:hotline", "v=0\r\n"), Verdict::Ok);
}

TEST_F(DigestTest, challenges_offer_what_phones_understand_first) {
    auto plain = server.challenges(kPhone, kNow, false);
    ASSERT_THAT(plain, SizeIs(2));
    EXPECT_THAT(plain[0], StartsWith("Digest realm=\"hotline\", nonce=\""));
    EXPECT_THAT(plain[0], HasSubstr("algorithm=MD5, qop=\"auth\""));
    EXPECT_THAT(plain[1], HasSubstr("algorithm=SHA-256"));
    EXPECT_THAT(plain[0], Not(HasSubstr("stale")));
    EXPECT_THAT(server.challenges(kPhone, kNow, true)[0], HasSubstr(", stale=true"));
    DigestServer strict{"hotline", 60s, DigestServer::Offer::Sha256First};
    EXPECT_THAT(strict.challenges(kPhone, kNow, false)[0], HasSubstr("SHA-256"));
    DigestServer simple{"hotline", 60s, DigestServer::Offer::Md5Only};
    EXPECT_THAT(simple.challenges(kPhone, kNow, false), ElementsAre(HasSubstr("algorithm=MD5,")));
}

TEST(Credentials, reads_what_phones_write) {
    const auto c =
        Credentials::parse("  digest\r\n  Username = \"a\\\"b\\\\\" ,realm=\"r, s\",NC=00000001,\turi=sip:x;y, unknown=1");
    ASSERT_TRUE(c);
    EXPECT_EQ(c->username, "a\"b\\");
    EXPECT_EQ(c->realm, "r, s");
    EXPECT_EQ(c->nc, "00000001");
    EXPECT_EQ(c->uri, "sip:x;y");
}

TEST(Credentials, refuses_what_could_be_read_in_two_ways) {
    for (const std::string text :
         {"Digest username=\"a\", username=\"b\"", "Digest username=\"a\", USERNAME=\"a\"", "Digest username=\"a",
          "Digest username=\"a\\", "Digest a", "Digest =b", "Digest a b=c", "Digest a=b c=d", "Digest a=b,", "Digest a=b,,c=d",
          "Basic a=b", "", "Digest", "Digestusername=\"a\""}) {
        EXPECT_FALSE(Credentials::parse(text)) << text;
    }
    EXPECT_FALSE(Credentials::parse("Digest a=" + std::string(5000, 'b')));
    std::string many = "Digest a0=1";
    for (int i = 1; i < 40; ++i) many += ",a" + std::to_string(i) + "=1";
    EXPECT_FALSE(Credentials::parse(many));
}

}  // namespace
}  // namespace hotline::sip
