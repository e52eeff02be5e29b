// An agent calls a number outside: allowed? which way? one trunk after the other, until somebody is there to speak for the callee.
//
//   403 ◀─no─ allowed, within his limits? ─▶ his audio port ─▶ trunk ──silence, 408, 5xx──▶ next trunk ──none left──▶ 503
//                                                               │ 183 without sound: 180, and the next trunk may still be tried
//                                                               │ 180: 180   183 with sound: 183, bridged
//                                                               ├ 200: 200, recorded, Talking
//                                                               └ what the callee said, or no answer: the same to the agent
#include <algorithm>

#include "hotline/base/log.h"
#include "state.h"

namespace hotline::call {
namespace {

constexpr Duration kCountedFor = 1h;
constexpr int kForbidden = 403, kNotFound = 404, kNobodyAnswers = 480, kNoTrunk = 503;

/// What the phone shows beside the number.
const char* phrase_of(int status) {
    switch (status) {
        case 404: return "Not Found";
        case 480: return "Temporarily Unavailable";
        case 484: return "Address Incomplete";
        case 486: return "Busy Here";
        case 488: return "Not Acceptable Here";
        case 503: return "Service Unavailable";
        case 600: return "Busy Everywhere";
        case 603: return "Decline";
        default: return "Not Connected";
    }
}

std::string why_of(const LegEnded& ended) { return ended.text.empty() ? std::string(result_of(ended.cause)) : ended.text; }

/// What a menu is told.
ivr::TransferNews news_of(const LegEnded& ended) {
    const int status = status_for_agent(ended);
    if (status == 486 || status == 600 || status == 603) return ivr::TransferNews::Busy;
    return status == kNobodyAnswers ? ivr::TransferNews::NoAnswer : ivr::TransferNews::Failed;
}

}  // namespace

OutsideCall* dialling(Call& call) {
    if (call.transfer) return call.transfer->outside ? &*call.transfer->outside : nullptr;
    return call.outside ? &*call.outside : nullptr;
}

void Switchboard::State::on(const TrunkState& event, Now) { trunks[event.trunk] = {event.up, event.address}; }

/// Help is called for from an agent's phone.
bool Switchboard::State::is_emergency_call(const Origin& origin, const std::string& called) const {
    if (origin.kind != Origin::Kind::Agent || site->hotlines.contains(called)) return false;
    const auto number = number_outside(site->outbound, called);
    return number && is_emergency(site->outbound, *number);
}

/// Each leg has the codecs of its trunk, where that names some.
const std::vector<Codec>& Switchboard::State::codecs_of(const Leg& leg) const {
    const auto rules = leg.trunk.empty() ? site->trunks.end() : site->trunks.find(leg.trunk);
    return rules == site->trunks.end() || rules->second.codecs.empty() ? site->codecs : rules->second.codecs;
}

/// Who is at the far end, as facts say it.
std::string_view Switchboard::State::side_of(const Leg& leg) {
    if (leg.role == LegRole::Outside) return "called";
    return leg.role == LegRole::Agent || call_of(leg).outside ? "agent" : "caller";
}

// ── May he? ──

/// Why this agent may not call this number now; null: he may.
const char* Switchboard::State::refusal_of(AgentRecord& agent, const Number& number, Now now) const {
    const auto& rules = site->outbound;
    if (is_emergency(rules, number)) return nullptr;
    if (!may_be_called(rules, number)) return "not_allowed";
    const auto under_way = std::count_if(calls.begin(), calls.end(), [&](const auto& entry) {
        const Call& call = *entry.second;
        return call.outside && !call.calling_back && call.outside->agent == agent.name && call.clock.stage() != Stage::Ending;
    });
    if (static_cast<std::size_t>(under_way) >= rules.max_calls_per_agent) return "too_many_at_once";
    while (!agent.outside_calls.empty() && now.at - agent.outside_calls.front() >= kCountedFor) agent.outside_calls.pop_front();
    return agent.outside_calls.size() >= rules.max_calls_per_hour ? "too_many_an_hour" : nullptr;
}

void Switchboard::State::refuse_outside(Call& call, const char* reason, Now now) {
    ++outbound_refused[reason];
    log::warn("outbound.refused", {{"call", call.id}, {"by", call.origin.name}, {"number", call.called}, {"reason", reason}});
    refuse(call, kForbidden, "Forbidden", "may not call out: " + std::string(reason), now);
}

/// Nobody's number. From a trunk one of the world outside, a star code, or what could be a colleague's is more than that: somebody
/// tries what he could have us do. A short one may be a hotline that is not there any more.
void Switchboard::State::refuse_unknown(Call& call, Now now) {
    if (call.origin.kind == Origin::Kind::Agent) {
        ++outbound_refused["no_number"];
    } else {
        const auto number = number_outside(site->outbound, call.called);
        const bool for_agents =
            number ? number->kind != Number::Kind::Short || is_emergency(site->outbound, *number) : is_internal(call.called);
        if (for_agents) return refuse_outside(call, "not_an_agent", now);
    }
    refuse(call, kNotFound, "Not Found", "unknown number", now);
}

/// A code, or as long as an agent's number: who is told apart from whom tells strangers nothing of the numbers that there are.
bool Switchboard::State::is_internal(const std::string& called) const {
    if (called.starts_with('*') || called.starts_with('#')) return true;
    const bool digits = std::ranges::all_of(called, [](char c) { return c >= '0' && c <= '9'; });
    return digits && std::ranges::any_of(agents, [&](const auto& entry) { return entry.first.size() == called.size(); });
}

void Switchboard::State::call_outside(Call& call, Leg& leg, Now now) {
    const auto number = number_outside(site->outbound, call.called);
    const auto it = agents.find(call.origin.name);
    if (!number || it == agents.end()) return refuse_outside(call, "not_an_agent", now);
    AgentRecord& agent = it->second;
    if (const char* reason = refusal_of(agent, *number, now)) return refuse_outside(call, reason, now);
    if (is_emergency(site->outbound, *number)) {
        ++emergency_calls;
        log::warn("outbound.emergency", {{"call", call.id}, {"by", agent.name}, {"number", number->national}});
    } else {
        agent.outside_calls.push_back(now.at);
    }

    OutsideCall outside;
    outside.number = *number;
    outside.agent = agent.name;
    outside.caller_id = shown_number(agent);
    outside.trunks = ways_to(*number, now);
    call.outside = std::move(outside);
    call.last_agent = agent.name;
    call.directory_answered = true;
    occupy(call, agent.name, now);
    open_audio(call, leg, leg.remote ? leg.remote->rtp.ip : leg.source);
}

// ── Which way? ──

/// Of the queue that he talked for last; before his first conversation, of the first that he serves and that has one. Empty: the
/// trunk's.
std::string Switchboard::State::shown_number(const AgentRecord& agent) const {
    const auto of_queue = [&](const std::string& queue) {
        const auto shown = site->queue_caller_ids.find(queue);
        return shown == site->queue_caller_ids.end() ? std::string() : shown->second;
    };
    if (!agent.last_queue.empty()) return of_queue(agent.last_queue);
    const auto& all = site->acd.agents;
    const auto config = std::ranges::find(all, agent.name, &acd::AgentConfig::name);
    if (config == all.end()) return {};
    for (const std::string& queue : config->queues)
        if (auto number = of_queue(queue); !number.empty()) return number;
    return {};
}

/// Trunks to be tried, the first one first. An emergency call takes any that there is once its route has none left.
std::vector<std::string> Switchboard::State::ways_to(const Number& number, Now now) const {
    std::vector<std::string> out;
    if (const Route* route = route_for(site->outbound, number, now.wall)) out = route->trunks;
    if (!is_emergency(site->outbound, number)) return out;
    for (const auto& [name, rules] : site->trunks)
        if (rules.outgoing && std::ranges::find(out, name) == out.end()) out.push_back(name);
    return out;
}

std::size_t Switchboard::State::calls_through(const std::string& trunk) const {
    return static_cast<std::size_t>(std::count_if(legs.begin(), legs.end(), [&](const auto& entry) {
        return entry.second.trunk == trunk && entry.second.state != LegState::Closed && entry.second.state != LegState::Closing;
    }));
}

bool Switchboard::State::is_full(const Origin& origin) const {
    const auto rules = origin.kind == Origin::Kind::Trunk ? site->trunks.find(origin.name) : site->trunks.end();
    if (rules == site->trunks.end() || rules->second.max_calls == 0) return false;
    return calls_through(origin.name) >= rules->second.max_calls;
}

/// Null: a call may go out through it now.
const char* Switchboard::State::why_not(const std::string& trunk) const {
    const auto rules = site->trunks.find(trunk);
    if (rules == site->trunks.end() || !rules->second.outgoing) return "no calls go out there any more";
    const auto record = trunks.find(trunk);
    if (record == trunks.end() || !record->second.up) return "down";
    const std::size_t limit = rules->second.max_calls;
    return limit > 0 && calls_through(trunk) >= limit ? "full" : nullptr;
}

void Switchboard::State::try_next_trunk(Call& call, Now now) {
    auto& waiting = dialling(call)->trunks;
    while (!waiting.empty()) {
        const std::string trunk = waiting.front();
        waiting.erase(waiting.begin());
        const char* why = why_not(trunk);
        if (!why) return open_trunk_leg(call, trunk, now);
        log::warn("outbound.trunk_skipped", {{"call", call.id}, {"trunk", trunk}, {"why", why}});
    }
    const auto& trouble = dialling(call)->trouble;
    const std::string why = trouble ? "no trunk took it, the last one: " + trouble->text : "no trunk leads there now";
    ++outbound_refused["no_trunk"];
    log::error("outbound.no_trunk", {{"call", call.id},
                                     {"number", dialling(call)->number.national},
                                     {"cure", "look at hotline_trunk_up and at outbound.routes: no trunk took this call"}});
    if (call.transfer) return nobody_rings(call, ivr::TransferNews::Failed, why, now);
    call.outcome = "failed";
    if (call.calling_back) return not_reached(call, "failed", why, now);
    refuse(call, kNoTrunk, phrase_of(kNoTrunk), why, now);
}

void Switchboard::State::open_trunk_leg(Call& call, const std::string& trunk, Now now) {
    const LegId id = leg_ids.next();
    Leg& leg = legs[id];
    leg.id = id;
    leg.call = call.id;
    leg.role = LegRole::Outside;
    leg.trunk = trunk;
    OutsideCall& outside = *dialling(call);
    leg.agent_name = outside.agent;
    leg.dialled = now.at;
    leg.dialled_wall = now.wall;
    (call.calling_back ? call.caller_leg : call.agent_leg) = id;
    call.legs.push_back(id);
    const std::string& own = site->trunks.at(trunk).caller_id;
    const std::string shown = outside.caller_id.empty() ? own : outside.caller_id;
    if (call.transfer) call.transfer->trunk = trunk;
    tell(call.id, Dialled{trunk, leg.agent_name, outside.number.national, shown}, now);
    log::info("outbound.dialled", {{"call", call.id}, {"trunk", trunk}, {"number", outside.number.national}, {"shown", shown}});
    outside.under_way = false;
    timers.set({call.id, Deadline::Ring}, now.at + site->outbound.silence);
    open_audio(call, leg, trunks.at(trunk).address);
}

void Switchboard::State::dial_outside(Call& call, Leg& leg, Now now) {
    const auto rules = site->trunks.find(leg.trunk);
    if (rules == site->trunks.end())  // a reload took it away while its audio port was opened
        return outside_failed(call, leg, {LegEnded::Cause::Failed, leg.id, kNoTrunk, "the trunk is gone"}, now);
    if (!step(leg, LegEvent::Dial)) return;
    timers.set({call.id, Deadline::Ring}, now.at + site->outbound.silence);
    const Leg* caller = find(call.calling_back ? call.agent_leg : call.caller_leg);
    Signaling::TrunkCall out;
    out.leg = leg.id;
    out.trunk = leg.trunk;
    const OutsideCall& outside = *dialling(call);
    out.number = as_dialled(outside.number, rules->second.number_form);
    out.caller = outside.caller_id.empty() ? rules->second.caller_id : outside.caller_id;
    out.silence = site->outbound.silence;
    // The agent's own codec first: where the far end takes it nothing has to be transcoded.
    out.audio = local_offer(leg, caller && caller->agreed ? std::optional(caller->agreed->codec) : std::nullopt);
    ports.signaling.dial(std::move(out));
}

// ── What the far end says ──

void Switchboard::State::outside_rings(Call& call, Leg& leg, const LegRinging& event, Now now) {
    OutsideCall& outside = *dialling(call);
    const Callback* callback = call.calling_back ? callbacks.placed_as(call.id) : nullptr;
    if (event.under_way) {  // a trunk at work is waited for once more as long, and no longer: 183 proves nobody's phone
        if (outside.rang || std::exchange(outside.under_way, true)) return;
        timers.set({call.id, Deadline::Ring}, now.at + site->outbound.silence);
    } else {
        const Duration ring = call.transfer ? call.transfer->ring : callback ? rules_of(*callback).ring : site->outbound.ring;
        if (!std::exchange(outside.rang, true)) timers.set({call.id, Deadline::Ring}, now.at + ring);
        if (outside.early || (event.early && pass_early_sound(call, leg, *event.early))) return;
    }
    const bool by_an_agent = !call.transfer && !call.calling_back;
    if (by_an_agent && !std::exchange(outside.told_ringing, true)) ports.signaling.ring(call.caller_leg);
}

/// Announcements and ringing tones of the network, before anybody is charged. False: the agent's phone must make its own tone.
bool Switchboard::State::pass_early_sound(Call& call, Leg& leg, const RemoteAudio& early) {
    Leg* hears = find(call.calling_back ? call.agent_leg : call.caller_leg);
    if (!hears) return false;  // the customer is called first: nobody listens yet
    Leg& caller = *hears;
    const auto agreed = agree(early, codecs_of(leg));
    if (!agreed || !caller.agreed) return false;  // his INVITE had no offer: nothing can be answered yet
    if (call.transfer && caller.holding) return false;
    leg.agreed = agreed;
    leg.remote = early;
    dialling(call)->early = true;
    log::info("outbound.early_sound", {{"call", call.id}, {"trunk", leg.trunk}});
    ports.media.connect(leg.id, *leg.agreed);
    if (call.transfer) {  // he has talked to the menu before: his side stands
        silence(call);
        ports.media.bridge(caller.id, leg.id);
        return true;
    }
    ports.media.connect(caller.id, *caller.agreed);
    if (call.calling_back) silence(call);  // the tone of ours that was being prepared
    ports.media.bridge(caller.id, leg.id);
    if (!call.calling_back) ports.signaling.early(caller.id, local_audio(caller, mirrored(caller.remote->direction)));
    return true;
}

void Switchboard::State::outside_answered(Call& call, Leg& leg, Now now) {
    if (call.transfer) return transfer_answered(call, leg, now);
    if (call.calling_back) return customer_answered(call, leg, now);
    timers.cancel({call.id, Deadline::Ring});
    Leg& caller = *find(call.caller_leg);
    ports.media.connect(leg.id, *leg.agreed);
    mark_answered(call, leg, now);
    tell(call.id, DialEnded{leg.trunk, leg.agent_name, "answered", 200, to_ms(leg.rang)}, now);
    tell(call.id, Answered{"", leg.agent_name, to_ms(leg.rang), to_ms(leg.rang)}, now);
    log::info("outbound.answered", {{"call", call.id}, {"trunk", leg.trunk}, {"ring_ms", to_ms(leg.rang)}});
    answer_caller(call, caller, now);
    call.clock.enter(Stage::Talking, now.at);
    if (!call.outside->early) ports.media.bridge(caller.id, leg.id);
}

/// This trunk will not bring an answer: the next one, or the word that is final.
void Switchboard::State::outside_failed(Call& call, Leg& leg, const LegEnded& ended, Now now) {
    const CallId id = call.id;
    timers.cancel({id, Deadline::Ring});
    dial_over(call, leg, result_of(ended.cause), ended.status, now);
    Call* still = find(id);
    if (!still) return;
    OutsideCall& outside = *dialling(*still);
    if (!outside.rang && is_trunks_trouble(ended)) {
        outside.trouble = ended;
        return try_next_trunk(*still, now);
    }
    if (still->transfer) return transfer_in_vain(*still, news_of(ended), why_of(ended), now);
    if (still->calling_back) return not_reached(*still, result_of(ended.cause), ended.text, now);
    const int status = status_for_agent(ended);
    if (is_trunks_trouble(ended)) still->outcome = "failed";
    refuse(*still, status, phrase_of(status), "called outside: " + why_of(ended), now);
}

void Switchboard::State::outside_timed_out(Call& call, Leg& leg, Now now) {
    const CallId id = call.id;
    const bool rang = dialling(call)->rang;
    dial_over(call, leg, rang ? "missed" : "silent", 0, now);
    Call* still = find(id);
    if (!still) return;
    if (rang && still->transfer) return transfer_in_vain(*still, ivr::TransferNews::NoAnswer, "no answer", now);
    if (rang && still->calling_back) return not_reached(*still, "missed", "nobody answers", now);
    if (rang) return refuse(*still, kNobodyAnswers, phrase_of(kNobodyAnswers), "called outside: no answer", now);
    dialling(*still)->trouble = LegEnded{LegEnded::Cause::NoAnswer, {}, 0, "silence"};
    try_next_trunk(*still, now);
}

void Switchboard::State::dial_over(Call& call, Leg& leg, std::string_view result, int status, Now now) {
    const Duration rang = now.at - leg.dialled;
    call.rang += rang;
    log::info("outbound.dial_ended",
              {{"call", call.id}, {"trunk", leg.trunk}, {"result", result}, {"status", status}, {"ring_ms", to_ms(rang)}});
    tell(call.id, DialEnded{leg.trunk, leg.agent_name, std::string(result), status, to_ms(rang)}, now);
    for (LegId* place : {&call.agent_leg, &call.caller_leg})
        if (*place == leg.id) *place = {};
    close_leg(leg, now);
}

}  // namespace hotline::call
