// Pools: who may take whom. Callers of one queue who want the same share one; as they wait their wants relax, and they move to a
// wider one. A pool is made when the first caller wants it, and kept for a while after the last: the next one like him finds it
// ready.
#include <algorithm>
#include <numeric>

#include "state.h"

namespace hotline::acd {
namespace {

constexpr std::size_t kKeptPools = 32;  // of a queue; beyond it, those that nobody uses are forgotten

std::size_t index_of(Standing standing) { return static_cast<std::size_t>(standing); }

/// By name, the higher level where one stands twice.
std::vector<SkillWish> in_order(std::vector<SkillWish> skills) {
    std::sort(skills.begin(), skills.end(),
              [](const SkillWish& a, const SkillWish& b) { return a.skill != b.skill ? a.skill < b.skill : a.level > b.level; });
    const auto same = [](const SkillWish& a, const SkillWish& b) { return a.skill == b.skill; };
    skills.erase(std::unique(skills.begin(), skills.end(), same), skills.end());
    return skills;
}

}  // namespace

// ── What waiting brings ──

std::uint16_t steps_taken(const WaitingCaller& caller, Time now) {
    const auto& steps = caller.queue->config.relax;
    const auto taken =
        std::find_if(steps.begin(), steps.end(), [&](const RelaxStep& s) { return caller.rank.entered + s.after > now; });
    return static_cast<std::uint16_t>(taken - steps.begin());
}

int priority_gained(const WaitingCaller& caller, Time now) {
    const QueueConfig& rules = caller.queue->config;
    if (rules.age_every <= Duration{0} || now <= caller.rank.entered) return 0;
    return static_cast<int>(std::min<std::int64_t>((now - caller.rank.entered) / rules.age_every, rules.age_most));
}

std::optional<Time> next_step(const WaitingCaller& caller) {
    const QueueConfig& rules = caller.queue->config;
    std::optional<Time> next;
    const auto at = [&](Duration after) {
        const Time then = caller.rank.entered + after;
        next = next ? std::min(*next, then) : then;
    };
    if (caller.relaxed < rules.relax.size()) at(rules.relax[caller.relaxed].after);
    if (rules.age_every > Duration{0} && caller.aged < rules.age_most) at((caller.aged + 1) * rules.age_every);
    return next;
}

Wants Acd::State::wants_of(const WaitingCaller& caller) const {
    Wants wants{in_order(caller.skills), caller.overflow->helpers};
    for (int i = 0; i < caller.relaxed; ++i) {
        const RelaxStep& step = caller.queue->config.relax[static_cast<std::size_t>(i)];
        for (SkillWish& wish : wants.skills) wish.level = std::max(1, wish.level - step.lower);
        std::erase_if(wants.skills, [&](const SkillWish& wish) {
            return std::find(step.drop.begin(), step.drop.end(), wish.skill) != step.drop.end();
        });
        for (const std::string& name : step.widen) {
            const auto queue = queue_names.find(name);
            if (queue != queue_names.end() && queue->second != caller.queue) wants.widened.push_back(queue->second->id);
        }
    }
    std::sort(wants.widened.begin(), wants.widened.end());
    wants.widened.erase(std::unique(wants.widened.begin(), wants.widened.end()), wants.widened.end());
    return wants;
}

// ── Pools and their agents ──

bool Acd::State::admits(const Pool& pool, const AgentEntry& agent) const {
    if (!agent.configured || !pool.queue->configured) return false;
    const auto serves = [&](QueueId queue) { return agent.serves_queue(*find(queue)); };
    if (!agent.serves_queue(*pool.queue) && std::none_of(pool.wants.widened.begin(), pool.wants.widened.end(), serves))
        return false;
    return std::all_of(pool.wants.skills.begin(), pool.wants.skills.end(),
                       [&](const SkillWish& wish) { return agent.level_of(wish.skill) >= wish.level; });
}

void Acd::State::add_member(Pool& pool, AgentEntry& agent) {
    if (agent.serves_queue(*pool.queue)) ++pool.own;
    agent.pools.push_back(&pool);
    ++pool.members[index_of(agent.standing)];
}

Pool& Acd::State::pool_for(QueueEntry& queue, Wants wants, Time now) {
    if (const auto found = queue.pools.find(wants); found != queue.pools.end()) return *found->second;
    forget_unused(queue);
    Pool& pool = *queue.pools.emplace(wants, std::make_unique<Pool>()).first->second;
    pool.queue = &queue;
    if (auto kept = queue.kept_rates.extract(wants)) pool.rate = kept.mapped();
    pool.wants = std::move(wants);
    const auto add_those_of = [&](const QueueEntry& from) {
        for (AgentEntry* agent : from.agents)
            if (admits(pool, *agent) && !agent->is_in(pool)) add_member(pool, *agent);
    };
    add_those_of(queue);
    for (const QueueId widened : pool.wants.widened) add_those_of(*find(widened));
    pool.rate.set_on_duty(on_duty(pool), now);
    return pool;
}

Pool& Acd::State::pool_in(QueueEntry& queue, const WaitingCaller& caller, Time now) {
    WaitingCaller there;
    there.queue = &queue;
    there.rank.entered = caller.rank.entered;
    there.skills = caller.skills;
    there.relaxed = steps_taken(there, now);
    return pool_for(queue, wants_of(there), now);
}

void Acd::State::forget_unused(QueueEntry& queue) {
    if (queue.pools.size() < kKeptPools) return;
    const auto unused = [&](const Pool& pool) { return pool.users == 0 && &pool != queue.all && !pool.dirty; };
    if (std::none_of(queue.pools.begin(), queue.pools.end(), [&](const auto& entry) { return unused(*entry.second); })) return;
    for (auto& agent : agents)
        std::erase_if(agent->pools, [&](const Pool* pool) { return pool->queue == &queue && unused(*pool); });
    std::erase_if(queue.pools, [&](const auto& entry) { return unused(*entry.second); });
}

/// After a change of configuration: each queue's pool of all its agents. The others are made as callers need them.
void Acd::State::make_pools(Time now) {
    for (auto& agent : agents) agent->pools.clear();
    for (auto& [call, caller] : callers) caller->pool = nullptr;
    for (Pool* pool : std::exchange(dirty_pools, {})) pool->dirty = false;
    for (auto& queue : queues) {
        if (queue->kept_rates.size() > kKeptPools) queue->kept_rates.clear();
        for (const auto& [wants, pool] : queue->pools)
            if (!wants.skills.empty()) queue->kept_rates.insert_or_assign(wants, pool->rate);
        queue->pools.clear();
        queue->all = &pool_for(*queue, {}, now);
    }
    for (auto& agent : agents)
        if (agent->standing == Standing::Free) list_free(*agent);
}

/// Into the pool of what he wants now, out of the one before.
void Acd::State::enter_pool(WaitingCaller& caller, Time now) {
    caller.relaxed = steps_taken(caller, now);
    Pool& pool = pool_for(*caller.queue, wants_of(caller), now);
    leave_pool(caller);
    caller.pool = &pool;
    ++pool.users;
}

void Acd::State::leave_pool(WaitingCaller& caller) {
    if (caller.pool) --caller.pool->users;
    caller.pool = nullptr;
}

// ── Who is there ──

int Pool::agents() const { return std::accumulate(members.begin(), members.end(), 0); }

static int logged_in(const Pool& pool) { return pool.agents() - pool.members[index_of(Standing::Offline)]; }
int on_duty(const Pool& pool) { return logged_in(pool) - pool.members[index_of(Standing::Paused)]; }
int on_duty(const QueueEntry& queue) { return on_duty(*queue.all); }

static bool is_met(Needs needs, const Pool& pool) {
    switch (needs) {
        case Needs::Nobody: return true;
        case Needs::LoggedIn: return logged_in(pool) > 0;
        case Needs::Ready: return on_duty(pool) > 0;
    }
    return true;
}

bool is_met(Needs needs, const QueueEntry& queue) { return is_met(needs, *queue.all); }

/// Helpers of other queues are there for him, too, and whom he asked for by name while he waits for that one.
bool may_stay(const WaitingCaller& caller) {
    const Needs needs = caller.queue->config.staying;
    return is_met(needs, *caller.queue) || caller.named || is_met(needs, *caller.pool);
}

bool Acd::State::may_join(QueueEntry& queue, const WaitingCaller& caller, Time now) {
    const Needs needs = queue.config.joining;
    return is_met(needs, queue) || is_met(needs, pool_in(queue, caller, now));
}

}  // namespace hotline::acd
