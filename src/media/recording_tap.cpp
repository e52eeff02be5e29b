#include "recording_tap.h"

#include <algorithm>
#include <cstring>

#include "g711.h"

namespace hotline::media {
namespace {

constexpr auto kBlock = static_cast<std::int64_t>(AudioBlock::kSamples);
constexpr std::int64_t kLongest = std::int64_t{36} * 3600 * rtp::kTicksPerSecond;  // WAV's sizes have 32 bits: 37 h

/// Copies, into the recording's own coding where the packet has the other.
void copy(std::span<const std::uint8_t> from, call::Codec codec, std::span<std::uint8_t> to, call::Codec own) {
    if (codec == own) {
        std::memcpy(to.data(), from.data(), from.size());
    } else if (own == call::Codec::Pcma) {
        ulaw_to_alaw(from, to.first(from.size()));
    } else {
        alaw_to_ulaw(from, to.first(from.size()));
    }
}

}  // namespace

RecordingTap::RecordingTap(Recorder& recorder, std::shared_ptr<Recording> recording, call::Codec codec, Time now)
    : recorder_(recorder), recording_(std::move(recording)), codec_(codec), begin_(now) {}

std::int64_t RecordingTap::samples_until(Time now) const { return std::min(rtp::ticks(now - begin_), kLongest); }

void RecordingTap::add(Placement& placement, Channel channel, std::uint32_t timestamp, call::Codec codec,
                       std::span<const std::uint8_t> samples, Time now) {
    if (!recording_) return;
    std::int64_t place = placement.place(timestamp, samples_until(now));
    if (place < 0) {  // its beginning was before the recording's
        const auto before = std::min(samples.size(), static_cast<std::size_t>(-place));
        samples = samples.subspan(before);
        place = 0;
    }
    while (!samples.empty() && place < kLongest) {
        const auto at = static_cast<std::size_t>(place % kBlock);
        const std::size_t piece = std::min(samples.size(), AudioBlock::kSamples - at);
        if (AudioBlock* block = block_for(place / kBlock)) {
            copy(samples.first(piece), codec, std::span(block->*channel).subspan(at), codec_);
        }
        samples = samples.subspan(piece);
        place += static_cast<std::int64_t>(piece);
    }
}

/// Null: too late, that block is with the disk thread already.
AudioBlock* RecordingTap::block_for(std::int64_t index) {
    if (index < oldest_) return nullptr;
    constexpr auto kOpen = static_cast<std::int64_t>(kOpenBlocks);
    if (index >= oldest_ + kOpen) {
        oldest_ = index - kOpen + 1;
        for (auto& block : blocks_) {
            if (block && block->first_sample < oldest_ * kBlock) hand_over(block);
        }
    }
    auto& block = blocks_[static_cast<std::size_t>(index % kOpen)];
    if (!block) {
        block = std::make_unique<AudioBlock>();
        block->first_sample = index * kBlock;
        const std::uint8_t silence = codec_ == call::Codec::Pcma ? kAlawSilence : kUlawSilence;
        block->left.fill(silence);
        block->right.fill(silence);
    }
    return block.get();
}

void RecordingTap::hand_over(std::unique_ptr<AudioBlock>& block) {
    auto full = std::move(block);
    if (!full || !recording_) return;
    if (!recorder_.append(recording_, std::move(full))) recording_.reset();
}

void RecordingTap::finish(Time now) {
    for (auto& block : blocks_) hand_over(block);
    if (recording_) recorder_.finish(std::move(recording_), samples_until(now));
    recording_.reset();
}

}  // namespace hotline::media
