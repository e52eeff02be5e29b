// Who is to be called back: one callback a number.
#pragma once
#include <cstddef>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "hotline/call/events.h"
#include "hotline/call/number.h"
#include "hotline/call/site.h"

namespace hotline::call {

struct Callback {
    CallId id;
    CallId asked_in;
    CallId attempt;   // the call that is placed for it; before there is one, a name that stands for it in the queue
    CallId stood_as;  // that name, once there is a call
    Number number;
    std::string caller;  // who asked
    std::string queue;
    std::string language;
    std::string agent;  // whom he asked for
    CallbackRules::Mode mode = CallbackRules::Mode::AgentFirst;
    Time place, expires;
    int tries = 0;
    int priority = 0;
    std::vector<acd::SkillWish> skills;
    std::vector<CustomerFound::Served> served;
    bool reached = false;  // he is connected, or was; whether that was he is yet to be said
};

/// Open callbacks, by number and by the call that is placed for them.
class CallbackList {
  public:
    static constexpr std::size_t kMost = 10'000;

    bool full() const { return by_number_.size() >= kMost; }
    std::size_t size() const { return by_number_.size(); }
    const std::map<std::string, Callback>& all() const { return by_number_; }

    Callback* of(const std::string& number) {
        const auto found = by_number_.find(number);
        return found == by_number_.end() ? nullptr : &found->second;
    }
    Callback* placed_as(CallId attempt) {
        const auto found = by_attempt_.find(attempt);
        return found == by_attempt_.end() ? nullptr : of(found->second);
    }
    /// Of a number that has none.
    Callback& add(Callback callback) {
        const std::string number = callback.number.national;
        by_attempt_[callback.attempt] = number;
        return by_number_.insert_or_assign(number, std::move(callback)).first->second;
    }
    /// The call itself begins.
    void placed(Callback& callback, CallId call) {
        callback.stood_as = std::exchange(callback.attempt, call);
        by_attempt_[call] = callback.number.national;
    }
    void next_attempt(Callback& callback, CallId attempt) {
        by_attempt_.erase(callback.attempt);
        by_attempt_.erase(std::exchange(callback.stood_as, {}));
        callback.attempt = attempt;
        by_attempt_[attempt] = callback.number.national;
    }
    Callback remove(const Callback& callback) {
        by_attempt_.erase(callback.attempt);
        by_attempt_.erase(callback.stood_as);
        return std::move(by_number_.extract(callback.number.national).mapped());
    }

  private:
    std::map<std::string, Callback> by_number_;
    std::unordered_map<CallId, std::string> by_attempt_;
};

}  // namespace hotline::call
