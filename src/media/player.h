// What is being played to one leg: sounds one after the other, cut into frames of 20 ms, sample-exact across their seams.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "hotline/call/ports.h"

namespace hotline::media {

constexpr std::size_t kFrameSamples = 160;  // 20 ms of G.711

class Player {
  public:
    using Mode = call::Media::PlayMode;

    /// Replaces what was played. Null sounds are skipped.
    void start(call::PlayId play, std::vector<call::SoundRef> sounds, Mode mode);
    void stop();
    bool active() const { return active_; }
    bool looping() const { return mode_ == Mode::Loop; }
    call::PlayId play() const { return play_; }

    /// The next frame; the last one is filled up with silence. False: there is no more, the player has stopped.
    bool next(call::Codec codec, std::span<std::uint8_t, kFrameSamples> out);

  private:
    call::PlayId play_;
    std::vector<call::SoundRef> sounds_;  // none null, none empty
    std::size_t sound_ = 0;               // where in sounds_
    std::size_t sample_ = 0;              // where in that sound
    Mode mode_ = Mode::Once;
    bool active_ = false;
};

}  // namespace hotline::media
