// Affinity: a caller who was served before waits a bounded time for the agent who knows him; who asks for an agent by name waits in
// that agent's own list first.
//
// Candidates are tried in order. One who is on duty and serves the queue is waited for, idle or not: if he is idle, the very next
// match gives him the caller. One who cannot come in time is passed over at once; when none is left, the caller takes anyone.
#include <utility>

#include "state.h"

namespace hotline::acd {
namespace {

/// When he will be there again, where that is known; the length of a conversation is not.
std::optional<Time> expected_back(const AgentEntry& agent) {
    if (agent.occupancy == Occupancy::WrapUp && agent.wrapup_mode == WrapUpMode::Exactly) return agent.wrapup_ends;
    return agent.delayed_until;
}

bool is_named(const AgentEntry& agent, const WaitingCaller& caller) { return caller.named == agent.id; }

/// Who asked for an agent by name waits by that agent's rules, who is known to him by those of the queue.
Time wait_ends(const AgentEntry& agent, const WaitingCaller& caller) {
    return caller.affinity_from + (is_named(agent, caller) ? agent.own_wait : caller.queue->config.affinity_wait);
}

bool comes_too_late(const AgentEntry& agent, const WaitingCaller& caller) {
    auto back = expected_back(agent);
    return back && *back > wait_ends(agent, caller);
}

/// A wait of zero still finds an agent who is idle now.
bool may_wait_for(const AgentEntry& agent, const WaitingCaller& caller, Time now) {
    const std::size_t most = is_named(agent, caller) ? agent.own_length : caller.queue->config.affinity_backlog;
    return agent.on_duty() && now <= wait_ends(agent, caller) && !comes_too_late(agent, caller) && agent.holders.size() < most;
}

}  // namespace

AffinityOutcome affinity_of(const WaitingCaller& caller) {
    bool in_vain = caller.stage == WaitingCaller::Stage::Holding || caller.outcome == AffinityOutcome::Hit;
    return in_vain ? AffinityOutcome::TimedOut : caller.outcome;
}

void Acd::State::set_affinity(CallId call, std::vector<AgentId> wanted, Time now) {
    WaitingCaller* caller = find(call);
    if (!caller || caller->stage == WaitingCaller::Stage::Offered) return;
    if (caller->named) {  // whom he asked for comes first
        caller->affinity = std::move(wanted);
        return;
    }
    step_out(*caller);
    caller->affinity = std::move(wanted);
    caller->next_affinity = 0;
    caller->affinity_from = now;
    caller->outcome = AffinityOutcome::None;
    line_up(*caller, now);
    seek(*caller, now);
}

/// The next one who is to be tried: whom he asked for by name, then those who know him, if they may take callers of this pool.
AgentEntry* Acd::State::candidate(const WaitingCaller& caller) const {
    if (caller.named) return find(caller.named);
    AgentEntry* agent = find(caller.affinity[caller.next_affinity]);
    return agent && admits(*caller.pool, *agent) ? agent : nullptr;
}

void Acd::State::seek(WaitingCaller& caller, Time now) {
    if (rests(caller, now)) return rest(caller, now);
    const bool wished = caller.named || !caller.affinity.empty();
    while (caller.named || caller.next_affinity < caller.affinity.size()) {
        AgentEntry* agent = candidate(caller);
        if (agent && may_wait_for(*agent, caller, now)) return hold(caller, *agent, now);
        pass_over(caller, now);
    }
    const bool in_time = now <= caller.affinity_from + caller.queue->config.affinity_wait;
    if (wished) caller.outcome = in_time ? AffinityOutcome::Unavailable : AffinityOutcome::TimedOut;
    open(caller, now);
}

/// The wait for those who know him begins when the one whom he asked for is out of the question.
void Acd::State::pass_over(WaitingCaller& caller, Time now) {
    if (!caller.named) {
        ++caller.next_affinity;
        return;
    }
    caller.named = {};
    caller.affinity_from = now;
    if (!may_stay(caller)) mark_deserted(*caller.queue, now);
}

bool Acd::State::may_wait_for_named(const WaitingCaller& caller, Time now) const {
    const AgentEntry* agent = find(caller.named);
    return agent && may_wait_for(*agent, caller, now);
}

void Acd::State::seek_next(WaitingCaller& caller, Time now) {
    pass_over(caller, now);
    seek(caller, now);
}

void Acd::State::hold(WaitingCaller& caller, AgentEntry& agent, Time now) {
    caller.stage = WaitingCaller::Stage::Holding;
    caller.agent = &agent;
    agent.holders.insert(&caller);
    affinity_ends.set(caller.call, wait_ends(agent, caller));
    if (agent.standing == Standing::Free) mark_dirty(agent, now);
}

/// He has gone off duty: nobody waits for him any longer.
void Acd::State::release_holders(AgentEntry& agent, Time now) {
    for (WaitingCaller* caller : std::exchange(agent.holders, {})) {
        affinity_ends.cancel(caller->call);
        seek_next(*caller, now);
    }
}

/// When he will be back is known now, and for these it is too late. Called whenever that becomes known.
void Acd::State::release_hopeless(AgentEntry& agent, Time now) {
    std::vector<WaitingCaller*> hopeless;
    for (WaitingCaller* caller : agent.holders)
        if (comes_too_late(agent, *caller)) hopeless.push_back(caller);
    for (WaitingCaller* caller : hopeless) {
        agent.holders.erase(caller);
        affinity_ends.cancel(caller->call);
        seek_next(*caller, now);
    }
}

/// Those who have waited long enough take anyone from now on. True when there were any.
bool Acd::State::release_timed_out(Time now) {
    bool any = false;
    while (auto call = affinity_ends.pop(now)) {
        WaitingCaller& caller = *find(*call);
        caller.agent->holders.erase(&caller);
        caller.named = {};
        caller.outcome = AffinityOutcome::TimedOut;
        open(caller, now);
        if (!may_stay(caller)) mark_deserted(*caller.queue, now);
        any = true;
    }
    return any;
}

}  // namespace hotline::acd
