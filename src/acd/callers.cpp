// The lines of the queues: joining, the place in line, leaving, the longest wait.
#include <algorithm>

#include "hotline/base/check.h"
#include "state.h"

namespace hotline::acd {

int priority_of(const QueueConfig& queue, int boost) {
    if (queue.priority >= kRescue) return std::max(queue.priority + boost, kRescue);
    return std::min(queue.priority + boost, kRescue - 1);
}

WaitingCaller* Acd::State::find(CallId call) const {
    auto found = callers.find(call);
    return found == callers.end() ? nullptr : found->second.get();
}

QueueEntry* Acd::State::find(QueueId id) const {
    return id.value == 0 || id.value > queues.size() ? nullptr : queues[id.value - 1].get();
}

Outcome Acd::State::enqueue(const Caller& wanted, Time now) {
    if (find(wanted.call)) return Error{ErrorKind::Conflict, "the call is in a queue already"};
    QueueEntry* queue = find(wanted.queue);
    if (!queue || !queue->configured) return Error{ErrorKind::NotFound, "no such queue"};
    if (!wanted.returns && queue->entered.size() >= queue->config.max_length) {
        return Error{ErrorKind::Full,
                     "queue " + queue->config.name + " holds " + std::to_string(queue->config.max_length) + " callers"};
    }

    auto& caller = *callers.emplace(wanted.call, std::make_unique<WaitingCaller>()).first->second;
    caller.call = wanted.call;
    caller.queue = queue;
    caller.boost = wanted.priority_boost;
    caller.rank = {priority_of(queue->config, caller.boost), wanted.entered, ++arrivals};
    caller.affinity = wanted.affinity;
    caller.affinity_from = now;
    queue->entered.emplace(wanted.entered, caller.rank.arrival);
    line_up(caller, now);
    seek(caller, now);
    return Done{};
}

void Acd::State::line_up(WaitingCaller& caller, Time now) {
    caller.queue->line.insert(&caller);
    Time ends = caller.queue->configured ? caller.rank.entered + caller.queue->config.max_wait : now;
    deadlines.set({Deadline::Kind::LongestWait, caller.call.value}, ends);
}

void Acd::State::open(WaitingCaller& caller, Time now) {
    caller.stage = WaitingCaller::Stage::Open;
    caller.queue->open.insert(&caller);
    if (!caller.queue->free.empty()) mark_dirty(*caller.queue, now);
}

void Acd::State::step_out(WaitingCaller& caller) {
    HL_CHECK(caller.stage != WaitingCaller::Stage::Offered, "an offered caller stands in no line");
    caller.queue->line.erase(&caller);
    deadlines.cancel({Deadline::Kind::LongestWait, caller.call.value});
    if (caller.stage == WaitingCaller::Stage::Open) {
        caller.queue->open.erase(&caller);
    } else {
        caller.agent->holders.erase(&caller);
        affinity_ends.cancel(caller.call);
    }
}

void Acd::State::remove(WaitingCaller& caller) {
    caller.queue->entered.erase({caller.rank.entered, caller.rank.arrival});
    callers.erase(caller.call);
}

void Acd::State::leave(CallId call, Time now) {
    WaitingCaller* caller = find(call);
    if (!caller) return;
    if (caller->stage == WaitingCaller::Stage::Offered) {
        AgentEntry& agent = *caller->agent;
        close_offer(agent);
        unoccupy(agent, now);
    } else {
        step_out(*caller);
    }
    remove(*caller);
}

void Acd::State::expire(CallId call) {
    WaitingCaller* caller = find(call);
    HL_CHECK(caller, "a deadline outlived its caller");
    decided.expired.push_back({call, caller->queue->id, affinity_of(*caller)});
    step_out(*caller);
    remove(*caller);
}

std::optional<std::size_t> Acd::State::position(CallId call) const {
    WaitingCaller* caller = find(call);
    if (!caller || caller->stage == WaitingCaller::Stage::Offered) return std::nullopt;
    return caller->queue->line.order_of_key(caller) + 1;
}

}  // namespace hotline::acd
