// The turn of a callback has come: the call that we place for it, a record of its own.
//
//   agent first      Waiting: his phone rings ─▶ Arriving: the customer is dialled, the agent hears it ─▶ Talking
//   customer first   Arriving: he is dialled, an agent is reserved ─▶ Menu: "press 1" ─▶ Waiting: here, at his place ─▶ Talking
//
// Whatever comes to nothing before the two are connected is a try, if the customer was dialled; then the callback waits again.
#include <algorithm>

#include "hotline/base/check.h"
#include "hotline/base/log.h"
#include "state.h"

namespace hotline::call {
namespace {

constexpr Duration kAskAgain = 10s;    // until a way out is looked for again
constexpr Duration kHangsUpSoon = 2s;  // he who asked for it is still on the line
constexpr double kJournalHolds = 0.9;

}  // namespace

/// Null: the offer came to nothing, and nobody was rung.
Call* Switchboard::State::begin_calling_back(CallId attempt, Now now) {
    Callback* callback = callbacks.placed_as(attempt);
    if (!callback) return nullptr;                            // withdrawn by the offer before (ring_all)
    if (Call* begun = find(callback->attempt)) return begun;  // likewise begun
    const bool offered_here = site->callbacks.contains(callback->queue);
    if (!offered_here || !may_be_called(site->outbound, callback->number)) {
        end_callback(*callback, "cancelled", callback->asked_in, now);
        return nullptr;
    }
    if (const Call* first = find(callback->asked_in); first && first->caller == callback->number.national && !first->told) {
        wait_again(*callback, kHangsUpSoon, now);
        return nullptr;
    }
    if (const char* why = obstacle_to(*callback, now)) {
        log::warn("callback.postponed", {{"callback", to_text(callback->id)}, {"queue", callback->queue}, {"why", why}});
        wait_again(*callback, kAskAgain, now);
        return nullptr;
    }
    const CallId id = new_call_id(now);
    HL_CHECK(acd.rename(attempt, id), "an offered callback takes the name of its call");
    callbacks.placed(*callback, id);
    auto& call = *calls.emplace(id, std::make_unique<Call>(id, now)).first->second;
    call.calling_back = CallingBack{callback->number.national, callback->mode, {}, {}, {}, false, false, "withdrawn", {}};
    call.direction = "out";
    call.purpose = "callback";
    call.called = callback->number.national;
    if (const auto shown = site->queue_caller_ids.find(callback->queue); shown != site->queue_caller_ids.end())
        call.caller = shown->second;
    call.queue = acd.queue(callback->queue);
    call.queue_name = callback->queue;
    call.joined = now;
    call.place = callback->place;
    call.priority = callback->priority;
    call.skills = callback->skills;
    call.named = callback->agent;
    call.served = callback->served;
    call.directory_answered = true;
    if (callback->mode == CallbackRules::Mode::AgentFirst) call.clock.enter(Stage::Waiting, now.at);
    tell(call.id, CallArrived{call.direction, call.caller, "", call.called, callback->queue, call.purpose}, now);
    log::info("callback.begins", {{"call", call.id}, {"callback", to_text(callback->id)}, {"queue", callback->queue}});
    return &call;
}

/// Why nobody is to be disturbed for it now; null: nothing.
const char* Switchboard::State::obstacle_to(const Callback& callback, Now now) const {
    if (draining) return "shutting down";
    if (calls.size() >= site->max_calls) return "limits.max_calls reached";
    if (journal_filled >= kJournalHolds) return "journal nearly full";
    return no_way_to(callback, now);
}

const char* Switchboard::State::no_way_to(const Callback& callback, Now now) const {
    const Route* route = route_for(site->outbound, callback.number, now.wall);
    if (!route) return "no route leads there at this hour";
    const auto usable = [&](const std::string& trunk) { return !why_not(trunk); };
    return std::ranges::any_of(route->trunks, usable) ? nullptr : "no trunk is up and free";
}

/// An agent is kept for him; he is dialled, unless that is under way: the agent before waited in vain.
void Switchboard::State::fetch_customer(Call& call, const acd::Offer& offer, Now now) {
    call.calling_back->reserved = offer.id;
    call.calling_back->agent = offer.agent;
    call.calling_back->reserved_at = now.wall;
    refresh_agent(offer.agent, now);
    if (!call.calling_back->dialled) dial_customer(call, "", now);
}

void Switchboard::State::dial_customer(Call& call, const std::string& agent, Now now) {
    Callback* callback = callbacks.placed_as(call.id);
    HL_CHECK(callback, "a call back without a callback");
    // What has changed while his phone rang is no try.
    if (!site->callbacks.contains(callback->queue)) return end_callback(*callback, "cancelled", call.id, now);
    const char* why = calls_back_now(callback->queue, now.wall) ? no_way_to(*callback, now) : "the hours are over";
    if (why) return end(call, HangupBy::System, why, now);
    ++callback->tries;
    call.calling_back->dialled = true;
    OutsideCall outside;
    outside.number = callback->number;
    outside.agent = agent;
    outside.caller_id = call.caller;
    if (const Route* route = route_for(site->outbound, callback->number, now.wall)) outside.trunks = route->trunks;
    call.outside = std::move(outside);
    try_next_trunk(call, now);
}

/// Agent first: he has taken it, and hears how the customer is called.
void Switchboard::State::agent_fetched(Call& call, Leg& leg, Now now) {
    leg.answered = now.at;
    leg.answered_wall = now.wall;
    leg.rang = now.at - leg.dialled;
    stop_ringing(call, leg, now);
    call.clock.enter(Stage::Arriving, now.at);
    refresh_agent(leg.agent, now);
    const CallbackRules& rules = rules_of(*callbacks.placed_as(call.id));
    prepare(call, Ear::Use::Ringback, {rules.ringback}, now);
    dial_customer(call, leg.agent_name, now);
}

void Switchboard::State::customer_answered(Call& call, Leg& leg, Now now) {
    timers.cancel({call.id, Deadline::Ring});
    leg.answered = now.at;
    leg.answered_wall = now.wall;
    leg.rang = now.at - leg.dialled;
    call.rang += leg.rang;
    ports.media.connect(leg.id, *leg.agreed);
    if (site->record_calls) ports.media.record(call.id, leg.id, recording_path(*site, call.id, now.wall));
    tell(call.id, DialEnded{leg.trunk, leg.agent_name, "answered", 200, to_ms(leg.rang)}, now);
    log::info("outbound.answered", {{"call", call.id}, {"trunk", leg.trunk}, {"ring_ms", to_ms(leg.rang)}});
    const bool bridged = call.outside->early;
    call.outside.reset();  // from now on it is a call of a queue
    if (call.calling_back->mode == CallbackRules::Mode::CustomerFirst) return greet_customer(call, now);
    if (bridged) ports.media.unbridge(leg.id);
    join_agent_and_customer(call, now);
}

/// Agent first: both are on the line.
void Switchboard::State::join_agent_and_customer(Call& call, Now now) {
    Leg& agent = *find(call.agent_leg);
    silence(call);
    ports.media.stop(agent.id);
    const auto rang = to_ms(agent.rang);
    agent.answered = now.at;  // the conversation begins here
    agent.answered_wall = now.wall;
    call.answered_by_agent = true;
    call.last_agent = agent.agent_name;
    call.clock.enter(Stage::Talking, now.at);
    const auto waited = to_ms(now.at - call.joined.at);
    tell(call.id, Answered{call.queue_name, agent.agent_name, waited, rang}, now);
    log::info("call.answered", {{"call", call.id}, {"agent", agent.agent_name}, {"wait_ms", waited}, {"ring_ms", rang}});
    begin_code(call, agent.agent);
    reached(call, agent.agent_name, now);
    if (agent.holding) return hold_changed(call, agent, true, now);
    const auto sound = site->queue_sounds.find(call.queue_name);
    const bool own_words = sound != site->queue_sounds.end() && !sound->second.notice.empty();
    if (say_notice(call, own_words ? sound->second.notice : site->notice, now)) return hear_notice_out(call, now);
    ports.media.bridge(call.caller_leg, agent.id);
}

/// Customer first: somebody is on the line, or a machine; the flow finds out.
void Switchboard::State::greet_customer(Call& call, Now now) {
    const Callback& callback = *callbacks.placed_as(call.id);
    const auto flow = rules_of(callback).flow;
    call.clock.enter(Stage::Menu, now.at);
    tell(call.id, CallAccepted{}, now);
    if (!flow) return cut_off(call, "a reload took the flow of callbacks away", now);
    call.machine = std::make_unique<ivr::Machine>(flow, ivr::Party{callback.number.national, call.caller});
    call.machine->prefer(callback.language);
    begin_service(call, now);
}

/// He is there: the flow has led him to its queue node. From now on he waits like anybody else, at his place.
void Switchboard::State::customer_confirmed(Call& call, const ivr::Enqueue& wish, Now now) {
    call.joined = now;
    const auto [reserved, agent_id] = std::pair(call.calling_back->reserved, call.calling_back->agent);
    call.calling_back->reserved = {};
    reached(call, "", now);
    begin_waiting_sound(call, wish.announcement, now);
    if (!acd.arrived(call.id, now.at)) {  // it has become too old meanwhile; he is here, and that counts
        call.returned = true;
        call.clock.enter(Stage::Joining, now.at);
        return enter_queue(call, now);
    }
    call.clock.enter(Stage::Waiting, now.at);
    tell_enqueued(call, now);
    AgentRecord* agent = agent_record(agent_id);
    if (!reserved || !agent) return;
    Leg& leg = new_agent_leg(call, agent_id, agent->name, now);
    leg.offer = reserved;
    open_audio(call, leg, agent->phone_address);
}

// ── What becomes of it ──

/// He is connected. Where agents say by code that it was a machine, that is waited for; and who is in the queue again may give up.
void Switchboard::State::reached(Call& call, const std::string& agent, Now now) {
    call.calling_back->reached = true;
    Callback& callback = *callbacks.placed_as(call.id);
    callback.reached = true;
    CallbackTried fact{to_text(callback.id), callback.number.national, callback.queue, {}, callback.tries, "answered", {}};
    if (!agent.empty()) fact.agent = agent;
    tell(call.id, std::move(fact), now);
    const bool agent_first = callback.mode == CallbackRules::Mode::AgentFirst;
    const bool coded = !rules_of(callback).machine_codes.empty() && site->wrapup_codes.contains(callback.queue);
    if (agent_first && !coded) end_callback(callback, "done", call.id, now);
}

/// Customer first: an agent has him.
void Switchboard::State::callback_served(const Call& call, Now now) {
    if (Callback* callback = callbacks.placed_as(call.id)) end_callback(*callback, "done", call.id, now);
}

/// The agent's word on the conversation, or none.
void Switchboard::State::judge_callback(CallId call, const std::string& code, Now now) {
    Callback* callback = callbacks.placed_as(call);
    if (!callback || !callback->reached) return;
    if (!rules_of(*callback).machine_codes.contains(code)) return end_callback(*callback, "done", call, now);
    came_to_nothing(*callback, call, "machine", {}, now);
}

/// Nobody answers, or not in time, or no trunk takes it.
void Switchboard::State::not_reached(Call& call, std::string_view result, std::string cause, Now now) {
    call.calling_back->result = result;
    if (call.outcome.empty()) call.outcome = result == "failed" ? "failed" : "rejected";
    end(call, HangupBy::System, std::move(cause), now);
}

/// The call ends before he was connected: both ends are let go.
void Switchboard::State::let_go(Call& call, Now now) {
    CallingBack& calling = *call.calling_back;
    if (call.clock.stage() == Stage::Menu) calling.result = "unconfirmed";
    if (call.outcome.empty()) call.outcome = "rejected";
    if (call.affinity == acd::AffinityOutcome::Hit) call.affinity = acd::AffinityOutcome::None;  // and they have not talked
    if (Leg* customer = find(call.caller_leg); customer && !customer->answered) dial_over(call, *customer, "withdrawn", 0, now);
    if (Leg* agent = find(call.agent_leg); agent && agent->answered) {
        tell(
            call.id,
            SegmentEnded{call.queue_name, agent->agent_name, agent->dialled_wall, std::nullopt, "failed", to_ms(agent->rang), 0, 0},
            now);
        calling.agent_name = agent->agent_name;
        acd.on_not_reached(agent->agent, now.at);
        refresh_agent(agent->agent, now);
    }
    acd.leave(call.id, now.at);
    if (calling.reserved) unreserve(call, now);
}

/// Customer first: the agent who was kept is free again, and has missed nothing.
void Switchboard::State::unreserve(Call& call, Now now) {
    CallingBack& calling = *call.calling_back;
    calling.reserved = {};
    AgentRecord* agent = agent_record(calling.agent);
    if (!agent) return;
    tell(call.id, SegmentEnded{call.queue_name, agent->name, calling.reserved_at, std::nullopt, "withdrawn", 0, 0, 0}, now);
    // Somebody may have him again in this very round, and says so: on record is that he was free in between.
    const auto view = acd.view(calling.agent);
    if (view && view->occupancy == acd::Occupancy::Reserved && agent->state == "ringing")
        return change_agent(*agent, "ready", "", now);
    refresh_agent(*agent, now);
}

/// … and its callback waits again, or is over. Who hung up in the queue after all wants nothing more.
void Switchboard::State::callback_over(Call& call, Now now) {
    Callback* callback = callbacks.placed_as(call.id);
    if (!callback) return;
    const CallingBack& calling = *call.calling_back;
    if (!calling.dialled) return wait_again(*callback, Duration{0}, now);
    if (!calling.reached) return came_to_nothing(*callback, call.id, calling.result, calling.agent_name, now);
    if (call.answered_by_agent) return;  // his code will say
    if (call.hangup_by == HangupBy::System) return came_to_nothing(*callback, call.id, "withdrawn", {}, now);
    end_callback(*callback, "abandoned", call.id, now);
}

void Switchboard::State::came_to_nothing(Callback& callback, CallId call, std::string_view result,
                                         const std::optional<std::string>& agent, Now now) {
    const CallbackRules& rules = rules_of(callback);
    const bool more = callback.tries <= rules.retries && site->callbacks.contains(callback.queue);
    CallbackTried fact{
        to_text(callback.id), callback.number.national, callback.queue, agent, callback.tries, std::string(result), {}};
    if (more) fact.retry_at = wall_of(now.at + rules.retry, now);
    log::info("callback.tried",
              {{"call", call}, {"callback", to_text(callback.id)}, {"result", result}, {"tries", callback.tries}, {"again", more}});
    tell(call, std::move(fact), now);
    if (more) return wait_again(callback, rules.retry, now);
    end_callback(callback, "given_up", call, now);
}

}  // namespace hotline::call
