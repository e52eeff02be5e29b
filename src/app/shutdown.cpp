#include "app/shutdown.h"

namespace hotline::app {

void Shutdown::request(Time now, Duration drain) {
    if (!requested_) {
        requested_ = true;
        drain_ = drain;
    } else if (phase_ == Phase::Running) {
        drain_ = Duration{0};
    } else {
        until_ = now;
    }
}

std::optional<Shutdown::Order> Shutdown::next(Time now, std::size_t calls, std::size_t legs) {
    const bool over = now >= until_;
    switch (phase_) {
        case Phase::Running:
            if (!requested_) return std::nullopt;
            phase_ = Phase::Draining;
            until_ = now + drain_;
            return Order::Drain;
        case Phase::Draining:
            if (calls > 0 && !over) return std::nullopt;
            phase_ = Phase::Ending;
            until_ = now + kEnding;
            return Order::EndCalls;
        case Phase::Ending:
            if ((calls > 0 || legs > 0) && !over) return std::nullopt;
            phase_ = Phase::Stopped;
            return Order::Stop;
        case Phase::Stopped: return std::nullopt;
    }
    return std::nullopt;
}

std::optional<Time> Shutdown::deadline() const {
    const bool waiting = phase_ == Phase::Draining || phase_ == Phase::Ending;
    return waiting ? std::optional(until_) : std::nullopt;
}

}  // namespace hotline::app
