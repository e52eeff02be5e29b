// The control thread's loop: libsofia's su_root, hidden. Everything of the core runs inside it.
#pragma once
#include <functional>
#include <memory>
#include <optional>

#include "hotline/base/time.h"

namespace hotline::sip {

class Loop {
  public:
    Loop();  // belongs to the thread that calls run(); exception when the system refuses
    ~Loop();
    Loop(const Loop&) = delete;

    /// From any thread. Runs later, in order, on the loop's thread. False when the mailbox is full (100,000 waiting).
    bool post(std::function<void()> job);
    /// `readable` is called on the loop's thread while the descriptor can be read.
    void watch(int fd, std::function<void()> readable);
    void unwatch(int fd);
    /// Called once after each batch of events (SIP messages, posts, descriptors), and when the deadline that it returned last has come.
    void after_batch(std::function<std::optional<Time>()> round);
    void run();
    void stop();  // from any thread

    struct Native;
    Native& native();  // for sip only

  private:
    std::unique_ptr<Native> native_;
};

}  // namespace hotline::sip
