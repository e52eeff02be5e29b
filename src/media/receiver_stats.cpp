#include "receiver_stats.h"

namespace hotline::media {
namespace {

constexpr std::uint32_t kClockJump =
    2 * rtp::kTicksPerSecond;  // a transit that changes by so much is a new origin (as in OutgoingStream)

}  // namespace

Arrival SequenceTracker::on_packet(std::uint16_t sequence) {
    const auto step = static_cast<std::uint16_t>(sequence - highest_);
    if (step == 0) {
        ++received_;
        return Arrival::Duplicate;
    }
    if (step < kMaxDropout) {
        if (sequence < highest_) cycles_ += 1u << 16;
        highest_ = sequence;
        seen_ = step < 64 ? seen_ << step | 1 : 1;
        ++received_;
        after_wild_.reset();
        return Arrival::InOrder;
    }
    if (step <= (1 << 16) - kMaxMisorder) {
        if (after_wild_ == sequence) {
            restart(sequence);
            return Arrival::Restarted;
        }
        after_wild_ = static_cast<std::uint16_t>(sequence + 1);
        return Arrival::Wild;
    }
    ++received_;
    const unsigned age = (1u << 16) - step;
    if (age >= 64) return Arrival::Late;
    const std::uint64_t bit = std::uint64_t{1} << age;
    const bool seen = (seen_ & bit) != 0;
    seen_ |= bit;
    return seen ? Arrival::Duplicate : Arrival::Late;
}

void SequenceTracker::restart(std::uint16_t sequence) { *this = SequenceTracker(sequence); }

void Jitter::on_packet(std::uint32_t timestamp, std::uint32_t arrival) {
    const std::uint32_t transit = arrival - timestamp;
    if (transit_) {
        const std::int32_t difference = rtp::ahead(*transit_, transit);
        const auto size = difference < 0 ? 0u - static_cast<std::uint32_t>(difference) : static_cast<std::uint32_t>(difference);
        if (size < kClockJump) scaled_ += size - ((scaled_ + 8) >> 4);
    }
    transit_ = transit;
}

std::uint8_t LossInterval::take(std::uint64_t expected, std::uint64_t received) {
    const auto expected_now = static_cast<std::int64_t>(expected - expected_before_);
    const auto lost_now = expected_now - static_cast<std::int64_t>(received - received_before_);
    expected_before_ = expected;
    received_before_ = received;
    if (expected_now <= 0 || lost_now <= 0) return 0;
    return static_cast<std::uint8_t>(std::min<std::int64_t>(255, lost_now * 256 / expected_now));
}

Arrival ReceiverStats::on_packet(const rtp::Header& header, Content content, Time arrival) {
    const Arrival place_in_stream = place(header);
    if (place_in_stream == Arrival::Wild) return place_in_stream;
    ++packets_;
    if (content == Content::Sound && place_in_stream != Arrival::Duplicate) {
        source_->jitter.on_packet(header.timestamp, static_cast<std::uint32_t>(rtp::ticks(arrival.time_since_epoch())));
        jitter_max_ = std::max(jitter_max_, source_->jitter.value());
    }
    return place_in_stream;
}

Arrival ReceiverStats::place(const rtp::Header& header) {
    if (!source_ || source_->ssrc != header.ssrc) {
        leave_source();
        const bool first_ever = !source_;
        source_.emplace(Source{header.ssrc, SequenceTracker(header.sequence), {}, {}});
        return first_ever ? Arrival::InOrder : Arrival::Restarted;
    }
    const auto lost_until_now = source_->sequence.lost();
    const Arrival arrival = source_->sequence.on_packet(header.sequence);
    if (arrival == Arrival::Restarted) {
        if (lost_until_now > 0) lost_before_ += static_cast<std::uint64_t>(lost_until_now);
        source_->jitter = {};
        source_->interval = {};
    }
    return arrival;
}

void ReceiverStats::leave_source() {
    if (source_ && source_->sequence.lost() > 0) lost_before_ += static_cast<std::uint64_t>(source_->sequence.lost());
}

std::optional<ReceiverStats::Report> ReceiverStats::report() {
    if (!source_) return std::nullopt;
    const auto& sequence = source_->sequence;
    constexpr std::int64_t kMost = (1 << 23) - 1, kLeast = -(1 << 23);
    return Report{source_->ssrc, source_->interval.take(sequence.expected(), sequence.received()),
                  static_cast<std::int32_t>(std::clamp(sequence.lost(), kLeast, kMost)), sequence.extended_highest(),
                  source_->jitter.value()};
}

std::uint64_t ReceiverStats::lost() const {
    const std::int64_t now = source_ ? source_->sequence.lost() : 0;
    return lost_before_ + (now > 0 ? static_cast<std::uint64_t>(now) : 0);
}

}  // namespace hotline::media
