#include "media/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "hotline/base/text.h"
#include "media/descriptor.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX declares it nowhere

namespace hotline::media {
namespace {

constexpr std::size_t kKeptStderr = 1024;
constexpr int kMostRestReads = 64;  // of 4 KiB: four times what a pipe holds
constexpr Duration kDeathAfterKill = 2s;
constexpr int kNice = 10;

/// By its number: the declaration in glibc 2.36's <sys/pidfd.h> is not usable from C++.
int open_process(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

class SpawnPlan {
  public:
    explicit SpawnPlan(int stderr_fd) {
        posix_spawn_file_actions_init(&actions_);
        posix_spawnattr_init(&attributes_);
        posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&actions_, 1, "/dev/null", O_WRONLY, 0);
        posix_spawn_file_actions_adddup2(&actions_, stderr_fd, 2);
        posix_spawn_file_actions_addclosefrom_np(&actions_, 3);
        sigset_t none, all;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setsigdefault(&attributes_, &all);
        posix_spawnattr_setpgroup(&attributes_, 0);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    ~SpawnPlan() {
        posix_spawn_file_actions_destroy(&actions_);
        posix_spawnattr_destroy(&attributes_);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;

    /// 0 or an errno.
    int start(const std::vector<std::string>& arguments, pid_t& pid) const {
        std::vector<char*> argv;
        for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
        argv.push_back(nullptr);
        const int error = posix_spawnp(&pid, argv.front(), &actions_, &attributes_, argv.data(), environ);
        // Calls come first on a core that synthesises: when 500 callers wait, as many positions are spoken for the first time.
        if (error == 0) ::setpriority(PRIO_PGRP, static_cast<id_t>(pid), kNice);
        return error;
    }

  private:
    posix_spawn_file_actions_t actions_;
    posix_spawnattr_t attributes_;
};

/// Keeps the end of what the program says; an error message comes last. True: there may be more at once.
bool read_some(Descriptor& from, std::string& kept) {
    char buffer[4096];
    const ssize_t got = ::read(from.get(), buffer, sizeof buffer);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) from.close();
    if (got <= 0) return false;
    kept.append(buffer, static_cast<std::size_t>(got));
    if (kept.size() > kKeptStderr) kept.erase(0, kept.size() - kKeptStderr);
    return true;
}

/// What is still in the pipe after the end; bounded, since something outside the group may hold it open and go on writing.
void read_rest(Descriptor& from, std::string& kept) {
    for (int i = 0; i < kMostRestReads && from.is_open() && read_some(from, kept); ++i) {
    }
}

/// One line of valid text.
std::string line_of(std::string said) {
    while (!said.empty() && said.back() == '\n') said.pop_back();
    std::replace(said.begin(), said.end(), '\n', ' ');
    return valid_text(said, 2 * kKeptStderr);
}

int poll_ms(Time until) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - read_clocks().at).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

/// Until the program has ended (nothing), its time is over or we stop (why).
std::optional<ErrorKind> wait_for_end(int pid_fd, Descriptor& said, std::string& kept, const ChildLimits& limits) {
    const Time until = read_clocks().at + limits.deadline;
    for (;;) {
        pollfd fds[] = {{pid_fd, POLLIN, 0}, {said.get(), POLLIN, 0}, {limits.stop_fd, POLLIN, 0}};  // negative ones are skipped
        ::poll(fds, 3, poll_ms(until));
        if (fds[2].revents != 0) return ErrorKind::Unavailable;
        if (fds[1].revents != 0) read_some(said, kept);
        if (fds[0].revents != 0) return std::nullopt;
        if (read_clocks().at >= until) return ErrorKind::TimedOut;
    }
}

/// Kills the group while its leader is still ours to wait for: nobody else can have got its number. Then reaps the leader.
std::optional<int> end_group(pid_t pid, int pid_fd) {
    ::kill(-pid, SIGKILL);
    pollfd fd{pid_fd, POLLIN, 0};
    const Time until = read_clocks().at + kDeathAfterKill;
    while (::poll(&fd, 1, poll_ms(until)) < 0 && errno == EINTR) {
    }
    int status = 0;
    pid_t reaped;
    while ((reaped = ::waitpid(pid, &status, WNOHANG)) < 0 && errno == EINTR) {
    }
    if (reaped != pid) return std::nullopt;  // stuck in the kernel; the zombie stays until we end
    return status;
}

std::string cause_of(const std::optional<int>& status) {
    if (!status) return "has an unknown end";
    if (WIFSIGNALED(*status)) return "was ended by signal " + std::to_string(WTERMSIG(*status));
    return "ended with exit code " + std::to_string(WEXITSTATUS(*status));
}

}  // namespace

Outcome run_child(const std::vector<std::string>& arguments, const ChildLimits& limits) {
    if (arguments.empty() || arguments.front().empty()) return Error{ErrorKind::Invalid, "no program is configured"};
    const std::string& program = arguments.front();
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return Error{ErrorKind::Io, std::string("no pipe: ") + std::strerror(errno)};
    Descriptor said(ends[0]), child_end(ends[1]);
    ::fcntl(child_end.get(), F_SETFL, 0);  // the program need not know about non-blocking

    pid_t pid = 0;
    if (const int failure = SpawnPlan(child_end.get()).start(arguments, pid); failure != 0)
        return Error{ErrorKind::NotFound, program + " cannot be started: " + std::strerror(failure)};
    child_end.close();
    const Descriptor pid_fd(open_process(pid));
    if (!pid_fd.is_open()) {
        const std::string why = std::strerror(errno);
        end_group(pid, -1);
        return Error{ErrorKind::Io, "no descriptor for a process: " + why};
    }

    std::string kept;
    const auto stopped = wait_for_end(pid_fd.get(), said, kept, limits);
    const auto status = end_group(pid, pid_fd.get());
    read_rest(said, kept);
    const std::string words = kept.empty() ? "" : ", saying: " + line_of(kept);
    if (stopped == ErrorKind::TimedOut)
        return Error{*stopped, program + " was killed after " + std::to_string(to_ms(limits.deadline)) + " ms" + words};
    if (stopped) return Error{*stopped, program + " was killed: shutting down"};
    if (status && WIFEXITED(*status) && WEXITSTATUS(*status) == 0) return Done{};
    return Error{ErrorKind::Invalid, program + " " + cause_of(status) + words};
}

}  // namespace hotline::media
