// Which pairs of UDP ports are ours to use: RTP on the even one, RTCP on the next (RFC 3550 §11).
#pragma once
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "hotline/base/metrics.h"
#include "hotline/base/time.h"

namespace hotline::media {

/// Of one engine, shared by its media threads; locked only while a leg opens or closes.
///
/// Goes through the whole range before a port comes back, and not before it has rested: late packets of an old call do not reach a
/// new one. It goes in steps of its own, so that several daemons on one range do not stand in each other's way in long rows.
class PortPool {
  public:
    /// `seed`: any number; chooses where the first round begins and its steps.
    PortPool(std::uint16_t port_min, std::uint16_t port_max, Duration quarantine, std::uint64_t seed, Metric& open);

    /// The even port of a pair. None: all are open or resting.
    std::optional<std::uint16_t> take(Time now);
    /// After use.
    void give_back(std::uint16_t port, Time now);
    /// It was never ours: another program has it.
    void pass_over(std::uint16_t port);

    std::size_t pairs() const { return taken_.size(); }

  private:
    std::size_t index(std::uint16_t port) const { return static_cast<std::size_t>(port - first_) / 2; }
    void end_rests(Time now);

    struct Resting {
        std::size_t pair;
        Time until;
    };
    const std::uint16_t first_;
    const Duration quarantine_;
    Metric& open_metric_;
    std::mutex mutex_;
    std::vector<bool> taken_;  // open or resting
    std::deque<Resting> resting_;
    std::size_t next_ = 0, step_ = 1;  // no common divisor of step and pairs: each round visits all
};

}  // namespace hotline::media
