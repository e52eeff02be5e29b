// The registrar's table (RFC 3261 §10.3): where each agent can be reached. Pure: requests come in taken apart, time is an argument.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "hotline/base/address.h"
#include "hotline/base/time.h"
#include "hotline/base/timer_queue.h"

namespace hotline::sip {

/// One way to reach an agent's phone.
struct Contact {
    std::string uri;        // as the phone wrote it: our Request-URI
    Address source;         // where the REGISTER came from: where we send to
    std::string transport;  // "udp" or "tcp"
    Time expires{};
    std::string call_id;
    std::uint32_t cseq = 0;
    std::string path;      // RFC 3327, empty when there was none
    int q_milli = 1000;    // 0–1000, higher is preferred
    std::string instance;  // +sip.instance (RFC 5626), empty when there was none
};

/// A REGISTER that was authenticated, taken apart.
struct Registration {
    struct Asked {
        std::string uri;
        std::optional<std::uint32_t> expires_s;  // the contact's own parameter; anything unreadable is "none given"
        int q_milli = 1000;
        std::string instance;
    };
    std::string agent;  // user part of To
    std::string call_id;
    std::uint32_t cseq = 0;
    bool star = false;                       // Contact: *
    std::optional<std::uint32_t> expires_s;  // the Expires header
    std::vector<Asked> contacts;             // none and no star: a query
    Address source;
    std::string transport;
    std::string path;
};

class Bindings {
  public:
    struct Limits {
        Duration min_expires{60s}, default_expires{300s}, max_expires{3600s};
        std::size_t max_contacts = 5;  // an agent; one more replaces the contact that expires first
    };
    explicit Bindings(Limits limits) : limits_(limits) {}

    struct Applied {
        int status = 200;                 // 200, 400 (star misused), 403 (too many contacts at once), 423, 500 (CSeq out of order)
        std::uint32_t min_expires_s = 0;  // for 423: Min-Expires
        bool changed = false;             // the set of contacts is another one than before (a refresh alone is no change)
    };
    /// All or nothing: with a status other than 200 the table stays as it was.
    Applied apply(const Registration& request, Time now);

    /// Contacts of an agent, preferred first; empty when there is none.
    const std::vector<Contact>& contacts(const std::string& agent) const;
    /// Agents whose set of contacts became smaller.
    std::vector<std::string> expire(Time now);
    std::optional<Time> next_expiry() const;
    /// Whether there was something to remove.
    bool remove_agent(const std::string& agent);
    /// Whether some phone registered from here (the gate treats it as known).
    bool is_source(const Address& source) const;
    /// Of all agents.
    std::size_t size() const { return size_; }

  private:
    std::optional<Duration> granted(const Registration& request, const Registration::Asked& asked) const;
    Applied examine(const Registration& request, const std::vector<Contact>& old) const;
    void put(std::vector<Contact>& set, const Registration& request, const Registration::Asked& asked, Time expires) const;
    void replace(const std::string& agent, std::vector<Contact> set);

    Limits limits_;
    std::map<std::string, std::vector<Contact>> by_agent_;  // no empty sets
    TimerQueue<std::string> deadlines_;                     // of each agent the contact that expires first
    std::unordered_map<Address, int> sources_;              // how many contacts came from there
    std::size_t size_ = 0;
};

/// Equal as far as a registrar must know: scheme and host without regard to case, the rest byte by byte ("%00" is not "%00%00").
bool same_contact(std::string_view a, std::string_view b);

}  // namespace hotline::sip
