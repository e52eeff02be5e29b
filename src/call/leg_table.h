// The signalling life of a leg, as the core sees it. An absent pair is a late or crossing message: counted and ignored.
//
//   incoming   Opening ──Answer──▶ Answered ──Confirm──▶ Confirmed ─┐
//   outgoing   Opening ──Dial──▶ Calling ──Progress──▶ Ringing      ├─Hangup─▶ Closing ──Ended──▶ Closed
//                                   └────────Confirm───────┴▶ Confirmed
#pragma once
#include <optional>

namespace hotline::call {

enum class LegState {
    Opening,    // waits for its audio port
    Calling,    // outgoing: INVITE sent
    Ringing,    // outgoing: 180 or 183 came
    Answered,   // incoming: our 200 is out, no ACK yet
    Confirmed,  // both sides know that it stands
    Closing,    // we hung up; the far side may not know yet
    Closed,     // signalling has said its last word
};

enum class LegEvent { Answer, Dial, Progress, Confirm, Hangup, Ended };

struct LegStep {
    LegState from;
    LegEvent event;
    LegState to;
};

inline constexpr LegStep kIncomingLeg[] = {
    {LegState::Opening, LegEvent::Answer, LegState::Answered},  {LegState::Answered, LegEvent::Confirm, LegState::Confirmed},
    {LegState::Opening, LegEvent::Hangup, LegState::Closing},   {LegState::Answered, LegEvent::Hangup, LegState::Closing},
    {LegState::Confirmed, LegEvent::Hangup, LegState::Closing}, {LegState::Opening, LegEvent::Ended, LegState::Closed},
    {LegState::Answered, LegEvent::Ended, LegState::Closed},    {LegState::Confirmed, LegEvent::Ended, LegState::Closed},
    {LegState::Closing, LegEvent::Ended, LegState::Closed},  // BYE crossed BYE
};

inline constexpr LegStep kOutgoingLeg[] = {
    {LegState::Opening, LegEvent::Dial, LegState::Calling},      {LegState::Calling, LegEvent::Progress, LegState::Ringing},
    {LegState::Ringing, LegEvent::Progress, LegState::Ringing},  {LegState::Calling, LegEvent::Confirm, LegState::Confirmed},
    {LegState::Ringing, LegEvent::Confirm, LegState::Confirmed}, {LegState::Opening, LegEvent::Hangup, LegState::Closing},
    {LegState::Calling, LegEvent::Hangup, LegState::Closing},    {LegState::Ringing, LegEvent::Hangup, LegState::Closing},
    {LegState::Confirmed, LegEvent::Hangup, LegState::Closing},  {LegState::Calling, LegEvent::Ended, LegState::Closed},
    {LegState::Ringing, LegEvent::Ended, LegState::Closed},      {LegState::Confirmed, LegEvent::Ended, LegState::Closed},
    {LegState::Closing, LegEvent::Ended, LegState::Closed},  // a 200 that crosses our CANCEL is ended by signalling (RFC 3261 §9.1,
                                                             // §15)
};

template <std::size_t N>
constexpr std::optional<LegState> next(const LegStep (&table)[N], LegState from, LegEvent event) {
    for (const auto& step : table)
        if (step.from == from && step.event == event) return step.to;
    return std::nullopt;
}

static_assert(next(kOutgoingLeg, LegState::Ringing, LegEvent::Confirm) == LegState::Confirmed);
static_assert(!next(kOutgoingLeg, LegState::Closing, LegEvent::Confirm), "an answer after we hung up revives nothing");
static_assert(!next(kIncomingLeg, LegState::Closed, LegEvent::Hangup) && !next(kOutgoingLeg, LegState::Closed, LegEvent::Hangup));
static_assert(!next(kIncomingLeg, LegState::Opening, LegEvent::Confirm), "no ACK before our answer");

}  // namespace hotline::call
