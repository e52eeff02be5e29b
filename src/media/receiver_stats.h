// What a receiver knows about one RTP source: sequence numbers, jitter, loss (RFC 3550 §6.4.1, appendices A.1, A.3, A.8), as three
// small units, and their sum over the sources that a leg has had.
#pragma once
#include <cstdint>
#include <optional>

#include "hotline/base/time.h"
#include "rtp.h"

namespace hotline::media {

/// What a packet's sequence number says about its place in the stream.
enum class Arrival : std::uint8_t {
    InOrder,    // the newest so far; numbers may be missing before it
    Late,       // reordered: older than the newest
    Duplicate,  // this number was here before
    Wild,       // far from all others: not counted, not to be used unless the next one follows it
    Restarted,  // the second of two that follow each other after a jump: the source counts anew from here
};

/// Extended highest sequence number, expected and received packets of one SSRC (RFC 3550 A.1), with duplicates recognised within
/// the last 64. There is no probation: a leg's source is vetted by its address.
class SequenceTracker {
  public:
    explicit SequenceTracker(std::uint16_t first) : base_(first), highest_(first) {}

    /// For each packet but the first.
    Arrival on_packet(std::uint16_t sequence);

    std::uint32_t extended_highest() const { return cycles_ + highest_; }
    std::uint64_t expected() const { return std::uint64_t{extended_highest()} - base_ + 1; }
    std::uint64_t received() const { return received_; }  // with duplicates and late ones, as A.3 counts
    std::int64_t lost() const { return static_cast<std::int64_t>(expected()) - static_cast<std::int64_t>(received_); }

  private:
    void restart(std::uint16_t sequence);

    static constexpr int kMaxDropout = 3000;
    static constexpr int kMaxMisorder = 100;
    std::uint32_t base_;
    std::uint32_t cycles_ = 0;  // 2¹⁶ × number of wraps
    std::uint16_t highest_;
    std::optional<std::uint16_t> after_wild_;
    std::uint64_t received_ = 1;
    std::uint64_t seen_ = 1;  // bit n: highest − n was here
};

/// Interarrival jitter of one RTP source (RFC 3550 §6.4.1, A.8). Inputs and result in RTP ticks (G.711: 8000/s).
/// One SSRC only: on a source change start a new Jitter. A phone that sets its timestamps anew under the same SSRC (2 s away from
/// real time or more) gets a new origin: that step says nothing about the network.
class Jitter {
  public:
    void on_packet(std::uint32_t timestamp, std::uint32_t arrival);
    std::uint32_t value() const { return scaled_ >> 4; }

  private:
    std::optional<std::uint32_t> transit_;
    std::uint32_t scaled_ = 0;  // × 16, so that the division by 16 loses nothing
};

/// Share of packets lost since the last report, in 1/256 (RFC 3550 A.3).
class LossInterval {
  public:
    std::uint8_t take(std::uint64_t expected, std::uint64_t received);

  private:
    std::uint64_t expected_before_ = 0, received_before_ = 0;
};

/// Everything a leg hears. A new SSRC begins a new source; what the sources before lost stays in the totals.
class ReceiverStats {
  public:
    enum class Content : std::uint8_t { Sound, Event };  // packets of one event share a timestamp: they say nothing about jitter

    Arrival on_packet(const rtp::Header& header, Content content, Time arrival);

    struct Report {  // the fields of an RTCP report block that come from here
        std::uint32_t ssrc;
        std::uint8_t fraction_lost;
        std::int32_t cumulative_lost;  // clamped to 24 bits signed
        std::uint32_t extended_highest;
        std::uint32_t jitter;
    };
    /// None before the first packet. Ends the interval of fraction_lost.
    std::optional<Report> report();

    std::optional<std::uint32_t> ssrc() const { return source_ ? std::optional(source_->ssrc) : std::nullopt; }
    std::uint64_t packets() const { return packets_; }
    std::uint64_t lost() const;
    double jitter_ms() const { return source_ ? to_milliseconds(source_->jitter.value()) : 0; }
    double jitter_max_ms() const { return to_milliseconds(jitter_max_); }

  private:
    struct Source {
        std::uint32_t ssrc;
        SequenceTracker sequence;
        Jitter jitter;
        LossInterval interval;
    };
    static double to_milliseconds(std::uint32_t rtp_ticks) { return rtp_ticks * 1000.0 / rtp::kTicksPerSecond; }
    void leave_source();
    Arrival place(const rtp::Header& header);

    std::optional<Source> source_;
    std::uint64_t packets_ = 0;
    std::uint64_t lost_before_ = 0;  // by earlier sources
    std::uint32_t jitter_max_ = 0;
};

}  // namespace hotline::media
