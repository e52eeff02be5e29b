#include "placement.h"

#include <algorithm>

namespace hotline::media {

void Placement::start(std::uint32_t timestamp, std::int64_t arrival) {
    started_ = true;
    newest_ = timestamp;
    newest_place_ = arrival;
    in_window_ = 0;
}

std::int64_t Placement::place(std::uint32_t timestamp, std::int64_t arrival) {
    if (!started_) start(timestamp, arrival);
    const std::int64_t step = rtp::ahead(newest_, timestamp);
    std::int64_t place = newest_place_ + step;
    const std::int64_t late = arrival - place;
    if (late > kMostLate || late < -kMostEarly) {
        start(timestamp, arrival);
        return arrival;
    }
    least_late_ = in_window_ == 0 ? late : std::min(least_late_, late);
    if (++in_window_ == kWindow) {
        in_window_ = 0;
        if (least_late_ > kTolerance || least_late_ < -kTolerance) {
            newest_place_ += least_late_;
            place += least_late_;
        }
    }
    if (step > 0) {
        newest_ = timestamp;
        newest_place_ = place;
    }
    return place;
}

}  // namespace hotline::media
