// The way down, as a table of phases: no new calls, let calls end, end them, wait for their legs, stop. Pure: time comes from
// outside.
//
//   Running ──request──▶ Draining ──no calls, or drain over──▶ Ending ──no legs, or 5 s──▶ Stopped
//                            └──── a second request hastens each step ────┘
#pragma once
#include <cstddef>
#include <optional>

#include "hotline/base/time.h"

namespace hotline::app {

class Shutdown {
  public:
    /// How long the ends of calls (BYE answered, recording written) are waited for.
    static constexpr Duration kEnding = 5s;

    enum class Phase { Running, Draining, Ending, Stopped };
    enum class Order {
        Drain,     // no new calls
        EndCalls,  // hang up what is left
        Stop,      // write the last facts and leave the loop
    };

    /// A signal or command. The first begins; each later one ends the phase that is under way.
    void request(Time now, Duration drain);
    /// What is to be done now; ask until there is nothing.
    std::optional<Order> next(Time now, std::size_t calls, std::size_t legs);
    /// When next() must be asked although nothing happens.
    std::optional<Time> deadline() const;
    Phase phase() const { return phase_; }
    bool requested() const { return requested_; }

  private:
    Phase phase_ = Phase::Running;
    bool requested_ = false;
    Duration drain_{0};
    Time until_{};
};

}  // namespace hotline::app
