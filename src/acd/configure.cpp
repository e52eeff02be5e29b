// A new configuration, at once and for everybody: waiting callers keep their places, ids keep their names.
#include <algorithm>

#include "state.h"

namespace hotline::acd {

void Acd::State::configure(const Config& config, Time now) {
    std::vector<WaitingCaller*> waiting;
    for (auto& [call, caller] : callers) {
        if (caller->stage != WaitingCaller::Stage::Offered) waiting.push_back(caller.get());
    }
    std::sort(waiting.begin(), waiting.end(), ByRank{});
    for (WaitingCaller* caller : waiting) step_out(*caller);

    take_queues(config);
    take_agents(config);
    make_pools(now);
    for (auto& agent : agents) refresh(*agent, now);
    for (auto& queue : queues) queue->rate.set_on_duty(on_duty(*queue), now);

    for (auto& [call, caller] : callers) {
        if (caller->overflow->used) caller->overflow.edit().used = 0;  // the rules of overflow may be others now
        if (caller->stage == WaitingCaller::Stage::Offered) settle(*caller, now);
    }
    for (WaitingCaller* caller : waiting) come_back(*caller, now);
}

QueueEntry& Acd::State::queue_named(const std::string& name) {
    auto [found, added] = queue_names.try_emplace(name);
    if (added) {
        found->second = queues.emplace_back(std::make_unique<QueueEntry>()).get();
        found->second->id = queue_ids.next();
    }
    return *found->second;
}

AgentEntry& Acd::State::agent_named(const std::string& name) {
    auto [found, added] = agent_names.try_emplace(name);
    if (added) {
        found->second = agents.emplace_back(std::make_unique<AgentEntry>()).get();
        found->second->id = agent_ids.next();
        found->second->name = name;
    }
    return *found->second;
}

/// A queue that is gone keeps its last rules for those who are still in its offers, conversations and wrap-ups.
void Acd::State::take_queues(const Config& config) {
    for (auto& queue : queues) queue->configured = false;
    queue_order.clear();
    for (const QueueConfig& wanted : config.queues) {
        QueueEntry& queue = queue_named(wanted.name);
        if (!queue.configured) queue_order.push_back(queue.id);
        queue.config = wanted;
        queue.configured = true;
    }
}

void Acd::State::take_agents(const Config& config) {
    for (auto& queue : queues) queue->agents.clear(), queue->free.clear();
    for (auto& agent : agents) {
        agent->serves.clear();
        agent->configured = false;
    }
    agent_order.clear();
    for (const AgentConfig& wanted : config.agents) {
        AgentEntry& agent = agent_named(wanted.name);
        if (!agent.configured) {
            agent.place = agent_order.size();
            agent_order.push_back(agent.id);
        }
        take_agent(agent, wanted);
    }
}

void Acd::State::take_agent(AgentEntry& agent, const AgentConfig& wanted) {
    agent.configured = true;
    agent.in_order = wanted.in_order;
    agent.skills = wanted.skills;
    agent.weight = std::max(1, wanted.weight);
    agent.own_length = wanted.own_length;
    agent.own_wait = wanted.own_wait;
    agent.tiers.clear();
    for (const std::string& name : wanted.queues) {
        const auto found = queue_names.find(name);
        if (found == queue_names.end() || !found->second->configured || agent.serves_queue(*found->second)) continue;
        agent.serves.push_back({found->second});
        found->second->agents.push_back(&agent);
        if (const auto tier = wanted.tiers.find(name); tier != wanted.tiers.end()) agent.tiers[found->second->id] = tier->second;
    }
}

}  // namespace hotline::acd
