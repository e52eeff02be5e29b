// HTTP digest as SIP uses it (RFC 7616, RFC 8760), the client's side: we answer a trunk's challenges with the account that we have
// there, and nobody else's. One for each dialog and each registration.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hotline::sip {

/// A challenge as it came: the value of WWW-Authenticate (401) or Proxy-Authenticate (407).
struct Challenge {
    enum class From : std::uint8_t { Server, Proxy } from = From::Server;
    std::string value;
};

class DigestClient {
  public:
    DigestClient(std::string user, std::string password) : user_(std::move(user)), password_(std::move(password)) {}

    enum class Verdict : std::uint8_t {
        Answerable,  // send the request again, with headers()
        Refused,     // these credentials were refused: answering once more would be refused once more
        Unknown,     // nothing among them that we can answer: no Digest, no hash of ours, auth-int alone
    };
    /// Takes in what a 401 or 407 challenges with. A nonce is answered once. Another one of the same realm is answered when it says
    /// stale, or when a request went well in between; else the password is wrong.
    Verdict take(const std::vector<Challenge>& challenges);
    /// Authorization and Proxy-Authorization lines for the next request, one a realm; empty before the first challenge.
    std::string headers(std::string_view method, std::string_view uri);
    /// A request was answered by something else than a challenge.
    void settled();

    static constexpr std::size_t kMaxRealms = 4;  // at a time; the oldest that is no longer asked for makes room

  private:
    bool forget_one();

    struct Realm {
        Challenge::From from;
        std::string realm, nonce, opaque, algorithm;
        bool qop = false;  // else as in RFC 2069
        std::uint32_t uses = 0;
        bool answered = false;  // since the last request that went well
        int stale_in_a_row = 0;
    };
    static constexpr int kMaxStale = 2;

    std::string user_, password_;
    std::vector<Realm> realms_;
};

}  // namespace hotline::sip
