#include "hotline/media/sound.h"

#include "media/g711.h"
#include "media/pcm_file.h"

namespace hotline::media {

call::SoundRef encode(std::span<const std::int16_t> samples) {
    auto sound = std::make_shared<Sound>();
    sound->alaw.resize(samples.size());
    sound->ulaw.resize(samples.size());
    linear_to_alaw(samples, sound->alaw);
    linear_to_ulaw(samples, sound->ulaw);
    return sound;
}

Result<call::SoundRef> load_sound(const std::string& path) {
    auto samples = read_pcm(path);
    if (!samples) return samples.error();
    return encode(*samples);
}

}  // namespace hotline::media
