// The sockets of a leg, and which local address they are bound to.
#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "descriptor.h"
#include "hotline/base/address.h"
#include "hotline/base/result.h"
#include "hotline/base/time.h"
#include "ports.h"

namespace hotline::media {

struct SocketPair {
    Descriptor rtp, rtcp;
    Address local;  // of RTP
};

/// Bound, non-blocking, marked for expedited forwarding (RFC 4594: telephony). Full: the text says at which limit.
Result<SocketPair> open_pair(const IpAddress& local, PortPool& ports, Time now);

/// Finds the local address that routes to a far one, by asking the kernel; answers are kept for a few seconds.
class Routes {
  public:
    /// `ours`: the configured addresses; empty, or an unspecified one of the family: whatever the kernel says.
    explicit Routes(std::vector<IpAddress> ours) : ours_(std::move(ours)) {}
    Result<IpAddress> local_for(const IpAddress& remote, Time now);

  private:
    struct Known {
        IpAddress local;
        Time until;
    };
    Result<IpAddress> choose(const IpAddress& remote) const;
    std::vector<IpAddress> ours_;
    std::map<IpAddress, Known> known_;
};

}  // namespace hotline::media
