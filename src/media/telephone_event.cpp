#include "telephone_event.h"

#include <string_view>

#include "rtp.h"

namespace hotline::media {
namespace {

constexpr std::string_view kKeys = "0123456789*#ABCD";  // RFC 4733 table 3
constexpr std::size_t kPayloadBytes = 4;

}  // namespace

std::optional<char> KeyPresses::on_event(std::uint32_t timestamp, bool marker, std::span<const std::uint8_t> payload) {
    if (payload.size() < kPayloadBytes || payload[0] >= kKeys.size()) return std::nullopt;
    const Press now{payload[0], timestamp, rtp::read16(&payload[2]), (payload[1] & 0x80) != 0};
    if (last_) {
        const auto step = rtp::ahead(last_->timestamp, timestamp);
        if (step < 0) return std::nullopt;  // a straggler of an earlier press
        if (step == 0) {
            last_->ended = last_->ended || now.ended;
            last_->duration = std::max(last_->duration, now.duration);
            return std::nullopt;
        }
        if (continues_last(now, marker)) {
            last_ = now;
            return std::nullopt;
        }
    }
    last_ = now;
    return kKeys[now.event];
}

bool KeyPresses::continues_last(const Press& now, bool marker) const {
    if (marker || last_->ended || now.event != last_->event) return false;
    const auto step = static_cast<std::uint32_t>(now.timestamp - last_->timestamp);
    const bool next_segment = last_->duration >= 0xFF00 && step <= 0xFFFF;
    // Some phones move the timestamp with each packet of one press. Its duration still grows, where a new press begins short.
    const bool moving_timestamp = now.duration > last_->duration && step <= now.duration;
    return next_segment || moving_timestamp;
}

}  // namespace hotline::media
