// Runs a program to its end, or to its deadline. No shell, a process group of its own, nothing inherited but a null stdin.
#pragma once
#include <string>
#include <vector>

#include "hotline/base/result.h"
#include "hotline/base/time.h"

namespace hotline::media {

struct ChildLimits {
    Duration deadline;
    int stop_fd = -1;  // readable: we are shutting down, kill it now
};

/// Blocks. Done when the program ended with exit code 0; whatever it left running in its process group is killed with it. NotFound:
/// it could not be started. TimedOut: killed at the deadline. Unavailable: killed by `stop_fd`. Invalid: it failed; the text holds
/// its exit code or signal and the end of what it wrote to stderr (at most 1 KiB, valid text).
Outcome run_child(const std::vector<std::string>& arguments, const ChildLimits& limits);

}  // namespace hotline::media
