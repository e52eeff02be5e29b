#include "sockets.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "endpoint.h"

namespace hotline::media {
namespace {

constexpr int kMaxTries = 256;  // ports of other programs in a row; a bind that fails costs 3 µs
constexpr int kExpeditedForwarding = 46 << 2;
constexpr Duration kRouteLife{5s};
constexpr std::size_t kMaxRoutes = 1024;

std::string words(int error) { return std::generic_category().message(error); }

/// Not open: errno.
Descriptor udp_socket(const IpAddress& local) {
    Descriptor socket(::socket(local.v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket.is_open()) return socket;
    const int on = 1;
    if (local.v6) {
        ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
        ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_TCLASS, &kExpeditedForwarding, sizeof kExpeditedForwarding);
    } else {
        ::setsockopt(socket.get(), IPPROTO_IP, IP_TOS, &kExpeditedForwarding, sizeof kExpeditedForwarding);
    }
    return socket;
}

int bind_to(const Descriptor& socket, const Address& local) {
    const Endpoint endpoint(local);
    return ::bind(socket.get(), &endpoint.any, endpoint.length()) == 0 ? 0 : errno;
}

Error refused(int error, const Address& local) {
    if (error == EMFILE || error == ENFILE) {
        return {ErrorKind::Full, "media: no descriptor is free; raise the limit of open files (LimitNOFILE)"};
    }
    return {ErrorKind::Io, "media: cannot open a socket at " + to_text(local) + ": " + words(error)};
}

}  // namespace

Result<SocketPair> open_pair(const IpAddress& local, PortPool& ports, Time now) {
    SocketPair pair;
    pair.rtp = udp_socket(local);
    if (pair.rtp.is_open()) pair.rtcp = udp_socket(local);
    if (!pair.rtp.is_open() || !pair.rtcp.is_open()) return refused(errno, {local, 0});
    for (int tries = 0; tries < kMaxTries; ++tries) {
        const auto port = ports.take(now);
        if (!port) {
            return Error{ErrorKind::Full,
                         "media: all " + std::to_string(ports.pairs()) + " pairs of RTP ports are in use; widen the port range"};
        }
        pair.local = {local, *port};
        int error = bind_to(pair.rtp, pair.local);
        if (error == 0) {
            error = bind_to(pair.rtcp, {local, static_cast<std::uint16_t>(*port + 1)});
            if (error == 0) return pair;
            pair.rtp = udp_socket(local);  // a bound socket cannot be bound again
            if (!pair.rtp.is_open()) error = errno;
        }
        ports.pass_over(*port);
        if (error != EADDRINUSE) return refused(error, pair.local);
    }
    return Error{ErrorKind::Full, "media: " + std::to_string(kMaxTries) + " RTP ports in a row, up to " +
                                      std::to_string(pair.local.port) + ", belong to other programs; choose another port range"};
}

Result<IpAddress> Routes::local_for(const IpAddress& remote, Time now) {
    if (const auto known = known_.find(remote); known != known_.end() && known->second.until > now) return known->second.local;
    auto local = choose(remote);
    if (local) {
        if (known_.size() >= kMaxRoutes) known_.clear();
        known_[remote] = {*local, now + kRouteLife};
    }
    return local;
}

Result<IpAddress> Routes::choose(const IpAddress& remote) const {
    std::vector<IpAddress> family;
    std::copy_if(ours_.begin(), ours_.end(), std::back_inserter(family), [&](const IpAddress& ip) { return ip.v6 == remote.v6; });
    if (!ours_.empty() && family.empty()) {
        return Error{ErrorKind::Invalid, remote.v6 ? "media: no RTP address of IPv6 is configured; add one"
                                                   : "media: no RTP address of IPv4 is configured; add one"};
    }
    // Connecting a UDP socket sends nothing; it makes the kernel choose a route and with it the local address.
    const Descriptor probe(::socket(remote.v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!probe.is_open()) return refused(errno, {remote, 0});
    const Endpoint far(Address{remote, 9});
    Endpoint near;
    socklen_t length = sizeof near;
    const bool routed = ::connect(probe.get(), &far.any, far.length()) == 0 && ::getsockname(probe.get(), &near.any, &length) == 0;
    const int error = errno;
    const bool any = family.empty() || std::any_of(family.begin(), family.end(), [](const IpAddress& ip) { return ip.is_any(); });
    if (routed) {
        const IpAddress local = near.address().ip;
        if (any || std::find(family.begin(), family.end(), local) != family.end()) return local;
    }
    if (!any) return family.front();
    return Error{ErrorKind::Unavailable, "media: no route to " + to_text(remote) + ": " + words(error)};
}

}  // namespace hotline::media
