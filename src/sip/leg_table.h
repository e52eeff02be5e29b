// The life of one dialog as a table of legal steps (docs/sip.md prints it). A pair that is absent is a late or crossing message: it
// is counted and ignored. What a step does on the wire stands beside the code that applies it.
//
//   in:   Arrived ─▶ Alerting ─▶ Answered ─▶ Established ─▶ Closing ─▶ Closed
//   out:  Calling ─▶ Ringing ───────────────▶ Established ─▶ Closing ─▶ Closed
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace hotline::sip {

enum class Phase : std::uint8_t {
    Arrived,        // their INVITE waits for a decision; 100 was sent
    Alerting,       // 180 was sent
    Answered,       // 200 was sent, its ACK is due
    HungUpUnacked,  // hung up before the ACK: BYE only after it or its time-out (RFC 3261 §15)
    Calling,        // our INVITE is on its way
    Ringing,        // a provisional response came
    Cancelling,     // given up before a final response
    Established,    //
    Closing,        // our BYE is on its way
    Closed,         //
};

enum class Step : std::uint8_t {
    Ring,         // the core: 180
    Answer,       // the core: 200
    Refuse,       // the core: a final response ≥ 300
    Hangup,       // the core, or a deadline of ours
    Acked,        // ACK for our 200
    AckTimeout,   // none in 64·T1
    Cancelled,    // CANCEL for their INVITE
    Provisional,  // 1xx for our INVITE
    Success,      // 2xx
    Failure,      // ≥ 300, or no answer at all
    Bye,          // their BYE
    ByeDone,      // a final response to ours, or none in time
};

struct LegalStep {
    Phase from;
    Step step;
    Phase to;
};

inline constexpr LegalStep kLegalSteps[] = {
    {Phase::Arrived, Step::Ring, Phase::Alerting},
    {Phase::Arrived, Step::Answer, Phase::Answered},
    {Phase::Arrived, Step::Refuse, Phase::Closed},
    {Phase::Arrived, Step::Hangup, Phase::Closed},
    {Phase::Arrived, Step::Cancelled, Phase::Closed},
    {Phase::Arrived, Step::Bye, Phase::Closed},  // a caller may end an early dialog by BYE (RFC 3261 §15)
    {Phase::Alerting, Step::Ring, Phase::Alerting},
    {Phase::Alerting, Step::Answer, Phase::Answered},
    {Phase::Alerting, Step::Refuse, Phase::Closed},
    {Phase::Alerting, Step::Hangup, Phase::Closed},
    {Phase::Alerting, Step::Cancelled, Phase::Closed},
    {Phase::Alerting, Step::Bye, Phase::Closed},
    {Phase::Answered, Step::Acked, Phase::Established},
    {Phase::Answered, Step::AckTimeout, Phase::Closing},
    {Phase::Answered, Step::Hangup, Phase::HungUpUnacked},
    {Phase::Answered, Step::Bye, Phase::Closed},
    {Phase::HungUpUnacked, Step::Acked, Phase::Closing},
    {Phase::HungUpUnacked, Step::AckTimeout, Phase::Closing},
    {Phase::HungUpUnacked, Step::Bye, Phase::Closed},
    {Phase::Calling, Step::Provisional, Phase::Ringing},
    {Phase::Calling, Step::Success, Phase::Established},
    {Phase::Calling, Step::Failure, Phase::Closed},
    {Phase::Calling, Step::Hangup, Phase::Cancelling},
    {Phase::Ringing, Step::Provisional, Phase::Ringing},
    {Phase::Ringing, Step::Success, Phase::Established},
    {Phase::Ringing, Step::Failure, Phase::Closed},
    {Phase::Ringing, Step::Hangup, Phase::Cancelling},
    {Phase::Cancelling, Step::Provisional, Phase::Cancelling},
    {Phase::Cancelling, Step::Success, Phase::Closing},  // 200 crossed our CANCEL: ACK, then BYE (RFC 3261 §9.1)
    {Phase::Cancelling, Step::Failure, Phase::Closed},
    {Phase::Established, Step::Hangup, Phase::Closing},
    {Phase::Established, Step::Bye, Phase::Closed},
    {Phase::Closing, Step::Bye, Phase::Closing},  // BYE crossed BYE: 200, and ours is still answered
    {Phase::Closing, Step::ByeDone, Phase::Closed},
};

constexpr std::optional<Phase> next(Phase from, Step step) {
    for (const LegalStep& one : kLegalSteps)
        if (one.from == from && one.step == step) return one.to;
    return std::nullopt;
}

static_assert(next(Phase::Ringing, Step::Success) == Phase::Established);
static_assert(next(Phase::Cancelling, Step::Success) == Phase::Closing && next(Phase::Closing, Step::Bye) == Phase::Closing);
static_assert(!next(Phase::Answered, Step::Cancelled));  // CANCEL after our 200 changes nothing: ACK comes, then BYE
static_assert(!next(Phase::Closed, Step::Bye) && !next(Phase::Established, Step::Acked));

constexpr std::string_view name(Phase phase) {
    constexpr std::string_view kNames[] = {"arrived", "alerting",   "answered",    "hung_up_unacked", "calling",
                                           "ringing", "cancelling", "established", "closing",         "closed"};
    return kNames[static_cast<std::size_t>(phase)];
}

}  // namespace hotline::sip
