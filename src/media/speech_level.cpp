#include "media/speech_level.h"

#include <algorithm>
#include <cmath>

namespace hotline::media {
namespace {

constexpr std::size_t kBlock = 80;            // 10 ms
constexpr std::ptrdiff_t kKeptSilence = 400;  // 50 ms
constexpr double kFullScale = 32768;
constexpr double kTarget = 0.1;                  // −20 dBFS
constexpr double kHighestPeak = 0.89;            // −1 dBFS
constexpr double kHighestGain = 31.6;            // 30 dB
constexpr double kSpokenUnderLoudest = 0.00316;  // −25 dB, as power
constexpr double kSilenceUnderPeak = 0.01;       // −40 dB, as amplitude

int loudest_sample(const std::vector<std::int16_t>& samples) {
    int peak = 0;
    for (const int sample : samples) peak = std::max(peak, std::abs(sample));
    return peak;
}

void trim(std::vector<std::int16_t>& samples, int peak) {
    const auto threshold = static_cast<int>(peak * kSilenceUnderPeak);
    const auto is_sound = [threshold](std::int16_t sample) { return std::abs(int{sample}) > threshold; };
    const auto first = std::find_if(samples.begin(), samples.end(), is_sound);
    const auto last = std::find_if(samples.rbegin(), samples.rend(), is_sound).base();
    samples.erase(last + std::min(kKeptSilence, samples.end() - last), samples.end());
    samples.erase(samples.begin(), first - std::min(kKeptSilence, first - samples.begin()));
}

void amplify(std::vector<std::int16_t>& samples, double gain) {
    for (auto& sample : samples) sample = static_cast<std::int16_t>(std::lround(sample * gain));
}

}  // namespace

double spoken_level(const std::vector<std::int16_t>& samples) {
    std::vector<double> powers;
    for (std::size_t at = 0; at < samples.size(); at += kBlock) {
        const std::size_t end = std::min(at + kBlock, samples.size());
        double sum = 0;
        for (std::size_t i = at; i < end; ++i) sum += static_cast<double>(samples[i]) * samples[i];
        powers.push_back(sum / static_cast<double>(end - at));
    }
    const double loudest = powers.empty() ? 0 : *std::max_element(powers.begin(), powers.end());
    if (loudest == 0) return 0;
    double sum = 0;
    int spoken = 0;
    for (const double power : powers) {
        if (power < loudest * kSpokenUnderLoudest) continue;
        sum += power;
        ++spoken;
    }
    return std::sqrt(sum / spoken) / kFullScale;
}

void condition_speech(std::vector<std::int16_t>& samples) {
    const int peak = loudest_sample(samples);
    if (peak == 0) return;
    trim(samples, peak);
    amplify(samples, std::min({kTarget / spoken_level(samples), kHighestPeak * kFullScale / peak, kHighestGain}));
}

}  // namespace hotline::media
