// The control thread's loop.
//
//   su_root (epoll) ─▶ SIP sockets · mailbox · descriptors · timerfd
//        └─ first event of a batch marks it ─▶ one message to ourselves ─▶ round: SIP's own, then the core's ─▶ next deadline
//
// The message to ourselves costs no system call and makes libsofia's next wait return at once, whether the event came from a
// socket or from one of its timers.
#include "hotline/sip/loop.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <system_error>

#include "hotline/base/check.h"
#include "hotline/base/log.h"
#include "hotline/base/text.h"
#include "sip/native_loop.h"

// libsofia's own logs; its headers do not declare them.
extern "C" {
extern su_log_t nta_log[];
extern su_log_t tport_log[];
extern su_log_t sresolv_log[];
}

namespace hotline::sip {
namespace {

void write_library_log(void*, char const* format, va_list arguments) {
    char line[256];
    std::vsnprintf(line, sizeof line, format, arguments);
    log::warn("sip.library", {{"text", valid_text(line)}});
}

// Level 0: what lies above tells of strangers' messages, and formatting some of it overflows (reliability of 2011).
void quiet_library() {
    for (su_log_t* one : {nta_log, tport_log, sresolv_log, su_log_default}) {
        su_log_redirect(one, write_library_log, nullptr);
        su_log_set_level(one, 0);
    }
}

[[noreturn]] void refuse_start(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

Watched::Watched(su_root_t* root, int fd, std::function<void()> readable)
    : root_(root), readable_(std::make_shared<const std::function<void()>>(std::move(readable))) {
    su_wait_t wait[1];
    su_wait_init(wait);
    if (su_wait_create(wait, fd, SU_WAIT_IN) != 0) refuse_start("su_wait_create");
    index_ = su_root_register(root_, wait, woken, this, su_pri_normal);
    if (index_ < 0) refuse_start("su_root_register");
}

Watched::~Watched() { su_root_deregister(root_, index_); }

int Watched::woken(NativeLoop* loop, su_wait_t*, void* argument) {
    const auto readable = static_cast<Watched*>(argument)->readable_;
    loop->mark();
    (*readable)();
    return 0;
}

NativeLoop::Guard::Guard() {
    if (su_init() != 0) refuse_start("su_init");
    quiet_library();
}
NativeLoop::Guard::~Guard() { su_deinit(); }

NativeLoop::NativeLoop() : root(su_root_create(this)) {
    if (!root) refuse_start("su_root_create");
    su_root_threading(root.get(), 0);
    su_root_multishot(root.get(), 1);
    timer_fd_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (timer_fd_ < 0) refuse_start("timerfd_create");
    mailbox_watch_ = std::make_unique<Watched>(root.get(), mailbox.fd(), [this] { run_posts(); });
    stop_watch_ = std::make_unique<Watched>(root.get(), stop_wake_.fd(), [this] { su_root_break(root.get()); });
    timer_watch_ = std::make_unique<Watched>(root.get(), timer_fd_, [this] {
        std::uint64_t expirations;
        armed_.reset();
        if (read(timer_fd_, &expirations, sizeof expirations) < 0) return;  // spurious: the round comes anyway
    });
}

NativeLoop::~NativeLoop() {
    watched.clear();
    mailbox_watch_.reset();
    stop_watch_.reset();
    timer_watch_.reset();
    inner_round_ = nullptr;
    core_round = nullptr;
    if (marked_) su_root_step(root.get(), 0);  // a message that is never delivered would keep libsofia's port alive
    if (timer_fd_ >= 0) close(timer_fd_);
    const std::lock_guard nobody_in_stop(in_stop_);
}

void NativeLoop::mark() {
    if (marked_) return;
    su_msg_r message = SU_MSG_R_INIT;
    const int made = su_msg_create(message, su_root_task(root.get()), su_root_task(root.get()), on_round, 0);
    HL_CHECK(made == 0 && su_msg_send(message) == 0, "out of memory in the control loop");
    marked_ = true;
}

void NativeLoop::set_inner_round(Round round) {
    inner_round_ = std::move(round);
    mark();
}

void NativeLoop::on_round(NativeLoop* loop, su_msg_t**, void*) { loop->round(); }

void NativeLoop::run_posts() {
    mailbox.take(taken_);
    for (auto& job : taken_) job();
    taken_.clear();
}

void NativeLoop::round() {
    marked_ = false;
    std::optional<Time> deadline;
    for (const Round* one : {&inner_round_, &core_round}) {
        if (!*one) continue;
        const auto next = (*one)();
        if (next && (!deadline || *next < *deadline)) deadline = next;
    }
    arm(deadline);
}

// A deadline that moved away leaves the timer as it is: one round for nothing is cheaper than a system call for each round.
void NativeLoop::arm(std::optional<Time> deadline) {
    if (!deadline || (armed_ && *armed_ <= *deadline)) return;
    const auto since_boot = std::max<std::int64_t>(1, deadline->time_since_epoch().count());
    itimerspec at{};
    at.it_value.tv_sec = since_boot / 1'000'000'000;
    at.it_value.tv_nsec = since_boot % 1'000'000'000;
    HL_CHECK(timerfd_settime(timer_fd_, TFD_TIMER_ABSTIME, &at, nullptr) == 0, "the deadline timer was refused");
    armed_ = deadline;
}

void NativeLoop::run() {
    if (stopping_) return;
    mark();  // whatever was set up before asks for its first deadline
    su_root_run(root.get());
}

// The loop may run out, and its owner may destroy it, before the write in wake() has returned.
void NativeLoop::stop() {
    const std::lock_guard lock(in_stop_);
    stopping_ = true;
    stop_wake_.wake();
}

Loop::Loop() : native_(std::make_unique<Native>()) {}
Loop::~Loop() = default;

bool Loop::post(std::function<void()> job) { return native_->mailbox.post(std::move(job)); }

void Loop::watch(int fd, std::function<void()> readable) {
    native_->watched[fd] = std::make_unique<Watched>(native_->root.get(), fd, std::move(readable));
}

void Loop::unwatch(int fd) { native_->watched.erase(fd); }

void Loop::after_batch(std::function<std::optional<Time>()> round) {
    native_->core_round = std::move(round);
    native_->mark();
}

void Loop::run() { native_->run(); }
void Loop::stop() { native_->stop(); }
Loop::Native& Loop::native() { return *native_; }

}  // namespace hotline::sip
