// How much may come in: from one source, and from all together (docs/sip.md).
//
//   request ─ never shed? ─▶ passes
//           └▶ the bucket of its source ─ empty ─▶ shed
//                     └▶ a socket's queue ─ long for a while ─▶ shed
//                               └▶ the bucket of all ─ at the reserve of its class ─▶ shed
//
// The bucket of all is emptied from the top by everybody, and each class stops at a reserve that is kept for those above it. So
// many strangers, each within his own rate, cannot keep a caller out, nor callers a phone, nor phones an emergency.
#pragma once
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <unordered_map>

#include "hotline/base/address.h"
#include "hotline/base/time.h"

namespace hotline::sip {

/// Whose request it is, the dearest first. What belongs to a call that is up has no class: it is never shed.
enum class ShedClass : std::uint8_t {
    Emergency,  // a call to an emergency number or urn:service:sos
    Contact,    // from the address of a registered phone
    Call,       // from a trunk
    Rest,       // strangers; OPTIONS and REGISTER from anywhere but a registered phone
    Count,
};

struct GateRatesConfig {
    double source_rate = 2000, source_burst = 4000;  // datagrams a second and at once; Slow ones: a tenth of both
    double total_rate = 600, total_burst = 1200;     // requests of all sources that can be shed
    std::size_t max_sources = 10'000;                // beyond: the source that was quiet longest is forgotten
};

/// A socket's receive queue when a datagram was taken out of it.
struct ReceiveQueue {
    int socket = -1;
    double fill = 0;  // 0–1
};

class GateRates {
  public:
    enum class Lane { Call, Slow };
    enum class Answer { Taken, SourceIsEmpty, TotalIsEmpty, Behind };
    static constexpr Duration kPatience = std::chrono::milliseconds(300);  // with a long queue

    explicit GateRates(GateRatesConfig config);

    /// A request that can be shed takes a token from its source's bucket and one of all. `queue`: what it came out of; none for a
    /// stream, which is shed with the others while a queue of datagrams is long.
    Answer take(const Address& source, Lane lane, ShedClass kind, const std::optional<ReceiveQueue>& queue, Time now);
    /// From the source's bucket alone: a response.
    bool take_of_source(const Address& source, Lane lane, Time now);
    std::size_t sources() const { return buckets_.size(); }

  private:
    struct Bucket {
        Address source;
        std::array<double, 2> tokens;
        Time at;
    };
    Bucket& bucket_of(const Address& source, Time now);
    /// Since when one socket's queue has been long for each class, and when it was last looked at.
    struct Backlog {
        std::array<std::optional<Time>, static_cast<std::size_t>(ShedClass::Count)> long_since;
        Time seen;
    };
    bool is_behind(ShedClass kind, const std::optional<ReceiveQueue>& queue, Time now);

    GateRatesConfig config_;
    double total_tokens_;
    Time total_at_{};
    std::map<int, Backlog> backlogs_;  // by socket
    std::list<Bucket> by_use_;         // least recently used first
    std::unordered_map<Address, std::list<Bucket>::iterator> buckets_;
};

}  // namespace hotline::sip
