// Sounds in memory, by key, up to a number of bytes; the least recently used go first. Not thread-safe.
#pragma once
#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>

#include "hotline/call/audio.h"

namespace hotline::media {

class SoundCache {
  public:
    explicit SoundCache(std::size_t max_bytes) : max_bytes_(max_bytes) {}

    /// Null when it is not here.
    call::SoundRef find(const std::string& key);
    /// A sound that is larger than the whole cache is not kept.
    void insert(const std::string& key, call::SoundRef sound);
    void clear();
    void set_limit(std::size_t max_bytes);
    std::size_t bytes() const { return bytes_; }

  private:
    struct Entry {
        std::string key;
        call::SoundRef sound;
        std::size_t bytes;
    };
    void evict_beyond_limit();

    std::size_t max_bytes_;
    std::size_t bytes_ = 0;
    std::list<Entry> entries_;  // most recently used first
    std::unordered_map<std::string, std::list<Entry>::iterator> by_key_;
};

}  // namespace hotline::media
