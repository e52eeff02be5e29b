#include "message_tap.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "hotline/media/sound.h"

namespace hotline::media {
namespace {

constexpr Duration kKeptAtTheEnd{1s};

}  // namespace

void MessageTap::begin(Recorder& recorder, call::Codec codec, Time now) {
    begin_ = now;
    tap_.emplace(recorder, recorder.begin_message(order_.message, order_.call, order_.path, codec), codec, now);
}

void MessageTap::heard(std::uint32_t timestamp, call::Codec codec, std::span<const std::uint8_t> samples, Time now) {
    if (!tap_) return;
    tap_->heard(timestamp, codec, samples, now);
    meter_.feed(samples, codec, now);
}

bool MessageTap::is_due(Time now) const {
    if (!tap_) return false;
    return now - begin_ >= order_.longest || now - meter_.last_heard().value_or(begin_) >= order_.silence;
}

call::VoiceMessageEnded MessageTap::finish(Time now) {
    if (!tap_) return {order_.message, Duration{0}, Duration{0}};
    const Time end = std::min(now, meter_.last_heard().value_or(begin_) + kKeptAtTheEnd);
    tap_->finish(end);
    tap_.reset();
    return {order_.message, end - begin_, meter_.spoken()};
}

call::SoundRef message_tone() {
    constexpr int kSamples = 2000, kRamp = 80;  // at 8 kHz: 250 ms, 10 ms
    constexpr double kLoudest = 8000;           // −12 dBFS
    std::vector<std::int16_t> samples;
    for (int n = 0; n < kSamples; ++n) {
        const double envelope = std::min({1.0, n / static_cast<double>(kRamp), (kSamples - n) / static_cast<double>(kRamp)});
        samples.push_back(
            static_cast<std::int16_t>(std::lround(kLoudest * envelope * std::sin(2 * std::numbers::pi * n * 1000 / 8000))));
    }
    return encode(samples);
}

}  // namespace hotline::media
