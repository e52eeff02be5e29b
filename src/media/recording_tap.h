// The media thread's half of a recording: copies G.711 bytes to their place on the time axis and hands blocks of half a second to
// the disk thread. No decoding, no file, no wait.
//
//   heard ─▶ left   ┌────────┬────────┬────────┐   blocks that packets may still come for
//   said  ─▶ right  │ n − 2  │ n − 1  │   n    │ ◀─ newest
//                   └───┬────┴────────┴────────┘
//                       └─▶ Recorder, when block n + 1 begins
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "hotline/base/time.h"
#include "hotline/call/audio.h"
#include "placement.h"
#include "recorder.h"

namespace hotline::media {

class RecordingTap {
  public:
    /// The recording begins now; its bytes are kept in `codec`.
    RecordingTap(Recorder& recorder, std::shared_ptr<Recording> recording, call::Codec codec, Time now);

    void heard(std::uint32_t timestamp, call::Codec codec, std::span<const std::uint8_t> samples, Time now) {
        add(left_, &AudioBlock::left, timestamp, codec, samples, now);
    }
    void said(std::uint32_t timestamp, call::Codec codec, std::span<const std::uint8_t> samples, Time now) {
        add(right_, &AudioBlock::right, timestamp, codec, samples, now);
    }
    /// The recording ends now; RecordingSaved or RecordingLost follows.
    void finish(Time now);

  private:
    using Channel = std::array<std::uint8_t, AudioBlock::kSamples> AudioBlock::*;
    static constexpr std::size_t kOpenBlocks = 3;
    static_assert((kOpenBlocks - 1) * AudioBlock::kSamples > Placement::kMostEarly + Placement::kMostLate,
                  "a packet that one channel accepts as late must not be too late because the other one is early");

    void add(Placement& placement, Channel channel, std::uint32_t timestamp, call::Codec codec,
             std::span<const std::uint8_t> samples, Time now);
    AudioBlock* block_for(std::int64_t index);
    void hand_over(std::unique_ptr<AudioBlock>& block);
    std::int64_t samples_until(Time now) const;

    Recorder& recorder_;
    std::shared_ptr<Recording> recording_;  // null: lost
    call::Codec codec_;
    Time begin_;
    Placement left_, right_;
    std::int64_t oldest_ = 0;                                      // index of the oldest block that is still open
    std::array<std::unique_ptr<AudioBlock>, kOpenBlocks> blocks_;  // block i at i % kOpenBlocks; null: nothing came for it
};

}  // namespace hotline::media
