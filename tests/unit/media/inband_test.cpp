// The in-band key detector at the limits of Q.24, through coding and noise, and against speech.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "media/g711.h"
#include "media/inband_dtmf.h"

namespace hotline::media {
namespace {

using Pcm = std::vector<std::int16_t>;
constexpr std::string_view kAllKeys = "123A456B789C*0#D";

/// A key as a telephone sends it.
struct Press {
    char key;
    double level_dbm0 = -7;    // of the stronger tone
    double twist_db = 0;       // column over row
    double row_deviation = 0;  // as a share: 0.015
    double column_deviation = 0;
    double length_ms = 60;
};

double amplitude_of(double level_dbm0) { return 22470 * std::pow(10, level_dbm0 / 20); }

/// Builds a stretch of sound piece by piece.
class Line {
  public:
    Line& silence(double ms) {
        samples_.resize(samples_.size() + static_cast<std::size_t>(ms * 8));
        return *this;
    }
    Line& press(const Press& press) {
        static constexpr std::array<double, 8> kHertz{697, 770, 852, 941, 1209, 1336, 1477, 1633};
        const std::size_t place = kAllKeys.find(press.key);
        const double row = kHertz[place / 4] * (1 + press.row_deviation);
        const double column = kHertz[4 + place % 4] * (1 + press.column_deviation);
        const double row_level = press.level_dbm0 - std::max(press.twist_db, 0.0);
        const double column_level = press.level_dbm0 + std::min(press.twist_db, 0.0);
        const auto length = static_cast<std::size_t>(press.length_ms * 8);
        for (std::size_t n = 0; n < length; ++n) {
            const double t = 2 * std::numbers::pi * static_cast<double>(n) / 8000;
            samples_.push_back(amplitude_of(row_level) * std::sin(row * t + 0.7) +
                               amplitude_of(column_level) * std::sin(column * t));
        }
        return *this;
    }
    /// White noise under everything so far.
    Line& noise(double level_dbm0, unsigned seed = 1) {
        std::mt19937 random(seed);
        std::normal_distribution<double> normal(0, amplitude_of(level_dbm0) / std::numbers::sqrt2);
        for (double& sample : samples_) sample += normal(random);
        return *this;
    }
    Pcm pcm() const {
        Pcm pcm;
        for (const double sample : samples_)
            pcm.push_back(static_cast<std::int16_t>(std::clamp(std::lround(sample), -32768L, 32767L)));
        return pcm;
    }

  private:
    std::vector<double> samples_;
};

/// All keys found when the sound arrives in frames of 20 ms.
std::string keys_in(const Pcm& pcm, std::size_t frame = 160) {
    InbandDtmf detector;
    std::string keys;
    for (std::size_t at = 0; at < pcm.size(); at += frame)
        if (const auto key = detector.feed(std::span(pcm).subspan(at, std::min(frame, pcm.size() - at)))) keys += *key;
    return keys;
}

/// The press at each of 16 positions against the detector's windows, silence around it.
std::vector<std::string> at_all_phases(const Press& press) {
    std::vector<std::string> found;
    for (int shift = 0; shift < 32; shift += 2)
        found.push_back(keys_in(Line().silence(30 + shift / 8.0).press(press).silence(60).pcm()));
    return found;
}

void expect_always(const Press& press, const std::string& expected) {
    for (const auto& found : at_all_phases(press))
        EXPECT_EQ(found, expected) << press.key << " " << press.level_dbm0 << " dBm0, twist " << press.twist_db << ", deviation "
                                   << press.row_deviation << "/" << press.column_deviation << ", " << press.length_ms << " ms";
}

TEST(InbandDtmf, hears_every_key_once) {
    Line line;
    for (const char key : kAllKeys) line.silence(60).press({.key = key});
    EXPECT_EQ(keys_in(line.silence(60).pcm()), kAllKeys);
}

TEST(InbandDtmf, a_long_press_is_one_key) {
    EXPECT_EQ(keys_in(Line().silence(20).press({.key = '5', .length_ms = 3000}).silence(60).pcm()), "5");
}

TEST(InbandDtmf, frames_may_have_any_length) {
    const Pcm pcm = Line().press({.key = '1'}).silence(50).press({.key = '9'}).silence(50).pcm();
    for (const std::size_t frame : {1u, 7u, 80u, 160u, 240u, 320u}) EXPECT_EQ(keys_in(pcm, frame), "19") << frame;
}

TEST(InbandDtmf, accepts_40_ms_and_rejects_23_ms) {
    for (const char key : kAllKeys) {
        expect_always({.key = key, .length_ms = 40}, std::string(1, key));
        expect_always({.key = key, .length_ms = 22.9}, "");
    }
}

TEST(InbandDtmf, a_pause_of_40_ms_separates_two_presses_of_one_key) {
    for (int shift = 0; shift < 32; ++shift) {
        const double lead = 30 + shift / 8.0;
        const Press press{.key = '7', .length_ms = 40};
        EXPECT_EQ(keys_in(Line().silence(lead).press(press).silence(40).press(press).silence(40).pcm()), "77") << shift;
    }
}

TEST(InbandDtmf, an_interruption_of_10_ms_does_not) {
    for (int shift = 0; shift < 32; ++shift) {
        const Press press{.key = '7', .length_ms = 60};
        EXPECT_EQ(keys_in(Line().silence(30 + shift / 8.0).press(press).silence(10).press(press).silence(40).pcm()), "7") << shift;
    }
}

TEST(InbandDtmf, another_key_needs_no_pause) {
    EXPECT_EQ(keys_in(Line().silence(30).press({.key = '1'}).press({.key = '2'}).silence(40).pcm()), "12");
}

TEST(InbandDtmf, hears_levels_from_0_to_minus_25_dBm0) {
    for (double level = 0; level >= -25; level -= 2.5) expect_always({.key = '4', .level_dbm0 = level, .length_ms = 40}, "4");
}

TEST(InbandDtmf, ignores_what_is_far_too_quiet) { expect_always({.key = '4', .level_dbm0 = -40, .length_ms = 100}, ""); }

TEST(InbandDtmf, accepts_twist_of_6_dB_either_way_and_rejects_12_dB) {
    for (const char key : kAllKeys) {
        for (const double twist : {-6.0, 6.0}) {
            expect_always({.key = key, .twist_db = twist, .length_ms = 40}, std::string(1, key));
            expect_always({.key = key, .level_dbm0 = -25, .twist_db = twist, .length_ms = 40}, std::string(1, key));
            expect_always({.key = key, .twist_db = 2 * twist, .length_ms = 100}, "");
        }
    }
}

TEST(InbandDtmf, accepts_deviation_of_1_5_percent_and_rejects_3_5_percent) {
    for (const char key : kAllKeys) {
        for (const double sign : {-1.0, 1.0}) {
            const double near = sign * 0.015, far = sign * 0.035;
            for (const double twist : {-6.0, 0.0, 6.0}) expect_always({key, -10, twist, near, near, 40}, std::string(1, key));
            expect_always({key, -10, 0, near, -near, 40}, std::string(1, key));
            expect_always({key, -10, 0, far, 0, 100}, "");
            expect_always({key, -10, 0, 0, far, 100}, "");
        }
    }
}

Pcm through_alaw(Pcm pcm) {
    for (auto& sample : pcm) sample = alaw_to_linear(linear_to_alaw(sample));
    return pcm;
}
Pcm through_ulaw(Pcm pcm) {
    for (auto& sample : pcm) sample = ulaw_to_linear(linear_to_ulaw(sample));
    return pcm;
}

TEST(InbandDtmf, survives_coding) {
    for (const double level : {0.0, -25.0}) {
        Line line;
        for (const char key : kAllKeys)
            line.silence(40).press({.key = key, .level_dbm0 = level, .twist_db = 6, .row_deviation = 0.015, .length_ms = 40});
        const Pcm pcm = line.silence(40).pcm();
        EXPECT_EQ(keys_in(through_alaw(pcm)), kAllKeys) << level;
        EXPECT_EQ(keys_in(through_ulaw(pcm)), kAllKeys) << level;
    }
}

/// Noise 15 dB under the tones, as Q.24's networks assume, with coding on top: 1,600 presses, none lost, none invented.
TEST(InbandDtmf, hears_through_noise) {
    for (unsigned seed = 1; seed <= 100; ++seed) {
        Line line;
        for (const char key : kAllKeys) line.silence(50).press({.key = key, .level_dbm0 = -12, .length_ms = 50});
        EXPECT_EQ(keys_in(through_alaw(line.silence(50).noise(-24, seed).pcm())), kAllKeys) << "seed " << seed;
    }
}

TEST(InbandDtmf, noise_alone_is_no_key) { EXPECT_EQ(keys_in(Line().silence(120'000).noise(-10, 7).pcm()), ""); }

TEST(InbandDtmf, a_single_tone_and_the_dial_tones_are_no_key) {
    for (const double hertz : {350.0, 440.0, 450.0, 697.0, 941.0, 1209.0, 1477.0, 2100.0}) {
        Pcm pcm;
        for (int n = 0; n < 8000; ++n)
            pcm.push_back(static_cast<std::int16_t>(8000 * std::sin(2 * std::numbers::pi * hertz * n / 8000)));
        EXPECT_EQ(keys_in(pcm), "") << hertz;
    }
}

TEST(InbandDtmf, a_chord_with_overtones_is_no_key) {
    Pcm pcm;  // 770 + 1336 Hz as square-ish waves: each with its second and third harmonic
    for (int n = 0; n < 8000; ++n) {
        const double t = 2 * std::numbers::pi * n / 8000;
        double sample = 0;
        for (const double hertz : {770.0, 1336.0})
            sample += 4000 * (std::sin(hertz * t) + 0.4 * std::sin(2 * hertz * t) + 0.3 * std::sin(3 * hertz * t));
        pcm.push_back(static_cast<std::int16_t>(sample));
    }
    EXPECT_EQ(keys_in(pcm), "");
}

TEST(InbandDtmf, forgets_on_reset) {
    InbandDtmf detector;
    const Pcm pcm = Line().press({.key = '3', .length_ms = 100}).pcm();
    std::string keys;
    const auto feed_all = [&] {
        for (std::size_t at = 0; at + 160 <= pcm.size(); at += 160)
            if (const auto key = detector.feed(std::span(pcm).subspan(at, 160))) keys += *key;
    };
    feed_all();
    feed_all();
    EXPECT_EQ(keys, "3");  // still the same press
    detector.reset();
    feed_all();
    EXPECT_EQ(keys, "33");
}

}  // namespace
}  // namespace hotline::media
