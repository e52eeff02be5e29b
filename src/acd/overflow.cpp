// Overflow: callers who are sent on before they are served, by rules of their queue: where the wait, the estimate or the line is
// too long, or the house closes.
//
// Rules about joining are looked at in the round after a caller joined, before he can be offered to anybody; rules about waiting
// when their time has come, and again a little later while the queue that they name cannot take him. Who is being offered to an
// agent is left alone until that has come to nothing.
#include <algorithm>
#include <utility>

#include "state.h"

namespace hotline::acd {
namespace {

using When = OverflowRule::When;
using Action = OverflowRule::Action;

/// Until a queue that could not take a caller is asked again.
constexpr Duration kAskAgain = 5s;

bool contains(const std::vector<QueueId>& queues, QueueId queue) {
    return std::find(queues.begin(), queues.end(), queue) != queues.end();
}

}  // namespace

void Acd::State::set_open(QueueEntry& queue, bool open_now, Time now) {
    if (std::exchange(queue.open, open_now) == open_now || open_now) return;
    for (const WaitingCaller* caller : queue.line) judge_later(*caller, false, now);
}

void Acd::State::judge_later(const WaitingCaller& caller, bool joins, Time now) {
    const auto& rules = caller.queue->config.overflow;
    if (std::all_of(rules.begin(), rules.end(), [](const OverflowRule& rule) { return rule.when == When::Waited; })) return;
    to_judge.push_back({caller.call, joins});
    changed = now;
}

/// Who is moved joins another queue, whose rules are looked at, too: never the same queue twice.
void Acd::State::judge_arrivals(Time now) {
    while (!to_judge.empty()) {
        for (const Arrival& arrival : std::exchange(to_judge, {})) apply_rules(arrival.call, arrival.joins, now);
    }
}

void Acd::State::apply_rules(CallId call, bool joins, Time now) {
    WaitingCaller* caller = find(call);
    if (!caller || caller->stage == WaitingCaller::Stage::Offered) return;
    const auto& rules = caller->queue->config.overflow;
    for (std::size_t i = 0; i < std::min(rules.size(), kMostOverflow); ++i) {
        const OverflowRule& rule = rules[i];
        if ((caller->used >> i & 1u) || !holds(rule, *caller, joins, now)) continue;
        const bool leaves = rule.action == Action::Leave;
        if (leaves) expire(*caller, Expired::Why::Overflow, rule.to);
        if (leaves || (rule.action == Action::Move && move(*caller, rule.to, now))) {
            decided.expired.back().rule = rule.when;
            return;
        }
        if (rule.action != Action::Widen) continue;
        caller->used |= 1u << i;
        widen(*caller, rule.to, now);
    }
    plan_overflow(*caller, kAskAgain, now);
}

bool Acd::State::holds(const OverflowRule& rule, const WaitingCaller& caller, bool joins, Time now) const {
    const QueueEntry& queue = *caller.queue;
    if (rule.when == When::Waited) return now >= caller.waits_from + rule.limit;
    if (contains(caller.been, queue.id)) return false;  // he has come back: let him wait, or he would go round for ever
    if (rule.when == When::Closed) return !queue.open;
    if (!joins) return false;
    if (rule.when == When::Length) return queue.entered.size() > rule.length;
    if (caller.stage == WaitingCaller::Stage::Open && caller.pool->free() > 0) return false;
    const auto wait = queue.rate.wait(queue.line.order_of_key(const_cast<WaitingCaller*>(&caller)) + 1, now);
    return wait && *wait > rule.limit;
}

bool Acd::State::can_take(const QueueEntry& queue, const WaitingCaller& caller) const {
    return queue.configured && queue.open && &queue != caller.queue && !contains(caller.been, queue.id) &&
           queue.entered.size() < queue.config.max_length && is_met(queue.config.joining, queue);
}

/// The queue's agents come after those of his own.
void Acd::State::widen(WaitingCaller& caller, const std::string& to, Time now) {
    const auto found = queue_names.find(to);
    if (found == queue_names.end() || found->second == caller.queue || contains(caller.helpers, found->second->id)) return;
    step_out(caller);
    caller.helpers.push_back(found->second->id);
    come_back(caller, now);
}

/// He stands there as if he had asked for that queue first; how long he may wait there is counted from now.
bool Acd::State::move(WaitingCaller& caller, const std::string& to, Time now) {
    const auto found = queue_names.find(to);
    if (found == queue_names.end() || !can_take(*found->second, caller)) return false;
    QueueEntry& from = *caller.queue;
    QueueEntry& target = *found->second;
    decided.expired.push_back({caller.call, from.id, affinity_of(caller), Expired::Why::Overflow, to, target.id});
    step_out(caller);
    leave_pool(caller);
    from.entered.erase({caller.rank.entered, caller.rank.arrival});
    caller.been.push_back(from.id);
    caller.queue = &target;
    caller.waits_from = now;
    caller.used = 0;
    caller.helpers.clear();
    caller.named = {};
    caller.next_affinity = 0;
    caller.affinity_from = now;
    caller.outcome = AffinityOutcome::None;
    target.entered.emplace(caller.rank.entered, caller.rank.arrival);
    line_up(caller, now);
    seek(caller, now);
    judge_later(caller, true, now);
    return true;
}

/// A rule that is overdue waits for a queue that could not take him: `again` later.
void Acd::State::plan_overflow(WaitingCaller& caller, Duration again, Time now) {
    const auto& rules = caller.queue->config.overflow;
    caller.overflow_due.reset();
    for (std::size_t i = 0; i < std::min(rules.size(), kMostOverflow); ++i) {
        if (rules[i].when != When::Waited || (caller.used >> i & 1u)) continue;
        const Time at = caller.waits_from + rules[i].limit;
        const Time due = at > now ? at : now + again;
        caller.overflow_due = std::min(due, caller.overflow_due.value_or(due));
    }
    const Deadline deadline{Deadline::Kind::Overflow, caller.call.value};
    if (caller.overflow_due) {
        deadlines.set(deadline, *caller.overflow_due);
    } else {
        deadlines.cancel(deadline);
    }
}

}  // namespace hotline::acd
