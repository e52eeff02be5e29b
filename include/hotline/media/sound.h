// A sound that is ready to be sent: 8 kHz mono, coded both ways once, so that playing is a copy.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "hotline/base/result.h"
#include "hotline/base/time.h"
#include "hotline/call/audio.h"

namespace hotline::media {

struct Sound {
    std::vector<std::uint8_t> alaw, ulaw;  // one byte a sample (ITU-T G.711), same length
    Duration length() const { return std::chrono::microseconds(125) * static_cast<std::int64_t>(alaw.size()); }
};

/// 16-bit samples at 8 kHz → both codings.
call::SoundRef encode(std::span<const std::int16_t> samples);
/// Any PCM or G.711 WAV file of 1 or 2 channels, 8–48 kHz: mixed to mono, resampled (libsamplerate). Invalid: empty, truncated, no
/// sound, longer than 10 minutes; the text says which file and what to do.
Result<call::SoundRef> load_sound(const std::string& path);

}  // namespace hotline::media
