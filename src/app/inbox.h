// The way of events from other threads into the core: media, speech and store post here, the control loop takes them in batches.
#pragma once
#include <vector>

#include "hotline/base/mailbox.h"
#include "hotline/base/metrics.h"
#include "hotline/call/events.h"

namespace hotline::app {

class Inbox {
  public:
    /// 2,000 calls with 50 events a second each are 100,000 a second: a full box means that control has stood still for a second.
    static constexpr std::size_t kLimit = 100'000;

    explicit Inbox(Metrics& metrics)
        : box_(kLimit), dropped_(metrics.counter("core_events_dropped_total", "Events that found the core's inbox full")) {}

    /// From any thread; never blocks.
    void post(call::Event event) {
        if (!box_.post(std::move(event))) dropped_.add();
    }
    int fd() const { return box_.fd(); }
    std::vector<call::Event>& take() {
        box_.take(taken_);
        return taken_;
    }
    std::int64_t dropped() const { return dropped_.value(); }

  private:
    Mailbox<call::Event> box_;
    std::vector<call::Event> taken_;
    Metric& dropped_;
};

}  // namespace hotline::app
