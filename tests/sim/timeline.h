// Virtual time: what is going to happen, in order, and chance. Nothing in the simulation reads a clock or any other randomness, so
// a seed replays a day.
#pragma once
#include <functional>
#include <map>

#include "hotline/base/random.h"
#include "hotline/base/time.h"

namespace hotline::sim {

class Dice : public Random {
  public:
    using Random::Random;
    Duration between(Duration least, Duration most) {
        return least + Duration(static_cast<std::int64_t>(below(static_cast<std::uint64_t>((most - least).count()) + 1)));
    }
    /// Mostly prompt, sometimes slow, seldom very slow: what networks, phones and busy threads do.
    Duration latency() {
        const double p = unit();
        if (p < 0.80) return between(0ms, 20ms);
        if (p < 0.97) return between(20ms, 300ms);
        return between(300ms, 3s);
    }
    template <class T>
    const T& pick(const std::vector<T>& from) {
        return from[below(from.size())];
    }
};

class Timeline {
  public:
    Now now() const { return now_; }
    void at(Time when, std::function<void()> action) { actions_.emplace(std::max(when, now_.at), std::move(action)); }
    void after(Duration delay, std::function<void()> action) { at(now_.at + delay, std::move(action)); }

    std::optional<Time> next() const { return actions_.empty() ? std::nullopt : std::optional(actions_.begin()->first); }
    std::size_t size() const { return actions_.size(); }
    void move_to(Time when) {
        if (when <= now_.at) return;
        now_.wall = kWallStart + std::chrono::duration_cast<std::chrono::microseconds>(when - kStart);
        now_.at = when;
    }
    /// The first action whose time has come; equal times in the order in which they were put.
    std::function<void()> pop() {
        auto first = actions_.extract(actions_.begin());
        return std::move(first.mapped());
    }

  private:
    static constexpr Time kStart{1000h};
    static constexpr Wall kWallStart{std::chrono::microseconds(1'790'000'000'000'000)};  // a Monday in September 2026
    Now now_{kStart, kWallStart};
    std::multimap<Time, std::function<void()>> actions_;
};

/// Keeps the first rule that was broken. All who watch the core share one.
class Verdict {
  public:
    template <class... Words>
    void expect(bool holds, const Words&... words) {
        if (holds || !text_.empty()) return;
        ((text_ += to_string(words)), ...);
    }
    bool broken() const { return !text_.empty(); }
    const std::string& text() const { return text_; }

  private:
    static std::string to_string(std::string_view text) { return std::string(text); }
    template <class T>
    requires std::is_integral_v<T>
    static std::string to_string(T number) { return std::to_string(number); }
    template <class Tag>
    static std::string to_string(Id<Tag> id) {
        return std::to_string(id.value);
    }
    std::string text_;
};

}  // namespace hotline::sim
