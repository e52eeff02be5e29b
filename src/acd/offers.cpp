// An offer's way: the agent is reserved, then he answers, or the caller goes back to his old place.
#include <algorithm>
#include <span>
#include <utility>

#include "hotline/base/check.h"
#include "state.h"

namespace hotline::acd {
namespace {

/// A phone that is busy, declines by itself or cannot be reached says so at once: without a pause the core would dial it in a tight
/// loop. Silence takes its time.
constexpr Duration kLeastDelayAtOnce = 1s;

Duration delay_after(Miss why, const QueueConfig& rules) {
    switch (why) {
        case Miss::NoAnswer: return rules.missed_delay;
        case Miss::Rejected: return std::max(rules.rejected_delay, kLeastDelayAtOnce);
        case Miss::Busy: return std::max(rules.busy_delay, kLeastDelayAtOnce);
        case Miss::Unreachable: return std::max(rules.missed_delay, kLeastDelayAtOnce);
    }
    return rules.missed_delay;
}

/// Agents of the queue, whatever they are doing, who do not have what this pool wants.
int lacking_skills(const Pool& pool) { return pool.queue->all->own - pool.own; }

std::string_view why_not(const AgentEntry* agent, const QueueEntry& queue, const Pool& pool) {
    if (!agent || !agent->configured) return "gone";
    if (agent->is_in(pool)) return to_word(agent->standing);
    return agent->serves_queue(queue) ? "unskilled" : "elsewhere";
}

}  // namespace

/// Taken before the agent is reserved, so that he stands among the candidates.
Reason Acd::State::reason_for(const Choice& choice, Time now) const {
    const WaitingCaller& caller = *choice.caller;
    const Pool& pool = *caller.pool;
    bool preferred = caller.stage == WaitingCaller::Stage::Holding;
    Reason reason;
    reason.by_affinity = preferred;
    reason.by_name = preferred && caller.named == caller.agent->id;
    reason.strategy = pool.queue->config.strategy;
    reason.relaxed = caller.relaxed;
    reason.affinity = preferred ? AffinityOutcome::Hit : caller.outcome;
    reason.candidates.reserve(choice.agents.size());
    for (const AgentEntry* agent : choice.agents) reason.candidates.push_back({agent->id, now - agent->idle_since});
    for (std::size_t i = 0; i < kStandings; ++i) {
        auto standing = static_cast<Standing>(i);
        if (standing != Standing::Free && pool.members[i] > 0) reason.skipped.emplace_back(to_word(standing), pool.members[i]);
    }
    if (const int without = lacking_skills(pool); without > 0) reason.skipped.emplace_back("unskilled", without);
    const std::size_t tried = preferred ? caller.next_affinity : caller.affinity.size();
    const auto rung = std::span(choice.agents).first(choice.rung);
    for (std::size_t i = 0; i < tried; ++i)
        if (std::ranges::find(rung, caller.affinity[i], &AgentEntry::id) == rung.end())
            reason.passed.push_back({caller.affinity[i], why_not(find(caller.affinity[i]), *caller.queue, pool)});
    return reason;
}

namespace {

/// The same reason for another one of those who are rung: he leads the candidates, of whom the ten best are shown.
Reason led_by(Reason reason, std::size_t chosen) {
    auto& all = reason.candidates;
    const auto him = all.begin() + static_cast<std::ptrdiff_t>(chosen);
    std::rotate(all.begin(), him, him + 1);
    if (all.size() > kCandidatesShown) all.resize(kCandidatesShown);
    return reason;
}

}  // namespace

/// One, or with RingAll several at once.
void Acd::State::make_offers(const Choice& choice, Time now) {
    WaitingCaller& caller = *choice.caller;
    const Reason reason = reason_for(choice, now);
    if (!reason.by_affinity && caller.pool == caller.queue->all) {  // the first of the list: those after him have not rung yet
        for (const Service& service : choice.agents.front()->serves)
            if (service.queue == caller.queue) caller.queue->last_lot = service.lot;
    }
    step_out(caller);
    caller.stage = WaitingCaller::Stage::Offered;
    caller.agent = nullptr;
    caller.outcome = reason.affinity;
    for (std::size_t i = 0; i < choice.rung; ++i) {
        choice.agents[i]->rung_with_others = choice.rung > 1;
        reserve(*choice.agents[i], caller, led_by(reason, i), now);
    }
}

void Acd::State::reserve(AgentEntry& agent, WaitingCaller& caller, Reason reason, Time now) {
    HL_CHECK(agent.standing == Standing::Free, "only a free agent may be reserved");
    agent.last_offered[caller.queue->id] = ++offers_made;
    agent.occupancy = Occupancy::Reserved;
    agent.offer = offer_ids.next();
    agent.offer_ends = now + (is_fetched(caller) ? caller.away->hold : caller.queue->config.ring_time);
    agent.caller = &caller;
    caller.ringing.push_back(&agent);
    offers.emplace(agent.offer, &agent);
    deadlines.set({Deadline::Kind::Offer, agent.id.value}, agent.offer_ends);
    refresh(agent, now);
    decided.offers.push_back({agent.offer, caller.call, agent.id, caller.queue->id, agent.offer_ends, std::move(reason)});
}

/// Nobody rings for him any longer, and nobody has missed him.
void Acd::State::withdraw_offers(WaitingCaller& caller, Time now) {
    while (!caller.ringing.empty()) {
        AgentEntry& agent = *caller.ringing.front();
        close_offer(agent);
        unoccupy(agent, now);
    }
}

/// RingAll has taken all who were free for one caller. Who comes for rescue then takes one of the phones that ring beside another.
void Acd::State::make_way_for_rescue(Time now) {
    for (const CallId call : std::exchange(rescue_calls, {})) {
        const WaitingCaller* caller = find(call);
        AgentEntry* agent = caller && caller->stage == WaitingCaller::Stage::Open ? surplus_for(*caller) : nullptr;
        if (!agent) continue;
        const auto untold = std::erase_if(decided.offers, [&](const Offer& offer) { return offer.id == agent->offer; });
        if (untold == 0) decided.withdrawn.push_back({agent->offer, agent->caller->call, agent->id});
        close_offer(*agent);
        unoccupy(*agent, now);
        match(now);
    }
}

/// The best for this caller of those who ring beside others for one who is less urgent.
AgentEntry* Acd::State::surplus_for(const WaitingCaller& caller) const {
    std::optional<FreeAgent> best;
    for (const auto& [id, agent] : offers) {
        const bool surplus = agent->caller->ringing.size() > 1 && agent->caller->rank.priority < caller.rank.priority;
        if (!surplus || !agent->on_duty() || agent->own_call || !agent->is_in(*caller.pool)) continue;
        const FreeAgent one{preference_of(*caller.pool, *agent, 0), agent->id, agent};
        if (!best || one < *best) best = one;
    }
    return best ? best->agent : nullptr;
}

/// The agent is no longer reserved; what occupies him next is for the one who calls this.
WaitingCaller& Acd::State::close_offer(AgentEntry& agent) {
    offers.erase(agent.offer);
    deadlines.cancel({Deadline::Kind::Offer, agent.id.value});
    agent.offer = {};
    std::erase(agent.caller->ringing, &agent);
    return *std::exchange(agent.caller, nullptr);
}

bool Acd::State::on_answered(OfferId offer, Time now) {
    auto found = offers.find(offer);
    if (found == offers.end()) return false;
    AgentEntry& agent = *found->second;
    WaitingCaller& caller = close_offer(agent);
    agent.call = caller.call;
    agent.queue = caller.queue;
    agent.missed = 0;
    ++agent.answered_today;
    // As for duty: what helpers answer says nothing about the queue's own agents.
    if (agent.serves_queue(*caller.queue)) caller.queue->rate.answered(now);
    if (!caller.pool->wants.skills.empty() && agent.is_in(*caller.pool)) caller.pool->rate.answered(now);
    agent.talk_began = now;
    agent.occupancy = Occupancy::Talking;
    refresh(agent, now);
    withdraw_offers(caller, now);
    remove(caller);
    return true;
}

bool Acd::State::on_missed(OfferId offer, Miss why, Time now) {
    auto found = offers.find(offer);
    if (found == offers.end()) return false;
    miss(*found->second, why, now);
    return true;
}

void Acd::State::lapse(AgentEntry& agent, Time now) {
    decided.lapsed.push_back({agent.offer, agent.caller->call, agent.id});
    if (!is_fetched(*agent.caller)) return miss(agent, Miss::NoAnswer, now);
    WaitingCaller& caller = close_offer(agent);  // his phone never rang: he has missed nothing
    unoccupy(agent, now);
    line_up(caller, now);
    open(caller, now);
}

void Acd::State::miss(AgentEntry& agent, Miss why, Time now) {
    WaitingCaller& caller = close_offer(agent);
    const QueueConfig& rules = caller.queue->config;
    // A dead phone and a busy one are no fault of the agent's, and where several let it ring it is nobody's: only silence of one
    // who was meant, and refusal, lead to a pause.
    if (why == Miss::Rejected || (why == Miss::NoAnswer && !agent.rung_with_others)) ++agent.missed;
    if (Duration delay = delay_after(why, rules); delay > Duration{0}) {
        agent.delayed_until = now + delay;
        deadlines.set({Deadline::Kind::Delay, agent.id.value}, *agent.delayed_until);
    }
    if (rules.max_missed > 0 && agent.missed >= rules.max_missed && agent.availability == Availability::Ready) {
        agent.availability = Availability::Paused;
        agent.pause_reason = "missed";
        decided.paused.push_back({agent.id, agent.missed});
        changed = now;
    }
    unoccupy(agent, now);
    release_hopeless(agent, now);

    if (!caller.ringing.empty()) return;  // others ring for him yet
    line_up(caller, now);
    if (caller.outcome == AffinityOutcome::Hit) {  // the agent who knows him did not come: the next one who does, or anyone
        caller.outcome = AffinityOutcome::None;
        seek_next(caller, now);
    } else {
        open(caller, now);
    }
}

}  // namespace hotline::acd
