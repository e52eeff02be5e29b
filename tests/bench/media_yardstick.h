// The yardstick: the least that a relay in user space can do. epoll, recvmmsg, sendmmsg to the partner; no header is looked at,
// nobody is vetted, nothing is counted.
#pragma once
#include "media_load.h"

namespace hotline::media::bench {

class Yardstick {
  public:
    /// One socket for each phone; what comes from phone 2n goes to phone 2n + 1 from that one's socket, and back.
    explicit Yardstick(Phones& phones) : sides_(phones.size()), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
        for (std::size_t i = 0; i < sides_.size(); ++i) {
            sides_[i].fd = udp_socket(sides_[i].local);
            sides_[i].phone = Endpoint(phones.address(i));
            epoll_event event{};
            event.events = EPOLLIN;
            event.data.u64 = i;
            ::epoll_ctl(epoll_, EPOLL_CTL_ADD, sides_[i].fd, &event);
            phones.call(i, sides_[i].local);
        }
        thread_ = std::thread([this] { run(); });
        while (threads_named(kName).empty()) std::this_thread::yield();
    }
    ~Yardstick() {
        stopping_ = true;
        thread_.join();
        for (const auto& side : sides_) ::close(side.fd);
        ::close(epoll_);
    }

    static constexpr const char* kName = "yardstick";

  private:
    static constexpr std::size_t kBatch = 16;
    struct Side {
        int fd = -1;
        Address local;
        Endpoint phone;
    };

    void run() {
        pthread_setname_np(pthread_self(), kName);
        prefer_this_thread();
        std::array<std::array<std::uint8_t, 1600>, kBatch> bytes;
        std::array<iovec, kBatch> in_pieces{}, out_pieces{};
        std::array<Endpoint, kBatch> from;
        std::array<mmsghdr, kBatch> in{}, out{};
        for (std::size_t i = 0; i < kBatch; ++i) {
            in_pieces[i] = {bytes[i].data(), bytes[i].size()};
            in[i].msg_hdr = {&from[i], sizeof(Endpoint), &in_pieces[i], 1, nullptr, 0, 0};
            out_pieces[i] = {bytes[i].data(), 0};
            out[i].msg_hdr = {nullptr, 0, &out_pieces[i], 1, nullptr, 0, 0};
        }
        std::array<epoll_event, 256> events;
        while (!stopping_) {
            const int ready = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 100);
            for (int e = 0; e < ready; ++e) {
                const std::size_t side = events[static_cast<std::size_t>(e)].data.u64;
                const int n = ::recvmmsg(sides_[side].fd, in.data(), kBatch, MSG_DONTWAIT, nullptr);
                Side& partner = sides_[side ^ 1];
                for (int i = 0; i < n; ++i) {
                    const auto k = static_cast<std::size_t>(i);
                    in[k].msg_hdr.msg_namelen = sizeof(Endpoint);
                    out_pieces[k].iov_len = in[k].msg_len;
                    out[k].msg_hdr.msg_name = &partner.phone;
                    out[k].msg_hdr.msg_namelen = partner.phone.length();
                }
                if (n > 0) ::sendmmsg(partner.fd, out.data(), static_cast<unsigned>(n), MSG_DONTWAIT);
            }
        }
    }

    std::vector<Side> sides_;
    int epoll_;
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

}  // namespace hotline::media::bench
