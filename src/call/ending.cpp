// Hang-up in every stage, durations, the fact CallEnded.
//
// CallEnded is written as soon as the quality of all legs is known (media answers within milliseconds), at the latest after
// kMeasuredDeadline; it does not wait for phones that never confirm their BYE. The call itself lives until its last leg is over.
#include "hotline/base/log.h"
#include "state.h"

namespace hotline::call {
namespace {

acd::Miss miss_of(LegEnded::Cause cause) {
    switch (cause) {
        case LegEnded::Cause::Busy: return acd::Miss::Busy;
        case LegEnded::Cause::Rejected: return acd::Miss::Rejected;
        case LegEnded::Cause::NoAnswer: return acd::Miss::NoAnswer;
        default: return acd::Miss::Unreachable;
    }
}

std::string_view cause_text(LegEnded::Cause cause) {
    switch (cause) {
        case LegEnded::Cause::NoAck: return "our answer was never acknowledged";
        case LegEnded::Cause::SessionTimer: return "session timer";
        case LegEnded::Cause::NoCommonCodec: return "no common codec";
        case LegEnded::Cause::Failed: return "signalling failed";
        default: return "hung up";
    }
}

bool is_fault(LegEnded::Cause cause) {
    return cause == LegEnded::Cause::NoAck || cause == LegEnded::Cause::SessionTimer || cause == LegEnded::Cause::NoCommonCodec ||
           cause == LegEnded::Cause::Failed;
}

double share_pct(std::uint64_t lost, std::uint64_t received) {
    const auto expected = lost + received;
    return expected == 0 ? 0 : 100.0 * static_cast<double>(lost) / static_cast<double>(expected);
}

std::string_view to_text(HangupBy by) {
    switch (by) {
        case HangupBy::Caller: return "caller";
        case HangupBy::Agent: return "agent";
        case HangupBy::Called: return "called";
        case HangupBy::System: return "system";
    }
    return "system";
}

/// The far side of this leg hung up.
HangupBy whose(const Call& call, const Leg& leg) {
    if (leg.role == LegRole::Outside) return HangupBy::Called;
    return leg.role == LegRole::Caller && !call.outside ? HangupBy::Caller : HangupBy::Agent;
}

}  // namespace

std::string_view result_of(LegEnded::Cause cause) {
    switch (cause) {
        case LegEnded::Cause::Busy: return "busy";
        case LegEnded::Cause::Rejected: return "rejected";
        case LegEnded::Cause::NoAnswer: return "missed";
        case LegEnded::Cause::Unreachable: return "unreachable";
        default: return "failed";
    }
}

void Switchboard::State::on(const LegEnded& event, Now now) {
    Leg* leg = find(event.leg);
    if (!leg) return late();
    const bool ringing = leg->role != LegRole::Caller && (leg->state == LegState::Calling || leg->state == LegState::Ringing);
    const bool was_closing = leg->state == LegState::Closing;
    // A phone that is busy says so at once; one that has rung says "busy" when its owner presses the button that declines.
    const bool by_hand = event.cause == LegEnded::Cause::Busy && leg->state == LegState::Ringing;
    const auto cause = by_hand ? LegEnded::Cause::Rejected : event.cause;
    if (leg->state == LegState::Closed) return late();
    leg->state = LegState::Closed;
    Call& call = call_of(*leg);
    if (!was_closing && call.clock.stage() != Stage::Ending) {
        if (ringing && leg->role == LegRole::Outside) return outside_failed(call, *leg, event, now);
        if (ringing) {
            offer_failed(call, *leg, miss_of(cause), result_of(cause), now);
            return;  // offer_failed closed the leg's audio
        }
        if (comes_back(call, *leg, now)) return;
        if (event.cause == LegEnded::Cause::Remote && begin_survey(call, *leg, now)) return;
        const bool fault = is_fault(event.cause);
        if (fault && !call.answered_by_agent) call.outcome = "failed";
        const HangupBy by = fault ? HangupBy::System : whose(call, *leg);
        end(call, by, event.text.empty() ? std::string(cause_text(event.cause)) : event.text, now);
        return;
    }
    close_leg(*leg, now);
}

/// Says good-bye on both planes; forgets the leg when both have confirmed.
void Switchboard::State::close_leg(Leg& leg, Now now) {
    if (leg.role != LegRole::Caller && leg.state == LegState::Opening) {
        leg.state = LegState::Closed;  // his phone was not dialled yet: signalling knows nothing of it and would never report
    } else if (leg.state != LegState::Closed && leg.state != LegState::Closing) {
        step(leg, LegEvent::Hangup);
        ports.signaling.hangup(leg.id);
    }
    if (!leg.audio_opened) leg.audio_done = true;
    if (leg.audio_opened && !leg.audio_done && !leg.audio_closing) {
        leg.audio_closing = true;
        ports.media.close(leg.id);
    }
    forget(leg, now);
}

void Switchboard::State::on(const AudioClosed& event, Now now) {
    Leg* leg = find(event.leg);
    if (!leg || leg->audio_done) return late();
    leg->audio_done = true;
    leg->quality = event.quality;
    const auto& q = event.quality;
    LegMeasured fact;
    fact.leg = side_of(*leg);
    if (fact.leg == "agent") fact.agent = leg->role == LegRole::Agent ? leg->agent_name : call_of(*leg).origin.name;
    fact.packets_in = static_cast<std::int64_t>(q.packets_in);
    fact.packets_out = static_cast<std::int64_t>(q.packets_out);
    fact.lost_in = static_cast<std::int64_t>(q.lost_in);
    fact.loss_in_pct = share_pct(q.lost_in, q.packets_in);
    fact.jitter_in_ms = q.jitter_in_ms;
    fact.jitter_in_max_ms = q.jitter_in_max_ms;
    if (q.loss_out) fact.loss_out_pct = *q.loss_out * 100;
    fact.round_trip_ms = q.round_trip_ms;
    if (leg->answered || leg->role == LegRole::Caller) tell(leg->call, std::move(fact), now);
    Call& call = call_of(*leg);
    if (!leg->audio_closing && call.clock.stage() != Stage::Ending) {
        if (leg->role == LegRole::Caller) return cut_off(call, "audio lost", now);
        if (leg->answered)
            return cut_off(
                call, leg->role == LegRole::Outside ? "the audio of the called side was lost" : "the agent's audio was lost", now);
        if (leg->role == LegRole::Outside)
            return outside_failed(call, *leg, {LegEnded::Cause::Failed, leg->id, 0, "audio lost"}, now);
        return offer_failed(call, *leg, acd::Miss::Unreachable, "failed", now);
    }
    const CallId id = call.id;
    forget(*leg, now);
    if (Call* still = find(id)) maybe_finish(*still, now);
}

void Switchboard::State::forget(Leg& leg, Now now) {
    if (!leg.over()) return;
    Call& call = call_of(leg);
    std::erase(call.legs, leg.id);
    if (call.agent_leg == leg.id && call.told) call.agent_leg = {};
    if (leg.id != call.caller_leg && leg.id != call.agent_leg) legs.erase(leg.id);
    maybe_finish(call, now);
}

void Switchboard::State::refuse(Call& call, int status, const std::string& phrase, std::string cause, Now now) {
    Leg& leg = *find(call.caller_leg);
    if (call.outcome.empty()) call.outcome = "rejected";
    call.cause = std::move(cause);
    call.hangup_by = HangupBy::System;
    log::info("call.refused", {{"call", call.id}, {"status", status}, {"why", call.cause}});
    call.clock.enter(Stage::Ending, now.at);
    release_occupied(call, now);
    leg.state = LegState::Closing;
    ports.signaling.refuse(leg.id, status, phrase, status == 503 ? static_cast<int>(1 + random.below(10)) : 0);
    timers.set({call.id, Deadline::Measured}, now.at + kMeasuredDeadline);
    timers.set({call.id, Deadline::Abandoned}, now.at + kForgetDeadline);
    const CallId id = call.id;
    close_leg(leg, now);
    if (Call* still = find(id)) maybe_finish(*still, now);
}

void Switchboard::State::end(Call& call, HangupBy by, std::string cause, Now now) {
    const Stage stage = call.clock.stage();
    if (stage == Stage::Ending) return;
    const CallId id = call.id;
    call.hangup_by = call.talk_ended_by.value_or(by);
    call.cause = std::move(cause);
    silence(call);
    keep_spoken_message(call);
    if (const auto question = call.machine && stage == Stage::Menu ? call.machine->open_question() : std::nullopt)
        tell_answer(call, {*question, std::nullopt}, now);
    for (const auto deadline : {Deadline::Directory, Deadline::Announce, Deadline::CallbackOffer, Deadline::Ring})
        timers.cancel({id, deadline});

    Leg* agent_leg = find(call.agent_leg);
    const bool not_connected = call.calling_back && !call.calling_back->reached;
    if (stage == Stage::Waiting) {
        if (!call.answered_by_agent) call.affinity = acd.affinity(id);
        acd.leave(id, now.at);
        const bool gave_up = by == HangupBy::Caller || by == HangupBy::Called;
        if (!not_connected) leave_queue(call, gave_up ? "abandoned" : "failed", now);
        withdraw_offers(call, "withdrawn", now);
        agent_leg = nullptr;
    }
    if (not_connected) {
        let_go(call, now);
    } else if (stage == Stage::Arriving && agent_leg) {
        call.outside ? dial_over(call, *agent_leg, "withdrawn", 0, now) : offer_over(call, *agent_leg, "withdrawn", now);
    } else if (stage == Stage::Transferring) {
        transfer_withdrawn(call, now);
        agent_leg = nullptr;
    }
    if ((stage == Stage::Talking || stage == Stage::Held) && agent_leg) talk_over(call, *agent_leg, now);
    call.clock.enter(Stage::Ending, now.at);
    timers.set({id, Deadline::Measured}, now.at + kMeasuredDeadline);
    timers.set({id, Deadline::Abandoned}, now.at + kForgetDeadline);
    release_occupied(call, now);
    if (call.calling_back) callback_over(call, now);
    for (const LegId leg_id : std::vector(call.legs)) {
        if (Leg* leg = find(leg_id)) close_leg(*leg, now);
        if (!find(id)) return;
    }
    maybe_finish(call, now);
}

/// The call did not come to an end of its own: whoever had not yet reached an agent was failed, whatever he heard before.
void Switchboard::State::cut_off(Call& call, std::string cause, Now now) {
    if (!call.answered_by_agent && call.outcome.empty()) call.outcome = "failed";
    end(call, HangupBy::System, std::move(cause), now);
}

void Switchboard::State::talk_over(Call& call, Leg& leg, Now now) {
    if (call.clock.stage() == Stage::Held) leg.held += now.at - call.clock.since();
    const Duration whole = now.at - leg.answered.value_or(now.at);
    SegmentEnded fact{call.transfer ? "" : call.queue_name,
                      leg.agent_name,
                      leg.dialled_wall,
                      leg.answered_wall,
                      "answered",
                      to_ms(leg.rang),
                      to_ms(whole - leg.held),
                      to_ms(leg.held)};
    if (const OutsideCall* outside = dialling(call)) fact.number = outside->number.national, fact.trunk = leg.trunk;
    tell(call.id, std::move(fact), now);
    if (!leg.agent || !call.colleague.empty() || call.transfer) return;
    acd.on_talk_ended(leg.agent, now.at);
    const auto view = acd.view(leg.agent);
    const bool wraps_up = view && view->occupancy == acd::Occupancy::WrapUp;
    if (AgentRecord* agent = agent_record(leg.agent); agent && !wraps_up) write_code(*agent, call.id, now);
    refresh_agent(leg.agent, now);
}

/// Writes CallEnded once all legs are measured; forgets the call once they are over.
void Switchboard::State::maybe_finish(Call& call, Now now) {
    if (call.clock.stage() != Stage::Ending) return;
    const bool measured = std::all_of(call.legs.begin(), call.legs.end(), [&](LegId id) { return find(id)->audio_done; });
    if (measured) write_end(call, now);
    if (!call.told || !call.legs.empty()) return;
    for (const LegId id : {call.caller_leg, call.agent_leg}) legs.erase(id);
    std::erase_if(messages, [&](const auto& entry) {
        return entry.second.call == call.id && entry.second.state <= MessageState::Unwanted;  // media owed its end, and is gone
    });
    for (int d = 0; d <= static_cast<int>(Deadline::Abandoned); ++d) timers.cancel({call.id, static_cast<Deadline>(d)});
    calls.erase(call.id);
}

std::string Switchboard::State::outcome_of(const Call& call) const {
    if (call.answered_by_agent) return "answered";
    if (call.left_message) return "voice_message";
    if (call.will_be_called_back) return "callback";
    if (!call.outcome.empty()) return call.outcome;
    if (!call.queue_name.empty() || call.handed_on) return call.overflowed ? "overflow" : "abandoned";
    // The menu alone: served when he asked for something by key, or when there was nothing to ask and he heard it to the end.
    const bool heard_out = !call.listened && call.hangup_by == HangupBy::System;
    return call.chose || heard_out ? "self_service" : "abandoned";
}

void Switchboard::State::write_end(Call& call, Now now) {
    if (call.told) return;
    call.told = true;
    timers.cancel({call.id, Deadline::Measured});
    CallEnded fact;
    fact.started_at = call.started.wall;
    fact.direction = call.direction;
    fact.caller = call.caller;
    fact.called = call.called;
    fact.purpose = call.purpose;
    if (!call.queue_name.empty()) fact.queue = call.queue_name;
    fact.agent = call.last_agent;
    fact.ivr_ms = to_ms(call.clock.spent(Stage::Menu));
    fact.wait_ms =
        to_ms(call.clock.spent(Stage::Joining) + call.clock.spent(Stage::Waiting) + call.clock.spent(Stage::Transferring));
    fact.ring_ms = to_ms(call.rang);
    fact.talk_ms = to_ms(call.clock.spent(Stage::Talking));
    fact.hold_ms = to_ms(call.clock.spent(Stage::Held));
    fact.outcome = outcome_of(call);
    fact.hangup_by = to_text(call.hangup_by);
    fact.affinity = call::to_text(call.affinity);
    fact.cause = call.cause;
    if (const Leg* leg = find(call.outside && !call.calling_back ? call.agent_leg : call.caller_leg)) {
        fact.loss_in_pct = share_pct(leg->quality.lost_in, leg->quality.packets_in);
        fact.jitter_in_ms = leg->quality.jitter_in_ms;
    }
    log::info("call.ended", {{"call", call.id},
                             {"outcome", fact.outcome},
                             {"by", fact.hangup_by},
                             {"cause", fact.cause},
                             {"wait_ms", fact.wait_ms},
                             {"talk_ms", fact.talk_ms}});
    tell(call.id, std::move(fact), now);
    if (call.legs.empty()) return;
    // Whoever still owes a word about a leg has until Deadline::Abandoned.
}

}  // namespace hotline::call
