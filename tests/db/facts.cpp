#include "db/facts.h"

#include <cstdio>

namespace hotline::test {

Wall at(const std::string& clock) {
    int hours = 0, minutes = 0;
    double seconds = 0;
    std::sscanf(clock.c_str(), "%d:%d:%lf", &hours, &minutes, &seconds);
    const Wall midnight = std::chrono::sys_days(std::chrono::year(2024) / 5 / 1) - std::chrono::hours(8);
    return midnight + std::chrono::hours(hours) + std::chrono::minutes(minutes) +
           std::chrono::microseconds(static_cast<std::int64_t>(seconds * 1e6 + 0.5));
}

call::CallEnded ended(const std::string& started, const std::string& caller, const std::string& outcome) {
    call::CallEnded end;
    end.started_at = at(started);
    end.direction = "in";
    end.caller = caller;
    end.called = "95000";
    end.purpose = "hotline";
    end.ivr_ms = end.wait_ms = end.ring_ms = end.talk_ms = end.hold_ms = 0;
    end.outcome = outcome;
    end.hangup_by = "caller";
    end.affinity = "none";
    end.loss_in_pct = end.jitter_in_ms = 0;
    end.cause = "bye";
    return end;
}

}  // namespace hotline::test
