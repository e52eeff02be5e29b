// A numeric IP address and port. Host names are resolved elsewhere, never on the control or media threads.
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr;
struct sockaddr_storage;

namespace hotline {

struct IpAddress {
    std::array<std::uint8_t, 16> bytes{};  // IPv4 in the first four
    bool v6 = false;

    /// "127.0.0.1", "::1", "[::1]". No names, no zones. An IPv4-mapped IPv6 address becomes the IPv4 address.
    static std::optional<IpAddress> parse(std::string_view text);
    bool is_any() const;
    bool is_loopback() const;
    bool is_multicast() const;
    friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};
std::string to_text(const IpAddress& ip);  // without brackets
/// What one customer of a provider is given: an IPv4 address is itself, an IPv6 address stands for its /64.
IpAddress home_of(const IpAddress& ip);

struct Address {
    IpAddress ip;
    std::uint16_t port = 0;

    /// "127.0.0.1:5060", "[::1]:5060".
    static std::optional<Address> parse(std::string_view text);
    static Address from(const sockaddr& sa);
    /// Returns the length used in `out`.
    unsigned to_sockaddr(sockaddr_storage& out) const;
    friend auto operator<=>(const Address&, const Address&) = default;
};
std::string to_text(const Address& address);  // "127.0.0.1:5060", "[::1]:5060"

/// A network in CIDR form: "127.0.0.0/8", "2001:db8::/32"; a plain address is its own network.
struct Network {
    IpAddress base;
    int prefix = 0;
    static std::optional<Network> parse(std::string_view text);
    bool contains(const IpAddress& ip) const;
    friend auto operator<=>(const Network&, const Network&) = default;
};

}  // namespace hotline

template <>
struct std::hash<hotline::Address> {
    std::size_t operator()(const hotline::Address& a) const noexcept;
};
