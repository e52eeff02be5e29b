// Session timers (RFC 4028): is the far side still there? Pure: what was said in headers goes in, who refreshes and when comes out.
#pragma once
#include <cstdint>
#include <optional>

#include "hotline/base/time.h"

namespace hotline::sip {

/// Who refreshes, as seen from a request: its sender (uac) or its receiver (uas).
enum class Refresher : std::uint8_t { Unsaid, Uac, Uas };

/// What one message says about the session timer. Seconds, as on the wire.
struct TimerHeaders {
    bool supported = false;                  // Supported: timer
    std::optional<std::uint32_t> expires_s;  // Session-Expires
    Refresher refresher = Refresher::Unsaid;
    std::uint32_t min_se_s = 0;  // Min-SE
};

struct TimerPolicy {
    std::uint32_t expires_s;  // what we like; 0: no session timers of our own
    std::uint32_t min_se_s;   // what we accept at the least
};

/// The interval that both agreed on.
struct SessionTimer {
    std::uint32_t expires_s;
    enum class Role : std::uint8_t { WeRefresh, TheyRefresh } role;

    /// When we refresh: half time (RFC 4028 §10).
    Time refresh_at(Time last) const { return last + std::chrono::seconds(expires_s) / 2; }
    /// When we give up and send BYE: a third of the interval, at most 32 s, before the end (§10).
    Time give_up_at(Time last) const {
        const Duration whole = std::chrono::seconds(expires_s);
        const Duration early = std::min<Duration>(32s, whole / 3);
        return last + whole - early;
    }
};

/// A request with too small an interval: the Min-SE of the 422 that it gets (§9). Only a sender who supports the extension can be
/// told.
std::optional<std::uint32_t> too_small(const TimerHeaders& request, const TimerPolicy& policy);

/// We answer their request with 2xx: what we put into it. None: no Session-Expires, no timer.
struct TimerAnswer {
    SessionTimer timer;
    Refresher refresher;  // as the header says it
    bool require;         // Require: timer, since they must refresh
};
std::optional<TimerAnswer> answer_timer(const TimerHeaders& request, const TimerPolicy& policy);

/// They answered our request with 2xx. None: they know no session timers.
std::optional<SessionTimer> agreed_timer(const TimerHeaders& response);

}  // namespace hotline::sip
