// Facts as a site tells them, with times as literals of its local clock (Asia/Shanghai, 1 May 2024).
#pragma once
#include <optional>
#include <string>

#include "hotline/call/facts.h"

namespace hotline::test {

/// "09:10:05.250" on 1 May 2024 in Shanghai (UTC+8); hours of 24 and more are the next day.
Wall at(const std::string& clock);
constexpr CallId call_id(int n) { return CallId{1'714'521'600'000ull << 20 | static_cast<std::uint64_t>(n)}; }

inline call::CallArrived arrived(const std::string& caller, const std::string& called = "95000",
                                 const std::string& direction = "in", const std::string& purpose = "hotline") {
    return {direction, caller, "", called, "local", purpose};
}
inline call::SegmentEnded segment(const std::string& agent, const std::string& offered, std::optional<std::string> answered,
                                  const std::string& result, std::int64_t ring_ms, std::int64_t talk_ms = 0,
                                  std::int64_t hold_ms = 0) {
    return {"service", agent,   at(offered), answered ? std::optional(at(*answered)) : std::nullopt,
            result,    ring_ms, talk_ms,     hold_ms};
}
inline call::QueueLeft queue_left(const std::string& entered, std::int64_t wait_ms, const std::string& result,
                                  std::optional<std::string> agent = {}) {
    return {"service", "13800000001", at(entered), wait_ms, result, std::move(agent)};
}
inline call::AgentChanged changed(const std::string& agent, const std::string& state, const std::string& previous = "",
                                  const std::string& from = "00:00:00", std::int64_t ms = 0) {
    return {agent, state, "", previous, at(from), ms};
}
/// A CallEnded that the caller ended, to be adjusted.
call::CallEnded ended(const std::string& started, const std::string& caller, const std::string& outcome);

}  // namespace hotline::test
