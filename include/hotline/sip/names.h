// What a host name in a Contact or Record-Route means. Asking blocks, so it is done on a thread of its own.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "hotline/base/address.h"

namespace hotline::sip {

struct NameAnswer {
    enum class Kind : std::uint8_t {
        Found,
        NoAddress,  // the name server says so: no such name, or none of that family
        Silent,     // it did not answer, or could not be asked
    };
    Kind kind = Kind::Silent;
    std::vector<IpAddress> ips{};  // Found: each once, at least one and at most kMaxAddresses, the name server's first one first
};

inline constexpr std::size_t kMaxAddresses = 8;

enum class Family : std::uint8_t { V4, V6 };

/// Asks and waits, as long as it takes.
using LookUp = std::function<NameAnswer(const std::string& host, Family family)>;

/// What getaddrinfo says: /etc/hosts, the name servers of /etc/resolv.conf.
NameAnswer ask_system(const std::string& host, Family family);

}  // namespace hotline::sip
