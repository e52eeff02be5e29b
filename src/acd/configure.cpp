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
    take_agents(config, now);

    for (auto& [call, caller] : callers) caller->rank.priority = priority_of(caller->queue->config, caller->boost);
    for (WaitingCaller* caller : waiting) {
        line_up(*caller, now);
        if (caller->stage == WaitingCaller::Stage::Holding) {
            seek(*caller, now);  // for the same agent as before, unless he serves this queue no longer
        } else {
            open(*caller, now);
        }
    }
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

void Acd::State::take_agents(const Config& config, Time now) {
    for (auto& agent : agents) {
        uncount(*agent);
        agent->serves.clear();
        agent->configured = false;
    }
    agent_order.clear();
    for (const AgentConfig& wanted : config.agents) {
        AgentEntry& agent = agent_named(wanted.name);
        if (!agent.configured) agent_order.push_back(agent.id);
        agent.configured = true;
        serve(agent, wanted.queues);
    }
    for (auto& agent : agents) {
        count(*agent, now);
        refresh(*agent, now);
    }
}

void Acd::State::serve(AgentEntry& agent, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
        auto found = queue_names.find(name);
        if (found == queue_names.end() || !found->second->configured || agent.serves_queue(*found->second)) continue;
        agent.serves.push_back({found->second});
    }
}

}  // namespace hotline::acd
