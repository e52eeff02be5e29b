// HTTP digest as SIP uses it (RFC 7616, RFC 8760), the server's side: MD5, SHA-256 and SHA-512-256 with qop=auth.
//
// A nonce carries its own time, randomness and a MAC over these and the source, so that nothing is kept for a challenge; only
// nonces that were used well take a place in a bounded table that remembers their highest nc.
#pragma once
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "hotline/base/address.h"
#include "hotline/base/time.h"

namespace hotline::sip {

/// One Authorization header, taken apart. Quoted strings are unescaped; what is absent is empty.
struct Credentials {
    std::string username, realm, nonce, uri, response, algorithm, cnonce, opaque, qop, nc, userhash;
    std::string stale;  // only challenges have it, whose parameters are read by parse(), too

    /// Nothing when it is not Digest, is malformed, repeats a parameter, or is over a limit (4 KiB, 32 parameters).
    static std::optional<Credentials> parse(std::string_view header_value);
};

class DigestServer {
  public:
    /// What a challenge offers; an answer with any algorithm of ours is taken whatever was offered. Many phones take the first they
    /// see and fail, and baresip 1.0 (libre's auth_handler) gives up on SHA-256 even where MD5 stands before it.
    enum class Offer { Md5Only, Md5First, Sha256First };

    /// `nonce_life`: how long after its challenge a nonce is taken.
    DigestServer(std::string realm, Duration nonce_life, Offer offer);

    /// Values of WWW-Authenticate headers, in the order in which they are to be sent. They do not tell a known user from an unknown
    /// one.
    std::vector<std::string> challenges(const Address& source, Wall now, bool stale);

    enum class Verdict {
        Ok,
        None,       // no Digest credentials for our realm: challenge
        Stale,      // right, but with a nonce that is old, of another source, or used before: challenge with stale=true
        Wrong,      // unknown user or wrong password: challenge, and tell the Lockout
        Malformed,  // credentials that cannot be read, no qop, another URI than the request's: 400
    };
    struct Checked {
        Verdict verdict;
        std::string user;            // as claimed, with Ok as proven; empty with None and Malformed
        bool nonce_is_ours = false;  // made by us for this source, whatever its age
    };
    using Passwords = std::function<std::optional<std::string>(const std::string& user)>;
    /// `authorization`: values of all Authorization headers. `password` gives the clear password of a user; unknown users cost the
    /// same time as known ones. `body` is looked at for qop=auth-int only.
    Checked check(std::string_view method, std::string_view request_uri, std::span<const std::string_view> authorization,
                  const Passwords& password, const Address& source, Wall now, std::string_view body);

    std::size_t used_nonces() const { return used_.size(); }
    static constexpr std::size_t kMaxUsedNonces = 20'000;

  private:
    struct Used {
        std::string nonce;
        std::uint32_t highest_nc;
    };
    bool is_ours(std::string_view nonce, const Address& source) const;
    bool is_current(std::string_view nonce, Wall now) const;  // of one that is ours
    bool count_use(const std::string& nonce, std::uint32_t nc);

    std::string realm_;
    Duration nonce_life_;
    Offer offer_;
    std::string secret_;            // of the nonces; new at each start, so that those of an earlier life are stale
    std::string nobodys_password_;  // what unknown users are compared with
    std::list<Used> by_use_;        // least recently used first
    std::unordered_map<std::string, std::list<Used>::iterator> used_;
    std::int64_t forgotten_us_ = 0;  // nonces up to this time may have lost their place in the table: stale unless they are in it
};

/// Brute force is slowed per user and per source. A phone that registered well from an address keeps getting in from there while
/// its user or its source are locked because of others (its own failures still count, with a short lock).
///
/// While `locked`, answer as to a wrong password without looking at it: the lock itself tells a stranger nothing.
class Lockout {
  public:
    struct Limits {
        int free_failures = 5;          // in a row, before the first lock
        Duration first_lock{2s};        // doubled with each further failure
        int free_source_failures = 20;  // of a source: an office behind one address has many users
        Duration longest_lock{900s};
        Duration longest_known_lock{4s};   // for a user at an address that is known to be good
        Duration forget_after{3600s};      // without a failure
        Duration known_for{7 * 24h};       // after the last success
        std::size_t max_entries = 20'000;  // of each table; the least recently used goes
    };
    Lockout() : Lockout(Limits{}) {}
    explicit Lockout(Limits limits) : limits_(limits) {}

    bool locked(const std::string& user, const IpAddress& source, Time now) const;
    enum class Effect { Counted, Locked };  // Locked: this failure began or prolonged a lock; worth a line in the log
    Effect failed(const std::string& user, const IpAddress& source, Time now);
    void succeeded(const std::string& user, const IpAddress& source, Time now);

    std::size_t entries() const { return users_.size() + sources_.size() + pairs_.size() + known_.size(); }

  private:
    struct Failures {
        int count = 0;
        Time last{};
        Time locked_until{};
    };
    using Pair = std::pair<std::string, IpAddress>;
    /// A map of at most `limit` keys: beyond that the entry that was touched least recently goes.
    template <class Key, class Value>
    class Recent {
      public:
        Value& touch(const Key& key, std::size_t limit) {
            if (const auto it = index_.find(key); it != index_.end()) {
                order_.splice(order_.end(), order_, it->second);
                return it->second->second;
            }
            if (order_.size() >= limit) {
                index_.erase(order_.front().first);
                order_.pop_front();
            }
            order_.emplace_back(key, Value{});
            index_.emplace(key, std::prev(order_.end()));
            return order_.back().second;
        }
        const Value* find(const Key& key) const {
            const auto it = index_.find(key);
            return it == index_.end() ? nullptr : &it->second->second;
        }
        void erase(const Key& key) {
            if (const auto it = index_.find(key); it != index_.end()) {
                order_.erase(it->second);
                index_.erase(it);
            }
        }
        std::size_t size() const { return order_.size(); }

      private:
        std::list<std::pair<Key, Value>> order_;
        std::map<Key, typename std::list<std::pair<Key, Value>>::iterator> index_;
    };

    Effect count(Failures& failures, int free, Duration longest, Time now) const;
    bool is_known(const Pair& pair, Time now) const;

    Limits limits_;
    Recent<std::string, Failures> users_;
    Recent<IpAddress, Failures> sources_;
    Recent<Pair, Failures> pairs_;  // failures at known addresses
    Recent<Pair, Time> known_;      // last success
};

}  // namespace hotline::sip
