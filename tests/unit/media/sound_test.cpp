// Sound files: what is taken, what it becomes, and what is said about the rest.
#include "hotline/media/sound.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <numbers>

#include "media/g711.h"
#include "media/pcm_file.h"
#include "media/speech_level.h"
#include "unit/media/scratch_folder.h"

namespace hotline::media {
namespace {

using ::testing::HasSubstr;
using Pcm = std::vector<std::int16_t>;

Pcm tone(double hertz, double amplitude, int rate, double seconds) {
    Pcm pcm;
    const int count = static_cast<int>(rate * seconds);
    for (int n = 0; n < count; ++n)
        pcm.push_back(static_cast<std::int16_t>(std::lround(amplitude * std::sin(2 * std::numbers::pi * hertz * n / rate))));
    return pcm;
}

void append(std::string& bytes, std::uint64_t value, int count) {
    for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
}

struct WavForm {
    int rate = 8000;
    int channels = 1;
    int format = 1;  // 1 PCM, 6 A-law, 7 µ-law
    int bits = 16;
};

/// A WAV file byte by byte, so that the reader is not tested against its own library's writer.
std::string wav(const WavForm& form, const std::string& data, std::optional<std::uint32_t> claimed_length = {}) {
    const auto frame = static_cast<std::uint64_t>(form.channels * form.bits / 8), rate = static_cast<std::uint64_t>(form.rate);
    std::string bytes = "RIFF";
    append(bytes, 36 + data.size(), 4);
    bytes += "WAVEfmt ";
    append(bytes, 16, 4);
    append(bytes, static_cast<std::uint64_t>(form.format), 2);
    append(bytes, static_cast<std::uint64_t>(form.channels), 2);
    append(bytes, rate, 4);
    append(bytes, rate * frame, 4);
    append(bytes, frame, 2);
    append(bytes, static_cast<std::uint64_t>(form.bits), 2);
    bytes += "data";
    append(bytes, claimed_length.value_or(static_cast<std::uint32_t>(data.size())), 4);
    return bytes + data;
}

std::string bytes_of(const Pcm& pcm) {
    std::string bytes;
    for (const auto sample : pcm) append(bytes, static_cast<std::uint16_t>(sample), 2);
    return bytes;
}

/// Amplitude of one frequency in the middle of the sound (8 kHz).
double amplitude_at(const Pcm& pcm, double hertz) {
    double re = 0, im = 0;
    const std::size_t from = pcm.size() / 4, to = from + pcm.size() / 2;
    for (std::size_t n = from; n < to; ++n) {
        const double phase = 2 * std::numbers::pi * hertz * static_cast<double>(n) / 8000;
        re += pcm[n] * std::cos(phase);
        im += pcm[n] * std::sin(phase);
    }
    return 2 * std::hypot(re, im) / static_cast<double>(to - from);
}

class SoundFile : public ::testing::Test {
  protected:
    std::string write(const std::string& name, const std::string& bytes) {
        const std::string path = folder_.path() + "/" + name;
        std::ofstream(path, std::ios::binary) << bytes;
        return path;
    }
    std::string refusal(const std::string& path) {
        const auto sound = load_sound(path);
        if (sound) return "it was taken";
        EXPECT_THAT(sound.error().text, HasSubstr(path));
        return sound.error().text;
    }
    ScratchFolder folder_;
};

TEST(Encode, codes_both_ways) {
    const Pcm pcm = tone(1000, 10000, 8000, 0.1);
    const auto sound = encode(pcm);
    ASSERT_EQ(sound->alaw.size(), 800u);
    ASSERT_EQ(sound->ulaw.size(), 800u);
    EXPECT_EQ(sound->length(), 100ms);
    for (std::size_t i = 0; i < pcm.size(); ++i) {
        EXPECT_EQ(sound->alaw[i], linear_to_alaw(pcm[i]));
        EXPECT_EQ(sound->ulaw[i], linear_to_ulaw(pcm[i]));
    }
}

TEST_F(SoundFile, at_8_kHz_mono_is_taken_as_it_is) {
    const Pcm pcm = tone(440, 8000, 8000, 0.5);
    const auto read = read_pcm(write("a.wav", wav({}, bytes_of(pcm))));
    ASSERT_TRUE(read);
    ASSERT_EQ(read->size(), pcm.size());
    for (std::size_t i = 0; i < pcm.size(); ++i) EXPECT_NEAR((*read)[i], pcm[i], 1) << i;
}

TEST_F(SoundFile, at_other_rates_keeps_length_pitch_and_level) {
    for (const int rate : {11025, 16000, 22050, 44100, 48000}) {
        const auto read = read_pcm(write("a.wav", wav({.rate = rate}, bytes_of(tone(1000, 8000, rate, 1)))));
        ASSERT_TRUE(read) << rate;
        EXPECT_NEAR(static_cast<double>(read->size()), 8000, 2) << rate;
        EXPECT_NEAR(amplitude_at(*read, 1000), 8000, 80) << rate;
    }
}

TEST_F(SoundFile, what_the_telephone_cannot_carry_is_filtered_not_folded_down) {
    const auto read = read_pcm(write("a.wav", wav({.rate = 44100}, bytes_of(tone(6000, 8000, 44100, 1)))));  // would fold to 2 kHz
    ASSERT_TRUE(read);
    EXPECT_LT(amplitude_at(*read, 2000), 8);
}

TEST_F(SoundFile, of_two_channels_is_mixed) {
    const Pcm left = tone(500, 8000, 8000, 0.5), right = tone(1500, 4000, 8000, 0.5);
    Pcm both;
    for (std::size_t i = 0; i < left.size(); ++i) both.insert(both.end(), {left[i], right[i]});
    const auto read = read_pcm(write("a.wav", wav({.channels = 2}, bytes_of(both))));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->size(), left.size());
    EXPECT_NEAR(amplitude_at(*read, 500), 4000, 40);
    EXPECT_NEAR(amplitude_at(*read, 1500), 2000, 20);
}

TEST_F(SoundFile, in_G711_or_8_bit_is_read_too) {
    const Pcm pcm = tone(1000, 8000, 8000, 0.5);
    std::string alaw, ulaw, bytes;
    for (const auto sample : pcm) {
        alaw += static_cast<char>(linear_to_alaw(sample));
        ulaw += static_cast<char>(linear_to_ulaw(sample));
        bytes += static_cast<char>(sample / 256 + 128);
    }
    for (const auto& file : {wav({.format = 6, .bits = 8}, alaw), wav({.format = 7, .bits = 8}, ulaw), wav({.bits = 8}, bytes)}) {
        const auto read = read_pcm(write("a.wav", file));
        ASSERT_TRUE(read);
        EXPECT_EQ(read->size(), pcm.size());
        EXPECT_NEAR(amplitude_at(*read, 1000), 8000, 150);
    }
}

TEST_F(SoundFile, whose_length_was_not_known_to_its_writer_is_taken) {
    const Pcm pcm = tone(440, 8000, 8000, 0.5);
    for (const std::uint32_t claimed : {0x7FFFF000u, 0xFFFFFFFFu})
        EXPECT_TRUE(load_sound(write("pipe.wav", wav({}, bytes_of(pcm), claimed)))) << claimed;
}

TEST_F(SoundFile, that_is_missing_is_not_found) {
    const auto sound = load_sound(folder_.path() + "/none.wav");
    ASSERT_FALSE(sound);
    EXPECT_EQ(sound.error().kind, ErrorKind::NotFound);
}

TEST_F(SoundFile, that_cannot_be_used_is_refused_with_a_cure) {
    const std::string half_second = bytes_of(tone(440, 8000, 8000, 0.5));
    EXPECT_THAT(refusal(write("empty.wav", "")), HasSubstr("is empty"));
    EXPECT_THAT(refusal(write("header.wav", wav({}, ""))), HasSubstr("holds no sound"));
    EXPECT_THAT(refusal(write("text.wav", "this is a text and no sound at all")), HasSubstr("cannot be read as sound"));
    EXPECT_THAT(refusal(write("short.wav", wav({}, half_second).substr(0, 4000))), HasSubstr("is cut off"));
    EXPECT_THAT(refusal(write("head.wav", wav({}, half_second).substr(0, 30))), HasSubstr("head.wav"));
    EXPECT_THAT(refusal(write("slow.wav", wav({.rate = 4000}, half_second))), HasSubstr("4000 samples a second"));
    EXPECT_THAT(refusal(write("fast.wav", wav({.rate = 96000}, half_second))), HasSubstr("96000 samples a second"));
    EXPECT_THAT(refusal(write("many.wav", wav({.channels = 5}, half_second))), HasSubstr("5 channels"));
    EXPECT_THAT(refusal(folder_.path()), HasSubstr("is no file"));
}

TEST_F(SoundFile, longer_than_ten_minutes_is_refused) {
    const std::string path = write("long.wav", wav({.bits = 8}, std::string(10 * 60 * 8000 + 1, '\x80')));
    EXPECT_THAT(refusal(path), HasSubstr("longer than 10 minutes"));
}

TEST_F(SoundFile, that_is_a_pipe_does_not_hold_us_up) {
    const std::string path = folder_.path() + "/pipe.wav";
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    EXPECT_THAT(refusal(path), HasSubstr("is no file"));
}

TEST_F(SoundFile, cut_at_any_byte_is_refused_or_whole) {
    const std::string whole = wav({}, bytes_of(tone(440, 8000, 8000, 0.02)));
    for (std::size_t length = 0; length < whole.size(); ++length)
        EXPECT_FALSE(load_sound(write("cut.wav", whole.substr(0, length)))) << length;
    EXPECT_TRUE(load_sound(write("cut.wav", whole)));
}

TEST_F(SoundFile, written_by_us_reads_the_same) {
    const Pcm pcm = tone(440, 8000, 8000, 0.5);
    const std::string path = folder_.path() + "/own.wav";
    ASSERT_TRUE(write_pcm(path, pcm));
    const auto read = read_pcm(path);
    ASSERT_TRUE(read);
    ASSERT_EQ(read->size(), pcm.size());
    for (std::size_t i = 0; i < pcm.size(); ++i) EXPECT_NEAR((*read)[i], pcm[i], 1) << i;
    EXPECT_FALSE(write_pcm(folder_.path() + "/no/such/folder.wav", pcm));
}

Pcm with_silence_around(const Pcm& sound, std::size_t before, std::size_t after) {
    Pcm pcm(before);
    pcm.insert(pcm.end(), sound.begin(), sound.end());
    pcm.resize(pcm.size() + after);
    return pcm;
}

TEST(Speech, quiet_and_loud_come_out_equally_loud) {
    for (const double amplitude : {300.0, 3000.0, 30000.0}) {
        Pcm pcm = tone(700, amplitude, 8000, 0.5);
        condition_speech(pcm);
        EXPECT_NEAR(20 * std::log10(spoken_level(pcm)), -20, 0.5) << amplitude;
    }
}

TEST(Speech, pauses_do_not_make_the_rest_louder) {
    const Pcm word = tone(700, 3000, 8000, 0.3);
    Pcm without = word, with = with_silence_around(word, 0, 8000);
    with.insert(with.end(), word.begin(), word.end());
    condition_speech(without);
    condition_speech(with);
    EXPECT_NEAR(amplitude_at(without, 700), *std::max_element(with.begin(), with.end()), 100);
}

TEST(Speech, never_clips) {
    Pcm pcm = tone(700, 300, 8000, 1);
    pcm[4000] = 30000;  // a click far above the rest
    condition_speech(pcm);
    EXPECT_LE(*std::max_element(pcm.begin(), pcm.end()), 29205);  // −1 dBFS
}

TEST(Speech, silence_around_it_is_cut_to_50_ms) {
    const Pcm word = tone(700, 3000, 8000, 0.3);
    Pcm pcm = with_silence_around(word, 4000, 6000);
    condition_speech(pcm);
    EXPECT_NEAR(static_cast<double>(pcm.size()), static_cast<double>(word.size()) + 800, 4);
    Pcm near_edges = with_silence_around(word, 100, 0);
    condition_speech(near_edges);
    EXPECT_NEAR(static_cast<double>(near_edges.size()), static_cast<double>(word.size()) + 100, 4);
}

TEST(Speech, of_silence_only_stays_silence) {
    Pcm pcm(8000);
    condition_speech(pcm);
    EXPECT_EQ(pcm, Pcm(8000));
    Pcm none;
    condition_speech(none);
    EXPECT_TRUE(none.empty());
}

}  // namespace
}  // namespace hotline::media
