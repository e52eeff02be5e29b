// Where the core's log goes while days are simulated.
#pragma once
#include <sys/mman.h>
#include <unistd.h>

namespace hotline::sim {

/// The core warns of everything that goes wrong, and here everything does: its log goes to memory, which is emptied with each day.
class QuietLog {
  public:
    /// The newest lines, to stdout. Only calls that a signal handler may make.
    static void tell_the_last() {
        constexpr off_t kMost = 4096;
        char text[kMost];
        const off_t end = ::lseek(instance_, 0, SEEK_END);
        const auto length = ::pread(instance_, text, kMost, end > kMost ? end - kMost : 0);
        if (length > 0 && ::write(STDOUT_FILENO, text, static_cast<std::size_t>(length)) < 0) return;
    }

    QuietLog() : kept_(::dup(STDERR_FILENO)), memory_(::memfd_create("log", MFD_CLOEXEC)) {
        ::dup2(memory_, STDERR_FILENO);
        instance_ = memory_;
    }
    ~QuietLog() {
        ::dup2(kept_, STDERR_FILENO);
        ::close(kept_), ::close(memory_);
    }
    void begin_day() {
        if (::ftruncate(memory_, 0) == 0) ::lseek(memory_, 0, SEEK_SET);
    }

  private:
    static inline int instance_ = -1;
    int kept_, memory_;
};

}  // namespace hotline::sim
