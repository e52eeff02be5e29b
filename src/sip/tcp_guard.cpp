#include "sip/tcp_guard.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>

#include "hotline/base/check.h"
#include "hotline/base/log.h"
#include "sip/scan.h"

namespace hotline::sip {
namespace {

thread_local TcpGuard* guard_here = nullptr;

constexpr Duration kTellEvery = 60s;

std::optional<Address> peer_of(int fd) {
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &length) != 0) return std::nullopt;
    return Address::from(reinterpret_cast<const sockaddr&>(peer));
}

// The descriptor may have been closed and taken by another connection since.
bool still_from(int fd, const Address& source) { return peer_of(fd) == source; }

std::uint64_t bytes_brought(int fd) {
    tcp_info info{};
    socklen_t length = sizeof info;
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 ? info.tcpi_bytes_received : 0;
}

int spare_descriptor() { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

}  // namespace

TcpGuard::TcpGuard(std::size_t max_per_source, Duration mute_limit, Metrics& metrics)
    : max_per_source_(max_per_source),
      mute_limit_(mute_limit),
      refused_(metrics.counter("sip_tcp_refused_total", "TCP connections beyond their source's share")),
      mute_(metrics.counter("sip_tcp_mute_total", "TCP connections ended because no whole message came")) {
    HL_CHECK(!guard_here, "one TcpGuard a thread");
    guard_here = this;
    spare_ = spare_descriptor();
}

TcpGuard::~TcpGuard() {
    guard_here = nullptr;
    if (spare_ >= 0) close(spare_);
}

TcpGuard* TcpGuard::of_this_thread() { return guard_here; }

void TcpGuard::heard(const Address& source) {
    const auto it = by_source_.find(source);
    if (it == by_source_.end()) return;
    it->second.bytes = bytes_brought(it->second.fd);
    it->second.since.reset();
}

void TcpGuard::heard(int fd) {
    if (const auto source = peer_of(fd)) heard(*source);
}

void TcpGuard::end(const Address& source) {
    const auto it = by_source_.find(source);
    if (it != by_source_.end() && still_from(it->second.fd, source)) shutdown(it->second.fd, SHUT_RDWR);
}

void TcpGuard::turn_away(int listener, Time now) {
    refused_.add();
    if (now - told_ >= kTellEvery) {
        told_ = now;
        log::error("sip.no_descriptor_left",
                   {{"cure", "raise the limit of open files (LimitNOFILE=, ulimit -n), or lower limits.max_calls"}});
    }
    if (spare_ < 0) return;
    close(spare_);
    if (const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC); fd >= 0) close(fd);
    spare_ = spare_descriptor();
}

void TcpGuard::forget_closed() {
    std::erase_if(by_source_, [](const auto& entry) { return !still_from(entry.second.fd, entry.first); });
}

std::size_t TcpGuard::held_by(const IpAddress& ip) const {
    IpAddress last = home_of(ip);
    if (ip.v6) std::fill(last.bytes.begin() + 8, last.bytes.end(), std::uint8_t{0xFF});
    const auto first = by_source_.lower_bound(Address{home_of(ip), 0});
    return static_cast<std::size_t>(std::distance(first, by_source_.upper_bound(Address{last, 65535})));
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
    by_source_[source] = Connection{fd, 0, now};
    return true;
}

void TcpGuard::sweep(Time now) {
    forget_closed();
    for (auto& [source, connection] : by_source_) {
        if (!connection.since && bytes_brought(connection.fd) != connection.bytes) connection.since = now;
        if (!connection.since || now - *connection.since < mute_limit_) continue;
        mute_.add();
        shutdown(connection.fd, SHUT_RDWR);  // libsofia then reads the end of it and closes
        log::info("sip.tcp_mute", {{"source", source}});
    }
}

/// After a read on whatever thread.
static void note_keep_alive(int fd, const void* bytes, ssize_t count, int flags) {
    TcpGuard* const guard = TcpGuard::of_this_thread();
    if (count <= 0 || !guard || (flags & MSG_PEEK) != 0) return;
    if (is_keep_alive({static_cast<const char*>(bytes), static_cast<std::size_t>(count)})) guard->heard(fd);
}

}  // namespace hotline::sip

// Interposed: the dynamic linker prefers the executable's to libc's.
extern "C" {

__attribute__((visibility("default"))) int accept(int listener, sockaddr* address, socklen_t* length) {
    using Accept = int (*)(int, sockaddr*, socklen_t*);
    static const auto libc_accept = reinterpret_cast<Accept>(dlsym(RTLD_NEXT, "accept"));
    const int fd = libc_accept(listener, address, length);
    hotline::sip::TcpGuard* guard = hotline::sip::TcpGuard::of_this_thread();
    if (fd < 0 && guard && (errno == EMFILE || errno == ENFILE)) {
        guard->turn_away(listener, hotline::read_clocks().at);
        errno = EAGAIN;
    }
    if (fd < 0 || !guard || !address) return fd;
    if (address->sa_family != AF_INET && address->sa_family != AF_INET6) return fd;
    if (guard->admit(fd, hotline::Address::from(*address), hotline::read_clocks().at)) return fd;
    close(fd);
    errno = EAGAIN;
    return -1;
}

/// libsofia reads keep-alives by themselves, by recv(), also as Debian compiles it (_FORTIFY_SOURCE), and messages by recvmsg().
__attribute__((visibility("default"))) ssize_t recv(int fd, void* into, size_t size, int flags) {
    using Recv = ssize_t (*)(int, void*, size_t, int);
    static const auto libc_recv = reinterpret_cast<Recv>(dlsym(RTLD_NEXT, "recv"));
    const ssize_t n = libc_recv(fd, into, size, flags);
    hotline::sip::note_keep_alive(fd, into, n, flags);
    return n;
}

// NOLINTNEXTLINE(bugprone-reserved-identifier): glibc's name
__attribute__((visibility("default"))) ssize_t __recv_chk(int fd, void* into, size_t size, size_t room, int flags) {
    using Recv = ssize_t (*)(int, void*, size_t, size_t, int);
    static const auto libc_recv = reinterpret_cast<Recv>(dlsym(RTLD_NEXT, "__recv_chk"));
    const ssize_t n = libc_recv(fd, into, size, room, flags);
    hotline::sip::note_keep_alive(fd, into, n, flags);
    return n;
}

/// libsofia reads all that waits on a connection at once, and holds the sum against the largest message: a hundred small ones that
/// came while this thread was busy would end the connection. It is told of a part, and comes back for the rest.
__attribute__((visibility("default"))) int ioctl(int fd, unsigned long request, ...) noexcept {
    constexpr int kAtOnce = 32 * 1024;
    using Ioctl = int (*)(int, unsigned long, ...);
    static const auto libc_ioctl = reinterpret_cast<Ioctl>(dlsym(RTLD_NEXT, "ioctl"));
    va_list arguments;
    va_start(arguments, request);
    void* const argument = va_arg(arguments, void*);
    va_end(arguments);
    const int result = libc_ioctl(fd, request, argument);
    if (result != 0 || request != FIONREAD || !hotline::sip::TcpGuard::of_this_thread()) return result;
    int type = 0;
    socklen_t length = sizeof type;
    int& waiting = *static_cast<int*>(argument);
    if (waiting > kAtOnce && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_STREAM) waiting = kAtOnce;
    return result;
}

}  // extern "C"
