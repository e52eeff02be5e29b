// The order among free agents: whom does the caller get who is next?
//
// Each queue lists its free agents in the order of its strategy. For most callers it is enough to walk along that list to the
// first who has what they want. Where the order depends on what is wanted (the level of a skill), or helpers of other queues come
// in, those who fit are put in order when they are asked for; they are few while callers wait.
#include <algorithm>

#include "state.h"

namespace hotline::acd {
namespace {

constexpr int kGuestTier = 1'000'000;  // of agents who are there by widening: after all who serve the queue

/// Whether the queue's own order holds for this pool.
bool is_in_queue_order(const Pool& pool) {
    const StrategyKind strategy = pool.queue->config.strategy;
    return pool.wants.skills.empty() || (strategy != StrategyKind::SkillLevel && strategy != StrategyKind::WeightedRandom);
}

/// The best of them, in order, behind those who are there already: `most` together.
void append_best(std::vector<FreeAgent> fitting, std::size_t most, std::vector<AgentEntry*>& out) {
    const std::size_t some = std::min(most - out.size(), fitting.size());
    std::partial_sort(fitting.begin(), fitting.begin() + static_cast<std::ptrdiff_t>(some), fitting.end());
    for (std::size_t i = 0; i < some; ++i) out.push_back(fitting[i].agent);
}

}  // namespace

void Acd::State::list_free(AgentEntry& agent) {
    for (Service& service : agent.serves) {
        QueueEntry& queue = *service.queue;
        if (queue.config.strategy == StrategyKind::WeightedRandom)
            service.lot = draw_lot(queue.last_lot, random.unit(), agent.weight);
        service.preference = preference_of(*queue.all, agent, service.lot);
        queue.free.insert({service.preference, agent.id, &agent});
    }
}

void Acd::State::unlist_free(const AgentEntry& agent) {
    for (const Service& service : agent.serves) service.queue->free.erase({service.preference, agent.id, nullptr});
}

Preference Acd::State::preference_of(const Pool& pool, const AgentEntry& agent, std::int64_t lot) const {
    Contestant contestant{agent.id, agent.idle_since};
    const auto offered_last = agent.last_offered.find(pool.queue->id);
    if (offered_last != agent.last_offered.end()) contestant.last_offered = offered_last->second;
    contestant.answered_today = agent.answered_today;
    contestant.talked_today = agent.talked_today;
    for (const SkillWish& wish : pool.wants.skills) {
        const int level = agent.level_of(wish.skill);
        contestant.weakest_level = contestant.weakest_level == 0 ? level : std::min(contestant.weakest_level, level);
    }
    contestant.place = agent.place;
    contestant.lot = lot;
    Preference preference = strategy_of(pool.queue->config.strategy).prefer(contestant);
    const auto tier = agent.tiers.find(pool.queue->id);
    preference.tier = !agent.serves_queue(*pool.queue) ? kGuestTier : tier == agent.tiers.end() ? 1 : tier->second;
    return preference;
}

/// So many at most. A lot drawn anew among those who fit is as good as the one in the list, and tells nothing about the others.
std::vector<AgentEntry*> Acd::State::best_of(const Pool& pool, std::size_t most) {
    std::vector<AgentEntry*> out;
    most = std::min(most, static_cast<std::size_t>(pool.free()));
    if (is_in_queue_order(pool)) {
        for (auto at = pool.queue->free.begin(); at != pool.queue->free.end() && out.size() < most; ++at)
            if (at->agent->is_in(pool)) out.push_back(at->agent);
    } else {
        std::vector<FreeAgent> fitting;
        for (const FreeAgent& one : pool.queue->free)
            if (one.agent->is_in(pool))
                fitting.push_back(
                    {preference_of(pool, *one.agent, draw_lot(0, random.unit(), one.agent->weight)), one.id, one.agent});
        append_best(std::move(fitting), most, out);
    }
    if (out.size() < most) add_guests(pool, most, out);
    return out;
}

/// Agents of the queues that this pool was widened by, and who do not serve its own.
void Acd::State::add_guests(const Pool& pool, std::size_t most, std::vector<AgentEntry*>& out) {
    std::vector<FreeAgent> fitting;
    for (const QueueId widened : pool.wants.widened) {
        for (const FreeAgent& one : find(widened)->free) {
            const bool known = std::any_of(fitting.begin(), fitting.end(), [&](const FreeAgent& f) { return f.id == one.id; });
            if (known || one.agent->serves_queue(*pool.queue) || !one.agent->is_in(pool)) continue;
            fitting.push_back({preference_of(pool, *one.agent, draw_lot(0, random.unit(), one.agent->weight)), one.id, one.agent});
        }
    }
    append_best(std::move(fitting), most, out);
}

Choice Acd::State::best_choice(WaitingCaller& caller) {
    const QueueConfig& rules = caller.queue->config;
    const bool all = rules.strategy == StrategyKind::RingAll && !is_fetched(caller);  // one is enough to wait for him
    const std::size_t rung = all ? std::max<std::size_t>(rules.ring_most, 1) : 1;
    std::vector<AgentEntry*> best = best_of(*caller.pool, std::max(rung, kCandidatesShown));
    const std::size_t there = best.size();
    return {&caller, std::move(best), std::min(rung, there)};
}

/// Who waits for one agent gets him. Who takes anyone gets the best; but an agent with an order of his own takes a caller of an
/// earlier queue, if he is that one's best agent and the caller no less urgent. RingAll asks for nobody's order.
Choice Acd::State::choice_for(WaitingCaller& front) {
    if (front.stage == WaitingCaller::Stage::Holding) {
        std::vector<AgentEntry*> best = best_of(*front.pool, kCandidatesShown);
        std::erase(best, front.agent);
        best.insert(best.begin(), front.agent);
        best.resize(std::min(best.size(), kCandidatesShown));
        return {&front, std::move(best)};
    }
    Choice choice = best_choice(front);
    const AgentEntry& agent = *choice.agents.front();
    if (!agent.in_order || front.queue->config.strategy == StrategyKind::RingAll) return choice;
    for (const Service& service : agent.serves) {
        if (service.queue == front.queue) break;
        std::optional<Choice> earlier;
        for (const Pool* pool : agent.pools) {
            if (pool->queue != service.queue || pool->open.empty()) continue;
            WaitingCaller* first = *pool->open.begin();
            if (first->rank.priority < front.rank.priority || (earlier && earlier->caller->rank < first->rank)) continue;
            Choice theirs = best_choice(*first);
            if (theirs.agents.front() == &agent) earlier = std::move(theirs);
        }
        if (earlier) return std::move(*earlier);
    }
    return choice;
}

}  // namespace hotline::acd
