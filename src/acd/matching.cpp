// One round: what has run out ends, then callers and agents are paired, the first caller first.
#include <queue>
#include <utility>

#include "state.h"

namespace hotline::acd {
namespace {

/// Where pairs can arise: a pool with callers and free agents, or a free agent with callers whom he could take.
struct Source {
    Pool* pool = nullptr;  // one of the two
    AgentEntry* agent = nullptr;
    WaitingCaller* front = nullptr;
    std::uint64_t seen = 0;  // offers that had been made when it was looked at

    /// The caller who is next here; none while there is no pair.
    WaitingCaller* first() const {
        if (pool) return pool->open.empty() || pool->free() == 0 ? nullptr : *pool->open.begin();
        return agent->standing == Standing::Free ? agent->first_caller() : nullptr;
    }
};

struct LaterFront {
    bool operator()(const Source& a, const Source& b) const { return b.front->rank < a.front->rank; }
};

/// All sources, the one with the best caller on top. While a match runs only an offer changes anything, and by an offer a front
/// can only go, never come: a stale one is replaced when it reaches the top.
class Sources {
  public:
    explicit Sources(const std::uint64_t& offers_made) : offers_made_(offers_made) {}
    void add(Source source) {
        source.front = source.first();
        source.seen = offers_made_;
        if (source.front) heap_.push(source);
    }
    std::optional<Source> next() {
        while (!heap_.empty()) {
            Source source = heap_.top();
            heap_.pop();
            if (source.seen == offers_made_ || source.first() == source.front) return source;
            add(source);
        }
        return std::nullopt;
    }

  private:
    const std::uint64_t& offers_made_;
    std::priority_queue<Source, std::vector<Source>, LaterFront> heap_;
};

bool is_empty(const Decisions& d) {
    return d.lapsed.empty() && d.withdrawn.empty() && d.wrapups.empty() && d.expired.empty() && d.paused.empty() &&
           d.offers.empty();
}

}  // namespace

Decisions Acd::State::decide(Time now) {
    run_out(now);
    match(now);
    make_way_for_rescue(now);
    if (release_timed_out(now)) {
        match(now);
        make_way_for_rescue(now);
        send_away_the_deserted();
    }
    return std::exchange(decided, {});
}

void Acd::State::run_out(Time now) {
    while (auto due = deadlines.pop(now)) {
        const bool of_caller = due->kind >= Deadline::Kind::LongestWait;
        AgentEntry* agent = of_caller ? nullptr : find(AgentId{due->id});
        switch (due->kind) {
            case Deadline::Kind::Offer: lapse(*agent, now); break;
            case Deadline::Kind::WrapUp: end_wrapup(*agent, *agent->wrapup_ends, true, now); break;
            case Deadline::Kind::Delay:
                agent->delayed_until.reset();
                refresh(*agent, now);
                break;
            case Deadline::Kind::LongestWait: {
                WaitingCaller& caller = *find(CallId{due->id});
                expire(caller, caller.queue->configured ? Expired::Why::LongestWait : Expired::Why::QueueGone);
                break;
            }
            case Deadline::Kind::Step: pass_step(CallId{due->id}, now); break;
            case Deadline::Kind::Overflow: apply_rules(CallId{due->id}, false, now); break;
            case Deadline::Kind::Wake: pass_step(CallId{due->id}, now); break;
        }
    }
    judge_arrivals(now);
    send_away_the_deserted();
}

void Acd::State::match(Time now) {
    Sources sources(offers_made);
    for (Pool* pool : std::exchange(dirty_pools, {})) {
        pool->dirty = false;
        sources.add({pool});
    }
    for (AgentEntry* agent : std::exchange(dirty_agents, {})) {
        agent->dirty = false;
        sources.add({nullptr, agent});
    }
    while (auto source = sources.next()) {
        make_offers(choice_for(*source->front), now);
        sources.add(*source);
    }
}

void Acd::State::mark_dirty(Pool& pool, Time now) {
    changed = now;
    if (!std::exchange(pool.dirty, true)) dirty_pools.push_back(&pool);
}

void Acd::State::mark_dirty(AgentEntry& agent, Time now) {
    changed = now;
    if (!std::exchange(agent.dirty, true)) dirty_agents.push_back(&agent);
}

std::optional<Time> Acd::State::next_deadline() const {
    if (!dirty_pools.empty() || !dirty_agents.empty() || !deserted.empty() || !to_judge.empty() || !rescue_calls.empty() ||
        !is_empty(decided))
        return changed;
    auto a = deadlines.next(), b = affinity_ends.next();
    return a && b ? std::min(*a, *b) : a ? a : b;
}

}  // namespace hotline::acd
