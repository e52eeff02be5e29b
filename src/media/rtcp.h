// RTCP compound packets (RFC 3550 §6): what we send (SR or RR, SDES CNAME, at the end BYE), what we read of theirs (SR, RR), and
// the two results that come of it: how much of ours they lost, and the round trip.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "hotline/base/time.h"
#include "receiver_stats.h"

namespace hotline::media::rtcp {

constexpr std::size_t kMaxBytes = 160;  // of a compound packet of ours

struct SenderInfo {
    std::uint64_t ntp;  // seconds since 1900, 32.32
    std::uint32_t timestamp;
    std::uint32_t packets, octets;
};
struct ReportBlock {
    std::uint32_t ssrc;  // whom it is about
    std::uint8_t fraction_lost;
    std::int32_t cumulative_lost;
    std::uint32_t extended_highest;
    std::uint32_t jitter;
    std::uint32_t last_sr;        // middle 32 bits of its NTP time; 0: none came
    std::uint32_t delay_last_sr;  // 1/65536 s
};
enum class Leaving : bool { No, Yes };

/// SR with `sender`, else RR; `about` where we have heard something; SDES; BYE when leaving. Returns the bytes used.
std::size_t write(std::span<std::uint8_t, kMaxBytes> out, std::uint32_t ssrc, const std::optional<SenderInfo>& sender,
                  const std::optional<ReportBlock>& about, const std::string& cname, Leaving leaving);

struct Received {
    std::uint32_t ssrc;
    std::optional<SenderInfo> sender;
    std::optional<ReportBlock> about_us;
};
/// None when the datagram fails the checks of RFC 3550 A.2. BYE, SDES and APP are stepped over: a forged BYE must not end anything.
std::optional<Received> parse(std::span<const std::uint8_t> datagram, std::uint32_t our_ssrc);

/// NTP time that never jumps: wall clock at construction, monotonic from there on.
class NtpClock {
  public:
    explicit NtpClock(const Now& start) : start_(start) {}
    std::uint64_t at(Time now) const;

  private:
    Now start_;
};

/// The middle 32 bits of an NTP time: 1/65536 s (RFC 3550 §4).
constexpr std::uint32_t middle(std::uint64_t ntp) { return static_cast<std::uint32_t>(ntp >> 16); }

/// What one leg remembers of their reports.
class Feedback {
  public:
    void on_report(const Received& report, std::uint64_t now_ntp, Time now);
    /// For our next report block: LSR and DLSR.
    std::uint32_t last_sr() const { return last_sr_; }
    std::uint32_t delay_last_sr(Time now) const;
    std::optional<double> round_trip_ms() const { return round_trip_ms_; }
    /// Share of all that we sent, 0–1, as they reported it last. `numbers_used`: our sequence numbers until now, `last`: the
    /// newest.
    std::optional<double> loss(std::uint64_t numbers_used, std::uint16_t last) const;

  private:
    std::uint32_t last_sr_ = 0;
    Time last_sr_at_{};
    std::optional<double> round_trip_ms_;
    std::optional<ReportBlock> about_us_;
};

}  // namespace hotline::media::rtcp
