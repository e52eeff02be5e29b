#include "player.h"

#include <algorithm>
#include <cstring>

#include "g711.h"
#include "hotline/media/sound.h"

namespace hotline::media {

void Player::start(call::PlayId play, std::vector<call::SoundRef> sounds, Mode mode) {
    std::erase_if(sounds, [](const call::SoundRef& sound) { return !sound || sound->alaw.empty(); });
    play_ = play;
    sounds_ = std::move(sounds);
    sound_ = sample_ = 0;
    mode_ = mode;
    active_ = true;
}

void Player::stop() {
    sounds_.clear();
    active_ = false;
}

bool Player::next(call::Codec codec, std::span<std::uint8_t, kFrameSamples> out) {
    std::size_t filled = 0;
    while (filled < out.size()) {
        if (sound_ == sounds_.size()) {
            if (mode_ == Mode::Once || sounds_.empty()) break;
            sound_ = 0;
        }
        const auto& samples = codec == call::Codec::Pcma ? sounds_[sound_]->alaw : sounds_[sound_]->ulaw;
        const std::size_t piece = std::min(samples.size() - sample_, out.size() - filled);
        std::memcpy(&out[filled], &samples[sample_], piece);
        filled += piece;
        sample_ += piece;
        if (sample_ == samples.size()) {
            ++sound_;
            sample_ = 0;
        }
    }
    if (filled == 0) {
        stop();
        return false;
    }
    std::fill(out.begin() + static_cast<std::ptrdiff_t>(filled), out.end(),
              codec == call::Codec::Pcma ? kAlawSilence : kUlawSilence);
    return true;
}

}  // namespace hotline::media
