#include "rtcp.h"

#include <algorithm>
#include <cstring>

#include "rtp.h"

namespace hotline::media::rtcp {
namespace {

using rtp::read16;
using rtp::read32;
using rtp::write16;
using rtp::write32;

constexpr std::uint8_t kSr = 200, kRr = 201, kSdes = 202, kBye = 203;
constexpr std::uint8_t kCname = 1;
constexpr std::size_t kMaxCname = 64;
constexpr std::size_t kBlockBytes = 24, kSenderBytes = 20;
constexpr std::uint64_t kSecondsFrom1900To1970 = 2'208'988'800;

/// Writes packets one after the other; the length word of each is set when the next begins.
class Writer {
  public:
    explicit Writer(std::span<std::uint8_t> out) : out_(out) {}

    void begin(std::uint8_t type, unsigned count) {
        begin_ = at_;
        out_[at_] = static_cast<std::uint8_t>(0x80 | count);
        out_[at_ + 1] = type;
        at_ += 4;
    }
    void word(std::uint32_t v) {
        write32(&out_[at_], v);
        at_ += 4;
    }
    void bytes(const void* data, std::size_t size) {
        std::memcpy(&out_[at_], data, size);
        at_ += size;
    }
    void byte(std::uint8_t v) { out_[at_++] = v; }
    void end() {
        while ((at_ - begin_) % 4 != 0) byte(0);
        write16(&out_[begin_ + 2], static_cast<std::uint16_t>((at_ - begin_) / 4 - 1));
    }
    std::size_t size() const { return at_; }

  private:
    std::span<std::uint8_t> out_;
    std::size_t at_ = 0, begin_ = 0;
};

ReportBlock read_block(const std::uint8_t* at) {
    const std::uint32_t lost = read32(at + 4) & 0xffffff;
    return {read32(at),      at[4],          static_cast<std::int32_t>(lost << 8) >> 8, read32(at + 8), read32(at + 12),
            read32(at + 16), read32(at + 20)};
}

/// One SR or RR; false when its reports do not fit its length.
bool read_report(std::span<const std::uint8_t> packet, std::uint32_t our_ssrc, Received& out) {
    const bool sr = packet[1] == kSr;
    const std::size_t count = packet[0] & 0x1f;
    const std::size_t blocks = 8 + (sr ? kSenderBytes : 0);
    if (packet.size() < blocks + count * kBlockBytes) return false;
    out.ssrc = read32(&packet[4]);
    if (sr) {
        out.sender = SenderInfo{std::uint64_t{read32(&packet[8])} << 32 | read32(&packet[12]), read32(&packet[16]),
                                read32(&packet[20]), read32(&packet[24])};
    }
    for (std::size_t i = 0; i < count; ++i) {
        const ReportBlock block = read_block(packet.data() + blocks + i * kBlockBytes);
        if (block.ssrc == our_ssrc) out.about_us = block;
    }
    return true;
}

}  // namespace

std::size_t write(std::span<std::uint8_t, kMaxBytes> out, std::uint32_t ssrc, const std::optional<SenderInfo>& sender,
                  const std::optional<ReportBlock>& about, const std::string& cname, Leaving leaving) {
    Writer w(out);
    w.begin(sender ? kSr : kRr, about ? 1 : 0);
    w.word(ssrc);
    if (sender) {
        w.word(static_cast<std::uint32_t>(sender->ntp >> 32));
        w.word(static_cast<std::uint32_t>(sender->ntp));
        w.word(sender->timestamp);
        w.word(sender->packets);
        w.word(sender->octets);
    }
    if (about) {
        w.word(about->ssrc);
        w.word(std::uint32_t{about->fraction_lost} << 24 | (static_cast<std::uint32_t>(about->cumulative_lost) & 0xffffff));
        w.word(about->extended_highest);
        w.word(about->jitter);
        w.word(about->last_sr);
        w.word(about->delay_last_sr);
    }
    w.end();

    const std::size_t name_bytes = std::min(cname.size(), kMaxCname);
    w.begin(kSdes, 1);
    w.word(ssrc);
    w.byte(kCname);
    w.byte(static_cast<std::uint8_t>(name_bytes));
    w.bytes(cname.data(), name_bytes);
    w.byte(0);  // end of the items, then padded
    w.end();

    if (leaving == Leaving::Yes) {
        w.begin(kBye, 1);
        w.word(ssrc);
        w.end();
    }
    return w.size();
}

std::optional<Received> parse(std::span<const std::uint8_t> datagram, std::uint32_t our_ssrc) {
    Received out{};
    bool first = true;
    while (!datagram.empty()) {
        if (datagram.size() < 8 || datagram[0] >> 6 != 2) return std::nullopt;
        const std::uint8_t type = datagram[1];
        const bool report = type == kSr || type == kRr;
        const bool padded = (datagram[0] & 0x20) != 0;
        const std::size_t size = 4u * (read16(&datagram[2]) + 1u);
        if (size > datagram.size() || (first && (!report || padded))) return std::nullopt;
        if (padded && size != datagram.size()) return std::nullopt;  // only the last may be padded
        if (report && !read_report(datagram.first(size), our_ssrc, out)) return std::nullopt;
        datagram = datagram.subspan(size);
        first = false;
    }
    return first ? std::nullopt : std::optional(out);
}

std::uint64_t NtpClock::at(Time now) const {
    const Duration since_1970 = Duration(start_.wall.time_since_epoch()) + (now - start_.at);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_1970);
    const auto nanoseconds = static_cast<std::uint64_t>((since_1970 - seconds).count());
    const std::uint64_t fraction = (nanoseconds << 32) / 1'000'000'000;
    return (static_cast<std::uint64_t>(seconds.count()) + kSecondsFrom1900To1970) << 32 | fraction;
}

void Feedback::on_report(const Received& report, std::uint64_t now_ntp, Time now) {
    if (report.sender) {
        last_sr_ = middle(report.sender->ntp);
        last_sr_at_ = now;
    }
    if (!report.about_us) return;
    about_us_ = report.about_us;
    if (about_us_->last_sr == 0) return;
    const auto round_trip = static_cast<std::int32_t>(middle(now_ntp) - about_us_->last_sr - about_us_->delay_last_sr);
    constexpr std::int32_t kLongest = 60 * 65536;  // beyond: nonsense
    if (round_trip > kLongest || round_trip < -65) return;
    round_trip_ms_ = std::max(round_trip, 0) * 1000.0 / 65536;  // up to 1 ms below zero is rounding on their side
}

std::uint32_t Feedback::delay_last_sr(Time now) const {
    if (last_sr_ == 0) return 0;
    const auto ms = std::min<std::int64_t>(to_ms(now - last_sr_at_), 65'000'000);
    return static_cast<std::uint32_t>(ms * 65536 / 1000);
}

std::optional<double> Feedback::loss(std::uint64_t numbers_used, std::uint16_t last) const {
    if (!about_us_ || numbers_used == 0) return std::nullopt;
    // They report the highest number that they have seen; what is under way is no loss.
    const auto used = static_cast<std::int64_t>(numbers_used);
    const std::int64_t under_way = rtp::ahead(static_cast<std::uint16_t>(about_us_->extended_highest), last);
    const std::int64_t expected = used - std::clamp<std::int64_t>(under_way, 0, used - 1);
    return std::clamp(static_cast<double>(about_us_->cumulative_lost) / static_cast<double>(expected), 0.0, 1.0);
}

}  // namespace hotline::media::rtcp
