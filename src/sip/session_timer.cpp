#include "sip/session_timer.h"

#include <algorithm>

namespace hotline::sip {

std::optional<std::uint32_t> too_small(const TimerHeaders& request, const TimerPolicy& policy) {
    if (!request.supported || !request.expires_s) return std::nullopt;
    const std::uint32_t least = std::max(policy.min_se_s, request.min_se_s);
    return *request.expires_s < least ? std::optional(least) : std::nullopt;
}

std::optional<TimerAnswer> answer_timer(const TimerHeaders& request, const TimerPolicy& policy) {
    if (!request.expires_s && policy.expires_s == 0) return std::nullopt;
    std::uint32_t agreed = request.expires_s.value_or(policy.expires_s);
    if (policy.expires_s != 0) agreed = std::min(agreed, policy.expires_s);
    agreed = std::max({agreed, policy.min_se_s, request.min_se_s, std::uint32_t{1}});
    // A sender without the extension cannot refresh on purpose (RFC 4028 table 2). Where the choice is ours we refresh ourselves:
    // then a call does not hang on the other side's timers.
    const bool they = request.supported && request.refresher == Refresher::Uac;
    if (they) return TimerAnswer{{agreed, SessionTimer::Role::TheyRefresh}, Refresher::Uac, true};
    return TimerAnswer{{agreed, SessionTimer::Role::WeRefresh}, Refresher::Uas, false};
}

std::optional<SessionTimer> agreed_timer(const TimerHeaders& response) {
    if (!response.expires_s || *response.expires_s == 0) return std::nullopt;
    const auto role = response.refresher == Refresher::Uas ? SessionTimer::Role::TheyRefresh : SessionTimer::Role::WeRefresh;
    return SessionTimer{*response.expires_s, role};
}

}  // namespace hotline::sip
