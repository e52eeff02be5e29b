#include "media/inband_dtmf.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hotline::media {
namespace {

constexpr std::size_t kWindow = 160;
constexpr std::size_t kHop = 32;
constexpr std::size_t kTones = 8;
constexpr float kRate = 8000;
constexpr float kTwoPi = 2 * std::numbers::pi_v<float>;

constexpr std::array<float, kTones> kFrequencies{697, 770, 852, 941, 1209, 1336, 1477, 1633};  // Q.23: rows, then columns
constexpr char kKeys[] = "123A456B789C*0#D";

constexpr float kZeroDbm0 = 22470.F * 22470.F / 2;  // mean square of a sine of 0 dBm0: 3.14 dB under A-law's full scale
constexpr float kMinus33Db = 5.01e-4F, kPlus9Db = 7.94F;

// Each rule leaves a margin for noise and coding around what must be accepted.
constexpr float kMinTone = kZeroDbm0 * kMinus33Db;  // the weaker tone of a −25 dBm0 key with 6 dB of twist, and 2 dB
constexpr float kMaxTwist = kPlus9Db;
constexpr float kMinPurity = 0.7F;       // share of the two tones in all the sound: 1 without noise, 0.8 at 6 dB
constexpr float kMaxDeviation = 0.024F;  // between 1.5 % (accept) and 3.5 % (reject)
constexpr float kMaxHarmonic = 0.05F;    // −13 dB; a distorted tone has less, a voice more

// A tone of 40 ms is heard in at least 7 windows (a window counts when the tone fills 80 % of it), one of 23 ms in at most 5.
constexpr int kAcceptWindows = 6;
// A pause of 40 ms empties at least 11 windows, an interruption of 10 ms (Q.24 wants that bridged) at most 6.
constexpr int kReleaseWindows = 8;

// Four floats that the processor handles at once; -O2 does not make them of a loop by itself (3.5 µs a frame; so 1.2).
using Lane = float __attribute__((vector_size(16)));
constexpr std::size_t kLanes = 2 * kTones / 4;

/// Window and correlation factors. A correlation with the windowed exponential is what a Goertzel filter computes; as a matrix
/// product it has no chain of dependent steps.
struct Tables {
    std::array<float, kWindow> window;
    std::array<std::array<Lane, kLanes>, kWindow> factors;  // of sample n: 8 cosines, then 8 negative sines, windowed
    std::array<std::complex<float>, kTones> hop_back;       // turns a tone's phase back by one hop
    float window_sum = 0, window_square_sum = 0;

    Tables() {
        for (std::size_t n = 0; n < kWindow; ++n) {
            window[n] = 0.5F - 0.5F * std::cos(kTwoPi * (static_cast<float>(n) + 0.5F) / kWindow);
            window_sum += window[n];
            window_square_sum += window[n] * window[n];
            for (std::size_t tone = 0; tone < kTones; ++tone) {
                const float phase = kTwoPi * kFrequencies[tone] / kRate * static_cast<float>(n);
                factors[n][tone / 4][tone % 4] = window[n] * std::cos(phase);
                factors[n][kLanes / 2 + tone / 4][tone % 4] = -window[n] * std::sin(phase);
            }
        }
        for (std::size_t tone = 0; tone < kTones; ++tone)
            hop_back[tone] = std::polar(1.F, -kTwoPi * kFrequencies[tone] / kRate * static_cast<float>(kHop));
    }
};
const Tables kTables;

using Samples = std::array<float, kWindow>;
using Spectrum = std::array<std::complex<float>, kTones>;

Samples to_float(std::span<const std::int16_t, kWindow> pcm) {
    Samples samples;
    for (std::size_t n = 0; n < kWindow; ++n) samples[n] = static_cast<float>(pcm[n]);
    return samples;
}

/// Mean square of all sound in the window.
float total_power(const Samples& samples) {
    Lane sums{};
    for (std::size_t n = 0; n < kWindow; n += 4) {
        const Lane x{samples[n] * kTables.window[n], samples[n + 1] * kTables.window[n + 1], samples[n + 2] * kTables.window[n + 2],
                     samples[n + 3] * kTables.window[n + 3]};
        sums += x * x;
    }
    return (sums[0] + sums[1] + sums[2] + sums[3]) / kTables.window_square_sum;
}

Spectrum correlate(const Samples& samples) {
    Lane a{}, b{}, c{}, d{};  // by name: an array would stay in memory
    for (std::size_t n = 0; n < kWindow; ++n) {
        const auto& factors = kTables.factors[n];
        a += samples[n] * factors[0];
        b += samples[n] * factors[1];
        c += samples[n] * factors[2];
        d += samples[n] * factors[3];
    }
    const std::array<Lane, kLanes> sums{a, b, c, d};
    Spectrum spectrum;
    for (std::size_t tone = 0; tone < kTones; ++tone)
        spectrum[tone] = {sums[tone / 4][tone % 4], sums[kLanes / 2 + tone / 4][tone % 4]};
    return spectrum;
}

/// Mean square of a tone whose correlation this is, if it sits exactly on the frequency.
float power_of(std::complex<float> correlation) { return 2 * std::norm(correlation) / (kTables.window_sum * kTables.window_sum); }

/// Of any frequency, by a Goertzel filter.
float power_at(const Samples& samples, float frequency) {
    const float turn = kTwoPi * frequency / kRate;
    const float factor = 2 * std::cos(turn);
    float last = 0, before_last = 0;
    for (std::size_t n = 0; n < kWindow; ++n) {
        const float now = samples[n] * kTables.window[n] + factor * last - before_last;
        before_last = last;
        last = now;
    }
    return power_of(last - std::polar(before_last, -turn));
}

/// One of the two tones of a key as it really is.
struct Tone {
    float frequency;  // measured, Hz
    float deviation;  // from nominal, as a share
    float power;      // mean square
};

/// The phase moved between two windows by the frequency's deviation; its power is what the window's slope took away, given back.
Tone measure(std::size_t tone, std::complex<float> now, std::complex<float> before) {
    const float moved = std::arg(now * std::conj(before) * kTables.hop_back[tone]);
    const float offset = moved / kTwoPi * kRate / static_cast<float>(kHop);
    const float bins = offset * static_cast<float>(kWindow) / kRate;
    const float angle = std::numbers::pi_v<float> * bins;
    const float response = std::abs(angle) < 0.01F ? 1 : std::sin(angle) / angle / (1 - bins * bins);
    return {kFrequencies[tone] + offset, offset / kFrequencies[tone], power_of(now) / (response * response)};
}

std::size_t strongest(const Spectrum& spectrum, std::size_t first) {
    const auto begin = spectrum.begin() + static_cast<std::ptrdiff_t>(first);
    const auto best = std::max_element(begin, begin + 4, [](auto a, auto b) { return std::norm(a) < std::norm(b); });
    return static_cast<std::size_t>(best - spectrum.begin());
}

bool on_frequency(const Tone& tone) { return std::abs(tone.deviation) < kMaxDeviation; }

bool twist_allowed(const Tone& row, const Tone& column) {
    return column.power < row.power * kMaxTwist && row.power < column.power * kMaxTwist;
}

/// A voice that happens to hit two tones brings their overtones along. A row's second harmonic lies among the columns, so its third
/// is looked at.
bool has_overtones(const Samples& samples, const Tone& row, const Tone& column) {
    return power_at(samples, 3 * row.frequency) > row.power * kMaxHarmonic ||
           power_at(samples, 2 * column.frequency) > column.power * kMaxHarmonic;
}

}  // namespace

std::optional<char> InbandDtmf::feed(std::span<const std::int16_t> pcm) {
    std::optional<char> key;
    while (!pcm.empty()) {
        const std::size_t taken = std::min(pcm.size(), kWindow - filled_);
        std::copy_n(pcm.begin(), taken, samples_.begin() + static_cast<std::ptrdiff_t>(filled_));
        pcm = pcm.subspan(taken);
        filled_ += taken;
        if (filled_ < kWindow) break;
        if (const auto pressed = advance(key_of_window())) key = pressed;
        std::copy(samples_.begin() + kHop, samples_.end(), samples_.begin());
        filled_ = kWindow - kHop;
    }
    return key;
}

/// The key that this window sounds like, or 0.
char InbandDtmf::key_of_window() {
    const Samples samples = to_float(samples_);
    const float total = total_power(samples);
    const Spectrum before = before_;
    if (total < 2 * kMinTone) {
        before_ = {};
        return 0;
    }
    before_ = correlate(samples);
    const std::size_t row = strongest(before_, 0), column = strongest(before_, 4);
    if (power_of(before_[row]) + power_of(before_[column]) < 0.25F * total) return 0;  // most of all speech ends here

    if (before[row] == 0.F || before[column] == 0.F) return 0;  // it has just begun: its frequency is not known yet

    const Tone low = measure(row, before_[row], before[row]), high = measure(column, before_[column], before[column]);
    const bool is_key = on_frequency(low) && on_frequency(high) && low.power > kMinTone && high.power > kMinTone &&
                        twist_allowed(low, high) && low.power + high.power > kMinPurity * total &&
                        !has_overtones(samples, low, high);
    return is_key ? kKeys[row * 4 + (column - 4)] : '\0';
}

std::optional<char> InbandDtmf::advance(char heard) {
    if (pressed_ != 0) {
        absent_run_ = heard == pressed_ ? 0 : absent_run_ + 1;
        if (absent_run_ >= kReleaseWindows) pressed_ = 0;
    }
    candidate_run_ = heard != 0 && heard == candidate_ ? candidate_run_ + 1 : 1;
    candidate_ = heard;
    if (heard == 0 || heard == pressed_ || candidate_run_ < kAcceptWindows) return std::nullopt;
    pressed_ = heard;
    absent_run_ = 0;
    return heard;
}

}  // namespace hotline::media
