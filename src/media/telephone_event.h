// Keys that come as RTP events (RFC 4733): each press once, whatever is lost, repeated or reordered of it.
//
//   press: M ts=T dur=160 | ts=T dur=320 | … | E ts=T dur=1600 ×3        payload: event(8) E(1) R(1) volume(6) duration(16)
//   Longer than 8.19 s: the next segment has ts = T + 65535 and no marker (§2.5.1.3).
#pragma once
#include <cstdint>
#include <optional>
#include <span>

namespace hotline::media {

/// One direction of one leg.
class KeyPresses {
  public:
    /// The key (0–9 * # A–D) when this packet is the first of its press, so that a key counts as it goes down and a lost end packet
    /// matters to nobody. None: more of a press already told, an event that is no key, or a payload that is no event.
    std::optional<char> on_event(std::uint32_t timestamp, bool marker, std::span<const std::uint8_t> payload);

  private:
    struct Press {
        std::uint8_t event;
        std::uint32_t timestamp;
        std::uint16_t duration;
        bool ended;
    };
    bool continues_last(const Press& now, bool marker) const;
    std::optional<Press> last_;
};

}  // namespace hotline::media
