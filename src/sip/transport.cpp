#include "sip/transport.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "hotline/base/log.h"
#include "sip/uri_text.h"

namespace hotline::sip {
namespace {

constexpr int kPortAttempts = 50;
constexpr std::size_t kMaxCachedRoutes = 10'000;
constexpr int kSocketBuffer = 4 << 20;

class Socket {
  public:
    Socket(int family, int type) : fd_(socket(family, type | SOCK_CLOEXEC, 0)) {}
    ~Socket() {
        if (fd_ >= 0) close(fd_);
    }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    int fd() const { return fd_; }

  private:
    int fd_;
};

int family_of(const IpAddress& ip) { return ip.v6 ? AF_INET6 : AF_INET; }

std::optional<Address> socket_name(int fd) {
    sockaddr_storage name{};
    socklen_t length = sizeof name;
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&name), &length) != 0) return std::nullopt;
    return Address::from(reinterpret_cast<const sockaddr&>(name));
}

bool bind_to(int fd, const Address& address) {
    sockaddr_storage name{};
    const socklen_t length = address.to_sockaddr(name);
    const int yes = 1;
    if (address.ip.v6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
    return bind(fd, reinterpret_cast<const sockaddr*>(&name), length) == 0;
}

// A port that is free for UDP and TCP at this moment. Somebody else may take it before libsofia does: then the caller tries again.
std::optional<std::uint16_t> free_port(const IpAddress& ip) {
    const Socket tcp(family_of(ip), SOCK_STREAM), udp(family_of(ip), SOCK_DGRAM);
    if (!bind_to(tcp.fd(), {ip, 0})) return std::nullopt;
    const auto name = socket_name(tcp.fd());
    if (!name || !bind_to(udp.fd(), *name)) return std::nullopt;
    return name->port;
}

bool is_link_local(const IpAddress& ip) { return ip.v6 && ip.bytes[0] == 0xfe && (ip.bytes[1] & 0xc0) == 0x80; }

// Every address of this machine that a phone can be told: link-local ones need a zone, which no SIP header has.
std::vector<IpAddress> addresses_of_machine(bool v6) {
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0) return {};
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owned(list, freeifaddrs);
    std::vector<IpAddress> out;
    for (const ifaddrs* one = list; one; one = one->ifa_next) {
        if (!one->ifa_addr || !(one->ifa_flags & IFF_UP) || one->ifa_addr->sa_family != (v6 ? AF_INET6 : AF_INET)) continue;
        const IpAddress ip = Address::from(*one->ifa_addr).ip;
        if (!is_link_local(ip) && std::ranges::find(out, ip) == out.end()) out.push_back(ip);
    }
    return out;
}

// The local address from which the kernel would send there.
std::optional<IpAddress> local_towards(const IpAddress& far) {
    const Socket probe(family_of(far), SOCK_DGRAM);
    sockaddr_storage name{};
    const socklen_t length = Address{far, 9}.to_sockaddr(name);
    if (connect(probe.fd(), reinterpret_cast<const sockaddr*>(&name), length) != 0) return std::nullopt;
    const auto local = socket_name(probe.fd());
    return local ? std::optional(local->ip) : std::nullopt;
}

unsigned ms(Duration duration) { return static_cast<unsigned>(std::max<std::int64_t>(1, to_ms(duration))); }

}  // namespace

Result<std::unique_ptr<Transport>> Transport::open(su_root_t* root, const Config& config, nta_request_f* on_request) {
    std::unique_ptr<Transport> self(new Transport);
    self->advertised_ = config.advertised;
    const bool any_port = std::ranges::any_of(config.listen, [](const Address& one) { return one.port == 0; });
    // A socket cannot be taken back from an agent: where a free port was gone again, all starts over.
    Outcome done = self->listen(root, config);
    for (int attempt = 1; any_port && !done && attempt < kPortAttempts; ++attempt) done = self->listen(root, config);
    if (!done) return done.error();
    if (self->sockets_.empty())
        return Error{ErrorKind::Io, "no address of this machine is of the family to listen on for SIP: choose others"};
    self->default_leg_.reset(nta_leg_tcreate(self->agent(), on_request, nullptr, NTATAG_NO_DIALOG(1), TAG_END()));
    if (!self->default_leg_) return Error{ErrorKind::Io, "libsofia refused its default leg: out of memory"};
    return self;
}

Outcome Transport::listen(su_root_t* root, const Config& config) {
    bound_.clear();
    sockets_.clear();
    // RFC 3261's timers in proportion: T1 : T2 : T4 = 0.5 : 4 : 5 s, 64·T1 = 32 s.
    const unsigned t1x64 = ms(config.t1x64);
    const unsigned idle = ms(config.tcp_idle);
    agent_.reset(nta_agent_create(root, reinterpret_cast<url_string_t*>(-1), nullptr, nullptr,  // -1: no address yet
                                  NTATAG_UA(1), NTATAG_MERGE_482(1), NTATAG_SERVER_RPORT(2), NTATAG_CLIENT_RPORT(1),
                                  NTATAG_CANCEL_487(0),
                                  NTATAG_UDP_MTU(65535),  // else a request over 1300 bytes silently goes to TCP
                                  NTATAG_MAXSIZE(static_cast<usize_t>(config.max_message_bytes)),
                                  NTATAG_MAX_PROCEEDING(static_cast<usize_t>(config.max_transactions)), NTATAG_SIP_T1X64(t1x64),
                                  NTATAG_SIP_T1(std::max(1u, t1x64 / 64)), NTATAG_SIP_T2(std::max(1u, t1x64 / 8)),
                                  NTATAG_SIP_T4(std::max(1u, t1x64 * 5 / 32)), NTATAG_USE_NAPTR(0), NTATAG_USE_SRV(0),
                                  TPTAG_IDLE(idle), TPTAG_TIMEOUT(std::max(1u, idle / 2)), TAG_END()));
    if (!agent_) return Error{ErrorKind::Io, "libsofia refused its agent: out of memory or descriptors"};
    for (const Address& address : config.listen)
        if (Outcome done = add(address, config); !done) return done;
    // The identifiers that choose a socket are no business of the far side: libsofia would write them into Via as a comment, which
    // RFC 3261 no longer knows.
    for (tport_t* one = tport_primaries(nta_agent_tports(agent())); one; one = tport_next(one))
        for (auto* via = reinterpret_cast<sip_via_t*>(tport_magic(one)); via; via = via->v_next) via->v_comment = nullptr;
    return Done{};
}

// "Any" becomes one socket for each address of the machine, each with an identifier of its own: libsofia does as much by itself,
// but under one identifier, and then looks for a phone's TCP connection behind the first of them only, so that no phone of the
// others could be called.
Outcome Transport::add(const Address& address, const Config& config) {
    Address wanted = address;
    if (wanted.port == 0) wanted.port = free_port(address.ip).value_or(0);
    const auto ips = address.ip.is_any() ? addresses_of_machine(address.ip.v6) : std::vector{address.ip};
    if (ips.empty())
        log::warn("sip.no_address",
                  {{"listen", address}, {"cure", "none needed where this family is switched off; else look at the interfaces"}});
    for (const IpAddress& ip : ips)
        if (Outcome done = add_socket({ip, wanted.port}, config); !done) return done;
    if (!ips.empty()) bound_.push_back(wanted);
    return Done{};
}

// One transport after the other: a list of them in one URL is read by libsofia from a frame that it has left.
Outcome Transport::add_socket(const Address& address, const Config& config) {
    sockets_.push_back({address, "l" + std::to_string(sockets_.size())});
    const unsigned idle = ms(config.tcp_idle);
    for (const char* transport : {"udp", "tcp"}) {
        const std::string url = route_uri(address, transport);
        if (address.port != 0 &&
            nta_agent_add_tport(agent(), URL_STRING_MAKE(url.c_str()), TPTAG_IDENT(sockets_.back().ident.c_str()),
                                TPTAG_UDP_RMEM(kSocketBuffer), TPTAG_UDP_WMEM(kSocketBuffer), TPTAG_IDLE(idle),
                                TPTAG_TIMEOUT(std::max(1u, idle / 2)), TPTAG_REUSE(1), TAG_END()) == 0)
            continue;
        return Error{ErrorKind::Io, "cannot listen for SIP on " + to_text(address) + " " + transport + " (" + std::strerror(errno) +
                                        "): choose another address or port, or end the program that has it"};
    }
    return Done{};
}

Path Transport::path_of(nta_incoming_t* request) const {
    Path path;
    const MessageHandle message(nta_incoming_getrequest(request));
    path.far = Address::from(msg_addr(message.get())->su_sa);
    const TransportHandle transport(nta_incoming_transport(agent(), request, message.get()));
    if (!transport) return path;
    path.transport = tport_is_tcp(transport.get()) ? "tcp" : "udp";
    const char* ident = tport_ident(tport_parent(transport.get()));
    for (std::size_t i = 0; ident && i < sockets_.size(); ++i)
        if (sockets_[i].ident == ident) path.listener = i;
    return path;
}

std::optional<IpAddress> Transport::source_of(nta_outgoing_t* request) {
    const MessageHandle response(nta_outgoing_getresponse(request));
    if (!response) return std::nullopt;
    const sip_t* sip = sip_object(response.get());
    if (!sip || nta_sip_is_internal(sip)) return std::nullopt;
    return Address::from(msg_addr(response.get())->su_sa).ip;
}

std::size_t Transport::listener_for(const IpAddress& far) {
    const auto known = listener_towards_.find(far);
    if (known != listener_towards_.end()) return known->second;
    const auto local = local_towards(far);
    auto it = std::ranges::find_if(sockets_, [&](const Listener& one) { return local && one.address.ip == *local; });
    if (it == sockets_.end()) it = std::ranges::find_if(sockets_, [&](const Listener& one) { return one.address.ip.v6 == far.v6; });
    if (listener_towards_.size() >= kMaxCachedRoutes) listener_towards_.clear();
    return listener_towards_[far] = it == sockets_.end() ? 0 : static_cast<std::size_t>(it - sockets_.begin());
}

bool Transport::has_v4() const {
    return std::ranges::any_of(sockets_, [](const Listener& one) { return !one.address.ip.v6; });
}

bool Transport::has_v6() const {
    return std::ranges::any_of(sockets_, [](const Listener& one) { return one.address.ip.v6; });
}

Address Transport::local(const Path& path) const {
    const Address& listener = sockets_[path.listener].address;
    return advertised_ ? Address{*advertised_, listener.port} : listener;
}

std::string Transport::contact(const Path& path) const {
    return "<sip:hotline@" + to_text(local(path)) + (path.transport == "tcp" ? ";transport=tcp>" : ">");
}

void Transport::keep_open(nta_incoming_t* request, Duration idle) const {
    const TransportHandle transport(nta_incoming_transport(agent(), request, nullptr));
    if (transport && tport_is_secondary(transport.get())) tport_set_params(transport.get(), TPTAG_IDLE(ms(idle)), TAG_END());
}

Transport::Alive Transport::alive() const {
    usize_t legs = 0, incoming = 0, outgoing = 0;
    nta_agent_get_stats(agent(), NTATAG_S_LEG_HASH_USED_REF(legs), NTATAG_S_IRQ_HASH_USED_REF(incoming),
                        NTATAG_S_ORQ_HASH_USED_REF(outgoing), TAG_END());
    return {legs, incoming, outgoing};
}

}  // namespace hotline::sip
