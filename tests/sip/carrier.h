// A carrier by hand: the far end of a trunk that calls go out through.
#pragma once
#include "sip/digest.h"
#include "sip/peer.h"

namespace hotline::sip::test {

/// A socket that the daemon has as a trunk, and one call on it.
struct Carrier {
    explicit Carrier(const Address& daemon, Wire wire = Wire::Udp) : peer(wire, daemon), side(peer, "gateway", "x") {}

    Message called() {
        Message invite = peer.expect_request("INVITE");
        side.take(invite);
        return invite;
    }
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
    static Extra body(const std::string& text) {
        Extra extra;
        extra.body = text;
        return extra;
    }
};

}  // namespace hotline::sip::test
