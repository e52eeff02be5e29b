#include "media/speech_meter.h"

#include <algorithm>
#include <cmath>

#include "media/g711.h"

namespace hotline::media {
namespace {

constexpr double kFullPower = 32768.0 * 32768.0;
constexpr double kLeastNoise = 1e-8;      // −80 dBFS
constexpr double kLeastSpeech = 2.5e-5;   // −46 dBFS: 26 dB under what is usual on the telephone
constexpr double kAboveNoise = 8;         // 9 dB
constexpr double kCreep = 4;              // a second: 6 dB
constexpr double kMostFirstNoise = 1e-4;  // −40 dBFS: whoever speaks at once is no noise
constexpr Duration kSampleTime{125'000};
constexpr Duration kWordGap{250ms};  // between two syllables nobody has stopped speaking

double sound_power(std::span<const std::uint8_t> samples, call::Codec codec) {
    const auto& linear = codec == call::Codec::Pcma ? kAlawToLinear : kUlawToLinear;
    double sum = 0;
    for (const auto sample : samples) sum += static_cast<double>(linear[sample]) * linear[sample];
    return sum / static_cast<double>(samples.size()) / kFullPower;
}

}  // namespace

void SpeechMeter::feed(std::span<const std::uint8_t> samples, call::Codec codec, Time now) {
    if (samples.empty()) return;
    const Duration length = kSampleTime * static_cast<std::int64_t>(samples.size());
    const double power = sound_power(samples, codec);
    const double seconds = std::chrono::duration<double>(length).count();
    const double most = noise_ == 0 ? kMostFirstNoise : noise_ * std::pow(kCreep, seconds);
    noise_ = std::max(kLeastNoise, std::min(power, most));
    if (power < std::max(kLeastSpeech, noise_ * kAboveNoise)) return;
    const Duration gap = last_heard_ ? now - *last_heard_ : length;
    spoken_ += gap <= kWordGap ? std::max(gap, Duration{0}) : length;
    last_heard_ = now;
}

}  // namespace hotline::media
