// Who sends this? Digest credentials, the lock against guessing, and the trunks that are known by their address.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hotline/base/metrics.h"
#include "hotline/sip/stack.h"
#include "sip/digest.h"
#include "sip/sofia.h"

namespace hotline::sip {

class Authenticator {
  public:
    Authenticator(const Config& config, Metrics& metrics);
    void reload(const Accounts& accounts) { accounts_ = accounts; }
    /// Where a trunk's host leads to: sources of its own from now on, in the place of those learnt before.
    void learn(const std::string& trunk, std::vector<IpAddress> addresses) { addresses_[trunk] = std::move(addresses); }
    void forget(const std::string& trunk) { addresses_.erase(trunk); }
    const Accounts& accounts() const { return accounts_; }

    bool is_agent(const std::string& user) const { return accounts_.passwords.contains(user); }
    /// The trunk whose networks hold this address, else the first whose own address it is.
    const Trunk* trunk_of(const IpAddress& source) const;
    bool is_of_trunk(const IpAddress& source, std::string_view name) const;
    /// The user that Digest credentials for our realm claim; nothing proven.
    std::optional<std::string> claimed_user(const sip_t& request) const;

    enum class Verdict : std::uint8_t {
        Proven,     // it is `user`
        Challenge,  // 401: no, wrong or locked credentials. The same for known and unknown users
        Stale,      // 401 with stale=true
        Malformed,  // 400
        Another,    // 403: right credentials, but of somebody else
    };
    Verdict prove(const sip_t& request, const std::string& user, const Address& source, Now now);
    /// WWW-Authenticate lines for a 401.
    std::string challenge(const Address& source, Wall now, Verdict verdict);

  private:
    const std::string realm_;
    Accounts accounts_;
    bool has_learnt(const std::string& trunk, const IpAddress& source) const;

    std::map<std::string, std::vector<IpAddress>> addresses_;  // of trunks, learnt
    DigestServer digest_;
    Lockout lockout_;
    Metric& failures_;
};

}  // namespace hotline::sip
