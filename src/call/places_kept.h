// Abandoned and back: who hangs up while he waits and calls again soon finds his old place.
#pragma once
#include <deque>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "hotline/base/time.h"

namespace hotline::call {

/// Places by caller and queue. Holds the last `kMost`; who stands there again has used his, under whatever queues it was kept.
class PlacesKept {
  public:
    static constexpr std::size_t kMost = 10'000;

    /// He asked for the queue at `place` and has given up; kept until `until`.
    void keep(const std::string& caller, const std::string& queue, Time place, Time until) {
        places_[{caller, queue}] = {place, until};
        order_.emplace_back(until, Key{caller, queue});
        while (order_.size() > kMost) drop_oldest();
    }
    /// His place, if it is still kept. It stays until he uses it: he may be refused, or hang up before he stands there.
    std::optional<Time> find(const std::string& caller, const std::string& queue, Time now) {
        while (!order_.empty() && order_.front().first <= now) drop_oldest();
        const auto found = places_.find({caller, queue});
        if (found == places_.end() || found->second.until <= now) return std::nullopt;
        return found->second.place;
    }
    void use(const std::string& caller, Time place) {
        for (auto one = places_.lower_bound({caller, ""}); one != places_.end() && one->first.first == caller;)
            one = one->second.place == place ? places_.erase(one) : std::next(one);
    }
    std::size_t size() const { return order_.size(); }

  private:
    using Key = std::pair<std::string, std::string>;
    struct Kept {
        Time place, until;
    };
    void drop_oldest() {
        const auto& [until, key] = order_.front();
        const auto found = places_.find(key);
        if (found != places_.end() && found->second.until <= until) places_.erase(found);
        order_.pop_front();
    }
    std::map<Key, Kept> places_;
    std::deque<std::pair<Time, Key>> order_;  // as they were kept; a key may stand here again
};

}  // namespace hotline::call
