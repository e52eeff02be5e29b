// What an agent says and does: presence, pauses, his own calls, wrap-up.
#include <algorithm>
#include <utility>

#include "state.h"

namespace hotline::acd {
namespace {

/// What he is doing comes first; then what he says; then what we impose.
Standing standing_of(const AgentEntry& agent) {
    switch (agent.occupancy) {
        case Occupancy::Reserved: return Standing::Reserved;
        case Occupancy::Talking: return Standing::Talking;
        case Occupancy::WrapUp: return Standing::WrapUp;
        case Occupancy::Busy: return Standing::Busy;
        case Occupancy::Idle: break;
    }
    if (!agent.configured || !agent.present) return Standing::Offline;
    if (agent.availability == Availability::Paused) return Standing::Paused;
    return agent.delayed_until ? Standing::Delayed : Standing::Free;
}

}  // namespace

std::string_view to_word(Standing standing) {
    constexpr std::string_view kWords[kStandings] = {"free",     "offline", "paused",  "delayed",
                                                     "reserved", "talking", "wrap_up", "busy"};
    return kWords[static_cast<std::size_t>(standing)];
}

bool AgentEntry::serves_queue(const QueueEntry& wanted) const {
    return std::any_of(serves.begin(), serves.end(), [&](const Service& service) { return service.queue == &wanted; });
}

bool AgentEntry::is_in(const Pool& pool) const { return std::find(pools.begin(), pools.end(), &pool) != pools.end(); }

int AgentEntry::level_of(const std::string& skill) const {
    const auto found = skills.find(skill);
    return found == skills.end() ? 0 : found->second;
}

WaitingCaller* AgentEntry::first_caller() const {
    WaitingCaller* first = holders.empty() ? nullptr : *holders.begin();
    for (const Pool* pool : pools) {
        if (pool->open.empty()) continue;
        WaitingCaller* front = *pool->open.begin();
        if (!first || front->rank < first->rank) first = front;
    }
    return first;
}

AgentEntry* Acd::State::find(AgentId id) const {
    return id.value == 0 || id.value > agents.size() ? nullptr : agents[id.value - 1].get();
}

/// From one standing to another, in the counts of his pools and among his queues' free agents.
void Acd::State::recount(AgentEntry& agent, Standing standing, Time now) {
    if (agent.standing == Standing::Free) unlist_free(agent);
    bool wanted = !agent.holders.empty();
    for (Pool* pool : agent.pools) {
        --pool->members[static_cast<std::size_t>(agent.standing)];
        ++pool->members[static_cast<std::size_t>(standing)];
        wanted = wanted || !pool->open.empty();
    }
    agent.standing = standing;
    if (standing != Standing::Free) return;
    list_free(agent);
    if (wanted) mark_dirty(agent, now);
}

void Acd::State::refresh(AgentEntry& agent, Time now) {
    if (const Standing standing = standing_of(agent); standing != agent.standing) {
        recount(agent, standing, now);
        for (const Service& service : agent.serves) {
            QueueEntry* queue = service.queue;
            if (on_duty(*queue) != queue->rate.on_duty()) queue->rate.set_on_duty(on_duty(*queue), now);
        }
        const bool is_off = standing == Standing::Offline || standing == Standing::Paused;
        for (Pool* pool : agent.pools) {  // also of queues that he helps out in
            QueueEntry& queue = *pool->queue;
            if (!pool->wants.skills.empty() && on_duty(*pool) != pool->rate.on_duty()) pool->rate.set_on_duty(on_duty(*pool), now);
            if (is_off && !queue.line.empty() && !is_met(queue.config.staying, queue)) mark_deserted(queue, now);
        }
    }
    if (!agent.on_duty()) release_holders(agent, now);
}

void Acd::State::new_day(Time now) {
    for (auto& agent : agents) {
        agent->answered_today = 0;
        agent->talked_today = Duration{0};
        if (agent->standing == Standing::Free) recount(*agent, agent->standing, now);
    }
}

void Acd::State::unoccupy(AgentEntry& agent, Time now) {
    agent.occupancy = agent.own_call ? Occupancy::Busy : Occupancy::Idle;
    refresh(agent, now);
}

void Acd::State::set_present(AgentEntry& agent, bool present, Time now) {
    if (agent.present == present) return;
    agent.present = present;
    if (!present) agent.left = now;
    if (present && !(agent.left && now - *agent.left <= kShortAbsence)) agent.idle_since = now;  // a night at home is not idle time
    refresh(agent, now);
}

void Acd::State::sign_off(AgentEntry& agent, Time now) {
    set_present(agent, false, now);
    agent.left.reset();
    resume(agent, now);
}

void Acd::State::pause(AgentEntry& agent, std::string reason, Time now) {
    agent.availability = Availability::Paused;
    agent.pause_reason = std::move(reason);
    refresh(agent, now);
}

void Acd::State::resume(AgentEntry& agent, Time now) {
    agent.availability = Availability::Ready;
    agent.pause_reason.clear();
    agent.missed = 0;
    refresh(agent, now);
}

void Acd::State::set_busy(AgentEntry& agent, bool busy, Time now) {
    agent.own_call = busy;
    if (agent.occupancy == Occupancy::Idle || agent.occupancy == Occupancy::Busy) unoccupy(agent, now);
}

std::optional<Time> Acd::State::on_talk_ended(AgentEntry& agent, Time now) {
    if (agent.occupancy != Occupancy::Talking) return std::nullopt;
    const QueueConfig& rules = agent.queue->config;
    agent.talked_today += now - agent.talk_began;
    bool timed = rules.wrapup_mode == WrapUpMode::AtMost || rules.wrapup_mode == WrapUpMode::Exactly;
    if (rules.wrapup_mode == WrapUpMode::None || (timed && rules.wrapup <= Duration{0})) {
        agent.idle_since = now;
        unoccupy(agent, now);
        return std::nullopt;
    }
    agent.occupancy = Occupancy::WrapUp;
    agent.wrapup_began = now;
    agent.wrapup_mode = rules.wrapup_mode;  // what holds now holds to the end: a reload does not move it
    agent.wrapup_ends = timed ? std::optional(now + rules.wrapup) : std::nullopt;
    if (agent.wrapup_ends) deadlines.set({Deadline::Kind::WrapUp, agent.id.value}, *agent.wrapup_ends);
    refresh(agent, now);
    release_hopeless(agent, now);
    return agent.wrapup_ends;
}

void Acd::State::finish_wrapup(AgentEntry& agent, Time now) {
    if (agent.occupancy != Occupancy::WrapUp || agent.wrapup_mode == WrapUpMode::Exactly) return;
    end_wrapup(agent, now, false, now);
}

void Acd::State::end_wrapups(Time now) {
    for (auto& agent : agents)
        if (agent->occupancy == Occupancy::WrapUp) end_wrapup(*agent, now, false, now);
}

void Acd::State::end_wrapup(AgentEntry& agent, Time ended, bool by_deadline, Time now) {
    deadlines.cancel({Deadline::Kind::WrapUp, agent.id.value});
    decided.wrapups.push_back({agent.id, agent.call, ended - agent.wrapup_began, by_deadline});
    changed = now;
    agent.wrapup_ends.reset();
    agent.idle_since = ended;
    unoccupy(agent, now);
}

}  // namespace hotline::acd
