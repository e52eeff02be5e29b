// Where on a recording's real-time axis a packet's samples belong, so that both channels stay aligned for hours.
//
// The RTP timestamp says it exactly but has no origin and drifts (two crystals: 360 ms an hour at 100 ppm); the arrival says it
// truly but with jitter. So: timestamps give the place, and the fastest packet of each second corrects the origin.
#pragma once
#include <cstdint>

#include "rtp.h"

namespace hotline::media {

/// One direction of one recording. All values in samples (1/8000 s).
class Placement {
  public:
    /// The place of a packet's first sample. `arrival`: when it came, since the recording began.
    std::int64_t place(std::uint32_t timestamp, std::int64_t arrival);

    static constexpr std::int64_t kMostEarly = 3200;  // 400 ms before, or
    static constexpr std::int64_t kMostLate = 4800;   // 600 ms behind real time: a new origin at once

  private:
    void start(std::uint32_t timestamp, std::int64_t arrival);

    static constexpr int kWindow = 50;               // packets: 1 s
    static constexpr std::int64_t kTolerance = 160;  // 20 ms: smaller errors are left alone
    bool started_ = false;
    std::uint32_t newest_ = 0;       // timestamp
    std::int64_t newest_place_ = 0;  // of that timestamp
    int in_window_ = 0;
    std::int64_t least_late_ = 0;
};

}  // namespace hotline::media
