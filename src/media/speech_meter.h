// Whether somebody speaks, heard from the sound as it comes: by level, against the noise around him.
//
//   power of 20 ms  ──▶ noise: the least of late, creeping up at 6 dB a second ──▶ speech: 9 dB above it, and above −46 dBFS
//
// A street is no speech, and neither is a tone that never ends (a line that was hung up elsewhere).
#pragma once
#include <cstdint>
#include <span>

#include "hotline/base/time.h"
#include "hotline/call/audio.h"

namespace hotline::media {

class SpeechMeter {
  public:
    /// The next piece of sound, 1 to 1440 samples at 8 kHz, which arrived at `now`.
    void feed(std::span<const std::uint8_t> samples, call::Codec codec, Time now);

    /// How long somebody spoke, pauses of more than a quarter of a second not counted.
    Duration spoken() const { return spoken_; }
    /// When he was heard last; none: not yet.
    std::optional<Time> last_heard() const { return last_heard_; }

  private:
    double noise_ = 0;  // power, as a share of full scale; 0: nothing was fed yet
    Duration spoken_{0};
    std::optional<Time> last_heard_;
};

}  // namespace hotline::media
