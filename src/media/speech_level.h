// Makes synthesised speech fit the telephone: equally loud whatever the program, and beginning at once.
#pragma once
#include <cstdint>
#include <vector>

namespace hotline::media {

/// Cuts silence before and after down to 50 ms, then sets the level of what is spoken (not of the pauses) to −20 dBFS RMS, as far
/// as the loudest sample stays under −1 dBFS and the gain under 30 dB. 8 kHz. Silence is left as it is.
void condition_speech(std::vector<std::int16_t>& samples);

/// RMS of the blocks that are within 25 dB of the loudest block, as a share of full scale; 0: silence.
double spoken_level(const std::vector<std::int16_t>& samples);

}  // namespace hotline::media
