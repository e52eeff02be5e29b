#include "media/sound_cache.h"

#include "hotline/media/sound.h"

namespace hotline::media {
namespace {
constexpr std::size_t kBytesPerEntry = 300;  // list node, map node, control block
}

call::SoundRef SoundCache::find(const std::string& key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->sound;
}

void SoundCache::insert(const std::string& key, call::SoundRef sound) {
    if (const auto found = by_key_.find(key); found != by_key_.end()) {
        bytes_ -= found->second->bytes;
        entries_.erase(found->second);
        by_key_.erase(found);
    }
    const std::size_t size = sound->alaw.size() + sound->ulaw.size() + 2 * key.size() + kBytesPerEntry;
    if (size > max_bytes_) return;
    entries_.push_front({key, std::move(sound), size});
    by_key_[key] = entries_.begin();
    bytes_ += size;
    evict_beyond_limit();
}

void SoundCache::clear() {
    by_key_.clear();
    entries_.clear();
    bytes_ = 0;
}

void SoundCache::set_limit(std::size_t max_bytes) {
    max_bytes_ = max_bytes;
    evict_beyond_limit();
}

void SoundCache::evict_beyond_limit() {
    while (bytes_ > max_bytes_) {
        bytes_ -= entries_.back().bytes;
        by_key_.erase(entries_.back().key);
        entries_.pop_back();
    }
}

}  // namespace hotline::media
