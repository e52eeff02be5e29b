// Sound files on disk ↔ 16-bit mono samples at 8 kHz.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "hotline/base/result.h"
#include "hotline/base/time.h"

namespace hotline::media {

constexpr int kSampleRate = 8000;
constexpr Duration kLongestSound = 10min;

/// Reads a whole WAV file (PCM, float or G.711; 1 or 2 channels; 8–48 kHz), mixed to mono and resampled. Memory: the result, at
/// most 9.6 MB, and a block. NotFound: no such file; Io: cannot be read; Invalid: what is wrong with it and what to do.
Result<std::vector<std::int16_t>> read_pcm(const std::string& path);

/// Writes a mono WAV file of 16-bit PCM at 8 kHz; replaces what is there. Not atomic: write beside, then rename.
Outcome write_pcm(const std::string& path, std::span<const std::int16_t> samples);

}  // namespace hotline::media
