// How many TCP connections one source may hold, and for how long without saying anything.
//
// libsofia accepts whatever knocks and shows no list of its connections. This executable therefore defines accept(), as the gate
// does recvmsg(): on a thread with a TcpGuard a connection over its source's share is closed before libsofia sees it.
#pragma once
#include <cstddef>
#include <map>

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
    /// Ends connections that have not brought one whole message within the limit, however busily they drip.
    void sweep(Time now);
    std::size_t open();

    /// For accept(): whether the connection may stay.
    bool admit(int fd, const Address& source, Time now);
    static TcpGuard* of_this_thread();

  private:
    struct Connection {
        int fd;
        Time since;
        bool spoke = false;
    };
    void forget_closed();
    std::size_t held_by(const IpAddress& ip) const;

    std::size_t max_per_source_;
    Duration mute_limit_;
    Metric& refused_;
    Metric& mute_;
    std::map<Address, Connection> by_source_;  // the far port makes it one connection
};

}  // namespace hotline::sip
