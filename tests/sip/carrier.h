// A carrier by hand: the far end of a trunk that calls go out through.
#pragma once
#include <set>

#include "sip/digest.h"
#include "sip/peer.h"

namespace hotline::sip::test {

/// A socket that the daemon has as a trunk, and one call on it.
struct Carrier {
    explicit Carrier(const Address& daemon, const std::string& ip = "127.0.0.1", std::uint16_t port = 0)
        : peer(Wire::Udp, daemon, ip, port), side(peer, "gateway", "x") {}

    /// The next INVITE that is no repetition.
    Message called() {
        Message invite = peer.expect([&](const Message& one) { return is_new(one); }, "a new INVITE");
        seen.insert(key(invite));
        side.take(invite);
        return invite;
    }
    bool is_called() {
        return peer.has([&](const Message& one) { return is_new(one); });
    }
    static std::string key(const Message& invite) { return invite.header("Call-ID") + ' ' + invite.header("CSeq"); }
    bool is_new(const Message& one) const { return one.status() == 0 && one.method() == "INVITE" && !seen.contains(key(one)); }
    /// 407 or 401 with a challenge of our own server's side, which can check the answer, too.
    Extra challenge(const Message& request, int status, bool stale = false) {
        Extra extra;
        const char* name = status == 407 ? "Proxy-Authenticate: " : "WWW-Authenticate: ";
        for (const auto& value : digest.challenges(peer.far(), read_clocks().wall, stale)) extra.headers.push_back(name + value);
        side.answer(request, status, extra);
        return extra;
    }
    bool proves(const Message& request, const std::string& user = "95000", const std::string& word = "secret") {
        std::vector<std::string> values = request.headers("Authorization");
        for (auto& value : request.headers("Proxy-Authorization")) values.push_back(value);
        const std::vector<std::string_view> views(values.begin(), values.end());
        const auto password = [&](const std::string& name) { return name == user ? std::optional(word) : std::nullopt; };
        return digest
                   .check(request.method(), request.request_uri(), views, password, peer.far(), read_clocks().wall, request.body())
                   .verdict == DigestServer::Verdict::Ok;
    }

    Peer peer;
    Side side;
    std::set<std::string> seen;
    DigestServer digest{"carrier", 60s, DigestServer::Offer::Md5Only};
};

class CarrierTest : public SipTest {
  protected:
    /// The daemon takes this trunk into its site.
    void use(const Trunk& trunk) {
        std::erase_if(config.accounts.trunks, [&](const Trunk& one) { return one.name == trunk.name; });
        config.accounts.trunks.push_back(trunk);
        reload();
    }
    void reload() {
        daemon().run([&](Stack& stack) { stack.reload(config.accounts); });
    }
    static Trunk at(const Carrier& carrier, const std::string& name = "carrier") {
        Trunk trunk{name};
        trunk.host = to_text(carrier.peer.local().ip);
        trunk.port = carrier.peer.local().port;
        trunk.options_every = 0s;
        return trunk;
    }
    static Trunk with_account(Trunk trunk) {
        trunk.user = "95000";
        trunk.password = "secret";
        return trunk;
    }
    /// The name of a trunk with these addresses.
    static LookUp leads_to(const std::vector<const char*>& addresses) {
        NameAnswer answer{NameAnswer::Kind::Found};
        for (const char* one : addresses) answer.ips.push_back(*IpAddress::parse(one));
        return [answer](const std::string&, Family family) {
            return family == Family::V4 ? answer : NameAnswer{NameAnswer::Kind::NoAddress};
        };
    }
    static Extra body(const std::string& text) {
        Extra extra;
        extra.body = text;
        return extra;
    }
};

/// Calls that the daemon places through a carrier.
class PlacedCall : public CarrierTest {
  protected:
    /// Answered and acknowledged.
    Message connect(Carrier& carrier, const Message& invite, const Extra& extra = body(sdp())) {
        carrier.side.answer(invite, 200, extra);
        const Message ack = carrier.peer.expect_request("ACK");
        daemon().expect<call::LegAnswered>();
        return ack;
    }
    /// Challenged with 401, proven, answered.
    Message proven(Carrier& carrier, const Extra& extra) {
        carrier.challenge(carrier.called(), 401);
        carrier.peer.expect_request("ACK");
        const Message second = carrier.called();
        EXPECT_TRUE(carrier.proves(second));
        carrier.side.answer(second, 200, extra);
        return second;
    }
    static constexpr const char* kTheirs = "WWW-Authenticate: Digest realm=\"carrier\", nonce=\"chosen\", qop=\"auth\"";
    static void expect_nothing_of_ours(const Message& message) {
        EXPECT_EQ("", message.header("Authorization") + message.header("Proxy-Authorization")) << message.text;
    }
    static Extra longer(int seconds) {
        Extra extra;
        extra.headers = {"Min-SE: " + std::to_string(seconds)};
        return extra;
    }
    void far_end_hangs_up(Carrier& carrier) {
        carrier.side.send("BYE");
        carrier.side.expect(200, "BYE");
        EXPECT_EQ(call::LegEnded::Cause::Remote, daemon().expect<call::LegEnded>().cause);
    }
};

}  // namespace hotline::sip::test
