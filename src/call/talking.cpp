// Two legs as one conversation: bridge, hold, changed media, silence.
#include "hotline/base/log.h"
#include "state.h"

namespace hotline::call {
namespace {

constexpr std::uint8_t kTelephoneEvent = 101;  // ours where the offer is ours

constexpr bool is_hold(Direction offered) { return offered == Direction::SendOnly || offered == Direction::Inactive; }

}  // namespace

/// Our answer: exactly what was agreed, in the offerer's payload numbers.
LocalAudio Switchboard::State::local_audio(const Leg& leg, Direction direction) const {
    LocalAudio out;
    out.rtp = leg.local;
    out.rtcp_mux = leg.agreed->rtcp_mux;
    out.codecs = {{leg.agreed->codec, leg.agreed->payload_type}};
    out.telephone_event = leg.agreed->telephone_event;
    out.direction = direction;
    return out;
}

/// Our offer: all we speak, `first` before the others.
LocalAudio Switchboard::State::local_offer(const Leg& leg, std::optional<Codec> first) const {
    LocalAudio out;
    out.rtp = leg.local;
    for (const Codec codec : codecs_of(leg)) out.codecs.emplace_back(codec, static_cast<std::uint8_t>(codec));
    if (first) std::stable_partition(out.codecs.begin(), out.codecs.end(), [&](const auto& c) { return c.first == *first; });
    out.telephone_event = kTelephoneEvent;
    return out;
}

void Switchboard::State::begin_talk(Call& call, Leg& leg, Now now) {
    const Leg& caller = *find(call.caller_leg);
    const bool notice = hears_notice(call) && !caller.holding;
    if (!notice) silence(call);
    mark_answered(call, leg, now);
    leave_queue(call, "answered", now);
    call.clock.enter(Stage::Talking, now.at);
    const auto waited = to_ms(now.at - call.joined.at);
    tell(call.id, Answered{call.queue_name, leg.agent_name, waited, to_ms(leg.rang)}, now);
    log::info("call.answered", {{"call", call.id}, {"agent", leg.agent_name}, {"wait_ms", waited}, {"ring_ms", to_ms(leg.rang)}});
    begin_code(call, leg.agent);
    refresh_agent(leg.agent, now);
    if (call.calling_back) callback_served(call, now);

    if (notice) {
        hear_notice_out(call, now);
    } else if (caller.holding) {
        // He put us on hold while he waited: the conversation begins held.
        hold_changed(call, *find(call.caller_leg), true, now);
    } else {
        ports.media.bridge(caller.id, leg.id);
    }
}

/// What the agent says from now on is about this conversation.
void Switchboard::State::begin_code(const Call& call, acd::AgentId id) {
    AgentRecord* agent = agent_record(id);
    if (!agent) return;
    agent->last_queue = call.queue_name;
    agent->coded_call = site->wrapup_codes.contains(call.queue_name) ? call.id : CallId{};
    agent->code.clear();
}

void Switchboard::State::mark_answered(Call& call, Leg& leg, Now now) {
    leg.answered = now.at;
    leg.answered_wall = now.wall;
    leg.rang = now.at - leg.dialled;
    stop_ringing(call, leg, now);
    call.answered_by_agent = true;
    if (!leg.agent_name.empty()) call.last_agent = leg.agent_name;  // a menu's call to the outside is nobody's
}

Leg* Switchboard::State::partner(Call& call, const Leg& leg) {
    return find(leg.id == call.caller_leg ? call.agent_leg : call.caller_leg);
}

void Switchboard::State::on(const OfferReceived& event, Now now) {
    Leg* leg = find(event.leg);
    if (!leg || leg->state != LegState::Confirmed) {
        if (leg && leg->state == LegState::Answered) return ports.signaling.refuse_offer(leg->id, 491);  // before the ACK
        return late();
    }
    const auto agreed = agree(event.offer, codecs_of(*leg));
    if (!agreed) return ports.signaling.refuse_offer(leg->id, 488);
    leg->agreed = agreed;
    leg->remote = event.offer;
    ports.media.connect(leg->id, *agreed);
    ports.signaling.answer_offer(leg->id, local_audio(*leg, mirrored(event.offer.direction)));

    const bool holding = is_hold(event.offer.direction);
    if (holding == leg->holding) return;
    leg->holding = holding;
    Call& call = call_of(*leg);
    if (call.clock.stage() == Stage::Talking || call.clock.stage() == Stage::Held) hold_changed(call, *leg, holding, now);
}

/// Music for the one who is held, while at least one side holds; time on hold is counted once however many hold.
void Switchboard::State::hold_changed(Call& call, Leg& leg, bool holding, Now now) {
    const std::string by(side_of(leg));
    Leg* caller = find(call.caller_leg);
    Leg* agent = find(call.agent_leg);
    if (!caller || !agent) return;
    const bool anybody = caller->holding || agent->holding;
    if (hears_notice(call)) silence(call);
    if (holding) {
        leg.holding_since = now.at;
        tell(call.id, Held{by}, now);
        log::info("call.held", {{"call", call.id}, {"by", by}});
        if (call.clock.stage() == Stage::Talking) {
            call.clock.enter(Stage::Held, now.at);
            ports.media.unbridge(caller->id);
        }
    } else {
        const Duration held = now.at - leg.holding_since;
        tell(call.id, Resumed{by, to_ms(held)}, now);
        log::info("call.resumed", {{"call", call.id}, {"by", by}, {"held_ms", to_ms(held)}});
    }
    if (!anybody && call.clock.stage() == Stage::Held) {
        agent->held += now.at - call.clock.since();
        call.clock.enter(Stage::Talking, now.at);
        ports.media.stop(caller->id);
        ports.media.stop(agent->id);
        ports.media.bridge(caller->id, agent->id);
        return;
    }
    entertain_held(call, now);
}

void Switchboard::State::entertain_held(Call& call, Now now) {
    Leg* caller = find(call.caller_leg);
    Leg* agent = find(call.agent_leg);
    if (call.clock.stage() != Stage::Held || !caller || !agent) return;
    if (!call.music) {
        // Answered so fast that the queue's music was never needed: ask for it now.
        auto sound = site->queue_sounds.find(call.queue_name);
        if (sound == site->queue_sounds.end()) sound = site->queue_sounds.begin();  // a colleague's call has no queue
        if (sound != site->queue_sounds.end() && !call.ear.speech) prepare(call, Ear::Use::HoldMusic, {sound->second.music}, now);
        return;
    }
    for (Leg* held : {caller, agent}) {
        const Leg* other = held == caller ? agent : caller;
        if (other->holding && !held->holding) {
            ports.media.play(held->id, play_ids.next(), {call.music}, Media::PlayMode::Loop);
        } else {
            ports.media.stop(held->id);
        }
    }
}

void Switchboard::State::on(const OfferAnswered& event, Now) {
    Leg* leg = find(event.leg);
    if (!leg || leg->state != LegState::Confirmed) return late();
    if (!event.answer) return;
    if (const auto agreed = agree(*event.answer, codecs_of(*leg))) {
        leg->agreed = agreed;
        leg->remote = event.answer;
        ports.media.connect(leg->id, *agreed);
    }
}

void Switchboard::State::on(const AudioSilent& event, Now now) {
    Leg* leg = find(event.leg);
    if (!leg || leg->state != LegState::Confirmed) return late();
    Call& call = call_of(*leg);
    if (call.clock.stage() == Stage::Ending) return late();
    log::warn("call.rtp_silence", {{"call", call.id}, {"leg", side_of(*leg)}, {"since_ms", to_ms(event.since)}});
    cut_off(call, "rtp silence", now);
}

}  // namespace hotline::call
