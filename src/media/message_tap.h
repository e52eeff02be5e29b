// One message that the far side of a leg speaks: the tone, then what is heard, into a recording of its own, until he is done.
//
//   tone ─▶ begin() ─▶ heard()… ─▶ due(): silent for too long, as long as it may be ─▶ finish()
#pragma once
#include <optional>

#include "hotline/call/ports.h"
#include "recording_tap.h"
#include "speech_meter.h"

namespace hotline::media {

class MessageTap {
  public:
    explicit MessageTap(call::Media::MessageOrder order) : order_(std::move(order)) {}

    call::VoiceMessageId id() const { return order_.message; }
    bool has_begun() const { return tap_.has_value(); }
    /// The tone is over: what is heard from now on is the message, kept in `codec`.
    void begin(Recorder& recorder, call::Codec codec, Time now);
    void heard(std::uint32_t timestamp, call::Codec codec, std::span<const std::uint8_t> samples, Time now);
    /// Whether he has been silent for too long, or has said enough.
    bool is_due(Time now) const;
    /// The message ends, and with it the tap. What he was silent at its end is cut off but for a second.
    call::VoiceMessageEnded finish(Time now);

  private:
    call::Media::MessageOrder order_;
    std::optional<RecordingTap> tap_;
    Time begin_{};
    SpeechMeter meter_;
};

/// 1000 Hz for a quarter of a second, softly in and out.
call::SoundRef message_tone();

}  // namespace hotline::media
