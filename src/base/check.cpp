#include "hotline/base/check.h"

#include <cstdio>
#include <cstdlib>

#include "log_recorder.h"

namespace hotline {

void check_failed(const char* condition, const char* file, int line, const char* why) {
    std::fprintf(stderr, "hotline: bug: %s:%d: %s (%s)\nlast events:\n", file, line, why, condition);
    log::dump_recorder(stderr);
    std::fflush(stderr);
    std::abort();
}

}  // namespace hotline
