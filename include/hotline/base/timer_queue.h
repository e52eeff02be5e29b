// Deadlines of one owner, soonest first. A deadline that fires late or twice is harmless: it carries an id that is looked up.
#pragma once
#include <map>
#include <optional>
#include <unordered_map>

#include "hotline/base/time.h"

namespace hotline {

/// At most one deadline a key. Setting a key again moves it.
template <class Key>
class TimerQueue {
  public:
    void set(const Key& key, Time at) {
        cancel(key);
        by_key_.emplace(key, by_time_.emplace(at, key));
    }
    void cancel(const Key& key) {
        if (auto it = by_key_.find(key); it != by_key_.end()) {
            by_time_.erase(it->second);
            by_key_.erase(it);
        }
    }
    /// The next key whose time has come, taken out; equal times in the order in which they were set.
    std::optional<Key> pop(Time now) {
        if (by_time_.empty() || by_time_.begin()->first > now) return std::nullopt;
        Key key = by_time_.begin()->second;
        cancel(key);
        return key;
    }
    std::optional<Time> next() const { return by_time_.empty() ? std::nullopt : std::optional(by_time_.begin()->first); }
    bool has(const Key& key) const { return by_key_.contains(key); }
    std::size_t size() const { return by_key_.size(); }

  private:
    using ByTime = std::multimap<Time, Key>;
    ByTime by_time_;
    std::unordered_map<Key, typename ByTime::iterator> by_key_;
};

}  // namespace hotline
