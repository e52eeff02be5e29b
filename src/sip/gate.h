// The gate sees what the network sends before libsofia does (docs/sip.md).
//
//   socket ─▶ recvmsg (ours) ─▶ Gate::judge ─▶ pass  ─▶ libsofia
//                                    │      ├▶ drop  ─▶ libsofia hears EAGAIN
//                                    └──────┴▶ answer ─▶ a stateless response from the same socket, then as drop
//
// libsofia of 2011 blocks its thread for a name lookup, reads past the end of a short branch, replies to third parties by maddr,
// and cannot say 505. This executable therefore defines getaddrinfo and recvmsg, which the dynamic linker prefers to libc's. Both
// act on a thread only while a GateKeeper lives there; all other threads are forwarded untouched.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hotline/base/address.h"
#include "hotline/base/metrics.h"
#include "hotline/base/result.h"
#include "hotline/base/time.h"
#include "sip/gate_rates.h"

namespace hotline::sip {

struct Head;
struct RequestLine;
struct TopVia;

/// What we know of an address before anything has proved itself.
enum class Standing { Stranger, Trunk, Contact };  // Contact: a phone is registered there

struct GateConfig {
    bool on = true;  // false: datagrams pass unseen (the name-lookup guard stays)
    GateRatesConfig rates;
    std::vector<std::string> emergency_numbers;  // user parts of the Request-URI; urn:service:sos is one without being named
    std::function<Standing(const Address& source)> standing;  // absent: all are trunks
    /// Whether a CANCEL from here may be meant for the INVITE of this branch; true when there is none. Absent: always.
    std::function<bool(std::string_view branch, const Address& source)> may_cancel;
    /// Whether an INVITE of this branch is being served: it is repeated then, and what is repeated is never shed. Absent: never.
    std::function<bool(std::string_view branch)> is_served;
};

class Gate {
  public:
    Gate(GateConfig config, Metrics& metrics);

    /// Why a datagram did not pass. The label of sip_gate_total; None is counted as passed.
    enum class Reason : std::uint8_t {
        None,
        KeepAlive,       // only CR LF, or nothing (RFC 5626 §3.5.1)
        NotSip,          // first byte neither a token character nor CR: STUN, SigComp, noise
        NoStartLine,     // neither a request line nor a status line
        Nul,             // in the headers (in a quoted pair it has become a space before)
        NoVia,           // no Via in the headers: nowhere to answer
        Maddr,           // in the top Via: we would be a reflector
        ShortBranch,     // 1–6 characters: libsofia reads past it
        LowPort,         // sent-by port under 1024 without rport: a reflector again
        BadVersion,      // SIP/7.0: 505
        UnknownMethod,   // libsofia cannot read them all: 501
        BadRequestLine,  // white space inside the Request-URI, an unbracketed IPv6 host: 400
        BadVia,          // empty parameters, no host: 400
        RateLimited,     // the token bucket of its source is empty
        Overload,        // what is left of the bucket of all sources is kept for more important requests, or we are behind
        ForgedCancel,    // of an INVITE that came from elsewhere: 481
        Count,
    };
    enum class Verdict { Pass, Drop, Answer };
    struct Judgement {
        Verdict verdict;
        Reason reason;
        std::string answer;  // with Answer: a response for the source address of the datagram
    };
    using Queue = std::function<ReceiveQueue()>;
    /// What the rates ask of a request.
    struct Asked {
        std::string_view method;
        std::string_view uri;  // the Request-URI
        bool tagged = false;   // To carries a tag
    };
    /// `queue` tells of what it came out of; asked only for what can be shed.
    Judgement judge(std::string_view datagram, const Address& source, Time now, const Queue& queue = {});

    /// What one read from a TCP connection gave, when that is exactly one request: the answer to what libsofia cannot refuse
    /// itself, to be sent on the connection. Empty: pass it on. (Streams are not framed here; a request in pieces goes to libsofia
    /// unseen.)
    std::string judge_stream(std::string_view bytes);
    /// False: no SIP begins like this (STUN and SigComp do), and libsofia's readers of those are not to be trusted.
    static bool is_sip_stream(std::string_view bytes);
    /// For a request that came over a connection: false, and counted, when a token bucket is empty.
    bool admits(const Asked& asked, const Address& source, Time now);

    static std::string_view name(Reason reason);
    std::size_t sources() const { return rates_.sources(); }
    const GateConfig& config() const { return config_; }

  private:
    Standing standing_of(const Address& source) const;
    Reason rate(const Asked& asked, const Address& source, Standing standing, Time now, const Queue& queue);
    bool is_emergency(const Asked& asked) const;
    Judgement decide(Reason reason, std::string answer = {});
    Judgement refuse_unreadable(const Head& head, const RequestLine& line, const std::optional<TopVia>& via);
    Judgement judge_response(const Head& head, const Address& source, Standing standing, Time now);
    Judgement judge_request(const Head& head, const Address& source, Standing standing, Time now, const Queue& queue);

    GateConfig config_;
    std::array<Metric*, static_cast<std::size_t>(Reason::Count)> counters_;
    GateRates rates_;
};

/// While it lives, the thread that made it has its datagrams judged and its name lookups kept to numbers. One a thread at a time.
class GateKeeper {
  public:
    explicit GateKeeper(Gate& gate);
    ~GateKeeper();
    GateKeeper(const GateKeeper&) = delete;
    GateKeeper& operator=(const GateKeeper&) = delete;

    /// Proves by one lookup and one datagram to itself that both interpositions are in force on this thread. The error names the
    /// cure; a daemon without a gate must not start. Takes a few ms, at most one second.
    Outcome self_test();

  private:
    Outcome prove_lookup();
    Outcome prove_datagram();
};

}  // namespace hotline::sip
