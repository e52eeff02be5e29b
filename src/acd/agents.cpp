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
    return std::any_of(serves.begin(), serves.end(), [&](const Membership& m) { return m.queue == &wanted; });
}

AgentEntry* Acd::State::find(AgentId id) const {
    return id.value == 0 || id.value > agents.size() ? nullptr : agents[id.value - 1].get();
}

/// Takes the agent out of his queues' sets and counts, or puts him there, as his standing says.
void Acd::State::uncount(AgentEntry& agent) {
    for (Membership& m : agent.serves) {
        --m.queue->members[static_cast<std::size_t>(agent.standing)];
        if (agent.standing == Standing::Free) m.queue->free.erase({m.preference, agent.id, &agent});
    }
}

void Acd::State::count(AgentEntry& agent, Time now) {
    for (Membership& m : agent.serves) {
        ++m.queue->members[static_cast<std::size_t>(agent.standing)];
        if (agent.standing != Standing::Free) continue;
        m.preference = strategy_of(m.queue->config).prefer({agent.id, agent.idle_since});
        m.queue->free.insert({m.preference, agent.id, &agent});
        if (!m.queue->open.empty()) mark_dirty(*m.queue, now);
    }
    if (agent.standing == Standing::Free && !agent.holders.empty()) mark_dirty(agent, now);
}

void Acd::State::refresh(AgentEntry& agent, Time now) {
    if (Standing standing = standing_of(agent); standing != agent.standing) {
        uncount(agent);
        agent.standing = standing;
        count(agent, now);
    }
    if (!agent.on_duty()) release_holders(agent, now);
}

void Acd::State::unoccupy(AgentEntry& agent, Time now) {
    agent.occupancy = agent.own_call ? Occupancy::Busy : Occupancy::Idle;
    refresh(agent, now);
}

void Acd::State::set_present(AgentEntry& agent, bool present, Time now) {
    if (agent.present == present) return;
    agent.present = present;
    if (present) agent.idle_since = now;  // a night at home is not idle time
    refresh(agent, now);
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

void Acd::State::end_wrapup(AgentEntry& agent, Time ended, bool by_deadline, Time now) {
    deadlines.cancel({Deadline::Kind::WrapUp, agent.id.value});
    decided.wrapups.push_back({agent.id, agent.call, ended - agent.wrapup_began, by_deadline});
    changed = now;
    agent.wrapup_ends.reset();
    agent.idle_since = ended;
    unoccupy(agent, now);
}

}  // namespace hotline::acd
