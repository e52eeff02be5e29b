// A finished recording, read with libsndfile: what a player would make of it.
#pragma once
#include <sndfile.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

namespace hotline::media {

struct StereoSound {
    std::vector<std::int16_t> left, right;

    explicit StereoSound(const std::string& path) {
        SF_INFO info{};
        SNDFILE* file = sf_open(path.c_str(), SFM_READ, &info);
        if (!file) throw std::runtime_error("no WAV file: " + path);
        std::vector<std::int16_t> frames(static_cast<std::size_t>(info.frames) * 2);
        const bool right_form = info.channels == 2 && info.samplerate == 8000 && info.format == (SF_FORMAT_WAV | SF_FORMAT_PCM_16);
        const auto read = right_form ? sf_readf_short(file, frames.data(), info.frames) : -1;
        sf_close(file);
        if (read != info.frames) throw std::runtime_error("not a stereo recording: " + path);
        for (std::size_t i = 0; i < frames.size(); i += 2) {
            left.push_back(frames[i]);
            right.push_back(frames[i + 1]);
        }
    }
};

/// Where it first becomes loud, in samples; −1: nowhere.
inline std::int64_t onset(const std::vector<std::int16_t>& sound, std::size_t from = 0) {
    for (std::size_t i = from; i < sound.size(); ++i) {
        if (std::abs(int{sound[i]}) > 1000) return static_cast<std::int64_t>(i);
    }
    return -1;
}

/// As the coreutils see it.
inline std::string sha256sum(const std::string& path) {
    FILE* pipe = ::popen(("sha256sum '" + path + "'").c_str(), "r");
    char text[65]{};
    const auto read = std::fread(text, 1, 64, pipe);
    ::pclose(pipe);
    return read == 64 ? text : "";
}

}  // namespace hotline::media
