// The same truth computed a second time, from scratch: what the sets, counts and timers should hold.
#include <algorithm>
#include <string>

#include "state.h"

namespace hotline::acd {
namespace {

using Stage = WaitingCaller::Stage;

std::string name(const WaitingCaller& caller) { return "call " + std::to_string(caller.call.value); }
std::string name(const AgentEntry& agent) { return agent.name; }
std::string name(const QueueEntry& queue) { return queue.config.name; }
std::string name(std::size_t count) { return std::to_string(count); }

/// Keeps the first thing that is wrong. A name is only made then: a simulated day asks a million times.
class Findings {
  public:
    template <class About>
    void expect(bool holds, const char* rule, const About& about) {
        if (!holds && text_.empty()) text_ = std::string(rule) + ": " + name(about);
    }
    const std::string& text() const { return text_; }

  private:
    std::string text_;
};

bool has_timed_rule(const WaitingCaller& caller) {
    const auto& rules = caller.queue->config.overflow;
    for (std::size_t i = 0; i < rules.size(); ++i)
        if (rules[i].when == OverflowRule::When::Waited && !(caller.overflow->used >> i & 1u) && concerns(rules[i], caller))
            return true;
    return false;
}

bool wakes(const WaitingCaller& caller) { return caller.away && caller.away->wakes; }

void check_caller(const WaitingCaller& caller, Findings& found) {
    auto* self = const_cast<WaitingCaller*>(&caller);
    const QueueEntry& queue = *caller.queue;
    bool in_line = queue.line.find(self) != queue.line.end();
    bool holding = caller.agent && caller.agent->holders.contains(self);
    const bool offered = caller.stage == Stage::Offered;
    found.expect(in_line == (caller.stage != Stage::Offered), "a caller stands in line until he is offered", caller);
    found.expect(caller.pool && caller.pool->queue == &queue, "every caller has a pool of his queue", caller);
    found.expect((caller.pool->open.find(self) != caller.pool->open.end()) == (caller.stage == Stage::Open),
                 "an open caller takes any agent of his pool", caller);
    found.expect(holding == (caller.stage == Stage::Holding), "a holding caller waits for one agent", caller);
    found.expect(queue.entered.contains({caller.rank.entered, caller.rank.arrival}), "the queue knows when he entered", caller);
    found.expect(caller.rank.priority == priority_of(caller, queue.config, caller.boost + caller.aged), "his rank has his priority",
                 caller);
    if (caller.stage == Stage::Holding) {
        found.expect(caller.agent->on_duty(), "nobody waits for an agent who will not come", caller);
    }
    found.expect(offered == !caller.ringing.empty(), "somebody rings for whom is offered, and for nobody else", caller);
    for (const AgentEntry* agent : caller.ringing)
        found.expect(agent->caller == self, "the agent is reserved for the one he is offered to", caller);
    if (caller.stage == Stage::Resting) {
        found.expect(caller.away != nullptr, "who is here does not rest", caller);
        found.expect(wakes(caller) || !queue.calling, "who rests will be woken", caller);
    } else {
        found.expect(!wakes(caller), "only who rests is woken", caller);
        found.expect(offered || !caller.away || queue.calling, "nobody is called back out of hours", caller);
    }
    found.expect(offered || caller.overflow->due.has_value() == has_timed_rule(caller), "a rule that is to come has a time",
                 caller);
}

void check_agent(const AgentEntry& agent, const std::unordered_map<OfferId, AgentEntry*>& offers, Time now, Findings& found) {
    bool reserved = agent.occupancy == Occupancy::Reserved;
    auto offer = offers.find(agent.offer);
    found.expect(reserved == bool(agent.offer), "reserved means one open offer", agent);
    found.expect(reserved == (agent.caller != nullptr), "reserved means one caller", agent);
    if (reserved) {
        found.expect(offer != offers.end() && offer->second == &agent, "the offer is known", agent);
        const auto& ringing = agent.caller->ringing;
        found.expect(std::count(ringing.begin(), ringing.end(), &agent) == 1, "the caller is offered to him", agent);
        found.expect(now <= agent.offer_ends + 1s, "reserved ends with the ring time", agent);
    }
    if (agent.wrapup_ends) {
        found.expect(agent.occupancy == Occupancy::WrapUp, "only wrap-up has a wrap-up's end", agent);
        found.expect(now <= *agent.wrapup_ends + 1s, "wrap-up ends when it was to end", agent);
    }
    found.expect(agent.occupancy != Occupancy::Busy || agent.own_call, "busy is a call of his own", agent);
    found.expect(agent.occupancy != Occupancy::Idle || !agent.own_call, "a call of his own is not idle", agent);
    found.expect(agent.configured || agent.serves.empty(), "an agent who is gone serves no queue", agent);
    bool free = agent.on_duty() && agent.occupancy == Occupancy::Idle && !agent.delayed_until;
    found.expect(free == (agent.standing == Standing::Free), "he counts as free when he is", agent);
    for (const Service& service : agent.serves) {
        bool listed = service.queue->free.contains({service.preference, agent.id, nullptr});
        found.expect(listed == free, "his queues list him while he is free", agent);
    }
    for (const WaitingCaller* caller : agent.holders) {
        found.expect(caller->agent == &agent && caller->stage == Stage::Holding, "who waits for him knows it", *caller);
    }
    if (free && !agent.holders.empty()) found.expect(agent.dirty, "a free agent leaves nobody waiting for him", agent);
}

template <class Admits, class Entries>
void check_pool(const Pool& pool, const Admits& admits, const Entries& agents, Findings& found) {
    std::array<int, kStandings> members{};
    bool looked_at = pool.dirty;
    for (const auto& agent : agents) {
        const bool in = agent->is_in(pool);
        found.expect(in == admits(pool, *agent), "a pool has all agents who fit, and no other", *agent);
        if (!in) continue;
        ++members[static_cast<std::size_t>(agent->standing)];
        looked_at = looked_at || (agent->dirty && agent->standing == Standing::Free);
    }
    const bool counts = !pool.wants.skills.empty();
    found.expect(!counts || pool.rate.on_duty() == on_duty(pool), "an estimate is made for those who are on duty", *pool.queue);
    found.expect(members == pool.members, "agents are counted by standing", *pool.queue);
    found.expect(pool.queue->configured || pool.free() == 0, "a queue that is gone has no agents", *pool.queue);
    bool pair = pool.free() > 0 && !pool.open.empty();
    found.expect(!pair || looked_at, "nobody waits while an agent he may take now is free", *pool.queue);
}

}  // namespace

std::string Acd::State::broken_invariant(Time now) const {
    Findings found;
    std::size_t in_line = 0, holding = 0, resting = 0, offered = 0, listed = 0, opened = 0, entered = 0, held = 0;
    for (const auto& [call, caller] : callers) {
        check_caller(*caller, found);
        in_line += caller->stage != Stage::Offered;
        holding += caller->stage == Stage::Holding;
        resting += caller->stage == Stage::Resting;
        offered += caller->ringing.size();
    }
    std::size_t timers = in_line, users = 0;
    for (const auto& [call, caller] : callers) {
        if (caller->stage == Stage::Offered) continue;
        timers += std::size_t{next_step(*caller).has_value()} + caller->overflow->due.has_value() + wakes(*caller);
    }
    for (const auto& agent : agents) {
        check_agent(*agent, offers, now, found);
        held += agent->holders.size();
        timers += (agent->occupancy == Occupancy::Reserved) + agent->wrapup_ends.has_value() + agent->delayed_until.has_value();
    }
    for (const auto& queue : queues) {
        listed += queue->line.size(), entered += queue->entered.size();
        found.expect(queue->free.size() == static_cast<std::size_t>(queue->all->free()), "the free are listed", *queue);
        for (const auto& [wants, pool] : queue->pools) {
            check_pool(
                *pool, [this](const Pool& one, const AgentEntry& agent) { return admits(one, agent); }, agents, found);
            opened += pool->open.size(), users += pool->users;
        }
    }
    found.expect(users == callers.size(), "a pool knows how many use it", users);
    found.expect(listed == in_line && entered == callers.size(), "every caller is in exactly one queue", callers.size());
    found.expect(opened + held + resting == in_line && held == holding, "every waiting caller waits for all, for one, or rests",
                 in_line);
    found.expect(offers.size() == offered, "an offer for everybody who rings for a caller", offers.size());
    found.expect(deadlines.size() == timers, "a deadline for everything that waits, and no other", deadlines.size());
    found.expect(affinity_ends.size() == holding, "an end for every affinity wait", affinity_ends.size());
    return found.text();
}

}  // namespace hotline::acd
