// The business thread's coroutines: what they return, and the one way in which they wait for each other.
#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <memory>
#include <utility>

#include "hotline/base/check.h"
#include "hotline/base/random.h"
#include "hotline/base/time.h"

namespace hotline::store {

namespace asio = boost::asio;
template <class T>
using Task = asio::awaitable<T>;

/// Wakes the one coroutine that waits, or the next that will.
class Signal {
  public:
    explicit Signal(asio::io_context& io) : timer_(io) {}
    void set() {
        set_ = true;
        timer_.cancel();
    }
    /// Until set(), or for `at_most`. The signal is unset afterwards.
    Task<void> wait(Duration at_most) {
        if (!set_) {
            boost::system::error_code woken;
            timer_.expires_after(at_most);
            co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        }
        set_ = false;
    }

  private:
    asio::steady_timer timer_;
    bool set_ = false;
};

/// What co_spawn() calls when a job of `owner`, which lives as long, is over. The jobs here end by stop(); what they meet on the
/// way is a value, so an exception is a bug of ours.
template <class Owner>
auto end_of_job(std::shared_ptr<Owner> owner) {
    return
        [owner = std::move(owner)](const std::exception_ptr& thrown) { HL_CHECK(!thrown, "an exception left a job of the store"); };
}

inline constexpr Duration kNoHurry = std::chrono::hours(1);

/// Pauses between attempts to connect: 0.2 s, doubled up to 5 s, each shortened at random by up to a half, so that a server that
/// comes back is not met by everybody at once.
class Backoff {
  public:
    explicit Backoff(std::uint64_t seed) : random_(seed) {}
    Duration next() {
        const Duration pause = pause_;
        pause_ = std::min<Duration>(pause_ * 2, kLongest);
        return pause / 2 + Duration(random_.below(static_cast<std::uint64_t>((pause / 2).count())));
    }
    void reset() { pause_ = kShortest; }

  private:
    static constexpr Duration kShortest = 200ms, kLongest = 5s;
    Duration pause_ = kShortest;
    Random random_;
};

}  // namespace hotline::store
