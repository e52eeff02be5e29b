// Finds pressed keys in speech-band audio (ITU-T Q.23, Q.24), for far sides that did not agree on telephone-event (RFC 4733).
//
//   samples ─▶ 20 ms Hann window every 4 ms ─▶ bank of 8 correlations ─▶ rules for one window: level, twist, purity, exact
//              frequency by phase, harmonics ─▶ rules over windows: duration, pause ─▶ key
#pragma once
#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace hotline::media {

/// One direction of one leg. Not thread-safe, never allocates.
///
/// Accepts per tone 0 to −25 dBm0 (a little less is heard too), twist up to ±8 dB, deviation up to ±1.5 %, a press of 40 ms or
/// longer, a pause of 40 ms or longer. Rejects deviation of ±3.5 % or more, presses under 23 ms, and speech.
class InbandDtmf {
  public:
    /// `pcm`: the next samples at 8 kHz, any number up to 40 ms. Returns a key (0–9 * # A–D) when its press has lasted long enough:
    /// once a press, 30 to 40 ms after it began.
    std::optional<char> feed(std::span<const std::int16_t> pcm);
    /// Forgets all samples (the source of the stream has changed).
    void reset() { *this = InbandDtmf(); }

  private:
    static constexpr std::size_t kWindow = 160;
    static constexpr std::size_t kHop = 32;
    static constexpr std::size_t kTones = 8;
    using Spectrum = std::array<std::complex<float>, kTones>;

    char key_of_window();
    std::optional<char> advance(char heard);

    std::array<std::int16_t, kWindow> samples_{};
    std::size_t filled_ = kWindow - kHop;  // the first window begins in silence
    Spectrum before_{};                    // of the window one hop ago, zero when that was silent

    char candidate_ = 0;  // key heard in the latest windows, not yet long enough; 0: none
    int candidate_run_ = 0;
    char pressed_ = 0;    // key that was reported and is still down
    int absent_run_ = 0;  // windows since it was heard
};

}  // namespace hotline::media
