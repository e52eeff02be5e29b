// The two interposed functions. They are looked up by name in this executable before libc: default visibility, and ENABLE_EXPORTS.
#include <arpa/inet.h>
#include <dlfcn.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <sofia-sip/su.h>
#include <sofia-sip/su_addrinfo.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "hotline/base/check.h"
#include "sip/gate.h"
#include "sip/gate_mend.h"

namespace hotline::sip {
namespace {

/// What the interposed functions do on this thread.
struct Guarded {
    Gate* gate = nullptr;  // null: nothing, they only forward
    std::uint64_t lookups = 0, datagrams = 0;
};
thread_local Guarded guarded;

template <class Function>
Function* next_of(const char* name) {
    auto* const found = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
    HL_CHECK(found, "libc has lost a function");
    return found;
}

ssize_t real_recvmsg(int fd, msghdr* message, int flags) {
    static auto* const real = next_of<ssize_t(int, msghdr*, int)>("recvmsg");
    return real(fd, message, flags);
}

/// The bytes that arrived as one run: where they are, when one buffer took them all, else a copy.
std::span<char> gather(const msghdr& message, std::size_t size, std::vector<char>& copy) {
    auto* const first = static_cast<char*>(message.msg_iov[0].iov_base);
    if (message.msg_iov[0].iov_len >= size) return {first, size};
    for (std::size_t i = 0; i < message.msg_iovlen && copy.size() < size; ++i) {
        auto* const part = static_cast<char*>(message.msg_iov[i].iov_base);
        copy.insert(copy.end(), part, part + std::min(message.msg_iov[i].iov_len, size - copy.size()));
    }
    return copy;
}

/// Puts back what was changed in a copy.
void scatter(const msghdr& message, std::span<const char> bytes) {
    for (std::size_t i = 0; i < message.msg_iovlen && !bytes.empty(); ++i) {
        const auto n = std::min(message.msg_iov[i].iov_len, bytes.size());
        if (message.msg_iov[i].iov_base != bytes.data()) std::memcpy(message.msg_iov[i].iov_base, bytes.data(), n);
        bytes = bytes.subspan(n);
    }
}

/// libsofia asks for the sender's address of a datagram, and not of a stream's bytes.
bool is_datagram(const msghdr& message) { return message.msg_name != nullptr && message.msg_namelen >= sizeof(sockaddr_in); }

/// Only when nothing of libsofia's is still on its way: an answer must not land inside another one.
bool is_idle(int fd) {
    int waiting = 0;
    return ioctl(fd, SIOCOUTQ, &waiting) == 0 && waiting == 0;
}

bool passes_stream(int fd, std::span<char> bytes) {
    if (!Gate::is_sip_stream({bytes.data(), bytes.size()})) {
        shutdown(fd, SHUT_RDWR);
        return false;
    }
    mend_stream(bytes);
    const auto answer = guarded.gate->judge_stream({bytes.data(), bytes.size()});
    if (answer.empty() || !is_idle(fd)) return true;
    return ::send(fd, answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0;
}

/// SO_MEMINFO counts what the kernel counts against the limit.
ReceiveQueue queue_of(int fd) {
    std::uint32_t memory[SK_MEMINFO_VARS] = {};
    socklen_t length = sizeof memory;
    if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &length) != 0 || memory[SK_MEMINFO_RCVBUF] == 0) return {fd, 0};
    return {fd, static_cast<double>(memory[SK_MEMINFO_RMEM_ALLOC]) / memory[SK_MEMINFO_RCVBUF]};
}

bool passes_datagram(int fd, const msghdr& message, std::span<char> bytes) {
    mend_datagram(bytes);
    const auto source = Address::from(*static_cast<const sockaddr*>(message.msg_name));
    const auto judgement =
        guarded.gate->judge({bytes.data(), bytes.size()}, source, read_clocks().at, [fd] { return queue_of(fd); });
    if (judgement.verdict == Gate::Verdict::Answer) {
        // Best effort: a full send buffer is what silence is for.
        const auto sent = sendto(fd, judgement.answer.data(), judgement.answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                                 static_cast<const sockaddr*>(message.msg_name), message.msg_namelen);
        static_cast<void>(sent);
    }
    return judgement.verdict == Gate::Verdict::Pass;
}

ssize_t guarded_recvmsg(int fd, msghdr* message, int flags) {
    const ssize_t n = real_recvmsg(fd, message, flags);
    if (n <= 0 || (flags & (MSG_ERRQUEUE | MSG_PEEK)) != 0 || message->msg_iovlen == 0) return n;
    const bool datagram = is_datagram(*message);
    if (datagram) ++guarded.datagrams;
    if (!guarded.gate->config().on) return n;
    std::vector<char> copy;
    const auto bytes = gather(*message, static_cast<std::size_t>(n), copy);
    if (datagram ? passes_datagram(fd, *message, bytes) : passes_stream(fd, bytes)) {
        scatter(*message, bytes);
        return n;
    }
    errno = EAGAIN;  // libsofia: "nothing there"
    return -1;
}

struct CloseFd {
    int fd;
    ~CloseFd() { close(fd); }
};

Error not_in_force(const std::string& what) {
    return {ErrorKind::Unavailable, what +
                                        " is not intercepted: link the program with exported symbols (ENABLE_EXPORTS, no "
                                        "-fvisibility=hidden for src/sip), and libsofia-sip-ua dynamically"};
}

}  // namespace

GateKeeper::GateKeeper(Gate& gate) {
    HL_CHECK(!guarded.gate, "two gates on one thread");
    guarded = {&gate, 0, 0};
}

GateKeeper::~GateKeeper() { guarded = {}; }

/// A lookup through libsofia: if nobody intercepts it, /etc/hosts answers without a network.
Outcome GateKeeper::prove_lookup() {
    const auto before = guarded.lookups;
    su_addrinfo_t hints{};
    su_addrinfo_t* found = nullptr;
    const int result = su_getaddrinfo("localhost", nullptr, &hints, &found);
    if (found) su_freeaddrinfo(found);
    if (guarded.lookups == before || result == 0) return not_in_force("getaddrinfo");
    return Done{};
}

/// A keep-alive to ourselves, read the way libsofia reads.
Outcome GateKeeper::prove_datagram() {
    const CloseFd socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    sockaddr_storage self{};
    socklen_t length = Address{*IpAddress::parse("127.0.0.1"), 0}.to_sockaddr(self);
    auto* const address = reinterpret_cast<sockaddr*>(&self);
    const timeval second{1, 0};
    if (socket.fd < 0 || bind(socket.fd, address, length) != 0 || getsockname(socket.fd, address, &length) != 0 ||
        setsockopt(socket.fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second) != 0 ||
        sendto(socket.fd, "\r\n\r\n", 4, 0, address, length) != 4) {
        return Error{ErrorKind::Io, std::string("the gate's self-test needs a UDP socket on 127.0.0.1: ") + std::strerror(errno)};
    }
    const auto before = guarded.datagrams;
    char bytes[64];
    su_iovec_t into{};
    into.siv_base = bytes;
    into.siv_len = sizeof bytes;
    su_sockaddr_t from{};
    socklen_t from_length = sizeof from;
    const auto n = su_vrecv(socket.fd, &into, 1, 0, &from, &from_length);
    const bool dropped = n < 0 && errno == EAGAIN;
    if (guarded.datagrams == before || dropped != guarded.gate->config().on) return not_in_force("recvmsg");
    return Done{};
}

Outcome GateKeeper::self_test() {
    if (auto lookup = prove_lookup(); !lookup) return lookup;
    return prove_datagram();
}

}  // namespace hotline::sip

extern "C" {

__attribute__((visibility("default"))) int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                                                       addrinfo** result) {
    using namespace hotline::sip;
    static auto* const real = next_of<int(const char*, const char*, const addrinfo*, addrinfo**)>("getaddrinfo");
    if (!guarded.gate) return real(node, service, hints, result);
    ++guarded.lookups;
    addrinfo numeric = hints ? *hints : addrinfo{};
    if (!hints) numeric.ai_family = AF_UNSPEC;
    numeric.ai_flags |= AI_NUMERICHOST;
    return real(node, service, &numeric, result);
}

__attribute__((visibility("default"))) ssize_t recvmsg(int fd, msghdr* message, int flags) {
    using namespace hotline::sip;
    return guarded.gate ? guarded_recvmsg(fd, message, flags) : real_recvmsg(fd, message, flags);
}

}  // extern "C"
