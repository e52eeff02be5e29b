// Join, wait, offer, ring, miss: between the menu and the conversation.
#include "hotline/base/check.h"
#include "hotline/base/log.h"
#include "hotline/ivr/spoken.h"
#include "state.h"

namespace hotline::call {
namespace {

std::string_view to_text(acd::Reason::Kind kind) { return kind == acd::Reason::Kind::Affinity ? "affinity" : "longest_idle"; }

std::int64_t priority_of(const Site& site, const std::string& queue) {
    for (const auto& config : site.acd.queues)
        if (config.name == queue) return config.priority;
    return 0;
}

}  // namespace

void Switchboard::State::join(Call& call, const ivr::Enqueue& wish, Now now) {
    call.queue = acd.queue(wish.queue);
    call.queue_name = wish.queue;
    call.joined = now;
    call.clock.enter(Stage::Joining, now.at);

    std::vector<ivr::Utterance> words = wish.announcement;
    const auto sound = site->queue_sounds.find(wish.queue);
    if (sound != site->queue_sounds.end()) {
        words.push_back(sound->second.music);
        if (sound->second.announce_position) timers.set({call.id, Deadline::Announce}, now.at + sound->second.announce_first);
        prepare(call, Ear::Use::QueueTalk, std::move(words), now);
    }

    // Who served him before decides the first offer: worth a moment's wait, and no more.
    const Time answer_due = call.started.at + site->directory_wait;
    if (call.directory_answered || answer_due <= now.at) return enter_queue(call, now);
    timers.set({call.id, Deadline::Directory}, answer_due);
}

void Switchboard::State::enter_queue(Call& call, Now now) {
    timers.cancel({call.id, Deadline::Directory});
    if (call.clock.stage() != Stage::Joining) return late();
    call.clock.enter(Stage::Waiting, now.at);
    acd::Caller caller;
    caller.call = call.id;
    caller.queue = call.queue;
    caller.entered = call.joined.at;
    caller.affinity = preferred(call, now);
    const Outcome entered = acd.enqueue(caller, now.at);
    if (entered) {
        const auto view = acd.view(call.queue, now.at);
        const auto position = acd.position(call.id).value_or(1);
        tell(call.id,
             Enqueued{call.queue_name, call.caller, priority_of(*site, call.queue_name), static_cast<std::int64_t>(position)}, now);
        log::info("queue.joined",
                  {{"call", call.id}, {"queue", call.queue_name}, {"position", position}, {"waiting", view ? view->waiting : 0}});
        return;
    }
    timers.cancel({call.id, Deadline::Announce});
    call.overflowed = true;
    call.clock.enter(Stage::Menu, now.at);
    const bool full = entered.error().kind == ErrorKind::Full;
    log::info("queue.refused", {{"call", call.id}, {"queue", call.queue_name}, {"why", entered.error().text}});
    silence(call);
    feed(call, full ? ivr::QueueExit::Full : ivr::QueueExit::Unavailable, now);
}

std::vector<acd::AgentId> Switchboard::State::preferred(const Call& call, Now now) const {
    std::vector<acd::AgentId> out;
    for (const auto& served : call.served) {
        if (now.wall - served.last > site->affinity_window) continue;
        if (const auto agent = acd.agent(served.agent)) out.push_back(agent);
    }
    return out;
}

void Switchboard::State::on(const CustomerFound& event, Now now) {
    Call* call = find(event.call);
    if (!call || call->directory_answered) return late();
    call->directory_answered = true;
    call->served = event.served;
    if (call->clock.stage() == Stage::Joining) return enter_queue(*call, now);
    if (call->clock.stage() == Stage::Waiting) acd.set_affinity(call->id, preferred(*call, now), now.at);
}

/// "You are number three", between two stretches of music. Said only while he waits and nothing else is being said.
void Switchboard::State::announce_position(Call& call, Now now) {
    const auto sound = site->queue_sounds.find(call.queue_name);
    if (sound == site->queue_sounds.end() || call.clock.stage() != Stage::Waiting) return;
    timers.set({call.id, Deadline::Announce}, now.at + sound->second.announce_every);
    const auto position = acd.position(call.id);
    if (!position || call.ear.use == Ear::Use::QueueTalk || call.ear.speech) return;

    const std::string& language = call.machine ? call.machine->language() : site->language;
    const auto piece = [&](const char* which) -> std::string {
        const auto prompt = sound->second.position_prompts.find(which);
        if (prompt == sound->second.position_prompts.end()) return {};
        const auto words = prompt->second.find(language);
        return words == prompt->second.end() ? std::string() : words->second.text;
    };
    const auto number = static_cast<std::int64_t>(*position);
    const std::string text = piece("before") + ivr::speak_number(number, language) + piece("after");
    // A site may record "position_3.wav"; else the whole sentence is synthesised, which sounds better than glued pieces.
    prepare(call, Ear::Use::QueueTalk, {{"position_" + std::to_string(number), text, language}, sound->second.music}, now);
}

void Switchboard::State::music(Call& call, Now now) {
    const auto stage = call.clock.stage();
    if (stage != Stage::Waiting && stage != Stage::Joining) {
        call.ear = {};
        return;
    }
    call.ear = {Ear::Use::QueueMusic, {}, {}};
    if (call.music) play(call, {call.music}, Media::PlayMode::Loop, now);
}

void Switchboard::State::decide(Now now) {
    const acd::Decisions decisions = acd.decide(now.at);
    for (const auto& lapsed : decisions.lapsed) {
        Call* call = find(lapsed.call);
        Leg* leg = call ? find(call->agent_leg) : nullptr;
        if (!leg || leg->offer != lapsed.id) continue;
        offer_over(*call, *leg, "missed", now);
    }
    for (const auto& ended : decisions.wrapups) {
        AgentRecord* agent = agent_record(ended.agent);
        if (!agent) continue;
        tell(ended.call, WrapUpEnded{agent->last_queue, agent->name, ended.by_deadline ? "deadline" : "done", to_ms(ended.lasted)},
             now);
        refresh_agent(*agent, now);
    }
    for (const auto& paused : decisions.paused) {
        if (const AgentRecord* agent = agent_record(paused.agent))
            log::warn(
                "agent.auto_paused",
                {{"agent", agent->name}, {"missed", paused.missed}, {"cure", "the agent resumes by " + site->star_codes.resume}});
        refresh_agent(paused.agent, now);
    }
    for (const auto& expired : decisions.expired) {
        Call* call = find(expired.call);
        if (!call || call->clock.stage() != Stage::Waiting) continue;
        call->affinity = expired.affinity;
        leave_queue(*call, "overflow", now);
        call->overflowed = true;
        call->clock.enter(Stage::Menu, now.at);
        silence(*call);
        const bool gone = !site->queue_sounds.contains(call->queue_name);
        feed(*call, gone ? ivr::QueueExit::Unavailable : ivr::QueueExit::TimedOut, now);
    }
    for (const auto& offer : decisions.offers) make_offer(offer, now);
}

void Switchboard::State::make_offer(const acd::Offer& offer, Now now) {
    Call* call = find(offer.call);
    AgentRecord* agent = agent_record(offer.agent);
    HL_CHECK(call && agent, "an offer of a call or agent that is not there");
    call->affinity = offer.reason.affinity;

    Offered fact;
    fact.queue = call->queue_name;
    fact.agent = agent->name;
    fact.reason = to_text(offer.reason.kind);
    fact.affinity = call::to_text(offer.reason.affinity);
    fact.wait_ms = to_ms(now.at - call->joined.at);
    for (const auto& candidate : offer.reason.candidates)
        if (const AgentRecord* other = agent_record(candidate.agent))
            fact.candidates.push_back({other->name, to_ms(candidate.idle)});
    for (const auto& [why, count] : offer.reason.skipped) fact.skipped.push_back({std::string(why), count});
    log::info("queue.offered", {{"call", call->id},
                                {"queue", call->queue_name},
                                {"agent", agent->name},
                                {"reason", fact.reason},
                                {"wait_ms", fact.wait_ms}});
    tell(call->id, std::move(fact), now);

    Leg& leg = new_agent_leg(*call, offer.agent, agent->name, now);
    leg.offer = offer.id;
    refresh_agent(*agent, now);
    open_audio(*call, leg, agent->phone_address);
}

Leg& Switchboard::State::new_agent_leg(Call& call, acd::AgentId agent, const std::string& name, Now now) {
    const LegId id = leg_ids.next();
    Leg& leg = legs[id];
    leg.id = id;
    leg.call = call.id;
    leg.role = LegRole::Agent;
    leg.agent = agent;
    leg.agent_name = name;
    leg.dialled = now.at;
    leg.dialled_wall = now.wall;
    call.agent_leg = id;
    call.legs.push_back(id);
    return leg;
}

void Switchboard::State::dial(Call& call, Leg& leg) {
    if (!step(leg, LegEvent::Dial)) return;
    const Leg* caller = find(call.caller_leg);
    Signaling::AgentCall out;
    out.leg = leg.id;
    out.agent = leg.agent_name;
    out.caller = call.caller;
    out.caller_name = call.caller_name;
    // The caller's own codec first: where the phone takes it nothing has to be transcoded.
    out.audio = local_offer(leg, caller && caller->agreed ? std::optional(caller->agreed->codec) : std::nullopt);
    out.headers = {{"X-Hotline-Call", hotline::to_text(call.id)}, {"X-Hotline-Queue", call.queue_name}};
    ports.signaling.dial(std::move(out));
}

void Switchboard::State::on(const LegRinging& event, Now now) {
    Leg* leg = find(event.leg);
    if (!leg || leg->role == LegRole::Caller) return late();
    if (step(*leg, LegEvent::Progress) && leg->role == LegRole::Outside) outside_rings(call_of(*leg), *leg, event.early, now);
}

void Switchboard::State::on(const LegAnswered& event, Now now) {
    Leg* leg = find(event.leg);
    if (!leg || leg->role == LegRole::Caller || !step(*leg, LegEvent::Confirm)) {
        if (!leg) late();
        return;
    }
    Call& call = call_of(*leg);
    leg->agreed = agree(event.audio, codecs_of(*leg));
    if (!leg->agreed && call.outside)
        return outside_failed(call, *leg, {LegEnded::Cause::NoCommonCodec, leg->id, 0, "no common codec in the answer"}, now);
    if (!leg->agreed) return offer_failed(call, *leg, acd::Miss::Unreachable, "failed", now);
    if (call.outside) {
        leg->remote = event.audio;
        return outside_answered(call, *leg, now);
    }
    if (!call.colleague.empty()) {
        leg->remote = event.audio;
        return colleague_answered(call, *leg, now);
    }
    if (!acd.on_answered(leg->offer, now.at)) {
        // Ring time ended in this very moment: the phone was too late and is hung up; the caller keeps his place.
        late();
        return offer_over(call, *leg, "missed", now);
    }
    leg->remote = event.audio;
    ports.media.connect(leg->id, *leg->agreed);
    begin_talk(call, *leg, now);
}

/// The phone said no: the agent is marked, the caller goes on waiting at his old place.
void Switchboard::State::offer_failed(Call& call, Leg& leg, acd::Miss why, std::string_view result, Now now) {
    if (!call.colleague.empty()) return colleague_declined(call, leg, result, now);
    if (!acd.on_missed(leg.offer, why, now.at)) late();
    offer_over(call, leg, result, now);
}

void Switchboard::State::offer_over(Call& call, Leg& leg, std::string_view result, Now now) {
    const Duration rang = now.at - leg.dialled;
    call.rang += rang;
    log::info("queue.offer_ended", {{"call", call.id}, {"agent", leg.agent_name}, {"result", result}, {"ring_ms", to_ms(rang)}});
    tell(call.id,
         SegmentEnded{call.queue_name, leg.agent_name, leg.dialled_wall, std::nullopt, std::string(result), to_ms(rang), 0, 0},
         now);
    const acd::AgentId agent = leg.agent;
    leg.offer = {};
    if (call.agent_leg == leg.id) call.agent_leg = {};
    close_leg(leg, now);
    refresh_agent(agent, now);
}

void Switchboard::State::leave_queue(Call& call, std::string_view result, Now now) {
    timers.cancel({call.id, Deadline::Announce});
    const Leg* agent_leg = find(call.agent_leg);
    tell(call.id,
         QueueLeft{call.queue_name, call.caller, call.joined.wall, to_ms(now.at - call.joined.at), std::string(result),
                   result == "answered" && agent_leg ? std::optional(agent_leg->agent_name) : std::nullopt},
         now);
}

}  // namespace hotline::call
