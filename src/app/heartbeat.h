// Is a loop alive, and how late is it? Another thread sends a probe into it and looks at when, or whether, it comes out.
#pragma once
#include <atomic>

#include "hotline/base/time.h"

namespace hotline::app {

/// One writer sends, the probed loop answers, anyone reads. At most one probe is under way.
class Heartbeat {
  public:
    /// True when a probe should be sent now: none is under way. The one sent must be answered with answer().
    bool begin(Time now) {
        if (sent_.load(std::memory_order_acquire) != 0) return false;
        sent_.store(now.time_since_epoch().count(), std::memory_order_release);
        return true;
    }
    /// The probe could not be sent after all.
    void withdraw() { sent_.store(0, std::memory_order_release); }
    /// On the probed loop.
    void answer(Time now) {
        const auto sent = sent_.exchange(0, std::memory_order_acq_rel);
        if (sent != 0) last_.store(now.time_since_epoch().count() - sent, std::memory_order_release);
    }
    /// The last probe's way, or the age of the one under way when that is more.
    Duration lag(Time now) const {
        const Duration last{last_.load(std::memory_order_acquire)};
        const auto sent = sent_.load(std::memory_order_acquire);
        return sent == 0 ? last : std::max(last, now.time_since_epoch() - Duration{sent});
    }

  private:
    std::atomic<std::int64_t> sent_{0}, last_{0};
};

}  // namespace hotline::app
