#include "outgoing_stream.h"

#include <algorithm>

namespace hotline::media {
namespace {

constexpr std::uint32_t kFrame = 160;                          // 20 ms: the least step to a new speaker
constexpr Duration kOwnPause{100ms};                           // our own frames came later than this: a new talkspurt
constexpr int kReorder = 128;                                  // packets; older ones are not relayed
constexpr std::int64_t kClockJump = 2 * rtp::kTicksPerSecond;  // a timestamp this far from real time is a new origin

}  // namespace

std::uint32_t OutgoingStream::timestamp_after_pause(std::uint32_t at_least, Time now) const {
    if (!sent_any_) return timestamp_;
    const auto elapsed = static_cast<std::uint32_t>(std::clamp<std::int64_t>(rtp::ticks(now - sent_at_), at_least, INT32_MAX));
    return timestamp_ + elapsed;
}

std::uint32_t OutgoingStream::timestamp_at(Time now) const { return timestamp_after_pause(0, now); }

void OutgoingStream::remember(const rtp::Header& out, Time now) {
    const int step = rtp::ahead(sequence_, out.sequence);
    if (step <= 0) return;
    numbers_used_ += static_cast<unsigned>(step);
    sequence_ = out.sequence;
    if (sent_any_ && rtp::ahead(timestamp_, out.timestamp) <= 0) return;
    timestamp_ = out.timestamp;
    sent_at_ = now;
    sent_any_ = true;
}

rtp::Header OutgoingStream::frame(std::uint32_t samples, Time now) {
    const bool goes_on = speaker_ && !speaker_->ssrc && now - sent_at_ <= kOwnPause;
    rtp::Header out;
    out.marker = !goes_on;
    out.sequence = static_cast<std::uint16_t>(sequence_ + 1);
    out.timestamp = goes_on ? timestamp_ + samples : timestamp_after_pause(samples, now);
    out.ssrc = ssrc_;
    if (!speaker_ || speaker_->ssrc) speaker_ = Speaker{};
    remember(out, now);
    return out;
}

rtp::Header OutgoingStream::begin(const rtp::Header& in, Time now) {
    const std::uint32_t timestamp = timestamp_after_pause(kFrame, now);
    speaker_ = Speaker{in.ssrc,
                       in.sequence,
                       in.sequence,
                       in.timestamp,
                       now,
                       static_cast<std::uint16_t>(sequence_ + 1 - in.sequence),
                       timestamp - in.timestamp};
    return {true, 0, static_cast<std::uint16_t>(sequence_ + 1), timestamp, ssrc_};
}

/// A phone whose timestamps leave real time (reset, or stopped while it was silent) gets a new origin; true then.
bool OutgoingStream::follow_clock(const rtp::Header& in, Time now) {
    const std::int64_t drift = rtp::ahead(speaker_->newest_timestamp, in.timestamp) - rtp::ticks(now - speaker_->newest_at);
    speaker_->newest_timestamp = in.timestamp;
    speaker_->newest_at = now;
    if (drift < kClockJump && drift > -kClockJump) return false;
    speaker_->timestamp_offset = timestamp_after_pause(kFrame, now) - in.timestamp;
    return true;
}

std::optional<rtp::Header> OutgoingStream::relay(const rtp::Header& in, Content content, Time now) {
    rtp::Header out;
    if (!speaker_ || speaker_->ssrc != in.ssrc) {
        out = begin(in, now);
    } else {
        const int step = rtp::ahead(speaker_->newest, in.sequence);
        bool new_origin = false;
        if (step > 0) {
            speaker_->newest = in.sequence;
            if (rtp::ahead(speaker_->oldest, in.sequence) > kReorder)
                speaker_->oldest = static_cast<std::uint16_t>(in.sequence - kReorder);
            if (content == Content::Sound) new_origin = follow_clock(in, now);
        } else if (rtp::ahead(speaker_->oldest, in.sequence) < 0) {
            return std::nullopt;
        }
        out = {in.marker || new_origin, 0, static_cast<std::uint16_t>(in.sequence + speaker_->sequence_offset),
               in.timestamp + speaker_->timestamp_offset, ssrc_};
    }
    if (marker_due_ && content == Content::Sound) out.marker = true;
    if (content == Content::Sound) marker_due_ = false;
    remember(out, now);
    return out;
}

void OutgoingStream::skip(const rtp::Header& in) {
    if (!speaker_ || speaker_->ssrc != in.ssrc || rtp::ahead(speaker_->newest, in.sequence) <= 0) return;
    speaker_->newest = in.sequence;
    speaker_->oldest = static_cast<std::uint16_t>(in.sequence + 1);  // a straggler from before would now collide
    --speaker_->sequence_offset;
    marker_due_ = true;
}

}  // namespace hotline::media
