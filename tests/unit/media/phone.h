// A far side for tests of the media engine: two real sockets on loopback, and a box that collects the engine's events.
#pragma once
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <concepts>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "hotline/call/events.h"
#include "hotline/media/engine.h"
#include "media/descriptor.h"
#include "media/endpoint.h"
#include "media/rtp.h"

namespace hotline::media {

using Bytes = std::vector<std::uint8_t>;

inline IpAddress ip(const char* text) { return IpAddress::parse(text).value(); }

/// A bound UDP socket; the kernel chooses the port.
class UdpSocket {
  public:
    explicit UdpSocket(const IpAddress& local) : socket_(::socket(local.v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        const Endpoint any_port(Address{local, 0});
        if (::bind(socket_.get(), &any_port.any, any_port.length()) != 0)
            throw std::runtime_error("no socket on " + to_text(local));
        Endpoint bound;
        socklen_t length = sizeof bound;
        ::getsockname(socket_.get(), &bound.any, &length);
        address_ = bound.address();
    }
    const Address& address() const { return address_; }

    void send(const Address& to, std::span<const std::uint8_t> bytes) {
        const Endpoint far(to);
        ASSERT_EQ(::sendto(socket_.get(), bytes.data(), bytes.size(), 0, &far.any, far.length()),
                  static_cast<ssize_t>(bytes.size()));
    }
    /// From then on only this far side is heard: ports of finished tests are used again by others that run at the same time.
    void hear_only(const Address& far) { far_ = far; }
    /// The next datagram, if one comes before the deadline.
    std::optional<Bytes> receive(Duration deadline = 3s) {
        const Time until = read_clocks().at + deadline;
        do {
            pollfd waiting{socket_.get(), POLLIN, 0};
            const auto left = std::max<Duration>(until - read_clocks().at, 0s);
            if (::poll(&waiting, 1, static_cast<int>(to_ms(left + 999us))) != 1) continue;
            Bytes bytes(2048);
            Endpoint from;
            socklen_t length = sizeof from;
            const ssize_t n = ::recvfrom(socket_.get(), bytes.data(), bytes.size(), 0, &from.any, &length);
            if (n < 0 || (far_ && from.address() != *far_)) continue;
            bytes.resize(static_cast<std::size_t>(n));
            return bytes;
        } while (read_clocks().at < until);
        return std::nullopt;
    }

  private:
    Descriptor socket_;
    Address address_;
    std::optional<Address> far_;
};

struct Heard {
    rtp::Header header;
    Bytes payload;
};

class Phone {
  public:
    explicit Phone(const char* host = "127.0.0.1") : rtp(ip(host)), rtcp(ip(host)) {}

    /// The next packet of this phone's own stream.
    void say(const Address& to, std::span<const std::uint8_t> payload, std::uint8_t payload_type = 8, bool marker = false) {
        send(to, {marker, payload_type, sequence, timestamp, ssrc}, payload);
        ++sequence;
        timestamp += static_cast<std::uint32_t>(payload.size());
    }
    void say(const Address& to, std::uint8_t filled_with, std::uint8_t payload_type = 8) {
        say(to, Bytes(160, filled_with), payload_type);
    }

    void send(const Address& to, const rtp::Header& header, std::span<const std::uint8_t> payload) {
        Bytes packet(rtp::kHeaderBytes);
        rtp::write(packet.data(), header);
        packet.insert(packet.end(), payload.begin(), payload.end());
        rtp.send(to, packet);
    }
    std::optional<Heard> hear(Duration deadline = 3s) {
        auto bytes = rtp.receive(deadline);
        if (!bytes) return std::nullopt;
        const auto packet = rtp::parse(*bytes);
        if (!packet) return std::nullopt;
        return Heard{packet->header, Bytes(packet->payload.begin(), packet->payload.end())};
    }
    /// A key press as RFC 4733 sends it: updates, then the end three times.
    void press(const Address& to, std::uint8_t event, std::uint8_t payload_type = 101) {
        for (std::uint16_t duration = 160; duration <= 480; duration = static_cast<std::uint16_t>(duration + 160)) {
            event_packet(to, event, duration, false, payload_type, duration == 160);
        }
        for (int i = 0; i < 3; ++i) event_packet(to, event, 640, true, payload_type, false);
        timestamp += 640;
    }
    void event_packet(const Address& to, std::uint8_t event, std::uint16_t duration, bool end, std::uint8_t payload_type = 101,
                      bool marker = false) {
        const Bytes payload{event, static_cast<std::uint8_t>(end ? 0x8a : 0x0a), static_cast<std::uint8_t>(duration >> 8),
                            static_cast<std::uint8_t>(duration)};
        send(to, {marker, payload_type, sequence, timestamp, ssrc}, payload);
        ++sequence;
    }

    UdpSocket rtp, rtcp;
    std::uint16_t sequence = 1000;
    std::uint32_t timestamp = 50000;
    std::uint32_t ssrc = 0x11112222;
};

/// Events of the engine, in order, from all its threads.
class EventBox {
  public:
    EventSink sink() {
        return [this](call::Event event) {
            std::lock_guard lock(mutex_);
            events_.push_back(std::move(event));
            changed_.notify_all();
        };
    }
    /// The first T that `is` true of, now or before the deadline; taken out.
    template <class T, std::predicate<const T&> Predicate>
    std::optional<T> wait(Predicate is, Duration deadline = 5s) {
        std::unique_lock lock(mutex_);
        std::optional<T> found;
        changed_.wait_for(lock, deadline, [&] {
            const auto at = std::find_if(events_.begin(), events_.end(),
                                         [&](const call::Event& e) { return std::holds_alternative<T>(e) && is(std::get<T>(e)); });
            if (at == events_.end()) return false;
            found = std::get<T>(std::move(*at));
            events_.erase(at);
            return true;
        });
        return found;
    }
    template <class T>
    std::optional<T> wait(Duration deadline = 5s) {
        return wait<T>([](const T&) { return true; }, deadline);
    }
    template <class T>
    std::size_t count() {
        std::lock_guard lock(mutex_);
        return static_cast<std::size_t>(
            std::count_if(events_.begin(), events_.end(), [](const call::Event& e) { return std::holds_alternative<T>(e); }));
    }
    /// Keys heard until `last` of them, which must come before the deadline.
    std::string keys_until(char last) {
        std::string keys;
        while (const auto digit = wait<call::DigitHeard>()) {
            keys += digit->key;
            if (digit->key == last) break;
        }
        return keys;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<call::Event> events_;
};

}  // namespace hotline::media
