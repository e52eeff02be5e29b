// How many TCP connections one source may hold, and for how long without saying anything.
//
// libsofia accepts whatever knocks and shows no list of its connections. This executable therefore defines accept(), as the gate
// does recvmsg(): on a thread with a TcpGuard a connection over its source's share is closed before libsofia sees it.
#pragma once
#include <cstddef>
#include <map>
#include <optional>

#include "hotline/base/address.h"
#include "hotline/base/metrics.h"
#include "hotline/base/time.h"

namespace hotline::sip {

class TcpGuard {
  public:
    TcpGuard(std::size_t max_per_source, Duration mute_limit, Metrics& metrics);
    ~TcpGuard();
    TcpGuard(const TcpGuard&) = delete;
    TcpGuard& operator=(const TcpGuard&) = delete;

    /// A whole SIP message came over the connection from here.
    void heard(const Address& source);
    /// The same for a keep-alive (RFC 5626 §3.5.1), of which only the descriptor is known.
    void heard(int fd);
    /// Ends connections that have brought bytes and no whole message for longer than the limit, however busily they drip. (Those
    /// that bring nothing are libsofia's to close.)
    void sweep(Time now);
    /// Ends the connection from here.
    void end(const Address& source);
    std::size_t open();

    /// For accept(): whether the connection may stay.
    bool admit(int fd, const Address& source, Time now);
    /// For accept() that failed: no descriptor is left. One is kept back for this, to close the connection that waits: it would
    /// wake the loop for ever.
    void turn_away(int listener, Time now);
    static TcpGuard* of_this_thread();

  private:
    struct Connection {
        int fd;
        std::uint64_t bytes = 0;    // that it had brought when a message was whole last
        std::optional<Time> since;  // that it has been bringing more, or nothing at all yet; none while nothing is owed
    };
    void forget_closed();
    std::size_t held_by(const IpAddress& ip) const;

    std::size_t max_per_source_;
    Duration mute_limit_;
    Metric& refused_;
    Metric& mute_;
    int spare_ = -1;
    Time told_{};
    std::map<Address, Connection> by_source_;  // the far port makes it one connection
};

}  // namespace hotline::sip
