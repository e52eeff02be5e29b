// Datagrams in batches, without allocation, and what is counted of them.
#pragma once
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <span>

#include "endpoint.h"
#include "hotline/base/metrics.h"

namespace hotline::media {

constexpr std::size_t kBatch = 16;            // datagrams a socket and round: what a flood on one port can take from the others
constexpr std::size_t kDatagramBytes = 1600;  // larger ones are no G.711 and are dropped

/// What one recvmmsg brings.
class InBatch {
  public:
    InBatch();
    /// Number of datagrams, 0 when there is none. An error on the socket (an ICMP message for an earlier packet) is none, too.
    std::size_t receive(int fd);
    /// Empty when it was too long for us.
    std::span<std::uint8_t> datagram(std::size_t i) {
        const auto& message = messages_[i];
        if (message.msg_hdr.msg_flags & MSG_TRUNC) return {};
        return {bytes_[i].data(), message.msg_len};
    }
    const Endpoint& from(std::size_t i) const { return from_[i]; }

  private:
    std::array<mmsghdr, kBatch> messages_{};
    std::array<iovec, kBatch> pieces_{};
    std::array<Endpoint, kBatch> from_{};
    std::array<std::array<std::uint8_t, kDatagramBytes>, kBatch> bytes_;
};

/// What one sendmmsg takes: datagrams from one socket to one far side, in order. The bytes stay where they are until flush().
class OutBatch {
  public:
    OutBatch();
    void add(std::span<std::uint8_t> datagram) { pieces_[count_++] = {datagram.data(), datagram.size()}; }
    bool empty() const { return count_ == 0; }
    /// Returns how many the system did not take. Never waits: a full send buffer is a loss, as on any link.
    std::size_t flush(int fd, const Endpoint& to);

  private:
    std::array<mmsghdr, kBatch> messages_{};
    std::array<iovec, kBatch> pieces_{};
    std::size_t count_ = 0;
};

enum class Drop : std::uint8_t { Malformed, ForeignSource, NotConnected, UnknownPayload, Wild, Duplicate, Flood, OnHold, NotSent };
constexpr std::size_t kDropReasons = 9;

/// Counted by one thread without locks, published now and then.
struct Traffic {
    std::int64_t packets_in = 0, packets_out = 0, lost = 0;
    std::array<std::int64_t, kDropReasons> dropped{};
};

struct TrafficMetrics {
    explicit TrafficMetrics(Metrics& metrics, int thread);
    /// Adds and clears.
    void publish(Traffic& traffic);

    Metric &packets_in, &packets_out, &lost, &legs_open, &tick_lag_ms, &unknown_legs;
    std::array<Metric*, kDropReasons> dropped;
};

}  // namespace hotline::media
