#include "hotline/base/time.h"

#include <time.h>

namespace hotline {

Now read_clocks() {
    timespec mono{}, wall{};
    clock_gettime(CLOCK_MONOTONIC, &mono);
    clock_gettime(CLOCK_REALTIME, &wall);
    return {Time(std::chrono::seconds(mono.tv_sec) + std::chrono::nanoseconds(mono.tv_nsec)),
            Wall(std::chrono::seconds(wall.tv_sec) + std::chrono::microseconds(wall.tv_nsec / 1000))};
}

}  // namespace hotline
