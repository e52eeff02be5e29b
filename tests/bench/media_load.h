// The load of the media benchmark: phones on loopback that send 50 packets a second each, evenly spread, and measure what comes
// back.
//
//   core 1: phones ──20 ms of G.711, stamped──▶ core 0: yardstick relay or engine ──▶ phones: lost? how late?
#pragma once
#include <dirent.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "media/endpoint.h"
#include "media/rtp.h"

namespace hotline::media::bench {

constexpr int kServerCore = 0, kLoadCore = 1;
constexpr int kPriority = 10;  // as the media threads': other programs on the machine then disturb neither side
constexpr std::size_t kPacketBytes = rtp::kHeaderBytes + 160;

[[noreturn]] inline void die(const char* what) {
    std::perror(what);
    std::exit(1);
}

inline void pin(pid_t thread, int core) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(core, &cores);
    if (::sched_setaffinity(thread, sizeof cores, &cores) != 0) std::perror("bench: threads are not pinned");
}

inline void prefer_this_thread() {
    const sched_param priority{kPriority};
    pthread_setschedparam(pthread_self(), SCHED_RR, &priority);  // refused: then without
}

inline std::int64_t clock_ns(clockid_t clock) {
    timespec t{};
    ::clock_gettime(clock, &t);
    return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

/// A UDP socket on 127.0.0.1 with a port of the kernel's choice.
inline int udp_socket(Address& bound) {
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) die("socket (raise ulimit -n)");
    Endpoint local(Address{IpAddress::parse("127.0.0.1").value(), 0});
    socklen_t length = sizeof local;
    if (::bind(fd, &local.any, local.length()) != 0 || ::getsockname(fd, &local.any, &length) != 0) die("bind");
    bound = local.address();
    return fd;
}

struct LoadResult {
    std::int64_t sent = 0, received = 0;
    std::vector<float> delays_us;

    double percentile(double share) {
        if (delays_us.empty()) return 0;
        const auto at = std::min(delays_us.size() - 1, static_cast<std::size_t>(share * static_cast<double>(delays_us.size())));
        std::nth_element(delays_us.begin(), delays_us.begin() + static_cast<std::ptrdiff_t>(at), delays_us.end());
        return static_cast<double>(delays_us[at]);
    }
};

/// All phones, run by one thread. Phone 2n talks with phone 2n + 1, over two sockets of the server.
class Phones {
  public:
    explicit Phones(std::size_t count) : phones_(count), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
        for (std::size_t i = 0; i < count; ++i) {
            auto& phone = phones_[i];
            phone.fd = udp_socket(phone.local);
            const int on = 1;
            ::setsockopt(phone.fd, SOL_SOCKET, SO_TIMESTAMPNS, &on,
                         sizeof on);  // arrival as the kernel saw it, not as we got to it
            epoll_event event{};
            event.events = EPOLLIN;
            event.data.u64 = i;
            ::epoll_ctl(epoll_, EPOLL_CTL_ADD, phone.fd, &event);
            rtp::write(phone.packet.data(), {true, 8, 1, 0, static_cast<std::uint32_t>(0x1000 + i)});
            std::fill(phone.packet.begin() + rtp::kHeaderBytes, phone.packet.end(), std::uint8_t{0xd5});
        }
    }
    ~Phones() {
        for (const auto& phone : phones_) ::close(phone.fd);
        ::close(epoll_);
    }
    Phones(const Phones&) = delete;
    Phones& operator=(const Phones&) = delete;

    std::size_t size() const { return phones_.size(); }
    const Address& address(std::size_t i) const { return phones_[i].local; }
    void call(std::size_t i, const Address& server) {
        const Endpoint to(server);
        if (::connect(phones_[i].fd, &to.any, to.length()) != 0) die("connect");
    }

    /// Talks for `seconds`, then waits for what is under way. Runs on the load's core.
    LoadResult talk(double seconds) {
        LoadResult result;
        result.delays_us.reserve(static_cast<std::size_t>(seconds * 50 * 1.1) * size());
        std::thread thread([&] {
            pin(0, kLoadCore);
            prefer_this_thread();
            run(seconds, result);
        });
        thread.join();
        return result;
    }

  private:
    struct Phone {
        int fd = -1;
        Address local;
        std::uint32_t count = 0;
        std::array<std::uint8_t, kPacketBytes> packet{};
    };

    void run(double seconds, LoadResult& result) {
        const std::int64_t period = 20'000'000 / static_cast<std::int64_t>(size());
        const auto packets = static_cast<std::int64_t>(seconds * 50) * static_cast<std::int64_t>(size());
        std::int64_t due = clock_ns(CLOCK_MONOTONIC);
        for (std::int64_t n = 0; n < packets; ++n, due += period) {
            for (std::int64_t left; (left = due - clock_ns(CLOCK_MONOTONIC)) > 0;) receive(left, result);
            send(phones_[static_cast<std::size_t>(n) % size()], result);
            if (n % 16 == 0) receive(0, result);  // also when the schedule is behind
        }
        const std::int64_t end = clock_ns(CLOCK_MONOTONIC) + 300'000'000;
        while (result.received < result.sent && clock_ns(CLOCK_MONOTONIC) < end) receive(10'000'000, result);
    }

    void send(Phone& phone, LoadResult& result) {
        ++phone.count;
        rtp::write16(&phone.packet[2], static_cast<std::uint16_t>(phone.count));
        rtp::write32(&phone.packet[4], 160 * phone.count);
        phone.packet[1] = phone.count == 1 ? 0x88 : 0x08;
        const std::int64_t now = clock_ns(CLOCK_REALTIME);
        std::memcpy(&phone.packet[rtp::kHeaderBytes], &now, sizeof now);
        if (::send(phone.fd, phone.packet.data(), phone.packet.size(), 0) > 0) ++result.sent;
    }

    void receive(std::int64_t wait_ns, LoadResult& result) {
        std::array<epoll_event, 64> events;
        const timespec wait{wait_ns / 1'000'000'000, wait_ns % 1'000'000'000};
        const int n = ::epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &wait, nullptr);
        for (int i = 0; i < n; ++i) {
            while (receive_one(phones_[events[static_cast<std::size_t>(i)].data.u64].fd, result)) {
            }
        }
    }

    bool receive_one(int fd, LoadResult& result) {
        std::array<std::uint8_t, 256> bytes;
        alignas(cmsghdr) std::array<char, 64> control;
        iovec piece{bytes.data(), bytes.size()};
        msghdr message{};
        message.msg_iov = &piece;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        if (::recvmsg(fd, &message, MSG_DONTWAIT) != static_cast<ssize_t>(kPacketBytes)) return false;
        ++result.received;
        std::int64_t sent;
        timespec arrived{};
        std::memcpy(&sent, &bytes[rtp::kHeaderBytes], sizeof sent);
        for (cmsghdr* c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
            if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) std::memcpy(&arrived, CMSG_DATA(c), sizeof arrived);
        }
        result.delays_us.push_back(static_cast<float>(arrived.tv_sec * 1'000'000'000LL + arrived.tv_nsec - sent) / 1000.0f);
        return true;
    }

    std::vector<Phone> phones_;
    int epoll_;
};

/// Threads of this process whose name begins with `prefix`.
inline std::vector<pid_t> threads_named(const std::string& prefix) {
    std::vector<pid_t> found;
    DIR* tasks = ::opendir("/proc/self/task");
    while (const dirent* entry = ::readdir(tasks)) {
        std::string name;
        std::getline(std::ifstream(std::string("/proc/self/task/") + entry->d_name + "/comm"), name);
        if (name.starts_with(prefix)) found.push_back(std::atoi(entry->d_name));
    }
    ::closedir(tasks);
    return found;
}

/// What they ran until now (scheduler's account, ns).
inline std::int64_t cpu_ns(const std::vector<pid_t>& threads) {
    std::int64_t sum = 0;
    for (const pid_t thread : threads) {
        std::int64_t ran = 0;
        std::ifstream("/proc/self/task/" + std::to_string(thread) + "/schedstat") >> ran;
        sum += ran;
    }
    return sum;
}

}  // namespace hotline::media::bench
