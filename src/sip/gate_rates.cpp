#include "sip/gate_rates.h"

#include <algorithm>
#include <chrono>

#include "sip/scan.h"

namespace hotline::sip {
namespace {

constexpr double kSlowShare = 0.1;

/// Parts of the bucket of all that a class leaves to those above it.
constexpr double kReserve[] = {0, 0.125, 0.25, 0.5};
static_assert(std::size(kReserve) == static_cast<std::size_t>(ShedClass::Count));

/// From how full a queue on a class is shed (the emergency's is never reached), and half of it until it no longer is.
constexpr double kLongQueue[] = {2, 0.4, 0.15, 0.05};
static_assert(std::size(kLongQueue) == std::size(kReserve));

double seconds_since(Time then, Time now) { return std::max(0.0, std::chrono::duration<double>(now - then).count()); }

}  // namespace

GateRates::GateRates(GateRatesConfig config) : config_(config), total_tokens_(config.total_burst) {}

GateRates::Bucket& GateRates::bucket_of(const Address& source, Time now) {
    const Address key{home_of(source.ip), 0};  // ports cost an attacker nothing
    auto found = buckets_.find(key);
    if (found == buckets_.end()) {
        if (by_use_.size() >= config_.max_sources) {
            buckets_.erase(by_use_.front().source);
            by_use_.pop_front();
        }
        by_use_.push_back({key, {config_.source_burst, config_.source_burst * kSlowShare}, now});
        found = buckets_.emplace(key, std::prev(by_use_.end())).first;
    }
    by_use_.splice(by_use_.end(), by_use_, found->second);
    return *found->second;
}

bool GateRates::take_of_source(const Address& source, Lane lane, Time now) {
    Bucket& bucket = bucket_of(source, now);
    const double elapsed_s = seconds_since(bucket.at, now);
    bucket.at = now;
    const auto refill = [&](double& tokens, double share) {
        tokens = std::min(config_.source_burst * share, tokens + elapsed_s * config_.source_rate * share);
    };
    refill(bucket.tokens[0], 1);
    refill(bucket.tokens[1], kSlowShare);
    double& tokens = bucket.tokens[lane == Lane::Call ? 0 : 1];
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
}

/// One thread reads all sockets: when one of them has a long queue, none is served in time. What was not looked at lately is not
/// known.
bool GateRates::is_behind(ShedClass kind, const std::optional<ReceiveQueue>& queue, Time now) {
    if (queue) {
        Backlog& its = backlogs_[queue->socket];
        its.seen = now;
        for (std::size_t i = 0; i < its.long_since.size(); ++i) {
            if (queue->fill > kLongQueue[i]) its.long_since[i] = its.long_since[i].value_or(now);
            if (queue->fill < kLongQueue[i] / 2) its.long_since[i].reset();
        }
    }
    return std::ranges::any_of(backlogs_, [&](const auto& entry) {
        const Backlog& one = entry.second;
        const auto& since = one.long_since[static_cast<std::size_t>(kind)];
        return since && one.seen - *since >= kPatience && now - one.seen < kPatience;
    });
}

GateRates::Answer GateRates::take(const Address& source, Lane lane, ShedClass kind, const std::optional<ReceiveQueue>& queue,
                                  Time now) {
    const bool behind = is_behind(kind, queue, now);
    if (!take_of_source(source, lane, now)) return Answer::SourceIsEmpty;
    if (behind) return Answer::Behind;
    total_tokens_ = std::min(config_.total_burst, total_tokens_ + seconds_since(total_at_, now) * config_.total_rate);
    total_at_ = now;
    if (total_tokens_ - 1 < config_.total_burst * kReserve[static_cast<std::size_t>(kind)]) return Answer::TotalIsEmpty;
    total_tokens_ -= 1;
    return Answer::Taken;
}

}  // namespace hotline::sip
