// One trunk that calls go out through, as it stands: where it is, whether it answers, whether it has our registration.
//
//   up = its name is known · it answers OPTIONS · it took our REGISTER            (each only where the site asks for it)
#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

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

struct TrunkLine {
    TrunkLine(TrunkId the_id, Trunk the_trunk, Metrics& metrics);

    TrunkId id;
    const Trunk trunk;
    std::optional<IpAddress> ip;  // of its host

    // OPTIONS.
    OutgoingHandle asked;
    bool answers = true;
    int misses = 0;  // in a row

    // REGISTER. Call-ID and tag stay, CSeq rises (RFC 3261 §10.2).
    OutgoingHandle registering;
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
};

}  // namespace hotline::sip
