// The lines of the queues: joining, the place in line, leaving, the longest wait.
#include <algorithm>
#include <utility>

#include "hotline/base/check.h"
#include "state.h"

namespace hotline::acd {

bool is_rescue(const WaitingCaller& caller) { return caller.rescue.value_or(caller.queue->config.priority >= kRescue); }

int priority_of(const WaitingCaller& caller, const QueueConfig& queue, int boost) {
    const int sum = queue.priority + boost;
    return is_rescue(caller) ? std::max(sum, kRescue) : std::min(sum, kRescue - 1);
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
    auto made = std::make_unique<WaitingCaller>();
    WaitingCaller& caller = *made;
    caller.call = wanted.call;
    caller.queue = queue;
    caller.boost = wanted.priority_boost;
    caller.skills = wanted.skills;
    caller.waits_from = wanted.returns ? now : wanted.entered;  // who has come back has not waited in between
    caller.rank = {0, wanted.entered, arrivals + 1};            // priority by line_up
    caller.affinity = wanted.affinity;
    caller.affinity_from = now;
    caller.named = wanted.named;
    if (!wanted.been.empty()) caller.overflow.edit().been = wanted.been;
    if (wanted.away) caller.away = std::make_unique<Absence>(Absence{*wanted.away, {}});

    if (!wanted.returns && !has_room(*queue, caller, now)) {
        return Error{ErrorKind::Full,
                     "queue " + queue->config.name + " holds " + std::to_string(queue->config.max_length) + " callers"};
    }

    if (!wanted.away && !may_wait_for_named(caller, now) && !may_join(*queue, caller, now)) {
        return Error{ErrorKind::Unavailable, queue->config.joining == Needs::LoggedIn
                                                 ? "no agent of queue " + queue->config.name + " is logged in"
                                                 : "no agent of queue " + queue->config.name + " is ready"};
    }

    ++arrivals;
    callers.emplace(wanted.call, std::move(made));
    queue->entered.emplace(wanted.entered, caller.rank.arrival);
    line_up(caller, now);
    seek(caller, now);
    meet_line(caller, now);
    judge_later(caller, true, now);
    return Done{};
}

/// What his wait has brought him, by the rules that hold now.
void Acd::State::settle(WaitingCaller& caller, Time now) {
    enter_pool(caller, now);
    caller.aged = priority_gained(caller, now);
    caller.rank.priority = priority_of(caller, caller.queue->config, caller.boost + caller.aged);
}

void Acd::State::line_up(WaitingCaller& caller, Time now) {
    settle(caller, now);
    caller.queue->line.insert(&caller);
    plan_overflow(caller, Duration{0}, now);
    if (!caller.queue->open) judge_later(caller, false, now);  // back from an offer, or its rules are new
    if (const auto step = next_step(caller)) deadlines.set({Deadline::Kind::Step, caller.call.value}, *step);
    if (!caller.away && !may_stay(caller)) mark_deserted(*caller.queue, now);
    const Time ends = caller.away ? caller.away->until : caller.waits_from + caller.queue->config.max_wait;
    deadlines.set({Deadline::Kind::LongestWait, caller.call.value}, caller.queue->configured ? ends : now);
}

void Acd::State::open(WaitingCaller& caller, Time now) {
    if (rests(caller, now)) return rest(caller, now);
    caller.stage = WaitingCaller::Stage::Open;
    caller.pool->open.insert(&caller);
    if (is_rescue(caller)) rescue_calls.push_back(caller.call), changed = now;
    if (caller.pool->free() > 0) mark_dirty(*caller.pool, now);
}

void Acd::State::step_out(WaitingCaller& caller) {
    HL_CHECK(caller.stage != WaitingCaller::Stage::Offered, "an offered caller stands in no line");
    caller.queue->line.erase(&caller);
    for (const auto kind : {Deadline::Kind::LongestWait, Deadline::Kind::Step, Deadline::Kind::Overflow, Deadline::Kind::Wake})
        deadlines.cancel({kind, caller.call.value});
    if (caller.away) caller.away->wakes.reset();
    if (caller.stage == WaitingCaller::Stage::Open) {
        caller.pool->open.erase(&caller);
    } else if (caller.stage == WaitingCaller::Stage::Holding) {
        caller.agent->holders.erase(&caller);
        affinity_ends.cancel(caller.call);
    }
}

void Acd::State::come_back(WaitingCaller& caller, Time now) {
    line_up(caller, now);
    if (caller.stage == WaitingCaller::Stage::Holding) return seek(caller, now);  // unless that one may not take him any longer
    if (caller.stage == WaitingCaller::Stage::Resting) return wake(caller, now);
    open(caller, now);
}

/// He has waited long enough to be content with less, or to go before others.
void Acd::State::pass_step(CallId call, Time now) {
    WaitingCaller& caller = *find(call);
    step_out(caller);
    come_back(caller, now);
}

void Acd::State::remove(WaitingCaller& caller) {
    leave_pool(caller);
    caller.queue->entered.erase({caller.rank.entered, caller.rank.arrival});
    callers.erase(caller.call);
}

void Acd::State::leave(CallId call, Time now) {
    WaitingCaller* caller = find(call);
    if (!caller) return;
    if (caller->stage == WaitingCaller::Stage::Offered) {
        withdraw_offers(*caller, now);
    } else {
        step_out(*caller);
    }
    remove(*caller);
}

void Acd::State::expire(WaitingCaller& caller, Expired::Why why, std::string to) {
    decided.expired.push_back({caller.call, caller.queue->id, affinity_of(caller), why, std::move(to), {}});
    step_out(caller);
    remove(caller);
}

void Acd::State::mark_deserted(QueueEntry& queue, Time now) {
    changed = now;
    if (!std::exchange(queue.deserted, true)) deserted.push_back(&queue);
}

/// Those who are just being offered stay: somebody's phone rings for them. Who is away may wait for the next shift.
void Acd::State::send_away_the_deserted() {
    for (QueueEntry* queue : std::exchange(deserted, {})) {
        queue->deserted = false;
        if (is_met(queue->config.staying, *queue)) continue;
        for (WaitingCaller* caller : std::vector<WaitingCaller*>(queue->line.begin(), queue->line.end()))
            if (!caller->away && !may_stay(*caller)) expire(*caller, Expired::Why::NobodyThere);
    }
}

/// Who wants skills waits for those who have them: his place among those who want the same, at the rate at which these were served.
/// `but`: of those before him, so many do not wait.
std::optional<Duration> Acd::State::expected_wait(const WaitingCaller& caller, std::size_t but, Time now) const {
    auto* self = const_cast<WaitingCaller*>(&caller);
    const bool choosy = !caller.pool->wants.skills.empty();
    const std::size_t before = choosy ? caller.pool->open.order_of_key(self) : caller.queue->line.order_of_key(self);
    return (choosy ? caller.pool->rate : caller.queue->rate).wait(before - std::min(before, but) + 1, now);
}

std::optional<std::size_t> Acd::State::position(CallId call) const {
    WaitingCaller* caller = find(call);
    if (!caller || caller->stage == WaitingCaller::Stage::Offered) return std::nullopt;
    return caller->queue->line.order_of_key(caller) + 1;
}

}  // namespace hotline::acd
