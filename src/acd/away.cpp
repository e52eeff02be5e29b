// Callbacks: who keeps his place without being here. He stands in line like the others, so that positions, lengths and estimates
// count him; he rests there while nobody may be called for him, and is offered like anybody else when his turn comes.
//
//   here ──hand_over──▶ away: Resting ──from, and set_calling──▶ Open · Holding ──decide()──▶ Offered
//     ▲                          ▲ └── until: Expired                                     │ miss: back in line
//     └────────── arrived, or hand_over to the call in which he is here ──────────────────┘
#include <utility>

#include "state.h"

namespace hotline::acd {

bool rests(const WaitingCaller& caller, Time now) { return caller.away && (now < caller.away->from || !caller.queue->calling); }

bool is_fetched(const WaitingCaller& caller) { return caller.away && caller.away->hold > Duration{0}; }

bool concerns(const OverflowRule& rule, const WaitingCaller& caller) {
    return !caller.away || rule.action == OverflowRule::Action::Widen;
}

bool Acd::State::hand_over(CallId from, CallId to, std::optional<Away> away, Time now) {
    if (!find(from) || find(to)) return false;
    WaitingCaller& caller = *find(from);
    if (caller.stage == WaitingCaller::Stage::Offered) {
        withdraw_offers(caller, now);
    } else {
        step_out(caller);
    }
    take_name(from, to);
    caller.away = away ? std::make_unique<Absence>(Absence{*away, {}}) : nullptr;
    caller.waits_from = now;
    caller.next_affinity = 0;
    caller.affinity_from = now;
    caller.outcome = AffinityOutcome::None;
    line_up(caller, now);
    seek(caller, now);
    return true;
}

/// Nothing else knows an offered caller by his call: his deadlines are those of the agents who ring for him.
bool Acd::State::rename(CallId offered, CallId to) {
    const WaitingCaller* caller = find(offered);
    if (!caller || caller->stage != WaitingCaller::Stage::Offered || find(to)) return false;
    take_name(offered, to);
    return true;
}

void Acd::State::take_name(CallId from, CallId to) {
    auto entry = callers.extract(from);
    entry.key() = to;
    entry.mapped()->call = to;
    callers.insert(std::move(entry));
}

bool Acd::State::arrived(CallId call, Time now) {
    WaitingCaller* caller = find(call);
    if (!caller || !caller->away) return false;
    caller->waits_from = now;
    if (caller->stage != WaitingCaller::Stage::Offered) {
        step_out(*caller);
        caller->away.reset();
        come_back(*caller, now);
        return true;
    }
    caller->away.reset();
    for (AgentEntry* agent : caller->ringing) {
        agent->offer_ends = now + caller->queue->config.ring_time;
        deadlines.set({Deadline::Kind::Offer, agent->id.value}, agent->offer_ends);
    }
    return true;
}

void Acd::State::set_calling(QueueEntry& queue, bool calling, Time now) {
    if (std::exchange(queue.calling, calling) == calling) return;
    std::vector<WaitingCaller*> away;
    for (WaitingCaller* caller : queue.line)
        if (caller->away) away.push_back(caller);
    for (WaitingCaller* caller : away) {
        step_out(*caller);
        come_back(*caller, now);
    }
}

void Acd::State::rest(WaitingCaller& caller, Time now) {
    caller.stage = WaitingCaller::Stage::Resting;
    if (now >= caller.away->from) return;  // until set_calling
    caller.away->wakes = caller.away->from;
    deadlines.set({Deadline::Kind::Wake, caller.call.value}, caller.away->from);
}

/// From now on he waits for those who know him, and then for anybody.
void Acd::State::wake(WaitingCaller& caller, Time now) {
    caller.next_affinity = 0;
    caller.affinity_from = now;
    caller.outcome = AffinityOutcome::None;
    seek(caller, now);
}

}  // namespace hotline::acd
