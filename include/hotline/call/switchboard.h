// The core: owns every call, leg, IVR machine, queue and agent. One thread; time and ids come from outside; nothing here waits.
//
//   Event ─▶ on() ─▶ [ Call · Leg · ivr::Machine · acd::Acd ] ─▶ ports (Signaling, Media, Speech, Directory, Journal)
//                     round() after each batch of events: acd.decide() → offers; deadlines
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hotline/call/events.h"
#include "hotline/call/ports.h"
#include "hotline/call/site.h"

namespace hotline::call {

struct Ports {
    Signaling& signaling;
    Media& media;
    Speech& speech;
    Directory& directory;
    Journal& journal;
    Inquiries* inquiries = nullptr;  // none: whatever a menu asks of the outside fails
};

/// Counts for metrics and tests. After all calls have ended, everything but `agents_*` and the totals is zero.
struct Census {
    std::size_t calls = 0, legs = 0, machines = 0, offers = 0, timers = 0, messages = 0;
    std::size_t callbacks = 0;  // open: waiting in a queue, being dialled, or not judged yet
    std::uint64_t late_events = 0;
    struct QueueCount {
        std::string name;
        std::size_t waiting;
        Duration longest_wait;
        std::size_t ready;
    };
    std::vector<QueueCount> queues;
    std::map<std::string, std::size_t> agents_by_state;     // offline, paused, ready, ringing, talking, wrap_up, busy
    std::map<std::string, std::size_t> trunk_calls;         // under way, both ways, by trunk
    std::map<std::string, std::uint64_t> outbound_refused;  // since the start, by reason
    std::uint64_t emergency_calls = 0;                      // placed by agents since the start
};

class Switchboard {
  public:
    /// `leg_ids` is shared with signalling (same thread). `first_call_id` must lie above every id used before.
    Switchboard(Ports ports, IdSource<LegId>& leg_ids, std::uint64_t first_call_id, std::shared_ptr<const Site> site, Now now);
    ~Switchboard();
    Switchboard(const Switchboard&) = delete;

    void on(const Event& event, Now now);
    /// Ends a batch of events: decisions of the queues, deadlines. Call it again at next_deadline() at the latest.
    void round(Now now);
    std::optional<Time> next_deadline() const;

    /// Calls under way keep the program they are in; queues, agents and prompts apply at once; nobody loses his place.
    void reload(std::shared_ptr<const Site> site, Now now);
    /// No new calls from now on (503).
    void drain(Now now);
    /// Ends every call (hangup_by system). Facts of their end follow as their legs report back.
    void end_all(const std::string& why, Now now);
    /// Closes the agents' last stretches; call it once, when no call is left or time is up.
    void stop(const std::string& why, Now now);

    Census census(Now now) const;
    /// Slow; for simulation and tests. Empty when all is well.
    std::string broken_invariant(Now now) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace hotline::call
