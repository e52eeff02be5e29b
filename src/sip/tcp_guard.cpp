#include "sip/tcp_guard.h"

#include <dlfcn.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "hotline/base/check.h"
#include "hotline/base/log.h"

namespace hotline::sip {
namespace {

thread_local TcpGuard* guard_here = nullptr;

// The descriptor may have been closed and taken by another connection since.
bool still_from(int fd, const Address& source) {
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &length) != 0) return false;
    return Address::from(reinterpret_cast<const sockaddr&>(peer)) == source;
}

}  // namespace

TcpGuard::TcpGuard(std::size_t max_per_source, Duration mute_limit, Metrics& metrics)
    : max_per_source_(max_per_source),
      mute_limit_(mute_limit),
      refused_(metrics.counter("sip_tcp_refused_total", "TCP connections beyond their source's share")),
      mute_(metrics.counter("sip_tcp_mute_total", "TCP connections ended because no whole message came")) {
    HL_CHECK(!guard_here, "one TcpGuard a thread");
    guard_here = this;
}

TcpGuard::~TcpGuard() { guard_here = nullptr; }

TcpGuard* TcpGuard::of_this_thread() { return guard_here; }

void TcpGuard::heard(const Address& source) {
    if (const auto it = by_source_.find(source); it != by_source_.end()) it->second.spoke = true;
}

void TcpGuard::forget_closed() {
    std::erase_if(by_source_, [](const auto& entry) { return !still_from(entry.second.fd, entry.first); });
}

std::size_t TcpGuard::held_by(const IpAddress& ip) const {
    const auto first = by_source_.lower_bound(Address{ip, 0});
    return static_cast<std::size_t>(std::distance(first, by_source_.upper_bound(Address{ip, 65535})));
}

std::size_t TcpGuard::open() {
    forget_closed();
    return by_source_.size();
}

bool TcpGuard::admit(int fd, const Address& source, Time now) {
    if (held_by(source.ip) >= max_per_source_) forget_closed();
    if (held_by(source.ip) >= max_per_source_) {
        refused_.add();
        return false;
    }
    by_source_[source] = Connection{fd, now};
    return true;
}

void TcpGuard::sweep(Time now) {
    forget_closed();
    for (const auto& [source, connection] : by_source_) {
        if (connection.spoke || now - connection.since < mute_limit_) continue;
        mute_.add();
        shutdown(connection.fd, SHUT_RDWR);  // libsofia then reads the end of it and closes
        log::info("sip.tcp_mute", {{"source", source}});
    }
}

}  // namespace hotline::sip

/// Interposed: the dynamic linker prefers the executable's to libc's.
extern "C" __attribute__((visibility("default"))) int accept(int listener, sockaddr* address, socklen_t* length) {
    using Accept = int (*)(int, sockaddr*, socklen_t*);
    static const auto libc_accept = reinterpret_cast<Accept>(dlsym(RTLD_NEXT, "accept"));
    const int fd = libc_accept(listener, address, length);
    hotline::sip::TcpGuard* guard = hotline::sip::TcpGuard::of_this_thread();
    if (fd < 0 || !guard || !address) return fd;
    if (address->sa_family != AF_INET && address->sa_family != AF_INET6) return fd;
    if (guard->admit(fd, hotline::Address::from(*address), hotline::read_clocks().at)) return fd;
    close(fd);
    errno = EAGAIN;
    return -1;
}
