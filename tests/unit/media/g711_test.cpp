// G.711 against the rules of the recommendation: tables 1a–2b give the decision values, the text the conversion between the laws.
#include "media/g711.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

namespace hotline::media {
namespace {

struct KnownCode {
    int linear;
    std::uint8_t code;
};

TEST(Alaw, codes_the_values_of_table_1) {
    // Where each segment begins and the codes there, in 16-bit samples.
    constexpr KnownCode kCodes[] = {
        {0, 0xD5},    {15, 0xD5},    {16, 0xD4},     {255, 0xDA},   {256, 0xC5},    {512, 0xF5},
        {1024, 0xE5}, {2048, 0x95},  {4096, 0x85},   {8192, 0xB5},  {-1, 0x55},     {-16, 0x55},
        {-17, 0x54},  {16384, 0xA5}, {-16385, 0x25}, {32767, 0xAA}, {-32768, 0x2A},
    };
    for (const auto& [linear, code] : kCodes) EXPECT_EQ(linear_to_alaw(static_cast<std::int16_t>(linear)), code) << linear;
}

TEST(Ulaw, codes_the_values_of_table_2) {
    constexpr KnownCode kCodes[] = {
        {0, 0xFF},    {3, 0xFF},    {4, 0xFE},    {-1, 0x7F},    {-5, 0x7E},    {124, 0xEF},   {380, 0xDF},    {892, 0xCF},
        {1916, 0xBF}, {3964, 0xAF}, {8060, 0x9F}, {16252, 0x8F}, {32124, 0x80}, {32767, 0x80}, {-32768, 0x00},
    };
    for (const auto& [linear, code] : kCodes) EXPECT_EQ(linear_to_ulaw(static_cast<std::int16_t>(linear)), code) << linear;
}

TEST(Alaw, decodes_to_the_values_of_table_1) {
    EXPECT_EQ(alaw_to_linear(0xD5), 8);
    EXPECT_EQ(alaw_to_linear(0x55), -8);
    EXPECT_EQ(alaw_to_linear(0xD4), 24);
    EXPECT_EQ(alaw_to_linear(0xC5), 264);
    EXPECT_EQ(alaw_to_linear(0xF5), 528);
    EXPECT_EQ(alaw_to_linear(0xAA), 32256);
    EXPECT_EQ(alaw_to_linear(0x2A), -32256);
}

TEST(Ulaw, decodes_to_the_values_of_table_2) {
    EXPECT_EQ(ulaw_to_linear(0xFF), 0);
    EXPECT_EQ(ulaw_to_linear(0x7F), 0);
    EXPECT_EQ(ulaw_to_linear(0xFE), 8);
    EXPECT_EQ(ulaw_to_linear(0x80), 32124);
    EXPECT_EQ(ulaw_to_linear(0x00), -32124);
}

TEST(Alaw, every_code_survives_a_round_trip) {
    for (int code = 0; code < 256; ++code) {
        const auto byte = static_cast<std::uint8_t>(code);
        EXPECT_EQ(linear_to_alaw(alaw_to_linear(byte)), byte);
    }
}

TEST(Ulaw, every_code_but_minus_zero_survives_a_round_trip) {
    for (int code = 0; code < 256; ++code) {
        const auto byte = static_cast<std::uint8_t>(code);
        EXPECT_EQ(linear_to_ulaw(ulaw_to_linear(byte)), byte == 0x7F ? 0xFF : byte);
    }
}

TEST(Alaw, is_symmetric_around_minus_one_half) {
    for (int sample = 0; sample <= 32767; ++sample) {
        const auto positive = static_cast<std::int16_t>(sample), negative = static_cast<std::int16_t>(~sample);
        ASSERT_EQ(linear_to_alaw(positive), linear_to_alaw(negative) ^ 0x80) << sample;
    }
}

TEST(Ulaw, is_symmetric_around_minus_one_half) {
    for (int sample = 0; sample <= 32767; ++sample) {
        const auto positive = static_cast<std::int16_t>(sample), negative = static_cast<std::int16_t>(~sample);
        ASSERT_EQ(linear_to_ulaw(positive), linear_to_ulaw(negative) ^ 0x80) << sample;
    }
}

/// Within the coded range an error is at most half an interval: 1/32 of the value in a segment, half a smallest interval near zero.
TEST(Alaw, is_never_wrong_by_more_than_half_an_interval) {
    for (int sample = -32768; sample <= 32767; ++sample) {
        const int decoded = alaw_to_linear(linear_to_alaw(static_cast<std::int16_t>(sample)));
        ASSERT_LE(std::abs(decoded - sample), std::max(16, std::abs(sample) / 32 + 8)) << sample;
    }
}

TEST(Ulaw, is_never_wrong_by_more_than_half_an_interval) {
    for (int sample = -32635; sample <= 32635; ++sample) {
        const int decoded = ulaw_to_linear(linear_to_ulaw(static_cast<std::int16_t>(sample)));
        ASSERT_LE(std::abs(decoded - sample), (std::abs(sample) + 132) / 32 + 4) << sample;
    }
}

double signal_to_distortion_db(double amplitude, std::int16_t (*code)(std::int16_t)) {
    double signal = 0, distortion = 0;
    for (int n = 0; n < 8000; ++n) {
        const auto sample = static_cast<std::int16_t>(std::lround(amplitude * std::sin(2 * 3.14159265358979 * 1015.0 * n / 8000)));
        const double error = code(sample) - sample;
        signal += static_cast<double>(sample) * sample;
        distortion += error * error;
    }
    return 10 * std::log10(signal / distortion);
}

/// G.712 §8: total distortion of a sine of 1020 Hz at 0, −30 and −40 dBm0 leaves at least 33, 33 and 27 dB; the codec alone has
/// more.
TEST(G711, keeps_the_quality_of_G712) {
    const auto alaw = [](std::int16_t sample) { return alaw_to_linear(linear_to_alaw(sample)); };
    const auto ulaw = [](std::int16_t sample) { return ulaw_to_linear(linear_to_ulaw(sample)); };
    for (const auto& [amplitude, floor_db] : {std::pair{22470.0, 36.0}, {710.0, 34.0}, {224.7, 28.0}}) {
        EXPECT_GT(signal_to_distortion_db(amplitude, alaw), floor_db) << amplitude;
        EXPECT_GT(signal_to_distortion_db(amplitude, ulaw), floor_db) << amplitude;
    }
}

TEST(Transcoding, goes_through_linear_and_keeps_the_sign) {
    for (int code = 0; code < 256; ++code) {
        const auto byte = static_cast<std::size_t>(code);
        EXPECT_EQ(kAlawToUlaw[byte], linear_to_ulaw(alaw_to_linear(static_cast<std::uint8_t>(code))));
        EXPECT_EQ(kUlawToAlaw[byte], linear_to_alaw(ulaw_to_linear(static_cast<std::uint8_t>(code))));
        EXPECT_EQ(kAlawToUlaw[byte] & 0x80, code & 0x80) << code;
    }
    EXPECT_EQ(kUlawToAlaw[kUlawSilence], kAlawSilence);
}

/// A second pass through both laws changes nothing any more: transcoding at several places of a path does not add up.
TEST(Transcoding, settles_after_one_pass) {
    for (int code = 0; code < 256; ++code) {
        const std::uint8_t once = kUlawToAlaw[kAlawToUlaw[static_cast<std::size_t>(code)]];
        EXPECT_EQ(kUlawToAlaw[kAlawToUlaw[once]], once) << code;
    }
}

TEST(Spans, convert_whole_frames_like_single_samples) {
    std::array<std::int16_t, 5> linear{-32768, -100, 0, 100, 32767}, back{};
    std::array<std::uint8_t, 5> alaw{}, ulaw{};
    linear_to_alaw(linear, alaw);
    linear_to_ulaw(linear, ulaw);
    for (std::size_t i = 0; i < linear.size(); ++i) {
        EXPECT_EQ(alaw[i], linear_to_alaw(linear[i]));
        EXPECT_EQ(ulaw[i], linear_to_ulaw(linear[i]));
    }
    alaw_to_linear(alaw, back);
    EXPECT_EQ(back[3], alaw_to_linear(alaw[3]));
    ulaw_to_linear(ulaw, back);
    EXPECT_EQ(back[0], -32124);
    const auto before = alaw;
    alaw_to_ulaw(alaw, alaw);  // in place
    for (std::size_t i = 0; i < alaw.size(); ++i) EXPECT_EQ(alaw[i], kAlawToUlaw[before[i]]);
    ulaw_to_alaw(ulaw, ulaw);
    EXPECT_EQ(ulaw[2], kAlawSilence);
}

}  // namespace
}  // namespace hotline::media
