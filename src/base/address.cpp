#include "hotline/base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>

namespace hotline {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

template <class T>
std::optional<T> number(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
        text = text.substr(1, text.size() - 2);
        if (text.find(':') == std::string_view::npos) return std::nullopt;
    }
    char buffer[INET6_ADDRSTRLEN];
    if (text.empty() || text.size() >= sizeof buffer) return std::nullopt;
    std::memcpy(buffer, text.data(), text.size());
    buffer[text.size()] = 0;
    IpAddress ip;
    if (inet_pton(AF_INET, buffer, ip.bytes.data()) == 1) return ip;
    if (inet_pton(AF_INET6, buffer, ip.bytes.data()) != 1) return std::nullopt;
    if (std::equal(kMapped.begin(), kMapped.end(), ip.bytes.begin())) {
        IpAddress v4;
        std::copy_n(ip.bytes.begin() + 12, 4, v4.bytes.begin());
        return v4;
    }
    ip.v6 = true;
    return ip;
}

bool IpAddress::is_any() const {
    return std::all_of(bytes.begin(), bytes.end(), [](auto b) { return b == 0; });
}
bool IpAddress::is_loopback() const {
    if (!v6) return bytes[0] == 127;
    return std::all_of(bytes.begin(), bytes.end() - 1, [](auto b) { return b == 0; }) && bytes[15] == 1;
}
bool IpAddress::is_multicast() const { return v6 ? bytes[0] == 0xff : (bytes[0] & 0xf0) == 0xe0; }

IpAddress home_of(const IpAddress& ip) {
    IpAddress home = ip;
    if (ip.v6) std::fill(home.bytes.begin() + 8, home.bytes.end(), std::uint8_t{0});
    return home;
}

std::string to_text(const IpAddress& ip) {
    char buffer[INET6_ADDRSTRLEN];
    return inet_ntop(ip.v6 ? AF_INET6 : AF_INET, ip.bytes.data(), buffer, sizeof buffer) ? buffer : "";
}

std::optional<Address> Address::parse(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto host = text.substr(0, colon);
    if (host.find(':') != std::string_view::npos && host.front() != '[') return std::nullopt;
    const auto ip = IpAddress::parse(host);
    const auto port = number<std::uint16_t>(text.substr(colon + 1));
    if (!ip || !port) return std::nullopt;
    return Address{*ip, *port};
}

Address Address::from(const sockaddr& sa) {
    Address out;
    if (sa.sa_family == AF_INET) {
        const auto& in = reinterpret_cast<const sockaddr_in&>(sa);
        std::memcpy(out.ip.bytes.data(), &in.sin_addr, 4);
        out.port = ntohs(in.sin_port);
    } else if (sa.sa_family == AF_INET6) {
        const auto& in = reinterpret_cast<const sockaddr_in6&>(sa);
        out.port = ntohs(in.sin6_port);
        if (IN6_IS_ADDR_V4MAPPED(&in.sin6_addr)) {
            std::memcpy(out.ip.bytes.data(), in.sin6_addr.s6_addr + 12, 4);
        } else {
            std::memcpy(out.ip.bytes.data(), &in.sin6_addr, 16);
            out.ip.v6 = true;
        }
    }
    return out;
}

unsigned Address::to_sockaddr(sockaddr_storage& out) const {
    std::memset(&out, 0, sizeof out);
    if (ip.v6) {
        auto& in = reinterpret_cast<sockaddr_in6&>(out);
        in.sin6_family = AF_INET6;
        in.sin6_port = htons(port);
        std::memcpy(&in.sin6_addr, ip.bytes.data(), 16);
        return sizeof in;
    }
    auto& in = reinterpret_cast<sockaddr_in&>(out);
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    std::memcpy(&in.sin_addr, ip.bytes.data(), 4);
    return sizeof in;
}

std::string to_text(const Address& address) {
    const auto host = to_text(address.ip);
    return (address.ip.v6 ? '[' + host + ']' : host) + ':' + std::to_string(address.port);
}

std::optional<Network> Network::parse(std::string_view text) {
    const auto slash = text.find('/');
    const auto ip = IpAddress::parse(text.substr(0, slash));
    if (!ip) return std::nullopt;
    const int bits = ip->v6 ? 128 : 32;
    int prefix = bits;
    if (slash != std::string_view::npos) {
        const auto given = number<int>(text.substr(slash + 1));
        if (!given || *given < 0 || *given > bits) return std::nullopt;
        prefix = *given;
    }
    return Network{*ip, prefix};
}

bool Network::contains(const IpAddress& ip) const {
    if (ip.v6 != base.v6) return false;
    for (int bit = 0; bit < prefix; ++bit) {
        const auto byte = static_cast<std::size_t>(bit / 8);
        const int mask = 0x80 >> (bit % 8);
        if ((ip.bytes[byte] & mask) != (base.bytes[byte] & mask)) return false;
    }
    return true;
}

}  // namespace hotline

std::size_t std::hash<hotline::Address>::operator()(const hotline::Address& a) const noexcept {
    std::uint64_t high, low;
    std::memcpy(&high, a.ip.bytes.data(), 8);
    std::memcpy(&low, a.ip.bytes.data() + 8, 8);
    return std::hash<std::uint64_t>{}(high ^ (low * 0x9e3779b97f4a7c15u) ^ a.port);
}
