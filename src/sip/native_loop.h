// What the loop is inside: a su_root with a mailbox, watched descriptors and one timerfd.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "hotline/base/mailbox.h"
#include "hotline/base/time.h"
#include "hotline/sip/loop.h"
#include "sip/sofia.h"

namespace hotline::sip {

struct RootCloser {
    void operator()(su_root_t* root) const { su_root_destroy(root); }
};

/// A descriptor that wakes the loop. Deregistered with it.
class Watched {
  public:
    Watched(su_root_t* root, int fd, std::function<void()> readable);
    ~Watched();
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

  private:
    static int woken(NativeLoop* loop, su_wait_t* wait, void* self);
    su_root_t* root_;
    int index_ = -1;
    std::shared_ptr<const std::function<void()>> readable_;  // shared with a call under way, which may end this object
};

struct NativeLoop {
    using Round = std::function<std::optional<Time>()>;
    static constexpr std::size_t kMaxPosts = 100'000;

    NativeLoop();
    ~NativeLoop();

    /// Something happened in this turn: a round follows once the batch of events is through. Loop's thread only.
    void mark();
    /// SIP's own round, before the core's.
    void set_inner_round(Round round);
    void run();
    void stop();

    struct Guard {  // su_init counts its users
        Guard();
        ~Guard();
    } guard;
    std::unique_ptr<su_root_t, RootCloser> root;
    Mailbox<std::function<void()>> mailbox{kMaxPosts};
    std::map<int, std::unique_ptr<Watched>> watched;
    Round core_round;

  private:
    static void on_round(NativeLoop* loop, su_msg_t** message, void* argument);
    void run_posts();
    void round();
    void arm(std::optional<Time> deadline);

    Round inner_round_;
    std::vector<std::function<void()>> taken_;
    WakeUp stop_wake_;
    std::mutex in_stop_;  // held by stop() to its last step, and awaited by the destructor
    std::atomic<bool> stopping_{false};
    bool marked_ = false;
    int timer_fd_ = -1;
    std::optional<Time> armed_;
    std::unique_ptr<Watched> mailbox_watch_, stop_watch_, timer_watch_;
};

struct Loop::Native : NativeLoop {};

}  // namespace hotline::sip
