// One trunk that calls go out through, as it stands: where it is, whether it answers, whether it has our registration.
//
//   up = its name is known · it answers OPTIONS · it took our REGISTER            (each only where the site asks for it)
#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hotline/base/id.h"
#include "hotline/base/metrics.h"
#include "hotline/base/time.h"
#include "hotline/sip/stack.h"
#include "sip/digest_client.h"
#include "sip/sofia.h"

namespace hotline::sip {

using TrunkId = Id<struct TrunkTag>;  // new with each configuration of a trunk: a late answer to the old one finds nothing

enum class LineAlarm : std::uint8_t {
    Ask,       // the next OPTIONS
    Register,  // refresh, or try again
    Lapse,     // the registration that we have is over
    Resolve,   // look its name up again
    Part,      // nobody answers its farewell
};

// ── When: pure, so that a test can say it in seconds ──

/// A registration of this length is refreshed at half time, or a minute before its end where that is later.
constexpr Duration refresh_after(Duration granted) { return std::max(granted / 2, granted - 60s); }

/// 2, 4, 8 … 300 s, so that a registrar that comes back is not met by everybody at once; `jitter` in [0, 1) spreads the upper half.
constexpr Duration retry_after(int failures, double jitter) {
    constexpr Duration kFirst = 2s, kLongest = 300s;
    Duration wait = kFirst;
    for (int i = 1; i < failures && wait < kLongest; ++i) wait *= 2;
    wait = std::min(wait, kLongest);
    return wait / 2 + Duration(static_cast<std::int64_t>(static_cast<double>((wait / 2).count()) * jitter));
}

/// Whether all that we know of the far end holds on: its address, its registration.
bool same_far_end(const Trunk& a, const Trunk& b);

struct TrunkLine {
    TrunkLine(TrunkId the_id, Trunk the_trunk, Metrics& metrics);

    TrunkId id;
    Trunk trunk;
    std::vector<IpAddress> ips;   // of its host
    std::optional<IpAddress> ip;  // the one of them that is used now: until it is silent, or the name no longer leads there

    // OPTIONS.
    OutgoingHandle asked;
    IpAddress asked_at{};
    bool answers = true;
    std::size_t passed_over = 0;  // addresses without an answer since the last miss
    int misses = 0;               // of all addresses, in a row

    // REGISTER. Call-ID and tag stay, CSeq rises (RFC 3261 §10.2).
    OutgoingHandle registering;
    IpAddress registering_at{};
    std::size_t register_passed_over = 0;  // addresses that would not have us since the last success or wait
    int intervals_raised = 0;              // by 423s, likewise
    bool taking_back = false;              // what is under way has Expires: 0
    DigestClient digest;
    std::string call_id, tag;
    std::uint32_t cseq = 0;
    std::uint32_t asked_expires_s = 0;
    bool registered = false;
    int failures = 0;  // in a row

    std::optional<bool> told_up;
    IpAddress told_ip;
    Metric& up;
    Metric& is_registered;

    bool is_up() const { return ip && answers && (registered || !trunk.registers); }
    std::string host() const;  // of its URIs: domain, else address
    /// Its addresses in the order in which they are tried: the one in use first, the others as the name server says.
    std::vector<IpAddress> ways() const;
    /// A registration of the other one is a registration of ours: of the same address of record and contact.
    bool has_binding_of(const TrunkLine& other) const;
};

}  // namespace hotline::sip
