// Symmetric RTP with a locked source: where a leg's packets may come from, and so where they are sent.
//
//   connect() ─▶ Open ──N packets from the signalled address──────────────▶ Locked ──connect()─▶ Open again
//                  └───N in a row from another port of the signalled host,
//                      within the window: that port is learned────────────────▲
//
// Nothing is ever learned from a host that was not signalled, and nothing after the window: a stranger who guesses a port can
// neither hear nor speak (RTP bleed, injection).
#pragma once
#include <cstdint>

#include "endpoint.h"
#include "hotline/base/time.h"

namespace hotline::media {

class SourceLock {
  public:
    struct Rules {
        Duration window{5s};
        int packets = 3;
    };
    explicit SourceLock(Rules rules) : rules_(rules) {}

    /// What signalling says. Learning opens again; a port learned before stays in use while the signalled address is the same.
    void signal(const Endpoint& address, Time now);

    /// False: the packet is from elsewhere and must not be used.
    bool accept(const Endpoint& from, Time now) {
        if (locked_ && same_endpoint(from, remote_)) return true;
        return accept_unlocked(from, now);
    }

    /// Whether it may come from here, without learning from it (RTCP on the port of RTP).
    bool knows(const Endpoint& from) const { return same_endpoint(from, remote_) || (!locked_ && same_endpoint(from, signalled_)); }

    /// Where to send.
    const Endpoint& remote() const { return remote_; }
    bool locked() const { return locked_; }

  private:
    bool accept_unlocked(const Endpoint& from, Time now);

    Rules rules_;
    Endpoint signalled_, remote_, candidate_;
    Time opened_{};
    int in_a_row_ = 0;  // packets from candidate_
    bool locked_ = false;
};

}  // namespace hotline::media
