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

bool looks_at_the_line(const OverflowRule& rule) { return rule.when == When::Length || rule.when == When::EstimatedWait; }

}  // namespace

std::size_t as_good_as_taken(const QueueEntry& queue, const WaitingCaller* but) {
    std::size_t callers = 0, most = 0;
    for (const auto& [wants, pool] : queue.pools) {
        const auto free = static_cast<std::size_t>(pool->free());
        const bool among = but && but->stage == WaitingCaller::Stage::Open && but->pool == pool.get();
        callers += std::min(pool->open.size() - std::size_t{among}, free);
        most = std::max(most, free);
    }
    const auto awaited = std::count_if(queue.free.begin(), queue.free.end(), [&](const FreeAgent& one) {
        return !one.agent->holders.empty() && *one.agent->holders.begin() != but;
    });
    return std::min(callers + static_cast<std::size_t>(awaited), most);
}

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
        if ((caller->overflow->used >> i & 1u) || !concerns(rule, *caller) || !holds(rule, *caller, joins, now)) continue;
        const bool leaves = rule.action == Action::Leave;
        if (leaves) expire(*caller, Expired::Why::Overflow, rule.to);
        if (leaves || (rule.action == Action::Move && move(*caller, rule.to, now))) {
            decided.expired.back().rule = rule.when;
            return;
        }
        if (rule.action != Action::Widen) continue;
        caller->overflow.edit().used |= 1u << i;
        widen(*caller, rule.to, now);
    }
    plan_overflow(*caller, kAskAgain, now);
}

bool Acd::State::holds(const OverflowRule& rule, const WaitingCaller& caller, bool joins, Time now) const {
    const QueueEntry& queue = *caller.queue;
    if (rule.when == When::Waited) return now >= caller.waits_from + rule.limit;
    if (contains(caller.overflow->been, queue.id)) return false;  // he has come back: let him wait, or he would go round for ever
    if (rule.when == When::Closed) return !queue.open;
    if (!joins) return false;
    const Overflowed& overflow = *caller.overflow;
    if (!overflow.met) return false;
    if (rule.when == When::Length) return *overflow.met >= rule.length;
    return overflow.expected && *overflow.expected > rule.limit;
}

/// What rules about joining look at, as it is when he joins: who comes later in the same round takes nothing from him. Others wait
/// when nobody is free for them, and so does he; for whom a phone rings does not.
void Acd::State::meet_line(WaitingCaller& caller, Time now) {
    const QueueEntry& queue = *caller.queue;
    if (caller.overflow->met) caller.overflow.edit().met.reset();
    if (std::none_of(queue.config.overflow.begin(), queue.config.overflow.end(), looks_at_the_line)) return;
    const bool goes_to_one = caller.stage == WaitingCaller::Stage::Holding && caller.agent->standing == Standing::Free &&
                             *caller.agent->holders.begin() == &caller;
    if (goes_to_one) return;
    const std::size_t taken = as_good_as_taken(queue, &caller), others = queue.line.size() - 1;
    if (static_cast<std::size_t>(caller.pool->free()) > taken) return;
    Overflowed& overflow = caller.overflow.edit();
    overflow.met = others - std::min(others, taken);
    overflow.expected = expected_wait(caller, taken, now);
}

/// A queue that is full still takes those for whom somebody is free, and never more above its limit than agents could take them.
bool Acd::State::has_room(QueueEntry& queue, const WaitingCaller& caller, Time now) {
    const std::size_t here = queue.entered.size(), most = queue.config.max_length;
    if (here < most) return true;
    const Pool& pool = pool_in(queue, caller, now);
    return static_cast<std::size_t>(pool.free()) > as_good_as_taken(queue, nullptr) &&
           here < most + static_cast<std::size_t>(pool.agents());
}

bool Acd::State::can_take(QueueEntry& queue, const WaitingCaller& caller, Time now) {
    return queue.configured && queue.open && &queue != caller.queue && !contains(caller.overflow->been, queue.id) &&
           has_room(queue, caller, now) && may_join(queue, caller, now);
}

/// The queue's agents come after those of his own.
void Acd::State::widen(WaitingCaller& caller, const std::string& to, Time now) {
    const auto found = queue_names.find(to);
    if (found == queue_names.end() || found->second == caller.queue || contains(caller.overflow->helpers, found->second->id))
        return;
    step_out(caller);
    caller.overflow.edit().helpers.push_back(found->second->id);
    come_back(caller, now);
}

/// He stands there as if he had asked for that queue first; how long he may wait there is counted from now.
bool Acd::State::move(WaitingCaller& caller, const std::string& to, Time now) {
    const auto found = queue_names.find(to);
    if (found == queue_names.end() || !can_take(*found->second, caller, now)) return false;
    QueueEntry& from = *caller.queue;
    QueueEntry& target = *found->second;
    decided.expired.push_back({caller.call, from.id, affinity_of(caller), Expired::Why::Overflow, to, target.id});
    step_out(caller);
    leave_pool(caller);
    from.entered.erase({caller.rank.entered, caller.rank.arrival});
    Overflowed& overflow = caller.overflow.edit();
    if (!contains(overflow.been, from.id)) overflow.been.push_back(from.id);
    overflow.used = 0;
    overflow.helpers.clear();
    caller.rescue = is_rescue(caller);
    caller.queue = &target;
    caller.waits_from = now;
    caller.named = {};
    caller.next_affinity = 0;
    caller.affinity_from = now;
    caller.outcome = AffinityOutcome::None;
    target.entered.emplace(caller.rank.entered, caller.rank.arrival);
    line_up(caller, now);
    seek(caller, now);
    meet_line(caller, now);
    judge_later(caller, true, now);
    return true;
}

/// A rule that is overdue waits for a queue that could not take him: `again` later.
void Acd::State::plan_overflow(WaitingCaller& caller, Duration again, Time now) {
    const auto& rules = caller.queue->config.overflow;
    std::optional<Time> first;
    for (std::size_t i = 0; i < std::min(rules.size(), kMostOverflow); ++i) {
        if (rules[i].when != When::Waited || (caller.overflow->used >> i & 1u) || !concerns(rules[i], caller)) continue;
        const Time at = caller.waits_from + rules[i].limit;
        const Time due = at > now ? at : now + again;
        first = std::min(due, first.value_or(due));
    }
    if (first != caller.overflow->due) caller.overflow.edit().due = first;
    const Deadline deadline{Deadline::Kind::Overflow, caller.call.value};
    if (first) {
        deadlines.set(deadline, *first);
    } else {
        deadlines.cancel(deadline);
    }
}

}  // namespace hotline::acd
