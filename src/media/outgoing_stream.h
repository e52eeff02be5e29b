// What one leg is sent, as one unbroken RTP stream: own SSRC, sequence numbers and timestamps that run on, whoever speaks.
//
//   prompt ─frame()──┐
//   agent A ─relay()─┼──▶ seq 100 101 102 … one SSRC, marker where the speaker changes
//   agent B ─relay()─┘
//
// A relayed packet keeps its distance to its neighbours (losses, reordering and pauses of the far side stay visible to the
// receiver's jitter buffer); only the origin of both number lines is moved, once at each change of speaker.
#pragma once
#include <cstdint>
#include <optional>

#include "hotline/base/time.h"
#include "rtp.h"

namespace hotline::media {

class OutgoingStream {
  public:
    /// RFC 3550 §5.1: all three random.
    OutgoingStream(std::uint32_t ssrc, std::uint16_t first_sequence, std::uint32_t first_timestamp)
        : ssrc_(ssrc), sequence_(static_cast<std::uint16_t>(first_sequence - 1)), timestamp_(first_timestamp) {}

    enum class Content : std::uint8_t { Sound, Event };

    /// The header of our own next frame of `samples` (payload type left 0).
    rtp::Header frame(std::uint32_t samples, Time now);
    /// The header for a packet of the leg that this one is bridged with. None: it is too late
    /// to be relayed (from before the change of speaker, or more than 128 packets behind).
    std::optional<rtp::Header> relay(const rtp::Header& in, Content content, Time now);
    /// A packet from there is not passed on (an event that the receiver did not agree to): leaves no gap in the numbers.
    void skip(const rtp::Header& in);
    /// The speaker changes: the next packet begins a talkspurt.
    void change_speaker() { speaker_.reset(); }

    void count_sent(std::size_t payload_bytes) {
        ++packets_;
        octets_ += static_cast<std::uint32_t>(payload_bytes);
    }

    std::uint32_t ssrc() const { return ssrc_; }
    std::uint16_t last_sequence() const { return sequence_; }
    /// Sequence numbers used until now, with those of packets that were lost before they reached us.
    std::uint64_t numbers_used() const { return numbers_used_; }
    std::uint64_t packets() const { return packets_; }
    std::uint32_t octets() const { return octets_; }
    /// What the timestamp would be at `now` (for sender reports).
    std::uint32_t timestamp_at(Time now) const;

  private:
    struct Speaker {  // the SSRC that is relayed, or ourselves
        std::optional<std::uint32_t> ssrc;
        std::uint16_t oldest = 0, newest = 0;  // its sequence numbers that may still be relayed, that were relayed last
        std::uint32_t newest_timestamp = 0;    // of its sound
        Time newest_at{};
        std::uint16_t sequence_offset = 0;  // ours − its
        std::uint32_t timestamp_offset = 0;
    };
    std::uint32_t timestamp_after_pause(std::uint32_t at_least, Time now) const;
    rtp::Header begin(const rtp::Header& in, Time now);
    bool follow_clock(const rtp::Header& in, Time now);
    void remember(const rtp::Header& out, Time now);

    std::uint32_t ssrc_;
    std::uint16_t sequence_;   // newest sent
    std::uint32_t timestamp_;  // of the newest sent
    Time sent_at_{};
    bool sent_any_ = false;
    bool marker_due_ = true;
    std::optional<Speaker> speaker_;
    std::uint64_t numbers_used_ = 0;
    std::uint64_t packets_ = 0;
    std::uint32_t octets_ = 0;
};

}  // namespace hotline::media
