// A socket address as the kernel gives and takes it: the packet path compares and sends these without conversion.
#pragma once
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "hotline/base/address.h"

namespace hotline::media {

union Endpoint {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;

    Endpoint() : v6{} {}
    explicit Endpoint(const Address& address) : v6{} {
        sockaddr_storage storage;
        const unsigned length = address.to_sockaddr(storage);
        std::memcpy(&v6, &storage, length);
    }

    bool is_v6() const { return any.sa_family == AF_INET6; }
    socklen_t length() const { return is_v6() ? sizeof v6 : sizeof v4; }
    Address address() const { return Address::from(any); }
};

inline bool same_host(const Endpoint& a, const Endpoint& b) {
    if (a.any.sa_family != b.any.sa_family) return false;
    if (!a.is_v6()) return a.v4.sin_addr.s_addr == b.v4.sin_addr.s_addr;
    return std::memcmp(&a.v6.sin6_addr, &b.v6.sin6_addr, sizeof a.v6.sin6_addr) == 0;
}

inline bool same_endpoint(const Endpoint& a, const Endpoint& b) {
    static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
    return a.v4.sin_port == b.v4.sin_port && same_host(a, b);
}

}  // namespace hotline::media
