#include "ports.h"

#include <numeric>

#include "hotline/base/random.h"

namespace hotline::media {

PortPool::PortPool(std::uint16_t port_min, std::uint16_t port_max, Duration quarantine, std::uint64_t seed, Metric& open)
    : first_(static_cast<std::uint16_t>(port_min + port_min % 2)), quarantine_(quarantine), open_metric_(open) {
    const int last = port_max - 1;  // of the even ones
    taken_.resize(last >= first_ ? static_cast<std::size_t>(last - first_) / 2 + 1 : 0);
    if (taken_.empty()) return;
    Random random(seed);
    next_ = random.below(taken_.size());
    do {
        step_ = 1 + random.below(taken_.size());
    } while (std::gcd(step_, taken_.size()) != 1);
}

std::optional<std::uint16_t> PortPool::take(Time now) {
    std::lock_guard lock(mutex_);
    end_rests(now);
    for (std::size_t tried = 0; tried < taken_.size(); ++tried) {
        const std::size_t pair = next_;
        next_ = (next_ + step_) % taken_.size();
        if (taken_[pair]) continue;
        taken_[pair] = true;
        open_metric_.add(2);
        return static_cast<std::uint16_t>(first_ + 2 * pair);
    }
    return std::nullopt;
}

void PortPool::give_back(std::uint16_t port, Time now) {
    std::lock_guard lock(mutex_);
    resting_.push_back({index(port), now + quarantine_});
    open_metric_.add(-2);
}

void PortPool::pass_over(std::uint16_t port) {
    std::lock_guard lock(mutex_);
    taken_[index(port)] = false;
    open_metric_.add(-2);
}

void PortPool::end_rests(Time now) {
    while (!resting_.empty() && resting_.front().until <= now) {
        taken_[resting_.front().pair] = false;
        resting_.pop_front();
    }
}

}  // namespace hotline::media
